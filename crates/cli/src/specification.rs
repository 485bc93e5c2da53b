//! Specifications that the user names, and their problems as a compiler would tell them.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use seaworthy_report::{Report, Verdict};
use seaworthy_spec::{Check, Criterion, Spec, SpecError};

use crate::failure::Failure;
use crate::files::{self, ReadError};
use crate::folder::Folder;

/// The name of the specification in a project.
const NAME: &str = "containerization-spec.md";
/// The largest specification that is read.
const LIMIT_BYTES: u64 = seaworthy_spec::LARGEST_BYTES as u64;

/// A file that is there, and is no specification.
#[derive(Debug, thiserror::Error)]
#[error("`{path}` is no specification")]
pub(crate) struct Problems {
    pub(crate) path: String,
    #[source]
    pub(crate) error: SpecError,
}

/// Reads and understands the specification at `path`.
///
/// # Errors
///
/// Fails if it cannot be read, or with all its [`Problems`].
pub(crate) fn read(path: &Path) -> anyhow::Result<Spec> {
    let bytes = files::read(path, LIMIT_BYTES)?;
    Ok(Spec::from_bytes(&bytes).map_err(|error| Problems { path: path.display().to_string(), error })?)
}

/// As [`read`], from the file that the user named, else from the project's.
///
/// # Errors
///
/// As [`read`].
pub(crate) fn of_project(folder: &Folder, named: Option<PathBuf>) -> anyhow::Result<(PathBuf, Spec)> {
    let default = named.is_none();
    let path = named.unwrap_or_else(|| folder.join(NAME));
    let missing = |error: &anyhow::Error| {
        let cause = error.downcast_ref();
        matches!(cause, Some(ReadError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound)
    };
    match read(&path) {
        Ok(spec) => Ok((path, spec)),
        Err(error) if default && missing(&error) => Err(Failure::new(format!("there is no `{}`", path.display()))
            .hint("it holds the project's promises; `-C DIR` names another project")
            .into()),
        Err(error) => Err(error),
    }
}

/// Ticks the boxes of the promises that the report says are kept, and unticks the others. Returns how many changed.
///
/// # Errors
///
/// Fails if the file is no longer the one that was verified, or cannot be written.
pub(crate) fn tick(path: &Path, source: &str, report: &Report) -> anyhow::Result<usize> {
    let bytes = files::read(path, LIMIT_BYTES)?;
    if bytes != source.as_bytes() {
        return Err(Failure::new(format!("`{}` has changed since it was verified: no box was ticked", path.display()))
            .hint("run the same command again")
            .into());
    }
    let is_kept = |line| {
        let criterion = report.criteria.iter().find(|criterion| criterion.line == line);
        criterion.map(|criterion| criterion.verdict == Verdict::Pass)
    };
    let ticked = seaworthy_spec::tick(source, is_kept);
    if ticked != source {
        files::replace(path, &ticked).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(ticked.bytes().zip(source.bytes()).filter(|(new, old)| new != old).count())
}

/// `2 boxes changed in containerization-spec.md`
pub(crate) fn ticked(count: usize, path: &Path) -> String {
    let boxes = if count == 1 { "box" } else { "boxes" };
    format!("{count} {boxes} changed in {}", path.display())
}

/// Whether a sentence of it asks for a second build.
pub(crate) fn promises_reproducible(spec: &Spec) -> bool {
    spec.criteria.iter().flat_map(Criterion::checks).any(|check| *check == Check::BuildReproducible)
}
