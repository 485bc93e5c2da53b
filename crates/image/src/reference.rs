//! Names of images in registries, read by Docker's rules.

use std::fmt;
use std::str::FromStr;

use crate::Digest;

/// `alpine`, `ghcr.io/owner/app:1.0`, `localhost:5000/app@sha256:…`, made whole: registry, repository, and what of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    /// `docker.io`, `localhost:5000`
    registry: String,
    /// `library/alpine`
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// Why a text names no image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    #[error("an image's name is empty")]
    Empty,
    #[error("`{0}` is not a registry's host name")]
    Registry(String),
    #[error("`{0}` is not a repository's name: lower-case letters, digits, and `.`, `_`, `-` or `/` between them")]
    Repository(String),
    #[error("`{0}` has capital letters, which a repository's name cannot have")]
    Capitals(String),
    #[error("`{0}` is an image's id, not a name")]
    Id(String),
    #[error("`{0}` is not a tag: up to 128 letters, digits, `_`, `.` and `-`, of which the last two do not begin it")]
    Tag(String),
    #[error("`{0}` is not a digest of the form `sha256:` and 64 lower-case hexadecimal digits")]
    Digest(String),
    #[error("an image's name has more than 255 characters")]
    TooLong,
}

impl ReferenceError {
    /// What to try instead.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Capitals(name) => Some(format!("write `{}`", name.to_ascii_lowercase())),
            Self::Registry(name) | Self::Repository(name) if name.is_empty() || name.starts_with(['.', '/']) => {
                Some("a folder is named `oci:PATH`, a file `docker-archive:FILE` or `oci-archive:FILE`".to_owned())
            }
            _ => None,
        }
    }
}

/// The registry that a name without one means.
pub const DOCKER_HUB: &str = "docker.io";

impl Reference {
    /// With its port, where it has one.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    pub fn repository(&self) -> &str {
        &self.repository
    }

    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// What to ask the registry for: the digest, else the tag, else `latest`.
    pub fn identifier(&self) -> &str {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.as_str(),
            (None, Some(tag)) => tag,
            (None, None) => "latest",
        }
    }

    /// The same repository, by digest alone.
    #[must_use]
    pub fn with_digest(&self, digest: Digest) -> Self {
        Self { tag: None, digest: Some(digest), ..self.clone() }
    }

    /// The same repository, by tag alone.
    ///
    /// # Errors
    ///
    /// Fails if the text is no tag.
    pub fn with_tag(&self, tag: &str) -> Result<Self, ReferenceError> {
        Ok(Self { tag: Some(check_tag(tag)?.to_owned()), digest: None, ..self.clone() })
    }

    /// As Docker shows it: without what goes without saying.
    pub fn familiar(&self) -> String {
        let whole = self.to_string();
        match whole.strip_prefix("docker.io/") {
            Some(name) => name.strip_prefix("library/").unwrap_or(name).to_owned(),
            None => whole,
        }
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        if text.is_empty() {
            return Err(ReferenceError::Empty);
        }
        if text.len() > 1_000 {
            return Err(ReferenceError::TooLong);
        }
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => {
                (name, Some(digest.parse().map_err(|_| ReferenceError::Digest(digest.to_owned()))?))
            }
            None => (text, None),
        };
        let (name, tag) = match name.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(check_tag(tag)?.to_owned())),
            _ => (name, None),
        };
        let (registry, path) = match name.split_once('/') {
            Some((first, rest)) if is_host(first) => (first, rest),
            _ => (DOCKER_HUB, name),
        };
        let registry = match registry {
            "index.docker.io" => DOCKER_HUB,
            other => check_registry(other)?,
        };
        check_repository(path)?;
        let short = registry == DOCKER_HUB && !path.contains('/');
        let repository = if short { format!("library/{path}") } else { path.to_owned() };
        if registry.len() + 1 + repository.len() > 255 {
            return Err(ReferenceError::TooLong);
        }
        let tag = tag.or_else(|| digest.is_none().then(|| "latest".to_owned()));
        Ok(Self { registry: registry.to_owned(), repository, tag, digest })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

