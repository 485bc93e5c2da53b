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
            &["(available|published|distributed|served|downloadable|hosted) (from|via|through) {known-registries}"],
            &[
                "<img>",
                "(available|hosted|stored|published|can found|released|delivered|can pulled|downloadable|pullable) (on|at|in|from|under|as|to|via) {repositories} [and [to|on|at|in] {more-repositories}]",
            ],
            &["<pushed> {known-registries} [and [to|on|at|in] {more-known-registries}]"],
            &[
                "(can pulled|can downloaded|pullable|downloadable|available to pull|available for pull) from {known-registries}",
            ],
            &[
                "(can pushed|pushed|can published|published|uploaded|push|publish) to ([container|docker|image|remote|company] registry [at] {registries}|[container|docker|image|remote] registry|{registries} [and [to] {more-registries}])",
            ],
            &["(published|available|hosted|pushed|found) (on|to|at) docker hub (as|under|at) {hub-repository}"],
            &["(it's|it|<img>) (on|at|live on|live at|live in) {known-registries}"],
            &[
                "push (<img>|result|it) to ([container|docker|image|company|our] registry|{known-registries}|{repositories})",
            ],
        ],
        extras: &[
            "<img>",
            "<container>",
            "[e.g.|such as|like] {registries}",
            "successfully",
            "(every|each) <img>",
            "(every|each) (push|merge|commit|build) [to|on|of] [main|master|main branch|master branch]",
            "repository",
            "(ci|pipeline|release pipeline|build pipeline|workflow|ci pipeline|job)",
            "(result|it|everything)",
            "(after|on|with|at|for) [every|each|successful] (merge|push|commit|release|tag|build) [to|on|into|of] [main|master|main branch]",
            "pushed (on|with|after|for) (every|each) release",
            "built and",
        ],
        topics: &["registry", "distribution", "publishing", "publication", "image publishing", "registry publication"],
        checks: |found| {
            let pushed = |registries| Check::RegistryPushed { registries };
            let named = |names: &[&str]| names.iter().find_map(|name| list(found, name));
            let first =
                named(&["hub-repository", "registries", "known-registries", "repositories"]).unwrap_or_default();
            Some(match named(&["more-registries", "more-known-registries", "more-repositories"]) {
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
        forms: &[
            &["tagged [with|as|by] {tags} [and [with|as|by] {more-tags}]"],
            &["tag", "{tags}"],
            &["[<img>] tag (include|contain|cover|comprise|match|equal|correspond to) {tags}"],
            &["(with|carry|have|bear|get|use|using|receive|take) {tags} as [its] [image] tag [and as {more-tags}]"],
            &[
                "(carry|have|bear|receive|available under|available as|published under|published as|pushed with|pushed as|pushed under) [image] tag {tags}",
            ],
            &["{tags} [used|set|serve|taken] as [image|its] tag [and as {more-tags}]"],
            &["tag (every|each) (<img>|build|release|commit) (with|by) {tags} [and [with|by] {more-tags}]"],
            &["tag <img> (with|by) {tags} [and [with|by] {more-tags}]"],
        ],
        extras: &[
            "<img>",
            "(every|each) (<img>|build|release)",
            "[;|,] [and] <not> (only|just) latest",
            "(rather than|instead of|not) (only|just) latest",
            "in registry",
            "ci",
            "(every|each) (build|commit|merge|push) (on|to) (main|master)",
        ],
        topics: &["registry", "tags", "distribution", "tagging", "image tags", "versioning"],
        checks: |found| {
            let mut tags = list(found, "tags")?;
            tags.extend(list(found, "more-tags").unwrap_or_default());
            one(Check::RegistryTags { tags })
        },
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
            &[
                "<img> (for|available for|built for|build for|published for|provided for|available in|offered for|come for|come in|built on both|exist for|cover|target|work for) {platforms}",
            ],
            &["(support|available for|built for|build for|published for|provided for|target|cover) {platforms}"],
            &["[<img>|<container>] (run|work|start) on {platforms} !bare"],
            &["{platforms} <img>", "(available|published|provided|built|exist|offered|released)"],
            &["(manifest|manifest list|index|image index) (list|contain|include|cover|offer|have) {platforms}"],
            &[
                "<img> for {platforms}",
                "(published|provided|available|built|exist|offered|pushed|supplied|delivered|released)",
            ],
            &["<multi-arch>", "(for|with|on|support|:) {platforms}"],
            &["<multi-arch>", "{platforms}"],
            &["{platforms} !bare"],
            &["(platform|architecture|arch)", "{platforms}"],
            &["{platforms} !bare (published|built|provided|supported|offered|pushed|available)"],
            &[
                "{platforms} (part of|in|listed in|included in|contained in) [same] (manifest|manifest list|index|image index)",
            ],
            &["<img> [built|build|available|published] for {platforms} and [also] for {more-platforms}"],
            &["there {platforms} (image|build|variant)"],
            &["(publish|provide|build|ship|offer|release) <img> for {platforms}"],
            &["(run|work|start) on {platforms} and on {more-platforms}"],
        ],
        extras: &[
            "<container>",
            "<img>",
            "<multi-arch>",
            "(platform|architecture|arch|variant)",
            "(supported|support)",
            "(in|under|from|by|behind|with) (same|one|single|common) (manifest|manifest list|index|image index|tag)",
            "there",
        ],
        topics: &[
            "platforms",
            "platform",
            "architectures",
            "portability",
            "distribution",
            "multi-arch",
            "multi-platform",
            "multi-architecture",
            "platform support",
            "multi-arch support",
        ],
        checks: |found| {
            let mut platforms = list(found, "platforms")?;
            platforms.extend(list(found, "more-platforms").unwrap_or_default());
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
            &[
                "<bill>",
                "(attached|published|supplied|shipped|delivered|provided|stored|pushed|supplied together|released|distributed|uploaded|accompany|travel|go)",
                "[together] (to|with|alongside|alongside of|along with|next to|beside|for) <img>",
            ],
            &[
                "<bill>",
                "(attached|attached as|published as|pushed as|stored as) (attestation|referrer|oci referrer|in-toto attestation|oci artifact)",
            ],
            &[
                "<img> (have|carry|come with|accompanied by|published with|supplied with|delivered with|pushed with|released with|shipped with|provided with) [attached] <bill>",
            ],
            &["<bill> attached"],
            &["<bill> [for <img>]", "(available|stored|published|present|kept) in [same|image|container] registry"],
            &["<bill>", "(come|shipped|delivered|published) with <img>"],
        ],
        extras: &[
            "<img>",
            "in registry",
            "(spdx !spdx|cyclonedx !cyclonedx) [format]",
            "have",
            "[attached] (as|via|by way of) (attestation|referrer|oci referrer|in-toto attestation|build attestation)",
            "attached to <img>",
            "[generated|produced|created|made] (during|in|at|by) [build|release|ci|pipeline] and",
        ],
        topics: &[
            "sbom",
            "supply chain",
            "security",
            "distribution",
            "supply chain security",
            "software bill of materials",
        ],
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
                "[can] (run|start|work|started|executed) on (machine|host|computer|server) other than (build machine|build host|builder|build server|one [it|<img>] built on|one where [it|<img>] built)",
            ],
            &["[can] (pulled|pull) and (run|executed|started|start|work)", "on <other-machine>"],
            &[
                "(teammate|colleague|another developer|other developer|second developer|someone else|somebody else|another person|co-worker|coworker|reviewer) can pull [it|<img>] and (run|start) [it|<img>] on (his|her|their|his or her|own|his own|her own|their own|<other-machine>) [machine|computer|laptop|host]",
            ],
            &[
                "[it] possible to pull and run <image> on (different|another|second|other) (machine|host|computer|server)",
            ],
            &["[can] (run|start|work) [unchanged] on (different|another|second|other) (machine|host|computer|server)"],
            &[
                "[can] (run|start|work) [unchanged] on (different|another|second|other) [(developer's|teammate's|colleague's)] (laptop|machine|computer)",
            ],
            &[
                "(teammate|colleague|another developer|teacher|someone else|somebody else|coworker|co-worker|other people) can (run|start) [it|<img>|<container>] on (his|her|their|his or her|own|his own|her own|their own|another|different) (machine|laptop|computer|host)",
            ],
        ],
        extras: &[
            "<img>",
            "<container>",
            "from registry",
            "successfully",
            "(than|from|to) [one|machine|host|where] [that|where|on which] [it|<img>] [was] built [on]",
            "than (build machine|build host|builder|build server)",
        ],
        topics: &["portability", "distribution"],
        checks: |_| one(Check::MachineDifferent),
    },
];
