//! What git knows of the sources.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The commit from which something is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The commit; `-dirty` behind it when the tree differs from it.
    pub name: String,
    /// Of the commit, in seconds since 1970.
    pub time: i64,
    /// The whole tree's folder.
    pub root: PathBuf,
}

/// `None` without git, outside of a repository, and before the first commit.
pub fn revision(folder: &Path) -> Option<Revision> {
    let root = PathBuf::from(git(folder, &["rev-parse", "--show-toplevel"])?.trim_end());
    let shown = git(folder, &["log", "-1", "--format=%H %ct"])?;
    let (commit, time) = shown.trim_end().split_once(' ')?;
    let dirty = git(&root, &["status", "--porcelain"]).is_none_or(|status| !status.is_empty());
    let name = format!("{commit}{}", if dirty { "-dirty" } else { "" });
    Some(Revision { name, time: time.parse().ok()?, root })
}

/// The version that a tag gives the commit: of `v1.4.2` and the like, the last one that git lists. `None` where no tag does.
pub fn tagged_version(folder: &Path, commit: &str) -> Option<String> {
    if commit.is_empty() || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let tags = git(folder, &["tag", "--points-at", commit, "--sort=version:refname"])?;
    let version = |tag: &str| {
        let version = tag.strip_prefix('v').unwrap_or(tag);
        let core = version.split(['-', '+']).next().unwrap_or_default();
        let numbers: Vec<&str> = core.split('.').collect();
        let number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        (numbers.len() == 3 && numbers.iter().all(number)).then(|| version.to_owned())
    };
    tags.lines().rev().find_map(version)
}

/// The files of a tree that are tracked, or new and not ignored; relative to `root`.
pub(crate) fn files(root: &Path) -> Option<Vec<PathBuf>> {
    let list = git(root, &["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"])?;
    Some(list.split_terminator('\0').map(PathBuf::from).collect())
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok())?
}
