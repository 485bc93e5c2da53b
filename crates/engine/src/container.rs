//! The engine's contract: prepare an image once, start containers of it, watch them.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use seaworthy_image::Image;

use crate::{Run, listening};

/// What runs containers.
pub trait Engine {
    /// Name and version: `embedded 0.1.0`, `docker 20.10.24`, `podman 4.3.1`.
    fn name(&self) -> String;

    /// Makes the image ready to start: unpacks it, or loads it into the daemon. What it made is gone when the value is dropped
    /// (a content-addressed cache may stay).
    ///
    /// # Errors
    ///
    /// Fails if the image cannot be unpacked or loaded.
    fn prepare(&self, image: &Image) -> Result<Box<dyn Prepared>, EngineError>;

    /// As [`Engine::prepare`]; where it is costly, the image stays for later runs, in the place of the one that was kept under this name
    /// (letters, digits and dashes) before.
    ///
    /// # Errors
    ///
    /// As [`Engine::prepare`].
    fn prepare_and_keep(&self, image: &Image, name: &str) -> Result<Box<dyn Prepared>, EngineError>;

    /// As [`Engine::prepare`], of an image that the engine itself keeps under this name; `None` where it keeps no such image, or none at all.
    ///
    /// # Errors
    ///
    /// Fails if the engine does not answer.
    fn kept(&self, _name: &str) -> Result<Option<Box<dyn Prepared>>, EngineError> {
        Ok(None)
    }
}

/// An image that is ready to start.
pub trait Prepared: Sync {
    /// The address of this machine on which a server must listen so that a container's [`crate::Service`] reaches it.
    fn gateway(&self) -> IpAddr;

    /// Whether files have the owners that the image gives them. Where not, nothing that depends on ownership can be shown: whether the
    /// image's user may write somewhere, or may not.
    fn owners_are_kept(&self) -> bool {
        true
    }

    /// Why a container may reach, unseen, more than its [`crate::Service`]s; `None` where it cannot.
    fn not_isolated(&self) -> Option<&str>;

    /// Whether a container reaches nothing outside but its [`crate::Service`]s.
    fn is_isolated(&self) -> bool {
        self.not_isolated().is_none()
    }

    /// Folders that the engine itself leaves writable in a run with a read-only root, beside [`Run::writable`].
    fn writable_anyway(&self, _run: &Run) -> Vec<&'static str> {
        Vec::new()
    }

    /// Fresh storage for the volumes that the image declares, to outlive one container.
    ///
    /// # Errors
    ///
    /// Fails if the engine cannot make them.
    fn volumes(&self) -> Result<Box<dyn Volumes>, EngineError>;

    /// Creates and starts a container. With `volumes`, on those; else on fresh ones that go with it.
    ///
    /// # Errors
    ///
    /// [`EngineError::Start`] if the image's own entrypoint, user or working directory cannot be started: that is the image's fault and
    /// a verdict. Everything else is the engine's.
    fn start(&self, run: &Run, volumes: Option<&dyn Volumes>) -> Result<Box<dyn Container>, EngineError>;

    /// Begins, beside what goes on, what the next container will need. Whoever measures time is disturbed by that until [`Prepared::rest`].
    fn expect_another(&self) {}

    /// Waits until nothing is begun any more.
    fn rest(&self) {}
}

/// Storage for declared volumes that outlives a container; removed when dropped.
pub trait Volumes: Send {
    /// An opaque name that the engine that made it understands.
    fn id(&self) -> &str;
}

/// A container. Dropping it kills and removes it, with everything that was made for it.
pub trait Container: Send + Sync {
    /// When its process was started.
    fn started_at(&self) -> Instant;

    /// Connects to a TCP port of the container, as a client outside would.
    ///
    /// # Errors
    ///
    /// As `connect(2)`; refused also when the container is gone.
    fn connect(&self, port: u16, timeout: Duration) -> io::Result<TcpStream>;

    /// # Errors
    ///
    /// Fails if the engine does not answer.
    fn status(&self) -> Result<Status, EngineError>;

    /// Waits until it has exited, at most `timeout`; `None` when it still runs then.
    ///
    /// # Errors
    ///
    /// Fails if the engine does not answer.
    fn wait(&self, timeout: Duration) -> Result<Option<Exit>, EngineError>;

    /// Sends a signal to the container's first process. Without error when it has exited.
    ///
    /// # Errors
    ///
    /// Fails if the engine does not answer.
    fn signal(&self, signal: Signal) -> Result<(), EngineError>;

    /// Gives a file that [`Run::files`] put in another content: what a mounted secret does when it is rotated.
    ///
    /// # Errors
    ///
    /// Fails if there is no such file, or the engine cannot write it.
    fn replace_file(&self, path: &str, content: &[u8]) -> Result<(), EngineError>;

