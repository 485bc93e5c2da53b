//! How the image was built.

use super::{Entry, one};
use crate::{Check, CheckKind};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        kind: CheckKind::BuildSucceeds,
        sentence: "Container builds successfully without errors",
        description: "The image's own build left a record, and it ended well.",
        examples: &[
            "Container builds successfully without errors",
            "Image builds without errors",
            "The build succeeds",
        ],
        forms: &[
            &["(<container>|<image>|project|code|codebase)", "(build|can built|built|can build)"],
            &[
                "[docker|image|container] build",
                "(succeed|successful|complete|pass|work|green|finish|go through|ok|success)",
            ],
        ],
        extras: &[
            "(successfully|cleanly|correctly|ok|fine)",
            "without (error|any error|failure|any failure|problem|issue)",
            "(with no|no|zero) (error|failure)",
            "error-free",
            "(verify|verified|checked) with docker build",
        ],
        topics: &["build"],
        checks: |_| one(Check::BuildSucceeds),
    },
    Entry {
        kind: CheckKind::BuildDockerfile,
        sentence: "Dockerfile builds without errors",
        description: "The image's own build left a record: an engine built it from a Dockerfile, and it ended well.",
        examples: &[
            "Dockerfile builds without errors",
            "`docker build .` succeeds",
            "Image builds with docker build",
            "Container builds successfully without errors (by the Dockerfile builder)",
        ],
        forms: &[
            &["dockerfile", "(build|can build|can built)"],
            &["docker build .", "(succeed|successful|complete|pass|work|just work|green|finish)"],
            &[
                "(<container>|<image>|project|code|codebase)",
                "(build|can built|built|can build)",
                "(with|by|via|using|through|from) (docker build [.]|dockerfile builder|dockerfile)",
            ],
        ],
        extras: &[
            "(successfully|cleanly|correctly|ok|fine)",
            "without (error|any error|failure|any failure|problem|issue)",
            "with no (error|failure)",
            "error-free",
        ],
        topics: &["build", "dockerfile", "docker"],
        checks: |_| one(Check::BuildDockerfile),
    },
    Entry {
        kind: CheckKind::BuildReproducible,
        sentence: "Build is reproducible",
        description: "Two builds of the same source give the same digest: the second one in another folder, as another user, with another home, locale, time zone and host name, as far as the builder lets these be varied.",
        examples: &["Build is reproducible", "Reproducible build", "The image is reproducible byte for byte"],
        forms: &[
            &["(<image>|[docker|image|container] build|build process)", "(reproducible|deterministic)"],
            &["(built|build) (reproducibly|deterministically)"],
            &[
                "(two build of|building|build|rebuilding|rebuild) same (source|commit|code|revision)",
                "(give|yield|produce|result in) (same|identical) (image|digest|image digest)",
            ],
            &[
                "(two|repeated|both) build (give|yield|produce|have|result in) (same|identical) [image] (digest|hash|image)",
            ],
            &[
                "(two build|build|rebuild)",
                "(bit-identical|byte-identical|bit for bit identical|byte for byte identical)",
            ],
        ],
        extras: &["<image>", "(byte for byte|bit for bit|byte-for-byte|bit-for-bit|fully)", "twice"],
        topics: &["build", "reproducibility"],
        checks: |_| one(Check::BuildReproducible),
    },
    Entry {
        kind: CheckKind::BuildMultiStage,
        sentence: "Multi-stage build",
        description: "The build has a stage of its own for the tools, and the image is made from another.",
        examples: &["Multi-stage build", "Uses a multi-stage build", "Multi-stage Dockerfile"],
        forms: &[
            &["(multi-stage|multistage|multi stage)"],
            &["(built|build) in (multiple|several|two|separate) [build] stage"],
            &["(build|dockerfile)", "(use|have) (multiple|several|two|separate) (stage|build stage)"],
        ],
        extras: &[
            "(build|dockerfile|docker build|image build|docker|<image>|<container>|yes)",
            "(use|used|using|produced by|built|build|built with|built by|built by means of|built in|built via|built as|build with|build use|build via|have)",
            "(implemented|in place|set up)",
            "[to] (keep|make|get) <image> (small|slim|minimal|lean)",
            "for (smaller|small|slim|minimal) (image|image size|runtime image|final image)",
        ],
        topics: &["build", "dockerfile"],
        checks: |_| one(Check::BuildMultiStage),
    },
];
