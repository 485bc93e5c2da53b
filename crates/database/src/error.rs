//! Why there is no database.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::ClientError;

/// Why a throwaway PostgreSQL could not be had.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The machine has no PostgreSQL server.
    #[error("no PostgreSQL server is installed on this machine")]
    NotInstalled,
    /// PostgreSQL refuses to run as root, and the machine has nobody else.
    #[error("PostgreSQL does not run as root, and there is neither a user `postgres` nor a user `nobody`")]
    NoUser,
    /// The address is not one of this machine's.
    #[error("cannot listen on `{address}`")]
    Listen { address: IpAddr, source: io::Error },
    /// A file or folder of the run's own.
    #[error("cannot prepare the database in `{path}`")]
    Prepare { path: PathBuf, source: io::Error },
    /// The random source of the system does not answer.
    #[error("cannot make a password: {0}")]
    Random(getrandom::Error),
    /// For example a host name that no certificate can carry.
    #[error("cannot make a certificate for `{host}`")]
    Certificate { host: String, source: rcgen::Error },
    /// A program of PostgreSQL's could not be started.
    #[error("cannot run `{program}`")]
    Run { program: PathBuf, source: io::Error },
    /// A program of PostgreSQL's ended with an error; `log` is the last that it said.
    #[error("`{program}` failed: {log}")]
    Failed { program: &'static str, log: String },
    /// The server was started and does not take connections.
    #[error("PostgreSQL was not ready after {seconds} s: {log}")]
    NotReady { seconds: u64, log: String },
    /// The server was asked for something and did not do it.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl DatabaseError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotInstalled => Some(
                "install one: `apt-get install postgresql` (Debian, Ubuntu), `dnf install postgresql-server` (Fedora), \
                 `brew install postgresql` (macOS)",
            ),
            Self::NoUser => Some("run as an ordinary user, or make one: `useradd --system postgres`"),
            _ => None,
        }
    }
}
