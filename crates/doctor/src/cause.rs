//! A cause, and what was found out.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::table::{self, Known};

/// The stable id of a cause: one of [`table::CAUSES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CauseId(&'static str);

impl CauseId {
    /// The id of a cause that the table holds.
    pub(crate) const fn of(id: &'static str) -> Self {
        Self(id)
    }

    /// What the table says of it.
    pub fn known(self) -> Option<&'static Known> {
        table::find(self.0)
    }
}

impl fmt::Display for CauseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for CauseId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

/// Why a container does not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    pub id: CauseId,
    /// One sentence that names the very thing.
    #[serde(rename = "says")]
    pub cause: String,
    /// What shows it: observations first.
    pub evidence: Vec<String>,
    /// What to do: a command, or a line to change.
    pub next: String,
    /// An experiment on a copy, or a fact that can be no other way, shows it. Otherwise a log says so.
    pub confirmed: bool,
}

impl Cause {
    pub(crate) fn new(id: &'static str, cause: impl Into<String>, next: impl Into<String>) -> Self {
        let (cause, next) = (cause.into(), next.into());
        Self { id: CauseId::of(id), cause, evidence: Vec::new(), next, confirmed: false }
    }

    pub(crate) fn shown_by(mut self, evidence: impl Into<String>) -> Self {
        let evidence = evidence.into();
        if !evidence.is_empty() && !self.evidence.contains(&evidence) {
            self.evidence.push(evidence);
        }
        self
    }

    pub(crate) fn confirmed(mut self) -> Self {
        self.confirmed = true;
        self
    }
}

/// What was found out about a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    pub schema: &'static str,
    pub subject: String,
    pub engine: String,
    pub verdict: Verdict,
    /// What was seen that is not as it should be, where no cause could be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrong: Option<String>,
    /// The first one is the cause; the others were also seen.
    pub causes: Vec<Cause>,
    /// Each look and each experiment, with what came of it.
    pub tried: Vec<String>,
    pub took_ms: u64,
}

/// How an examination ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    NoFaultFound,
    CauseFound,
    /// Something is wrong, and no cause could be shown.
    CauseUnknown,
}

/// Of the JSON form.
pub const SCHEMA: &str = "seaworthy/doctor/v1";
