//! New tasks that are made once, however often they are asked for: with an `Idempotency-Key`.
//!
//! The key is kept by the statement that makes the tasks, so there are both or neither. Who comes second with a key is
//! refused by its unique index, and reads what the first one was answered.

use std::time::{Duration, Instant};

use tokio_postgres::{error::SqlState, types::Type};

use super::{
    Inner,
    create::{Columns, dealt},
    row,
};
use crate::{
    request::{
        idempotency::{KEPT_HOURS, Key},
        owner::Owner,
    },
    store::{Once, StoreError, connection::Parameter, failure::Failure, link::Use, retry::Tries},
    task::{CreatedAt, Draft, Task},
};

const CREATE: &str = concat!(
    "WITH made AS (INSERT INTO task (title, description, status, owner) \
     SELECT title, description, status, $4 FROM unnest($1, $2, $3) AS asked (title, description, status) RETURNING ",
    row::columns!(),
    "), kept AS (INSERT INTO task_idempotency (owner, key, hash, ids) SELECT $4, $5, $6, array_agg(id ORDER BY id) FROM made) \
     SELECT ",
    row::columns!(),
    " FROM made"
);
const FIND: &str = concat!(
    "SELECT hash, ids, created_at, created_at < ",
    row::now!(),
    " - make_interval(hours => $3) FROM task_idempotency WHERE owner = $1 AND key = $2"
);
const FORGET_ONE: &str = concat!(
    "DELETE FROM task_idempotency WHERE owner = $1 AND key = $2 AND created_at < ",
    row::now!(),
    " - make_interval(hours => $3)"
);
const FORGET: &str = concat!(
    "DELETE FROM task_idempotency WHERE (owner, key) IN (SELECT owner, key FROM task_idempotency WHERE created_at < ",
    row::now!(),
    " - make_interval(hours => $1) ORDER BY created_at LIMIT 1000)"
);

/// How often a replica that keeps keys looks for those that have been kept long enough.
const FORGET_EVERY: Duration = Duration::from_mins(10);

impl Inner {
    pub(super) async fn create_once(&self, owner: &Owner, key: &Key, drafts: &[Draft]) -> Result<Once, StoreError> {
        self.forget_old().await;
        let columns = Columns::of(drafts.iter());
        let (owner_name, key_name, hash) = (owner.as_str(), key.name(), key.hash());
        let [titles, descriptions, statuses] = columns.parameters();
        let parameters: [Parameter; 6] =
            [titles, descriptions, statuses, (&owner_name, Type::TEXT), (&key_name, Type::TEXT), (&hash, Type::BYTEA)];
        // It may be sent again after any failure: the second time, the key is taken.
        let mut tries = Tries::safe_write();
        loop {
            let failure = match self.link.query(Use::Alone, tries.time(), CREATE, &parameters).await {
                Ok(rows) => {
                    let tasks = rows.iter().map(row::task).collect::<Result<Vec<_>, _>>().map_err(Failure::of_write)?;
                    return Ok(Once::Made(dealt(tasks, drafts.iter().map(|draft| (owner, draft)))));
                }
                Err(failure) => failure,
            };
            if failure.is(&SqlState::UNIQUE_VIOLATION) {
                if let Some(found) = self.find(owner, key, drafts).await? {
                    return Ok(found);
                }
                // It was too old, and is forgotten now.
                continue;
            }
            tries.after(failure, self.link.away()).await?;
        }
    }

    /// What was answered to the first request with this key; `None` if that is too long ago.
    async fn find(&self, owner: &Owner, key: &Key, drafts: &[Draft]) -> Result<Option<Once>, StoreError> {
        let (owner_name, key_name) = (owner.as_str(), key.name());
        let parameters: [Parameter; 3] =
            [(&owner_name, Type::TEXT), (&key_name, Type::TEXT), (&KEPT_HOURS, Type::INT4)];
        let rows = self.query(Use::Alone, Tries::read(), FIND, &parameters).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let failed = |error| Failure::of_statement(error).of_read();
        if row.try_get(3).map_err(failed)? {
            self.query(Use::Alone, Tries::read(), FORGET_ONE, &parameters).await?;
            return Ok(None);
        }
        if row.try_get::<_, &[u8]>(0).map_err(failed)? != key.hash() {
            return Ok(Some(Once::Taken));
        }
        let ids: Vec<i64> = row.try_get(1).map_err(failed)?;
        let created_at = CreatedAt::from(row.try_get::<_, jiff::civil::DateTime>(2).map_err(failed)?);
        Ok(Some(Once::Again(Task::first(&ids, created_at, owner, drafts))))
    }

    /// Lets go of keys that have been kept long enough, now and then.
    async fn forget_old(&self) {
        let is_due = {
            let mut last = self.forgot.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let is_due = last.is_none_or(|last| last.elapsed() >= FORGET_EVERY);
            if is_due {
                *last = Some(Instant::now());
            }
            is_due
        };
        if is_due {
            // If it fails, another one will do it.
            let _ = self.query(Use::Alone, Tries::glance(), FORGET, &[(&KEPT_HOURS, Type::INT4)]).await;
        }
    }
}
