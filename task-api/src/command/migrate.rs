//! `task-api migrate`: bring the tables up to date, and nothing else.

use tracing::info;

use super::{Failure, log_to_stdout, open_waiting, runtime};
use crate::{budget::Budget, config::Config};

/// # Errors
///
/// Fails if the configuration is wrong or the database cannot be used.
pub fn run() -> Result<(), Failure> {
    let config = Config::read()?;
    log_to_stdout(config.log_level);
    let runtime = runtime()?;
    let migrated = runtime.block_on(async {
        let store = open_waiting(&config.database, &Budget::of(config.limits.held_bytes)).await?;
        let version = store.version().await.map_err(|error| Failure::database(&config.database, &error))?;
        store.close().await;
        info!(version, "tables are up to date");
        Ok(())
    });
    runtime.shutdown_background();
    migrated
}
