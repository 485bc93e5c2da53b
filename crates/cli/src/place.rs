//! Where `build` puts an image: `-o DEST`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A place for an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// An OCI image layout: `oci:PATH`, or a plain path.
    Layout(PathBuf),
    /// For `docker load`.
    DockerArchive(PathBuf),
    OciArchive(PathBuf),
}

/// Why a text is no place for an image.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PlaceError {
    #[error("a path is missing")]
    Path,
    #[error("`{0}` cannot be written to; there are `oci:PATH`, `docker-archive:FILE` and `oci-archive:FILE`")]
    Unknown(String),
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let (kind, path) = text.split_once(':').unwrap_or(("oci", text));
        if path.is_empty() {
            return Err(PlaceError::Path);
        }
        match kind {
            "oci" => Ok(Self::Layout(path.into())),
            "docker-archive" => Ok(Self::DockerArchive(path.into())),
            "oci-archive" => Ok(Self::OciArchive(path.into())),
            // A path may hold a colon, behind a `/` or a `.`.
            _ if kind.contains(['/', '.']) => Ok(Self::Layout(text.into())),
            _ => Err(PlaceError::Unknown(kind.to_owned())),
        }
    }
}

impl Place {
    /// The folder of a layout; the archives are made from one elsewhere.
    pub(crate) fn layout(&self) -> Option<&Path> {
        match self {
            Self::Layout(path) => Some(path),
            Self::DockerArchive(_) | Self::OciArchive(_) => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layout(path) => write!(f, "oci:{}", path.display()),
            Self::DockerArchive(path) => write!(f, "docker-archive:{}", path.display()),
            Self::OciArchive(path) => write!(f, "oci-archive:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_by_what_stands_before_the_colon() {
        #[track_caller]
        fn check(text: &str, expected: Result<&str, PlaceError>) {
            assert_eq!(text.parse::<Place>().map(|place| place.to_string()), expected.map(str::to_owned));
        }
        check("oci:a", Ok("oci:a"));
        check("a/b", Ok("oci:a/b"));
        check("./a:b", Ok("oci:./a:b"));
        check("docker-archive:a.tar", Ok("docker-archive:a.tar"));
        check("oci-archive:a.tar", Ok("oci-archive:a.tar"));
        check("docker-daemon:a", Err(PlaceError::Unknown("docker-daemon".into())));
        check("oci:", Err(PlaceError::Path));
        check("", Err(PlaceError::Path));
    }
}
