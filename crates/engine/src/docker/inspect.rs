//! A container of the user's, looked at and never touched.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use bollard::models::{
    ContainerConfig, ContainerInspectResponse, ContainerState, HealthConfig, HostConfig, MountPoint, NetworkSettings,
    RestartPolicyNameEnum,
};
use bollard::query_parameters::{ListContainersOptionsBuilder, LogsOptionsBuilder};
use futures_util::StreamExt as _;
use jiff::Timestamp;
use seaworthy_image::HealthCheck;

use super::client::{self, Client};
use super::output::Kept;
use super::{Docker, health, processes};
use crate::process::{self, IdMaps};
use crate::{EngineError, Health, Logs, Process, listening};

/// The label by which a compose project's container knows its service.
const SERVICE: &str = "com.docker.compose.service";
/// How many of a log's last lines are read.
const LINES: &str = "2000";

/// A container as the daemon describes it, with the end of its log.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Inspected {
    pub id: String,
    pub name: String,
    /// The id of its image.
    pub image: String,
    pub is_running: bool,
    pub is_restarting: bool,
    /// It runs, and gets no time.
    pub is_paused: bool,
    /// It was made, and never ran.
    pub never_started: bool,
    pub exit_code: i32,
    pub out_of_memory: bool,
    /// Why the daemon could not start it.
    pub error: String,
    /// From its last start to its last end.
    pub ran: Option<Duration>,
    pub restarts: u64,
    pub restart_policy: String,
    pub env: Vec<(String, String)>,
    pub user: String,
    pub entrypoint: Vec<String>,
    pub arguments: Vec<String>,
    pub working_dir: String,
    pub health_check: Option<HealthCheck>,
    /// What the daemon's probes said; `None` where it runs none.
    pub health: Option<Health>,
    pub stop_timeout: Option<Duration>,
    /// An init of the daemon's is the first process.
    pub has_init: bool,
    pub memory_bytes: Option<u64>,
    pub read_only: bool,
    pub without_capabilities: bool,
    pub tmpfs: Vec<String>,
    pub sysctls: BTreeMap<String, String>,
    pub mounts: Vec<MountedAt>,
    /// Each published port of the container, and whether it is by TCP.
    pub published: Vec<u16>,
    pub network_mode: String,
    pub networks: Vec<String>,
    /// Names of the other containers on its networks, with those that run.
    pub neighbours: Vec<(String, bool)>,
    pub processes: Vec<Process>,
    pub listening: Vec<std::net::SocketAddr>,
    pub logs: Logs,
}

/// What of the machine's is mounted into a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountedAt {
    pub source: PathBuf,
    pub path: String,
    pub writable: bool,
    /// A volume of the daemon's, no folder of the user's.
    pub is_volume: bool,
}

impl Docker {
    /// The container with this name, id, or compose service name; `None` where there is none.
    ///
    /// # Errors
    ///
    /// Fails if the daemon does not answer, or several containers are of that service.
    pub fn inspect(&self, name: &str) -> Result<Option<Inspected>, EngineError> {
        let client = &*self.client;
        let found = match client.inspect(name) {
            Ok(found) => found,
            Err(error) if matches!(client::status(&error), Some(400 | 404)) => {
                let Some(id) = of_service(client, name)? else { return Ok(None) };
                client.inspect(&id).map_err(|error| client.failed("inspect the container", &error))?
            }
            Err(error) => return Err(client.failed("inspect the container", &error)),
        };
        let mut inspected = read(found);
        inspected.logs = logs(client, &inspected.id)?;
        inspected.neighbours = neighbours(client, &inspected)?;
        Ok(Some(inspected))
    }
}

/// The one container of a compose service.
fn of_service(client: &Client, service: &str) -> Result<Option<String>, EngineError> {
    let filters = std::collections::HashMap::from([("label", vec![format!("{SERVICE}={service}")])]);
    let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
    let found = client.call("list the containers", client.docker.list_containers(Some(options)))?;
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(one.id.clone()),
        several => {
            let reason =
                format!("{} containers are of the compose service `{service}`; name one of them", several.len());
            Err(client.failure("find the container", reason))
        }
    }
}

