//! Rows of PostgreSQL, as tasks.

use bytes::BytesMut;
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use tokio_postgres::{
    Error, Row,
    types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked},
};
use tracing::warn;

use crate::{
    store::{failure::Failure, select::Value},
    task::{CreatedAt, Task},
};

/// The columns of a task, in the order in which every statement here returns them first.
macro_rules! columns {
    () => {
        "id, title, description, status, created_at, version, owner"
    };
}
pub(super) use columns;

/// The moment of a statement, as the tables keep it.
macro_rules! now {
    () => {
        "(CURRENT_TIMESTAMP AT TIME ZONE 'UTC')"
    };
}
pub(super) use now;

/// A change waits for a lock no longer than this: others' answers come behind it on the same connection. It holds for the
/// statement's transaction alone, and is set before a row is touched.
macro_rules! patience {
    () => {
        "patience AS MATERIALIZED (SELECT set_config('lock_timeout', '1s', TRUE) AS bound), "
    };
}
pub(super) use patience;

/// The condition that it is set.
macro_rules! is_patient {
    () => {
        "(SELECT bound FROM patience) <> ''"
    };
}
pub(super) use is_patient;

/// The condition that versions are of the epoch that the database has, if there are any.
macro_rules! is_epoch {
    () => {
        "($5 IS NULL OR $5 = (SELECT epoch FROM task_feed WHERE id = 1))"
    };
}
pub(super) use is_epoch;

/// Keeps in mind that the tasks in `gone` were there. An id that is there already came back in a way that is not ours.
macro_rules! bury {
    () => {
        concat!(
            "INSERT INTO task_tombstone AS old (id, owner, version) SELECT id, owner, version + 1 FROM gone \
             ON CONFLICT (id) DO UPDATE SET owner = EXCLUDED.owner, version = GREATEST(old.version + 1, EXCLUDED.version), \
             changed_at = ",
            row::now!(),
            ", feed_position = NULL"
        )
    };
}
pub(super) use bury;

/// The task in a row.
pub(super) fn task(row: &Row) -> Result<Task, Failure> {
    read(row).map_err(Failure::of_statement)
}

/// The task in a row that may hold none.
pub(super) fn task_if_any(row: &Row) -> Result<Option<Task>, Failure> {
    let id: Option<i64> = row.try_get(0).map_err(Failure::of_statement)?;
    id.map(|_| task(row)).transpose()
}

fn read(row: &Row) -> Result<Task, Error> {
    let task = Task {
        id: row.try_get(0)?,
        title: row.try_get(1)?,
        description: row.try_get(2)?,
        status: row.try_get(3)?,
        created_at: row.try_get(4)?,
        version: row.try_get(5)?,
        owner: row.try_get(6)?,
    };
    if !task.created_at.can_be_shown() {
        tell_once(task.id);
    }
    Ok(task)
}

/// Names a task that is not shown as it is, once, and no more of them than somebody will look at.
fn tell_once(id: i64) {
    const MOST: usize = 1000;
    static TOLD: Mutex<BTreeSet<i64>> = Mutex::new(BTreeSet::new());
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if told.len() < MOST && told.insert(id) {
        warn!(id, "its `created_at` is beyond the years 1 to 9999: the nearest time is shown");
    }
}

/// Since 2000, as PostgreSQL counts, in microseconds of which the last ones are its infinities.
const FROM_1970_TO_2000: i64 = 946_684_800_000_000;

impl<'a> FromSql<'a> for CreatedAt {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self::of_micros(match i64::from_sql(kind, raw)? {
            infinity @ (i64::MIN | i64::MAX) => infinity,
            micros => micros.saturating_add(FROM_1970_TO_2000),
        }))
    }

    accepts!(TIMESTAMP);
}

impl ToSql for CreatedAt {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let micros = match self.micros() {
            infinity @ (i64::MIN | i64::MAX) => infinity,
            micros => micros - FROM_1970_TO_2000,
        };
        micros.to_sql(kind, out)
    }

    accepts!(TIMESTAMP);
    to_sql_checked!();
}

/// The type that a parameter of a list has.
pub(super) fn kind(value: &Value) -> Type {
    match value {
        Value::Text(_) => Type::TEXT,
        Value::Number(_) => Type::INT8,
        Value::Time(_) => Type::TIMESTAMP,
    }
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Text(text) => text.to_sql(kind, out),
            Self::Number(number) => number.to_sql(kind, out),
            Self::Time(time) => time.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        [Type::TEXT, Type::INT8, Type::TIMESTAMP].contains(kind)
    }

    to_sql_checked!();
}
