//! The feed of changes.
//!
//! A sequence would not do: a number taken early may be committed late, and whoever has read beyond it never sees it.
//! So a change takes the task's position away, and positions are given afterwards, to what is committed, by those who
//! read: one at a time, behind the row that holds the last position. **Invariant:** a position is only seen after all
//! that are lower.
//!
//! What was there before anybody read it, all tasks of an adopted table among it, has the position 0 from the migration,
//! and is read by id. So nobody writes a million rows to be told where the feed ends.

use tokio_postgres::{Row, types::Type};

use super::{Inner, measured::measured, row};
use crate::{
    epoch::{Epoch, Standing},
    feed::{Changed, Position},
    request::owner::Owner,
    store::{StoreError, connection::Parameter, failure::Failure, link::Use, retry::Tries},
};

/// Changes whose tasks somebody else is at are left for the next time: a slow change keeps no reader waiting.
const PLACE: &str = "WITH \
     changed AS (SELECT id, changed_at FROM task WHERE feed_position IS NULL \
         ORDER BY changed_at, id LIMIT $1 FOR UPDATE SKIP LOCKED), \
     gone AS (SELECT id, changed_at FROM task_tombstone WHERE feed_position IS NULL \
         ORDER BY changed_at, id LIMIT $1 FOR UPDATE SKIP LOCKED), \
     new AS (SELECT id, is_gone, row_number() OVER (ORDER BY changed_at, id) AS number FROM ( \
         SELECT id, changed_at, FALSE AS is_gone FROM changed UNION ALL SELECT id, changed_at, TRUE FROM gone) AS either), \
     size AS (SELECT count(*) AS count FROM new), \
     feed AS (UPDATE task_feed SET position = position + (SELECT count FROM size) \
         WHERE id = 1 AND (SELECT count FROM size) > 0 RETURNING position - (SELECT count FROM size) AS base), \
     placed AS (UPDATE task SET feed_position = feed.base + new.number FROM new, feed \
         WHERE task.id = new.id AND NOT new.is_gone), \
     buried AS (UPDATE task_tombstone SET feed_position = feed.base + new.number FROM new, feed \
         WHERE task_tombstone.id = new.id AND new.is_gone) \
     SELECT count FROM size";
const READ: &str = "(SELECT id, title, description, status, created_at, version, owner, feed_position, changed_at \
         FROM task WHERE owner = $1 AND feed_position = 0 AND $2 = 0 AND id > $4 ORDER BY id LIMIT $3) \
     UNION ALL (SELECT id, title, description, status, created_at, version, owner, feed_position, changed_at \
         FROM task WHERE owner = $1 AND feed_position > $2 ORDER BY feed_position LIMIT $3) \
     UNION ALL (SELECT id, NULL, NULL, NULL, NULL, version, owner, feed_position, changed_at \
         FROM task_tombstone WHERE owner = $1 AND feed_position > $2 ORDER BY feed_position LIMIT $3) \
     ORDER BY feed_position, id LIMIT $3";
const STANDING: &str = "SELECT position, epoch, secret FROM task_feed WHERE id = 1";
const RENEW: &str = "UPDATE task_feed SET epoch = $1 WHERE id = 1 AND epoch = $2";

/// Changes that get their positions in one statement.
const PLACED: i64 = 1000;

impl Inner {
    /// What changed behind `after`, in the order of the feed; at most `limit`.
    pub(super) async fn changes(&self, owner: &Owner, after: Position, limit: i64) -> Result<Vec<Changed>, StoreError> {
        let mut may_be_more = self.place().await?;
        let owner = owner.as_str();
        let parameters: [Parameter; 4] =
            [(&owner, Type::TEXT), (&after.number, Type::INT8), (&limit, Type::INT8), (&after.id, Type::INT8)];
        let read = measured(READ, "feed_position, id", ", feed_position, changed_at");
        let (mut answer, mut _held) = self.query_measured(&read, &parameters).await?;
        // Those that were placed may all be others': an empty page would say that this is the end.
        while answer.rows.is_empty() && may_be_more {
            may_be_more = self.place().await?;
            (answer, _held) = self.query_measured(&read, &parameters).await?;
        }
        answer.rows.iter().map(changed).collect::<Result<_, _>>().map_err(Failure::of_read)
    }

    /// Gives positions to changes that have none; whether there may be more of them.
    async fn place(&self) -> Result<bool, StoreError> {
        let rows = self.query(Use::Alone, Tries::read(), PLACE, &[(&PLACED, Type::INT8)]).await?;
        let count: Result<i64, _> = rows.first().map_or(Ok(0), |row| row.try_get(0));
        count.map(|count| count >= PLACED).map_err(|error| Failure::of_statement(error).of_read())
    }

    /// Where the feed ends, with all that is committed before it.
    pub(super) async fn last_position(&self) -> Result<Position, StoreError> {
        while self.place().await? {}
        self.standing(Tries::read()).await.map(|standing| Position::behind(standing.newest))
    }

    pub(super) async fn standing(&self, tries: Tries) -> Result<Standing, StoreError> {
        let rows = self.query(Use::Reading, tries, STANDING, &[]).await?;
        let read = |row: &Row| -> Result<_, tokio_postgres::Error> {
            Ok(Standing { newest: row.try_get(0)?, epoch: row.try_get::<_, i64>(1)?.into(), secret: row.try_get(2)? })
        };
        let standing = rows.first().map_or_else(|| Ok(Standing::default()), read);
        standing.map_err(|error| Failure::of_statement(error).of_read())
    }

    pub(super) async fn renew(&self, epoch: Epoch, next: Epoch) -> Result<(), StoreError> {
        let (epoch, next) = (i64::from(epoch), i64::from(next));
        let parameters: [Parameter; 2] = [(&next, Type::INT8), (&epoch, Type::INT8)];
        self.query(Use::Changing, Tries::safe_write(), RENEW, &parameters).await.map(drop)
    }
}

fn changed(row: &Row) -> Result<Changed, Failure> {
    let read = || -> Result<_, tokio_postgres::Error> {
        let is_there = row.try_get::<_, Option<&str>>(1)?.is_some();
        Ok((row.try_get(7)?, row.try_get(0)?, row.try_get(5)?, row.try_get(8)?, is_there))
    };
    let (number, id, version, at, is_there) = read().map_err(Failure::of_statement)?;
    let task = is_there.then(|| row::task(row)).transpose()?;
    Ok(Changed { position: Position { number, id }, id, version, at, task })
}
