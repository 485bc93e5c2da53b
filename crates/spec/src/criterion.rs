//! A specification and its criteria, as read.

use crate::document::Stray;
use crate::suggest;
use crate::{Allowed, Check, DependencyLine, Stage};

/// A containerization specification.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// The first heading, without a leading `Containerization Specification:`.
    pub title: String,
    /// The text as it was read, byte for byte; a proof carries it.
    pub source: String,
    /// The promises, in the order of the text.
    pub criteria: Vec<Criterion>,
    /// Items under *Non-Goals* and *Dependencies*, as they stand: no check decides them.
    pub prose: Vec<(String, Vec<String>)>,
    /// The items under *Dependencies*: what the run brings, and what stays prose.
    pub dependencies: Vec<DependencyLine>,
    /// What has the form of a promise and is none, for it stands where none is made: at most 50.
    pub strays: Vec<Stray>,
}

/// One promise: a checkbox under *Success Criteria* or a bullet under *Constraints*.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// `success-criteria-image-size-under-200mb`: the section's slug and the sentence's, `-2`… for repeats.
    pub id: String,
    /// Where it stands.
    pub section: Section,
    /// The sentence without emphasis, backticks and comments.
    pub text: String,
    /// 1-based line of the sentence in the source.
    pub line: usize,
    /// What the sentence was understood to promise.
    pub promise: Promise,
    /// Parts of the sentence that say why it is promised: `because the engine ignores TERM`. No check decides them.
    pub reasons: Vec<String>,
    /// Exceptions from it: secrets that may lie in the image. Never any where no check of the sentence makes some.
    pub allowed: Vec<Allowed>,
    /// Sentences of the vocabulary that a comment binds it to: `<!-- check: Container runs as non-root user -->`.
    pub bound: Vec<String>,
    /// Who has judged by hand what no check understands.
    pub vouched: Option<Vouched>,
}

/// A person's word: `<!-- check: by hand: WHO, WHEN, WHAT WAS SEEN, IMAGE -->`. It proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    pub by: String,
    /// `2026-11-28`
    pub on: String,
    pub seen: String,
    /// The image that it is true of: a digest, of which at least twelve digits are there, or a version.
    pub image: String,
}

/// The two sections whose items are promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Constraints,
    SuccessCriteria,
}

/// How a sentence was understood.
#[derive(Debug, Clone, PartialEq)]
pub enum Promise {
    /// Whole. Never empty; more than one where a label and its text promise different things. The first one names the criterion's check.
    Understood(Vec<Check>),
    /// Not, or not whole.
    NotUnderstood {
        /// The part that nothing understood, where a shorter sentence inside was: `with 10,000 clients at once`.
        rest: Option<String>,
        /// The nearest sentence of the vocabulary, where one is near.
        suggestion: Option<String>,
    },
}

impl Criterion {
    /// What decides it: empty where the sentence was not understood. All of them must hold.
    pub fn checks(&self) -> &[Check] {
        match &self.promise {
            Promise::Understood(checks) => checks,
            Promise::NotUnderstood { .. } => &[],
        }
    }

    /// Up to three sentences of the vocabulary that may be meant, the likeliest first; none where it was understood.
    pub fn readings(&self) -> Vec<String> {
        match &self.promise {
            Promise::Understood(_) => Vec::new(),
            Promise::NotUnderstood { suggestion, .. } => suggest::with_nearest(suggestion.as_deref(), &self.text),
        }
    }

    /// The last stage that its verdict needs; `None` where the sentence was not understood.
    pub fn stage(&self) -> Option<Stage> {
        self.checks().iter().map(Check::stage).max()
    }
}

impl Section {
    /// `constraints` or `success-criteria`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Constraints => "constraints",
            Self::SuccessCriteria => "success-criteria",
        }
    }
}