    /// What stands at a path, as the container sees it, with its mounts; also after it has exited. Links are followed inside it.
    ///
    /// # Errors
    ///
    /// Fails if the engine cannot look there.
    fn look_at(&self, path: &str) -> Result<AtPath, EngineError>;

    /// What it wrote so far; each stream's last MiB.
    ///
    /// # Errors
    ///
    /// Fails if the engine does not answer.
    fn logs(&self) -> Result<Logs, EngineError>;

    /// Its processes now, with the ids they have inside the container.
    ///
    /// # Errors
    ///
    /// Fails if the engine does not answer.
    fn processes(&self) -> Result<Vec<Process>, EngineError>;

    /// Where it listens for TCP connections, as it sees its own addresses; `None` where that cannot be seen from here.
    ///
    /// # Errors
    ///
    /// Fails if the engine does not answer.
    fn listening(&self) -> Result<Option<Vec<SocketAddr>>, EngineError> {
        // Only a process that was seen here has capabilities to show: another machine's number means nothing.
        let seen = self.processes()?.into_iter().filter(|process| process.capabilities.is_some());
        Ok(listening::of(&seen.map(|process| process.pid).collect::<Vec<_>>()))
    }

    /// The state of the declared health check, run by the engine as the image says.
    ///
    /// # Errors
    ///
    /// Fails if the engine does not answer.
    fn health(&self) -> Result<Health, EngineError>;

    /// `None` where no memory controller can be used.
    ///
    /// # Errors
    ///
    /// Fails if the engine does not answer.
    fn memory(&self) -> Result<Option<Memory>, EngineError>;

    /// What it tried to reach beyond its services; `None` when this engine cannot see that.
    ///
    /// # Errors
    ///
    /// Fails if the engine does not answer.
    fn attempts(&self) -> Result<Option<Vec<Attempt>>, EngineError>;
}

/// A file that is read out of a container has at most so many bytes.
pub const LARGEST_FILE_BYTES: u64 = 1 << 20;

/// What stands at a path of a container.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum AtPath {
    Nothing,
    File(Vec<u8>),
    /// A file of more than [`LARGEST_FILE_BYTES`].
    LargeFile,
    /// A folder, a socket, a device.
    NoFile,
}

/// Whether a container runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Running,
    Exited(Exit),
}

/// How a container ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// 128 + the signal's number for a process that a signal ended.
    pub code: i32,
    /// The kernel killed it for memory; `false` also where that cannot be seen.
    pub out_of_memory: bool,
    /// The engine stopped it because it wrote more than [`Run::disk_bytes`].
    pub out_of_disk: bool,
}

/// A signal to a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// The one the image names, else SIGTERM.
    Stop,
    Term,
    Kill,
    /// Another one, by its number on Linux.
    Number(i32),
}

/// What a container wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Logs {
    pub stdout: String,
    pub stderr: String,
}

/// A process of a container, with the ids it has inside.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Process {
    /// Outside the container.
    pub pid: u32,
    pub command: String,
    /// Real, effective, saved.
    pub uids: [u32; 3],
    /// Real, effective, saved.
    pub gids: [u32; 3],
    /// Effective capabilities, a bit each; `None` where they cannot be seen.
    pub capabilities: Option<u64>,
    /// Whether it is the container's first process, whose end is the container's.
    pub is_first: bool,
    /// Whether it has a handler for SIGTERM; `None` where that cannot be seen. The kernel keeps the signal from a first process without one.
    pub handles_term: Option<bool>,
}

/// The state of the declared health check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    pub status: HealthStatus,
    /// From the container's start to the end of the first healthy probe of the declared schedule. It may lie ahead: an engine that probes
    /// more often than declared knows it before.
    pub healthy_after: Option<Duration>,
    /// The last probe's output, shortened.
    pub output: String,
}

/// As Docker names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthStatus {
    /// None declared, or the engine ignores it.
    None,
    Starting,
    Healthy,
    Unhealthy,
}

/// Memory of all processes of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    pub peak_bytes: u64,
    /// Processes killed for memory.
    pub kills: u64,
}

/// Something the container tried to reach.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attempt {
    /// `tcp 192.0.2.1:443`, `name telemetry.example.com`.
    pub target: String,
}

/// Why an engine could not do it.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The engine cannot work on this machine.
    #[error("the {engine} engine cannot run here: {reason}")]
    Unavailable { engine: &'static str, reason: String, hint: Option<String> },
    /// The image's own entrypoint, user or working directory cannot be started.
    #[error("the container does not start: {reason}")]
    Start { reason: String },
    /// The image is not one that can be unpacked or loaded.
    #[error("the image cannot be prepared: {reason}")]
    Prepare { reason: String },
    /// The engine failed at something it should be able to do.
    #[error("the {engine} engine failed to {action}: {reason}")]
    Failed { engine: &'static str, action: &'static str, reason: String },
}
