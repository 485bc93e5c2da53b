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
            &["(<container>|<img>|project|code|codebase)", "(build|can built|built|can build|buildable)"],
            &[
                "[docker|image|container] build [process|run|step]",
                "(succeed|successful|complete|pass|work|green|finish|go through|run through|ok|success|can completed|exit with 0|exit 0|exit with code 0|return 0|end)",
            ],
            &["(successful|clean|green) (docker|image|container) build"],
        ],
        extras: &[
            "(successfully|cleanly|correctly|ok|fine|without trouble|without hitch|without incident|end to end)",
            "(without|with no|no|zero) [any] build (error|failure)",
            "[and] (exit|exiting) with (0|code 0|exit code 0|status 0)",
            "without (error|any error|failure|any failure|problem|issue)",
            "(with no|no|zero) (error|failure)",
            "error-free",
            "(verify|verified|checked) with docker build",
        ],
        topics: &["build", "build success", "clean build", "docker build", "image build"],
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
            &["dockerfile", "(build|can build|can built|built|buildable)"],
            &["building dockerfile", "(succeed|work|complete|finish|go through)"],
            &[
                "(docker build|docker buildx build) [-t {value}] .",
                "(succeed|successful|complete|pass|work|just work|green|finish|go through|run through|exit 0|exit with 0|exit with code 0|return 0|run|end)",
            ],
            &[
                "(<container>|<img>|project|code|codebase)",
                "(build|can built|built|can build|buildable)",
                "(with|by|via|using|through|from|out of) [plain|single|one|simple] (docker build [-t {value}] [.]|docker build command|dockerfile builder|dockerfile)",
            ],
        ],
        extras: &[
            "(successfully|cleanly|correctly|ok|fine|without trouble|without hitch)",
            "(without|with no|no|zero) [any] build (error|failure)",
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
            &["(<img>|[docker|image|container] build|build process)", "(reproducible|deterministic)"],
            &[
                "(<img>|[docker|image|container] build)",
                "can reproduced (byte for byte|bit for bit|byte-for-byte|bit-for-bit|exactly)",
            ],
            &[
                "([two|2|both|any two] [repeated|several|independent|separate|successive|consecutive|different] (build|rebuild) [of|from] [same|one] (commit|source|revision|input|source tree|git commit|dockerfile)|same (commit|source|source code|revision|input|git commit|git revision))",
                "[always] <same-build>",
            ],
            &[
                "(building|rebuilding|build|rebuild|built) [it|<img>|dockerfile|same commit|same source|same revision|same tag|same release|commit|from same commit|from same source] (twice|two times|again|2 times|repeatedly|several times) [from same (commit|source|revision|code)]",
                "<same-build>",
            ],
            &[
                "(rebuilding|rebuild|rebuilt|second build) [<img>|it] [of|from] [same] [commit|source|revision]",
                "<same-build>",
            ],
            &[
                "same (commit|source|source code|revision|input|git commit)",
                "[always] same [image|docker image] (digest|hash|image|checksum|image id)",
            ],
            &["(two|2) [ci] (runner|builder|machine|host) [building same (commit|source)]", "<same-build>"],
            &[
                "(<img>|image) (digest|hash)",
                "(same|identical|unchanged|stable|not change|not differ) (across|between|over|from|for) [two|repeated] (build|rebuild) [of same (commit|source|revision)]",
            ],
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
            &[
                "[anyone|anybody|everyone] can (rebuild|build) [release|<img>|it|version] from [its|same] (tag|commit|source|revision|git tag) and",
                "<same-build>",
            ],
            &[
                "(building|rebuilding|build) [<img>|it] from same (commit|source|revision) (twice|again|two times|several times)",
                "<same-build>",
            ],
        ],
        extras: &[
            "<img>",
            "(byte for byte|bit for bit|byte-for-byte|bit-for-bit|fully)",
            "twice",
            "[performed|made|done|run|executed|built] on (separate|different|two different|two separate|two) (host|machine|runner|computer|server|builder)",
        ],
        topics: &["build", "reproducibility", "reproducible builds", "supply chain"],
        checks: |_| one(Check::BuildReproducible),
    },
    Entry {
        kind: CheckKind::BuildMultiStage,
        sentence: "Multi-stage build",
        description: "The build has a stage of its own for the tools, and the image is made from another.",
        examples: &["Multi-stage build", "Uses a multi-stage build", "Multi-stage Dockerfile"],
        forms: &[
            &["(multi-stage|multistage|multi stage)"],
            &["(switch|move|migrate|change|convert) [dockerfile] to (multi-stage|multistage) (build|dockerfile)"],
            &["(built|build) in (multiple|several|two|separate) [build] stage"],
            &[
                "[from] (build|dockerfile)",
                "(use|have|consist of|comprise|comprising|contain|with|having|made of) [at least|minimum of] (multiple|several|two|2|three|3|separate|distinct|more than one) [build|separate|distinct] stage [: (build|builder) and (runtime|run|final|production)]",
            ],
            &[
                "(built|build) (in|with|using|from|over|through) [at least] (multiple|several|two|2|separate|distinct|more than one) [build|separate|distinct] (stage|phase)",
            ],
            &[
                "(build|builder|compile) (stage|environment|image) (and|from) [separate] (runtime|final|run|production) (stage|environment|image)",
                "(separate|separated|distinct|split|kept apart|kept separate|two separate stage)",
            ],
            &[
                "(build|builder) (and|from) (runtime|final|run) (stage|environment)",
                "(separate|separated|split|kept apart|kept separate)",
            ],
            &["(build|builder) stage (discarded|dropped|thrown away|not shipped|left behind|not part of <img>)"],
            &[
                "[from] dockerfile (with|have|use|having) (separate|distinct|two|different)",
                "(build|builder) and (runtime|final|run|production) stage",
            ],
            &[
                "separate [stage for] (build|building|builder|compile|compiling) [stage|environment] and [for] (runtime|running|run|final) [stage|environment|image]",
            ],
            &["two [separate] stage in dockerfile"],
            &["split dockerfile into [separate] (build|builder) stage and [separate] (runtime|final|run) stage"],
            &["{things} [with {things}] (compiled|built) in separate (build|builder) stage"],
            &[
                "nothing (but|except) (final|last|runtime) stage (end up in|go into|become|make it into|shipped as|shipped in) <img>",
            ],
            &["two stage in dockerfile [:] [one to build and one to run]"],
            &[
                "dockerfile (separate|keep apart|split) (building|build) (from|and) (running|runtime|run) [(by means of|with|in|by|through) two stage]",
            ],
        ],
        extras: &[
            "(build|dockerfile|docker build|image build|docker|<img>|<container>|yes)",
            "to separate (build|build dependency|build tool|build time dependency|building|build environment) from (runtime|<img>|runtime environment)",
            "[,] [of which|where|and|so that] only (last|final|runtime|second|second one|last one|final one|last of which) [stage] (contribute to|end up in|shipped in|make up|go into|form|become|shipped|delivered|shipped as|delivered as|kept) [<img>]",
            "to (minimize|reduce|shrink|limit|cut) (attack surface|<img> size|size|<img>|footprint|size of <img>|image) [and (attack surface|size|image size|footprint)]",
            "from dockerfile",
            "(use|used|using|produced by|built|build|built with|built by|built by means of|built in|built via|built as|build with|build use|build via|have)",
            "(implemented|in place|set up)",
            "[to] (keep|make|get) <image> (small|slim|minimal|lean)",
            "for (smaller|small|slim|minimal) (image|image size|runtime image|final image)",
            "(every|each) dockerfile",
            "agent (produce|deliver)",
            "one (for|to) (compile|compiling|build|building) [it|code] and one (for|to) (run|running) [it|<service>]",
            "without functional change",
            "there",
            ": (build|builder) and (runtime|run|final|production) [stage]",
        ],
        topics: &["build", "dockerfile"],
        checks: |_| one(Check::BuildMultiStage),
    },
];
