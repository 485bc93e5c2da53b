//! The statement: what one verification found, in in-toto's words, with the specification and the whole report inside.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use seaworthy_image::Digest;
use seaworthy_report::{Criterion, Report, SCHEMA, Summary, Verdict, json};
use serde::{Deserialize, Serialize};

use crate::error::{Part, short};
use crate::{ProofError, limits};

/// Of a statement, stored as it is or signed.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.in-toto+json";

const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
const PREDICATE_TYPE: &str = "https://in-toto.io/attestation/test-result/v0.1";
const SPEC_MEDIA_TYPE: &str = "text/markdown";
const REPORT_MEDIA_TYPE: &str = "application/json";
const REPORT_NAME: &str = "report.json";

/// An in-toto statement about one image: the same bytes for the same report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    bytes: Vec<u8>,
    subject: Digest,
}

/// What a statement holds once everything in it has been checked.
#[derive(Debug)]
pub(crate) struct Content {
    /// What the statement calls the image.
    pub(crate) name: String,
    pub(crate) spec: String,
    pub(crate) report: Report,
    /// The report's own time.
    pub(crate) started_at: Timestamp,
}

impl Statement {
    /// What `report` says about its image, which `name` names: `ghcr.io/acme/app`. `spec` is the text that the report is about.
    ///
    /// # Errors
    ///
    /// Fails where [`crate::open()`] would: the report is about another specification, or more than a proof may hold.
    pub fn new(report: &Report, spec: &str, name: &str) -> Result<Self, ProofError> {
        let told = report.image.digest.as_deref().unwrap_or_default();
        let subject: Digest = told.parse().map_err(|_| ProofError::ImageDigest(short(told)))?;
        let spec_name = report.spec.path.rsplit('/').next().unwrap_or_default();
        let lists = Lists::of(&report.criteria);
        let wire = Wire {
            kind: STATEMENT_TYPE.to_owned(),
            subject: vec![Subject { name: name.to_owned(), digest: Sha256 { sha256: subject.hex().to_owned() } }],
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate: TestResult {
                result: lists.outcome(&report.summary),
                configuration: vec![
                    Resource::new(spec_name, SPEC_MEDIA_TYPE, spec.as_bytes()),
                    Resource::new(REPORT_NAME, REPORT_MEDIA_TYPE, json::render(report).as_bytes()),
                ],
                passed_tests: lists.passed,
                warned_tests: lists.warned,
                failed_tests: lists.failed,
            },
        };
        let bytes =
            serde_json::to_vec(&wire).map_err(|source| ProofError::Unreadable { what: Part::Statement, source })?;
        read(&bytes, &subject)?;
        Ok(Self { bytes, subject })
    }

    /// The digest of the image that it is about.
    pub fn subject(&self) -> &Digest {
        &self.subject
    }

