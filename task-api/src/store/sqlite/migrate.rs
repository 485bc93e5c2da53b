//! The tables, brought up to date.

use rusqlite::{Connection, TransactionBehavior};
use tracing::{info, warn};

use crate::store::{StoreError, migrations, worker::judge};

pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings the tables up to date, while other processes that try the same wait.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
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
