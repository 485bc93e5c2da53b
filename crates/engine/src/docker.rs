//! Docker and Podman, over the API that both speak.
//!
//! Everything made carries the labels in `owner`, and is removed when dropped; what a crashed run left is removed by the next
//! [`Docker::connect`]. Only daemons on this machine: files are bound from here.

mod body;
mod build;
mod client;
mod container;
mod daemon;
mod disk;
mod files;
mod health;
mod hold;
mod holder;
mod holders;
mod host;
mod image;
mod inspect;
mod leftovers;
mod look;
mod memory;
mod mounts;
mod network;
mod output;
mod owner;
mod prepared;
mod probing;
mod processes;
mod refusal;
mod save;
mod stages;
mod weigh;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use bollard::models::SystemInfo;
use seaworthy_image::Image;

use crate::{Choice, Engine, EngineError, Prepared};
pub use build::{BuildRequest, BuiltImage, Steps};
use client::Client;
use daemon::Daemon;
pub(crate) use hold::HOLD;
use host::{Host, Named, Wanted};
pub use inspect::{Inspected, MountedAt};
pub use save::SaveError;

/// A Docker or Podman that answers.
pub struct Docker {
    client: Arc<Client>,
    facts: Facts,
    helper: Option<PathBuf>,
}

/// What of the daemon decides how containers are started and watched.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// Memory can be limited and counted, swap included.
    memory: bool,
    half_of_memory_bytes: Option<u64>,
    /// Processes can be limited.
    processes: bool,
    /// Where the daemon keeps what containers write.
    data: Option<PathBuf>,
    /// Ids in containers are others outside.
    remapped: bool,
}

impl Docker {
    /// The daemon that the environment names, else the first one that answers on a socket where Docker or Podman has one.
    ///
    /// `DOCKER_HOST` names one, and `CONTAINER_HOST` where that is not set.
    ///
    /// # Errors
    ///
    /// [`EngineError::Unavailable`] if there is none, or the one that is named cannot be used; says what to do.
    pub fn connect() -> Result<Self, EngineError> {
        Self::connect_as(Choice::Auto)
    }

    /// The daemon of that choice: [`Choice::Docker`] is what `DOCKER_HOST` names or Docker's socket, [`Choice::Podman`] the Podman that
    /// `CONTAINER_HOST` or `DOCKER_HOST` names or one of Podman's sockets, any other is [`Docker::connect`].
    ///
    /// # Errors
    ///
    /// As [`Docker::connect`].
    pub fn connect_as(choice: Choice) -> Result<Self, EngineError> {
        let wanted = wanted(choice);
        let mut why = Vec::new();
        let named = Named::find(wanted);
        if let Some(named) = &named {
            match named.host(wanted).map(|host| Self::connect_to(&host, wanted)) {
                Ok(Ok(docker)) => return Ok(docker),
                Ok(Err(reason)) => why.push(format!("{named}: {reason}")),
                Err(error) if !named.is_others => return Err(error),
                Err(_) => {}
            }
        }
        if named.is_none_or(|named| named.is_others) {
            for host in host::usual(wanted) {
                match Self::connect_to(&host, wanted) {
                    Ok(docker) => return Ok(docker),
                    Err(reason) => why.push(format!("`{host}`: {reason}")),
                }
            }
        }
        Err(host::unavailable(wanted, &why))
    }

    /// With the path of a program that begins with [`crate::helper`], where this one does not.
    #[must_use]
    pub fn with_helper(mut self, helper: PathBuf) -> Self {
        self.helper = Some(helper);
        self
    }

    /// Whether the user names a daemon.
    pub(crate) fn is_named() -> bool {
        Named::find(None).is_some()
    }

    fn helper(&self) -> PathBuf {
        self.helper.clone().or_else(|| std::env::current_exe().ok()).unwrap_or_default()
    }

    fn connect_to(host: &Host, wanted: Wanted) -> Result<Self, String> {
        let client = Client::connect(host)?;
        if wanted == Some(Daemon::Podman) && client.daemon != Daemon::Podman {
            return Err(format!("what answers is {}, not Podman", client.name));
        }
        let info = client.info()?;
        leftovers::clean(&client);
        files::clean();
        Ok(Self { client: Arc::new(client), facts: Facts::of(&info), helper: None })
    }
}

/// A Docker that is asked for may be a Podman that listens where Docker would: its evidence has its name.
fn wanted(choice: Choice) -> Wanted {
    match choice {
        Choice::Docker => Some(Daemon::Docker),
        Choice::Podman => Some(Daemon::Podman),
        Choice::Auto | Choice::Embedded => None,
    }
}

impl Facts {
    fn of(info: &SystemInfo) -> Self {
        let security = info.security_options.as_deref().unwrap_or_default();
        let memory = info.memory_limit == Some(true);
        let total_bytes = info.mem_total.and_then(|bytes| u64::try_from(bytes).ok()).filter(|&bytes| bytes > 0);
        Self {
            memory: memory && info.swap_limit == Some(true),
            half_of_memory_bytes: total_bytes.filter(|_| memory).map(|bytes| bytes / 2),
            processes: info.pids_limit == Some(true),
            data: info.docker_root_dir.as_ref().filter(|path| !path.is_empty()).map(PathBuf::from),
            remapped: security.iter().any(|option| option.contains("name=userns") || option.contains("name=rootless")),
        }
    }
}

impl Engine for Docker {
    fn name(&self) -> String {
        self.client.name.clone()
    }

    fn prepare(&self, image: &Image) -> Result<Box<dyn Prepared>, EngineError> {
        Ok(Box::new(prepared::prepare(&self.client, self.facts.clone(), &self.helper(), image)?))
    }

    fn prepare_and_keep(&self, image: &Image, name: &str) -> Result<Box<dyn Prepared>, EngineError> {
        let ready = prepared::prepare(&self.client, self.facts.clone(), &self.helper(), image)?;
        ready.keep(name);
        Ok(Box::new(ready))
    }

    fn kept(&self, name: &str) -> Result<Option<Box<dyn Prepared>>, EngineError> {
        let kept = prepared::kept(&self.client, self.facts.clone(), &self.helper(), name)?;
        Ok(kept.map(|ready| Box::new(ready) as Box<dyn Prepared>))
    }
}

/// The helper process in a holder.
pub(crate) fn hold() -> ExitCode {
    hold::run()
}
