//! A container of Docker's or Podman's.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bollard::models::{ContainerInspectResponse, ContainerState};
use bollard::query_parameters::{
    KillContainerOptionsBuilder, RemoveContainerOptionsBuilder, TopOptionsBuilder, WaitContainerOptionsBuilder,
};
use futures_util::StreamExt as _;
use futures_util::future::join;

use super::client::status;
use super::daemon::Daemon;
use super::disk::{self, Bounded};
use super::files::Files;
use super::holder::Holder;
use super::memory::{self, Counter};
use super::mounts::NamedVolumes;
use super::output::Output;
use super::prepared::Base;
use super::{health, look, processes};
use crate::process::{self, IdMaps};
use crate::{
    AtPath, Attempt, Container, EngineError, Exit, Health, HealthStatus, Logs, Memory, Process, Signal, Status,
};

/// The code of a process that SIGKILL ended.
const KILLED: i32 = 137;

/// A container; removed when dropped, before what it stands on.
pub(crate) struct Running {
    parts: Parts,
    /// As this machine numbers it; `None` where its processes are not to be seen from here.
    pid: Option<u32>,
    /// Where it can be connected to: itself, or what is published for a port of it.
    address: Option<IpAddr>,
    published: Vec<(u16, SocketAddr)>,
    memory: Arc<Mutex<Counter>>,
    healthy_after: Mutex<Option<Duration>>,
    output: Option<Output>,
    bounded: Bounded,
}

pub(crate) struct Parts {
    pub(crate) base: Arc<Base>,
    pub(crate) id: String,
    pub(crate) started_at: Instant,
    pub(crate) limit_bytes: Option<u64>,
    /// Only for this container.
    pub(crate) volumes: Option<NamedVolumes>,
    /// What stays writable under a read-only root.
    pub(crate) scratch: Option<NamedVolumes>,
    /// What would stay writable there.
    pub(crate) closed: NamedVolumes,
    pub(crate) files: Option<Files>,
    /// The files by which it knows names, where the daemon does not make them.
    pub(crate) names: Option<Files>,
    /// Its network, where it has one of its own.
    pub(crate) holder: Option<Holder>,
}

