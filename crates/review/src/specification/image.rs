//! References of base images: whether two may be the same, and what they are known to hold.

use seaworthy_spec::is_known_image;

/// Whether an image is known to hold a shell and a package manager.
pub(super) fn has_shell(reference: &str) -> bool {
    let (name, tag) = split(reference);
    let has_both = match name.as_str() {
        "scratch" | "busybox" => false,
        "maven" | "gradle" => true,
        name => is_known_image(name),
    };
    has_both && !tag.contains("distroless")
}

/// Whether one image may be what both references name: `python:3.12-alpine` and `python:3.12.4-alpine3.20`; `alpine` and
/// `python:3.12-alpine`, which is based on it.
pub(super) fn are_compatible(one: &str, other: &str) -> bool {
    let ((name, tag), (other_name, other_tag)) = (split(one), split(other));
    if name == other_name {
        return tags_fit(&tag, &other_tag);
    }
    // Another image on top of a distribution: which one it is, its tag may tell, or not.
    is_below(&name, &other_tag) || is_below(&other_name, &tag) || other.contains('$') || one.contains('$')
}

/// Whether an image with this tag may be based on the distribution.
fn is_below(distribution: &str, tag: &str) -> bool {
    match distribution {
        "alpine" => tag.contains("alpine"),
        "debian" => !tag.contains("alpine") && !tag.is_empty(),
        _ => false,
    }
}

/// The name without what stands for Docker Hub, and the tag.
fn split(reference: &str) -> (String, String) {
    let reference = reference.split('@').next().unwrap_or(reference);
    let at = reference.rfind(':').filter(|at| !reference[*at..].contains('/'));
    let (name, tag) = at.map_or((reference, ""), |at| (&reference[..at], &reference[at + 1..]));
    let name = ["docker.io/", "index.docker.io/"].iter().find_map(|host| name.strip_prefix(host)).unwrap_or(name);
    let name = name.strip_prefix("library/").unwrap_or(name);
    (name.to_lowercase(), tag.to_lowercase())
}

/// Whether the parts of one tag are among those of the other: versions by their first numbers, variants by their names.
fn tags_fit(one: &str, other: &str) -> bool {
    let is_version = |part: &str| part.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
    let versions =
        |tag: &str| tag.split('-').filter(|part| is_version(part)).map(str::to_owned).collect::<Vec<String>>();
    let variants = |tag: &str| -> Vec<String> {
        let names = tag.split('-').filter(|part| !is_version(part) && !part.is_empty() && *part != "latest");
        names.map(|part| part.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').to_owned()).collect()
    };
    let fits = |one: &[String], other: &[String]| {
        let (few, many) = if one.len() < other.len() { (one, other) } else { (other, one) };
        few.iter().all(|part| many.iter().any(|other| begins_alike(part, other)))
    };
    // A tag that names no variant is the default one, which another sentence may spell out.
    fits(&versions(one), &versions(other)) && fits(&variants(one), &variants(other))
}

fn begins_alike(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim_start_matches('v'), other.trim_start_matches('v'));
    one.split('.').zip(other.split('.')).all(|(one, other)| one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_compared_by_their_parts() {
        for (one, other, expected) in [
            ("python:3.12-alpine", "python:3.12-alpine", true),
            ("python:3.12-alpine", "docker.io/library/python:3.12.4-alpine3.20@sha256:00", true),
            ("python:3.12-alpine", "python:3.13-alpine", false),
            ("python:3.12-alpine", "python:3.12-slim", false),
            ("python", "python:3.12-slim", true),
            ("python:3.12", "python:3.12-slim", true),
            ("alpine", "python:3.12-alpine", true),
            ("alpine:3.20", "python:3.12-slim", false),
            ("debian:12-slim", "python:3.12-slim", true),
            ("scratch", "alpine:3.20", false),
            ("node:22", "golang:1.25", false),
            ("registry.local:5000/base", "registry.local:5000/base:2", true),
        ] {
            assert_eq!(are_compatible(one, other), expected, "{one} {other}");
            assert_eq!(are_compatible(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn only_images_that_are_known_have_a_shell() {
        for (reference, expected) in [
            ("python:3.12-alpine", true),
            ("docker.io/library/debian:12", true),
            ("scratch", false),
            ("gcr.io/distroless/static", false),
            ("cgr.dev/chainguard/python", false),
            ("acme/python:3", false),
        ] {
            assert_eq!(has_shell(reference), expected, "{reference}");
        }
    }
}
