//! Why there is no server.

use std::io;
use std::path::PathBuf;

use seaworthy_engine::EngineError;
use seaworthy_image::{OpenError, ReferenceError};
use seaworthy_registry::RegistryError;

/// Why an image cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    #[error("`{name}` is not an image: {source}")]
    Name { name: String, source: ReferenceError },
    /// A path, where the specification is no file of the user's.
    #[error("`{0}` names a file, and the specification is none of this machine's")]
    Foreign(String),
    #[error("cannot open `{name}`: {source}")]
    Open { name: String, source: OpenError },
    /// No registry and no mirror gave it; each place with what it said.
    #[error("{}", .0.iter().map(|(place, why)| format!("cannot pull `{place}`: {why}")).collect::<Vec<_>>().join("; "))]
    Pull(Vec<(String, RegistryError)>),
    #[error("`{0}` is blocked by registries.conf")]
    Blocked(String),
    #[error("cannot keep images in `{folder}`: {source}")]
    Folder { folder: PathBuf, source: io::Error },
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Why a server does not take work.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot make a password: {0}")]
    Random(getrandom::Error),
    #[error("no way to it can be laid: {0}")]
    Line(io::Error),
    /// Its value names no port, so that no other will do.
    #[error(
        "its value has no `{{port}}`, and it cannot be reached at its own port {port}, which {}",
        if *.is_services { "the service listens on" } else { "is taken on this machine" }
    )]
    Port { port: u16, is_services: bool },
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// `log` is the last that it said.
    #[error("it ended with exit {code}; {log}")]
    Ended { code: i32, log: String },
    #[error("it wrote more than {} MB, which is the most that a container may (`--disk`); {log}", .bytes / 1_000_000)]
    Disk { bytes: u64, log: String },
    #[error("it takes no work on port {port} within {seconds} s; {log}")]
    NotReady { port: u16, seconds: u64, log: String },
}
