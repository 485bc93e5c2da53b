//! The vocabulary: every sentence that is understood, in one table.
//!
//! The reference page, `explain` and the parser are all made from it. How a pattern is written: [`crate::pattern`].

use std::time::Duration;

use crate::parameter::Value;
use crate::pattern::Found;
use crate::{Check, CheckKind, FileExpectation, Measure, Tool};

/// How long a health check may take to turn healthy where the sentence names no time. Docker first asks after 30 s.
pub(crate) const HEALTHY_WITHIN: Duration = Duration::from_mins(1);

/// How long a stop may take where the sentence names no time: what `docker stop` waits.
pub(crate) const STOP_WITHIN: Duration = Duration::from_secs(10);

/// One row of the vocabulary.
#[derive(Debug)]
pub struct Entry {
    /// The check that its sentences promise.
    pub kind: CheckKind,
    /// The sentence in its plainest form, parameters in braces.
    pub sentence: &'static str,
    /// What is promised, exactly.
    pub description: &'static str,
    /// Sentences that are understood so, as people write them. The first one is plain.
    pub examples: &'static [&'static str],
    /// Patterns of its sentences.
    pub patterns: &'static [&'static str],
    /// Patterns of labels that make the promise by themselves; alone, they are sentences too.
    pub labels: &'static [&'static str],
    /// Labels that only name the subject of its sentences.
    pub topics: &'static [&'static str],
    /// Patterns of what may stand in parentheses behind its sentences.
    pub remarks: &'static [&'static str],
    /// The checks of what was found; none where it makes no promise.
    pub(crate) checks: fn(&Found) -> Option<Vec<Check>>,
}

/// Every entry, in the order of the design.
pub fn vocabulary() -> &'static [Entry] {
    VOCABULARY
}

