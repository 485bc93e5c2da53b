//! `start` and `restart`: the container that the following steps are about.

use std::collections::BTreeSet;

use super::form::form;
use super::name::{is_name, templates};
use crate::cursor::{Cursor, Fault, fault, shown};
use crate::document::clip;
use crate::letters::is_near;
use crate::scenario::Action;

/// What may stand behind `start`, and in what follows it.
const PARTS: &[&str] = &["with", "without", "read-only", "on"];

/// `start [with K=V…] [without K…] [read-only] [on a fresh database]`, the parts in any order; or `start another`, `start database`.
pub(super) fn start(cursor: &mut Cursor<'_>) -> Result<Action, Fault> {
    for (word, action) in [("another", Action::StartAnother), ("database", Action::StartDatabase)] {
        if cursor.peek_word() == word {
            cursor.keyword(word)?;
            return Ok(action);
        }
    }
    let word = cursor.peek_word();
    let is_part = word.is_empty() || PARTS.iter().any(|part| *part == word || is_near(word, part));
    if !is_part && !cursor.rest().contains('=') {
        return Ok(Action::StartDependency(name(cursor)));
    }
    let mut fresh_database = false;
    let (mut with, mut without, mut read_only) = (Vec::<(String, String)>::new(), Vec::<String>::new(), false);
    while !cursor.is_at_end() {
        let (at, word) = cursor.word();
        match word {
            "on" if !fresh_database => {
                a_fresh_database(cursor)?;
                fresh_database = true;
            }
            "read-only" if !read_only => read_only = true,
            "with" => {
                with.push(assignment(cursor)?);
                while cursor.peek_word().contains('=') {
                    with.push(assignment(cursor)?);
                }
            }
            "without" => {
                without.push(variable(cursor)?);
                while !cursor.peek_word().is_empty() && !PARTS.contains(&cursor.peek_word()) {
                    without.push(variable(cursor)?);
                }
            }
            other => return Err(fault(at, format!("unexpected `{}`", clip(other)), form("start"))),
        }
    }
    let mut names = BTreeSet::new();
    for name in with.iter().map(|(name, _)| name).chain(&without) {
        if !names.insert(name) {
            return Err(fault(0, format!("`{name}` is named twice"), "name each variable once"));
        }
    }
    Ok(Action::Start { with, without, read_only, fresh_database })
}

/// The rest of the line: a dependency's name, which is looked for where all of them are known.
pub(super) fn name(cursor: &mut Cursor<'_>) -> String {
    let name = cursor.rest().trim().to_owned();
    cursor.skip(cursor.rest().len());
    name
}

/// `restart [on a fresh database]`.
pub(super) fn restart(cursor: &mut Cursor<'_>) -> Result<Action, Fault> {
    let fresh_database = cursor.peek_word() == "on";
    if fresh_database {
        cursor.keyword("on")?;
        a_fresh_database(cursor)?;
    }
    Ok(Action::Restart { fresh_database })
}

/// What stands behind `on`.
pub(super) fn a_fresh_database(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    ["a", "fresh", "database"].into_iter().try_for_each(|word| cursor.keyword(word))
}

fn variable(cursor: &mut Cursor<'_>) -> Result<String, Fault> {
    let (at, name) = cursor.word();
    if is_name(name) {
        return Ok(name.to_owned());
    }
    Err(fault(at, format!("expected a variable's name, found {}", shown(name)), form("start")))
}

/// `K=V` or `K="a value with spaces"`.
fn assignment(cursor: &mut Cursor<'_>) -> Result<(String, String), Fault> {
    let at = cursor.skip_blank();
    let Some((name, _)) = cursor.peek_word().split_once('=').filter(|(name, _)| is_name(name)) else {
        return Err(fault(at, format!("expected `K=V`, found {}", shown(cursor.peek_word())), form("start")));
    };
    let name = name.to_owned();
    cursor.skip(name.len() + 1);
    let begin = cursor.position();
    let value = if cursor.rest().starts_with('"') { cursor.quoted()? } else { cursor.word_here().1.to_owned() };
    if let Some((offset, name)) = templates(&value).first() {
        let message = format!("`{{{name}}}` is not filled in here");
        return Err(fault(begin + offset, message, "saved values stand in paths, header values and bodies"));
    }
    Ok((name, value))
}
