//! What the user writes for an image: `oci:PATH`, `docker-archive:FILE`, a registry's reference, …

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::{Reference, ReferenceError};

/// Where an image is to be taken from, or put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `oci:PATH[:NAME]`
    Layout { path: PathBuf, name: Option<String> },
    /// `docker-archive:FILE[:NAME]`
    DockerArchive { path: PathBuf, name: Option<String> },
    /// `oci-archive:FILE[:NAME]`
    OciArchive { path: PathBuf, name: Option<String> },
    /// `docker-daemon:NAME:TAG`
    DockerDaemon(Reference),
    /// `HOST/REPO:TAG`
    Registry(Reference),
}

/// Why a text says no place of an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    #[error("`{0}:` needs a path behind it")]
    NoPath(&'static str),
    #[error(transparent)]
    Reference(#[from] ReferenceError),
}

impl SourceError {
    /// What to try instead.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoPath(_) => None,
            Self::Reference(error) => error.hint(),
        }
    }
}

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        if let Some(rest) = text.strip_prefix("oci:") {
            let (path, name) = path("oci", rest)?;
            return Ok(Self::Layout { path, name });
        }
        if let Some(rest) = text.strip_prefix("docker-archive:") {
            let (path, name) = path("docker-archive", rest)?;
            return Ok(Self::DockerArchive { path, name });
        }
        if let Some(rest) = text.strip_prefix("oci-archive:") {
            let (path, name) = path("oci-archive", rest)?;
            return Ok(Self::OciArchive { path, name });
        }
        if let Some(rest) = text.strip_prefix("docker-daemon:") {
            return Ok(Self::DockerDaemon(rest.parse()?));
        }
        // `docker://` is how other tools write a registry's reference.
        Ok(Self::Registry(text.strip_prefix("docker://").unwrap_or(text).parse()?))
    }
}

/// Splits at the first colon, as other tools do.
fn path(scheme: &'static str, text: &str) -> Result<(PathBuf, Option<String>), SourceError> {
    let (path, name) = match text.split_once(':') {
        Some((path, name)) => (path, Some(name.to_owned()).filter(|name| !name.is_empty())),
        None => (text, None),
    };
    if path.is_empty() { Err(SourceError::NoPath(scheme)) } else { Ok((path.into(), name)) }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, path, name) = match self {
            Self::Layout { path, name } => ("oci", path, name),
            Self::DockerArchive { path, name } => ("docker-archive", path, name),
            Self::OciArchive { path, name } => ("oci-archive", path, name),
            Self::DockerDaemon(reference) => return write!(f, "docker-daemon:{}", reference.familiar()),
            Self::Registry(reference) => return f.write_str(&reference.familiar()),
        };
        write!(f, "{scheme}:{}", path.display())?;
        match name {
            Some(name) => write!(f, ":{name}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let got = match text.parse::<Source>() {
            Ok(source) => format!("{source:?}"),
            Err(error) => format!("error: {error}; {}", error.hint().unwrap_or_default()),
        };
        assert!(got.starts_with(expected), "{text}: {got}");
    }

    #[test]
    fn the_place_is_told_by_what_stands_before_the_colon() {
        check("oci:target/app", r#"Layout { path: "target/app", name: None }"#);
        check("oci:target/app:1.0", r#"Layout { path: "target/app", name: Some("1.0") }"#);
        check("docker-archive:a.tar", r#"DockerArchive { path: "a.tar", name: None }"#);
        check("docker-archive:a.tar:app:1", r#"DockerArchive { path: "a.tar", name: Some("app:1") }"#);
        check("oci-archive:a.tar", r#"OciArchive { path: "a.tar", name: None }"#);
        check("docker-daemon:app:1", r#"DockerDaemon(Reference { registry: "docker.io", repository: "library/app""#);
        check("ghcr.io/owner/app", r#"Registry(Reference { registry: "ghcr.io""#);
        check("docker://alpine", r#"Registry(Reference { registry: "docker.io""#);
        check("oci:", "error: `oci:` needs a path behind it");
        check("./target/app", "error: `.` is not a registry's host name; a folder is named `oci:PATH`");
        check("/target/app", "error: `/target/app` is not a repository's name");
    }
}
