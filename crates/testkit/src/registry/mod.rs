//! The registries that tests talk to: a [`Double`] in this process that fails on demand, and Debian's own
//! [`DockerRegistry`]. All listen on loopback, on a port of their own, and end when they are dropped.

mod docker_registry;
mod double;
mod fault;
mod http;
mod identity;
mod images;
mod record;
mod route;
mod service;
mod store;
mod tokens;
mod uploads;

pub use docker_registry::{DockerRegistry, Protection};
pub use double::{Access, Double, Setup};
pub use fault::Fault;
pub use http::Response;
pub use identity::Identity;
pub use images::{Part, image, index, index_layout, noise};
pub use record::Seen;
pub use tokens::{TokenServer, Tokens};

/// Whom the registries know, where they know anybody.
pub const USER: &str = "ann";
/// Her password; tests look for it where it must not be.
pub const PASSWORD: &str = "open sesame";