fn logs(client: &Client, id: &str) -> Result<Logs, EngineError> {
    client.block(async {
        let options = LogsOptionsBuilder::default().stdout(true).stderr(true).tail(LINES).build();
        let mut pieces = std::pin::pin!(client.docker.logs(id, Some(options)));
        let mut kept = Kept::default();
        while let Some(piece) = pieces.next().await {
            match piece {
                Ok(piece) => kept.add(&piece),
                // A log driver that keeps nothing to read.
                Err(error) if client::status(&error).is_some() => break,
                Err(error) => return Err(client.failed("read the logs", &error)),
            }
        }
        Ok(kept.logs())
    })
}

/// The other containers on its networks, by every name that they answer to.
fn neighbours(client: &Client, inspected: &Inspected) -> Result<Vec<(String, bool)>, EngineError> {
    let options = ListContainersOptionsBuilder::default().all(true).build();
    let found = client.call("list the containers", client.docker.list_containers(Some(options)))?;
    let mut all = Vec::new();
    for container in found.into_iter().filter(|container| container.id.as_deref() != Some(inspected.id.as_str())) {
        let networks = container.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
        if !networks.keys().any(|name| inspected.networks.contains(name)) {
            continue;
        }
        let runs = container.state.is_some_and(|state| state.to_string() == "running");
        let names = container.names.unwrap_or_default();
        let mut names: Vec<String> = names.iter().map(|name| name.trim_start_matches('/').to_owned()).collect();
        names.extend(container.labels.unwrap_or_default().get(SERVICE).cloned());
        all.extend(names.into_iter().map(|name| (name, runs)));
    }
    Ok(all)
}

fn read(found: ContainerInspectResponse) -> Inspected {
    let mut inspected = Inspected {
        id: found.id.unwrap_or_default(),
        name: found.name.unwrap_or_default().trim_start_matches('/').to_owned(),
        image: found.image.unwrap_or_default(),
        restarts: found.restart_count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0),
        mounts: found.mounts.into_iter().flatten().filter_map(mounted).collect(),
        ..Inspected::default()
    };
    read_config(&mut inspected, found.config.unwrap_or_default());
    read_host(&mut inspected, found.host_config.unwrap_or_default());
    read_network(&mut inspected, found.network_settings.unwrap_or_default());
    read_state(&mut inspected, &found.state.unwrap_or_default());
    inspected
}

fn read_state(inspected: &mut Inspected, state: &ContainerState) {
    inspected.is_running = state.running == Some(true) && state.restarting != Some(true);
    inspected.is_restarting = state.restarting == Some(true);
    inspected.is_paused = state.paused == Some(true);
    inspected.exit_code = state.exit_code.and_then(|code| i32::try_from(code).ok()).unwrap_or(-1);
    inspected.out_of_memory = state.oom_killed == Some(true);
    inspected.error = state.error.clone().unwrap_or_default();
    let time = |text: &Option<String>| text.as_deref()?.parse::<Timestamp>().ok().filter(|time| time.as_second() > 0);
    let (started, finished) = (time(&state.started_at), time(&state.finished_at));
    inspected.never_started = started.is_none();
    inspected.ran = started.zip(finished).and_then(|(start, end)| end.duration_since(start).try_into().ok());
    inspected.health = state.health.as_ref().map(|_| health::of(state));
    let pid = state.pid.and_then(|pid| u32::try_from(pid).ok());
    let Some(pid) = pid.filter(|&pid| inspected.is_running && processes::is_of_container(pid, &inspected.id)) else {
        return;
    };
    inspected.processes = of_first(pid);
    let pids: Vec<u32> = inspected.processes.iter().map(|process| process.pid).collect();
    inspected.listening = listening::of(&pids).unwrap_or_default();
}

