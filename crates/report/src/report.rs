//! The report: one verification of one image against one specification.

use serde::{Deserialize, Serialize};

use crate::text::{short_digest, size};

/// The name and version of the report's form.
pub const SCHEMA: &str = "seaworthy/report/v1";

/// One verification of one image against one specification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    pub spec: Spec,
    pub image: Image,
    pub machine: Machine,
    /// RFC 3339, UTC, whole seconds.
    pub started_at: String,
    /// From when the user began to wait.
    pub took_ms: u64,
    /// Where that time went. Reports older than this member have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts_ms: Option<Parts>,
    /// What is known of the image's build; `None` where nothing is.
    pub built: Option<Built>,
    /// Where the image was pushed after this verification; `None` where it was not. Reports older than this member have none.
    #[serde(default)]
    pub pushed: Option<Pushed>,
    pub database: Database,
    /// What the user gave every container beyond the image; `None` where nothing was given or nothing ran. Older reports lack the member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Options>,
    /// In the order of the specification.
    pub criteria: Vec<Criterion>,
    pub summary: Summary,
}

/// Parts of the time that a verification took, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// Until the image was there: built, pulled or opened.
    pub prepare: u64,
    /// Until it was read, and what runs it was ready.
    pub image: u64,
    /// Until every promise was decided.
    pub run: u64,
}

/// The specification that was held against the image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    pub path: String,
    pub title: String,
    /// `sha256:…` of the file's bytes.
    pub digest: String,
}

/// The image that was verified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// As the user named it.
    pub reference: String,
    /// Of the manifest; `None` where there is none and none was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Of the config: Docker's older image id.
    pub config_digest: String,
    pub platform: String,
    pub size_bytes: Size,
}

/// The two sizes of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Compressed layers and config; `None` where nothing was compressed to know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<u64>,
    /// Layers unpacked.
    pub unpacked: u64,
}

impl Image {
    /// `sha256:3f1c…`, of the manifest or, where none is known, of the config.
    pub(crate) fn identity(&self) -> String {
        match &self.digest {
            Some(digest) => short_digest(digest),
            None => format!("config {}", short_digest(&self.config_digest)),
        }
    }
}

impl Size {
    /// `5.8 MB unpacked, 2.6 MB to transfer`
    pub(crate) fn told(self) -> String {
        let transfer = self.transfer.map(|bytes| format!(", {} to transfer", size(bytes))).unwrap_or_default();
        format!("{} unpacked{transfer}", size(self.unpacked))
    }
}

/// Where the verification ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// A keyed hash of the machine id; `None` where the machine has none.
    pub id: Option<String>,
    pub boot: Option<String>,
    pub os: String,
    pub kernel: String,
    /// `embedded 0.1.0`, `docker 20.10.24`, or `none` when nothing was run.
    pub engine: String,
}

/// Where the image was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Built {
    pub machine: Option<String>,
    pub boot: Option<String>,
    pub revision: Option<String>,
    pub toolchain: Option<String>,
    /// RFC 3339, UTC.
    pub at: String,
}

/// Where the image was pushed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pushed {
    /// `ghcr.io/acme/app`
    pub repository: String,
    pub tags: Vec<String>,
    /// It was pushed although something was broken or unproven, because the user asked for that.
    pub anyway: bool,
}

/// What the user gave every container beyond the image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Names, sorted; values are never in a report.
    pub variables: Vec<String>,
    pub mounts: Vec<Mounted>,
    /// Replaced the image's own arguments; secrets are hidden.
    pub arguments: Vec<String>,
    pub user: Option<String>,
    pub working_dir: Option<String>,
    /// The name that requests were addressed to.
    pub dns_name: Option<String>,
}

impl Options {
    /// Whether containers were started in the same way: with the same files, arguments, user and working directory. Variables are not
    /// compared: each machine has its own database.
    pub fn starts_like(&self, other: &Self) -> bool {
        let start = |options: &Self| Self { variables: Vec::new(), ..options.clone() };
        start(self) == start(other)
    }
}

/// A file that was mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mounted {
    /// In the container.
    pub path: String,
    /// `sha256:…` of the content; `None` for a secret.
    pub digest: Option<String>,
}

/// Which database the container was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Database {
    /// The user's own.
    Given,
    /// A throwaway server of this run.
    StandIn,
    None,
}

/// What was found about one promise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Criterion {
    pub id: String,
    /// `constraints` or `success-criteria`.
    pub section: String,
    pub text: String,
    /// The sentences of the vocabulary that the specification binds it to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bound: Vec<String>,
    pub line: usize,
    /// The last stage that the verdict needs: `build`, `image`, `run`, `push`, `elsewhere`.
    pub stage: String,
    /// `None` where nothing understood the sentence.
    pub check: Option<String>,
    pub parameters: serde_json::Map<String, serde_json::Value>,
    pub verdict: Verdict,
    /// What was seen, in one line.
    pub evidence: String,
    /// The command that would decide a pending promise.
    pub next: Option<String>,
    /// The sentence that was perhaps meant.
    pub suggestion: Option<String>,
    /// The id of the criterion that tells the cause.
    pub caused_by: Option<String>,
    pub warnings: Vec<String>,
    /// All that was found, the worst first, where the check finds many things. Reports older than this member have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Found>,
    /// Who has judged by hand what no check understands, for this image. The verdict is then pending, never a pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vouched: Option<Vouched>,
    pub took_ms: u64,
}

/// The word of a person for a promise that no check understands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vouched {
    pub by: String,
    /// `2026-11-28`
    pub on: String,
    /// What was seen.
    pub seen: String,
}

/// One of many things that a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub severity: Severity,
    /// `RSA private key`
    pub what: String,
    /// Where it lies.
    pub place: String,
    /// Why the specification allows it.
    pub reason: Option<String>,
}

/// What a finding means for its promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It breaks the promise.
    Fail,
    Warning,
    /// It would break the promise if the specification did not allow it.
    Allowed,
}

/// What the evidence says about a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Pass,
    Fail,
    Unproven,
    Pending,
}

/// How many promises ended how.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Summary {
    pub pass: usize,
    pub fail: usize,
    pub unproven: usize,
    pub pending: usize,
    /// Who vouches for a pending promise: a name for each such promise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vouched: Vec<String>,
}

impl Summary {
    /// Counts the verdicts.
    pub fn of(criteria: &[Criterion]) -> Self {
        let mut summary = Self::default();
        for criterion in criteria {
            match criterion.verdict {
                Verdict::Pass => summary.pass += 1,
                Verdict::Fail => summary.fail += 1,
                Verdict::Unproven => summary.unproven += 1,
                Verdict::Pending => summary.pending += 1,
            }
            summary.vouched.extend(criterion.vouched.as_ref().map(|vouched| vouched.by.clone()));
        }
        summary
    }
}
