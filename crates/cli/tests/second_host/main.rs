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
#[ignore = "takes ten minutes from cold; scripts/second-host runs it"]
fn what_is_shipped_here_is_verified_on_another_machine_without_a_file_from_this_one() -> anyhow::Result<()> {
    let identity = Identity::of_hosts(&["127.0.0.1", FIRST_HOST])?;
    let registry = DockerRegistry::start(Protection::Open, Some(&identity))?;
    let folder = tempfile::tempdir()?;
    let authority = folder.path().join("authority.pem");
    std::fs::write(&authority, &identity.authority)?;
    let here = registry.host();
    let there = here.replace("127.0.0.1", FIRST_HOST);

    let to = format!("{here}/acme/task-api");
    let ship = ["ship", "task-api", "--engine", "embedded", "--to", &to, "--tag", "tested", "--report", "json=-"];
    let shipped = report(&seaworthy(&authority, &ship)?)?;
    assert_snapshot!(not_kept(&shipped["criteria"])?, @r"
    pending database.connects
    pending machine.different
    ");

    let image = format!("{there}/acme/task-api:tested");
    let outcome = SecondHost::new()?
        .program(Path::new(env!("CARGO_BIN_EXE_seaworthy")))?
        .file(&format!("/etc/docker/certs.d/{there}/ca.crt"), &identity.authority)?
        .run(&["seaworthy", "verify", &image, "--attach", "--report", "json=-"])?;
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    let verified: Value = serde_json::from_str(&outcome.stdout)?;
    assert_snapshot!(not_kept(&verified["criteria"])?, @r"
    pending build.succeeds
    pending build.reproducible
    pending build.multi_stage
    pending database.connects
    ");
    assert_eq!(verified["image"]["digest"], shipped["image"]["digest"]);
    assert_eq!(verified["spec"]["digest"], shipped["spec"]["digest"]);
    assert_ne!(verified["machine"]["id"], shipped["machine"]["id"]);
    assert_ne!(verified["machine"]["boot"], shipped["machine"]["boot"]);
    let kernel = verified["machine"]["kernel"].as_str().context("a report names the kernel")?;
    assert!(kernel.split(' ').any(|word| word == outcome.kernel), "{kernel} is not {}", outcome.kernel);

    let proof = report(&seaworthy(&authority, &["proof", &format!("{to}:tested"), "--report", "json=-"])?)?;
    assert_snapshot!(not_kept(&proof["promises"])?, @"pending database.connects");
    assert_eq!(proof["results"].as_array().map(Vec::len), Some(2));
    Ok(())
}

/// The program, as it is called on the first host, which trusts the registry's authority.
fn seaworthy(authority: &Path, arguments: &[&str]) -> anyhow::Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
    command.args(arguments).env("SSL_CERT_FILE", authority).current_dir(workspace());
    Ok(command.output()?)
}

fn report(output: &Output) -> anyhow::Result<Value> {
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(0), "{:?}: {told}{}", output.status, String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).with_context(|| told.into_owned())
}

/// Every promise that is not kept. In a working tree with changes also less is promised of tags: it is no release.
fn not_kept(promises: &Value) -> anyhow::Result<String> {
    let changed = Command::new("git").args(["status", "--porcelain"]).current_dir(workspace()).output()?;
    let is_release = changed.status.success() && changed.stdout.is_empty();
    let promises = promises.as_array().context("there are promises")?;
    ensure!(promises.len() > 30, "only {} promises", promises.len());
    let text = |promise: &Value, name: &str| promise[name].as_str().unwrap_or_default().to_owned();
    let lines = promises
        .iter()
        .filter(|promise| promise["verdict"] != "pass" && (is_release || promise["check"] != "registry.tags"))
        .map(|promise| format!("{} {}", text(promise, "verdict"), text(promise, "check")));
    Ok(lines.collect::<Vec<_>>().join("\n"))
}
