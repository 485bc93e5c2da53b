//! A stand-in for the `debian` images that Dockerfiles of other people's services begin with, by debootstrap.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::rust_image::{debootstrap, is_there, name, run, target};

/// The certificate authorities of this machine.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The reference of the stand-in, made when the engine does not have it yet. Without manuals, translations and lists of packages, as the slim
/// images are.
///
/// # Errors
///
/// Fails, with the line that installs it, where debootstrap or Docker is missing.
pub fn debian_image() -> anyhow::Result<String> {
    let reference = name("debian", &[include_bytes!("debian.rs")]);
    if is_there(&reference) {
        return Ok(reference);
    }
    let folder = tempfile::tempdir_in(target()?)?;
    let root = folder.path().join("root");
    debootstrap(&root, "ca-certificates")?;
    for unneeded in ["var/lib/apt/lists", "var/cache/apt", "usr/share/doc", "usr/share/man", "usr/share/locale"] {
        let _ = fs::remove_dir_all(root.join(unneeded));
    }
    fs::create_dir_all(root.join("var/cache/apt/archives/partial"))?;
    let slim = "path-exclude=/usr/share/doc/*\npath-exclude=/usr/share/man/*\npath-exclude=/usr/share/locale/*\n";
    fs::write(root.join("etc/dpkg/dpkg.cfg.d/slim"), slim)?;
    let archive = folder.path().join("root.tar");
    run(Command::new("tar").arg("-C").arg(&root).arg("-cf").arg(&archive).arg("."))?;
    run(Command::new("docker").arg("import").arg(&archive).arg(&reference).stdout(Stdio::null()))
        .context("Docker keeps the stand-in: apt-get install docker.io, and start dockerd")?;
    Ok(reference)
}

/// [`debian_image`] for the stages that install packages of a language: it trusts whom this machine trusts, so that a proxy of its own works.
///
/// # Errors
///
/// As [`debian_image`].
pub fn debian_builder() -> anyhow::Result<String> {
    let (debian, authorities) = (debian_image()?, fs::read(AUTHORITIES)?);
    let reference = name("debian-builder", &[debian.as_bytes(), &authorities, include_bytes!("debian.rs")]);
    if is_there(&reference) {
        return Ok(reference);
    }
    let context = tempfile::tempdir_in(target()?)?;
    fs::write(context.path().join("authorities"), authorities)?;
    let dockerfile = format!(
        "FROM {debian}\nCOPY authorities {AUTHORITIES}\nENV PIP_CERT={AUTHORITIES} NODE_EXTRA_CA_CERTS={AUTHORITIES}\n"
    );
    fs::write(context.path().join("Dockerfile"), dockerfile)?;
    run(Command::new("docker")
        .env("DOCKER_BUILDKIT", "0")
        .args(["build", "--quiet", "-t", &reference])
        .arg(context.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null()))?;
    Ok(reference)
}