/// A container's processes, by the process tree of this machine.
fn of_first(first: u32) -> Vec<Process> {
    const MOST: usize = 4096;
    let Some(maps) = IdMaps::of(first) else { return Vec::new() };
    let mut pids = vec![first];
    let mut at = 0;
    while let Some(&pid) = pids.get(at).filter(|_| pids.len() < MOST) {
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        for task in tasks {
            let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            pids.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
        at += 1;
    }
    let seen = pids.into_iter().filter_map(|pid| process::seen(pid, &maps));
    seen.map(|process| Process { is_first: process.pid == first, ..process }).collect()
}

fn read_config(inspected: &mut Inspected, config: ContainerConfig) {
    let pair = |entry: String| match entry.split_once('=') {
        Some((name, value)) => (name.to_owned(), value.to_owned()),
        None => (entry, String::new()),
    };
    inspected.env = config.env.into_iter().flatten().map(pair).collect();
    inspected.user = config.user.unwrap_or_default();
    inspected.entrypoint = config.entrypoint.unwrap_or_default();
    inspected.arguments = config.cmd.unwrap_or_default();
    inspected.working_dir = config.working_dir.unwrap_or_default();
    inspected.health_check = config.healthcheck.and_then(health_check);
    inspected.stop_timeout =
        config.stop_timeout.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs);
}

/// Docker's defaults where nothing is set, as [`HealthCheck`] has them.
fn health_check(config: HealthConfig) -> Option<HealthCheck> {
    let test = config.test.filter(|test| test.first().is_some_and(|kind| kind != "NONE"))?;
    let time = |nanoseconds: Option<i64>, default| match nanoseconds.and_then(|n| u64::try_from(n).ok()) {
        None | Some(0) => default,
        Some(nanoseconds) => Duration::from_nanos(nanoseconds),
    };
    let usual = Duration::from_secs(30);
    let retries = config.retries.and_then(|retries| u32::try_from(retries).ok()).filter(|&retries| retries > 0);
    Some(HealthCheck {
        test,
        interval: time(config.interval, usual),
        timeout: time(config.timeout, usual),
        start_period: time(config.start_period, Duration::ZERO),
        retries: retries.unwrap_or(3),
    })
}

fn read_host(inspected: &mut Inspected, host: HostConfig) {
    inspected.memory_bytes = host.memory.and_then(|bytes| u64::try_from(bytes).ok()).filter(|&bytes| bytes > 0);
    inspected.read_only = host.readonly_rootfs == Some(true);
    inspected.has_init = host.init == Some(true);
    inspected.without_capabilities =
        host.cap_drop.is_some_and(|dropped| dropped.iter().any(|name| name.eq_ignore_ascii_case("all")));
    inspected.tmpfs = host.tmpfs.unwrap_or_default().into_keys().collect();
    inspected.sysctls = host.sysctls.unwrap_or_default().into_iter().collect();
    inspected.network_mode = host.network_mode.unwrap_or_default();
    inspected.restart_policy = match host.restart_policy.and_then(|policy| policy.name) {
        None | Some(RestartPolicyNameEnum::EMPTY | RestartPolicyNameEnum::NO) => String::new(),
        Some(name) => name.to_string(),
    };
    let published = host.port_bindings.unwrap_or_default().into_iter().filter(|(_, bindings)| bindings.is_some());
    inspected.published = published.filter_map(|(port, _)| port.strip_suffix("/tcp")?.parse().ok()).collect();
    inspected.published.sort_unstable();
}

fn read_network(inspected: &mut Inspected, network: NetworkSettings) {
    inspected.networks = network.networks.unwrap_or_default().into_keys().collect();
}

fn mounted(mount: MountPoint) -> Option<MountedAt> {
    Some(MountedAt {
        source: PathBuf::from(mount.source.filter(|source| !source.is_empty())?),
        path: mount.destination?,
        writable: mount.rw == Some(true),
        is_volume: mount.name.is_some(),
    })
}
