//! The Task API from one machine through a registry to another one, and the proofs of both.

use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context as _, ensure};
use insta::assert_snapshot;
use seaworthy_testkit::registry::{DockerRegistry, Identity, Protection};
use seaworthy_testkit::second_host::{FIRST_HOST, SecondHost};
use seaworthy_testkit::workspace;
use serde_json::Value;

#[test]
fn what_is_shipped_here_is_verified_on_another_machine_with_no_file_at_hand() -> anyhow::Result<()> {
    let identity = Identity::of_hosts(&["127.0.0.1", FIRST_HOST])?;
    let registry = DockerRegistry::start(Protection::Open, Some(&identity))?;
    let folder = tempfile::tempdir()?;
    let authority = folder.path().join("authority.pem");
    std::fs::write(&authority, &identity.authority)?;
    let here = registry.host();
    let there = here.replace("127.0.0.1", FIRST_HOST);

    let to = format!("{here}/acme/task-api");
    let shipped =
        seaworthy(&authority, &["ship", "task-api", "--engine", "embedded", "--to", &to, "--report", "json=-"])?;
    let shipped = report(&shipped)?;
    assert_snapshot!(not_kept(&shipped), @"");

    let outcome = SecondHost::new()?
        .program(Path::new(env!("CARGO_BIN_EXE_seaworthy")))?
        .file(&format!("/etc/docker/certs.d/{there}/ca.crt"), &identity.authority)?
        .run(&["seaworthy", "verify", &format!("{there}/acme/task-api:1.0.0"), "--attach", "--report", "json=-"])?;
    let verified: Value = serde_json::from_str(&outcome.stdout).context(outcome.stderr.clone())?;
    assert_snapshot!(not_kept(&verified), @"");
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(verified["image"]["digest"], shipped["image"]["digest"]);
    assert_eq!(verified["spec"]["digest"], shipped["spec"]["digest"]);
    assert_eq!(verified["machine"]["kernel"], outcome.kernel);
    assert_ne!(verified["machine"]["id"], shipped["machine"]["id"]);

    let proof = seaworthy(&authority, &["proof", &format!("{to}:1.0.0"), "--report", "json=-"])?;
    assert_eq!(proof.status.code(), Some(0), "{}", String::from_utf8_lossy(&proof.stderr));
    let account: Value = serde_json::from_slice(&proof.stdout)?;
    eprintln!("{account:#}");
    Ok(())
}

/// The program, as called on the first host, which trusts the registry's authority.
fn seaworthy(authority: &Path, arguments: &[&str]) -> anyhow::Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
    command.args(arguments).env("SSL_CERT_FILE", authority).env_remove("NO_COLOR").current_dir(workspace());
    Ok(command.output()?)
}

fn report(output: &Output) -> anyhow::Result<Value> {
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(0), "{:?}: {told}", output.status.code());
    serde_json::from_slice(&output.stdout).with_context(|| told.into_owned())
}

/// Every promise that is not kept, with its evidence; then the sums.
fn not_kept(report: &Value) -> String {
    let of = |criterion: &Value| {
        let text = |name: &str| criterion[name].as_str().unwrap_or_default().to_owned();
        (criterion["verdict"] != "pass").then(|| format!("{} {}: {}", text("verdict"), text("check"), text("evidence")))
    };
    let mut lines: Vec<String> = report["criteria"].as_array().into_iter().flatten().filter_map(of).collect();
    let summary = &report["summary"];
    lines.push(format!(
        "{} pass, {} fail, {} unproven, {} pending",
        summary["pass"], summary["fail"], summary["unproven"], summary["pending"]
    ));
    lines.join("\n")
}
