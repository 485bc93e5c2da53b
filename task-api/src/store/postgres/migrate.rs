//! The tables, brought up to date.

use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::{Client, Error, error::SqlState, types::Type};
use tracing::{info, warn};

use super::VERSION;
use crate::store::{StoreError, failure::Failure, migrations};

/// How long the tables may take to change, or a replica waits for another one that is at it: of ten million tasks the
/// indexes take minutes.
const TIME: Duration = Duration::from_mins(15);

/// Brings the tables up to date, while other replicas that try the same wait.
///
/// Tables that are up to date are only looked at: a login that may not change them can still serve.
pub(super) async fn migrate(client: &Client) -> Result<(), StoreError> {
    match timeout(TIME, migrate_all(client)).await {
        Ok(migrated) => migrated.map_err(|error| Failure::of_connection(error).of_read()),
        Err(_) => Err(StoreError::Unreachable { source: "its tables stay locked".into() }),
    }
}

async fn migrate_all(client: &Client) -> Result<(), Error> {
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
pub(super) async fn version(client: &Client) -> Result<Option<i64>, Error> {
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
