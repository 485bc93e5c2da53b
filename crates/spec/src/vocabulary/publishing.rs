//! The registry, and other machines.

use super::{Entry, list, one};
use crate::{Check, CheckKind};

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
        forms: &[&[
            "(can pushed|pushed|can published|published|uploaded|push|publish) to ([container|docker|image|remote] registry|{registries})",
        ]],
        extras: &["<image>", "<container>", "[e.g.|such as|like] {registries}", "successfully"],
        topics: &["registry", "distribution", "publishing"],
        checks: |found| one(Check::RegistryPushed { registries: list(found, "registries").unwrap_or_default() }),
    },
    Entry {
        kind: CheckKind::RegistryTags,
        sentence: "Tagged with version, commit and latest",
        description: "The registry has those tags for the image: `version`, `commit`, `latest`.",
        examples: &["Tagged with version, commit and latest", "Image is tagged with version and git SHA"],
        forms: &[&["tagged (with|as|by) {tags}"], &["tag", "{tags}"]],
        extras: &["<image>"],
        topics: &["registry", "tags", "distribution"],
        checks: |found| one(Check::RegistryTags { tags: list(found, "tags")? }),
    },
    Entry {
        kind: CheckKind::MachineDifferent,
        sentence: "Image can be pulled and run on different machine",
        description: "The image was pulled by digest and kept its run promises on a machine, and since a boot, that is not the build's.",
        examples: &[
            "Image can be pulled and run on different machine",
            "The image can be pulled and run on another machine",
        ],
        forms: &[&[
            "can pulled and (run|executed|started)",
            "on [a] (different|another|second|other) (machine|host|computer|server)",
        ]],
        extras: &["<image>", "<container>", "from registry", "successfully"],
        topics: &["portability", "distribution"],
        checks: |_| one(Check::MachineDifferent),
    },
];
