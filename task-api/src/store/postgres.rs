//! Tasks in PostgreSQL.

use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::{Client, Error, Row, error::SqlState, types::Type};
use tracing::{info, warn};

use super::{
    StoreError,
    link::{Again, Link, Parameter, Place, judge_connection},
    migrations,
};
use crate::{
    database_url::PostgresUrl,
    task::{Change, Description, Draft, Edit, Status, Task, TaskId, Title},
};

const CREATE: &str = "INSERT INTO task (title, description, status) VALUES ($1, $2, $3)
    RETURNING id, title, description, status, created_at";
const LIST: &str = "SELECT id, title, description, status, created_at FROM task WHERE id > $1 ORDER BY id LIMIT $2";
const READ: &str = "SELECT id, title, description, status, created_at FROM task WHERE id = $1";
const REPLACE: &str = "UPDATE task SET title = $2, description = $3, status = $4, version = version + 1 WHERE id = $1
    RETURNING id, title, description, status, created_at";
const CHANGE: &str = "UPDATE task SET title = COALESCE($2, title), status = COALESCE($3, status),
    description = CASE WHEN $4 THEN $5 ELSE description END, version = version + 1 WHERE id = $1
    RETURNING id, title, description, status, created_at";
const DELETE: &str = "DELETE FROM task WHERE id = $1 RETURNING id";
const VERSION: &str = "SELECT version FROM task_api_schema WHERE id = 1";

/// How long a replica waits for another one that is changing the tables.
const MIGRATION_TIME: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub struct Postgres(Link);

impl Postgres {
    pub(super) async fn open(url: &PostgresUrl) -> Result<Self, StoreError> {
        let place = Place::new(url)?;
        let client = place.connect().await?;
        match timeout(MIGRATION_TIME, migrate(&client)).await {
            Ok(migrated) => migrated.map_err(judge_connection)?,
            Err(_) => return Err(StoreError::Unreachable { source: "its tables stay locked".into() }),
        }
        Ok(Self(Link::new(place, client)))
    }

    /// Connects, and touches nothing.
    pub(crate) async fn probe(url: &PostgresUrl) -> Result<Option<i64>, StoreError> {
        let client = Place::new(url)?.connect().await?;
        version(&client).await.map_err(judge_connection)
    }

    pub(super) async fn create(&self, draft: Draft) -> Result<Task, StoreError> {
        let description = draft.description.as_ref().map(Description::as_str);
        let parameters: [Parameter; 3] =
            [(&draft.title.as_str(), Type::TEXT), (&description, Type::TEXT), (&draft.status.as_str(), Type::TEXT)];
        let row = self.0.query(Again::No, CREATE, &parameters).await?.into_iter().next();
        row.map_or_else(|| Err(StoreError::Query { source: "it returned no row".into() }), |row| task(&row))
    }

    pub(super) async fn list(&self, after: i64, limit: i64) -> Result<Vec<Task>, StoreError> {
        let rows = self.0.query(Again::Yes, LIST, &[(&after, Type::INT8), (&limit, Type::INT8)]).await?;
        rows.iter().map(task).collect()
    }

    pub(super) async fn read(&self, id: TaskId) -> Result<Option<Task>, StoreError> {
        let rows = self.0.query(Again::Yes, READ, &[(&id.0, Type::INT8)]).await?;
        rows.first().map(task).transpose()
    }

    pub(super) async fn replace(&self, id: TaskId, draft: Draft) -> Result<Option<Task>, StoreError> {
        let description = draft.description.as_ref().map(Description::as_str);
        let parameters: [Parameter; 4] = [
            (&id.0, Type::INT8),
            (&draft.title.as_str(), Type::TEXT),
            (&description, Type::TEXT),
            (&draft.status.as_str(), Type::TEXT),
        ];
        let rows = self.0.query(Again::Yes, REPLACE, &parameters).await?;
        rows.first().map(task).transpose()
    }

    pub(super) async fn change(&self, id: TaskId, change: Change) -> Result<Option<Task>, StoreError> {
        let title = change.title.as_ref().map(Title::as_str);
        let status = change.status.as_ref().map(Status::as_str);
        let described = change.description != Edit::Keep;
        let description = change.description.as_ref().value().map(Description::as_str);
        let parameters: [Parameter; 5] = [
            (&id.0, Type::INT8),
            (&title, Type::TEXT),
            (&status, Type::TEXT),
            (&described, Type::BOOL),
            (&description, Type::TEXT),
        ];
        let rows = self.0.query(Again::Yes, CHANGE, &parameters).await?;
        rows.first().map(task).transpose()
    }

