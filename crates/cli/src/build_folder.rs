//! The folder that a Dockerfile is built with, told by the files that it copies.

use std::path::{Path, PathBuf};

/// Folders above a project's own that a build may be given, at most.
const UP: usize = 4;

/// The project's folder, or one above it that has more of the files which `COPY` names: a repository's root, often.
pub(crate) fn find(folder: &Path, copied: &[String]) -> PathBuf {
    let count = |folder: &Path| copied.iter().filter(|path| folder.join(path).exists()).count();
    let mut best = (folder.to_owned(), count(folder));
    for above in above(folder) {
        let found = count(&above);
        if found > best.1 {
            best = (above, found);
        }
    }
    best.0
}

/// Whether a folder above this one has the path.
pub(crate) fn is_above(folder: &Path, path: &str) -> bool {
    above(folder).any(|above| above.join(path).exists())
}

/// A file's path for the eye: without `./` before it.
pub(crate) fn inside(folder: &Path, name: &str) -> PathBuf {
    if folder == Path::new(".") { name.into() } else { folder.join(name) }
}

/// The folders above, as far as the repository's root.
fn above(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let up = |below: &PathBuf| (!below.join(".git").exists()).then(|| inside(below, ".."));
    std::iter::successors(up(&folder.to_owned()), up).take(UP)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_folder_that_has_most_of_what_is_copied_is_the_builds() -> anyhow::Result<()> {
        let root = tempfile::tempdir()?;
        let project = root.path().join("repository/services/api");
        fs::create_dir_all(project.join("src"))?;
        fs::create_dir_all(root.path().join("repository/.git"))?;
        fs::create_dir_all(root.path().join("outside"))?;
        let depth = |copied: &[&str]| {
            let copied: Vec<String> = copied.iter().map(|path| (*path).to_owned()).collect();
            find(&project, &copied).strip_prefix(&project).map(|above| above.components().count())
        };
        assert_eq!(depth(&[])?, 0);
        assert_eq!(depth(&["src"])?, 0);
        assert_eq!(depth(&["api/src"])?, 1);
        assert_eq!(depth(&["services/api/src", "made/by/the/build"])?, 2);
        // What lies outside the repository is not looked at.
        assert_eq!(depth(&["outside"])?, 0);
        assert!(is_above(&project, "services") && !is_above(&project, "outside"));
        Ok(())
    }
}
