//! The service that this project began with: `FastAPI`, `SQLModel` and psycopg2, built and held as its owner would.
//!
//! Its sources are in `bench/original`, and its specification is the one that a user wrote for it, to the letter. The Dockerfile's bases are
//! stand-ins: `seaworthy build` takes no build arguments, so their names are written into a copy.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, ensure};
use seaworthy_testkit::{python_builder, python_image, workspace};
use serde_json::Value;

use crate::verdicts;

const DOCKERFILE: &str = include_str!("original/Dockerfile");
const VERDICTS: &str = include_str!("original/verdicts.txt");
/// The command as shipped, and one that listens where `PORT` says.
const FIXED: &str = r#"CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]"#;
const MENDED: &str = "CMD exec uvicorn main:app --host 0.0.0.0 --port ${PORT:-8000}";
/// Of some promises, a part of the evidence.
const SHOWN: [(&str, &str); 6] = [
    (
        "image.secrets",
        "as its package was published, byte for byte (pip: sqlalchemy, `/venv/lib/python3.11/site-packages/",
    ),
    ("env.runtime", "; with DATABASE_URL naming a port where nothing listens: "),
    ("image.base", "os-release says debian, not alpine, Python 3.11, not 3.12"),
    ("build.succeeds", "built by the dockerfile builder with docker "),
    ("api.crud", "POST 201, GET 200, PUT 200, DELETE 204, GET 404 on /tasks"),
    (
        "database.connects",
        "a login seen on the server; POST /tasks 201, its row found in the table task (throwaway PostgreSQL, TLS and SCRAM required)",
    ),
];

#[test]
#[ignore = "installs packages over the network: scripts/strangers"]
fn the_original_breaks_two_promises() -> anyhow::Result<()> {
    let project = Project::new("as-shipped", DOCKERFILE)?;
    for command in [["ship", "--engine", "docker"], ["verify", "--engine", "embedded"]] {
        let report = project.report(&command)?;
        holds(&report, VERDICTS).with_context(|| command.join(" "))?;
    }
    Ok(())
}

#[test]
#[ignore = "installs packages over the network: scripts/strangers"]
fn the_original_breaks_one_promise_when_its_command_follows_port() -> anyhow::Result<()> {
    let mended = DOCKERFILE.replace(FIXED, MENDED);
    let expected =
        VERDICTS.replace("fail env.configurable", "pass env.configurable").replace("10 pass, 2", "11 pass, 1");
    ensure!(mended != DOCKERFILE && expected.contains("11 pass, 1 fail"), "the folder `original` is another");
    let project = Project::new("mended", &mended)?;
    let built = project.call(&["build"])?;
    ensure!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    for command in [["verify", "--engine", "docker"], ["verify", "--engine", "embedded"]] {
        let report = project.report(&command)?;
        holds(&report, &expected).with_context(|| command.join(" "))?;
    }
    Ok(())
}

/// The folder as its owner has it. It stays, so that the Docker engine knows its steps again.
struct Project {
    folder: PathBuf,
}

impl Project {
    fn new(name: &str, dockerfile: &str) -> anyhow::Result<Self> {
        let sources = workspace().join("bench/original");
        let requirements = fs::read_to_string(sources.join("requirements.txt"))?;
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("original").join(name).join("task-api");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        fs::copy(sources.join("main.py"), folder.join("main.py"))?;
        let example = workspace().join("crates/spec/tests/data/containerization-spec.example.md");
        fs::copy(example, folder.join("containerization-spec.md"))?;
        let dockerfile = dockerfile
            .replacen(
                "FROM python:3.12-alpine AS builder",
                &format!("FROM {} AS builder", python_builder(&requirements)?),
                1,
            )
            .replacen("FROM python:3.12-alpine", &format!("FROM {}", python_image()?), 1);
        ensure!(!dockerfile.contains("python:3.12"), "a stage has no stand-in:\n{dockerfile}");
        fs::write(folder.join("Dockerfile"), dockerfile)?;
        fs::write(folder.join("requirements.txt"), requirements)?;
        Ok(Self { folder })
    }

    fn call(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        Ok(Command::new(env!("CARGO_BIN_EXE_seaworthy")).current_dir(&self.folder).args(arguments).output()?)
    }

    /// The report of a command whose exit code says that a promise is broken.
    fn report(&self, command: &[&str]) -> anyhow::Result<Value> {
        let output = self.call(&[command, &["--report", "json=-"]].concat())?;
        let said = || String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.code() == Some(1), "{}: {}", output.status, said());
        serde_json::from_slice(&output.stdout).with_context(said)
    }
}

fn holds(report: &Value, expected: &str) -> anyhow::Result<()> {
    let said = verdicts(report);
    ensure!(said == expected, "expected:\n{expected}\nsaid:\n{said}");
    for (check, part) in SHOWN {
        let mut criteria = report["criteria"].as_array().into_iter().flatten();
        let criterion = criteria.find(|criterion| criterion["check"] == check).context(check)?;
        let evidence = criterion["evidence"].as_str().unwrap_or_default();
        ensure!(evidence.contains(part), "{check}: {evidence}");
        ensure!(criterion["warnings"].as_array().is_some_and(Vec::is_empty), "{check}: {}", criterion["warnings"]);
    }
    Ok(())
}
