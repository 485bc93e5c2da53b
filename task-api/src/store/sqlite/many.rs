//! Changes of many tasks, all of them or none.

use rusqlite::Connection;

use super::read;
use crate::{
    request::owner::Owner,
    store::{Edited, MOST_BYTES},
    task::{Change, Edit, Task, TaskId},
};

/// The tasks are in the order of the edits.
pub(super) fn change(
    db: &Connection,
    owner: &Owner,
    changes: &[(TaskId, Option<i64>, Change)],
) -> rusqlite::Result<Edited<Vec<Task>>> {
    if let Some(refused) = refused(db, owner, changes.iter().map(|(id, version, _)| (*id, *version)))? {
        return Ok(refused);
    }
    let mut sum = 0;
    for (id, _, change) in changes {
        sum += match &change.description {
            Edit::Keep => read(db, owner, id.0)?.and_then(|task| task.description).map_or(0, |text| text.len()),
            edit => edit.as_ref().value().map_or(0, |text| text.as_str().len()),
        };
        if sum > MOST_BYTES {
            return Ok(Edited::TooLarge);
        }
    }
    let tasks = changes.iter().map(|(id, _, change)| super::change(db, id.0, change));
    tasks.collect::<Result<_, _>>().map(Edited::Done)
}

pub(super) fn delete(db: &Connection, owner: &Owner, asked: &[(TaskId, Option<i64>)]) -> rusqlite::Result<Edited<()>> {
    if let Some(refused) = refused(db, owner, asked.iter().copied())? {
        return Ok(refused);
    }
    asked.iter().try_for_each(|(id, _)| super::delete(db, id.0)).map(Edited::Done)
}

/// Why nothing may be done, if that is so: tasks that are not there, or not as they should be.
fn refused<T>(
    db: &Connection,
    owner: &Owner,
    asked: impl Iterator<Item = (TaskId, Option<i64>)>,
) -> rusqlite::Result<Option<Edited<T>>> {
    let (mut missing, mut stale) = (Vec::new(), Vec::new());
    for (id, version) in asked {
        match read(db, owner, id.0)? {
            None => missing.push(id.0),
            Some(task) if version.is_some_and(|version| version != task.version) => stale.push(id.0),
            Some(_) => {}
        }
    }
    Ok((!missing.is_empty() || !stale.is_empty()).then(|| Edited::not(missing, stale)))
}
