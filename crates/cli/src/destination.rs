//! `--to HOST/REPO`: the repository that an image is pushed to.

use std::fmt;
use std::str::FromStr;

use seaworthy_image::{Reference, ReferenceError};

/// A repository in a registry, by Docker's rules: `ghcr.io/acme/app`, `localhost:5000/app`, `acme/app`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination(pub(crate) Reference);

/// Why a text names no repository.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DestinationError {
    #[error(
        "it names a repository, without a tag; tags are made from the version and the commit, and `--tag T` adds one"
    )]
    Tag,
    #[error("it names a repository, without a digest")]
    Digest,
    #[error("{error}{}", .error.hint().map(|hint| format!("; {hint}")).unwrap_or_default())]
    Reference { error: ReferenceError },
}

impl FromStr for Destination {
    type Err = DestinationError;

    fn from_str(text: &str) -> Result<Self, DestinationError> {
        let text = text.strip_prefix("docker://").unwrap_or(text);
        if text.contains('@') {
            return Err(DestinationError::Digest);
        }
        let reference: Reference = text.parse().map_err(|error| DestinationError::Reference { error })?;
        if text.rsplit('/').next().is_some_and(|last| last.contains(':')) {
            return Err(DestinationError::Tag);
        }
        Ok(Self(reference))
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.0.registry(), self.0.repository())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_a_repository() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            let got = match text.parse::<Destination>() {
                Ok(destination) => destination.to_string(),
                Err(error) => format!("error: {error}"),
            };
            assert!(got.starts_with(expected), "{text}: {got}");
        }
        check("ghcr.io/acme/app", "ghcr.io/acme/app");
        check("docker://ghcr.io/acme/app", "ghcr.io/acme/app");
        check("localhost:5000/app", "localhost:5000/app");
        check("acme/app", "docker.io/acme/app");
        check("ghcr.io/acme/app:1.0", "error: it names a repository, without a tag");
        check("localhost:5000/app:1", "error: it names a repository, without a tag");
        check("app@sha256:00", "error: it names a repository, without a digest");
        check("ghcr.io/Acme/App", "error: `Acme/App` has capital letters");
        check("", "error: an image's name is empty");
        check("./folder", "error: `.` is not a registry's host name");
    }
}
