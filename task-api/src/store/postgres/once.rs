//! New tasks that are made once, however often they are asked for: with an `Idempotency-Key`.
//!
//! The key is kept by the statement that makes the tasks, so there are both or neither. Who comes second with a key is
//! refused by its unique index, and reads what the first one was answered.

use std::{
    mem,
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use tokio_postgres::{Row, error::SqlState, types::Type};

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
    " - $3 * INTERVAL '1 hour' FROM task_idempotency WHERE owner = $1 AND key = $2"
);
const FORGET_ONE: &str = concat!(
    "DELETE FROM task_idempotency WHERE owner = $1 AND key = $2 AND created_at < ",
    row::now!(),
    " - $3 * INTERVAL '1 hour'"
);
const FORGET: &str = concat!(
    "WITH gone AS (DELETE FROM task_idempotency WHERE (owner, key) IN \
     (SELECT owner, key FROM task_idempotency WHERE created_at < ",
    row::now!(),
    " - $1 * INTERVAL '1 hour' ORDER BY created_at LIMIT $2) RETURNING 1) SELECT count(*) FROM gone"
);

/// How often a replica that keeps keys looks for those that have been kept long enough.
const FORGET_EVERY: Duration = Duration::from_mins(10);

/// Keys that are let go of in one statement.
const FORGOTTEN: i64 = 1000;

impl Inner {
    pub(super) async fn create_once(
        self: &Arc<Self>,
        owner: &Owner,
        key: &Key,
        drafts: &[Draft],
    ) -> Result<Once, StoreError> {
        if self.is_time_to_forget() {
            tokio::spawn(Arc::clone(self).forget_old());
        }
        let columns = Columns::of(drafts.iter());
        let (owner_name, key_name, hash) = (owner.as_str(), key.name(), key.hash());
        let [titles, descriptions, statuses] = columns.parameters();
        let parameters: [Parameter; 6] =
            [titles, descriptions, statuses, (&owner_name, Type::TEXT), (&key_name, Type::TEXT), (&hash, Type::BYTEA)];
        // It may be sent again after any failure: the second time, the key is taken.
        let (mut tries, mut is_forgotten) = (Tries::safe_write(), false);
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
                // It was too old, and is forgotten now. Only once: it may be the id of a task that is taken.
                if !mem::replace(&mut is_forgotten, true) {
                    continue;
                }
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
        let created_at = row.try_get::<_, CreatedAt>(2).map_err(failed)?;
        Ok(Some(Once::Again(Task::first(&ids, created_at, owner, drafts))))
    }

    /// Whether this replica has not looked for a while for keys that have been kept long enough.
    fn is_time_to_forget(&self) -> bool {
        let mut last = self.forgot.lock().unwrap_or_else(PoisonError::into_inner);
        let is_time = last.is_none_or(|last| last.elapsed() >= FORGET_EVERY);
        if is_time {
            *last = Some(Instant::now());
        }
        is_time
    }

    /// Lets go of all keys that have been kept long enough. If it fails, another one will do it.
    async fn forget_old(self: Arc<Self>) {
        let parameters: [Parameter; 2] = [(&KEPT_HOURS, Type::INT4), (&FORGOTTEN, Type::INT8)];
        let count = |rows: Vec<Row>| rows.first().and_then(|row| row.try_get::<_, i64>(0).ok());
        while self.query(Use::Alone, Tries::long_read(), FORGET, &parameters).await.ok().and_then(count)
            == Some(FORGOTTEN)
        {}
    }
}
