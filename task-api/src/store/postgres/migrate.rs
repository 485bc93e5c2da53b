//! The tables, brought up to date.

use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::{Client, Error, error::SqlState, types::Type};
use tracing::{info, warn};

use super::{VERSION, adopt::Found};
use crate::store::{StoreError, failure::Failure, migrations};

/// What is done once, before the step to this version, while nobody has read the feed.
const UNREAD: (i64, &str) = (5, include_str!("../../../migrations/postgres/unread.sql"));

/// What is done once, behind the step to this version, to a table that somebody else made.
const ADOPTED: (i64, &str) = (5, include_str!("../../../migrations/postgres/adopted.sql"));

/// How long a change of the tables waits for those who use them: whoever comes next waits behind it.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '2s'";

/// How long the tables may take to change, or a replica waits for another one that is at it: of ten million tasks the
/// indexes take minutes.
const TIME: Duration = Duration::from_mins(15);

/// Brings the tables up to date, while other replicas that try the same wait.
///
/// Tables that are up to date are only looked at: a login that may not change them can still serve.
pub(super) async fn migrate(client: &Client) -> Result<(), StoreError> {
    match timeout(TIME, migrate_all(client)).await {
        Ok(migrated) => migrated,
        Err(_) => Err(StoreError::Unreachable { source: "its tables stay locked".into() }),
    }
}

fn judged(error: Error) -> StoreError {
    match error.code() {
        Some(&SqlState::LOCK_NOT_AVAILABLE) => {
            StoreError::Unreachable { source: "its tables must change, and others use them".into() }
        }
        _ => Failure::of_connection(error).of_read(),
    }
}

async fn migrate_all(client: &Client) -> Result<(), StoreError> {
    let mut found = version(client).await.map_err(judged)?;
    if found.is_none() {
        make_lock(client).await.map_err(judged)?;
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
    client.batch_execute("BEGIN").await.map_err(judged)?;
    let migrated = migrate_locked(client).await;
    let end = if migrated.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = client.batch_execute(end).await.map_err(judged);
    migrated.and(ended)
}

async fn migrate_locked(client: &Client) -> Result<(), StoreError> {
    client.batch_execute(LOCK_TIMEOUT).await.map_err(judged)?;
    let version = number(client, &format!("{VERSION} FOR UPDATE")).await.map_err(judged)?;
    let found = Found::by(client).await.map_err(judged)?;
    if migrations::after(version, &migrations::POSTGRES).is_empty() {
        return Ok(());
    }
    if let Some(faults) = found.faults(version) {
        return Err(StoreError::Refused { source: faults.into(), hint: None });
    }
    let reached = steps(client, version, &found).await.map_err(judged)?;
    info!(version = reached, "tables brought up to date");
    Ok(())
}

/// Takes the tables from `version` to the latest one, which it returns.
async fn steps(client: &Client, version: i64, found: &Found) -> Result<i64, Error> {
    let mut reached = version;
    for step in migrations::after(version, &migrations::POSTGRES) {
        reached += 1;
        if reached == UNREAD.0 && number(client, "SELECT position FROM task_feed WHERE id = 1").await? == 0 {
            client.batch_execute(UNREAD.1).await?;
        }
        client.batch_execute(step).await?;
        if reached == ADOPTED.0 && found.is_adopted() {
            client.batch_execute(ADOPTED.1).await?;
        }
    }
    let update = "UPDATE task_api_schema SET version = $1 WHERE id = 1";
    client.query_typed(update, &[(&reached, Type::INT8)]).await?;
    Ok(reached)
}

/// The number that a statement answers; 0 without a row.
async fn number(client: &Client, sql: &str) -> Result<i64, Error> {
    client.query_typed(sql, &[]).await?.first().map_or(Ok(0), |row| row.try_get(0))
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
