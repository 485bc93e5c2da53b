//! Answers that the database itself cuts: what a client throws away of an answer is sent all the same, and keeps whoever
//! uses the connection next from theirs.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio_postgres::Row;

use crate::store::{MOST_BYTES, connection::Rows, failure::Failure};

/// A statement that answers as `page` does, but without the descriptions for which there is no room, and marks those tasks.
/// One that is larger by itself comes alone.
/// `order` is that of the page, and `more` names its columns behind those of a task.
///
/// Measuring makes small pages slower by half, so that those of a plain list are measured only where tasks are [`Large`].
pub(super) fn measured(page: &str, order: &str, more: &str) -> String {
    let is_cut = format!("before > 0 AND before + size > {MOST_BYTES}");
    let size = "COALESCE(octet_length(title), 0) + COALESCE(octet_length(description), 0)";
    format!(
        "SELECT id, title, CASE WHEN {is_cut} THEN NULL ELSE description END AS description, status, created_at, version, \
         owner{more}, {is_cut} AS is_cut FROM (SELECT page.*, {size} AS size, COALESCE(sum({size}) OVER (ORDER BY {order} \
         ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before FROM ({page}) AS page) AS page ORDER BY {order}"
    )
}

/// The rows of a measured statement that have all that is theirs.
pub(super) fn fitting(mut rows: Vec<Row>) -> Result<Rows, Failure> {
    let mut room = 0;
    for row in &rows {
        if row.try_get("is_cut").map_err(Failure::of_statement)? {
            break;
        }
        room += 1;
    }
    let is_cut = room < rows.len();
    rows.truncate(room);
    Ok(Rows { rows, is_cut })
}

/// Whether pages are cut because tasks are large. What was seen is believed for a while.
#[derive(Debug, Default)]
pub(super) struct Large(Mutex<Option<Instant>>);

const BELIEVED: Duration = Duration::from_mins(1);

impl Large {
    pub(super) fn is_likely(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|seen| seen.elapsed() < BELIEVED)
    }

    /// Says whether a page was cut.
    pub(super) fn see(&self, is_cut: bool) {
        if is_cut {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }
}
