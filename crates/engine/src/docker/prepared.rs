//! An image in the store and a network of its own: what containers are started from.

use std::collections::HashMap;
use std::fs::{self, Permissions};
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bollard::models::ContainerInspectResponse;
use bollard::query_parameters::{CreateContainerOptions, StartContainerOptions};
use seaworthy_image::{Config, Image};

use super::body::Storage;
use super::client::{Client, said, status};
use super::container::{Parts, Running};
use super::files::Files;
use super::holder::Holder;
use super::image::Loaded;
use super::mounts::{self, NamedVolumes};
use super::network::Network;
use super::output::Output;
use super::owner::{self, Owner};
use super::weigh::DAEMON;
use super::{Facts, probing, processes, refusal, stages};
use crate::{Container, EngineError, Prepared, PutFile, Run, Volumes, paths};

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
    ready(client, facts, helper, |run| Ok((Loaded::load(client, image, run)?, image.config.clone())))
}

/// An image that the daemon has under this name.
pub(crate) fn kept(
    client: &Arc<Client>,
    facts: Facts,
    helper: &Path,
    name: &str,
) -> Result<Option<Ready>, EngineError> {
    let Some((id, config)) = super::image::named(client, name)? else { return Ok(None) };
    ready(client, facts, helper, |run| Ok((Loaded::keep(client, &id, run)?, config))).map(Some)
}

fn ready(
    client: &Arc<Client>,
    facts: Facts,
    helper: &Path,
    load: impl FnOnce(&str) -> Result<(Loaded, Config), EngineError>,
) -> Result<Ready, EngineError> {
    let owner = Owner::current();
    let run = owner::run_name(&owner);
    let labels = owner.labels(&run);
    let (image, config) = load(&run)?;
    let network = Network::make(client, helper, facts.data.as_deref(), &run, &labels)?;
    let volumes = paths::declared(&config.volumes());
    let client = Arc::clone(client);
    Ok(Ready { base: Arc::new(Base { client, facts, config, volumes, image, network, labels }) })
}

impl Ready {
    /// Keeps the image for later runs, in the place of the one that had this name before.
    pub(crate) fn keep(&self, name: &str) {
        let Base { client, image, .. } = self.base.as_ref();
        if image.is_of_a_run() {
            stages::keep(client, &image.id, name);
        }
    }
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

    fn writable_anyway(&self, run: &Run) -> Vec<&'static str> {
        let daemon = self.base.client.daemon;
        let closed = mounts::closed(&self.base, run);
        // Something of ours is mounted below them, or they are said to be writable.
        let open = daemon.writable_unless_mounted().iter().filter(|folder| !closed.contains(folder));
        let open = open.filter(|folder| !run.writable.iter().any(|path| path == *folder));
        daemon.writable_anyway().iter().chain(open).copied().collect()
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
        let mounts_volumes = self.base.client.daemon.mounts_volumes(self.base.facts.remapped);
        let scratch = mounts_volumes.then(|| NamedVolumes::scratch(&self.base, run)).transpose()?;
        let closed = NamedVolumes::closed(&self.base, run)?;
        let files = Files::put(&self.base.client, self.base.facts.remapped, &run.files)?;
        let holder = match &self.base.network {
            Network::Held(holders) => Some(holders.hold(&run.services)?),
            Network::Bridge(_) => None,
        };
        let names = self.base.names(holder.as_ref());
        let names = Files::put(&self.base.client, self.base.facts.remapped, &names)?;
        let storage = Storage {
            volumes,
            scratch: scratch.as_ref().map(Volumes::id),
            closed: closed.id(),
            files: [&files, &names],
        };
        let body = self.base.body(run, &storage, holder.as_ref())?;

        let docker = &self.base.client.docker;
        let created = self.base.client.block(docker.create_container(None::<CreateContainerOptions>, body));
        let id = created.map_err(|error| self.base.refused(run, "create the container", &error))?.id;
        let mut running = Running::new(Parts {
            base: Arc::clone(&self.base),
            id,
            started_at: Instant::now(),
            limit_bytes: self.base.facts.memory_limit(run),
            volumes: own,
            scratch,
            closed,
            files: Some(files),
            names: Some(names),
            holder,
        });
        running.watch(run)?;
        self.base
            .client
            .block(docker.start_container(running.id(), None::<StartContainerOptions>))
            .map_err(|error| self.base.refused(run, "start the container", &error))?;
        let inspected = running.inspect()?;
        running.has_started(&inspected);
        running.stop_beyond_deleted(run.disk_bytes)?;
        running.have_probed(run);
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

impl Base {
    /// The files that the daemon would make, where it does not take those of the holder: in memory, without a bound.
    fn names(&self, holder: Option<&Holder>) -> Vec<PutFile> {
        let Some(holder) = holder.filter(|_| !self.client.daemon.shares_names_of_network()) else { return Vec::new() };
        let names = holder.names();
        vec![
            PutFile::new("/etc/hosts", names.hosts.as_bytes()),
            PutFile::new("/etc/resolv.conf", names.resolver.as_bytes()),
            PutFile::new("/etc/hostname", format!("{}\n", names.hostname)),
            PutFile::new("/run/.containerenv", ""),
        ]
    }

    /// A failed step of a start: the image's fault where the daemon's words say so.
    fn refused(&self, run: &Run, action: &'static str, error: &bollard::errors::Error) -> EngineError {
        let folder = run.instead.working_dir.clone().unwrap_or_else(|| self.config.working_dir().to_owned());
        match refusal::reason(&said(error), &folder) {
            Some(reason) if status(error).is_some() => EngineError::Start { reason },
            _ => self.client.failed(action, error),
        }
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
    /// Where the daemon runs no health checks by itself.
    fn have_probed(&self, run: &Run) {
        let base = self.base();
        let declared = run.instead.health_check.clone().or_else(|| base.config.health_check());
        if let Some(check) = declared.filter(|_| base.client.daemon.runs_no_health_checks()) {
            probing::begin(&base.client, self.id(), check.interval);
        }
    }

    /// Before it starts: nothing that it writes, and nowhere, is missed.
    fn watch(&mut self, run: &Run) -> Result<(), EngineError> {
        // Podman makes the container ready for it, and may fail at that.
        let output = Output::attach(&self.base().client, self.id());
        let output = output.map_err(|error| self.base().refused(run, "attach to the container", &error))?;
        self.follow(output);
        if !self.base().client.daemon.keeps_modes_of_volumes() {
            self.open_scratch()?;
        }
        let folders = self.written_folders()?;
        self.stop_beyond(folders, run.disk_bytes)
    }

    /// Gives the mounted folders that stay writable the mode of [`NamedVolumes::scratch`] again.
    fn open_scratch(&self) -> Result<(), EngineError> {
        let Some(scratch) = self.scratch().filter(|scratch| !scratch.is_empty()) else { return Ok(()) };
        let failed = |error: io::Error| self.base().client.failure("make a folder writable", error.to_string());
        for mount in self.inspect()?.mounts.into_iter().flatten() {
            if mount.name.is_some_and(|name| scratch.has(&name)) {
                let folder = mount.source.unwrap_or_default();
                chown(&folder, Some(0), Some(0)).map_err(failed)?;
                fs::set_permissions(&folder, Permissions::from_mode(0o1777)).map_err(failed)?;
            }
        }
        Ok(())
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
        let client = &self.base().client;
        client.inspect(self.id()).map_err(|error| client.failed("inspect the container", &error))
    }
}
