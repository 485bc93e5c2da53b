//! A copy of a fresh cluster, kept in the user's cache: `initdb` takes most of a second, a copy of its work a tenth.
//!
//! It is kept before any password is set, and for one exact version of the server.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use crate::programs::Programs;

/// Changed when what a template holds changes.
const FORM: &str = "1";

/// Where the template of this server lies or would lie; `None` without a cache folder.
pub(crate) fn place(programs: &Programs) -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let cache = cache.or_else(|| std::env::home_dir().map(|home| home.join(".cache")))?;
    let said = programs.command(programs.path("postgres")).arg("--version").output().ok()?;
    let version: String = String::from_utf8_lossy(&said.stdout)
        .trim()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' })
        .take(100)
        .collect();
    Some(cache.join("seaworthy/postgres").join(format!("{version}-{FORM}"))).filter(|_| said.status.success())
}

/// Copies the template to `data`; `false` where there is none that this user made.
pub(crate) fn take(template: &Path, data: &Path, programs: &Programs) -> io::Result<bool> {
    // Somebody else's files must not become our server's.
    let ours = |found: fs::Metadata| found.is_dir() && found.uid() == rustix::process::geteuid().as_raw();
    if !fs::symlink_metadata(template).is_ok_and(ours) {
        return Ok(false);
    }
    copy(template, data, &|path| programs.own(path))?;
    Ok(true)
}

/// Keeps `data` for the next time. A cache that cannot be written is no error: there just is none.
pub(crate) fn keep(template: &Path, data: &Path) {
    let Some(parent) = template.parent() else { return };
    if DirBuilder::new().recursive(true).mode(0o700).create(parent).is_err() {
        return;
    }
    let Ok(unfinished) = tempfile::Builder::new().prefix(".new-").tempdir_in(parent) else { return };
    let inner = unfinished.path().join("data");
    if copy(data, &inner, &|_| Ok(())).is_ok() {
        // Whoever was first wins; the other's copy goes.
        let _ = fs::rename(inner, template);
    }
}

/// Takes away a template that turned out bad.
pub(crate) fn forget(template: &Path) {
    let _ = fs::remove_dir_all(template);
}

/// Folders and files, private to their owner; a cluster has nothing else.
fn copy(from: &Path, to: &Path, own: &dyn Fn(&Path) -> io::Result<()>) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(to)?;
    own(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy(&entry.path(), &target, own)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), &target)?;
            own(&target)?;
        } else {
            return Err(io::Error::other(format!("`{}` is neither file nor folder", entry.path().display())));
        }
    }
    Ok(())
}
