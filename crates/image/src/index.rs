//! Indexes: several images under one name, one for each platform.

use std::path::Path;

use serde::Deserialize;

use crate::manifest::{DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST};
use crate::open::{OpenError, Select};
use crate::{Descriptor, Platform, json};

/// What an index names: images, and further indexes of them. Attestations and what else lies there are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    Image(Offered),
    Index(Offered),
}

/// An image, or an index of images, that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    pub descriptor: Descriptor,
    /// As the index tells it.
    pub platform: Option<Platform>,
    /// The names under which it can be asked for.
    pub names: Vec<String>,
}

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Pointer>,
}

/// A descriptor in an index.
#[derive(Deserialize)]
struct Pointer {
    #[serde(flatten)]
    descriptor: Descriptor,
    platform: Option<Platform>,
    #[serde(default)]
    annotations: serde_json::Map<String, serde_json::Value>,
}

impl Pointer {
    fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.get(name)?.as_str()
    }

    fn names(&self) -> Vec<String> {
        ["org.opencontainers.image.ref.name", "io.containerd.image.name"]
            .into_iter()
            .filter_map(|name| self.annotation(name))
            .map(str::to_owned)
            .collect()
    }

    /// Buildkit's provenance lies beside the images as if it were one.
    fn is_attestation(&self) -> bool {
        self.annotation("vnd.docker.reference.type").is_some()
    }
}

impl Offered {
    fn label(&self) -> String {
        let platform = self.platform.as_ref().map_or_else(|| "unknown platform".to_owned(), Platform::to_string);
        match self.names.first() {
            Some(name) => format!("{name} ({platform})"),
            None => format!("{} ({platform})", &self.descriptor.digest.as_str()[..19]),
        }
    }
}

/// Reads an index.
///
/// # Errors
///
/// Fails if the bytes are not one.
pub fn offers(index: &[u8]) -> Result<Vec<Offer>, OpenError> {
    let index: Index = json::read_as(index).map_err(|source| OpenError::Json { what: "the index", source })?;
    let offers = index.manifests.into_iter().filter(|pointer| !pointer.is_attestation()).filter_map(|pointer| {
        let names = pointer.names();
        let Pointer { descriptor, platform, .. } = pointer;
        let kind = match descriptor.media_type.as_str() {
            OCI_INDEX | DOCKER_INDEX => Offer::Index,
            OCI_MANIFEST | DOCKER_MANIFEST => Offer::Image,
            _ => return None,
        };
        Some(kind(Offered { descriptor, platform, names }))
    });
    Ok(offers.collect())
}

/// The one image that is meant: the one for the platform, and where none is asked for, the only one or the one for
/// this machine. `from` is where the images lie, for errors.
///
/// # Errors
///
/// Fails if there is none or several such; says which there are.
pub fn choose(from: &Path, found: Vec<Offered>, select: &Select) -> Result<Offered, OpenError> {
    choose_among(from, found, select, |offered| offered)
}

/// As [`choose`], among things that have something to choose them by.
pub(crate) fn choose_among<T>(
    from: &Path,
    found: Vec<T>,
    select: &Select,
    offered: impl Fn(&T) -> &Offered,
) -> Result<T, OpenError> {
    if found.is_empty() {
        return Err(OpenError::Empty(from.to_owned()));
    }
    let labels = |found: &[T]| found.iter().map(|one| offered(one).label()).collect::<Vec<_>>();
    let all = labels(&found);
    let host = Platform::host();
    let named = |one: &T| select.name.as_ref().is_none_or(|name| offered(one).names.contains(name));
    let fits = |one: &T| {
        let wanted = select.platform.as_ref().unwrap_or(&host);
        offered(one).platform.as_ref().is_some_and(|platform| wanted.takes(platform))
    };
    let mut chosen: Vec<T> = found.into_iter().filter(named).collect();
    if select.platform.is_some() || chosen.len() > 1 {
        chosen.retain(fits);
    }
    chosen.sort_by(|a, b| offered(a).descriptor.digest.cmp(&offered(b).descriptor.digest));
    chosen.dedup_by(|a, b| offered(a).descriptor.digest == offered(b).descriptor.digest);
    let wanted = match (&select.name, &select.platform) {
        (None, None) => format!("for `{host}`"),
        (None, Some(platform)) => format!("for `{platform}`"),
        (Some(name), None) => format!("named `{name}`"),
        (Some(name), Some(platform)) => format!("named `{name}` for `{platform}`"),
    };
    match chosen.len() {
        0 => Err(OpenError::NoSuch { path: from.to_owned(), wanted, found: all }),
        1 => Ok(chosen.remove(0)),
        _ => Err(OpenError::Several { path: from.to_owned(), wanted, found: labels(&chosen) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Digest;

    fn pointer(media_type: &str, rest: &str) -> String {
        let digest = Digest::of(rest.as_bytes());
        format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":1{rest}}}"#)
    }

    #[test]
    fn attestations_and_things_of_other_kinds_are_no_offers() {
        let json = [
            pointer(OCI_MANIFEST, r#","platform":{"os":"linux","architecture":"amd64"}"#),
            pointer(
                OCI_MANIFEST,
                r#","annotations":{"vnd.docker.reference.type":"attestation-manifest"},"platform":{"os":"unknown","architecture":"unknown"}"#,
            ),
            pointer("application/vnd.example", ""),
            pointer(DOCKER_INDEX, ""),
        ];
        let offers = offers(format!(r#"{{"manifests":[{}]}}"#, json.join(",")).as_bytes()).unwrap();
        assert!(matches!(offers[..], [Offer::Image(_), Offer::Index(_)]), "{offers:?}");
    }

    #[track_caller]
    fn check(platforms: &[&str], wanted: Option<&str>, expected: &str) {
        let found = platforms.iter().map(|platform| Offered {
            descriptor: Descriptor {
                media_type: OCI_MANIFEST.to_owned(),
                digest: Digest::of(platform.as_bytes()),
                size: 1,
            },
            platform: platform.parse().ok(),
            names: vec![(*platform).to_owned()],
        });
        let select = Select { name: None, platform: wanted.map(|wanted| wanted.parse().unwrap()) };
        let got = match choose(Path::new("app"), found.collect(), &select) {
            Ok(chosen) => chosen.names.concat(),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected);
    }

    #[test]
    fn the_image_for_the_platform_is_chosen() {
        check(&["linux/s390x", "linux/arm/v7"], Some("linux/arm"), "linux/arm/v7");
        check(&["linux/s390x"], None, "linux/s390x");
        check(
            &["linux/s390x"],
            Some("linux/arm"),
            "`app` has no image for `linux/arm`; it has `linux/s390x (linux/s390x)`",
        );
        check(
            &["linux/arm/v6", "linux/arm/v7"],
            Some("linux/arm"),
            "`app` holds several images for `linux/arm`: `linux/arm/v7 (linux/arm/v7)`, `linux/arm/v6 (linux/arm/v6)`",
        );
        check(&[], None, "`app` holds no image");
    }
}
