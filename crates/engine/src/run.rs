//! What a container is started with, beyond what its image says.

use std::net::SocketAddr;
use std::path::PathBuf;

use seaworthy_image::HealthCheck;
use serde::{Deserialize, Serialize};

/// What a container is started with, beyond what its image says.
///
/// The default is what a user gets who only names the image: its own user, entrypoint, environment, working directory
/// and stop signal, a writable root, the engine's default capabilities, fresh volumes where the image declares some.
#[derive(Debug, Clone)]
pub struct Run {
    /// Set, over what the image sets.
    pub env: Vec<(String, String)>,
    /// In the place of the image's own arguments for its entrypoint.
    pub arguments: Option<Vec<String>>,
    /// Taken away from what the image sets.
    pub without_env: Vec<String>,
    /// Nothing but declared volumes and `writable` can be written.
    pub read_only: bool,
    /// With `read_only`: absolute paths that stay writable.
    pub writable: Vec<String>,
    /// Every capability is dropped.
    pub no_capabilities: bool,
    /// Memory limit, swap included (that is: none). `None` leaves the engine's own: half of the machine's memory.
    pub memory_limit_bytes: Option<u64>,
    /// How much the container may write in all: its own layer, its volumes, `/etc/hosts` and the like. Beyond it the engine stops the
    /// container, and [`crate::Exit::out_of_disk`] says so.
    pub disk_bytes: u64,
    /// How many processes and threads it may have at once, where a process controller can be used.
    pub processes: u32,
    /// Put into the container.
    pub files: Vec<PutFile>,
    /// Folders of this machine that the container sees, and may change.
    pub folders: Vec<Folder>,
    /// TCP port that the prober will connect to; what `Container::connect` takes.
    pub port: Option<u16>,
    /// Servers outside that the container may reach.
    pub services: Vec<Service>,
    /// In the place of what the image's config says.
    pub instead: Instead,
}

/// A read-only file of the container, which every user may read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutFile {
    /// Absolute.
    pub path: String,
    pub content: Vec<u8>,
    pub is_executable: bool,
}

impl PutFile {
    /// A file that cannot be executed.
    pub fn new(path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), content: content.into(), is_executable: false }
    }
}

/// A folder of this machine at a path of the container. The caller removes it, after the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// In the container.
    pub path: String,
    /// The container sees what is in the folder `data` of this one.
    pub holder: PathBuf,
}

/// What takes the place of a part of the image's config; `None` leaves that part as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Instead {
    pub user: Option<String>,
    /// Without [`Run::arguments`] the image's own arguments follow it.
    pub entrypoint: Option<Vec<String>>,
    pub working_dir: Option<String>,
    pub health_check: Option<HealthCheck>,
}

impl Run {
    /// [`Run::disk_bytes`] unless the user says otherwise.
    pub const DISK_BYTES: u64 = 1_000_000_000;
    /// [`Run::processes`] by default.
    pub const PROCESSES: u32 = 4096;
}

impl Default for Run {
    fn default() -> Self {
        Self {
            env: Vec::new(),
            arguments: None,
            without_env: Vec::new(),
            read_only: false,
            writable: Vec::new(),
            no_capabilities: false,
            memory_limit_bytes: None,
            disk_bytes: Self::DISK_BYTES,
            processes: Self::PROCESSES,
            files: Vec::new(),
            folders: Vec::new(),
            port: None,
            services: Vec::new(),
            instead: Instead::default(),
        }
    }
}

/// A server outside that the container reaches as `name:address.port()`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The host name that the container uses.
    pub name: String,
    /// Where it listens outside.
    pub address: SocketAddr,
}
