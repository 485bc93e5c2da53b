//! A stand-in for the `rust` image that the Task API's Dockerfile names: Debian by debootstrap, with this machine's toolchain.
//!
//! Made once and kept by the Docker engine, named by what is in it: a build needs no network, because the crates that are in the
//! local cargo home come along.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

/// The reference of the stand-in, made when the engine does not have it yet. Takes a minute or two then.
///
/// # Errors
///
/// Fails, with the line that installs it, where debootstrap or Docker is missing.
pub fn rust_image() -> anyhow::Result<String> {
    let lock = fs::read(workspace().join("Cargo.lock"))?;
    let toolchain = toolchain_image()?;
    let reference = name("rust", &[&lock, toolchain.as_bytes()]);
    if is_there(&reference) {
        return Ok(reference);
    }
    let home = std::env::var_os("CARGO_HOME")
        .map_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cargo"), PathBuf::from);
    let context = tempfile::tempdir_in(target()?)?;
    for part in ["index", "cache"] {
        run(Command::new("cp").arg("-a").arg(home.join("registry").join(part)).arg(context.path()))?;
    }
    fs::write(
        context.path().join("Dockerfile"),
        format!(
            "FROM {toolchain}\nENV CARGO_HOME=/usr/local/cargo CARGO_NET_OFFLINE=true\nCOPY index /usr/local/cargo/registry/index\n\
             COPY cache /usr/local/cargo/registry/cache\n"
        ),
    )?;
    run(Command::new("docker")
        .env("DOCKER_BUILDKIT", "0")
        .args(["build", "--quiet", "-t", &reference])
        .arg(context.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null()))?;
    Ok(reference)
}

/// As [`rust_image`], for tests that are not about how well the Task API is optimised: its profile compiles on one core in a third of the time.
///
/// # Errors
///
/// As [`rust_image`].
pub fn hasty_rust_image() -> anyhow::Result<String> {
    const HASTE: &str = "ENV CARGO_PROFILE_IMAGE_LTO=off CARGO_PROFILE_IMAGE_CODEGEN_UNITS=16 CARGO_PROFILE_IMAGE_OPT_LEVEL=1 CARGO_BUILD_JOBS=1";
    let base = rust_image()?;
    let reference = name("hasty-rust", &[base.as_bytes(), HASTE.as_bytes()]);
    if !is_there(&reference) {
        let context = tempfile::tempdir_in(target()?)?;
        fs::write(context.path().join("Dockerfile"), format!("FROM {base}\n{HASTE}\n"))?;
        run(Command::new("docker")
            .env("DOCKER_BUILDKIT", "0")
            .args(["build", "--quiet", "-t", &reference])
            .arg(context.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null()))?;
    }
    Ok(reference)
}

/// Debian with a C compiler and this machine's Rust toolchain.
fn toolchain_image() -> anyhow::Result<String> {
    let version = output(Command::new("rustc").arg("--version"))?;
    let reference = name("toolchain", &[version.as_bytes(), include_bytes!("rust_image.rs")]);
    if is_there(&reference) {
        return Ok(reference);
    }
    let folder = tempfile::tempdir_in(target()?)?;
    let root = folder.path().join("root");
    debootstrap(&root, "gcc,libc6-dev,ca-certificates")?;
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
    run(Command::new("cp").args(["-a", "--", sysroot.trim()]).arg(root.join("usr/local/rust")))?;
    for unneeded in ["share/doc", "lib/rustlib/src"] {
        let _ = fs::remove_dir_all(root.join("usr/local/rust").join(unneeded));
    }
    let archive = folder.path().join("root.tar");
    run(Command::new("tar").arg("-C").arg(&root).arg("-cf").arg(&archive).arg("."))?;
    run(Command::new("docker")
        .args([
            "import",
            "-c",
            "ENV PATH=/usr/local/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ])
        .arg(&archive)
        .arg(&reference)
        .stdout(Stdio::null()))
    .context("Docker keeps the stand-in: apt-get install docker.io, and start dockerd")?;
    Ok(reference)
}

/// Makes a small Debian with these packages in a new folder.
pub(crate) fn debootstrap(root: &Path, packages: &str) -> anyhow::Result<()> {
    run(Command::new("debootstrap")
        .args(["--variant=minbase", &format!("--include={packages}"), "bookworm"])
        .arg(root)
        .stdout(Stdio::null()))
    .context("debootstrap makes the stand-in: apt-get install debootstrap")
}

/// A reference that names what it was made from.
pub(crate) fn name(what: &str, from: &[&[u8]]) -> String {
    format!("seaworthy-test/{what}:{}", &seaworthy_image::Digest::of(&from.concat()).hex()[..12])
}

pub(crate) fn is_there(reference: &str) -> bool {
    output(Command::new("docker").args(["image", "inspect", "-f", "ok", reference])).is_ok()
}

/// The root of this workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Cargo's target folder of this workspace.
pub(crate) fn target() -> anyhow::Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from);
    fs::create_dir_all(&target)?;
    Ok(target)
}

pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("cannot run `{}`", command.get_program().display()))?;
    ensure!(status.success(), "`{}` failed: {status}", command.get_program().display());
    Ok(())
}

pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stderr(Stdio::null()).output()?;
    ensure!(output.status.success(), "`{}` failed: {}", command.get_program().display(), output.status);
    Ok(String::from_utf8(output.stdout)?)
}
