//! `wait`: for an answer, or until the container is healthy.

use super::Saved;
use super::request::{path, status};
use crate::cursor::{Cursor, Fault};
use crate::scenario::Action;

/// What stands behind `wait`.
pub(super) fn wait(cursor: &mut Cursor<'_>, saved: &Saved) -> Result<Action, Fault> {
    if cursor.peek_word() == "GET" {
        cursor.keyword("GET")?;
        return wait_answer(cursor, saved);
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
