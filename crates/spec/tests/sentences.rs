//! The vocabulary, sentence by sentence: what is understood, and beside it what only looks like it.

use seaworthy_spec::{Promise, Spec, vocabulary};

/// How one sentence is read: its checks, or `?` and the part that was not understood.
fn read(sentence: &str) -> (String, Option<String>) {
    let spec = Spec::parse(&format!("## Success Criteria\n- [ ] {sentence}\n- [ ] Next\n")).expect("a specification");
    match &spec.criteria[0].promise {
        Promise::Understood(checks) => {
            let named = checks.iter().map(|check| match check.parameters() {
                none if none.is_empty() => check.name().to_owned(),
                some => format!("{} {}", check.name(), serde_json::Value::from(some)),
            });
            (named.collect::<Vec<_>>().join(" + "), None)
        }
        Promise::NotUnderstood { rest, suggestion } => {
            (format!("?{}", rest.as_deref().unwrap_or_default()), suggestion.clone())
        }
    }
}

#[track_caller]
fn check(sentence: &str, expected: &str) {
    assert_eq!(read(sentence).0, expected, "{sentence}");
}

#[track_caller]
fn suggests(sentence: &str, expected: &str) {
    assert_eq!(read(sentence).1.unwrap_or_default(), expected, "{sentence}");
}

#[test]
fn every_example_of_the_vocabulary_is_its_own_entry() {
    for entry in vocabulary() {
        for example in entry.examples {
            let (read, _) = read(example);
            let names: Vec<&str> = read.split(" + ").filter_map(|check| check.split(' ').next()).collect();
            assert!(names.contains(&entry.kind.name()), "{example}: {read}");
        }
    }
}

