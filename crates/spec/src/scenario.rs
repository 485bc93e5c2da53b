//! Scenarios: what a criterion says step by step.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::regular::Pattern;

/// Steps that run one after the other against one container.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scenario {
    pub steps: Vec<Step>,
}

impl Scenario {
    /// Whether a step has a bound in time.
    pub fn is_timed(&self) -> bool {
        self.steps.iter().any(|step| match &step.action {
            Action::Request(request) => {
                let percentile = request.repeat.and_then(|repeat| repeat.percentile);
                request.answer.within.is_some() || percentile.is_some()
            }
            Action::Stop { .. }
            | Action::Exits { .. }
            | Action::WaitHealthy { .. }
            | Action::WaitAnswer { .. }
            | Action::WaitLog { .. } => true,
            Action::Run { within, .. } | Action::File { within, .. } => within.is_some(),
            Action::Start { .. }
            | Action::Mount { .. }
            | Action::StartAnother
            | Action::Restart { .. }
            | Action::LogContains(_)
            | Action::StopDatabase
            | Action::StartDatabase
            | Action::StopDependency(_)
            | Action::StartDependency(_) => false,
        })
    }
}

impl Action {
    /// Whether it takes a server away from the service.
    pub fn stops_a_server(&self) -> bool {
        matches!(self, Self::StopDatabase | Self::StopDependency(_))
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
    /// `start [with K=V…] [without K…] [read-only] [on a fresh database]`: a fresh container with that environment.
    Start {
        with: Vec<(String, String)>,
        without: Vec<String>,
        read_only: bool,
        /// On a new empty database, which the scenario keeps from there on.
        fresh_database: bool,
    },
    /// `mount FILE at PATH`, or `secret NAME = FILE`, whose path is `/run/secrets/NAME`: what follows starts with that file, read-only.
    Mount {
        /// Below the specification's folder.
        file: String,
        at: String,
        is_secret: bool,
    },
    /// `start another`: a second container beside the first, with volumes of its own.
    StartAnother,
    /// `run ARGUMENT… -> exit N|nonzero[, output TEST]…[, within T]`: a container of its own, with these arguments for the entrypoint.
    Run {
        arguments: Vec<String>,
        exit: ExitWanted,
        output: Vec<TextTest>,
        within: Option<Duration>,
    },
    /// `stop database`: nobody reaches the throwaway server any more.
    StopDatabase,
    /// `start database`: the server is reached again.
    StartDatabase,
    /// `stop NAME`: the scenario's containers reach this dependency no more.
    StopDependency(String),
    /// `start NAME`: it is reached again.
    StartDependency(String),
    /// `restart [on a fresh database]`: the container is killed and a new one made on the same volumes.
    Restart {
        /// With a new empty database, which the scenario keeps from there on.
        fresh_database: bool,
    },
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
    /// `file PATH TEST [within T]`.
    File {
        path: String,
        test: TextTest,
        /// Looked at again and again until the test holds.
        within: Option<Duration>,
    },
    /// `wait log contains "…" within T`.
    WaitLog {
        text: String,
        within: Duration,
    },
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

/// `METHOD PATH [JSON|form N=V…] [header N: V] [as WHO] -> STATUS [JSON subset] [body …] [header …] [within T] [, save …]`.
///
/// `{name}` in the path, in header values, in forms and in strings of the body stands for a saved value, `{env.NAME}` for a variable of the
/// run.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Body>,
    pub login: Option<Login>,
    pub answer: Answer,
    pub saves: Vec<Save>,
    pub repeat: Option<Repeat>,
    /// `on another METHOD …`: the second container is asked.
    pub on_another: bool,
}

/// `N times[, N at once][, pN within T]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeat {
    pub times: u32,
    pub at_once: u32,
    /// So many of a hundred answers came within the time.
    pub percentile: Option<(u32, Duration)>,
}

/// What is sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    Json(Value),
    /// `form a=b c="d e"`, as a page sends it.
    Form(Vec<(String, String)>),
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// `as {env.API_TOKEN}`
    Bearer(String),
    /// `as {env.USER}:{env.PASSWORD}`
    Basic { user: String, password: String },
    /// `as nobody`: without the cookies of the scenario.
    Nobody,
}

impl Login {
    /// As it stands behind `as`; the words were read before.
    pub(crate) fn given(who: &str) -> Option<Self> {
        match who.split_once(':') {
            Some((user, password)) => Some(Self::Basic { user: user.to_owned(), password: password.to_owned() }),
            None => (!who.is_empty()).then(|| Self::Bearer(who.to_owned())),
        }
    }
}

/// Without a value: what is named by variables holds no credential.
impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bearer(token) => f.write_str(token),
            Self::Basic { user, password } => write!(f, "{user}:{password}"),
            Self::Nobody => f.write_str("nobody"),
        }
    }
}

impl Serialize for Login {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What an answer must be.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    /// Objects: each member named here, others are free. Arrays and scalars: equal.
    pub body: Option<Value>,
    /// Of the body as text.
    pub texts: Vec<TextTest>,
    pub headers: Vec<HeaderTest>,
    pub within: Option<Duration>,
}

/// `[not] contains "…"` or `[not] matches /…/`.
#[derive(Debug, Clone, PartialEq)]
pub struct TextTest {
    pub is_negated: bool,
    pub wanted: TextWanted,
}

/// What a text holds.
#[derive(Debug, Clone, PartialEq)]
pub enum TextWanted {
    /// Never empty as written.
    Contains(String),
    Matches(Pattern),
}

impl fmt::Display for TextTest {
    /// As in a specification.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = if self.is_negated { "not " } else { "" };
        match &self.wanted {
            TextWanted::Contains(text) => write!(f, "{not}contains {}", Value::from(text.as_str())),
            TextWanted::Matches(pattern) => write!(f, "{not}matches {pattern}"),
        }
    }
}

/// `header NAME: VALUE`, or a test of the header's value.
#[derive(Debug, Clone, PartialEq)]
pub struct HeaderTest {
    pub name: String,
    pub wanted: HeaderWanted,
}

/// What a header is.
#[derive(Debug, Clone, PartialEq)]
pub enum HeaderWanted {
    Is(String),
    Text(TextTest),
}

/// `save NAME` (the member of that name), `save NAME = $.path`, `= header N` or `= cookie N`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Save {
    pub name: String,
    pub from: SaveFrom,
}

/// Where in an answer a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveFrom {
    /// Members and indexes from the body's root: `$.items[0].id` is `["items", "0", "id"]`.
    Body(Vec<String>),
    Header(String),
    /// Of the cookies that this answer sets.
    Cookie(String),
}
