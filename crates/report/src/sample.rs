//! A report with every kind of verdict, for the tests of this crate.

use serde_json::json;

use crate::{
    Built, Criterion, Database, Found, Image, Machine, Mounted, Options, Parts, Pushed, Report, SCHEMA, Severity, Size,
    Spec, Summary, Verdict, Vouched,
};

/// One promise of each kind, with everything a promise can carry.
pub(crate) fn report() -> Report {
    let criteria = vec![
        Criterion {
            check: Some("image.size".into()),
            parameters: json!({"limit_bytes": 200_000_000, "measure": "both"}).as_object().cloned().unwrap(),
            ..criterion(Verdict::Pass, "image", "Image size under 200MB", "5.8 MB unpacked, 2.6 MB to transfer")
        },
        Criterion {
            check: Some("api.crud".into()),
            ..criterion(
                Verdict::Pass,
                "run",
                "All CRUD endpoints work when containerized",
                "POST 201, GET 200, PUT 200, DELETE 204, GET 404 on /tasks",
            )
        },
        Criterion {
            check: Some("user.non_root".into()),
            warnings: vec!["the user has no entry in /etc/passwd".into()],
            findings: vec![
                Found {
                    severity: Severity::Fail,
                    what: "GitHub token".into(),
                    place: "`/app/.env` in layer 2 of 2".into(),
                    reason: None,
                },
                Found {
                    severity: Severity::Allowed,
                    what: "RSA private key".into(),
                    place: "`/app/tests/key.pem` in layer 2 of 2".into(),
                    reason: Some("opens nothing".into()),
                },
            ],
            ..criterion(
                Verdict::Pass,
                "run",
                "Container runs as non-root user",
                "uid 1000 (appuser), seen in the running process",
            )
        },
        Criterion {
            check: Some("start.within".into()),
            ..criterion(
                Verdict::Fail,
                "run",
                "Starts within 1s",
                "exited with code 3 after 0.1 s; it wrote last:\nreading the configuration\nfatal: the flux capacitor is missing",
            )
        },
        Criterion {
            check: Some("health.endpoint".into()),
            caused_by: Some("success-criteria-starts-within-1s".into()),
            ..criterion(Verdict::Fail, "run", "Health check endpoint responds at /health", "the container does not run")
        },
        Criterion {
            suggestion: Some("Container runs as non-root user".into()),
            ..criterion(Verdict::Unproven, "image", "Runs as nonroot usr", "no check understands this sentence")
        },
        Criterion {
            check: Some("database.connects".into()),
            next: Some("seaworthy verify --env DATABASE_URL".into()),
            ..criterion(
                Verdict::Pending,
                "run",
                "Container can connect to Neon database with provided DATABASE_URL",
                "works on PostgreSQL 15.16 over TLS, which stands in for Neon",
            )
        },
        Criterion {
            check: Some("registry.pushed".into()),
            next: Some("seaworthy ship --to HOST/REPO".into()),
            ..criterion(Verdict::Pending, "push", "Image can be pushed to registry", "")
        },
        Criterion {
            check: Some("user.non-root".into()),
            bound: vec!["Container runs as non-root user".into()],
            ..criterion(Verdict::Pass, "run", "Nobody is king in there", "uid 1000 in every process")
        },
        Criterion {
            vouched: Some(Vouched { by: "Ann".into(), on: "2026-01-30".into(), seen: "a backup was restored".into() }),
            ..criterion(
                Verdict::Pending,
                "run",
                "Backups can be restored",
                "vouched for by Ann on 2026-01-30: a backup was restored",
            )
        },
    ];
    Report {
        schema: SCHEMA.into(),
        spec: Spec {
            path: "containerization-spec.md".into(),
            title: "Task API".into(),
            digest: format!("sha256:{}", "5e".repeat(32)),
        },
        image: Image {
            reference: "target/seaworthy/task-api".into(),
            digest: Some(format!("sha256:{}", "3f1c".repeat(16))),
            config_digest: format!("sha256:{}", "c0".repeat(32)),
            platform: "linux/amd64".into(),
            size_bytes: Size { transfer: Some(2_600_000), unpacked: 5_800_000 },
        },
        machine: Machine {
            id: Some("6d".repeat(32)),
            boot: Some("b0".repeat(32)),
            os: "Debian GNU/Linux 12 (bookworm)".into(),
            kernel: "6.18.0".into(),
            engine: "embedded 0.1.0".into(),
        },
        started_at: "2026-01-31T12:00:00Z".into(),
        took_ms: 3_100,
        parts_ms: Some(Parts { prepare: 200, image: 400, run: 2_500 }),
        built: Some(Built {
            machine: Some("6d".repeat(32)),
            boot: Some("b0".repeat(32)),
            revision: Some("0123456789abcdef0123456789abcdef01234567".into()),
            toolchain: Some("rustc 1.95.0".into()),
            at: "2026-01-31T11:59:00Z".into(),
        }),
        pushed: Some(Pushed {
            repository: "ghcr.io/acme/task-api".into(),
            tags: vec!["1.4.2".into(), "latest".into()],
            anyway: true,
        }),
        database: Database::StandIn,
        options: Some(Options {
            variables: vec!["DATABASE_URL".into()],
            mounts: vec![
                Mounted { path: "/etc/app.toml".into(), digest: Some(format!("sha256:{}", "f1".repeat(32))) },
                Mounted { path: "/run/secrets/key".into(), digest: None },
            ],
            arguments: vec!["serve".into()],
            user: Some("1000".into()),
            working_dir: Some("/srv".into()),
            dns_name: Some("tasks.example.com".into()),
        }),
        summary: Summary::of(&criteria),
        criteria,
    }
}

fn criterion(verdict: Verdict, stage: &str, text: &str, evidence: &str) -> Criterion {
    let slug: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    Criterion {
        id: format!("success-criteria-{slug}"),
        section: "success-criteria".into(),
        text: text.into(),
        line: 41,
        stage: stage.into(),
        check: None,
        parameters: serde_json::Map::new(),
        verdict,
        evidence: evidence.into(),
        next: None,
        suggestion: None,
        caused_by: None,
        warnings: Vec::new(),
        findings: Vec::new(),
        bound: Vec::new(),
        vouched: None,
        took_ms: 12,
    }
}