#[test]
fn sentences_are_understood_in_many_wordings() {
    check("Container builds successfully without errors", "build.succeeds");
    check("The image builds without errors.", "build.succeeds");
    check("Docker image builds successfully", "build.succeeds");
    check("Build succeeds", "build.succeeds");
    check("The Dockerfile builds cleanly", "build.dockerfile");
    check("`docker build .` succeeds", "build.dockerfile");
    check("Build is reproducible", "build.reproducible");
    check("Reproducible builds", "build.reproducible");
    check("The image is reproducible byte for byte", "build.reproducible");
    check("Bit-for-bit reproducible build", "build.reproducible");
    check("Multi-stage build", "build.multi_stage");
    check("Uses a multi-stage build", "build.multi_stage");
    check("**Build**: Multi-stage Dockerfile", "build.multi_stage");
    check("Image size under 200MB", r#"image.size {"limit_bytes":200000000,"measure":"both"}"#);
    check("Image is under 200MB", r#"image.size {"limit_bytes":200000000,"measure":"both"}"#);
    check("Under 200MB final image", r#"image.size {"limit_bytes":200000000,"measure":"both"}"#);
    check("Image size at most 10 MB (transfer)", r#"image.size {"limit_bytes":10000000,"measure":"transfer"}"#);
    check("IMAGE SIZE UNDER 200 MB.", r#"image.size {"limit_bytes":200000000,"measure":"both"}"#);
    check("Image size < 200MB", r#"image.size {"limit_bytes":200000000,"measure":"both"}"#);
    check("Image size ≤ 1.5 GB", r#"image.size {"limit_bytes":1500000000,"measure":"both"}"#);
    check(
        "Final image size is less than 150 megabytes (verify with `docker images`)",
        r#"image.size {"limit_bytes":150000000,"measure":"both"}"#,
    );
    check("Image size under 10 MiB (unpacked)", r#"image.size {"limit_bytes":10485760,"measure":"unpacked"}"#);
    check("The final image must be smaller than 1,000 MB", r#"image.size {"limit_bytes":1000000000,"measure":"both"}"#);
    check("Compressed image size under 4 MB", r#"image.size {"limit_bytes":4000000,"measure":"transfer"}"#);
    check("Image size under 4MB to transfer", r#"image.size {"limit_bytes":4000000,"measure":"transfer"}"#);
    check(
        "Image size under 4MB — verify with `docker images`",
        r#"image.size {"limit_bytes":4000000,"measure":"both"}"#,
    );
    check("**Size**: Under 200MB final image", r#"image.size {"limit_bytes":200000000,"measure":"both"}"#);
    check("**Target**: Under 200MB final image", r#"image.size {"limit_bytes":200000000,"measure":"both"}"#);
    check("No secrets in image", "image.secrets");
    check("No secrets baked into the image", "image.secrets");
    check("The image contains no secrets", "image.secrets");
    check("No hardcoded credentials", "image.secrets");
    check("No secrets", "image.secrets");
    check(
        "**No secrets in image**: Database URL passed at runtime",
        r#"image.secrets + env.runtime {"variable":"DATABASE_URL"}"#,
    );
    check("**Security**: No secrets in image", "image.secrets");
    check("DATABASE_URL: Environment variable (not hardcoded)", r#"env.runtime {"variable":"DATABASE_URL"}"#);
    check("**DATABASE_URL** - Environment variable", r#"env.runtime {"variable":"DATABASE_URL"}"#);
    check("DATABASE_URL is passed at runtime", r#"env.runtime {"variable":"DATABASE_URL"}"#);
    check("DATABASE_URL is not hardcoded", r#"env.runtime {"variable":"DATABASE_URL"}"#);
    check("API_KEY comes from the environment", r#"env.runtime {"variable":"API_KEY"}"#);
    check(
        "API_KEY is read from an environment variable (never baked into the image)",
        r#"env.runtime {"variable":"API_KEY"}"#,
    );
    check("Base image: python:3.12-alpine", r#"image.base {"bases":["python:3.12-alpine"]}"#);
    check("Base image: `python:3.12-alpine` (small, secure)", r#"image.base {"bases":["python:3.12-alpine"]}"#);
    check("Base image is scratch", r#"image.base {"bases":["scratch"]}"#);
    check("Based on debian:12-slim or scratch", r#"image.base {"bases":["debian:12-slim","scratch"]}"#);
    check("Built from scratch", r#"image.base {"bases":["scratch"]}"#);
    check(
        "Image is based on gcr.io/distroless/static:nonroot",
        r#"image.base {"bases":["gcr.io/distroless/static:nonroot"]}"#,
    );
    check("No shell in image", r#"image.slim {"without":["shell"]}"#);
    check(
        "No shell, package manager or compiler in the final image",
        r#"image.slim {"without":["shell","package-manager","compiler"]}"#,
    );
    check("No compiler or build tools in image", r#"image.slim {"without":["compiler","build-tools"]}"#);
    check("Image contains no build tools", r#"image.slim {"without":["build-tools"]}"#);
    check("No setuid files", "image.setuid");
    check("No setuid binaries in the image", "image.setuid");
    check("File /app/task-api exists", r#"image.file {"path":"/app/task-api","expectation":"exists"}"#);
    check("File `/bin/sh` does not exist", r#"image.file {"path":"/bin/sh","expectation":"missing"}"#);
    check("/data is owned by appuser", r#"image.file {"path":"/data","expectation":"owned-by","user":"appuser"}"#);
    check("File /data is owned by user 1000", r#"image.file {"path":"/data","expectation":"owned-by","user":"1000"}"#);
    check(
        "Labels org.opencontainers.image.source, org.opencontainers.image.version are set",
        r#"image.labels {"names":["org.opencontainers.image.source","org.opencontainers.image.version"]}"#,
    );
    check(
        "Image labels version, revision and source are set",
        r#"image.labels {"names":["org.opencontainers.image.version","org.opencontainers.image.revision","org.opencontainers.image.source"]}"#,
    );
    check("Image exposes port 8000", r#"image.port {"port":8000}"#);
    check("Exposes port 8000", r#"image.port {"port":8000}"#);
    check("Port 8000 is exposed", r#"image.port {"port":8000}"#);
    check("Image has at most 5 layers", r#"image.layers {"most":5}"#);
    check("At most 5 layers", r#"image.layers {"most":5}"#);
    check("Binaries match the image's platform", "image.platform");
    check("All binaries match the image’s platform", "image.platform");
    check("Health check is declared", "health.declared");
    check("Image declares a HEALTHCHECK", "health.declared");
    check("Health check", "health.declared");
    check("Has a health check", "health.declared");
    check(
        "**Health check**: Built-in endpoint for orchestrator monitoring",
        r#"health.declared + health.healthy {"within_ms":60000}"#,
    );
    check("Health check turns healthy within 30s", r#"health.healthy {"within_ms":30000}"#);
    check("Container becomes healthy in under 10 seconds", r#"health.healthy {"within_ms":10000}"#);
    check("Health check turns healthy", r#"health.healthy {"within_ms":60000}"#);
    check("Health check endpoint responds at /health", r#"health.endpoint {"path":"/health"}"#);
    check("Health check endpoint responds at `/health`.", r#"health.endpoint {"path":"/health"}"#);
    check("Health endpoint: /healthz", r#"health.endpoint {"path":"/healthz"}"#);
    check("Health check: `/health`", r#"health.endpoint {"path":"/health"}"#);
    check("**Health check**: Endpoint responds at /health", r#"health.endpoint {"path":"/health"}"#);
    check("Container runs as non-root user", "user.non_root");
    check("Container runs as **non-root** user", "user.non_root");
    check("Container runs as unprivileged user", "user.non_root");
    check("Runs as a non-root user", "user.non_root");
    check("Runs as non-root", "user.non_root");
    check("Non-root user", "user.non_root");
    check("Container does not run as root", "user.non_root");
    check("Service must never run as root", "user.non_root");
    check("Runs as a non-root user (uid 1000)", r#"user.non_root + user.is {"user":"1000"}"#);
    check("**Non-root user**: Container runs as unprivileged user", "user.non_root");
    check("**Security**: Container runs as non-root user", "user.non_root");
    check("**User**: runs as appuser", r#"user.is {"user":"appuser"}"#);
    check("Container runs as user appuser", r#"user.is {"user":"appuser"}"#);
    check("Runs as uid 1000", r#"user.is {"user":"1000"}"#);
    check("Container runs as user appuser (uid 1000)", r#"user.is {"user":"appuser"} + user.is {"user":"1000"}"#);
    check("All CRUD endpoints work", "api.crud");
    check("All CRUD endpoints work when running containerized", "api.crud");
    check("All CRUD endpoints work when containerized", "api.crud");
    check("CRUD endpoints work in the container", "api.crud");
    check("All CRUD operations work (create, read, update, delete)", "api.crud");
    check(
        "Container can connect to Neon database with provided DATABASE_URL",
        r#"database.connects {"name":"Neon","variable":"DATABASE_URL"}"#,
    );
    check(
        "Container can connect to Neon PostgreSQL database with provided DATABASE_URL",
        r#"database.connects {"name":"Neon","variable":"DATABASE_URL"}"#,
    );
    check(
        "Connects to PostgreSQL via DATABASE_URL",
        r#"database.connects {"name":"PostgreSQL","variable":"DATABASE_URL"}"#,
    );
    check(
        "Container can connect to the database with the provided DATABASE_URL",
        r#"database.connects {"name":"","variable":"DATABASE_URL"}"#,
    );
    check("Container can connect to database (Neon)", r#"database.connects {"name":"Neon","variable":"DATABASE_URL"}"#);
    check(
        "Container can connect to a PostgreSQL database using DB_URL",
        r#"database.connects {"name":"PostgreSQL","variable":"DB_URL"}"#,
    );
    check("Tasks persist across container restarts", r#"data.persists {"things":"tasks"}"#);
    check("Data persists across restarts", r#"data.persists {"things":"data"}"#);
    check("Created tasks survive container restarts", r#"data.persists {"things":"tasks"}"#);
    let rotates = r#"database.rotates {"variable":"DATABASE_URL_FILE"}"#;
    check("Database password can be rotated via DATABASE_URL_FILE without a restart", rotates);
    check("DATABASE_URL_FILE: a new database password is used without a restart", rotates);
    check("A changed database password in DATABASE_URL_FILE is picked up without a container restart", rotates);
    check("PORT: Configurable, defaults to 8000", r#"env.configurable {"variable":"PORT","default":"8000"}"#);
    check("PORT is configurable (default 8000)", r#"env.configurable {"variable":"PORT","default":"8000"}"#);
    check("PORT configurable; defaults to 8000", r#"env.configurable {"variable":"PORT","default":"8000"}"#);
    check("Port is configurable via environment variable", r#"env.configurable {"variable":"PORT","default":null}"#);
    check("Port configurable via PORT, default 8000", r#"env.configurable {"variable":"PORT","default":"8000"}"#);
    check("LOG_LEVEL is configurable, default: info", r#"env.configurable {"variable":"LOG_LEVEL","default":"info"}"#);
    check(
        "**Configuration**: PORT is configurable, defaults to 8000",
        r#"env.configurable {"variable":"PORT","default":"8000"}"#,
    );
    check("Refuses to start without DATABASE_URL", r#"env.required {"variable":"DATABASE_URL"}"#);
    check("Container refuses to start without `DATABASE_URL`", r#"env.required {"variable":"DATABASE_URL"}"#);
    check("Exits non-zero without DATABASE_URL", r#"env.required {"variable":"DATABASE_URL"}"#);
    check("Exits with an error if DATABASE_URL is not set", r#"env.required {"variable":"DATABASE_URL"}"#);
    check("Fails to start when DATABASE_URL is missing", r#"env.required {"variable":"DATABASE_URL"}"#);
    check("Does not start without DATABASE_URL", r#"env.required {"variable":"DATABASE_URL"}"#);
    check("Will not start unless DATABASE_URL is set", r#"env.required {"variable":"DATABASE_URL"}"#);
    check("DATABASE_URL is required", r#"env.required {"variable":"DATABASE_URL"}"#);
    check("DATABASE_URL: required (no default)", r#"env.required {"variable":"DATABASE_URL"}"#);
    check("Starts within 1s", r#"start.within {"within_ms":1000}"#);
    check("Container starts in under 500 ms", r#"start.within {"within_ms":500}"#);
    check("Is ready within 2 seconds", r#"start.within {"within_ms":2000}"#);
    check("Startup time: under 1 s", r#"start.within {"within_ms":1000}"#);
    check("Startup time at most 300 ms", r#"start.within {"within_ms":300}"#);
    check("Container should start within 5 seconds", r#"start.within {"within_ms":5000}"#);
    check("Stop signal: SIGTERM", r#"image.stop_signal {"signal":"SIGTERM"}"#);
    check(
        "Fails to start with a clear error when API_TOKEN is missing",
        r#"env.required {"variable":"API_TOKEN","named":true}"#,
    );
    check("Stops within 10s on SIGTERM, finishing requests in flight", r#"stop.graceful {"within_ms":10000}"#);
    check("Stops within 10 s on SIGTERM and finishes in-flight requests", r#"stop.graceful {"within_ms":10000}"#);
    check("Shuts down gracefully within 10 seconds", r#"stop.graceful {"within_ms":10000}"#);
    check("Shuts down gracefully on SIGTERM", r#"stop.graceful {"within_ms":10000}"#);
    check("Graceful shutdown", r#"stop.graceful {"within_ms":10000}"#);
    check("Handles SIGTERM gracefully", r#"stop.graceful {"within_ms":10000}"#);
    check("Uses at most 64 MB of memory", r#"memory.under {"limit_bytes":64000000}"#);
    check("Memory usage under 64MB", r#"memory.under {"limit_bytes":64000000}"#);
    check("Runs in 64 MiB of RAM", r#"memory.under {"limit_bytes":67108864}"#);
    check("**Memory**: at most 64 MB", r#"memory.under {"limit_bytes":64000000}"#);
    check("Memory limit: 64MB", r#"memory.under {"limit_bytes":64000000}"#);
    check("Runs with a read-only root filesystem", r#"rootfs.read_only {"writable":[]}"#);
    check("Runs with a read-only root filesystem with a writable /tmp", r#"rootfs.read_only {"writable":["/tmp"]}"#);
    check("Runs with a read-only root filesystem (writable /tmp)", r#"rootfs.read_only {"writable":["/tmp"]}"#);
    check("Root filesystem is read-only (except /tmp and /data)", r#"rootfs.read_only {"writable":["/tmp","/data"]}"#);
    check("Read-only root filesystem", r#"rootfs.read_only {"writable":[]}"#);
    check("Runs with no capabilities", "capabilities.none");
    check("Drops all capabilities", "capabilities.none");
    check("Runs without any Linux capabilities", "capabilities.none");
    check("Runs with all capabilities dropped", "capabilities.none");
    check("Logs to stdout", r#"logs.stdout {"json":false}"#);
    check("Logs to stdout as JSON", r#"logs.stdout {"json":true}"#);
    check("Logs to stdout (JSON)", r#"logs.stdout {"json":true}"#);
    check("Logs JSON to stdout", r#"logs.stdout {"json":true}"#);
    check("Structured JSON logs to stdout", r#"logs.stdout {"json":true}"#);
    check("No secret in the logs", "logs.secrets");
    check("No secrets in logs", "logs.secrets");
    check("Secrets are never logged", "logs.secrets");
    check("Talks to nothing but the database", r#"network.only {"allowed":["database"]}"#);
    check("Talks only to the database", r#"network.only {"allowed":["database"]}"#);
    check("Makes no outbound connections except to the database", r#"network.only {"allowed":["database"]}"#);
    check(
        "Talks to nothing but the database and api.example.com:443",
        r#"network.only {"allowed":["database","api.example.com:443"]}"#,
    );
    check("No outbound network connections", r#"network.only {"allowed":[]}"#);
    check("Image can be pushed to registry", r#"registry.pushed {"registries":[]}"#);
    check("Image can be pushed to a container registry", r#"registry.pushed {"registries":[]}"#);
    check(
        "Image can be pushed to registry (Docker Hub or GHCR)",
        r#"registry.pushed {"registries":["docker.io","ghcr.io"]}"#,
    );
    check("Image can be pushed to Docker Hub", r#"registry.pushed {"registries":["docker.io"]}"#);
    check(
        "Image is pushed to registry.example.com:5000",
        r#"registry.pushed {"registries":["registry.example.com:5000"]}"#,
    );
    check("Tagged with version, commit and latest", r#"registry.tags {"tags":["version","commit","latest"]}"#);
    check("Image is tagged with version and git SHA", r#"registry.tags {"tags":["version","commit"]}"#);
    check("Image can be pulled and run on different machine", "machine.different");
    check("The image can be pulled and run on another machine", "machine.different");
    check(
        "Container runs as non-root user. Image size under 200MB.",
        r#"user.non_root + image.size {"limit_bytes":200000000,"measure":"both"}"#,
    );
    check("No shell in image; no setuid files", r#"image.slim {"without":["shell"]} + image.setuid"#);
    check("Container runs as root user", r#"user.is {"user":"root"}"#);
    check("**Non-root user**: Container runs as root", r#"user.non_root + user.is {"user":"root"}"#);
    check("Container runs as non‑root user (uid 0)", r#"user.non_root + user.is {"user":"0"}"#);
    check("Runs as user non-root", "user.non_root");
    check("Size under 200MB", r#"image.size {"limit_bytes":200000000,"measure":"both"}"#);
    check("Under 200MB", r#"image.size {"limit_bytes":200000000,"measure":"both"}"#);
    check("Talks to the database", r#"database.connects {"name":"","variable":"DATABASE_URL"}"#);
    check("Health check endpoint respond at /healthz", r#"health.endpoint {"path":"/healthz"}"#);
}

#[test]
fn a_sentence_is_understood_whole_or_not_at_all() {
    check("no health check is needed", "?no health check is needed");
    check("No health check", "?No");
    check("Health check is not declared", "?is not");
    check("Health check: none", "?none");
    check("Health check: not needed", "?not needed");
    check("Health check is declared but disabled", "?but disabled");
    check("All CRUD endpoints work with 10,000 clients at once", "?with 10,000 clients at once");
    check("All endpoints work", "?");
    check("Not all CRUD endpoints work", "?Not");
    check("Most CRUD endpoints work", "?Most");
    check("All CRUD endpoints work (except delete)", "?except delete");
    check("All CRUD endpoints work eventually", "?eventually");
    check("All CRUD endpoints work?", "?");
    check("All CRUD endpoints should not work", "?should not");
    check("Container does not run as non-root user", "?does not");
    check("Container runs as non-root user by default", "?by default");
    check("Container runs as non-root user or root", "?or root");
    check("Container runs as non-root user (optional)", "?optional");
    check("Container may run as non-root user", "?may");
    check("Container can run as non-root user", "?can");
    check("Container (not) runs as non-root user", "?not");
    check("Container runs as non-root user unless debugging", "?unless debugging");
    check("In production, container runs as non-root user", "?In production");
    check("Never runs as non-root user", "?Never");
    check("Container runs as a non-root user with sudo", "?sudo");
    check("~~Container runs as non-root user~~", "?~~Container runs as non-root user~~");
    check("Container runs as expected", "?");
    check("Runs as intended", "?");
    check("**Non-root user**: not needed", "?not needed");
    check("**Nobody**: Container runs as non-root user", "?Nobody");
    check("**Optional**: Container runs as non-root user", "?Optional");
    check("**Not required**: Container runs as non-root user", "?Not required");
    check("**Draft**: Image size under 200MB", "?Draft");
    check("**Kubernetes**: Container runs as non-root user", "?Kubernetes");
    check("Image size under 200MB on arm64", "?on arm64");
    check("Image size not under 200MB", "?not");
    check("Image size over 200MB", "?");
    check("Image size at least 200MB", "?");
    check("Image size under 200MB (compressed or not)", "?or not");
    check("Image size under 200MB (ideally)", "?ideally");
    check("Unpacked image size under 10 MB compressed", "?");
    check("Image size under 200MB (transfer) (unpacked)", "?");
    check("Image size under 200MB per layer", "?per layer");
    check("Image size under 200 apples", "?");
    check("Image size under MB", "?");
    check("Image size under 0MB", "?");
    check("Image size under -5MB", "?");
    check("Image size under 1,5 MB", "?");
    check("Image size under 99999999999999999999 GB", "?");
    check("Image size under 200MB or 1GB", "?or 1GB");
    check("Image size under 200MB and 4 layers", "?and 4 layers");
    check("Image size about 200MB", "?");
    check("Image size under 200MB (transfer) (unpacked) (or so)", "?");
    check("Secrets in image", "?");
    check("No secrets in image except test keys", "?except test");
    check("No secrets in image?", "?in image?");
    check("No secrets in image: passwords are allowed", "?passwords are allowed");
    check("Some secrets in image", "?");
    check("Image contains secrets", "?");
    check("Few secrets in image", "?");
    check("No known secrets in image", "?");
    check("DATABASE_URL: hardcoded", "?");
    check("DATABASE_URL: Environment variable (hardcoded)", "?hardcoded");
    check("DATABASE_URL is not passed at runtime", "?is not");
    check("DATABASE_URL passed at build time", "?");
    check("DATABASE_URL: Environment variable, optional", "?optional");
    check("DATABASE_URL: Environment variable (not hardcoded, rotated daily)", "?rotated daily");
    check("Secrets passed at runtime", "?");
    check("Redis URL passed at runtime", "?");
    check("Base image: small", "?");
    check("Base image: not alpine", "?not");
    check("Base image: python:3.12-alpine (pinned by digest)", "?pinned by digest");
    check("Base image: python:3.12-alpine and debian:12", "?debian:12");
    check("Base image: python:3.12-alpine (small, secure, with curl)", "?with curl");
    check("Base image is never scratch", "?is never");
    check("Base image: latest", "?");
    check("No unnecessary build tools in image", "?");
    check("Shell in image", "?");
    check("No shell in image except busybox", "?except busybox");
    check("No shell or editor in image", "?or editor");
    check("No setuid files except sudo", "?except sudo");
    check("No setuid or setgid files", "image.setuid");
    check("Setuid files", "?");
    check("File /etc/passwd exists and is readable", "?and is readable");
    check("File etc/passwd exists", "?");
    check("File /app/../etc exists", "?");
    check("/data is owned by anyone", "?");
    check("/data is not owned by root", "?is not");
    check("Labels are set", "?");
    check("Labels foo, bar are set", "?");
    check("Image exposes port 80000", "?");
    check("Image exposes port 0", "?");
    check("Image exposes port 8000 and 9000", r#"image.port {"port":8000} + image.port {"port":9000}"#);
    check("Image exposes no port 8000", "?");
    check("Exposes only port 8000", r#"image.port {"port":8000,"only":true}"#);
    check("Image has at most 0 layers", "?");
    check("Image has at least 5 layers", "?");
    check("Image has fewer than 5 layers", r#"image.layers {"most":4}"#);
    check("Some binaries match the image's platform", "?Some");
    check("Health check endpoint responds at /health within 50ms", "?within 50ms");
    check("Health check endpoint responds at health", "?");
    check("Health check endpoint does not respond at /health", "?does not");
    check("Health check endpoint responds with 503 at /health", "?with 503");
    check("Health endpoint: /health or /ready", "?or /ready");
    check("Health check turns healthy within 0s", "?within 0s");
    check("Health check turns unhealthy within 30s", "?");
    check("Health check turns healthy within 30s after 3 retries", "?after 3 retries");
    check(
        "Container can connect to MySQL database with provided DATABASE_URL",
        r#"dependency.connects {"name":"MySQL","variable":"DATABASE_URL"}"#,
    );
    check("Container can connect to no database with provided DATABASE_URL", "?no");
    check("Container cannot connect to Neon database with provided DATABASE_URL", "?cannot");
    check("Container can connect to Neon database without DATABASE_URL", "?without DATABASE_URL");
    check("Container can connect to Neon database with provided DATABASE_URL over IPv6", "?over IPv6");
    check("Container can connect to Neon database (or SQLite)", "?or SQLite");
    check("Database password can be rotated via DATABASE_URL without a restart", "?");
    check("Database password can be rotated via DATABASE_URL_FILE without downtime", "?");
    check("Database password can be rotated via DATABASE_URL_FILE", "?");
    check("No data persists across restarts", "?No");
    check("Nothing persists across restarts", "?");
    check("Tasks do not persist across container restarts", "?do not");
    check("Deleted tasks persist across restarts", "?Deleted");
    check("Tasks persist across container restarts and upgrades", "?and upgrades");
    check("Some tasks persist across restarts", "?Some");
    check("Tasks might persist across restarts", "?might");
    check("Tasks persist", "?");
    check("A task survives a restart", "?");
    check("PORT: Not configurable", "?Not");
    check("PORT: Configurable, defaults to nothing", "?defaults to nothing");
    check("PORT: Configurable, defaults to 8000 or 9000", "?or 9000");
    check("PORT is configurable only at build time", "?");
    check("PORT: fixed", "?");
    check("Ports are configurable", "?");
    check("PORT: Configurable, defaults to", "?defaults to");
    check("Refuses to start without DATABASE_URL or PORT", "?or PORT");
    check("Refuses to start", "?");
    check("Starts without DATABASE_URL", "?");
    check("Does not refuse to start without DATABASE_URL", "?Does not");
    check("Refuses to start with DATABASE_URL", "?");
    check("DATABASE_URL is not required", "?");
    check("DATABASE_URL is required in production", "?in production");
    check("Exits zero without DATABASE_URL", "?zero");
    check("Starts within 1s on a cold cache", "?on a cold cache");
    check("Starts in 5 minutes or so", "?or so");
    check("Starts after 1s", "?");
    check("Does not start within 1s", "?Does not");
    check("Starts fast", "?");
    check("Starts within a second", "start.within {\"within_ms\":1000}");
    check("Stops within 10s on SIGKILL", "?on SIGKILL");
    check("Stops within 10s on SIGTERM, dropping requests in flight", "?dropping requests in flight");
    check("Does not stop within 10s", "?Does not");
    check("Graceful shutdown is not needed", "?is not needed");
    check("Uses at least 64 MB of memory", "?");
    check("Uses at most 64 MB of memory when idle", "?when idle");
    check("Idle memory under 15MB", "?Idle");
    check("Uses at most 64 MB of disk", "?Uses at most 64 MB of disk");
    check("Runs with a writable root filesystem", "?");
    check("Does not run with a read-only root filesystem", "?Does not");
    check("Runs with a read-only root filesystem except everything", "?except everything");
    check("Runs with a read-only root filesystem with a writable /tmp and more", "?and more");
    check("Runs with capabilities", "?");
    check("Runs with no extra capabilities", "?");
    check("Runs with no capabilities but NET_ADMIN", "?but NET_ADMIN");
    check("Logs to stdout and a file", "?and a file");
    check("Logs to stderr", "?");
    check("Does not log to stdout", "?Does not");
    check("Logs to stdout (rotated)", "?rotated");
    check("Logs to stdout as XML", "?as XML");
    check("Logs contain secrets", "?");
    check("No secrets in logs at debug level", "?at debug level");
    check("Talks to nothing", "?");
    check("Talks to nothing but the database and others", "?and others");
    check("Talks to everything but the database", "?everything but");
    check("Image can be pushed to registry (private)", "?private");
    check("Image can be pushed to registry (Docker Hub or somewhere else)", "?or somewhere else");
    check("Image cannot be pushed to registry", "?cannot");
    check("Image can be pushed to any registry", "?");
    check("Image can be pulled from registry", "?");
    check("Tagged with nothing", "?");
    check("Tagged with version, commit and beauty", "?and beauty");
    check("Not tagged with version", "?Not");
    check("Image can be pulled and run on the same machine", "?");
    check("Image can be pulled and run on any machine", "?");
    check("Image cannot be pulled and run on different machine", "?cannot");
    check("Image can be pulled and run on different machine (with GPU)", "?with GPU");
    check("Container runs as non-root user. Not really.", "?Not really");
    check("Container runs as non-root user; optional", "?optional");
    check("Container runs as non-root user, except during migration", "?except during migration");
    check("Container runs as non-root user - sometimes", "?sometimes");
    check("Container runs as non-root user (see below", "?");
    check("Container runs as non-root user)", "?");
    check("Container runs as ((non-root)) user", "?");
    check("Build is mostly reproducible", "?mostly");
    check("Build is not reproducible", "?is not");
    check("Build is reproducible on Linux", "?on Linux");
    check("Container builds successfully without errors or warnings", "?or warnings");
    check("Container builds with errors", "?with errors");
    check("Container does not build", "?does not");
    check("Container builds within 5 minutes", "?within 5 minutes");
    check("Single-stage build", "?");
    check("No multi-stage build", "?No");
    check("It is false that the container runs as non-root user", "?false that");
    check("Imagge size under 200MB", "?Imagge");
    check("Containr runs as nonroot usr", "?Containr runs as nonroot usr");
    check("Starts withn 2s", "?");
    check("Tasks persits across container restarts", "?");
    check("Refuse to strat without API_KEY", "?");
}

#[test]
fn near_sentences_are_suggested_with_their_parameters() {
    suggests("Imagge size under 150MB", "Image size under 150MB");
    suggests("Tasks persits across container restarts", "Tasks persist across container restarts");
    suggests("Refuse to strat without API_KEY", "Refuses to start without API_KEY");
    suggests("Starts withn 2 s", "Starts within 2 s");
    suggests("Health check endpiont responds at /healthz", "Health check endpoint responds at /healthz");
    suggests("Containr runs as non-rot user", "Container runs as non-root user");
    // Of another kind: who takes these for what was meant gets a wrong verdict.
    suggests("Responds in under 100 ms", "");
    suggests("Connects to Redis", "");
    suggests("Container can connect to Redis with provided REDIS_URLS", "");
    suggests("Restarts within 2 s", "");
    suggests("Image builds under 200MB of memory", "");
    suggests("Answers quickly", "");
    suggests("Container does not run as non-root user", "");
    suggests("The moon is made of cheese", "");
}
