//! `run ARGUMENT… -> exit N`: a container of its own that does one thing.

use super::Saved;
use super::ending::exit_wanted;
use super::form::form;
use super::name::known;
use super::text;
use crate::cursor::{Cursor, Fault, fault, shown};
use crate::document::clip;
use crate::scenario::Action;

/// The most arguments.
const MOST_ARGUMENTS: usize = 100;

/// What stands behind `run`.
pub(super) fn run(cursor: &mut Cursor<'_>, saved: &Saved) -> Result<Action, Fault> {
    let mut arguments = Vec::new();
    loop {
        let at = cursor.skip_blank();
        let rest = cursor.rest();
        if rest.is_empty() || rest == "->" || rest.starts_with("-> ") {
            break;
        }
        let argument = if rest.starts_with('"') { cursor.quoted()? } else { cursor.word_here().1.to_owned() };
        known(saved, at, &argument)?;
        arguments.push(argument);
        if arguments.len() > MOST_ARGUMENTS {
            return Err(fault(at, "too many arguments", format!("at most {MOST_ARGUMENTS}")));
        }
    }
    let at = cursor.skip_blank();
    if arguments.is_empty() {
        return Err(fault(at, format!("expected an argument, found {}", shown(cursor.peek_word())), form("run")));
    }
    cursor.arrow()?;
    cursor.keyword("exit")?;
    let exit = exit_wanted(cursor, "run")?;
    let (mut output, mut within) = (Vec::new(), None);
    loop {
        let comma = cursor.comma();
        let at = cursor.skip_blank();
        match cursor.peek_word() {
            "" if comma => return Err(fault(at, "nothing follows the comma", form("run"))),
            "" => break,
            "within" if within.is_none() => within = Some(cursor.within()?),
            "output" => {
                cursor.keyword("output")?;
                output.push(text::test(cursor, saved)?);
            }
            other => return Err(fault(at, format!("unexpected `{}`", clip(other)), form("run"))),
        }
    }
    Ok(Action::Run { arguments, exit, output, within })
}