    /// The JSON, without spaces.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads a statement about the image `wanted`, and checks that everything in it follows from everything else.
pub(crate) fn read(bytes: &[u8], wanted: &Digest) -> Result<Content, ProofError> {
    let unreadable = |source| ProofError::Unreadable { what: Part::Statement, source };
    // The type first: what a statement of another type holds is not known.
    let head: Head = serde_json::from_slice(bytes).map_err(unreadable)?;
    if head.kind != STATEMENT_TYPE {
        return Err(ProofError::StatementType(short(&head.kind)));
    }
    let [subject] = head.subject.as_slice() else { return Err(ProofError::Subjects(head.subject.len())) };
    if subject.digest.sha256 != wanted.hex() {
        let found = format!("sha256:{}", short(&subject.digest.sha256));
        return Err(ProofError::OtherImage { wanted: wanted.clone(), found });
    }
    if head.predicate_type != PREDICATE_TYPE {
        return Err(ProofError::PredicateType(short(&head.predicate_type)));
    }
    let TestResult { result, configuration, passed_tests, warned_tests, failed_tests } =
        serde_json::from_slice::<Wire>(bytes).map_err(unreadable)?.predicate;

    let spec = one(&configuration, Part::Spec, |entry| entry.media_type == SPEC_MEDIA_TYPE)?;
    let (spec, spec_digest) = spec.read(Part::Spec, limits::SPEC_BYTES)?;
    let is_report = |entry: &Resource| entry.media_type == REPORT_MEDIA_TYPE && entry.name == REPORT_NAME;
    let (report, _) = one(&configuration, Part::Report, is_report)?.read(Part::Report, limits::REPORT_BYTES)?;
    let spec = String::from_utf8(spec).map_err(|_| ProofError::SpecText)?;
    let report = read_report(&report)?;

    if report.spec.digest != spec_digest.as_str() {
        return Err(ProofError::OtherSpec { report: short(&report.spec.digest), statement: spec_digest });
    }
    if report.image.digest.as_deref() != Some(wanted.as_str()) {
        let report = short(report.image.digest.as_deref().unwrap_or_default());
        return Err(ProofError::ReportOfOtherImage { report, statement: wanted.clone() });
    }
    let started_at = report.started_at.parse().map_err(|_| ProofError::Time(short(&report.started_at)))?;
    let mut ids = BTreeSet::new();
    if let Some(twice) = report.criteria.iter().find(|criterion| !ids.insert(criterion.id.as_str())) {
        return Err(ProofError::DuplicateId(short(&twice.id)));
    }
    if report.summary != Summary::of(&report.criteria) {
        return Err(ProofError::Summary);
    }
    let lists = Lists::of(&report.criteria);
    let follows = lists.outcome(&report.summary);
    if result != follows {
        return Err(ProofError::Result { told: result.word(), follows: follows.word() });
    }
    for (name, told, follows) in [
        ("passedTests", passed_tests, lists.passed),
        ("warnedTests", warned_tests, lists.warned),
        ("failedTests", failed_tests, lists.failed),
    ] {
        if told != follows {
            return Err(ProofError::List(name));
        }
    }
    Ok(Content { name: subject.name.clone(), spec, report, started_at })
}

fn read_report(bytes: &[u8]) -> Result<Report, ProofError> {
    let unreadable = |source| ProofError::Unreadable { what: Part::Report, source };
    let form: ReportForm = serde_json::from_slice(bytes).map_err(unreadable)?;
    if form.schema != SCHEMA {
        return Err(ProofError::ReportSchema(short(&form.schema)));
    }
    serde_json::from_slice(bytes).map_err(unreadable)
}

fn one(all: &[Resource], what: Part, wanted: impl Fn(&Resource) -> bool) -> Result<&Resource, ProofError> {
    let mut found = all.iter().filter(|entry| wanted(entry));
    match (found.next(), found.count()) {
        (Some(one), 0) => Ok(one),
        (first, more) => Err(ProofError::Contents { what, found: more + usize::from(first.is_some()) }),
    }
}

/// The ids of the promises by how they ended. Each stands in one list at most, as in-toto wants it.
struct Lists {
    passed: Vec<String>,
    warned: Vec<String>,
    failed: Vec<String>,
}

impl Lists {
    fn of(criteria: &[Criterion]) -> Self {
        let mut lists = Self { passed: Vec::new(), warned: Vec::new(), failed: Vec::new() };
        for criterion in criteria {
            let list = match criterion.verdict {
                Verdict::Pass if criterion.warnings.is_empty() => &mut lists.passed,
                Verdict::Pass => &mut lists.warned,
                Verdict::Fail | Verdict::Unproven => &mut lists.failed,
                Verdict::Pending => continue,
            };
            list.push(criterion.id.clone());
        }
        lists
    }

    fn outcome(&self, summary: &Summary) -> Outcome {
        if !self.failed.is_empty() {
            Outcome::Failed
        } else if summary.pending > 0 {
            Outcome::Warned
        } else {
            Outcome::Passed
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    predicate_type: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    predicate_type: String,
    predicate: TestResult,
}

#[derive(Serialize, Deserialize)]
struct Subject {
    #[serde(default)]
    name: String,
    digest: Sha256,
}

#[derive(Serialize, Deserialize)]
struct Sha256 {
    sha256: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TestResult {
    result: Outcome,
    configuration: Vec<Resource>,
    passed_tests: Vec<String>,
    warned_tests: Vec<String>,
    failed_tests: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Outcome {
    Passed,
    Warned,
    Failed,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Warned => "WARNED",
            Self::Failed => "FAILED",
        }
    }
}

/// What in-toto calls a resource descriptor.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    name: String,
    media_type: String,
    digest: Sha256,
    content: String,
}

impl Resource {
    fn new(name: &str, media_type: &str, content: &[u8]) -> Self {
        Self {
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            digest: Sha256 { sha256: Digest::of(content).hex().to_owned() },
            content: STANDARD.encode(content),
        }
    }

    /// The content and its digest, which is the one that is told.
    fn read(&self, what: Part, limit_bytes: usize) -> Result<(Vec<u8>, Digest), ProofError> {
        let size_bytes = self.content.len() / 4 * 3;
        if size_bytes > limit_bytes {
            return Err(ProofError::TooLarge { what, size_bytes, limit_bytes });
        }
        let bytes = STANDARD.decode(&self.content).map_err(|_| ProofError::Base64 { what })?;
        let found = Digest::of(&bytes);
        if found.hex() != self.digest.sha256 {
            let told = format!("sha256:{}", short(&self.digest.sha256));
            return Err(ProofError::Changed { what, told, found });
        }
        Ok((bytes, found))
    }
}

#[derive(Deserialize)]
struct ReportForm {
    schema: String,
}
