//! What is in the image, and what its config says.

use super::{Entry, list, number, one, size, text};
use crate::parameter::program;
use crate::{Check, CheckKind, FileExpectation, Measure, Tool};

/// What may be named as an example of a kind of tool: all of it is found where that kind is looked for.
const EXAMPLES: &[(Tool, &str)] = &[
    (Tool::Shell, "ash"),
    (Tool::Shell, "bash"),
    (Tool::Shell, "busybox"),
    (Tool::Shell, "dash"),
    (Tool::Shell, "ksh"),
    (Tool::Shell, "sh"),
    (Tool::Shell, "zsh"),
    (Tool::PackageManager, "apk"),
    (Tool::PackageManager, "apt"),
    (Tool::PackageManager, "apt-get"),
    (Tool::PackageManager, "bundle"),
    (Tool::PackageManager, "cargo"),
    (Tool::PackageManager, "composer"),
    (Tool::PackageManager, "dnf"),
    (Tool::PackageManager, "dpkg"),
    (Tool::PackageManager, "microdnf"),
    (Tool::PackageManager, "npm"),
    (Tool::PackageManager, "npx"),
    (Tool::PackageManager, "pip"),
    (Tool::PackageManager, "pnpm"),
    (Tool::PackageManager, "poetry"),
    (Tool::PackageManager, "rpm"),
    (Tool::PackageManager, "yarn"),
    (Tool::PackageManager, "yum"),
    (Tool::Compiler, "clang"),
    (Tool::Compiler, "g++"),
    (Tool::Compiler, "gcc"),
    (Tool::Compiler, "go"),
    (Tool::Compiler, "javac"),
    (Tool::Compiler, "rustc"),
    (Tool::BuildTools, "cargo"),
    (Tool::BuildTools, "cmake"),
    (Tool::BuildTools, "gradle"),
    (Tool::BuildTools, "make"),
    (Tool::BuildTools, "meson"),
    (Tool::BuildTools, "mvn"),
    (Tool::BuildTools, "ninja"),
];

