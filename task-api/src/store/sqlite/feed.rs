//! The feed of changes. There is one writer at a time, so every change has its position at once.

use rusqlite::{Connection, Row, params};

use super::{row::task, taken};
use crate::{
    epoch::{Epoch, Standing},
    feed::{Changed, Position},
    request::owner::Owner,
};

const READ: &str = "SELECT * FROM (SELECT id, title, description, status, created_at, version, owner, feed_position, changed_at \
         FROM task WHERE owner = ?1 AND feed_position > ?2 ORDER BY feed_position LIMIT ?3) \
     UNION ALL SELECT * FROM (SELECT id, NULL, NULL, NULL, NULL, version, owner, feed_position, changed_at \
         FROM task_tombstone WHERE owner = ?1 AND feed_position > ?2 ORDER BY feed_position LIMIT ?3) \
     ORDER BY feed_position LIMIT ?3";

/// What changed behind `after`, in the order of the feed.
pub(super) fn read(db: &Connection, owner: &Owner, after: Position, limit: i64) -> rusqlite::Result<Vec<Changed>> {
    let mut statement = db.prepare_cached(READ)?;
    let all = statement.query_map(params![owner.as_str(), after.number, limit], changed)?;
    Ok(taken(all, Changed::bytes)?.0)
}

/// Where the feed ends, and what it is known by.
pub(super) fn standing(db: &Connection) -> rusqlite::Result<Standing> {
    db.prepare_cached("SELECT position, epoch, secret FROM task_feed WHERE id = 1")?.query_row([], |row| {
        Ok(Standing { newest: row.get(0)?, epoch: row.get::<_, i64>(1)?.into(), secret: row.get(2)? })
    })
}

pub(super) fn renew(db: &Connection, epoch: Epoch, next: Epoch) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE task_feed SET epoch = ?1 WHERE id = 1 AND epoch = ?2")?
        .execute(params![i64::from(next), i64::from(epoch)])
        .map(drop)
}

fn changed(row: &Row<'_>) -> rusqlite::Result<Changed> {
    let title: Option<String> = row.get(1)?;
    let task = title.is_some().then(|| task(row)).transpose()?;
    let (id, number) = (row.get(0)?, row.get(7)?);
    Ok(Changed { position: Position { number, id }, id, version: row.get(5)?, at: row.get(8)?, task })
}
