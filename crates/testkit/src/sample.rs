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
    compiled("notes", &["notes.rs", "authors.rs", "inside.rs", "pages.rs", "postgres.rs", "wire.rs", "worker.rs"])
}

/// A service that keeps its notes in the servers that it is given; see `sample/links.rs`.
///
/// # Errors
///
/// As [`sample_service`].
pub fn links_service() -> anyhow::Result<PathBuf> {
    compiled("links", &["links.rs", "links_mysql.rs", "links_postgres.rs", "links_redis.rs"])
}

/// The program of these sources, of which the first has its `main`.
fn compiled(name: &str, sources: &[&str]) -> anyhow::Result<PathBuf> {
    let folder = workspace().join("crates/testkit/sample");
    let files = sources.iter().map(|name| fs::read(folder.join(name)));
    let digest = seaworthy_image::Digest::of(&files.collect::<Result<Vec<_>, _>>()?.concat());
    let main = folder.join(sources[0]);
    let folder = target()?.join("testkit");
    let binary = folder.join(format!("{name}-{}", &digest.hex()[..12]));
    if binary.exists() {
        return Ok(binary);
    }
    fs::create_dir_all(&folder)?;
    let unfinished = tempfile::Builder::new().prefix(name).tempdir_in(&folder)?;
    let made = unfinished.path().join(name);
    run(Command::new("rustc")
        .args(["--edition=2024", "-O", "-Ctarget-feature=+crt-static", "-Cstrip=symbols", "-o"])
        .arg(&made)
        .arg(main))
    .context("the sample service is compiled statically: apt-get install gcc libc6-dev")?;
    fs::rename(&made, &binary)?;
    Ok(binary)
}
