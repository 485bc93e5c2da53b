//! Tasks in `SQLite`.

use std::{fs, path::Path, time::Duration};

use rusqlite::{
    Connection, OptionalExtension, Row, TransactionBehavior, params,
    types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef},
};
use tokio::task::spawn_blocking;
use tracing::{info, warn};

use super::{
    StoreError, migrations,
    worker::{Worker, judge},
};
use crate::{
    database_url::SqlitePlace,
    task::{Change, CreatedAt, Description, Draft, Edit, Status, Task, TaskId, Title},
};

const CREATE: &str = "INSERT INTO task (title, description, status, created_at) VALUES (?1, ?2, ?3, ?4)
    RETURNING id, title, description, status, created_at";
const LIST: &str = "SELECT id, title, description, status, created_at FROM task WHERE id > ?1 ORDER BY id LIMIT ?2";
const READ: &str = "SELECT id, title, description, status, created_at FROM task WHERE id = ?1";
const REPLACE: &str = "UPDATE task SET title = ?2, description = ?3, status = ?4, version = version + 1 WHERE id = ?1
    RETURNING id, title, description, status, created_at";
const CHANGE: &str = "UPDATE task SET title = COALESCE(?2, title), status = COALESCE(?3, status),
    description = CASE WHEN ?4 THEN ?5 ELSE description END, version = version + 1 WHERE id = ?1
    RETURNING id, title, description, status, created_at";
const DELETE: &str = "DELETE FROM task WHERE id = ?1";

/// How long another process may hold the file.
const BUSY_TIME: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub struct Sqlite(Worker);

impl Sqlite {
    pub(super) async fn open(place: &SqlitePlace) -> Result<Self, StoreError> {
        let place = place.clone();
        let opened = spawn_blocking(move || {
            let mut connection = connect(&place)?;
            migrate(&mut connection)?;
            Ok(connection)
        });
        let connection = opened.await.map_err(|error| StoreError::Query { source: error.into() })??;
        let worker = Worker::start(connection).map_err(|error| StoreError::Unreachable { source: error.into() })?;
        Ok(Self(worker))
    }

    /// Opens the file, and changes nothing in it.
    pub(crate) fn probe(place: &SqlitePlace) -> Result<Option<i64>, StoreError> {
        if let SqlitePlace::File(path) = place {
            check_path(path)?;
            if !path.exists() {
                return Ok(None);
            }
        }
        connect(place).and_then(|connection| version(&connection).map(Some).map_err(judge))
    }

    pub(super) async fn create(&self, draft: Draft) -> Result<Task, StoreError> {
        let work = move |db: &mut Connection| {
            let description = draft.description.as_ref().map(Description::as_str);
            let values = params![draft.title.as_str(), description, draft.status.as_str(), CreatedAt::now()];
            db.prepare_cached(CREATE)?.query_row(values, task)
        };
        self.0.run(work).await
    }

    pub(super) async fn list(&self, after: i64, limit: i64) -> Result<Vec<Task>, StoreError> {
        let work = move |db: &mut Connection| db.prepare_cached(LIST)?.query_map([after, limit], task)?.collect();
        self.0.run(work).await
    }

    pub(super) async fn read(&self, id: TaskId) -> Result<Option<Task>, StoreError> {
        self.0.run(move |db| db.prepare_cached(READ)?.query_row([id.0], task).optional()).await
    }

    pub(super) async fn replace(&self, id: TaskId, draft: Draft) -> Result<Option<Task>, StoreError> {
        let work = move |db: &mut Connection| {
            let description = draft.description.as_ref().map(Description::as_str);
            let values = params![id.0, draft.title.as_str(), description, draft.status.as_str()];
            db.prepare_cached(REPLACE)?.query_row(values, task).optional()
        };
        self.0.run(work).await
    }

    pub(super) async fn change(&self, id: TaskId, change: Change) -> Result<Option<Task>, StoreError> {
        let work = move |db: &mut Connection| {
            let title = change.title.as_ref().map(Title::as_str);
            let status = change.status.as_ref().map(Status::as_str);
            let described = change.description != Edit::Keep;
            let description = change.description.as_ref().value().map(Description::as_str);
            let values = params![id.0, title, status, described, description];
            db.prepare_cached(CHANGE)?.query_row(values, task).optional()
        };
        self.0.run(work).await
    }

    pub(super) async fn delete(&self, id: TaskId) -> Result<bool, StoreError> {
        let count = self.0.run(move |db| db.prepare_cached(DELETE)?.execute([id.0])).await?;
        Ok(count > 0)
    }

    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        self.0.run(|db| db.prepare_cached("SELECT id FROM task LIMIT 1")?.exists([])).await.map(drop)
    }

    pub(super) async fn version(&self) -> Result<i64, StoreError> {
        self.0.run(|db| version(db)).await
    }

    pub(super) async fn close(&self) {
        self.0.close().await;
    }
}

fn task(row: &Row<'_>) -> rusqlite::Result<Task> {
    Ok(Task {
        id: row.get(0)?,
        title: row.get(1)?,
        description: row.get(2)?,
        status: row.get(3)?,
        created_at: row.get(4)?,
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

/// What was answered must survive a loss of power: every commit reaches the disk.
fn connect(place: &SqlitePlace) -> Result<Connection, StoreError> {
    let connection = match place {
        SqlitePlace::Memory => Connection::open_in_memory(),
        SqlitePlace::File(path) => {
            check_path(path)?;
            Connection::open(path)
        }
    };
    let prepare = |connection: Connection| {
        connection.busy_timeout(BUSY_TIME)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        Ok(connection)
    };
    connection.and_then(prepare).map_err(judge)
}

/// `SQLite` only says that it cannot open the file; this says why.
fn check_path(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let refused = |cause: String| StoreError::Refused { source: cause.into(), hint: None };
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => match fs::metadata(path) {
            Ok(found) if !found.is_file() => Err(refused(format!("`{}` is not a file", path.display()))),
            _ => Ok(()),
        },
        Ok(_) => Err(refused(format!("`{}` is not a folder", folder.display()))),
        Err(error) => Err(refused(format!("cannot open folder `{}`: {error}", folder.display()))),
    }
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings the tables up to date, while other processes that try the same wait.
fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    migrate_locked(connection).map_err(|error| match judge(error) {
        StoreError::Query { source } => StoreError::Refused { source, hint: None },
        judged => judged,
    })
}

fn migrate_locked(connection: &mut Connection) -> rusqlite::Result<()> {
    let latest = migrations::SQLITE.len();
    let found = version(connection)?;
    if found > i64::try_from(latest).unwrap_or(i64::MAX) {
        warn!(found, latest, "the tables are newer than this program");
    }
    if migrations::after(found, &migrations::SQLITE).is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = version(&transaction)?;
    let steps = migrations::after(version, &migrations::SQLITE);
    for step in steps {
        transaction.execute_batch(step)?;
    }
    let reached = version + i64::try_from(steps.len()).unwrap_or_default();
    transaction.pragma_update(None, "user_version", reached)?;
    transaction.commit()?;
    if !steps.is_empty() {
        info!(version = reached, "tables brought up to date");
    }
    Ok(())
}
