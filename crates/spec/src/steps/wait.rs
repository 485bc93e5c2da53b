//! `wait`: for an answer, for a line of the log, or until the container is healthy.

use super::Saved;
use super::ending::log_contains;
use super::form::form;
use super::request::{path, status};
use crate::cursor::{Cursor, Fault, fault, shown};
use crate::scenario::Action;

/// What stands behind `wait`.
pub(super) fn wait(cursor: &mut Cursor<'_>, saved: &Saved) -> Result<Action, Fault> {
    if cursor.peek_word() == "GET" {
        cursor.keyword("GET")?;
        return wait_answer(cursor, saved);
    }
    if cursor.peek_word() == "log" {
        cursor.keyword("log")?;
        return Ok(Action::WaitLog { text: log_contains(cursor)?, within: cursor.within()? });
    }
    let at = cursor.skip_blank();
    if cursor.peek_word() != "healthy" {
        let message = format!("expected `healthy`, `GET` or `log`, found {}", shown(cursor.peek_word()));
        return Err(fault(at, message, form("wait")));
    }
    cursor.keyword("healthy")?;
    Ok(Action::WaitHealthy { within: cursor.within()? })
}

/// `wait GET /path -> STATUS within T`, behind the method.
fn wait_answer(cursor: &mut Cursor<'_>, saved: &Saved) -> Result<Action, Fault> {
    let path = path(cursor, saved)?;
    cursor.arrow()?;
    Ok(Action::WaitAnswer { path, status: status(cursor)?, within: cursor.within()? })
}
