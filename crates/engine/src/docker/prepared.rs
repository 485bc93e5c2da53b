//! An image in the store and a network of its own: what containers are started from.

use std::collections::HashMap;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bollard::models::{
    ContainerCreateBody, ContainerInspectResponse, HostConfig, HostConfigLogConfig, NetworkCreateRequest, PortBinding,
    VolumeCreateRequest,
};
use bollard::query_parameters::{
    CreateContainerOptions, InspectContainerOptions, InspectNetworkOptions, RemoveVolumeOptions, StartContainerOptions,
};
use seaworthy_image::{Config, Image};

use super::client::{Client, failed, said, status};
use super::container::{Parts, Running};
use super::image::Loaded;
use super::owner::{self, Owner};
use super::{Facts, NAME, processes, refusal};
use crate::{Container, EngineError, Prepared, Run, Service, Volumes};

/// An image that Docker or Podman can start.
pub(crate) struct Ready {
    base: Arc<Base>,
}

/// What containers of one image share; gone with the last of them.
pub(crate) struct Base {
    pub(crate) client: Arc<Client>,
    pub(crate) facts: Facts,
    pub(crate) config: Config,
    image: Loaded,
    network: Network,
    labels: HashMap<String, String>,
}

struct Network {
    client: Arc<Client>,
    id: String,
    gateway: IpAddr,
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ = self.client.block(self.client.docker.remove_network(&self.id));
    }
}

pub(crate) fn prepare(client: &Arc<Client>, facts: Facts, image: &Image) -> Result<Ready, EngineError> {
    let owner = Owner::current();
    let run = owner::run_name(&owner);
    let labels = owner.labels(&run);
    let loaded = Loaded::load(client, image, &run)?;
    let network = network(client, &run, &labels)?;
    let (client, config) = (Arc::clone(client), image.config.clone());
    Ok(Ready { base: Arc::new(Base { client, facts, config, image: loaded, network, labels }) })
}

fn network(client: &Arc<Client>, run: &str, labels: &HashMap<String, String>) -> Result<Network, EngineError> {
    let request = NetworkCreateRequest {
        name: format!("seaworthy-{run}"),
        driver: Some("bridge".to_owned()),
        labels: Some(labels.clone()),
        ..NetworkCreateRequest::default()
    };
    let created = client.call("make a network", client.docker.create_network(request))?;
    // Made before its address is known, so that it is removed if that fails.
    let mut network = Network { client: Arc::clone(client), id: created.id, gateway: IpAddr::from([0, 0, 0, 0]) };
    let inspected = client
        .call("inspect the network", client.docker.inspect_network(&network.id, None::<InspectNetworkOptions>))?;
    let configs = inspected.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
    let gateways = configs.iter().filter_map(|config| config.gateway.as_deref()?.split('/').next()?.parse().ok());
    let gateway = gateways.min_by_key(IpAddr::is_ipv6).ok_or_else(|| EngineError::Failed {
        engine: NAME,
        action: "make a network",
        reason: "it has no gateway".to_owned(),
    })?;
    network.gateway = gateway;
    Ok(network)
}

impl Prepared for Ready {
    fn gateway(&self) -> IpAddr {
        self.base.network.gateway
    }

    fn is_isolated(&self) -> bool {
        false
    }

    fn volumes(&self) -> Result<Box<dyn Volumes>, EngineError> {
        Ok(Box::new(self.base.volumes()?))
    }

    fn start(&self, run: &Run, volumes: Option<&dyn Volumes>) -> Result<Box<dyn Container>, EngineError> {
        let own = match volumes {
            Some(_) => None,
            None => Some(self.base.volumes()?),
        };
        let volumes =
            volumes.map_or_else(|| own.as_ref().map(Volumes::id), |volumes| Some(volumes.id())).unwrap_or_default();
        let files = put(&run.files)?;
        let body = self.base.body(run, volumes, &files)?;

        let docker = &self.base.client.docker;
        let created = self.base.client.block(docker.create_container(None::<CreateContainerOptions>, body));
        let id = created.map_err(|error| refused("create the container", &error))?.id;
        let mut running = Running::new(Parts {
            base: Arc::clone(&self.base),
            id,
            started_at: Instant::now(),
            limit_bytes: run.memory_limit_bytes,
            volumes: own,
            files,
        });
        self.base
            .client
            .block(docker.start_container(running.id(), None::<StartContainerOptions>))
            .map_err(|error| refused("start the container", &error))?;
        let inspected = running.inspect()?;
        running.has_started(&inspected);
        until_program_runs(&running, &inspected)?;
        Ok(Box::new(running))
    }
}

/// A failed `create` or `start`: the image's fault where the daemon's words say so.
fn refused(action: &'static str, error: &bollard::errors::Error) -> EngineError {
    match refusal::reason(&said(error)) {
        Some(reason) if status(error).is_some() => EngineError::Start { reason },
        _ => failed(action, error),
    }
}

