//! Files that a user names, read without trusting their size.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
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

/// Puts another text in the place of a file's: whole or not at all, with the permissions that it has, through links to it.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let permissions = fs::metadata(&path)?.permissions();
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut file = tempfile::Builder::new().tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(permissions)?;
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
    fn a_file_without_an_end_is_refused() {
        assert!(matches!(read(Path::new("/dev/zero"), 1_000), Err(ReadError::TooLarge { .. })));
    }
}
