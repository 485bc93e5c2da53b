//! What a container is started with, beyond what its image says.

use std::net::SocketAddr;

/// What a container is started with, beyond what its image says.
///
/// The default is what a user gets who only names the image: its own user, entrypoint, environment, working directory
/// and stop signal, a writable root, the engine's default capabilities, fresh volumes where the image declares some.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// Set, over what the image sets.
    pub env: Vec<(String, String)>,
    /// Taken away from what the image sets.
    pub without_env: Vec<String>,
    /// Nothing but declared volumes and `writable` can be written.
    pub read_only: bool,
    /// With `read_only`: absolute paths that stay writable.
    pub writable: Vec<String>,
    /// Every capability is dropped.
    pub no_capabilities: bool,
    /// Memory limit, swap included (that is: none).
    pub memory_limit_bytes: Option<u64>,
    /// Read-only files put into the container: absolute path and content, world-readable.
    pub files: Vec<(String, Vec<u8>)>,
    /// TCP port that the prober will connect to; what `Container::connect` takes.
    pub port: Option<u16>,
    /// Servers outside that the container may reach.
    pub services: Vec<Service>,
}

/// A server outside that the container reaches as `name:address.port()`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The host name that the container uses.
    pub name: String,
    /// Where it listens outside.
    pub address: SocketAddr,
}
