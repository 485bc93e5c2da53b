//! Docker and Podman, over the API that both speak.
//!
//! Everything made carries the labels in `owner`, and is removed when dropped; what a crashed run left is removed by the next
//! [`Docker::connect`]. Only daemons on this machine: files are bound from here.

mod body;
mod build;
mod client;
mod container;
mod disk;
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

use crate::{Engine, EngineError, Prepared};
pub use build::{BuildRequest, BuiltImage, Steps};
use client::Client;
pub(crate) use hold::HOLD;
pub use inspect::{Inspected, MountedAt};
pub use save::SaveError;

const NAME: &str = "docker";

/// A Docker or Podman that answers.
pub struct Docker {
    client: Arc<Client>,
    name: String,
    facts: Facts,
    helper: Option<PathBuf>,
}

/// What of the daemon decides how containers are started and watched.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct Facts {
    /// Podman's log drivers take other options.
    is_podman: bool,
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
    /// The daemon that `DOCKER_HOST` names, else the first one that answers on a socket where Docker or Podman has one.
    ///
    /// # Errors
    ///
    /// [`EngineError::Unavailable`] if there is none, or `DOCKER_HOST` names one that cannot be used; says what to do.
    pub fn connect() -> Result<Self, EngineError> {
        let named = Self::named();
        let hosts = match &named {
            Some(host) => vec![host::Host::named(host)?],
            None => host::usual(),
        };
        let mut why = Vec::new();
        for host in &hosts {
            match Self::connect_to(host) {
                Ok(docker) => return Ok(docker),
                Err(reason) => match &named {
                    Some(named) => why.push(format!("`DOCKER_HOST` is `{named}`: {reason}")),
                    None => why.push(format!("`{host}`: {reason}")),
                },
            }
        }
        Err(host::unavailable(&why))
    }

    /// With the path of a program that begins with [`crate::helper`], where this one does not.
    #[must_use]
    pub fn with_helper(mut self, helper: PathBuf) -> Self {
        self.helper = Some(helper);
        self
    }

    /// Whether the user names a daemon.
    pub(crate) fn is_named() -> bool {
        Self::named().is_some()
    }

    fn named() -> Option<String> {
        std::env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty())
    }

    fn connect_to(host: &host::Host) -> Result<Self, String> {
        let client = Client::connect(host)?;
        let (name, is_podman) = client.version()?;
        let info = client.info()?;
        leftovers::clean(&client);
        Ok(Self { client: Arc::new(client), name, facts: Facts::of(&info, is_podman), helper: None })
    }
}

impl Facts {
    fn of(info: &SystemInfo, is_podman: bool) -> Self {
        let security = info.security_options.as_deref().unwrap_or_default();
        let memory = info.memory_limit == Some(true);
        let total_bytes = info.mem_total.and_then(|bytes| u64::try_from(bytes).ok()).filter(|&bytes| bytes > 0);
        Self {
            is_podman,
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
        self.name.clone()
    }

    fn prepare(&self, image: &Image) -> Result<Box<dyn Prepared>, EngineError> {
        let helper = self.helper.clone().or_else(|| std::env::current_exe().ok()).unwrap_or_default();
        Ok(Box::new(prepared::prepare(&self.client, self.facts.clone(), &helper, image)?))
    }
}

/// The helper process in a holder.
pub(crate) fn hold() -> ExitCode {
    hold::run()
}
