//! `stop`, `exits` and `log`: how the container ends, and what it wrote.

use super::form::form;
use crate::cursor::{Cursor, Fault, fault, shown};
use crate::scenario::{Action, ExitWanted};

/// `stop within T -> exit N`.
pub(super) fn stop(cursor: &mut Cursor<'_>) -> Result<Action, Fault> {
    let within = cursor.within()?;
    cursor.arrow()?;
    cursor.keyword("exit")?;
    let (at, word) = cursor.word();
    let exit = exit_code(word).ok_or_else(|| fault(at, not_an_exit_code(word), form("stop")))?;
    Ok(Action::Stop { within, exit })
}

/// `exits within T -> exit N|nonzero[, log contains "…"]`.
pub(super) fn exits(cursor: &mut Cursor<'_>) -> Result<Action, Fault> {
    let within = cursor.within()?;
    cursor.arrow()?;
    cursor.keyword("exit")?;
    let exit = exit_wanted(cursor, "exits")?;
    let mut log = None;
    if cursor.comma() {
        cursor.keyword("log")?;
        log = Some(log_contains(cursor)?);
    }
    Ok(Action::Exits { within, exit, log_contains: log })
}

/// `N` or `nonzero`.
pub(super) fn exit_wanted(cursor: &mut Cursor<'_>, step: &str) -> Result<ExitWanted, Fault> {
    let (at, word) = cursor.word();
    if word == "nonzero" {
        return Ok(ExitWanted::Nonzero);
    }
    exit_code(word).map(ExitWanted::Code).ok_or_else(|| fault(at, not_an_exit_code(word), form(step)))
}

fn exit_code(word: &str) -> Option<i32> {
    let digits = (1..=3).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit());
    word.parse().ok().filter(|code| digits && *code <= 255)
}

fn not_an_exit_code(word: &str) -> String {
    format!("expected an exit code from 0 to 255, found {}", shown(word))
}

/// `contains "…"`.
pub(super) fn log_contains(cursor: &mut Cursor<'_>) -> Result<String, Fault> {
    cursor.keyword("contains")?;
    let at = cursor.skip_blank();
    if !cursor.rest().starts_with('"') {
        return Err(fault(at, "expected a text in double quotes", form("log")));
    }
    let text = cursor.quoted()?;
    if text.is_empty() {
        return Err(fault(at, "every log contains an empty text", form("log")));
    }
    Ok(text)
}
