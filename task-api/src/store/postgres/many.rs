//! Changes of many tasks, all of them or none.

use tokio_postgres::types::Type;

use super::{Inner, row};
use crate::{
    request::owner::Owner,
    store::{Edited, MOST_BYTES, StoreError, connection::Parameter, failure::Failure, link::Use, retry::Tries},
    task::{Change, Description, Edit, Status, Task, TaskId, Title},
};

/// Locks the tasks, in the order of their ids, and finds those that are not there or not as they should be.
macro_rules! asked {
    () => {
        concat!(
            row::patience!(),
            "found AS (SELECT task.id, task.version, task.description FROM task JOIN asked ON asked.id = task.id \
         WHERE task.owner = $1 AND ",
            row::is_patient!(),
            " ORDER BY task.id FOR UPDATE OF task), \
         bad AS (SELECT asked.id, found.id IS NULL AS is_missing FROM asked LEFT JOIN found ON found.id = asked.id \
         WHERE found.id IS NULL OR asked.version <> found.version), "
        )
    };
}

const CHANGE: &str = concat!(
    "WITH asked AS (SELECT * FROM unnest($2, $3, $4, $5, $6, $7) \
     AS asked (id, version, title, is_described, description, status)), ",
    asked!(),
    "size AS (SELECT sum(octet_length(COALESCE(CASE WHEN asked.is_described THEN asked.description ELSE found.description END, ''))) \
     AS bytes FROM found JOIN asked ON asked.id = found.id), \
     done AS (UPDATE task SET title = COALESCE(asked.title, task.title), status = COALESCE(asked.status, task.status), \
     description = CASE WHEN asked.is_described THEN asked.description ELSE task.description END, \
     version = task.version + 1, feed_position = NULL, changed_at = ",
    row::now!(),
    " FROM asked WHERE task.id = asked.id AND task.owner = $1 AND NOT EXISTS (SELECT 1 FROM bad) \
     AND (SELECT bytes FROM size) <= $8 RETURNING task.*) \
     SELECT ",
    row::columns!(),
    ", FALSE AS is_bad, FALSE AS is_missing FROM done \
     UNION ALL SELECT id, '', NULL, '', ",
    row::now!(),
    ", 0, '', TRUE, is_missing FROM bad \
     UNION ALL SELECT 0, '', NULL, '', ",
    row::now!(),
    ", 0, '', TRUE, NULL FROM size WHERE bytes > $8 AND NOT EXISTS (SELECT 1 FROM bad)"
);
const DELETE: &str = concat!(
    "WITH asked AS (SELECT * FROM unnest($2, $3) AS asked (id, version)), ",
    asked!(),
    "gone AS (DELETE FROM task USING asked WHERE task.id = asked.id AND task.owner = $1 \
     AND NOT EXISTS (SELECT 1 FROM bad) RETURNING task.id, task.owner, task.version), \
     buried AS (",
    row::bury!(),
    ") SELECT id, is_missing FROM bad"
);

/// What the descriptions of all tasks that are changed at once may be together.
#[expect(clippy::cast_possible_wrap, reason = "it is small")]
const MOST: i64 = MOST_BYTES as i64;

impl Inner {
    /// The tasks are in the order of the edits.
    pub(super) async fn change_many(
        &self,
        owner: &Owner,
        changes: &[(TaskId, Option<i64>, Change)],
    ) -> Result<Edited<Vec<Task>>, StoreError> {
        let owner = owner.as_str();
        let ids: Vec<_> = changes.iter().map(|(id, ..)| id.0).collect();
        let versions: Vec<_> = changes.iter().map(|(_, version, _)| *version).collect();
        let asked = || changes.iter().map(|(.., change)| change);
        let titles: Vec<_> = asked().map(|change| change.title.as_ref().map(Title::as_str)).collect();
        let described: Vec<_> = asked().map(|change| change.description != Edit::Keep).collect();
        let descriptions: Vec<_> =
            asked().map(|change| change.description.as_ref().value().map(Description::as_str)).collect();
        let statuses: Vec<_> = asked().map(|change| change.status.as_ref().map(Status::as_str)).collect();
        let parameters: [Parameter; 8] = [
            (&owner, Type::TEXT),
            (&ids, Type::INT8_ARRAY),
            (&versions, Type::INT8_ARRAY),
            (&titles, Type::TEXT_ARRAY),
            (&described, Type::BOOL_ARRAY),
            (&descriptions, Type::TEXT_ARRAY),
            (&statuses, Type::TEXT_ARRAY),
            (&MOST, Type::INT8),
        ];
        let rows = self.query(Use::Alone, Tries::write(), CHANGE, &parameters).await?;
        let (mut tasks, mut missing, mut stale) = (Vec::new(), Vec::new(), Vec::new());
        for row in &rows {
            let failed = |error| Failure::of_statement(error).of_write();
            let (is_bad, is_missing) = (row.try_get(7).map_err(failed)?, row.try_get(8).map_err(failed)?);
            match (is_bad, is_missing) {
                (false, _) => tasks.push(row::task(row).map_err(Failure::of_write)?),
                (true, Some(true)) => missing.push(row.try_get(0).map_err(failed)?),
                (true, Some(false)) => stale.push(row.try_get(0).map_err(failed)?),
                (true, None) => return Ok(Edited::TooLarge),
            }
        }
        if !missing.is_empty() || !stale.is_empty() {
            return Ok(Edited::not(missing, stale));
        }
        let place = |task: &Task| ids.iter().position(|id| *id == task.id);
        tasks.sort_by_key(place);
        Ok(Edited::Done(tasks))
    }

    pub(super) async fn delete_many(
        &self,
        owner: &Owner,
        asked: &[(TaskId, Option<i64>)],
    ) -> Result<Edited<()>, StoreError> {
        let owner = owner.as_str();
        let ids: Vec<_> = asked.iter().map(|(id, _)| id.0).collect();
        let versions: Vec<_> = asked.iter().map(|(_, version)| *version).collect();
        let parameters: [Parameter; 3] =
            [(&owner, Type::TEXT), (&ids, Type::INT8_ARRAY), (&versions, Type::INT8_ARRAY)];
        let rows = self.query(Use::Alone, Tries::write(), DELETE, &parameters).await?;
        let (mut missing, mut stale) = (Vec::new(), Vec::new());
        for row in &rows {
            let failed = |error| Failure::of_statement(error).of_write();
            let is_missing: bool = row.try_get(1).map_err(failed)?;
            let bad = if is_missing { &mut missing } else { &mut stale };
            bad.push(row.try_get(0).map_err(failed)?);
        }
        Ok(if missing.is_empty() && stale.is_empty() { Edited::Done(()) } else { Edited::not(missing, stale) })
    }
}
