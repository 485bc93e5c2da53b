//! An image in the store and a network of its own: what containers are started from.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bollard::models::ContainerInspectResponse;
use bollard::query_parameters::{CreateContainerOptions, StartContainerOptions};
use seaworthy_image::{Config, Image};

use super::client::{Client, failed, said, status};
use super::container::{Parts, Running};
use super::image::Loaded;
use super::mounts::{self, NamedVolumes};
use super::network::Network;
use super::output::Output;
use super::owner::{self, Owner};
use super::weigh::DAEMON;
use super::{Facts, processes, refusal};
use crate::{Container, EngineError, Prepared, Run, Volumes, paths};

/// An image that Docker or Podman can start.
pub(crate) struct Ready {
    base: Arc<Base>,
}

/// What containers of one image share; gone with the last of them.
pub(crate) struct Base {
    pub(crate) client: Arc<Client>,
    pub(crate) facts: Facts,
    pub(crate) config: Config,
    /// Where the image declares volumes.
    pub(crate) volumes: Vec<String>,
    pub(crate) image: Loaded,
    pub(crate) network: Network,
    pub(crate) labels: HashMap<String, String>,
}

pub(crate) fn prepare(client: &Arc<Client>, facts: Facts, helper: &Path, image: &Image) -> Result<Ready, EngineError> {
    let owner = Owner::current();
    let run = owner::run_name(&owner);
    let labels = owner.labels(&run);
    let loaded = Loaded::load(client, image, &run)?;
    let network = Network::make(client, helper, facts.data.as_deref(), &run, &labels)?;
    let (client, config) = (Arc::clone(client), image.config.clone());
    let volumes = paths::declared(&config.volumes());
    Ok(Ready { base: Arc::new(Base { client, facts, config, volumes, image: loaded, network, labels }) })
}

impl Prepared for Ready {
    fn gateway(&self) -> IpAddr {
        self.base.network.gateway()
    }

    fn not_isolated(&self) -> Option<&str> {
        match &self.base.network {
            Network::Held(_) => None,
            Network::Bridge(bridge) => Some(&bridge.reason),
        }
    }

    fn volumes(&self) -> Result<Box<dyn Volumes>, EngineError> {
        Ok(Box::new(NamedVolumes::make(&self.base)?))
    }

    fn start(&self, run: &Run, volumes: Option<&dyn Volumes>) -> Result<Box<dyn Container>, EngineError> {
        let own = match volumes {
            Some(_) => None,
            None => Some(NamedVolumes::make(&self.base)?),
        };
        let volumes =
            volumes.map_or_else(|| own.as_ref().map(Volumes::id), |volumes| Some(volumes.id())).unwrap_or_default();
        let files = mounts::put(&run.files)?;
        let holder = match &self.base.network {
            Network::Held(holders) => Some(holders.hold(&run.services)?),
            Network::Bridge(_) => None,
        };
        let body = self.base.body(run, volumes, &files, holder.as_ref())?;

        let docker = &self.base.client.docker;
        let created = self.base.client.block(docker.create_container(None::<CreateContainerOptions>, body));
        let id = created.map_err(|error| refused("create the container", &error))?.id;
        let mut running = Running::new(Parts {
            base: Arc::clone(&self.base),
            id,
            started_at: Instant::now(),
            limit_bytes: self.base.facts.memory_limit(run),
            volumes: own,
            files,
            holder,
        });
        running.watch(run)?;
        self.base
            .client
            .block(docker.start_container(running.id(), None::<StartContainerOptions>))
            .map_err(|error| refused("start the container", &error))?;
        let inspected = running.inspect()?;
        running.has_started(&inspected);
        running.stop_beyond_deleted(run.disk_bytes)?;
        until_program_runs(&running, &inspected)?;
        Ok(Box::new(running))
    }

    fn expect_another(&self) {
        if let Network::Held(holders) = &self.base.network {
            holders.expect_another();
        }
    }

    fn rest(&self) {
        if let Network::Held(holders) = &self.base.network {
            holders.rest();
        }
    }
}

/// A failed `create` or `start`: the image's fault where the daemon's words say so.
fn refused(action: &'static str, error: &bollard::errors::Error) -> EngineError {
    match refusal::reason(&said(error)) {
        Some(reason) if status(error).is_some() => EngineError::Start { reason },
        _ => failed(action, error),
    }
}

/// Waits until the runtime has made way for the image's program: it can still fail at that, after `start` has returned.
fn until_program_runs(running: &Running, inspected: &ContainerInspectResponse) -> Result<(), EngineError> {
    const POLL: Duration = Duration::from_millis(1);
    let deadline = Instant::now() + Duration::from_secs(2);
    let is_runtime = |line: &[u8]| processes::is_runtime(&String::from_utf8_lossy(line).replace('\0', " "));
    let ended = match running.pid() {
        Some(pid) => loop {
            match std::fs::read(format!("/proc/{pid}/cmdline")) {
                Ok(line) if is_runtime(&line) && Instant::now() < deadline => std::thread::sleep(POLL),
                Ok(line) => break line.is_empty(),
                Err(_) => break true,
            }
        },
        // It has ended, or lives where its processes cannot be seen from here.
        None => true,
    };
    if !ended {
        return Ok(());
    }
    let patience = if running.pid().is_some() { Duration::from_secs(2) } else { Duration::from_millis(200) };
    let Some(exit) = running.wait_for_exit(patience)? else { return Ok(()) };
    if !matches!(exit.code, 1 | 126 | 127 | 255) {
        return Ok(());
    }
    let entrypoint = inspected.path.as_deref().unwrap_or_default();
    match refusal::told_in_log(&running.logs()?.stderr, entrypoint) {
        Some(reason) => Err(EngineError::Start { reason }),
        None => Ok(()),
    }
}

impl Running {
    /// Before it starts: nothing that it writes, and nowhere, is missed.
    fn watch(&mut self, run: &Run) -> Result<(), EngineError> {
        if !self.base().facts.is_podman {
            let output = Output::attach(&self.base().client, self.id())?;
            self.follow(output);
        }
        let folders = self.written_folders()?;
        self.stop_beyond(folders, run.disk_bytes)
    }

    /// The folders in which the daemon keeps what the container writes, as a holder finds them; `None` where one is not told.
    fn written_folders(&self) -> Result<Option<Vec<PathBuf>>, EngineError> {
        let Some(data) = self.base().facts.data.as_deref() else { return Ok(None) };
        let inspected = self.inspect()?;
        let layer = inspected.graph_driver.and_then(|driver| driver.data.get("UpperDir").cloned());
        let volumes = inspected.mounts.into_iter().flatten().filter(|mount| mount.name.is_some());
        let volumes = volumes.map(|mount| mount.source);
        let paths = std::iter::once(layer).chain(volumes);
        let inside = |path: Option<String>| Some(Path::new(DAEMON).join(Path::new(&path?).strip_prefix(data).ok()?));
        Ok(paths.map(inside).collect())
    }

    pub(crate) fn inspect(&self) -> Result<ContainerInspectResponse, EngineError> {
        let base = self.base();
        base.client.inspect(self.id()).map_err(|error| failed("inspect the container", &error))
    }
}
