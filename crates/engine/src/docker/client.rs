//! The daemon's API, called from code that blocks.

use std::thread;
use std::time::{Duration, Instant};

use bollard::errors::Error;
use bollard::models::{ContainerInspectResponse, SystemInfo};
use bollard::query_parameters::InspectContainerOptions;
use bollard::{API_DEFAULT_VERSION, Docker};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::daemon::Daemon;
use super::host::Host;
use crate::EngineError;

/// A daemon that does not say who it is within this is none.
const GREETING: Duration = Duration::from_secs(10);
/// How long Podman clears away behind a container that has ended.
const SETTLING: Duration = Duration::from_secs(10);
/// For one call; loading a large image takes long.
const CALL_SECONDS: u64 = 600;

pub(crate) struct Client {
    runtime: Runtime,
    pub(crate) docker: Docker,
    pub(crate) daemon: Daemon,
    /// `docker 20.10.24`, `podman 4.3.1`.
    pub(crate) name: String,
    pub(crate) host: Host,
}

impl Client {
    pub(crate) fn connect(host: &Host) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let docker = match host {
            Host::Socket(path) => Docker::connect_with_unix(&path.to_string_lossy(), CALL_SECONDS, API_DEFAULT_VERSION),
            Host::Loopback(address) => {
                Docker::connect_with_http(&format!("http://{address}"), CALL_SECONDS, API_DEFAULT_VERSION)
            }
        };
        let docker = docker.map_err(|error| said(&error))?;
        let docker = runtime
            .block_on(async { tokio::time::timeout(GREETING, docker.negotiate_version()).await })
            .map_err(|_| "it does not answer".to_owned())?
            .map_err(|error| said(&error))?;
        let version = runtime.block_on(docker.version()).map_err(|error| said(&error))?;
        let daemon = Daemon::of(&version);
        let number = version.version.unwrap_or_default();
        let number = number.split(['+', '~']).next().unwrap_or_default();
        let name = format!("{} {number}", daemon.name());
        Ok(Self { runtime, docker, daemon, name, host: host.clone() })
    }

    pub(crate) fn info(&self) -> Result<SystemInfo, String> {
        self.block(self.docker.info()).map_err(|error| said(&error))
    }

    /// What the daemon says of a container.
    pub(crate) fn inspect(&self, id: &str) -> Result<ContainerInspectResponse, Error> {
        const POLL: Duration = Duration::from_millis(10);
        let deadline = Instant::now() + SETTLING;
        let is_settling = |error: &Error| matches!(error, Error::JsonDataError { .. }) && Instant::now() < deadline;
        loop {
            match self.block(self.docker.inspect_container(id, None::<InspectContainerOptions>)) {
                Err(error) if self.daemon.has_states_of_its_own() && is_settling(&error) => thread::sleep(POLL),
                answer => return answer,
            }
        }
    }

    /// Waits for one or more calls.
    pub(crate) fn block<T>(&self, call: impl Future<Output = T>) -> T {
        self.runtime.block_on(call)
    }

    /// Begins something that goes on while nobody waits.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        self.runtime.spawn(work)
    }

    /// Waits for a call whose failure is the engine's.
    pub(crate) fn call<T>(
        &self,
        action: &'static str,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, EngineError> {
        self.block(call).map_err(|error| self.failed(action, &error))
    }

    /// A call's failure that is the engine's.
    pub(crate) fn failed(&self, action: &'static str, error: &Error) -> EngineError {
        self.failure(action, said(error))
    }

    /// The engine's failure at something it should be able to do.
    pub(crate) fn failure(&self, action: &'static str, reason: String) -> EngineError {
        EngineError::Failed { engine: self.daemon.name(), action, reason }
    }
}

/// What the daemon itself said, on one line.
pub(crate) fn said(error: &Error) -> String {
    let text = match error {
        Error::DockerResponseServerError { message, .. } => message.clone(),
        Error::DockerStreamError { error } => error.clone(),
        other => {
            let mut text = other.to_string();
            let mut cause = std::error::Error::source(other);
            while let Some(error) = cause {
                let more = error.to_string();
                if !text.contains(&more) {
                    text = format!("{text}: {more}");
                }
                cause = error.source();
            }
            text
        }
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The daemon's status code, where it gave one.
pub(crate) fn status(error: &Error) -> Option<u16> {
    match error {
        Error::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}