const VOCABULARY: &[Entry] = &[
    Entry {
        kind: CheckKind::BuildSucceeds,
        sentence: "Container builds successfully without errors",
        description: "The image's own build left a record, and it ended well.",
        examples: &[
            "Container builds successfully without errors",
            "Image builds without errors",
            "The build succeeds",
        ],
        patterns: &[
            "[the] (container|image|docker image|container image|dockerfile) <must> (build|builds) [successfully|cleanly] [without (errors|error|any errors)]",
            "[the] (container|image|docker image|container image|dockerfile) can be built [successfully|cleanly] [without (errors|error|any errors)]",
            "[the] [docker|image|container] build <must> (succeed|succeeds|is successful|completes [successfully]) [without (errors|error|any errors)]",
        ],
        labels: &[],
        topics: &["build"],
        remarks: &["[with|verify with] docker build"],
        checks: |_| one(Check::BuildSucceeds),
    },
    Entry {
        kind: CheckKind::BuildReproducible,
        sentence: "Build is reproducible",
        description: "Two builds of the same source give the same digest: the second one in another folder, as another user, with another home, locale, time zone and host name, as far as the builder lets these be varied.",
        examples: &["Build is reproducible", "Reproducible build", "The image is reproducible byte for byte"],
        patterns: &[
            "([the] [docker|image|container] build|builds|<image>|images) <is> [byte-for-byte|bit-for-bit] reproducible [byte for byte|bit for bit]",
            "[byte-for-byte|bit-for-bit] reproducible (build|builds|image)",
            "(two builds of|building) the same (source|sources|commit) [twice] (give|gives) the same (image|digest)",
        ],
        labels: &["reproducible [build|builds]"],
        topics: &["build"],
        remarks: &["(byte for byte|bit for bit)"],
        checks: |_| one(Check::BuildReproducible),
    },
    Entry {
        kind: CheckKind::BuildMultiStage,
        sentence: "Multi-stage build",
        description: "The build has a stage of its own for the tools, and the image is made from another.",
        examples: &["Multi-stage build", "Uses a multi-stage build", "Multi-stage Dockerfile"],
        patterns: &[
            "[uses|use|built with|built by|built in] [a] (multi-stage|multistage|multi stage) (build|builds|dockerfile)",
            "[the] (build|dockerfile) (is|uses|has) (multi-stage|multistage|multi stage|multiple stages)",
        ],
        labels: &["(multi-stage|multistage|multi stage) [build]"],
        topics: &["build"],
        remarks: &[],
        checks: |_| one(Check::BuildMultiStage),
    },
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
        patterns: &[
            "[the] [final|docker|container] [<measure>] image size [:] [<is>|stays|stay] <under> {size} [<measure>]",
            "(image|final image) size [:] {size} (max|maximum|or less|at most)",
            "[<measure>] size of <image> (is|stays|must be|should be) <under> {size} [<measure>]",
            "<image> (is|stays|must be|should be|weighs) <under> {size} [<measure>]",
            "<under> {size} [<measure>] [final|docker|container] image [size]",
            "<under> {size} for <image>",
            "<image> [:] <under> {size} [<measure>]",
            "(<transfer>|<unpacked>) size [of <image>] [:] [<is>] <under> {size}",
        ],
        labels: &[],
        topics: &["size", "image size", "image"],
        remarks: &[
            "[verify|verified|check|checked|see|as shown by|measured] [with|by] docker images",
            "<measure>",
            "<transfer> size",
            "<unpacked> size",
            "final image",
        ],
        checks: |found| {
            let measure = match (found.has("transfer"), found.has("unpacked")) {
                (true, false) => Measure::Transfer,
                (false, true) => Measure::Unpacked,
                (false, false) => Measure::Both,
                (true, true) => return None,
            };
            one(Check::ImageSize { limit_bytes: size(found)?, measure })
        },
    },
    Entry {
        kind: CheckKind::ImageSecrets,
        sentence: "No secrets in image",
        description: "No private key, token or password in any layer (also in files that a later layer deletes), in the environment, \
                      the labels or the history.",
        examples: &["No secrets in image", "The image contains no secrets", "No credentials baked into the image"],
        patterns: &[
            "[there (are|must be)] no [hardcoded|hard-coded] <secrets> [(are|is)] [baked|stored|left|kept] (in|into|inside|within) [any layer of|the layers of] <image> [layers]",
            "<image> <must> (contains|contain|has|have|holds|carries|includes|include) no [hardcoded|hard-coded] <secrets>",
            "<image> (does not|doesn't|must not|should not) (contain|hold|include) [any] <secrets>",
            "<image> <is> free of <secrets>",
        ],
        labels: &["no [hardcoded|hard-coded] <secrets>", "no [hardcoded|hard-coded] <secrets> <in-image>"],
        topics: &["security", "secrets"],
        remarks: &[],
        checks: |_| one(Check::ImageSecrets),
    },
    Entry {
        kind: CheckKind::EnvRuntime,
        sentence: "{VAR}: Environment variable (not hardcoded)",
        description: "{VAR} is not set in the image, no layer holds a URL with a password, and another value at run time changes \
                      what the service does.",
        examples: &[
            "DATABASE_URL: Environment variable (not hardcoded)",
            "DATABASE_URL is passed at runtime",
            "Database URL passed at runtime",
            "DATABASE_URL comes from the environment",
        ],
        patterns: &[
            "[the] {var} [:] [<is>|comes|is] [read|set|passed|given|provided|supplied|injected] [as|by|via|through|from] [a|an|the] environment [variable] [at (runtime|run time)] [, <not-hardcoded>]",
            "[the] {var} [:] [<is>] (passed|provided|given|set|supplied|injected) [in] at (runtime|run time|run-time) [(as|via|by|through) [a|an|the] environment [variable]] [, <not-hardcoded>]",
            "[the] {var} [:] [<is>] <not-hardcoded>",
        ],
        labels: &[],
        topics: &["configuration", "security"],
        remarks: &["<not-hardcoded>", "passed at runtime", "at runtime"],
        checks: |found| one(Check::EnvRuntime { variable: text(found, "var")? }),
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
        patterns: &[
            "[the] [docker|container] base image [:] [<is>] {ref}",
            "[<image>] [<is>] (based|built) on [top of] {ref}",
            "[<image>] [<is>] built from {ref}",
            "uses {ref} as [the|its] base image",
            "uses {ref} as base",
        ],
        labels: &[],
        topics: &["base image", "base"],
        remarks: &["<praise> [[,] [and] <praise>] [[,] [and] <praise>]"],
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
        patterns: &[
            "no {tools} (in|inside|within) <image>",
            "<image> <must> (has|have|contains|contain|ships|includes) no {tools}",
            "<image> (does not|must not|should not) (contain|have|include|ship) {tools}",
            "<image> [is] without {tools}",
        ],
        labels: &["no {tools}"],
        topics: &["security", "image"],
        remarks: &[],
        checks: |found| {
            let tools = list(found, "tools")?;
            let without = tools.iter().map(|name| match name.as_str() {
                "shell" => Tool::Shell,
                "package-manager" => Tool::PackageManager,
                "compiler" => Tool::Compiler,
                _ => Tool::BuildTools,
            });
            one(Check::ImageSlim { without: without.collect() })
        },
    },
    Entry {
        kind: CheckKind::ImageSetuid,
        sentence: "No setuid files",
        description: "No file in the image has the setuid bit.",
        examples: &["No setuid files", "No setuid binaries in the image"],
        patterns: &[
            "[there are] no (setuid|suid|set-uid) (files|binaries|programs) [<in-image>]",
            "<image> <must> (has|have|contains|contain) no (setuid|suid|set-uid) (files|binaries|programs)",
        ],
        labels: &[],
        topics: &["security"],
        remarks: &[],
        checks: |_| one(Check::ImageSetuid),
    },
    Entry {
        kind: CheckKind::ImageFile,
        sentence: "File {path} exists",
        description: "The path is in the image, or is not, or belongs to the user named.",
        examples: &["File /app/task-api exists", "File /bin/sh does not exist", "/data is owned by appuser"],
        patterns: &[
            "[the] [file|folder|directory] {path} <must> (exists|exist) [<in-image>]",
            "[the] [file|folder|directory] {path} (does not|doesn't|must not|should not) exist [<in-image>] !missing",
            "[there is] no (file|folder|directory) {path} [<in-image>] !missing",
            "[the] [file|folder|directory] {path} (is|must be|should be) owned by [the] [user|uid] {user}",
            "[the] [file|folder|directory] {path} belongs to [the] [user|uid] {user}",
        ],
        labels: &[],
        topics: &["files"],
        remarks: &[],
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
        patterns: &[
            "[the] [image|oci] (label|labels) {labels} <is> (set|present)",
            "<image> <must> (has|have|carries|carry) [the] (label|labels) {labels}",
        ],
        labels: &[],
        topics: &["labels", "metadata"],
        remarks: &[],
        checks: |found| one(Check::ImageLabels { names: list(found, "labels")? }),
    },
    Entry {
        kind: CheckKind::ImagePort,
        sentence: "Image exposes port {n}",
        description: "The image's config exposes TCP port {n}.",
        examples: &["Image exposes port 8000", "Exposes port 8000", "Port 8000 is exposed"],
        patterns: &[
            "[<container>] <must> (exposes|expose) [tcp] port {port}",
            "[tcp] port {port} (is|must be|should be) exposed [by <image>]",
            "exposed port [:] {port}",
        ],
        labels: &[],
        topics: &["port", "ports", "network", "networking"],
        remarks: &["tcp"],
        checks: |found| one(Check::ImagePort { port: u16::try_from(number(found, "port")?).ok()? }),
    },
    Entry {
        kind: CheckKind::ImageLayers,
        sentence: "Image has at most {n} layers",
        description: "The manifest lists {n} layers or fewer.",
        examples: &["Image has at most 5 layers", "At most 5 layers"],
        patterns: &[
            "[<image> <must> (has|have|consists of)] (at most|no more than|not more than|up to) {n} layers [<in-image>]",
            "{n} layers (at most|or fewer|or less)",
        ],
        labels: &[],
        topics: &["layers", "image"],
        remarks: &[],
        checks: |found| one(Check::ImageLayers { most: usize::try_from(number(found, "n")?).ok()? }),
    },
    Entry {
        kind: CheckKind::ImagePlatform,
        sentence: "Binaries match the image's platform",
        description: "Every executable in the image is for the architecture that its config names.",
        examples: &["Binaries match the image's platform", "All binaries match the platform of the image"],
        patterns: &[
            "[all|the|all the] [its] (binaries|executables) (match|must match) the (image's platform|platform of the image|image platform|declared platform)",
        ],
        labels: &[],
        topics: &["platform", "image"],
        remarks: &[],
        checks: |_| one(Check::ImagePlatform),
    },
    Entry {
        kind: CheckKind::HealthDeclared,
        sentence: "Health check is declared",
        description: "The image's config declares a health check.",
        examples: &[
            "Health check is declared",
            "The image declares a health check",
            "Health check: Built-in endpoint for orchestrator monitoring",
        ],
        patterns: &[
            "[a|the] [docker] <health-check> [instruction] <is> (declared|defined|configured|present) [<in-image>|in the dockerfile]",
            "[<container>|the dockerfile|dockerfile] <must> (declares|declare|defines|define|has|have) a [docker|built-in] <health-check> [instruction]",
        ],
        labels: &["[a|built-in] [docker] <health-check>"],
        topics: &["health", "monitoring"],
        remarks: &["healthcheck"],
        checks: |_| one(Check::HealthDeclared),
    },
    Entry {
        kind: CheckKind::HealthHealthy,
        sentence: "Health check turns healthy within {time}",
        description: "The declared health check, run as an orchestrator runs it, reports healthy in time; 60 s where no time is named.",
        examples: &[
            "Health check turns healthy within 30s",
            "Container becomes healthy in under 10 s",
            "Built-in endpoint for orchestrator monitoring",
        ],
        patterns: &[
            "[the] ([docker] <health-check>|container|<health-check> status) [:] <must> (turns|turn|becomes|become|gets|reports|report|goes) healthy [<within> {time}]",
            "[a|the] built-in [http] endpoint for (orchestrator|orchestrators|orchestration|kubernetes) [monitoring|probes|to monitor]",
        ],
        labels: &[],
        topics: &["health", "monitoring"],
        remarks: &[],
        checks: |found| one(Check::HealthHealthy { within: time(found).unwrap_or(HEALTHY_WITHIN) }),
    },
    Entry {
        kind: CheckKind::HealthEndpoint,
        sentence: "Health check endpoint responds at {path}",
        description: "GET {path} answers 200 to 299 without a redirect, and again a moment later; a path that cannot exist does not answer alike.",
        examples: &[
            "Health check endpoint responds at /health",
            "Health endpoint: /health",
            "Health check responds at /health",
        ],
        patterns: &[
            "[a|the] [built-in] [http] (<health-check>|health|health-check) [endpoint|path|url] [:] <must> (responds|respond|answers|answer|is available|is reachable|is served|available) (at|on|under) {path}",
            "[a|the] [built-in] [http] (<health-check>|health) (endpoint|path|url) [:] [is|at|on] {path}",
            "<health-check> [:] {path}",
            "<health-check> [:] [http] endpoint <must> (responds|respond|answers|answer|available) (at|on|under) {path}",
        ],
        labels: &[],
        topics: &["health", "monitoring"],
        remarks: &[],
        checks: |found| one(Check::HealthEndpoint { path: text(found, "path")? }),
    },
    Entry {
        kind: CheckKind::UserNonRoot,
        sentence: "Container runs as non-root user",
        description: "The config names a user that is not root, neither the start program nor the health check can make root by setuid or \
                      file capabilities, and no process seen has the id 0.",
        examples: &[
            "Container runs as non-root user",
            "Container runs as unprivileged user",
            "Runs as a non-root user (uid 1000)",
            "Container does not run as root",
        ],
        patterns: &[
            "[<container>] <must> (runs|run|is running|running|be run) as [a|an|the] <non-root> [user] [with <uid>]",
            "[<container>] <must> (runs|run|is running|running|be run) as [an] unprivileged user [with <uid>]",
            "[<container>] (does not|doesn't|must not|should not|never|must never) (run|runs) as [the] root [user]",
            "not running as [the] root [user]",
        ],
        labels: &["<non-root> [user]", "unprivileged user"],
        topics: &["security", "user"],
        remarks: &["<uid>"],
        checks: |found| {
            let mut checks = vec![Check::UserNonRoot];
            checks.extend(text(found, "uid").map(|user| Check::UserIs { user }));
            Some(checks)
        },
    },
    Entry {
        kind: CheckKind::UserIs,
        sentence: "Container runs as user {user}",
        description: "The config names that user, and every process seen has its id. After `user` any name may stand; without it a number, \
                      or a name that is nothing else (`appuser`, `nobody`, `root`, …).",
        examples: &["Container runs as user appuser", "Runs as uid 1000", "Runs as appuser"],
        patterns: &[
            "[<container>] <must> (runs|run|is running) as [the] user {user}",
            "[<container>] <must> (runs|run|is running) (as|with) (uid|user id) {user-id}",
            "[<container>] <must> (runs|run|is running) as {known-user} [user]",
        ],
        labels: &[],
        topics: &["security", "user"],
        remarks: &["<uid>"],
        checks: |found| {
            let named = ["user", "user-id", "known-user"].iter().find_map(|name| text(found, name))?;
            let mut checks = vec![Check::UserIs { user: named.clone() }];
            checks.extend(text(found, "uid").filter(|id| *id != named).map(|user| Check::UserIs { user }));
            Some(checks)
        },
    },
    Entry {
        kind: CheckKind::ApiCrud,
        sentence: "All CRUD endpoints work",
        description: "Every collection in the service's own OpenAPI document is created, read, listed, updated, read, deleted and read again (404); every field is compared, in the list too, over eight connections at once. All four operations must be there.",
        examples: &[
            "All CRUD endpoints work when running containerized",
            "All CRUD operations work in the container",
            "CRUD endpoints work",
        ],
        patterns: &[
            "[all|all the|the] crud (endpoints|operations|routes) <must> work [correctly] [(when|while) [running] [containerized|in a container|in the container|inside the container|inside a container]]",
            "[all|all the|the] crud (endpoints|operations|routes) <must> work [correctly] (in|inside|from) (a|the) container",
        ],
        labels: &[],
        topics: &["api"],
        remarks: &["create , read , update [,] [and] delete", "create/read/update/delete"],
        checks: |_| one(Check::ApiCrud),
    },
    Entry {
        kind: CheckKind::DatabaseConnects,
        sentence: "Container can connect to {name} database with provided {VAR}",
        description: "The service, given {VAR}, reaches the database: a login is seen on the server, and the row that its API writes is found there. `Neon` passes only against a Neon host. \
                      Without {name} any database will do; {VAR} is `DATABASE_URL` where none is named.",
        examples: &[
            "Container can connect to Neon database with provided DATABASE_URL",
            "Connects to PostgreSQL via DATABASE_URL",
            "Container can connect to the database (PostgreSQL) with the given DATABASE_URL",
        ],
        patterns: &[
            "[<container>] (can connect|connects|<must> connect|is able to connect|can talk) to [a|an|the|its] ({database}|[{database}] [serverless] database) [(with|using|via|through|by|from|given) [the|a] [provided|given|configured] {var} [environment variable]]",
        ],
        labels: &[],
        topics: &["database"],
        remarks: &["{database}"],
        checks: |found| {
            let name = text(found, "database").unwrap_or_default();
            let variable = text(found, "var").unwrap_or_else(|| "DATABASE_URL".to_owned());
            one(Check::DatabaseConnects { name, variable })
        },
    },
    Entry {
        kind: CheckKind::DataPersists,
        sentence: "{Things} persist across container restarts",
        description: "The container is killed and a new one is made on the same declared volumes and the same database; what was created and changed is still there, and what was deleted is not.",
        examples: &[
            "Tasks persist across container restarts",
            "Data persists across restarts",
            "Created tasks survive container restarts",
        ],
        patterns: &[
            "{things} <must> (persist|persists|survive|survives|is kept|are kept|is preserved|are preserved) (across|through|over|after) ([a] [container] (restart|restarts)|restarts of the container)",
            "{things} <must> (survive|survives) ([a] [container] (restart|restarts)|restarts of the container)",
        ],
        labels: &[],
        topics: &["persistence", "data", "storage", "state"],
        remarks: &[],
        checks: |found| one(Check::DataPersists { things: text(found, "things")? }),
    },
    Entry {
        kind: CheckKind::DatabaseRotates,
        sentence: "Database password can be rotated via {VAR} without a restart",
        description: "{VAR} names a file that holds the database URL. While the service runs, the password changes, all its sessions end and the file is replaced; \
                      what was written before is read back by the same process. {VAR} ends in `_FILE`.",
        examples: &[
            "Database password can be rotated via DATABASE_URL_FILE without a restart",
            "DATABASE_URL_FILE: a new database password is used without a restart",
            "A changed database password in DATABASE_URL_FILE is picked up without a restart",
        ],
        patterns: &[
            "[the|its] [new] database (password|login|credentials) (can be|is|are) (rotated|changed|replaced) (via|through|by|with|in) [the] [file] [of|in|named by] {var} without [a] [container] (restart|restarting)",
            "{var} [:] a (new|changed|rotated) database (password|login) is (used|picked up|taken) without [a] [container] (restart|restarting)",
            "a (new|changed|rotated) database (password|login) in [the] [file] [of|named by] {var} is (used|picked up|taken) without [a] [container] (restart|restarting)",
        ],
        labels: &[],
        topics: &["database", "rotation", "secrets"],
        remarks: &[],
        checks: |found| {
            let variable = text(found, "var").filter(|variable| variable.ends_with("_FILE"))?;
            one(Check::DatabaseRotates { variable })
        },
    },
    Entry {
        kind: CheckKind::EnvConfigurable,
        sentence: "{VAR} is configurable, defaults to {value}",
        description: "Another value of {VAR} changes what the service does; without it, it does what {value} says. A port moves: the old one is closed then.",
        examples: &[
            "PORT: Configurable, defaults to 8000",
            "PORT is configurable (default 8000)",
            "Port is configurable via environment variable",
        ],
        patterns: &[
            "[the] {var} [:] [<is>|can be] (configurable|configured) [<by-env>] [[,|;] [and] [it] <with-default>]",
            "[the] port [:] [<is>] configurable (via|through|by|with) [the] {var} [environment variable] [[,|;] [and] [it] <with-default>]",
            "[<container>] listens on [the port in] {var} [,|;] [and] [it] <with-default>",
            "{var} [:] <with-default> [[,] configurable]",
        ],
        labels: &[],
        topics: &["configuration"],
        remarks: &["<with-default>", "{value} by default", "environment variable"],
        checks: |found| one(Check::EnvConfigurable { variable: text(found, "var")?, default: text(found, "value") }),
    },
    Entry {
        kind: CheckKind::EnvRequired,
        sentence: "Refuses to start without {VAR}",
        description: "Without {VAR} the container exits by itself, with a code that is not 0.",
        examples: &[
            "Refuses to start without DATABASE_URL",
            "Exits non-zero without DATABASE_URL",
            "Fails to start if DATABASE_URL is not set",
            "DATABASE_URL is required",
        ],
        patterns: &[
            "[<container>] <must> (refuses|refuse|fails|fail) (to start|to run|to boot|startup) <no-var>",
            "[<container>] <must> (exits|exit|stops|terminates|fails|fail) [at once|immediately|fast] [,] [with] [an] (error|non-zero|nonzero|non-zero code|non-zero exit code|a non-zero exit code|a non-zero code|non-zero status|a non-zero status) [at once|immediately] <no-var>",
            "[<container>] (does not|doesn't|will not|won't|must not|cannot|can't) (start|run) <no-var>",
            "[the] {var} [:] [<is>] (required|mandatory) [to start|at startup|at start|at runtime]",
        ],
        labels: &[],
        topics: &["configuration", "startup"],
        remarks: &["no default", "non-zero exit code", "exit code is non-zero"],
        checks: |found| one(Check::EnvRequired { variable: text(found, "var")? }),
    },
    Entry {
        kind: CheckKind::StartWithin,
        sentence: "Starts within {time}",
        description: "From the start call to the first 2xx of the health path, else to the first accepted connection; where the API is promised, \
                      to its first answer too.",
        examples: &[
            "Starts within 1s",
            "Starts in under 500 ms",
            "Container is ready within 2 seconds",
            "Startup time: under 1 s",
        ],
        patterns: &[
            "[<container>] <must> (starts|start|starts up|start up|boots|is ready|is up|be ready|becomes ready) <within> {time}",
            "[the] [container] (startup|start-up|start) [time] [:] [<is>|takes] <within> {time}",
            "[the] [container] (startup|start-up|start) time [:] [<is>] (at most|up to|no more than) {time}",
            "[<container>] (takes|needs) (at most|less than|under|up to|no more than) {time} to start",
        ],
        labels: &[],
        topics: &["startup", "start", "performance"],
        remarks: &[],
        checks: |found| one(Check::StartWithin { within: time(found)? }),
    },
    Entry {
        kind: CheckKind::StopGraceful,
        sentence: "Stops within {time} on SIGTERM, finishing requests in flight",
        description: "After SIGTERM every request begun before is answered, and the container exits with 0 (or 143) in time, without being killed; \
                      10 s where no time is named. Finishing the requests is part of it, said or not; what was confirmed must be kept where the service keeps what is written.",
        examples: &[
            "Stops within 10s on SIGTERM, finishing requests in flight",
            "Shuts down gracefully on SIGTERM",
            "Graceful shutdown within 10 seconds",
        ],
        patterns: &[
            "[<container>] <must> (stops|stop|shuts down|shut down) [gracefully|cleanly] <within> {time} [(on|after|of|upon) [a] sigterm] [<finishing>]",
            "[<container>] <must> (stops|stop|shuts down|shut down|exits|exit) [gracefully|cleanly] (on|after|upon) [a] sigterm [<within> {time}] [<finishing>]",
            "[<container>] <must> (stops|stop|shuts down|shut down) (gracefully|cleanly) [<finishing>]",
            "[on sigterm [,]] graceful shutdown [:] [(on|after) [a] sigterm] [<within> {time}] [(on|after) [a] sigterm] [<finishing>]",
            "[<container>] <must> (handles|handle) sigterm [gracefully|cleanly] [<within> {time}] [<finishing>]",
            "[<container>] <must> (finishes|completes|finish|complete) <requests> (on|after) sigterm [<within> {time}]",
        ],
        labels: &[],
        topics: &["shutdown", "stop", "signals"],
        remarks: &["sigterm", "on sigterm"],
        checks: |found| one(Check::StopGraceful { within: time(found).unwrap_or(STOP_WITHIN) }),
    },
    Entry {
        kind: CheckKind::MemoryUnder,
        sentence: "Uses at most {size} of memory",
        description: "The CRUD requests and the scenarios run with {size} as the container's limit, without swap, for 3 to 10 s until the peak is steady: \
                      nothing is killed for memory, every answer is right.",
        examples: &["Uses at most 64 MB of memory", "Memory usage under 64MB", "Runs within 64 MiB of RAM"],
        patterns: &[
            "[<container>] <must> (uses|use|needs|need|consumes|requires) <under> {size} [of] (memory|ram)",
            "[<container>] <must> (runs|run|works|fits) (in|within|with|into) [<under>] {size} [of] (memory|ram)",
            "[the] (memory|ram) [usage|use|consumption|footprint] [:] [<is>|stays] <under> {size}",
            "[the] (memory|ram) limit [:] [<is>] [<under>] {size}",
            "<under> {size} [of] (memory|ram)",
        ],
        labels: &[],
        topics: &["memory", "resources"],
        remarks: &[],
        checks: |found| one(Check::MemoryUnder { limit_bytes: size(found)? }),
    },
    Entry {
        kind: CheckKind::RootfsReadOnly,
        sentence: "Runs with a read-only root filesystem",
        description: "The service works while only its declared volumes can be written, and the paths of \"with a writable {path}\".",
        examples: &[
            "Runs with a read-only root filesystem",
            "Runs with a read-only root filesystem with a writable /tmp",
            "Root filesystem is read-only (except /tmp)",
        ],
        patterns: &[
            "[<container>] <must> (runs|run|works|work|starts) (with|on|under) [a|the] (read-only|read only|readonly) <root-fs> [<writable>]",
            "[the] <root-fs> (is|must be|is mounted) (read-only|read only|readonly) [<writable>]",
        ],
        labels: &["(read-only|read only|readonly) <root-fs> [<writable>]"],
        topics: &["security", "filesystem"],
        remarks: &["<writable>", "writable {paths}"],
        checks: |found| one(Check::RootfsReadOnly { writable: list(found, "paths").unwrap_or_default() }),
    },
    Entry {
        kind: CheckKind::CapabilitiesNone,
        sentence: "Runs with no capabilities",
        description: "The service works with every Linux capability dropped.",
        examples: &[
            "Runs with no capabilities",
            "Runs with all capabilities dropped",
            "Runs without any Linux capabilities",
        ],
        patterns: &[
            "[<container>] <must> (runs|run|works|work) (with no|without|without any) [linux] capabilities",
            "[<container>] <must> (runs|run|works|work) with all [linux] capabilities dropped",
            "[<container>] <must> (drops|drop|needs no|requires no) [all] [linux] capabilities",
            "all [linux] capabilities (are|must be) dropped",
        ],
        labels: &["no [linux] capabilities"],
        topics: &["security"],
        remarks: &["cap-drop all", "--cap-drop all", "--cap-drop=all"],
        checks: |_| one(Check::CapabilitiesNone),
    },
    Entry {
        kind: CheckKind::LogsStdout,
        sentence: "Logs to stdout",
        description: "The service writes to standard output; \"as JSON\": every line of it is a JSON object.",
        examples: &["Logs to stdout", "Logs to stdout as JSON", "Structured JSON logs to stdout"],
        patterns: &[
            "[<container>] <must> (logs|log|writes logs|write logs|writes its logs) to (stdout|standard output) [<as-json>]",
            "[the] logs (go|are written|are sent) to (stdout|standard output) [<as-json>]",
            "[<container>] <must> (logs|log) [structured] json !json to (stdout|standard output)",
            "[structured] json !json logs (to|on) (stdout|standard output)",
        ],
        labels: &[],
        topics: &["logging", "logs"],
        remarks: &["<as-json>", "[structured] json !json [lines]"],
        checks: |found| one(Check::LogsStdout { json: found.has("json") }),
    },
    Entry {
        kind: CheckKind::LogsSecrets,
        sentence: "No secret in the logs",
        description: "Nothing that was given as a secret, and nothing that looks like one, is in what the container wrote.",
        examples: &["No secret in the logs", "No secrets in logs", "Secrets are never logged"],
        patterns: &[
            "no (secret|<secrets>) [(is|are)] [written|printed] (in|to) [the] (logs|log)",
            "[the] logs <must> (contain|contains|have) no <secrets>",
            "<secrets> (are never|are not|must not be|must never be|never appear|do not appear|don't appear) (logged|in [the] logs)",
        ],
        labels: &[],
        topics: &["logging", "logs", "security"],
        remarks: &[],
        checks: |_| one(Check::LogsSecrets),
    },
    Entry {
        kind: CheckKind::NetworkOnly,
        sentence: "Talks to nothing but the database",
        description: "Everything else that the container tries to reach is seen and named; the names allowed are `the database` and hosts.",
        examples: &[
            "Talks to nothing but the database",
            "Makes no outbound connections except to the database",
            "No outbound connections",
        ],
        patterns: &[
            "[<container>] <must> (talks|talk|speaks|connects|connect) to nothing (but|except|besides|other than) {hosts}",
            "[<container>] (talks|connects|speaks) only to {hosts}",
            "[<container>] (makes|opens) no (outbound|outgoing) [network] connections [(except|but|other than) to {hosts}]",
            "no (outbound|outgoing) [network] connections [(except|but|other than) to {hosts}]",
        ],
        labels: &[],
        topics: &["network", "networking", "security"],
        remarks: &[],
        checks: |found| one(Check::NetworkOnly { allowed: list(found, "hosts").unwrap_or_default() }),
    },
    Entry {
        kind: CheckKind::RegistryPushed,
        sentence: "Image can be pushed to registry",
        description: "The image was pushed, and the registry gives back its digest. Named registries (`(Docker Hub or GHCR)`): \
                      one of them did.",
        examples: &[
            "Image can be pushed to registry",
            "Image can be pushed to registry (Docker Hub or GHCR)",
            "Image is pushed to ghcr.io",
        ],
        patterns: &[
            "<image> (can be|is|must be|should be) pushed to ([a|the] [container|docker|image] registry|{registries})",
        ],
        labels: &[],
        topics: &["registry", "distribution"],
        remarks: &["{registries}"],
        checks: |found| one(Check::RegistryPushed { registries: list(found, "registries").unwrap_or_default() }),
    },
    Entry {
        kind: CheckKind::RegistryTags,
        sentence: "Tagged with version, commit and latest",
        description: "The registry has those tags for the image: `version`, `commit`, `latest`.",
        examples: &["Tagged with version, commit and latest", "Image is tagged with version and git SHA"],
        patterns: &["[<image> (is|must be|should be)] tagged with {tags}"],
        labels: &[],
        topics: &["registry", "tags", "distribution"],
        remarks: &[],
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
        patterns: &[
            "<image> can be pulled and run on [a] (different|another|second|other) (machine|host|computer|server)",
        ],
        labels: &[],
        topics: &["portability", "distribution"],
        remarks: &[],
        checks: |_| one(Check::MachineDifferent),
    },
];

#[expect(clippy::unnecessary_wraps, reason = "entries answer with an option: some have parameters that must fit")]
fn one(check: Check) -> Option<Vec<Check>> {
    Some(vec![check])
}

fn size(found: &Found) -> Option<u64> {
    match found.get("size")? {
        Value::Size(bytes) => Some(*bytes),
        _ => None,
    }
}

fn time(found: &Found) -> Option<Duration> {
    match found.get("time")? {
        Value::Time(time) => Some(*time),
        _ => None,
    }
}

fn number(found: &Found, name: &str) -> Option<u64> {
    match found.get(name)? {
        Value::Number(number) => Some(*number),
        _ => None,
    }
}

fn text(found: &Found, name: &str) -> Option<String> {
    match found.get(name)? {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn list(found: &Found, name: &str) -> Option<Vec<String>> {
    match found.get(name)? {
        Value::List(list) => Some(list.clone()),
        _ => None,
    }
}
