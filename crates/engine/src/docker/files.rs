//! Files of this machine that a daemon mounts into its containers: in folders that nobody else enters, and that the next start removes after a
//! crash.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::client::Client;
use crate::folder::{self, Owned};
use crate::{EngineError, PutFile};

/// Files that are bound into a container, each by its path there. Dropping it removes them.
pub(crate) struct Files {
    bound: Vec<(String, PathBuf)>,
    _folder: Option<Folder>,
}

/// A folder for what a daemon mounts.
pub(crate) enum Folder {
    Owned(Owned),
    Temporary(TempDir),
}

/// Removes what crashed runs left.
pub(crate) fn clean() {
    if let Ok(parent) = parent() {
        folder::remove_leftovers(&parent);
    }
}

fn parent() -> io::Result<PathBuf> {
    Ok(folder::cache()?.join("mounted"))
}

impl Folder {
    /// `is_remapped`: the daemon's root has another number than ours, and may not enter our home.
    pub(crate) fn new(is_remapped: bool) -> io::Result<Self> {
        if is_remapped && rustix::process::geteuid().is_root() {
            let folder = tempfile::Builder::new().prefix("seaworthy-").tempdir()?;
            // Entered by who knows a name in it, which nobody can list.
            fs::set_permissions(folder.path(), Permissions::from_mode(0o711))?;
            return Ok(Self::Temporary(folder));
        }
        Owned::new(&parent()?).map(Self::Owned)
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Owned(folder) => folder.path(),
            Self::Temporary(folder) => folder.path(),
        }
    }
}

impl Files {
    /// Writes the files that are bound into a container.
    pub(crate) fn put(client: &Client, is_remapped: bool, files: &[PutFile]) -> Result<Self, EngineError> {
        let failed = |reason: String| client.failure("put a file into the container", reason);
        let here = |error: io::Error| failed(error.to_string());
        if files.is_empty() {
            return Ok(Self { bound: Vec::new(), _folder: None });
        }
        let folder = Folder::new(is_remapped).map_err(here)?;
        let put = |PutFile { path, content, is_executable }: &PutFile| {
            if !path.starts_with('/') || path.contains(':') {
                return Err(failed(format!("`{path}` is no path for it")));
            }
            let file = write(folder.path(), content, *is_executable).map_err(here)?;
            Ok((path.clone(), file))
        };
        Ok(Self { bound: files.iter().map(put).collect::<Result<_, _>>()?, _folder: Some(folder) })
    }

    /// Where each is, behind its path in the container.
    pub(crate) fn bound(&self) -> &[(String, PathBuf)] {
        &self.bound
    }
}

fn write(folder: &Path, content: &[u8], is_executable: bool) -> io::Result<PathBuf> {
    let file = tempfile::Builder::new().prefix("file-").tempfile_in(folder)?;
    io::Write::write_all(&mut file.as_file(), content)?;
    // Whatever the umask is, the container's user must be able to read it: on this machine the folder is in the way.
    file.as_file().set_permissions(Permissions::from_mode(if is_executable { 0o755 } else { 0o644 }))?;
    let (_, path) = file.keep().map_err(|error| error.error)?;
    Ok(path)
}
