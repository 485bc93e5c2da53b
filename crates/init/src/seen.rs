//! What a run of the image showed. Nothing is run here: who has an engine fills it in.

use std::time::Duration;

use crate::found::{Found, Place};
use crate::project::{Port, Project, Role};

/// What was seen of one image, started on one machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// `embedded 0.1.0`
    pub engine: String,
    /// From the start to the first 2xx of its health path, else to the first connection.
    pub ready_after: Option<Duration>,
    /// The port on which others than the container reach it.
    pub port: Option<u16>,
    /// A path that answered 2xx, where one that cannot exist did not.
    pub health: Option<String>,
    /// Where it serves an OpenAPI document.
    pub document: Option<String>,
    /// A collection with all four operations, as that document has it.
    pub collection: Option<String>,
    /// Of all its processes, with nothing but a few requests to answer.
    pub peak_bytes: Option<u64>,
    /// Of all its processes, each once.
    pub uids: Vec<u32>,
    pub read_only: Option<ReadOnly>,
    /// Whether it became ready with every capability dropped.
    pub without_capabilities: Option<bool>,
    pub stop: Option<Stop>,
    /// Why no more was seen, in a sentence.
    pub failure: Option<String>,
    /// Variables that it reads and that nobody gave.
    pub missing: Vec<String>,
}

/// Whether it became ready where it may write nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadOnly {
    Works,
    /// With an empty folder to write to at `/tmp`.
    WorksWithTmp,
    Fails,
}

/// What it did when it was told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    Exited {
        after: Duration,
        code: i32,
    },
    /// It had to be killed after ten seconds.
    Ignored,
}

impl Stop {
    /// By itself, or as some runtimes report an orderly end by a signal.
    pub(crate) fn is_orderly(self) -> bool {
        matches!(self, Self::Exited { code: 0 | 130 | 131 | 143, .. })
    }
}

impl Project {
    /// With what a run showed: that goes before what its files say.
    #[must_use]
    pub fn with(mut self, seen: Seen) -> Self {
        let at = Place::file("a run");
        if let Some(number) = seen.port {
            let variable = self.port.take().and_then(|port| port.variable);
            self.port = Some(Port { number: Found::new(number, at.clone()), variable, is_guess: false });
            self.role = Role::Web;
        }
        if seen.ready_after.is_some() {
            // A path that the files name and that did not answer is none.
            self.health = seen.health.clone().map(|path| Found::new(path, at.clone()));
            self.document = seen.document.clone().map(|path| Found::new(path, at.clone()));
            let collection = seen.collection.clone().map(|path| Found::new(path, at));
            self.collection = collection.or(self.collection);
        }
        self.seen = Some(seen);
        self
    }
}

impl Seen {
    /// A label and a text each.
    pub(crate) fn rows(&self) -> Vec<String> {
        let mut rows = Vec::new();
        if let Some(failure) = &self.failure {
            rows.push(failure.clone());
        }
        if let Some(after) = self.ready_after {
            rows.push(format!("ready after {}", time(after)));
        }
        if let Some(peak) = self.peak_bytes {
            rows.push(format!("memory {}", megabytes(peak)));
        }
        if let Some(document) = &self.document {
            rows.push(format!("an OpenAPI document at {document}"));
        }
        if !self.uids.is_empty() {
            let uids: Vec<String> = self.uids.iter().map(u32::to_string).collect();
            rows.push(format!("uid {}", uids.join(", ")));
        }
        rows.extend(self.read_only.map(|seen| match seen {
            ReadOnly::Works => "runs with a read-only root".to_owned(),
            ReadOnly::WorksWithTmp => "runs with a read-only root and a writable /tmp".to_owned(),
            ReadOnly::Fails => "does not run with a read-only root".to_owned(),
        }));
        rows.extend(self.without_capabilities.map(|works| {
            if works { "runs with no capabilities".to_owned() } else { "does not run with no capabilities".to_owned() }
        }));
        rows.extend(self.stop.map(|stop| match stop {
            Stop::Exited { after, code } => format!("stops {} after the signal with exit {code}", time(after)),
            Stop::Ignored => "does not stop within 10 s".to_owned(),
        }));
        rows
    }

    /// Three times as long as it took, in whole seconds: other machines are slower, and busier.
    pub(crate) fn start_seconds(&self) -> Option<(u32, String)> {
        let after = self.ready_after?;
        let seconds = u32::try_from((after * 3).as_millis().div_ceil(1000)).ok()?.max(1);
        Some((seconds, format!("seen {}, times three for slower and busier machines", time(after))))
    }

    /// Twice what it took, as a power of two from 16 MB on: hardly anything was asked of it.
    pub(crate) fn memory_mb(&self) -> Option<(u32, String)> {
        let peak = self.peak_bytes?;
        let twice = u32::try_from((peak * 2).div_ceil(1_000_000)).ok()?;
        let mb = twice.max(16).checked_next_power_of_two()?;
        Some((mb, format!("seen {} with hardly any load; twice that, as the next power of two", megabytes(peak))))
    }
}

/// `12 ms`, `1.4 s`
pub(crate) fn time(duration: Duration) -> String {
    match duration.as_millis() {
        ms @ 0..1000 => format!("{ms} ms"),
        ms => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
    }
}

pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_room() {
        let seen = |ms, bytes| Seen {
            ready_after: Some(Duration::from_millis(ms)),
            peak_bytes: Some(bytes),
            ..Seen::default()
        };
        let figures = |ms, bytes| {
            let seen = seen(ms, bytes);
            (seen.start_seconds().unwrap().0, seen.memory_mb().unwrap().0)
        };
        assert_eq!(figures(9, 1_000_000), (1, 16));
        assert_eq!(figures(400, 41_000_000), (2, 128));
        assert_eq!(figures(4_000, 200_000_000), (12, 512));
        assert_eq!(Seen::default().memory_mb(), None);
    }
}
