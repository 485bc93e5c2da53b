//! The registry, and other machines.

use super::{Entry, list, one};
use crate::{Check, CheckKind, Sbom};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        kind: CheckKind::RegistryPushed,
        sentence: "Image can be pushed to registry",
        description: "The image was pushed, and the registry gives back its digest. Named registries (`(Docker Hub or GHCR)`): \
                      one of them did; of one that is named with a path, that repository did.",
        examples: &[
            "Image can be pushed to registry",
            "Image can be pushed to registry (Docker Hub or GHCR)",
            "Image is pushed to ghcr.io",
            "Image can be pushed to registry (ghcr.io/acme/app)",
        ],
        forms: &[
            &[
                "(available|hosted|stored|published|can found) (on|at|in) {known-registries} [and [to|on|at|in] {more-known-registries}]",
            ],
            &[
                "(can pushed|pushed|can published|published|uploaded|push|publish) to ([container|docker|image|remote|company] registry [at] {registries}|[container|docker|image|remote] registry|{registries} [and [to] {more-registries}])",
            ],
        ],
        extras: &["<image>", "<container>", "[e.g.|such as|like] {registries}", "successfully"],
        topics: &["registry", "distribution", "publishing"],
        checks: |found| {
            let pushed = |registries| Check::RegistryPushed { registries };
            let named = |name: &str| list(found, name).or_else(|| list(found, &format!("known-{name}")));
            let first = named("registries").unwrap_or_default();
            Some(match list(found, "more-registries").or_else(|| list(found, "more-known-registries")) {
                // `a, b and c`: each of them.
                Some(more) => first.into_iter().chain(more).map(|one| pushed(vec![one])).collect(),
                None => vec![pushed(first)],
            })
        },
    },
    Entry {
        kind: CheckKind::RegistryTags,
        sentence: "Tagged with version, commit and latest",
        description: "The registry has those tags for the image: `version`, `commit`, `latest`.",
        examples: &["Tagged with version, commit and latest", "Image is tagged with version and git SHA"],
        forms: &[&["tagged [with|as|by] {tags}"], &["tag", "{tags}"]],
        extras: &["<image>"],
        topics: &["registry", "tags", "distribution"],
        checks: |found| one(Check::RegistryTags { tags: list(found, "tags")? }),
    },
    Entry {
        kind: CheckKind::RegistryPlatforms,
        sentence: "Image is for {platforms}",
        description: "One platform: the image is for it, or the index that holds it offers it. Several: that index offers an image for each, whose config \
                      says so too.",
        examples: &[
            "Image is for linux/amd64, linux/arm64",
            "Multi-arch image for amd64 and arm64",
            "Supports amd64 and arm64",
            "Platforms: linux/amd64, linux/arm64",
        ],
        forms: &[
            &["<image> (for|available for|built for|published for|provided for) {platforms}"],
            &["(support|available for|built for|published for|provided for) {platforms}"],
            &["<multi-arch>", "(for|with|on|support|:) {platforms}"],
            &["<multi-arch>", "{platforms}"],
            &["{platforms} !bare"],
            &["(platform|architecture|arch)", "{platforms}"],
        ],
        extras: &["<container>", "<image>", "<multi-arch>", "(platform|architecture|arch)", "(supported|support)"],
        topics: &["platforms", "platform", "architectures", "portability", "distribution", "multi-arch"],
        checks: |found| {
            let platforms = list(found, "platforms")?;
            // One word alone says nothing.
            (!found.has("bare") || platforms.len() > 1).then(|| vec![Check::RegistryPlatforms { platforms }])
        },
    },
    Entry {
        kind: CheckKind::RegistrySbom,
        sentence: "An SBOM is attached to the image",
        description: "In the registry, an SPDX or CycloneDX document refers to the image's digest, as a referrer or as an attestation beside it in its index; it \
                      can be read and lists at least one package.",
        examples: &["An SBOM is attached to the image", "SBOM is attached", "SPDX SBOM is attached to the image"],
        forms: &[
            &["<sbom>", "(attached|published) [to <image>|with <image>|alongside <image>|as referrer|as attestation]"],
            &["<image> (have|carry|come with) attached <sbom>"],
            &["attached <sbom>"],
        ],
        extras: &["<image>", "in registry", "have"],
        topics: &["sbom", "supply chain", "security", "distribution"],
        checks: |found| {
            let format = match (found.has("spdx"), found.has("cyclonedx")) {
                (true, false) => Sbom::Spdx,
                (false, true) => Sbom::CycloneDx,
                (false, false) => Sbom::Any,
                (true, true) => return None,
            };
            one(Check::RegistrySbom { format })
        },
    },
    Entry {
        kind: CheckKind::MachineDifferent,
        sentence: "Image can be pulled and run on different machine",
        description: "The image was pulled by digest and kept its run promises on a machine, and since a boot, that is not the build's.",
        examples: &[
            "Image can be pulled and run on different machine",
            "The image can be pulled and run on another machine",
        ],
        forms: &[
            &[
                "[can] pulled and (run|executed|started)",
                "on (different|another|second|other) (machine|host|computer|server)",
            ],
            &[
                "[it] possible to pull and run <image> on (different|another|second|other) (machine|host|computer|server)",
            ],
            &["[can] (run|start|work) on (different|another|second|other) (machine|host|computer|server)"],
        ],
        extras: &["<image>", "<container>", "from registry", "successfully"],
        topics: &["portability", "distribution"],
        checks: |_| one(Check::MachineDifferent),
    },
];