    pub(super) async fn delete(&self, id: TaskId) -> Result<bool, StoreError> {
        let rows = self.0.query(Again::No, DELETE, &[(&id.0, Type::INT8)]).await?;
        Ok(!rows.is_empty())
    }

    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        self.0.query(Again::Yes, "SELECT 1", &[]).await.map(drop)
    }

    pub(super) async fn version(&self) -> Result<i64, StoreError> {
        let rows = self.0.query(Again::Yes, VERSION, &[]).await?;
        rows.first().map_or(Ok(0), |row| row.try_get(0)).map_err(|error| StoreError::Query { source: error.into() })
    }
}

fn task(row: &Row) -> Result<Task, StoreError> {
    let read = || -> Result<Task, Error> {
        Ok(Task {
            id: row.try_get(0)?,
            title: row.try_get(1)?,
            description: row.try_get(2)?,
            status: row.try_get(3)?,
            created_at: row.try_get::<_, jiff::civil::DateTime>(4)?.into(),
        })
    };
    read().map_err(|error| StoreError::Query { source: error.into() })
}

/// Brings the tables up to date, while other replicas that try the same wait.
///
/// Tables that are up to date are only looked at: a login that may not change them can still serve.
async fn migrate(client: &Client) -> Result<(), Error> {
    let mut found = version(client).await?;
    if found.is_none() {
        make_lock(client).await?;
        found = Some(0);
    }
    let latest = migrations::POSTGRES.len();
    let found = found.unwrap_or_default();
    if found > i64::try_from(latest).unwrap_or(i64::MAX) {
        warn!(found, latest, "the tables are newer than this program");
    }
    if migrations::after(found, &migrations::POSTGRES).is_empty() {
        return Ok(());
    }
    client.batch_execute("BEGIN").await?;
    let migrated = migrate_locked(client).await;
    let end = if migrated.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = client.batch_execute(end).await;
    migrated.and(ended)
}

async fn migrate_locked(client: &Client) -> Result<(), Error> {
    let locked = format!("{VERSION} FOR UPDATE");
    let row = client.query_typed(&locked, &[]).await?.into_iter().next();
    let version: i64 = row.map_or(Ok(0), |row| row.try_get(0))?;
    let steps = migrations::after(version, &migrations::POSTGRES);
    for step in steps {
        client.batch_execute(step).await?;
    }
    if !steps.is_empty() {
        let reached = version + i64::try_from(steps.len()).unwrap_or_default();
        let update = "UPDATE task_api_schema SET version = $1 WHERE id = 1";
        client.query_typed(update, &[(&reached, Type::INT8)]).await?;
        info!(version = reached, "tables brought up to date");
    }
    Ok(())
}

/// The version of the tables; `None` where there are none.
async fn version(client: &Client) -> Result<Option<i64>, Error> {
    match client.query_typed(VERSION, &[]).await {
        Ok(rows) => rows.first().map(|row| row.try_get(0)).transpose(),
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes the table of one row that holds the version, and is locked to change it.
///
/// `IF NOT EXISTS` alone is no lock: two replicas that find nothing both make it, and one fails on the catalogue's own
/// unique index. Then the other one has made it.
async fn make_lock(client: &Client) -> Result<(), Error> {
    let table = "CREATE TABLE IF NOT EXISTS task_api_schema (id BIGINT PRIMARY KEY, version BIGINT NOT NULL)";
    match client.batch_execute(table).await {
        Err(error) if !is_there_already(&error) => return Err(error),
        _ => {}
    }
    client.batch_execute("INSERT INTO task_api_schema (id, version) VALUES (1, 0) ON CONFLICT (id) DO NOTHING").await
}

fn is_there_already(error: &Error) -> bool {
    let codes = [SqlState::UNIQUE_VIOLATION, SqlState::DUPLICATE_TABLE, SqlState::DUPLICATE_OBJECT];
    error.code().is_some_and(|code| codes.contains(code))
}