impl Running {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            parts,
            pid: None,
            address: None,
            published: Vec::new(),
            memory: Arc::default(),
            healthy_after: Mutex::default(),
            output: None,
            bounded: Bounded::default(),
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.parts.id
    }

    pub(crate) fn base(&self) -> &Base {
        &self.parts.base
    }

    pub(crate) fn scratch(&self) -> Option<&NamedVolumes> {
        self.parts.scratch.as_ref()
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.pid
    }

    pub(crate) fn follow(&mut self, output: Output) {
        self.output = Some(output);
    }

    /// Has the container stopped when it has written more than that.
    pub(crate) fn stop_beyond(&self, folders: Option<Vec<PathBuf>>, limit_bytes: u64) -> Result<(), EngineError> {
        let client = Arc::clone(&self.base().client);
        let (id, bounded) = (self.id().to_owned(), self.bounded.clone());
        let (Some(holder), Some(folders)) = (&self.parts.holder, folders) else {
            disk::watch(&client, id, bounded, limit_bytes);
            return Ok(());
        };
        let stop = {
            let client = Arc::clone(&client);
            move || bounded.stop(&client, &id)
        };
        holder
            .weigh(folders, limit_bytes, stop)
            .map_err(|error| client.failure("weigh what is written", error.to_string()))
    }

    /// Has it stopped when it holds more open without a name.
    pub(crate) fn stop_beyond_deleted(&self, limit_bytes: u64) -> Result<(), EngineError> {
        let Some(first) = self.pid else { return Ok(()) };
        let (id, bounded) = (self.id().to_owned(), self.bounded.clone());
        let client = &self.base().client;
        disk::watch_deleted(client, id, first, bounded, limit_bytes)
            .map_err(|error| client.failure("watch what is deleted", error.to_string()))
    }

    /// Takes from the daemon's answer where the container is.
    pub(crate) fn has_started(&mut self, inspected: &ContainerInspectResponse) {
        let pid = inspected.state.as_ref().and_then(|state| state.pid).and_then(|pid| u32::try_from(pid).ok());
        let has_group = pid.is_some_and(|pid| processes::is_of_container(pid, self.id()));
        // A Podman without root makes no control groups of version 1: then the network tells whose the process is.
        let joined = |pid| self.parts.holder.as_ref().is_some_and(|holder| holder.has_in_network(pid));
        self.pid = pid.filter(|&pid| pid != 0 && (has_group || joined(pid)));
        self.bounded.has_started(self.pid);
        let network = inspected.network_settings.as_ref();
        let networks = network.and_then(|network| network.networks.as_ref());
        self.address = networks
            .into_iter()
            .flat_map(|networks| networks.values())
            .find_map(|endpoint| endpoint.ip_address.as_deref()?.parse().ok())
            .filter(|_| self.pid.is_some() && !self.base().facts.remapped);
        let ports = network.and_then(|network| network.ports.as_ref());
        self.published = ports
            .into_iter()
            .flatten()
            .filter_map(|(port, bindings)| {
                let inside = port.strip_suffix("/tcp")?.parse().ok()?;
                let outside = bindings.as_ref()?.first()?.host_port.as_deref()?.parse().ok()?;
                Some((inside, SocketAddr::from((Ipv4Addr::LOCALHOST, outside))))
            })
            .collect();
        if let Some(pid) = self.pid.filter(|_| has_group) {
            self.memory_counter().find(pid);
            if !self.base().client.daemon.knows_kills() {
                memory::watch(&self.memory);
            }
        }
    }

    pub(crate) fn wait_for_exit(&self, timeout: Duration) -> Result<Option<Exit>, EngineError> {
        let client = &self.base().client;
        let deadline = Instant::now() + timeout;
        loop {
            if let Status::Exited(exit) = self.status()? {
                return Ok(Some(exit));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            // Whatever it says, the container is looked at again.
            client.block(async {
                let condition = WaitContainerOptionsBuilder::default().condition("not-running").build();
                let mut ended = std::pin::pin!(client.docker.wait_container(self.id(), Some(condition)));
                let _ = tokio::time::timeout(left, ended.next()).await;
            });
        }
    }

    fn memory_counter(&self) -> std::sync::MutexGuard<'_, Counter> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> Result<ContainerState, EngineError> {
        self.memory_counter().sample();
        let none = || self.base().client.failure("inspect the container", "it has no state".to_owned());
        self.inspect()?.state.ok_or_else(none)
    }

    /// By its control group, where the daemon does not surely know it.
    fn was_killed_for_memory(&self) -> bool {
        let daemon = self.base().client.daemon;
        !daemon.knows_kills() && self.memory_counter().last().is_some_and(|memory| memory.kills > 0)
    }

    /// A container that nobody asks for its health is none that is still starting.
    fn must_be_probed(&self, state: &ContainerState, health: &Health) -> Result<(), EngineError> {
        const PATIENCE: Duration = Duration::from_secs(10);
        let base = self.base();
        let log = state.health.as_ref().and_then(|health| health.log.as_deref());
        let is_asked = health.status != HealthStatus::Starting || log.is_some_and(|probes| !probes.is_empty());
        let Some(check) = base.config.health_check().filter(|_| base.client.daemon == Daemon::Podman && !is_asked)
        else {
            return Ok(());
        };
        if self.parts.started_at.elapsed() <= check.interval + check.timeout + PATIENCE {
            return Ok(());
        }
        let reason =
            "Podman has not run it: its health checks are timers of systemd (`systemctl list-timers`)".to_owned();
        Err(base.client.failure("run the health check", reason))
    }

    fn list_processes(&self) -> Result<Vec<Process>, EngineError> {
        let base = self.base();
        if let Some(first) = self.pid.filter(|_| !base.client.daemon.lists_processes()) {
            return Ok(process::of_namespace(first));
        }
        let options = TopOptionsBuilder::default().ps_args(processes::PS_ARGUMENTS).build();
        let listed = match base.client.block(base.client.docker.top_processes(self.id(), Some(options))) {
            Ok(listed) => listed,
            Err(error) if matches!(status(&error), Some(404 | 409)) => return Ok(Vec::new()),
            // Podman and older daemons: 500, and the container has exited.
            Err(error) => {
                return match self.status()? {
                    Status::Exited(_) => Ok(Vec::new()),
                    Status::Running => Err(base.client.failed("list the processes", &error)),
                };
            }
        };
        let rows = listed.processes.unwrap_or_default();
        let told = rows.iter().filter_map(|row| processes::told(row));
        match self.pid {
            Some(first) => {
                let Some(maps) = IdMaps::of(first) else { return Ok(Vec::new()) };
                Ok(told.filter_map(|told| process::seen(told.pid, &maps)).collect())
            }
            None if base.facts.remapped => Err(base.client.failure(
                "list the processes",
                "the daemon renumbers ids and its processes cannot be seen from here".to_owned(),
            )),
            None => Ok(told.collect()),
        }
    }
}

impl Container for Running {
    fn started_at(&self) -> Instant {
        self.parts.started_at
    }

    fn connect(&self, port: u16, timeout: Duration) -> io::Result<TcpStream> {
        if let Some(holder) = &self.parts.holder {
            return holder.connect(port, timeout);
        }
        // A published port takes connections also when nobody listens behind it; the container's own address does not.
        let published = self.published.iter().find(|(inside, _)| *inside == port).map(|(_, outside)| *outside);
        let address = self.address.map(|ip| SocketAddr::from((ip, port))).or(published);
        match address {
            Some(address) => TcpStream::connect_timeout(&address, timeout),
            None => Err(io::ErrorKind::ConnectionRefused.into()),
        }
    }

