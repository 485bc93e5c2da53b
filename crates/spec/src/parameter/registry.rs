//! Registries, repositories and tags.

use super::program::phrase;
use super::service::host_name;
use crate::sentence::Token;

/// A registry that can be nothing else: by its name, with a repository, or a host that is called so.
pub(super) fn known_registry(tokens: &[Token]) -> Option<(usize, String)> {
    let (length, name) = registry(tokens)?;
    let host = name.split('/').next().unwrap_or_default();
    let ends = ["docker.io", "ghcr.io", "quay.io", "gcr.io", "public.ecr.aws", "azurecr.io", "pkg.dev"];
    let begins = ["registry.", "harbor.", "artifactory.", "nexus.", "docker.", "cr."];
    let is_known = ends.iter().any(|end| host == *end || host.ends_with(&format!(".{end}")))
        || begins.iter().any(|begin| host.starts_with(begin))
        || [".registry.", ".dkr.ecr."].iter().any(|part| host.contains(part));
    is_known.then_some((length, name))
}

/// A registry's host; the well-known ones also by their names.
pub(super) fn registry(tokens: &[Token]) -> Option<(usize, String)> {
    let named = phrase(
        tokens,
        &[
            ("docker hub", "docker.io"),
            ("dockerhub", "docker.io"),
            ("ghcr", "ghcr.io"),
            ("github container registry", "ghcr.io"),
            ("quay", "quay.io"),
            ("gitlab container registry", "registry.gitlab.com"),
        ],
    );
    named.or_else(|| repository_name(tokens)).or_else(|| host_name(tokens))
}

/// `ghcr.io/acme/app`: a registry's host and a path there, without a tag.
pub(super) fn repository_name(tokens: &[Token]) -> Option<(usize, String)> {
    let token = tokens.first()?;
    let (host, path) = token.text.split_once('/')?;
    host_name(&[Token::new(host, token.start)])?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.ends_with(|c: char| c.is_ascii_alphanumeric())
            && part.bytes().all(plain)
    };
    let is_path = path.len() <= 255 && path.split('/').all(is_part);
    is_path.then(|| (1, format!("{}/{path}", host.to_lowercase())))
}

/// `acme/app`, as repositories of Docker Hub are called there.
pub(super) fn hub_repository(tokens: &[Token]) -> Option<(usize, String)> {
    const NO_OWNERS: &[&str] = &["linux", "windows", "darwin", "multi", "read", "owner", "amd64", "arm64"];
    let token = tokens.first()?;
    let owner = token.text.split('/').next().unwrap_or_default();
    let is_name = token.text.split('/').count() == 2 && !token.text.contains([':', '.', '@']);
    let is_hub = is_name && !NO_OWNERS.contains(&owner.to_lowercase().as_str());
    let full = format!("docker.io/{}", token.text);
    repository_name(&[Token::new(&full, token.start)]).filter(|_| is_hub)
}

pub(super) fn tag(tokens: &[Token]) -> Option<(usize, String)> {
    let skipped = usize::from(tokens.first().is_some_and(|token| ["the", "its"].contains(&token.word.as_str())));
    let found = phrase(
        &tokens[skipped..],
        &[
            ("version", "version"),
            ("version number", "version"),
            ("version tag", "version"),
            ("semantic version", "version"),
            ("semantic version tag", "version"),
            ("release version", "version"),
            ("maven version", "version"),
            ("app version", "version"),
            ("application version", "version"),
            ("semver", "version"),
            ("full semver", "version"),
            ("full semver version", "version"),
            ("full version", "version"),
            ("gitversion semver", "version"),
            ("short git commit", "commit"),
            ("short git commit sha", "commit"),
            ("git short sha", "commit"),
            ("semver tag", "version"),
            ("semver version", "version"),
            ("x.y.z", "version"),
            ("full git sha", "commit"),
            ("full commit sha", "commit"),
            ("full commit hash", "commit"),
            ("full sha", "commit"),
            ("short commit", "commit"),
            ("short commit hash", "commit"),
            ("short commit sha", "commit"),
            ("short sha", "commit"),
            ("short git sha", "commit"),
            ("git commit sha", "commit"),
            ("git commit hash", "commit"),
            ("git hash", "commit"),
            ("git revision", "commit"),
            ("commit id", "commit"),
            ("commit hash", "commit"),
            ("commit sha", "commit"),
            ("git sha", "commit"),
            ("git commit", "commit"),
            ("commit", "commit"),
            ("latest", "latest"),
        ],
    );
    found.map(|(length, name)| (length + skipped, name))
}
