//! What a container is created with, in the daemon's words.

use std::collections::HashMap;

use bollard::models::{ContainerCreateBody, HealthConfig, HostConfig, HostConfigLogConfig, PortBinding};
use seaworthy_image::HealthCheck;

use super::Facts;
use super::files::Files;
use super::holder::Holder;
use super::mounts;
use super::network::{Bridge, Network};
use super::prepared::Base;
use crate::{EngineError, Instead, Run, Service, paths};

/// What a container keeps its files in.
pub(crate) struct Storage<'a> {
    /// Of the image's volumes.
    pub(crate) volumes: &'a str,
    /// Of what stays writable under a read-only root; `None` where that is the container's own `tmpfs`.
    pub(crate) scratch: Option<&'a str>,
    /// Of what is closed under a read-only root.
    pub(crate) closed: &'a str,
    /// Bound into it.
    pub(crate) files: [&'a Files; 2],
}

/// How a container is connected.
#[derive(Default)]
struct Connected {
    network_mode: String,
    exposed_ports: Option<Vec<String>>,
    port_bindings: Option<HashMap<String, Option<Vec<PortBinding>>>>,
    extra_hosts: Option<Vec<String>>,
}

impl Base {
    /// What this daemon's API cannot say is refused: it would be passed over.
    fn can_be_said(&self, run: &Run) -> Result<(), EngineError> {
        const ACTION: &str = "create the container";
        let daemon = self.client.daemon;
        if !daemon.takes_variables_away()
            && let Some(name) = run.without_env.iter().find(|name| self.sets(name))
        {
            let reason =
                format!("its API cannot take away `{name}`, which the image sets; use another engine for this");
            return Err(self.client.failure(ACTION, reason));
        }
        let check = run.instead.health_check.as_ref().filter(|_| !daemon.keeps_words_of_checks());
        let is_shell = |check: &HealthCheck| check.test.first().is_some_and(|kind| kind == "CMD-SHELL");
        if check
            .is_some_and(|check| !is_shell(check) && check.test.iter().any(|word| word.contains(char::is_whitespace)))
        {
            let reason = "its API splits the words of a health check at spaces; use another engine for this".to_owned();
            return Err(self.client.failure(ACTION, reason));
        }
        Ok(())
    }

    /// Whether the image sets this variable.
    fn sets(&self, name: &str) -> bool {
        self.config.env().iter().any(|(set, _)| set == name)
    }

    pub(crate) fn body(
        &self,
        run: &Run,
        storage: &Storage<'_>,
        holder: Option<&Holder>,
    ) -> Result<ContainerCreateBody, EngineError> {
        let Storage { volumes, scratch, closed, files } = *storage;
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
        if let Some(scratch) = scratch {
            let mode = self.client.daemon.scratch_mode();
            let paths = paths::scratch(run, &self.volumes).into_iter().enumerate();
            binds.extend(paths.map(|(number, path)| format!("{}:{path}:{mode}", mounts::volume_name(scratch, number))));
        }
        let folders = mounts::closed(self, run).into_iter().enumerate();
        binds.extend(folders.map(|(number, path)| format!("{}:{path}:ro", mounts::volume_name(closed, number))));
        // `z` lets SELinux's containers read it; elsewhere it means nothing.
        binds.extend(
            files.iter().flat_map(|files| files.bound()).map(|(path, file)| format!("{}:{path}:ro,z", file.display())),
        );
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
            tmpfs: scratch.is_none().then(|| mounts::scratch_in_tmpfs(self, run)),
            cap_drop: run.no_capabilities.then(|| vec!["ALL".to_owned()]),
            security_opt: Some(vec!["no-new-privileges".to_owned()]),
            memory: limit,
            memory_swap: limit,
            pids_limit: self.facts.processes.then_some(i64::from(run.processes)),
            // What is followed as it comes is kept nowhere else.
            log_config: Some(HostConfigLogConfig { typ: Some("none".to_owned()), config: None }),
            ..HostConfig::default()
        };
        self.can_be_said(run)?;
        // A name without `=` takes the variable away.
        let without_env = run.without_env.iter().filter(|name| self.sets(name));
        let env = run.env.iter().map(|(name, value)| format!("{name}={value}")).chain(without_env.cloned());
        let Instead { user, entrypoint, working_dir, health_check } = run.instead.clone();
        // Another entrypoint takes the image's arguments away with it.
        let arguments = run.arguments.clone().or_else(|| entrypoint.as_ref().map(|_| self.config.cmd()));
        let shares_names = self.client.daemon.shares_names_of_network();
        Ok(ContainerCreateBody {
            hostname: holder.filter(|_| !shares_names).map(|holder| holder.names().hostname.clone()),
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
            engine: bridge.client.daemon.name(),
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
