//! Services that nobody here wrote, each held to a specification of its own on both engines.
//!
//! A service is a folder beside this file: a `Dockerfile` as its owner would write it, a `containerization-spec.md` in the owner's words,
//! and `verdicts.txt`, a line for each promise; `variables.env`, where it needs some. The image is built once and both engines are given the same one. They must say the same, and
//! it must be what the file says: each line of it was read and found true of the image.
//!
//! Packages are installed over the network, which takes minutes: `scripts/strangers` runs these tests, `scripts/test` does not.

mod original;
mod verdicts;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use seaworthy_testkit::{debian_builder, debian_image, workspace};
use serde_json::Value;

use crate::verdicts::verdicts;

/// Holds the service of a folder beside this file.
fn hold(service: &str) -> anyhow::Result<()> {
    let folder = workspace().join("crates/cli/tests/strangers").join(service);
    let image = build(service, &folder)?;
    let expected = fs::read_to_string(folder.join("verdicts.txt"))?;
    for engine in ["embedded", "docker"] {
        let said = verdicts(&verify(&image, &folder, engine)?);
        ensure!(said == expected, "{service} on {engine}, expected:\n{expected}\nsaid:\n{said}");
    }
    Ok(())
}

/// The image of a service, as an argument for the program. What was built before is taken from the engine's cache.
fn build(service: &str, folder: &Path) -> anyhow::Result<String> {
    let name = format!("seaworthy-test/{service}:1");
    let built = Command::new("docker")
        .env("DOCKER_BUILDKIT", "0")
        .args(["build", "--network", "host", "--tag", &name])
        .args(["--build-arg", &format!("DEBIAN={}", debian_image()?)])
        .args(["--build-arg", &format!("BUILDER={}", debian_builder()?)])
        .arg(folder)
        .output()
        .context("Docker builds the image: apt-get install docker.io, and start dockerd")?;
    ensure!(built.status.success(), "{}", String::from_utf8_lossy(&[built.stdout, built.stderr].concat()));
    Ok(format!("docker-daemon:{name}"))
}

fn verify(image: &str, folder: &Path, engine: &str) -> anyhow::Result<Value> {
    let spec: PathBuf = folder.join("containerization-spec.md");
    let variables = folder.join("variables.env");
    let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
    command.args(["verify", image, "--engine", engine, "--report", "json=-", "--spec"]).arg(spec);
    if variables.exists() {
        command.arg("--env-file").arg(variables);
    }
    let output = command.output()?;
    serde_json::from_slice(&output.stdout).with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
#[ignore = "installs packages over the network: scripts/strangers"]
fn nginx_with_a_master_of_root() -> anyhow::Result<()> {
    hold("nginx")
}

#[test]
#[ignore = "installs packages over the network: scripts/strangers"]
fn nginx_of_one_user() -> anyhow::Result<()> {
    hold("nginx-unprivileged")
}

#[test]
#[ignore = "installs packages over the network: scripts/strangers"]
fn apache_behind_a_shell() -> anyhow::Result<()> {
    hold("apache")
}

#[test]
#[ignore = "installs packages over the network: scripts/strangers"]
fn redis_with_a_volume() -> anyhow::Result<()> {
    hold("redis")
}

#[test]
#[ignore = "installs packages over the network: scripts/strangers"]
fn mariadb_whose_volume_its_first_start_fills() -> anyhow::Result<()> {
    hold("mariadb")
}

#[test]
#[ignore = "installs packages over the network: scripts/strangers"]
fn flask_behind_gunicorn_with_two_workers() -> anyhow::Result<()> {
    hold("flask")
}

#[test]
#[ignore = "installs packages over the network: scripts/strangers"]
fn express_that_keeps_baskets_in_memory() -> anyhow::Result<()> {
    hold("express")
}

#[test]
#[ignore = "installs packages over the network: scripts/strangers"]
fn flask_behind_a_login_by_session() -> anyhow::Result<()> {
    hold("flask-login")
}

#[test]
#[ignore = "installs packages over the network: scripts/strangers"]
fn a_worker_of_huey_without_http() -> anyhow::Result<()> {
    hold("huey")
}

#[test]
#[ignore = "installs packages over the network: scripts/strangers"]
fn a_static_site_by_lighttpd() -> anyhow::Result<()> {
    hold("lighttpd")
}

#[test]
#[ignore = "installs packages over the network: scripts/strangers"]
fn short_links_with_a_redis_inside() -> anyhow::Result<()> {
    hold("redis-inside")
}
