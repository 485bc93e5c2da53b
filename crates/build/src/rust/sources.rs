//! A copy of a project's sources in another folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::BuildError;
use crate::git;

/// Copies what belongs to the sources: with git what is tracked or new and not ignored, else all but `target` folders.
pub(crate) fn copy(root: &Path, to: &Path, skip: &Path) -> Result<(), BuildError> {
    let files = match git::files(root) {
        Some(files) => files,
        None => walk(root, skip).map_err(|source| BuildError::Copy { path: root.to_owned(), source })?,
    };
    for file in files {
        let from = root.join(&file);
        copy_one(&from, &to.join(&file)).map_err(|source| BuildError::Copy { path: from, source })?;
    }
    Ok(())
}

fn copy_one(from: &Path, to: &Path) -> io::Result<()> {
    let metadata = match fs::symlink_metadata(from) {
        Ok(metadata) => metadata,
        // Tracked, and deleted here.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    fs::create_dir_all(to.parent().unwrap_or(to))?;
    if metadata.is_symlink() {
        std::os::unix::fs::symlink(fs::read_link(from)?, to)
    } else if metadata.is_file() {
        fs::copy(from, to).map(drop)
    } else {
        // A submodule is listed as one name.
        Ok(())
    }
}

fn walk(root: &Path, skip: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                if path != skip && !path.join("CACHEDIR.TAG").exists() && entry.file_name() != ".git" {
                    folders.push(path);
                }
            } else if let Ok(relative) = path.strip_prefix(root) {
                files.push(relative.to_owned());
            }
        }
    }
    Ok(files)
}
