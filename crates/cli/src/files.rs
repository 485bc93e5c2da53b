//! Files that a user names, read without trusting their size.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

/// Why a file that the user named cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("cannot read `{path}`: it is a folder")]
    Folder { path: String },
    #[error("cannot read `{path}`: it has more than {limit_bytes} bytes")]
    TooLarge { path: String, limit_bytes: u64 },
    #[error("cannot read `{path}`")]
    Io { path: String, source: io::Error },
}

/// The whole file, if it has at most `limit_bytes`; no more than one byte beyond them is ever read.
pub(crate) fn read(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, ReadError> {
    let name = || path.display().to_string();
    let failed = |source| ReadError::Io { path: name(), source };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(ReadError::Folder { path: name() });
    }
    let mut bytes = Vec::new();
    if metadata.len() <= limit_bytes {
        file.take(limit_bytes + 1).read_to_end(&mut bytes).map_err(failed)?;
    }
    if metadata.len() > limit_bytes || bytes.len() as u64 > limit_bytes {
        return Err(ReadError::TooLarge { path: name(), limit_bytes });
    }
    Ok(bytes)
}

/// Makes a file, whole or not at all; never over one that is there.
pub(crate) fn create(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // As any program makes files: the user's mask says who else may read it.
    let mode = fs::Permissions::from_mode(0o666);
    let mut file = tempfile::Builder::new().permissions(mode).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

/// Puts another text in the place of a file's: whole or not at all, with its owner and permissions, through links to it.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let before = fs::metadata(&path)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut file = tempfile::Builder::new().tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    // Who is root keeps the owner; anybody else owns what he may replace, or becomes the owner.
    let _ = fchown(file.as_file(), Some(before.uid()), Some(before.gid()));
    file.as_file().set_permissions(before.permissions())?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}

/// The path as seen from the current folder, where it lies in it.
pub(crate) fn from_here(path: &Path) -> PathBuf {
    let current = std::env::current_dir().and_then(|current| current.canonicalize());
    current.ok().and_then(|current| path.strip_prefix(current).ok()).unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        assert!(matches!(read(&path, 4), Err(ReadError::TooLarge { .. })));
        assert!(matches!(read(folder.path(), 5), Err(ReadError::Folder { .. })));
        assert!(matches!(read(&folder.path().join("none"), 5), Err(ReadError::Io { .. })));
    }

    #[test]
    fn a_replaced_file_keeps_its_permissions_and_the_links_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        replace(&link, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_file_is_made_only_where_there_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        create(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_ne!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(create(&path, "newer").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_without_an_end_is_refused() {
        assert!(matches!(read(Path::new("/dev/zero"), 1_000), Err(ReadError::TooLarge { .. })));
    }
}
