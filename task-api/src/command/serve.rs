//! `task-api serve`: answer requests until told to stop.
//!
//! It listens first. While the database is waited for, `/health` answers, and what needs a database is a 503.

use std::sync::Arc;

use tokio::net::TcpListener;
use tracing::info;

use super::{Failure, log_to_stdout, open_waiting, runtime};
use crate::{
    app::{AppState, Settings, app},
    config::{Config, key_ring::KeyRing, limits},
    middleware,
    server::{self, Signals},
    traces::Traces,
};

/// # Errors
///
/// Fails if the configuration is wrong, the port is taken, or the database cannot be used.
pub fn run() -> Result<(), Failure> {
    let config = Config::read()?;
    log_to_stdout(config.log_level);
    middleware::panic::log_place();
    let traces = config.traces.as_ref().map(Traces::start).transpose();
    let traces = traces.map_err(|cause| Failure(format!("cannot send traces: {cause}")))?.map(Arc::new);
    let runtime = runtime()?;
    let served = runtime.block_on(serve(config, traces.clone()));
    // A thread that waits for the name of a host to be resolved is not waited for.
    runtime.shutdown_background();
    if let Some(traces) = traces {
        traces.stop();
    }
    served
}

async fn serve(config: Config, traces: Option<Arc<Traces>>) -> Result<(), Failure> {
    let signals = Signals::catch().map_err(|error| Failure::new("cannot catch signals", &error))?;
    let listen = (config.listen.host.as_str(), config.listen.port);
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| Failure::new(&format!("cannot listen on `{}`", config.listen), &error))?;
    let address = listener.local_addr().map_err(|error| Failure::new("cannot listen", &error))?;
    info!(%address, version = env!("CARGO_PKG_VERSION"), api_keys = config.keys.len(), "listening");

    let limits = config.limits.within_files(limits::files());
    if limits != config.limits {
        let (connections, wanted) = (limits.connections, config.limits.connections);
        info!(connections, wanted, "connections are limited by the files that the process may open");
    }
    let Config { keys, keys_file, requires_if_match, root_path, origins, drain_delay, .. } = config;
    let keys = KeyRing::new(keys, keys_file);
    let state = AppState::with(Settings { limits, keys, requires_if_match, root_path, origins, traces });
    let serving = server::serve(listener, app(state.clone()), &state, signals, drain_delay);
    let opening = async {
        match open_waiting(&config.database, &state.load.budget).await {
            Ok(store) => {
                state.set_store(store);
                std::future::pending().await
            }
            Err(failure) => failure,
        }
    };
    let looking = async {
        state.keys.follow().await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = serving => {}
        () = looking => {}
        failure = opening => return Err(failure),
    }
    if let Ok(store) = state.store() {
        store.close().await;
    }
    info!("stopped");
    Ok(())
}
