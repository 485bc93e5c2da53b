//! What was asked of a server.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::http::Request;

/// One request. Never what stood in its `Authorization`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub method: String,
    /// With its query.
    pub target: String,
    /// 0 where the connection was broken.
    pub status: u16,
    /// `Basic`, `Bearer`
    pub scheme: Option<String>,
    pub range: Option<String>,
    /// Of the body.
    pub received_bytes: u64,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.method, self.target, self.status)
    }
}

#[derive(Default)]
pub(crate) struct Record {
    seen: Mutex<Vec<Seen>>,
}

impl Record {
    pub(crate) fn add(&self, request: &Request<'_>, status: u16) {
        let scheme = request.header("authorization").and_then(|value| value.split(' ').next()).map(str::to_owned);
        let seen = Seen {
            method: request.method.clone(),
            target: request.target(),
            status,
            scheme,
            range: request.header("range").map(str::to_owned),
            received_bytes: request.body.received,
        };
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    }

    pub(crate) fn all(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn clear(&self) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
