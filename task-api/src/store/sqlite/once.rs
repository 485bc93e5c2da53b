//! New tasks that are made once, however often they are asked for: with an `Idempotency-Key`.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::create as create_one;
use crate::{
    request::{
        idempotency::{KEPT_HOURS, Key},
        owner::Owner,
    },
    store::Once,
    task::{CreatedAt, Draft, Task},
};

pub(super) fn create(db: &Connection, owner: &Owner, key: &Key, drafts: &[Draft]) -> rusqlite::Result<Once> {
    let oldest = Timestamp::now() - SignedDuration::from_hours(i64::from(KEPT_HOURS));
    let oldest = CreatedAt::of_micros(oldest.as_microsecond());
    db.prepare_cached("DELETE FROM task_idempotency WHERE created_at < ?1")?.execute([oldest])?;
    let found = db
        .prepare_cached("SELECT hash, ids, created_at FROM task_idempotency WHERE owner = ?1 AND key = ?2")?
        .query_row(params![owner.as_str(), key.name()], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?, row.get::<_, CreatedAt>(2)?))
        })
        .optional()?;
    if let Some((hash, ids, created_at)) = found {
        let ids: Vec<i64> = serde_json::from_str(&ids).unwrap_or_default();
        let is_same = hash == key.hash();
        return Ok(if is_same { Once::Again(Task::first(&ids, created_at, owner, drafts)) } else { Once::Taken });
    }
    let now = CreatedAt::now();
    let tasks: Vec<_> = drafts.iter().map(|draft| create_one(db, owner, draft, now)).collect::<Result<_, _>>()?;
    let ids: Vec<_> = tasks.iter().map(|task| task.id).collect();
    let ids = serde_json::to_string(&ids).unwrap_or_default();
    db.prepare_cached("INSERT INTO task_idempotency (owner, key, hash, ids, created_at) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![owner.as_str(), key.name(), key.hash(), ids, now])?;
    Ok(Once::Made(tasks))
}
