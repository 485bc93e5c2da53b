//! Images, labels and platforms.

use crate::sentence::Token;

/// Images that are known by a bare name.
const BARE_IMAGES: &[&str] = &[
    "scratch",
    "alpine",
    "debian",
    "ubuntu",
    "busybox",
    "fedora",
    "archlinux",
    "amazonlinux",
    "rockylinux",
    "almalinux",
    "python",
    "node",
    "golang",
    "rust",
    "ruby",
    "php",
    "openjdk",
    "eclipse-temurin",
    "nginx",
    "postgres",
    "redis",
];

/// Whether an image is known by this name alone, without a tag: `python`.
pub fn is_known_image(name: &str) -> bool {
    BARE_IMAGES.contains(&name)
}

/// `python:3.12-alpine`, `gcr.io/distroless/static@sha256:…`, or a bare name that is known.
pub(super) fn image_reference(tokens: &[Token]) -> Option<(usize, String)> {
    let token = tokens.first()?;
    let text = &token.text;
    if let Some(rest) =
        text.strip_prefix("distroless/").filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
    {
        return image_reference(&[Token::new(&format!("gcr.io/distroless/{rest}"), token.start)]);
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@".contains(c);
    let full = text.contains([':', '/', '@'])
        && text.chars().all(plain)
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && text.contains(|c: char| c.is_ascii_lowercase())
        && !text.contains("//")
        // `src/app` is a folder, unless a host or a tag says otherwise.
        && (text.contains([':', '@']) || text.split('/').next().is_some_and(|host| host.contains('.')))
        && text.len() <= 500;
    if full {
        return Some((1, text.clone()));
    }
    if !is_known_image(&token.word) {
        return None;
    }
    // `debian bookworm slim`, `alpine 3.20`.
    let tag = |token: &&Token| {
        let number = token.text.starts_with(|c: char| c.is_ascii_digit())
            && token.text.chars().all(|c| c.is_ascii_digit() || c == '.');
        number || CODENAMES.contains(&token.word.as_str())
    };
    let mut tags: Vec<&str> = tokens[1..].iter().take(1).filter(tag).map(|token| token.word.as_str()).collect();
    if let Some(variant) = tokens.get(1 + tags.len()).filter(|token| VARIANTS.contains(&token.word.as_str())) {
        tags.push(&variant.word);
    }
    match tags.as_slice() {
        [] => Some((1, token.word.clone())),
        tags => Some((1 + tags.len(), format!("{}:{}", token.word, tags.join("-")))),
    }
}

/// A system, which can lie under a service and be nothing else, or any image by its full name.
pub(super) fn system_reference(tokens: &[Token]) -> Option<(usize, String)> {
    const SYSTEMS: &[&str] = &["scratch", "alpine", "debian", "ubuntu", "busybox", "fedora"];
    let first = tokens.first()?;
    let found = image_reference(tokens)?;
    (SYSTEMS.contains(&first.word.as_str()) || first.text.contains(':')).then_some(found)
}

/// Releases that people call by their names.
pub(super) const CODENAMES: &[&str] =
    &["trixie", "bookworm", "bullseye", "buster", "noble", "jammy", "focal", "stable", "testing", "sid", "edge"];
pub(super) const VARIANTS: &[&str] = &["slim", "alpine", "slim-bookworm", "slim-bullseye", "slim-trixie"];

/// A label's key; the short names of the OCI ones stand for their full names.
pub(super) fn label(tokens: &[Token]) -> Option<(usize, String)> {
    const SHORT: &[&str] = &[
        "title",
        "description",
        "version",
        "revision",
        "source",
        "created",
        "licenses",
        "authors",
        "vendor",
        "url",
        "documentation",
    ];
    let token = tokens.first()?;
    // `org.opencontainers.image.source`, `.revision`
    let short = token.word.strip_prefix('.').unwrap_or(&token.word);
    if SHORT.contains(&short) {
        return Some((1, format!("org.opencontainers.image.{short}")));
    }
    if token.word == "maintainer" {
        return Some((1, token.word.clone()));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let text = &token.text;
    let is_key = text.split('.').count() > 2 && text.split('.').all(|part| !part.is_empty());
    (is_key && text.chars().all(plain) && text.len() <= 200).then(|| (1, text.clone()))
}

/// `linux/arm64`, or a processor by one of its names.
pub(super) fn platform(tokens: &[Token]) -> Option<(usize, String)> {
    const NAMES: &[(&str, &str)] = &[
        ("amd64", "amd64"),
        ("x86_64", "amd64"),
        ("x86-64", "amd64"),
        ("x64", "amd64"),
        ("arm64", "arm64"),
        ("aarch64", "arm64"),
        ("arm/v7", "arm/v7"),
        ("armv7", "arm/v7"),
        ("arm/v6", "arm/v6"),
        ("386", "386"),
        ("ppc64le", "ppc64le"),
        ("s390x", "s390x"),
        ("riscv64", "riscv64"),
    ];
    let word = &tokens.first()?.word;
    let processor = word.strip_prefix("linux/").unwrap_or(word);
    let (_, name) = NAMES.iter().find(|(name, _)| *name == processor)?;
    Some((1, format!("linux/{name}")))
}
