//! One file a subcommand.

pub mod doctor;
pub mod healthcheck;
pub mod help;
pub mod key;
mod log;
pub mod migrate;
mod output;
pub mod restored;
pub mod serve;

use std::{
    io::{self, Stdout},
    sync::{Arc, LazyLock},
    time::Duration,
};

use tokio::{runtime::Runtime, time::sleep};
use tracing::{info, level_filters::LevelFilter, warn};

use crate::{
    budget::Budget,
    config::{ConfigError, database_url::DatabaseUrl},
    error::chain,
    store::{Store, StoreError},
};
use output::Output;

/// Why a subcommand ends with exit code 1: one line.
#[derive(Debug)]
pub struct Failure(String);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self(chain(&error))
    }
}

impl Failure {
    fn new(what: &str, error: &io::Error) -> Self {
        Self(format!("{what}: {error}"))
    }

    fn database(url: &DatabaseUrl, error: &StoreError) -> Self {
        let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
        Self(format!("cannot use the database at `{url}`: {}{hint}", error.cause()))
    }
}

static OUTPUT: LazyLock<Output<Stdout>> = LazyLock::new(|| Output::new(io::stdout()));

/// JSON lines on stdout.
fn log_to_stdout(level: LevelFilter) {
    let lines = tracing_subscriber::fmt().event_format(log::Lines).with_writer(&*OUTPUT);
    let _ = lines.with_max_level(level).try_init();
}

fn runtime() -> Result<Runtime, Failure> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().on_thread_park(|| OUTPUT.before_sleep()).build();
    runtime.map_err(|error| Failure::new("cannot start threads", &error))
}

/// Opens the database, and waits for it as long as waiting may help. Says so once.
async fn open_waiting(url: &DatabaseUrl, budget: &Arc<Budget>) -> Result<Store, Failure> {
    let mut pause = Duration::from_millis(50);
    let mut is_told = false;
    loop {
        match Store::open(url, budget).await {
            Ok(store) => {
                info!(database = %url, "database ready");
                return Ok(store);
            }
            Err(error @ StoreError::Unreachable { .. }) => {
                if !is_told {
                    warn!(database = %url, cause = error.cause(), "waiting for the database");
                    is_told = true;
                }
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
            Err(error) => return Err(Failure::database(url, &error)),
        }
    }
}
