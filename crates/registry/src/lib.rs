//! Distribution client: authentication, pull, push, tags, referrers.
//!
//! A [`Client`] gives a [`Repository`]; all that is asked of a registry is asked there. Everything is synchronous.

mod artifact;
mod attach;
mod attached;
mod challenge;
mod client;
mod credentials;
mod download;
mod early;
mod error;
mod find;
mod helper;
mod host;
mod judge;
mod link;
mod listing;
mod look_up;
mod parallel;
mod probe;
mod pull;
mod push;
mod refusal;
mod repository;
mod request;
mod retry;
mod secret;
mod session;
mod settings;
mod stop;
pub mod tags;
mod tls;
mod token;
mod transport;
mod upload;
mod url;
mod watch;

pub use artifact::{Artifact, Attached};
pub use attached::{Attachments, Skipped};
pub use challenge::Challenge;
pub use client::Client;
pub use credentials::CredentialsError;
pub use error::RegistryError;
pub use link::next_page;
pub use pull::Pulled;
pub use push::{Pushed, PushedBlob};
pub use refusal::Refusal;
pub use repository::{RawManifest, Repository};
pub use settings::{Patience, Settings};
pub use tls::TlsProblem;
pub use watch::{Ended, Watch};