/// Docker's rule for telling `ghcr.io/app` from `library/app`.
fn is_host(first: &str) -> bool {
    first == "localhost" || first.contains(['.', ':']) || first.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn check_registry(host: &str) -> Result<&str, ReferenceError> {
    let error = || ReferenceError::Registry(host.to_owned());
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    if port.is_some_and(|port| port.parse::<u16>().is_err() || port.starts_with('+')) {
        return Err(error());
    }
    let label = |label: &str| {
        let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = label.as_bytes();
        edge(bytes.first())
            && edge(bytes.last())
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    let valid = match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => name.split('.').all(label),
    };
    if valid { Ok(host) } else { Err(error()) }
}

fn check_repository(path: &str) -> Result<(), ReferenceError> {
    let error = || ReferenceError::Repository(path.to_owned());
    if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(ReferenceError::Capitals(path.to_owned()));
    }
    if path.len() == 64 && path.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(ReferenceError::Id(path.to_owned()));
    }
    if path.split('/').all(is_component) { Ok(()) } else { Err(error()) }
}

/// Letters and digits, and between them one `.`, one or two `_`, or any number of `-`.
fn is_component(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else { return false };
    letter(first)
        && letter(last)
        && bytes
            .split(|&byte| letter(byte))
            .all(|between| matches!(between, b"" | b"." | b"_" | b"__") || between.iter().all(|&byte| byte == b'-'))
}

fn check_tag(tag: &str) -> Result<&str, ReferenceError> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = tag.as_bytes();
    let valid = bytes.first().is_some_and(|&first| word(first))
        && bytes.len() <= 128
        && bytes.iter().all(|&byte| word(byte) || byte == b'.' || byte == b'-');
    if valid { Ok(tag) } else { Err(ReferenceError::Tag(tag.chars().take(150).collect())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let got = match text.parse::<Reference>() {
            Ok(reference) => reference.to_string(),
            Err(error) => format!("error: {error}"),
        };
        assert!(got.starts_with(expected), "{text}: {got}");
        if !expected.starts_with("error") {
            assert_eq!(got.parse::<Reference>().unwrap().to_string(), got, "reading it again changes nothing");
        }
    }

    #[test]
    fn names_are_made_whole_by_dockers_rules() {
        let digest = Digest::of(b"");
        check("alpine", "docker.io/library/alpine:latest");
        check("alpine:3.20", "docker.io/library/alpine:3.20");
        check("owner/app", "docker.io/owner/app:latest");
        check("docker.io/alpine", "docker.io/library/alpine:latest");
        check("index.docker.io/alpine", "docker.io/library/alpine:latest");
        check("ghcr.io/owner/app:1.0", "ghcr.io/owner/app:1.0");
        check("localhost/app", "localhost/app:latest");
        check("localhost:5000/a/b/c:x", "localhost:5000/a/b/c:x");
        check("127.0.0.1:5000/app", "127.0.0.1:5000/app:latest");
        check("[::1]:5000/app", "[::1]:5000/app:latest");
        check("Registry/app", "Registry/app:latest");
        check("a__b/c--d.e_f", "docker.io/a__b/c--d.e_f:latest");
        check(&format!("app@{digest}"), &format!("docker.io/library/app@{digest}"));
        check(&format!("app:1@{digest}"), &format!("docker.io/library/app:1@{digest}"));

        check("", "error: an image's name is empty");
        check("Alpine", "error: `Alpine` has capital letters");
        check("a/", "error: `a/` is not a repository's name");
        check("a//b", "error: `a//b` is not a repository's name");
        check("a___b", "error: `a___b` is not a repository's name");
        check("-a", "error: `-a` is not a repository's name");
        check("a..b", "error: `a..b` is not a repository's name");
        check("app:", "error: `` is not a tag");
        check("app:.x", "error: `.x` is not a tag");
        check("app@sha256:123", "error: `sha256:123` is not a digest");
        check("host:99999/app", "error: `host:99999` is not a registry's host name");
        check("./folder", "error: `.` is not a registry's host name");
        check(digest.hex(), "error: `e3b0c");
        check(&"a".repeat(260), "error: an image's name has more than 255");
    }

    #[test]
    fn what_goes_without_saying_is_left_out_for_people() {
        let familiar = |text: &str| text.parse::<Reference>().unwrap().familiar();
        assert_eq!(familiar("alpine"), "alpine:latest");
        assert_eq!(familiar("owner/app:1"), "owner/app:1");
        assert_eq!(familiar("ghcr.io/owner/app:1"), "ghcr.io/owner/app:1");
    }
}
