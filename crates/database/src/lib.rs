//! The database of a run: a throwaway PostgreSQL that demands what Neon demands, and is gone afterwards; and a client by which to look
//! into it, or into one that was given.
//!
//! TLS and SCRAM only, a certificate authority of the run's own, a random password. The server's programs are those that the
//! machine has; they never run as root.
//!
//! **Invariant:** nothing outlives its owner. A server whose owner was killed stops by itself, and what a machine that was
//! switched off left behind is removed by the next start.

mod certificate;
mod client;
mod cluster;
mod error;
mod journal;
mod leftover;
mod programs;
mod template;
mod throwaway;
mod url;

pub use client::{Client, ClientError, Found};
pub use error::DatabaseError;
pub use journal::Seen;
pub use throwaway::Throwaway;
pub use url::UrlError;
