//! The Python that the original runs on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

/// Its program, and what it needs.
pub(super) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/original");

const INSTALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/install-original.sh");

/// Installs what it needs, unless that has been done. Returns where.
pub(super) fn install() -> anyhow::Result<PathBuf> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/original");
    let needed = |folder: &Path| {
        let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
        Some((read("requirements.txt")?, read("requirements-tuned.txt")?))
    };
    if needed(&target) != needed(Path::new(FOLDER)) {
        let status = Command::new(INSTALL).arg(&target).status().with_context(|| format!("cannot run `{INSTALL}`"))?;
        ensure!(status.success(), "`{INSTALL}` failed");
    }
    Ok(target)
}
