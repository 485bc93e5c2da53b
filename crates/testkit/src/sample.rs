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
    let sources = workspace().join("crates/testkit/sample");
    let files = ["notes.rs", "authors.rs", "inside.rs", "pages.rs", "postgres.rs", "wire.rs", "worker.rs"]
        .map(|name| fs::read(sources.join(name)));
    let digest = seaworthy_image::Digest::of(&files.into_iter().collect::<Result<Vec<_>, _>>()?.concat());
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
        .arg(sources.join("notes.rs")))
    .context("the sample service is compiled statically: apt-get install gcc libc6-dev")?;
    fs::rename(&made, &binary)?;
    Ok(binary)
}
