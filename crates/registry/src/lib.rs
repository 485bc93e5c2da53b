//! Distribution client: authentication, pull, push, tags, referrers.
//!
//! A [`Client`] gives a [`Repository`]; all that is asked of a registry is asked there. Everything is synchronous.

mod challenge;
mod client;
mod credentials;
mod error;
mod helper;
mod host;
mod judge;
mod probe;
mod refusal;
mod repository;
mod request;
mod retry;
mod secret;
mod session;
mod settings;
mod tls;
mod token;
mod transport;
mod url;
mod watch;

pub use challenge::Challenge;
pub use client::Client;
pub use credentials::CredentialsError;
pub use error::RegistryError;
pub use refusal::Refusal;
pub use repository::Repository;
pub use settings::{Patience, Settings};
pub use tls::TlsProblem;
pub use watch::{Ended, Watch};