    fn status(&self) -> Result<Status, EngineError> {
        let state = self.state()?;
        if state.running == Some(true) {
            return Ok(Status::Running);
        }
        let code = state.exit_code.and_then(|code| i32::try_from(code).ok()).unwrap_or(-1);
        let out_of_disk = self.bounded.is_over();
        let out_of_memory = state.oom_killed == Some(true) || (code == KILLED && self.was_killed_for_memory());
        Ok(Status::Exited(Exit { code, out_of_memory, out_of_disk }))
    }

    fn wait(&self, timeout: Duration) -> Result<Option<Exit>, EngineError> {
        self.wait_for_exit(timeout)
    }

    fn signal(&self, signal: Signal) -> Result<(), EngineError> {
        self.memory_counter().sample();
        let base = self.base();
        let name = match signal {
            Signal::Stop => base.config.stop_signal().unwrap_or("SIGTERM").to_owned(),
            Signal::Term => "SIGTERM".to_owned(),
            Signal::Kill => "SIGKILL".to_owned(),
            Signal::Number(number) => number.to_string(),
        };
        let options = KillContainerOptionsBuilder::default().signal(&name).build();
        match base.client.block(base.client.docker.kill_container(self.id(), Some(options))) {
            Ok(()) => Ok(()),
            // It has exited, whatever number says so.
            Err(error) if matches!(status(&error), Some(404 | 409)) => Ok(()),
            Err(_) if matches!(self.status()?, Status::Exited(_)) => Ok(()),
            Err(error) => Err(base.client.failed("signal the container", &error)),
        }
    }

    fn replace_file(&self, path: &str, content: &[u8]) -> Result<(), EngineError> {
        let failed = |reason: String| self.base().client.failure("replace a file", reason);
        let found = self.parts.files.iter().flat_map(Files::bound).find(|(inside, _)| inside == path);
        let (_, file) = found.ok_or_else(|| failed(format!("`{path}` was not put into the container")))?;
        // In place: what is bound into the container is the file, not its name.
        std::fs::write(file, content).map_err(|error| failed(error.to_string()))
    }

    fn look_at(&self, path: &str) -> Result<AtPath, EngineError> {
        look::at(&self.base().client, self.id(), path)
    }

    fn logs(&self) -> Result<Logs, EngineError> {
        const PATIENCE: Duration = Duration::from_secs(2);
        let Some(output) = &self.output else { return Ok(Logs::default()) };
        if matches!(self.status()?, Status::Exited(_)) {
            output.wait_for_end(PATIENCE);
        }
        Ok(output.logs())
    }

    fn processes(&self) -> Result<Vec<Process>, EngineError> {
        const POLL: Duration = Duration::from_millis(1);
        let deadline = Instant::now() + Duration::from_secs(2);
        loop {
            let listed = self.list_processes()?;
            // A health check's runtime is root until it has become the check. One that stays is told: a name proves nothing.
            if Instant::now() > deadline || !listed.iter().any(|process| processes::is_runtime(&process.command)) {
                return Ok(listed);
            }
            std::thread::sleep(POLL);
        }
    }

    fn health(&self) -> Result<Health, EngineError> {
        let state = self.state()?;
        let mut health = health::of(&state);
        self.must_be_probed(&state, &health)?;
        let mut earliest = self.healthy_after.lock().unwrap_or_else(PoisonError::into_inner);
        // The daemon forgets old probes.
        *earliest = [*earliest, health.healthy_after].into_iter().flatten().min();
        health.healthy_after = *earliest;
        Ok(health)
    }

    fn memory(&self) -> Result<Option<Memory>, EngineError> {
        if !self.base().facts.memory {
            return Ok(None);
        }
        let killed = self.state()?.oom_killed == Some(true) || self.was_killed_for_memory();
        Ok(self.memory_counter().reading(killed, self.parts.limit_bytes))
    }

    fn attempts(&self) -> Result<Option<Vec<Attempt>>, EngineError> {
        let targets = self.parts.holder.as_ref().and_then(Holder::attempts);
        Ok(targets.map(|targets| targets.into_iter().map(|target| Attempt { target }).collect()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Parts { base, id, holder, .. } = &mut self.parts;
        let force = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        let remove = |id| base.client.docker.remove_container(id, Some(force.clone()));
        let _ = match holder {
            // Both at once: each waits for its own processes.
            Some(holder) if base.client.daemon.removes_in_any_order() => {
                base.client.block(join(remove(id), remove(holder.taken()))).0
            }
            _ => base.client.block(remove(id)),
        };
        // Only now can they be removed.
        self.parts.volumes = None;
        self.parts.scratch = None;
        self.parts.closed.remove();
        self.parts.names = None;
        self.parts.files = None;
        self.parts.holder = None;
    }
}
