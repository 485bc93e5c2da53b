//! Building an image with Docker.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::rust_image::target;

/// Builds an image with this reference from a Dockerfile that copies nothing. Its steps reach the network as this machine does.
///
/// # Errors
///
/// Fails, with what the build said, where Docker is missing or a step fails.
pub(crate) fn build(reference: &str, dockerfile: &str) -> anyhow::Result<()> {
    let context = tempfile::tempdir_in(target()?)?;
    fs::write(context.path().join("Dockerfile"), dockerfile)?;
    let built = Command::new("docker")
        .env("DOCKER_BUILDKIT", "0")
        .args(["build", "--network", "host", "--rm", "--force-rm", "-t", reference])
        .arg(context.path())
        .output()
        .context("Docker builds the stand-in: apt-get install docker.io, and start dockerd")?;
    ensure!(built.status.success(), "{}", String::from_utf8_lossy(&[built.stdout, built.stderr].concat()));
    Ok(())
}