/// The tools of a list: first the kinds, in their order, then each program.
fn without(tools: &[String]) -> Vec<Tool> {
    let named = [
        ("shell", Tool::Shell),
        ("package-manager", Tool::PackageManager),
        ("compiler", Tool::Compiler),
        ("build-tools", Tool::BuildTools),
    ];
    let kinds = named.into_iter().filter(|(name, _)| tools.iter().any(|tool| tool == name)).map(|(_, tool)| tool);
    let programs = tools.iter().filter_map(|tool| program(tool.strip_prefix("program:")?));
    kinds.chain(programs.map(Tool::Program)).collect()
}

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
            &["<img>", "<limit>"],
            &["no <img> [may|can|larger|bigger] (exceed|exceeding|over|above|larger than|bigger than|than) {size}"],
            &["(size|<img> size|size of <img>)", "<limit>", "[as|on|for] download !transfer"],
            &["<img>", "(take|take up|occupy) <limit>"],
            &[
                "<img>",
                "[take|take up|occupy|use|need|require|consume] <limit>",
                "[of|on] (disk|flash|storage|disk space|flash space|storage space) !unpacked",
            ],
            &["[size of] (ota|docker|image|container|image's) (download|pull) [size]", "<limit> !transfer"],
            &["<img> (download|pull|transfer) [size]", "<limit> !transfer"],
            &[
                "(size of <img>|<img> size|weight of <img>|<img> weight)",
                "(<limit>|limited to {size}|: {size} or less)",
            ],
            &["(max|maximum|maximal) <image> (size|footprint) [:] [of] {size}"],
            &["{size} budget for <image>"],
            &["<image> size (budget|limit|cap|ceiling) [:] [of] {size}"],
            &["{size} (max|maximum|at most|tops) for <img>"],
        ],
        extras: &[
            "(<img>|size|<img> size|size of <img>|for <img>|<container> size|footprint)",
            "<size-in>",
            "pulled from registry !transfer",
            "(tiny|small|lean|slim|lightweight|light|compact|minimal|not huge|not bloated|not big|not large|lightweight enough) [and]",
            "[,] [and] (everything|all dependency|all [of] it dependency|dependency|base image|base layer|runtime|all layer|cuda|model|model weight) included",
            "[,] including (everything|all dependency|dependency|base image|base layer|all layer)",
            "(weigh in|weigh in at|come out at|clock in|clock in at|end up|end up at)",
            "(overall|altogether|in total|in all|per image|grand total)",
            "(stay|stays|remain|weigh|come in|come in at|come to|have|having|have size of|size of|of|weight|keep|kept|keep <image>|keep it|keep <image> size|reasonable|small|in size|total)",
            "[in] [<measure>] (size|image|image size|form)",
            "<measure>",
            "[verify|verified|check|checked|see|as shown by|measured|shown by] [with|by|via|in] docker image",
            "each",
            "[after|optimized|optimised|through|with|by|via|thanks to|using] [optimization|optimisation] [through|with|by|via|using] (multi-stage|multistage) (build|docker build) !stages",
            "[,] [and|even] (including|with) [all] [its|our|the] ([model|ml] weight|dependency|asset|font|library|module|python package|static file|binary|language model|model|training data|documentation|node_modules|migration)",
            "[,] [all] [its|our|the] ([model|ml] weight|dependency|asset|font|library|module|python package|static file|binary|language model|model|training data|documentation|node_modules|migration) included",
            "(bring|shrink|cut) [down]",
            "[,] [and] that include [all] [its|our|the] ([model|ml] weight|dependency|asset|font|library|module|python package|static file|binary|language model|model|training data|documentation|node_modules|migration)",
        ],
        topics: &[
            "size",
            "image size",
            "image",
            "footprint",
            "final image",
            "final size",
            "small image",
            "small footprint",
            "optimized image size",
            "image footprint",
            "lightweight image",
        ],
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
            &["<no> [any] <baked-secrets>", "<in-img>"],
            &["<no> [any] <baked-secrets>", "[<exist-in>] (baked in|baked into <img>|hardcoded into <img>)"],
            &[
                "<not> (contain|have|include|hold|carry|ship|ship with|embed|bake|leak|expose|store|hardcode|hard-code|copy|commit|put|keep|leave|bake in|come with|bring)",
                "[any] <baked-secrets>",
                "(<img>|<in-img>)",
            ],
            &["[any] <baked-secrets> <not> [ever|to] [<exist-in>|found]", "<in-img>"],
            &[
                "[any] <baked-secrets> (cannot|can not|can't) (<exist-in>|recovered|extracted|read|retrieved|found)",
                "<in-img>",
            ],
            &[
                "[all|any] <baked-secrets> [kept|stay|left|remain|keep]",
                "(out of (<img>|any layer|[any|<img>] layer of <img>|every layer))",
            ],
            &[
                "(keep|leave|move) [all|any] <baked-secrets>",
                "out of (<img>|any layer|[any|<img>] layer of <img>|every layer)",
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
            &["<not> (hardcode|hard-code) [any] <baked-secrets>"],
            &["nobody [can] find [any] <baked-secrets>", "<in-img>"],
            &["no layer [of <img>] (contain|hold|have|carry) [any] <baked-secrets>"],
        ],
        extras: &[
            "<in-img>",
            "<img>",
            "(in|inside) [any|<image>] layer [of <image>]",
            "(in|and|or|nor) [in] [<image>] (history|build history|docker history)",
            "(or|and|nor) [in] [its|any of its|any] layer",
            "(at|during) build [time]",
            "can (<exist-in>|recovered|extracted|read|retrieved|found)",
            "<exist-in>",
            "[,] (including|even|also|not even) [in|from] (deleted|removed|earlier|intermediate|lower|previous|hidden|overwritten) (layer|file)",
            "[,] including (layer|file) [subsequently|later] (deleted|removed) [from|in later layer|later]",
            "[as] (verified|checked|confirmed|shown) (by|with|via|through|using) [inspecting|inspection of] (docker history|docker image history|image history)",
            "[,] (or|nor|and no|no|or any) {file-names} !files",
            "(baked|stored|left|kept|embedded|hardcoded|hard-coded|committed|copied|included|present|baked in|written|put|contain|have|hold|carry|include|ship|there|exist)",
            "[and] (environment|env) [variable]",
            "[such as|like|e.g.|i.e.|including] <secrets>",
            "(may|can) (found|appear|exist|remain|left|present|included)",
            "[,] including layer whose file [was|were] (deleted|removed) [later]",
            "no {file-names} !files [,] and",
            "part",
            "(no|without) {file-names} !files , and",
            "[,] not even in [its|image|build] history",
            "in it",
        ],
        topics: &[
            "security",
            "secret",
            "secrets",
            "secrets management",
            "credentials",
            "secure by default",
            "secret handling",
            "secret hygiene",
            "image security",
            "no secrets",
        ],
        checks: |found| {
            let missing = list(found, "file-names").unwrap_or_default();
            let missing =
                missing.into_iter().map(|path| Check::ImageFile { path, expectation: FileExpectation::Missing });
            Some([Check::ImageSecrets].into_iter().chain(missing).collect())
        },
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
            &[
                "([docker|container|runtime|parent|underlying] base image|[runtime|final|production] base|parent image|underlying image)",
                "[pinned to|fixed to|locked to|set to|fixed at] {ref}",
            ],
            &["{os-ref} (underneath|below|at bottom|as foundation|as os|as operating system|as userland)"],
            &[
                "<img> (inherit from|extend|extending|built upon|made from|made on top of|constructed from|created from|sit on|sit on top of|rest on|rest on top of|layered on|layered on top of|run on top of|on top of|go on top of) {ref}",
            ],
            &["<stage> (use|start from|from|derive from|derived from|based on|on top of|extend|built on|:) {ref}"],
            &[
                "[we|it|dockerfile|build] (use|using|take) [official] {ref} [image] (as|for|as our) [runtime|final] (base image|base|foundation|starting point)",
            ],
            &[
                "(based on|based upon|built on|built on top of|built upon|derived from|derive from|inherit from|extend) [official|stock|plain|upstream] {ref}",
            ],
            &["{ref} (serve|act|used|taken|chosen) (as|for) [our] (base image|base|foundation)"],
            &["[only] {ref} (accepted|allowed|permitted|may used|can used|may serve) (as|for) (base image|base)"],
            &["only {ref} (accepted|allowed|permitted|may used|can used|may serve) (as|for) (base image|base)"],
            &[
                "(based on|based upon|built on|built on top of|built from|build on|build from|derive from|derived from|start from) {ref}",
            ],
            &["(use|with) {ref} as (base image|base)"],
            &["from {ref}"],
            &["(switch|change|move|pin|set) (base image|base) to {ref}"],
            &["base (it|<image>) on {ref}"],
            &["{ref} (based|base image|base|as base|as base image|serve as base image)"],
            &["use {ref} to be base image"],
            &[
                "use {ref} [, (not|rather than|instead of) [full] (jdk|sdk) ,] as (parent|parent image) [of <stage>|of <img>]",
            ],
            &["on top of {os-ref}"],
            &["<img> build from {ref}"],
            &[
                "nothing (else than|but|other than|else but) {ref} [(may|can)] (used|accepted|allowed|permitted|serve) as (base image|base)",
            ],
        ],
        extras: &[
            "<img>",
            "<container>",
            "(final|runtime|last|production|runner) stage",
            "(as|for|in) (<stage>|final image|runtime image)",
            "[.|,] (nothing else|no other [base|parent] [image]|no other one|none other|no alternative) [(accepted|allowed|permitted|used|acceptable|will do|possible|tolerated)]",
            "[.|,] [all|any] other [base|parent] [image] (<not> (accepted|allowed|permitted|used|acceptable|tolerated)|forbidden|prohibited|rejected|disallowed|refused)",
            "[.|,] <not> (anything else|any other [base] [image])",
            "(official|stock|upstream|we)",
            "use",
            "from",
            "(small|secure|minimal|lightweight|slim|lean|,|and)",
            "dockerfile",
            "or one of [it|its|their] (descendant|derivative)",
            "[,|and] (<not>|rather than|instead of) [on|with|from] [full|whole|complete] (jdk|sdk)",
            "[,] nothing else [in there|in it|inside]",
        ],
        topics: &["base image", "base", "minimal base image", "base image choice"],
        checks: |found| {
            let bases = list(found, "ref").or_else(|| list(found, "os-ref"))?;
            one(Check::ImageBase { bases })
        },
    },
    Entry {
        kind: CheckKind::ImageSlim,
        sentence: "No {tools} in image",
        description: "None of the tools named is in the image: shell, package manager, compiler, build tools, or a program by its name. A file \
                      named beside them is in no folder of the image.",
        examples: &[
            "No shell in image",
            "No shell, package manager or compiler in the final image",
            "The image contains no build tools",
            "No git or curl in the final image",
        ],
        forms: &[
            &["(no|without|without any|free of|neither|zero) {tools}"],
            &["<no> {absences}", "<in-img>"],
            &[
                "(<img>|<stage>) ((have|contain|include|ship with|carry|come with|hold|ship) (no|neither|zero)|free of|without) {absences}",
            ],
            &[
                "<not> (contain|have|include|ship|ship with|carry|come with|hold|bundle|keep|bring|bring along|provide)",
                "{absences}",
                "(<img>|<in-img>|container)",
            ],
            &["{absences}", "<not> [to] <there> [of]", "<in-img>"],
            &["{absences} <not> [part of] <in-img>"],
            &["there <not> {absences}", "<in-img>"],
            &[
                "{absences} (absent|missing|gone|removed|stripped|excluded|left out|purged|deleted|uninstalled|kept out|stripped out|omitted|stay out)",
                "<in-img>",
            ],
            &["(keep|leave|strip|remove) {absences}", "out of (<img>|<stage>)"],
            &["{absences} have no (business|place|room|right|reason)", "[being|to] <in-img>"],
            &["{absences} <not> belong", "<in-img>"],
            &[
                "{absences} <not> (permitted|allowed|tolerated|acceptable|welcome|accepted)",
                "(<in-img>|in production [image])",
            ],
            &["distroless !distroless"],
            &["[on|based on|built on] distroless !distroless [base] [image]"],
            &["{absences} (stay|remain|kept|keep|left) [behind] [only] in (builder|build) stage"],
            &["<not> (bake|copy|put|add|leave|pack|commit) {absences}", "<in-img>"],
            &["(remove|strip|drop|delete|purge|uninstall) {absences} from (<img>|<stage>)"],
            &["there (no|<not> any) {absences} in (there|it)"],
            &["<not> (contain|include|ship) {absences}"],
            &["ship as distroless !distroless [image]"],
            &["there no (reason|need) (to have|for) {absences} (in production|<in-img>)"],
            &[
                "{absences} only (needed|required|used) (for building|to build|for compiling|to compile|at build time|during build|in (build|builder) stage) [,] and",
                "<not> [to] [<there>] [of]",
                "(<in-img>|at runtime)",
            ],
            &[
                "{absences} only (needed|required|used) (for building|to build|for compiling|to compile|at build time|during build|in (build|builder) stage) [,] and",
                "(absent|missing|gone|removed|stripped|excluded|left out)",
                "<in-img>",
            ],
            &["(contain|include|have|ship|ship with|carry|come with) no {absences}"],
            &["(attacker|you|one|anyone|people|we|intruder) <not> [can] (find|have) {absences}", "<in-img>"],
            &["nobody [can] find {absences}", "<in-img>"],
            &["[we] (removed|stripped|dropped|deleted|purged|uninstalled|excluded) {absences} from (<img>|<stage>)"],
            &["<img> (come|ship|work|do|get by|get along|built|delivered) without {absences}"],
            &["(contain|include|have|ship|ship with|carry|come with) <no> {absences}"],
        ],
        extras: &[
            "<in-img>",
            "<image>",
            "included !included",
            "(inside|present|installed|shipped|available|contain|have|include|ship|ship with|there|left|left behind)",
            "(left over|remaining|remain|can found|found|anywhere|so|whatever)",
            "[,|and] neither (have|do|is|can) {more-absences}",
            "{examples}",
            "[docker|running|production] container",
            "[and|so|so that] (kubectl|docker) exec [-it|-ti] [--] (sh|bash|/bin/sh|/bin/bash|into it) (fail|not work|not possible|impossible) !no-shell",
            "(may|can) (left|found|present|remain|included|installed|there|exist|used)",
            "to remain",
            "[and|so|so that] which (gcc|cc) return nothing !no-compiler",
            "[listed|excluded|named] (in|by|via|through) .dockerignore [,] (so it|so that it|so|and so|and therefore|and thus|and hence|and|therefore)",
            "again",
            "there",
            "(as|at) runtime",
            "[,] which mean (neither shell nor package manager|no shell and no package manager)",
            "so not bother [with|trying] docker exec [-it|-ti] [{value}] (sh|bash) !no-shell",
            "in it",
            "part",
            "end up",
            "(appear|exist|land|end up)",
        ],
        topics: &[
            "security",
            "image",
            "attack surface",
            "hardening",
            "minimal attack surface",
            "minimal image",
            "hardened image",
            "minimal runtime",
            "tooling",
        ],
        checks: |found| {
            let tools = if found.has("distroless") {
                vec!["shell".to_owned(), "package-manager".to_owned()]
            } else {
                let first = list(found, "tools").or_else(|| list(found, "absences"))?;
                first.into_iter().chain(list(found, "more-absences").unwrap_or_default()).collect()
            };
            // `no compiler, shell included`.
            if found.has("included") && tools.len() > 1 {
                return None;
            }
            let kinds = without(&tools);
            let is_kind = |example: &String| kinds.iter().any(|kind| EXAMPLES.contains(&(*kind, example.as_str())));
            let has_other_examples = !list(found, "examples").unwrap_or_default().iter().all(is_kind);
            if has_other_examples
                || found.has("no-shell") && !kinds.contains(&Tool::Shell)
                || found.has("no-compiler") && !kinds.contains(&Tool::Compiler)
            {
                return None;
            }
            let missing = tools.iter().filter_map(|tool| tool.strip_prefix("file:"));
            let missing =
                missing.map(|path| Check::ImageFile { path: path.to_owned(), expectation: FileExpectation::Missing });
            let slim = (!kinds.is_empty()).then(|| Check::ImageSlim { without: kinds.clone() });
            Some(slim.into_iter().chain(missing).collect())
        },
    },
    Entry {
        kind: CheckKind::ImageSetuid,
        sentence: "No setuid files",
        description: "No file in the image has the setuid bit.",
        examples: &["No setuid files", "No setuid binaries in the image"],
        forms: &[
            &["nothing <suid>", "<in-img>"],
            &["(no|without) <suid>"],
            &[
                "<no> (file|binary|executable|program)",
                "(with|have|carry|bear|bearing|carrying|having|own) <suid> (bit|permission|flag|mode)",
            ],
            &["<no> (file|binary|executable|program)", "<suid>"],
            &["<no> <suid> [or setgid|bit|permission|flag] (file|binary|program|executable|bit)"],
            &[
                "<not> (contain|have|include|ship|carry)",
                "[any] <suid> (file|binary|program|executable|bit)",
                "(<img>|<in-img>)",
            ],
            &[
                "[any|all] <suid> (file|binary|program|executable|bit)",
                "(removed|stripped|cleared|dropped) from (<img>|all (file|binary|executable)|every (file|binary|executable))",
            ],
            &[
                "(no|none of) (file|binary|executable) (in <img>)",
                "(have|carry|bear) <suid> (bit|flag|permission) [set]",
            ],
            &["no file with (setuid|suid) (bit|permission) [set]"],
            &["<not> contain [any] file with (setuid|suid) (bit|permission) [set]", "<image>"],
            &["(no|without|without any|free of) (setuid|suid|set-uid) (file|binary|program|executable)"],
            &[
                "<not> (contain|have|include|ship)",
                "[any] (setuid|suid|set-uid) (file|binary|program|executable)",
                "<image>",
            ],
            &[
                "(file|binary|executable) with <suid> (bit|flag|permission) <not> (allowed|permitted|tolerated|accepted|acceptable|present)",
            ],
        ],
        extras: &[
            "<in-img>",
            "<img>",
            "(contain|have|present|include|there|left|remain|exist|found|can found|set|remaining|ship|carry)",
        ],
        topics: &["security", "hardening", "privileges", "privilege escalation"],
        checks: |_| one(Check::ImageSetuid),
    },
    Entry {
        kind: CheckKind::ImageFile,
        sentence: "File {path} exists",
        description: "The path is in the image, or is not, or belongs to the user named. A name alone, such as `.env`, is in no folder of the image.",
        examples: &[
            "File /app/task-api exists",
            "File /bin/sh does not exist",
            "/data is owned by appuser",
            "No .env file in the image",
            "The image contains /opt/models/base.onnx",
        ],
        forms: &[
            &["[file|folder|directory] {path} [file|folder|directory]", "(exist|present|there)"],
            &["[file|folder|directory] {path}", "exist", "[and] (owned by|belong to) [user|uid] {user} !exists"],
            &[
                "[file|folder|directory] {paths} [file|folder|directory]",
                "(owned by|belong to|property of) [user|uid] {user} [user|account]",
            ],
            &["(owner of|ownership of) {paths}", "[user] {user}"],
            &["[user] {known-user} own {paths}"],
            &["<img> (contain|include|ship|ship with|have|hold|carry|come with) [file|folder|directory] {paths}"],
            &["(contain|ship|ship with) [file|folder|directory] {file-paths}"],
            &[
                "[file|folder|directory] {paths}",
                "(contained|included|shipped|present|found|bundled|part of|part|copied|exist|stored|can found) <in-img>",
            ],
            &["[file|folder|directory] {file-paths}", "(copied|copied over|copied in|shipped|bundled|in place)"],
            &[
                "[service|app|application|main|server|static|license|config|configuration|default|entrypoint|startup] (binary|executable|script|entrypoint script|file|license|license text|config|model|jar|font|asset|migration|migration script)",
                "(at|under|located at|located in|installed at|installed in|placed at|found at|stored at|lie at|live at|live in|sit at|present at|available at|copied to|shipped at|shipped as|kept at|can found at|can found in) {file-paths}",
            ],
            &[
                "{file-names}",
                "<not> [to] (found|exist|present|there|lie) [anywhere|anyplace] (beneath|under|below|in|inside|within) {folder} !missing",
            ],
            &[
                "<no> {file-names}",
                "[exist|present|lie|found|there] [anywhere|anyplace] (beneath|under|below|in|inside|within) {folder} !missing",
            ],
            &["[file|folder|directory] {path}", "<not> (exist|present|there) !missing"],
            &["no (file|folder|directory) {path} !missing"],
            &["no {path} !missing", "<in-image>"],
            &["[file|folder|directory] {path} <not> [part of|present|included|found|left] <in-image> !missing"],
            &["[file|folder|directory] {path}", "(owned by|belong to) [user|uid] {user}"],
            &[
                "{things} (baked|included|stored|shipped|bundled|placed|copied|packed|inside) [in|into|inside] <img> (at|under|in|as) {paths}",
            ],
            &[
                "(model|model file|binary|config|config file|dataset) (baked|included|stored|shipped|bundled|placed|copied|packed|inside) [in|into|inside] <img> (at|under|in|as) {paths}",
            ],
            &[
                "[app|application|data|work|working|service] (directory|folder) {paths}",
                "(owned by|belong to|property of) [user|uid] {user} [user|account]",
            ],
            &[
                "(model|config|configuration|license|startup) (file|script) {paths}",
                "(contained|included|shipped|present|found|bundled|part of|part|copied|exist|stored|can found) <in-img>",
            ],
            &["(config|configuration) (live|lie|located|stored|kept) (in|at|under) {file-paths}"],
        ],
        extras: &["<in-img>", "there", "[with] (uid|user id) {uid}"],
        topics: &["files", "file", "filesystem"],
        checks: |found| {
            let expectation = match text(found, "user").or_else(|| text(found, "known-user")) {
                Some(user) => FileExpectation::OwnedBy(user),
                None if found.has("missing") => FileExpectation::Missing,
                None => FileExpectation::Exists,
            };
            let below = |name: &String| match text(found, "folder") {
                Some(folder) => format!("{}/{name}", folder.trim_end_matches('/')),
                None => name.clone(),
            };
            let names = ["paths", "file-paths", "file-names"].into_iter().find_map(|name| list(found, name));
            let paths = names.or_else(|| Some(vec![text(found, "path")?]))?;
            let exists = found.has("exists").then_some(FileExpectation::Exists);
            let number = text(found, "uid").map(FileExpectation::OwnedBy);
            if number.is_some() && !matches!(expectation, FileExpectation::OwnedBy(_)) {
                return None;
            }
            let expected: Vec<FileExpectation> = exists.into_iter().chain([expectation]).chain(number).collect();
            let of = |path: String| {
                let check = move |expectation| Check::ImageFile { path: path.clone(), expectation };
                expected.iter().cloned().map(check).collect::<Vec<_>>()
            };
            Some(paths.iter().map(below).flat_map(of).collect())
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
            &[
                "[<img>|oci] label [for] {labels}",
                "(set|present|exist|there|included|defined|provided|declared|populated|filled in|available|applied|<not> empty|specified|given)",
            ],
            &["[<img>|oci] label", "(set|present|exist|there|included|defined|provided|declared|applied) [:] {labels}"],
            &["[<img>|oci] label (include|contain|comprise|cover) {labels}"],
            &["{labels} label", "(set|present|exist|there|included|defined|provided|declared|populated|<not> empty)"],
            &["{labels}", "(set|present|provided|defined|included) as [image|oci] label"],
            &[
                "<img> (have|carry|include|define|set|bear|contain|provide|declare|come with|labeled with)",
                "[oci] [label] [for|:] {labels} [label]",
                "label",
            ],
            &["<img> (have|carry|include|define|set|bear)", "[oci] label [for] {labels}"],
            &["(labelled|labeled|tagged) with {labels} label"],
            &["(labelled|labeled) with {labels}"],
            &["[<image>|oci] label : {labels}"],
            &["(set|put|add|attach) [label|oci label] {labels} on <img>"],
        ],
        extras: &["(required|mandatory|following|metadata)", "<in-image>", "<image>", "on <image>"],
        topics: &["labels", "metadata", "label", "image labels", "oci labels", "image metadata", "traceability"],
        checks: |found| one(Check::ImageLabels { names: list(found, "labels")? }),
    },
    Entry {
        kind: CheckKind::ImageLayers,
        sentence: "Image has at most {n} layers",
        description: "The manifest lists {n} layers or fewer.",
        examples: &["Image has at most 5 layers", "At most 5 layers"],
        forms: &[
            &[
                "(at most|no more than|not more than|up to|maximum of|max|maximum|<=|≤|not exceed|limited to|capped at|not have more than|not have over|not contain more than|not consist of more than|not over) {n} layer",
            ],
            &["(fewer than|less than|under|below|<) !fewer {n} layer"],
            &[
                "(layer count|number of layer|count of layer)",
                "(at most|max|maximum|<=|≤|not exceed|not more than|no more than|not above|not over|limited to|up to|not higher than) {n}",
            ],
            &[
                "(layer count|number of layer|count of layer)",
                "(fewer than|less than|under|below|<|lower than|smaller than) !fewer {n}",
            ],
            &["layer [:] (<=|≤) {n}"],
            &["layer limit [:] [of] {n}"],
            &["{n} layer [or fewer|at most] [,] (tops|at very most|no more|not more|as maximum|upper limit|or below)"],
            &["layer : (at most|max|maximum) {n}"],
            &["layer : {n} (at most|max|maximum|or fewer)"],
            &["{n} layer (at most|or fewer|or less|max|maximum)"],
        ],
        extras: &[
            "(keep|stay|kept|limit|limited) [<img>] [to|at|with|within]",
            "<in-img>",
            "<img>",
            "(have|consist of|contain|use|made of|made up of|comprise|composed of|built from|built with|ship with)",
            "total",
            "there",
            "dockerfile (result in|produce|give|yield|lead to)",
            "end up with",
            "make up",
            "may",
        ],
        topics: &["layers", "image", "layer count", "layer limit"],
        checks: |found| {
            let most = usize::try_from(number(found, "n")?).ok()?;
            let most = if found.has("fewer") { most.checked_sub(1).filter(|most| *most > 0)? } else { most };
            one(Check::ImageLayers { most })
        },
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
