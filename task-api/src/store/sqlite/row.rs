//! Rows of `SQLite`, as tasks.

use rusqlite::{
    Connection, Row,
    types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef},
};

use crate::{
    store::select::Value,
    task::{CreatedAt, Task},
};

/// The columns of a task, in the order in which every statement here returns them first.
macro_rules! columns {
    () => {
        "id, title, description, status, created_at, version, owner"
    };
}
pub(super) use columns;

pub(super) fn task(row: &Row<'_>) -> rusqlite::Result<Task> {
    Ok(Task {
        id: row.get(0)?,
        title: row.get(1)?,
        description: row.get(2)?,
        status: row.get(3)?,
        created_at: row.get(4)?,
        version: row.get(5)?,
        owner: row.get(6)?,
    })
}

impl ToSql for CreatedAt {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for CreatedAt {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::parse(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Text(text) => text.to_sql(),
            Self::Number(number) => number.to_sql(),
            Self::Time(time) => time.to_sql(),
        }
    }
}

/// The next position of the feed, for a change in the same transaction.
pub(super) fn position(db: &Connection) -> rusqlite::Result<i64> {
    db.prepare_cached("UPDATE task_feed SET position = position + 1 WHERE id = 1 RETURNING position")?
        .query_row([], |row| row.get(0))
}
