//! `task-api restored`: the database was restored from a backup, so that cursors and tags of before mean nothing any more.

use super::{Failure, log_to_stdout, open_waiting, runtime};
use crate::{budget::Budget, config::Config};

/// # Errors
///
/// Fails if the configuration is wrong or the database cannot be used.
pub fn run() -> Result<(), Failure> {
    let config = Config::read()?;
    log_to_stdout(config.log_level);
    let runtime = runtime()?;
    let renewed = runtime.block_on(async {
        let store = open_waiting(&config.database, &Budget::of(config.limits.held_bytes)).await?;
        let renewed = store.renew(store.epoch()).await;
        store.close().await;
        renewed.map(drop).map_err(|error| Failure::database(&config.database, &error))
    });
    runtime.shutdown_background();
    renewed
}