impl Base {
    fn volumes(self: &Arc<Self>) -> Result<NamedVolumes, EngineError> {
        let name = owner::run_name(&Owner::current());
        let mut volumes = NamedVolumes { base: Arc::clone(self), name, made: Vec::new() };
        for number in 0..self.config.volumes().len() {
            let request = VolumeCreateRequest {
                name: Some(volume_name(&volumes.name, number)),
                labels: Some(self.labels.clone()),
                ..VolumeCreateRequest::default()
            };
            let made = self.client.call("make a volume", self.client.docker.create_volume(request))?;
            volumes.made.push(made.name);
        }
        Ok(volumes)
    }

    fn body(
        &self,
        run: &Run,
        volumes: &str,
        files: &[(String, tempfile::TempPath)],
    ) -> Result<ContainerCreateBody, EngineError> {
        let mut binds: Vec<String> = self
            .config
            .volumes()
            .iter()
            .enumerate()
            .map(|(number, path)| format!("{}:{path}", volume_name(volumes, number)))
            .collect();
        // `z` lets SELinux's containers read it; elsewhere it means nothing.
        binds.extend(files.iter().map(|(path, file)| format!("{}:{path}:ro,z", file.display())));
        let port = run.port.map(|port| format!("{port}/tcp"));
        let published = |port: &String| {
            let on_loopback = PortBinding { host_ip: Some("127.0.0.1".to_owned()), host_port: Some(String::new()) };
            HashMap::from([(port.clone(), Some(vec![on_loopback]))])
        };
        let limit = run.memory_limit_bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        let host = HostConfig {
            network_mode: Some(self.network.id.clone()),
            port_bindings: port.as_ref().map(published),
            extra_hosts: Some(run.services.iter().map(|service| self.host_entry(service)).collect::<Result<_, _>>()?),
            binds: Some(binds),
            readonly_rootfs: Some(run.read_only),
            tmpfs: run
                .read_only
                .then(|| run.writable.iter().map(|path| (path.clone(), "rw,mode=1777".to_owned())).collect()),
            cap_drop: run.no_capabilities.then(|| vec!["ALL".to_owned()]),
            security_opt: Some(vec!["no-new-privileges".to_owned()]),
            memory: limit,
            memory_swap: limit,
            log_config: (!self.facts.is_podman).then(|| HostConfigLogConfig {
                typ: Some("json-file".to_owned()),
                config: Some([("max-size", "8m"), ("max-file", "2")].map(|(k, v)| (k.to_owned(), v.to_owned())).into()),
            }),
            ..HostConfig::default()
        };
        // A name without `=` takes the variable away.
        let env = run.env.iter().map(|(name, value)| format!("{name}={value}")).chain(run.without_env.iter().cloned());
        Ok(ContainerCreateBody {
            image: Some(self.image.id.clone()),
            env: Some(env.collect()),
            exposed_ports: port.map(|port| vec![port]),
            labels: Some(self.labels.clone()),
            host_config: Some(host),
            ..ContainerCreateBody::default()
        })
    }

    /// A line of the container's `/etc/hosts`.
    fn host_entry(&self, service: &Service) -> Result<String, EngineError> {
        let ip = service.address.ip();
        if ip.is_loopback() {
            return Err(EngineError::Unavailable {
                engine: NAME,
                // In the reason, for a verdict shows no hint.
                reason: format!(
                    "`{}` is `{ip}`, which inside a container is the container itself; use `--engine embedded`",
                    service.name
                ),
                hint: None,
            });
        }
        let ip = if ip.is_unspecified() { self.network.gateway } else { ip };
        Ok(format!("{}:{ip}", service.name))
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

fn volume_name(volumes: &str, number: usize) -> String {
    format!("seaworthy-{volumes}-{number}")
}

/// Writes the files that are bound into a container.
fn put(files: &[(String, Vec<u8>)]) -> Result<Vec<(String, tempfile::TempPath)>, EngineError> {
    let failed = |reason: String| EngineError::Failed { engine: NAME, action: "put a file into the container", reason };
    files
        .iter()
        .map(|(path, content)| {
            if !path.starts_with('/') || path.contains(':') {
                return Err(failed(format!("`{path}` is no path for it")));
            }
            let write = || {
                let file = tempfile::Builder::new()
                    .prefix("seaworthy-")
                    .permissions(std::fs::Permissions::from_mode(0o644))
                    .tempfile()?;
                std::io::Write::write_all(&mut file.as_file(), content)?;
                // Whatever the umask is, the container's user must be able to read it.
                file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
                Ok(file.into_temp_path())
            };
            let file = write().map_err(|error: std::io::Error| failed(error.to_string()))?;
            Ok((path.clone(), file))
        })
        .collect()
}

/// A volume for each path that the image declares.
pub(crate) struct NamedVolumes {
    base: Arc<Base>,
    name: String,
    made: Vec<String>,
}

impl Volumes for NamedVolumes {
    fn id(&self) -> &str {
        &self.name
    }
}

impl Drop for NamedVolumes {
    fn drop(&mut self) {
        for volume in &self.made {
            let removed = self.base.client.docker.remove_volume(volume, None::<RemoveVolumeOptions>);
            let _ = self.base.client.block(removed);
        }
    }
}

impl Running {
    pub(crate) fn inspect(&self) -> Result<ContainerInspectResponse, EngineError> {
        let base = self.base();
        let call = base.client.docker.inspect_container(self.id(), None::<InspectContainerOptions>);
        base.client.call("inspect the container", call)
    }
}
