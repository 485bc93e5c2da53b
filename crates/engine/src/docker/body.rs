//! What a container is created with, in the daemon's words.

use std::collections::HashMap;

use bollard::models::{ContainerCreateBody, HealthConfig, HostConfig, HostConfigLogConfig, PortBinding};
use seaworthy_image::HealthCheck;
use tempfile::TempPath;

use super::holder::Holder;
use super::mounts;
use super::network::{Bridge, Network};
use super::prepared::Base;
use super::{Facts, NAME};
use crate::{EngineError, Instead, Run, Service};

/// How a container is connected.
#[derive(Default)]
struct Connected {
    network_mode: String,
    exposed_ports: Option<Vec<String>>,
    port_bindings: Option<HashMap<String, Option<Vec<PortBinding>>>>,
    extra_hosts: Option<Vec<String>>,
}

impl Base {
    pub(crate) fn body(
        &self,
        run: &Run,
        volumes: &str,
        files: &[(String, TempPath)],
        holder: Option<&Holder>,
    ) -> Result<ContainerCreateBody, EngineError> {
        let connected = match (&self.network, holder) {
            (_, Some(holder)) => Connected { network_mode: holder.network_mode(), ..Connected::default() },
            (Network::Bridge(bridge), None) => connected(bridge, run)?,
            (Network::Held(_), None) => Connected { network_mode: "none".to_owned(), ..Connected::default() },
        };
        let mut binds: Vec<String> = self
            .volumes
            .iter()
            .enumerate()
            .filter(|(_, path)| run.folders.iter().all(|folder| folder.path != **path))
            .map(|(number, path)| format!("{}:{path}", mounts::volume_name(volumes, number)))
            .collect();
        // `z` lets SELinux's containers read it; elsewhere it means nothing.
        binds.extend(files.iter().map(|(path, file)| format!("{}:{path}:ro,z", file.display())));
        binds.extend(
            run.folders.iter().map(|folder| format!("{}:{}:z", folder.holder.join("data").display(), folder.path)),
        );
        let limit = self.facts.memory_limit(run).map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        let host = HostConfig {
            network_mode: Some(connected.network_mode),
            port_bindings: connected.port_bindings,
            extra_hosts: connected.extra_hosts,
            binds: Some(binds),
            readonly_rootfs: Some(run.read_only),
            mounts: (!self.facts.is_podman).then(|| mounts::scratch(self, run)),
            tmpfs: self.facts.is_podman.then(|| mounts::scratch_of_podman(self, run)),
            cap_drop: run.no_capabilities.then(|| vec!["ALL".to_owned()]),
            security_opt: Some(vec!["no-new-privileges".to_owned()]),
            memory: limit,
            memory_swap: limit,
            pids_limit: self.facts.processes.then_some(i64::from(run.processes)),
            log_config: self.facts.log_config(),
            ..HostConfig::default()
        };
        // A name without `=` takes the variable away.
        let env = run.env.iter().map(|(name, value)| format!("{name}={value}")).chain(run.without_env.iter().cloned());
        let Instead { user, entrypoint, working_dir, health_check } = run.instead.clone();
        // Another entrypoint takes the image's arguments away with it.
        let arguments = run.arguments.clone().or_else(|| entrypoint.as_ref().map(|_| self.config.cmd()));
        Ok(ContainerCreateBody {
            image: Some(self.image.id.clone()),
            env: Some(env.collect()),
            cmd: arguments,
            user,
            entrypoint,
            working_dir,
            healthcheck: health_check.map(health),
            exposed_ports: connected.exposed_ports,
            labels: Some(self.labels.clone()),
            host_config: Some(host),
            ..ContainerCreateBody::default()
        })
    }
}

impl Facts {
    /// The container's own, else half of the machine's memory; `None` where it cannot be limited.
    pub(crate) fn memory_limit(&self, run: &Run) -> Option<u64> {
        run.memory_limit_bytes.or(self.half_of_memory_bytes)
    }

    /// Docker keeps nothing of what is followed as it comes; Podman's drivers take other options.
    fn log_config(&self) -> Option<HostConfigLogConfig> {
        let none = || HostConfigLogConfig { typ: Some("none".to_owned()), config: None };
        (!self.is_podman).then(none)
    }
}

fn health(check: HealthCheck) -> HealthConfig {
    let nanoseconds = |time: std::time::Duration| i64::try_from(time.as_nanos()).ok();
    HealthConfig {
        test: Some(check.test),
        interval: nanoseconds(check.interval),
        timeout: nanoseconds(check.timeout),
        retries: Some(check.retries.into()),
        start_period: nanoseconds(check.start_period),
        ..HealthConfig::default()
    }
}

fn connected(bridge: &Bridge, run: &Run) -> Result<Connected, EngineError> {
    let port = run.port.map(|port| format!("{port}/tcp"));
    let published = |port: &String| {
        let on_loopback = PortBinding { host_ip: Some("127.0.0.1".to_owned()), host_port: Some(String::new()) };
        HashMap::from([(port.clone(), Some(vec![on_loopback]))])
    };
    let hosts = run.services.iter().map(|service| host_entry(bridge, service)).collect::<Result<_, _>>()?;
    Ok(Connected {
        network_mode: bridge.id.clone(),
        port_bindings: port.as_ref().map(published),
        exposed_ports: port.map(|port| vec![port]),
        extra_hosts: Some(hosts),
    })
}

/// A line of the container's `/etc/hosts`.
fn host_entry(bridge: &Bridge, service: &Service) -> Result<String, EngineError> {
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
    let ip = if ip.is_unspecified() { bridge.gateway } else { ip };
    Ok(format!("{}:{ip}", service.name))
}
