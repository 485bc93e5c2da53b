//! `file PATH contains "…"`: what a file of the container holds.

use super::Saved;
use super::form::form;
use super::name::known;
use super::text;
use crate::cursor::{Cursor, Fault, fault, shown};
use crate::scenario::Action;

/// What stands behind `file`.
pub(super) fn file(cursor: &mut Cursor<'_>, saved: &Saved) -> Result<Action, Fault> {
    let at = cursor.skip_blank();
    let path = if cursor.rest().starts_with('"') { cursor.quoted()? } else { cursor.word_here().1.to_owned() };
    let parts = path.strip_prefix('/').map(|rest| rest.split('/'));
    let is_whole = parts.is_some_and(|mut parts| parts.all(|part| !matches!(part, "" | "." | "..")));
    if !is_whole || path.len() > 1000 || path.contains('\0') {
        return Err(fault(at, format!("expected the file's whole path, found {}", shown(&path)), form("file")));
    }
    known(saved, at, &path)?;
    let test = text::test(cursor, saved)?;
    let at = cursor.skip_blank();
    let within = if cursor.peek_word() == "within" { Some(cursor.within()?) } else { None };
    if within.is_some() && test.is_negated {
        return Err(fault(at, "what a file must not hold is looked for once", "leave the time out"));
    }
    Ok(Action::File { path, test, within })
}
