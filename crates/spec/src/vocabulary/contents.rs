//! What is in the image, and what its config says.

use super::{Entry, list, number, one, size, text};
use crate::{Check, CheckKind, FileExpectation, Measure, Tool};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        kind: CheckKind::ImageSize,
        sentence: "Image size under {size}",
        description: "No more bytes than {size}. `(transfer)` or `(unpacked)` names the measure; without one, both sizes must hold. \
                      Every wording (`under`, `at most`, `up to`) means: {size} or less.",
        examples: &[
            "Image size under 200MB",
            "Image is under 200MB",
            "Under 200MB final image",
            "Image size at most 10 MB (transfer)",
            "Unpacked image size at most 10 MiB",
        ],
        forms: &[
            &["<at-most-size>"],
            &["(max|maximum|maximal) <image> (size|footprint) [:] [of] {size}"],
            &["{size} budget for <image>"],
            &["<image> size (budget|limit|cap|ceiling) [:] [of] {size}"],
        ],
        extras: &[
            "(<image>|size|<image> size|size of <image>|for <image>|<container> size|footprint)",
            "(stay|stays|remain|weigh|come in|come in at|come to|have|having|have size of|size of|of|weight|keep|kept|keep <image>|keep it|keep <image> size|reasonable|small|in size|total)",
            "[in] [<measure>] (size|image|image size|form)",
            "<measure>",
            "[verify|verified|check|checked|see|as shown by|measured|shown by] [with|by|via|in] docker image",
            "each",
            "[after|optimized|optimised|through|with|by|via|thanks to|using] [optimization|optimisation] [through|with|by|via|using] (multi-stage|multistage) (build|docker build) !stages",
        ],
        topics: &["size", "image size", "image", "footprint", "final image", "final size"],
        checks: |found| {
            let measure = match (found.has("transfer"), found.has("unpacked")) {
                (true, false) => Measure::Transfer,
                (false, true) => Measure::Unpacked,
                (false, false) => Measure::Both,
                (true, true) => return None,
            };
            let mut checks = vec![Check::ImageSize { limit_bytes: size(found)?, measure }];
            checks.extend(found.has("stages").then_some(Check::BuildMultiStage));
            Some(checks)
        },
    },
    Entry {
        kind: CheckKind::ImageSecrets,
        sentence: "No secrets in image",
        description: "No private key, token or password in any layer (also in files that a later layer deletes), in the environment, \
                      the labels or the history.",
        examples: &["No secrets in image", "The image contains no secrets", "No credentials baked into the image"],
        forms: &[
            &[
                "(no|without|zero|free of|without any) [hardcoded|hard-coded|hard coded|embedded|baked-in] (secret|credential)",
            ],
            &["(no|without|zero|free of|without any) [hardcoded|hard-coded|embedded|baked-in] <secrets>", "<in-image>"],
            &["(no|without|zero|free of|without any) (hardcoded|hard-coded|hard coded|embedded|baked-in) <secrets>"],
            &[
                "<not> (contain|have|include|hold|carry|ship|embed|bake|leak|expose|store|hardcode|hard-code|copy|commit|put|keep|leave)",
                "[any|hardcoded] <secrets>",
                "(<image>|<in-image>)",
            ],
            &[
                "[any|hardcoded] <secrets> <not> [ever] (baked|stored|left|kept|embedded|hardcoded|hard-coded|committed|copied|included|present|baked in|put|written|appear|end up) <in-image>",
            ],
            &["[any|hardcoded] <secrets> <not> <in-image>"],
            &["<secrets>", "<not> (baked in|hardcoded|hard-coded|baked into <image>)"],
        ],
        extras: &[
            "<in-image>",
            "<image>",
            "(in|inside) [any|<image>] layer [of <image>]",
            "in [<image>] history",
            "(baked|stored|left|kept|embedded|hardcoded|hard-coded|committed|copied|included|present|baked in|written|put|contain|have|hold|carry|include|ship|there|exist)",
            "[and] (environment|env) [variable]",
            "[such as|like|e.g.|i.e.|including] <secrets>",
        ],
        topics: &["security", "secret", "secrets", "secrets management", "credentials"],
        checks: |_| one(Check::ImageSecrets),
    },
    Entry {
        kind: CheckKind::ImageBase,
        sentence: "Base image: {ref}",
        description: "The image begins with the layers of {ref}, or what is in it is what {ref} says. Of several, one is enough. \
                      `scratch`: nothing foreign to the build.",
        examples: &[
            "Base image: python:3.12-alpine",
            "Base image: scratch",
            "Based on debian:12-slim or scratch",
            "Built from scratch",
        ],
        forms: &[
            &["([docker|container|runtime] base image|base)", "{ref}"],
            &[
                "(based on|based upon|built on|built on top of|built from|build on|build from|derive from|derived from|start from) {ref}",
            ],
            &["(use|with) {ref} as (base image|base)"],
            &["from {ref}"],
            &["base (it|<image>) on {ref}"],
            &["{ref} (based|base image|base|as base|as base image|serve as base image)"],
            &["use {ref} to be base image"],
        ],
        extras: &[
            "<image>",
            "<container>",
            "(final|runtime|last|production|runner) stage",
            "use",
            "from",
            "(small|secure|minimal|lightweight|slim|lean|,|and)",
        ],
        topics: &["base image", "base"],
        checks: |found| one(Check::ImageBase { bases: list(found, "ref")? }),
    },
    Entry {
        kind: CheckKind::ImageSlim,
        sentence: "No {tools} in image",
        description: "None of the tools named is in the image: shell, package manager, compiler, build tools.",
        examples: &[
            "No shell in image",
            "No shell, package manager or compiler in the final image",
            "The image contains no build tools",
        ],
        forms: &[
            &["(no|without|without any|free of|neither|zero) {tools}"],
            &["<not> (contain|have|include|ship|ship with|carry|come with|hold)", "{tools}", "<image>"],
            &["{tools}", "<not> (included|present|installed|shipped|available|part of|contained)", "<in-image>"],
            &["distroless !distroless"],
        ],
        extras: &[
            "<in-image>",
            "<image>",
            "included !included",
            "(inside|present|installed|shipped|available|contain|have|include|ship|ship with|there|left|left behind)",
        ],
        topics: &["security", "image", "attack surface", "hardening"],
        checks: |found| {
            let tools = if found.has("distroless") {
                vec!["shell".to_owned(), "package-manager".to_owned()]
            } else {
                list(found, "tools")?
            };
            // `no compiler, shell included`.
            if found.has("included") && tools.len() > 1 {
                return None;
            }
            let named = [
                ("shell", Tool::Shell),
                ("package-manager", Tool::PackageManager),
                ("compiler", Tool::Compiler),
                ("build-tools", Tool::BuildTools),
            ];
            let without = named.into_iter().filter(|(name, _)| tools.iter().any(|tool| tool == name));
            one(Check::ImageSlim { without: without.map(|(_, tool)| tool).collect() })
        },
    },
    Entry {
        kind: CheckKind::ImageSetuid,
        sentence: "No setuid files",
        description: "No file in the image has the setuid bit.",
        examples: &["No setuid files", "No setuid binaries in the image"],
        forms: &[
            &["nothing (setuid|suid|set-uid)", "<in-image>"],
            &["(no|without) (setuid|suid|set-uid)"],
            &["no file with (setuid|suid) (bit|permission) [set]"],
            &["<not> contain [any] file with (setuid|suid) (bit|permission) [set]", "<image>"],
            &["(no|without|without any|free of) (setuid|suid|set-uid) (file|binary|program|executable)"],
            &[
                "<not> (contain|have|include|ship)",
                "[any] (setuid|suid|set-uid) (file|binary|program|executable)",
                "<image>",
            ],
        ],
        extras: &["<in-image>", "<image>", "(contain|have|present|include|there|left|remain)"],
        topics: &["security", "hardening"],
        checks: |_| one(Check::ImageSetuid),
    },
    Entry {
        kind: CheckKind::ImageFile,
        sentence: "File {path} exists",
        description: "The path is in the image, or is not, or belongs to the user named.",
        examples: &["File /app/task-api exists", "File /bin/sh does not exist", "/data is owned by appuser"],
        forms: &[
            &["[file|folder|directory] {path}", "(exist|present|there)"],
            &["[file|folder|directory] {path}", "<not> (exist|present|there) !missing"],
            &["no (file|folder|directory) {path} !missing"],
            &["no {path} !missing", "<in-image>"],
            &["[file|folder|directory] {path} <not> [part of|present|included|found|left] <in-image> !missing"],
            &["[file|folder|directory] {path}", "(owned by|belong to) [user|uid] {user}"],
        ],
        extras: &["<in-image>", "there"],
        topics: &["files", "file", "filesystem"],
        checks: |found| {
            let expectation = match text(found, "user") {
                Some(user) => FileExpectation::OwnedBy(user),
                None if found.has("missing") => FileExpectation::Missing,
                None => FileExpectation::Exists,
            };
            one(Check::ImageFile { path: text(found, "path")?, expectation })
        },
    },
    Entry {
        kind: CheckKind::ImageLabels,
        sentence: "Labels {a}, {b} are set",
        description: "Every label named is there and not empty. `title`, `version`, `revision`, `source`, `created` and the other short \
                      names of the OCI annotations stand for `org.opencontainers.image.…`.",
        examples: &[
            "Labels org.opencontainers.image.source, org.opencontainers.image.version are set",
            "Image labels version and revision are set",
        ],
        forms: &[
            &["[<image>|oci] label [for] {labels}", "(set|present|exist|there|included|defined)"],
            &["<image> (have|carry|include|define|set|bear)", "[oci] label [for] {labels}"],
            &["(labelled|labeled) with {labels}"],
            &["[<image>|oci] label : {labels}"],
        ],
        extras: &["<in-image>", "<image>", "on <image>"],
        topics: &["labels", "metadata", "label"],
        checks: |found| one(Check::ImageLabels { names: list(found, "labels")? }),
    },
    Entry {
        kind: CheckKind::ImageLayers,
        sentence: "Image has at most {n} layers",
        description: "The manifest lists {n} layers or fewer.",
        examples: &["Image has at most 5 layers", "At most 5 layers"],
        forms: &[
            &["(at most|no more than|not more than|up to|maximum of|max) {n} layer"],
            &["layer : (at most|max|maximum) {n}"],
            &["layer : {n} (at most|max|maximum|or fewer)"],
            &["{n} layer (at most|or fewer|or less|max|maximum)"],
        ],
        extras: &["<in-image>", "<image>", "(have|consist of|contain|use|made of)"],
        topics: &["layers", "image"],
        checks: |found| one(Check::ImageLayers { most: usize::try_from(number(found, "n")?).ok()? }),
    },
    Entry {
        kind: CheckKind::ImagePlatform,
        sentence: "Binaries match the image's platform",
        description: "Every executable in the image is for the architecture that its config names.",
        examples: &["Binaries match the image's platform", "All binaries match the platform of the image"],
        forms: &[&[
            "(binary|executable)",
            "match (image's platform|platform of image|image platform|declared platform|image architecture|image's architecture|architecture of image)",
        ]],
        extras: &["all", "<in-image>", "of <image>"],
        topics: &["platform", "image"],
        checks: |_| one(Check::ImagePlatform),
    },
];
