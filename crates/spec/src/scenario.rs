//! Scenarios: what a criterion says step by step.

use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::Value;

/// Steps that run one after the other against one container.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scenario {
    pub steps: Vec<Step>,
}

impl Scenario {
    /// Whether a step has a bound in time.
    pub fn is_timed(&self) -> bool {
        self.steps.iter().any(|step| match &step.action {
            Action::Request(request) => request.answer.within.is_some(),
            Action::Stop { .. } | Action::Exits { .. } | Action::WaitHealthy { .. } | Action::WaitAnswer { .. } => true,
            Action::Start { .. } | Action::Restart | Action::LogContains(_) => false,
        })
    }
}

/// One line of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// 1-based line in the specification.
    pub line: usize,
    /// The line as written, trimmed.
    pub text: String,
    pub action: Action,
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly every step is a request")]
pub enum Action {
    Request(Request),
    /// `start [with K=V…] [without K…] [read-only]`: a fresh container with that environment.
    Start {
        with: Vec<(String, String)>,
        without: Vec<String>,
        read_only: bool,
    },
    /// `restart`: the container is killed and a new one made on the same volumes.
    Restart,
    /// `stop within T -> exit N`: the stop signal, then waiting.
    Stop {
        within: Duration,
        exit: i32,
    },
    /// `exits within T -> exit N|nonzero[, log contains "…"]`.
    Exits {
        within: Duration,
        exit: ExitWanted,
        log_contains: Option<String>,
    },
    /// `log contains "…"`.
    LogContains(String),
    /// `wait healthy within T`.
    WaitHealthy {
        within: Duration,
    },
    /// `wait GET PATH -> STATUS within T`: asked again and again until the answer is that.
    WaitAnswer {
        path: String,
        status: u16,
        within: Duration,
    },
}

/// An exit code that a step waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitWanted {
    Code(i32),
    Nonzero,
}

/// `METHOD PATH [JSON] [header N: V] -> STATUS [JSON subset] [header N: V] [within T] [, save …]`.
///
/// `{name}` in the path, in header values and in strings of the body stands for a saved value.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Value>,
    pub answer: Answer,
    pub saves: Vec<Save>,
}

/// What an answer must be.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    /// Objects: each member named here, others are free. Arrays and scalars: equal.
    pub body: Option<Value>,
    pub headers: Vec<(String, String)>,
    pub within: Option<Duration>,
}

/// `save NAME` (the member of that name) or `save NAME = $.path`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Save {
    pub name: String,
    /// Members and indexes from the answer's root: `$.items[0].id` is `["items", "0", "id"]`.
    pub path: Vec<String>,
}
