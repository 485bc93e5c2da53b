//! How each sentence was understood, for `explain`.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Allowed, Check, Criterion, Promise, Spec};

/// One line of a specification that makes a promise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    pub id: String,
    pub line: usize,
    /// `constraints` or `success-criteria`.
    pub section: &'static str,
    pub text: String,
    /// The check's name; none where the sentence was not understood.
    pub check: Option<&'static str>,
    /// The last stage that the verdict needs.
    pub stage: Option<&'static str>,
    pub parameters: Map<String, Value>,
    /// What must hold besides, where the sentence promises more than one thing.
    pub also: Vec<Also>,
    /// Parts of the sentence that say why, and are not checked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// Places that are excepted, each with its reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<Exception>,
    /// The part that nothing understood.
    pub rest: Option<String>,
    /// The sentence that was perhaps meant.
    pub suggestion: Option<String>,
}

/// A further check of the same sentence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Also {
    pub check: &'static str,
    pub stage: &'static str,
    pub parameters: Map<String, Value>,
}

/// A place that a promise excepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exception {
    pub place: String,
    pub reason: String,
}

/// Every promise of a specification, in its order.
///
/// ```
/// let spec = seaworthy_spec::Spec::parse("## Success Criteria\n- [ ] Starts within 1s\n")?;
/// let lines = seaworthy_spec::explain(&spec);
/// assert_eq!((lines[0].check, lines[0].stage), (Some("start.within"), Some("run")));
/// # Ok::<(), seaworthy_spec::SpecError>(())
/// ```
pub fn explain(spec: &Spec) -> Vec<Line> {
    spec.criteria.iter().map(Line::from).collect()
}

impl From<&Criterion> for Line {
    fn from(criterion: &Criterion) -> Self {
        let (first, others) =
            criterion.checks().split_first().map_or((None, &[][..]), |(first, rest)| (Some(first), rest));
        let (rest, suggestion) = match &criterion.promise {
            Promise::Understood(_) => (None, None),
            Promise::NotUnderstood { rest, suggestion } => (rest.clone(), suggestion.clone()),
        };
        Self {
            id: criterion.id.clone(),
            line: criterion.line,
            section: criterion.section.as_str(),
            text: criterion.text.clone(),
            check: first.map(Check::name),
            stage: criterion.stage().map(crate::Stage::as_str),
            parameters: first.map(Check::parameters).unwrap_or_default(),
            also: others.iter().map(Also::from).collect(),
            reasons: criterion.reasons.clone(),
            allowed: criterion.allowed.iter().map(Exception::from).collect(),
            rest,
            suggestion,
        }
    }
}

impl From<&Check> for Also {
    fn from(check: &Check) -> Self {
        Self { check: check.name(), stage: check.stage().as_str(), parameters: check.parameters() }
    }
}

impl From<&Allowed> for Exception {
    fn from(allowed: &Allowed) -> Self {
        Self { place: allowed.place.as_str().to_owned(), reason: allowed.reason.clone() }
    }
}
