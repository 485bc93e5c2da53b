//! Reports and proofs for the tests of this crate.

use std::path::Path;
use std::process::Command;

use seaworthy_image::Digest;
use seaworthy_report::{Built, Criterion, Database, Image, Machine, Report, SCHEMA, Size, Spec, Summary, Verdict};

use crate::{Proof, Statement, open, seal};

/// The specification of all of them, where none is named.
pub(crate) const SPEC: &str = "# Task API\n\n## Success Criteria\n- [ ] one\n- [ ] two\n";

/// The name of the image.
pub(crate) const NAME: &str = "ghcr.io/acme/task-api";

/// The image's digest.
pub(crate) fn image() -> Digest {
    Digest::of(b"image")
}

/// One result.
#[derive(Clone)]
pub(crate) struct Result {
    pub(crate) machine: Option<&'static str>,
    pub(crate) started_at: &'static str,
    /// `one pass, two fail`: ids and verdicts.
    pub(crate) said: &'static str,
    pub(crate) spec: &'static str,
    /// When the image was built, on the machine `build`.
    pub(crate) built: Option<&'static str>,
}

impl Result {
    pub(crate) fn new(machine: &'static str, started_at: &'static str, said: &'static str) -> Self {
        Self { machine: Some(machine), started_at, said, spec: SPEC, built: None }
    }

    pub(crate) fn report(&self) -> Report {
        let criteria: Vec<Criterion> = self.said.split(", ").map(criterion).collect();
        Report {
            schema: SCHEMA.into(),
            spec: Spec {
                path: "task-api/containerization-spec.md".into(),
                title: "Task API".into(),
                digest: Digest::of(self.spec.as_bytes()).to_string(),
            },
            image: Image {
                reference: "target/seaworthy/task-api".into(),
                digest: Some(image().to_string()),
                config_digest: Digest::of(b"config").to_string(),
                platform: "linux/amd64".into(),
                size_bytes: Size { transfer: Some(2_600_000), unpacked: 5_800_000 },
            },
            machine: Machine {
                id: self.machine.map(str::to_owned),
                boot: self.machine.map(|machine| format!("boot-{machine}")),
                os: "Debian GNU/Linux 12 (bookworm)".into(),
                kernel: "6.18.0".into(),
                engine: "embedded 0.1.0".into(),
            },
            started_at: self.started_at.into(),
            took_ms: 3_100,
            parts_ms: None,
            built: self.built.map(|at| Built {
                machine: Some("build".into()),
                boot: Some("boot-build".into()),
                revision: None,
                toolchain: None,
                at: at.into(),
            }),
            pushed: None,
            database: Database::StandIn,
            options: None,
            summary: Summary::of(&criteria),
            criteria,
        }
    }

    pub(crate) fn proof(&self) -> Proof {
        let report = self.report();
        let statement = Statement::new(&report, self.spec, NAME).unwrap();
        let sealed = seal(&statement, None).unwrap();
        open(&sealed.bytes, sealed.media_type, &image(), None).unwrap()
    }
}

/// The proof of a report about [`SPEC`].
pub(crate) fn proof_of(report: &Report) -> Proof {
    let sealed = seal(&Statement::new(report, SPEC, NAME).unwrap(), None).unwrap();
    open(&sealed.bytes, sealed.media_type, &image(), None).unwrap()
}

fn criterion(said: &str) -> Criterion {
    let (id, verdict) = said.split_once(' ').unwrap();
    let (verdict, warned) = match verdict {
        "warned" => (Verdict::Pass, true),
        "pass" => (Verdict::Pass, false),
        "fail" => (Verdict::Fail, false),
        "unproven" => (Verdict::Unproven, false),
        "pending" => (Verdict::Pending, false),
        other => panic!("`{other}` is no verdict"),
    };
    Criterion {
        id: id.into(),
        section: "success-criteria".into(),
        text: format!("Promise {id}"),
        line: 4,
        stage: "image".into(),
        check: Some("image.size".into()),
        parameters: serde_json::Map::new(),
        verdict,
        evidence: format!("what was seen of {id}"),
        next: (verdict == Verdict::Pending).then(|| "seaworthy ship --to HOST/REPO".into()),
        suggestion: None,
        caused_by: None,
        findings: Vec::new(),
        bound: Vec::new(),
        vouched: None,
        warnings: if warned { vec!["a warning".into()] } else { Vec::new() },
        took_ms: 12,
    }
}

/// What `openssl` says in a folder.
#[track_caller]
pub(crate) fn openssl(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| panic!("openssl: {error}; apt-get install openssl"));
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
