//! The sample service, compiled once.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;

use crate::rust_image::{run, target, workspace};

/// The sample service as a static binary; see `sample/notes.rs` for what it does and how it can be wrong.
///
/// # Errors
///
/// Fails if it cannot be compiled: `rustc` and a static libc are needed.
pub fn sample_service() -> anyhow::Result<PathBuf> {
    let source = workspace().join("crates/testkit/sample/notes.rs");
    let digest = seaworthy_image::Digest::of(&fs::read(&source)?);
    let folder = target()?.join("testkit");
    let binary = folder.join(format!("notes-{}", &digest.hex()[..12]));
    if binary.exists() {
        return Ok(binary);
    }
    fs::create_dir_all(&folder)?;
    let unfinished = tempfile::Builder::new().prefix("notes-").tempdir_in(&folder)?;
    let made = unfinished.path().join("notes");
    run(Command::new("rustc")
        .args(["--edition=2024", "-O", "-Ctarget-feature=+crt-static", "-Cstrip=symbols", "-o"])
        .arg(&made)
        .arg(&source))
    .context("the sample service is compiled statically: apt-get install gcc libc6-dev")?;
    fs::rename(&made, &binary)?;
    Ok(binary)
}
