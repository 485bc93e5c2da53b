//! How much the service takes on at once, and how long anything may take.

use std::{fmt, fs, time::Duration};

/// What the operator may set. All else follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From the head of a request to the head of its answer.
    pub request_time: Duration,
    /// Requests that are answered at the same time.
    pub requests: usize,
    /// Connections that are served at the same time.
    pub connections: usize,
    /// Proxies of the operator's own before the service. With any, what they say in `X-Forwarded-…` is believed.
    pub proxies: usize,
    /// Bytes that are held for requests at the same time, beside those that each has free.
    pub held_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_time: Duration::from_secs(30),
            requests: 2048,
            connections: 2048,
            proxies: 0,
            held_bytes: 32_000_000,
        }
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { request_time, requests, connections, held_bytes, .. } = self;
        let time = request_time.as_secs();
        let held = held_bytes / 1_000_000;
        write!(f, "{requests} requests and {connections} connections at once, {held} MB for them, {time} s a request")
    }
}

/// Connections beyond the limit that are still answered, once each, so that probes get through.
pub(crate) const GUESTS: usize = 64;

/// What the program has of its own, when it does nothing.
const IDLE_BYTES: usize = 16 << 20;

/// What a connection takes that is at work: its buffers, and what each request has free.
const CONNECTION_BYTES: usize = 48 << 10;

/// What bodies and answers may hold at most, however much memory there is.
const MOST_HELD_BYTES: usize = 256_000_000;

/// What a request may hold at any time: one that is small goes on, however much others hold.
pub(crate) const FREE_BYTES: usize = 16 * 1024;

/// The head of a request: its line and its headers.
pub(crate) const HEAD_BYTES: usize = 16 * 1024;
pub(crate) const HEADERS: usize = 64;

/// What is read from a connection, or waits to be written to it, at a time.
pub(crate) const BUFFER_BYTES: usize = 64 * 1024;

/// How long a connection may lie between requests: longer than load balancers keep theirs, which is 60 s with most,
/// so that it is they who close.
pub(crate) const IDLE_TIME: Duration = Duration::from_secs(75);

/// What a reader must take on average, once its patience is used up: what a telephone gets far from everything. It
/// decides for how long somebody who reads slowly on purpose keeps others from the memory.
pub(crate) const READ_BYTES_PER_SECOND: u32 = 32 * 1024;

impl Limits {
    /// From its first byte to its last.
    pub(crate) fn head_time(&self) -> Duration {
        self.request_time.min(Duration::from_secs(10))
    }

    /// What of a request's time is left to the client to send the body: the rest is for the work.
    pub(crate) fn body_time(&self) -> Duration {
        self.request_time * 2 / 3
    }

    /// How long a client may leave an answer unread.
    pub(crate) fn reader_time(&self) -> Duration {
        self.request_time
    }

    /// The same while others find no room: what it leaves unread is what they wait for.
    pub(crate) fn crowded_reader_time(&self) -> Duration {
        self.request_time / 6
    }

    /// Streams of events that are followed at the same time: half of the connections are left to others.
    pub(crate) fn followers(&self) -> usize {
        (self.connections / 2).max(1)
    }

    /// With no more connections and bytes held than there is memory for. Of what the program leaves, a third each is for
    /// connections, for what is held for requests, and for statements and their answers on their way.
    #[must_use]
    pub(crate) fn within_memory(self, limit: Option<usize>) -> Self {
        let Some(limit) = limit else { return self };
        let third = limit.saturating_sub(IDLE_BYTES) / 3;
        let connections = self.connections.min((third / CONNECTION_BYTES).max(GUESTS));
        Self { connections, held_bytes: third.min(MOST_HELD_BYTES), ..self }
    }

    /// With no more connections than the process has files for.
    #[must_use]
    pub(crate) fn within_files(self, files: Option<usize>) -> Self {
        const OTHER_FILES: usize = 64;
        let most = files.map_or(usize::MAX, |files| files.saturating_sub(GUESTS + OTHER_FILES).max(1));
        Self { connections: self.connections.min(most), ..self }
    }
}

/// How many files the process may have open; `None` where nobody says.
pub(crate) fn files() -> Option<usize> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_more_taken_on_than_there_is_memory_for() {
        let limits = Limits::default();
        assert_eq!(limits.within_memory(None), limits);
        let small = limits.within_memory(Some(64 << 20));
        assert_eq!((small.connections, small.held_bytes), (341, 16 << 20));
        let large = limits.within_memory(Some(4 << 30));
        assert_eq!((large.connections, large.held_bytes), (limits.connections, MOST_HELD_BYTES));
        assert_eq!(limits.within_memory(Some(1)).held_bytes, 0);
    }

    #[test]
    fn there_are_no_more_connections_than_files() {
        let limits = Limits::default();
        assert_eq!(limits.within_files(None), limits);
        assert_eq!(limits.within_files(Some(1024)).connections, 896);
        assert_eq!(limits.within_files(Some(20)).connections, 1);
        assert!(files().is_none_or(|files| files > 0));
    }
}
