//! The table of topics: which words a promise is made of, and which sentence of the vocabulary says it.

/// What a sentence may promise, known by its words.
pub(super) struct Topic {
    /// From each of these sets of words, with bars between them, the sentence has one. `work*` is any word that begins so, `*_key` any that ends so. The first
    /// set has the thing itself.
    pub(super) has: &'static [&'static str],
    /// A value that one of these is nearer to belongs to something else.
    pub(super) unless: &'static str,
    /// With one of these in the sentence, it is about something else.
    pub(super) never: &'static str,
    pub(super) sense: Sense,
    /// The sentence of the vocabulary. Names in braces are values that the written sentence must have ([`super::values`]).
    pub(super) meaning: &'static str,
}

/// Whether a thing is promised to be, or not to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sense {
    Promised,
    Denied,
    Either,
}

const fn promised(has: &'static [&'static str], meaning: &'static str) -> Topic {
    Topic { has, unless: "", never: "", sense: Sense::Promised, meaning }
}

const fn denied(has: &'static [&'static str], meaning: &'static str) -> Topic {
    Topic { has, unless: "", never: "", sense: Sense::Denied, meaning }
}

const fn either(has: &'static [&'static str], meaning: &'static str) -> Topic {
    Topic { has, unless: "", never: "", sense: Sense::Either, meaning }
}

impl Topic {
    const fn unless(mut self, words: &'static str) -> Self {
        self.unless = words;
        self
    }

    const fn never(mut self, words: &'static str) -> Self {
        self.never = words;
        self
    }
}

const IMAGE: &str = "image|artifact|download|size|weigh*|final|megabyte|megabytes|container image|small";
const NO_IMAGE: &str = "memory|ram|rss|heap|oom*|mem|upload|body|payload|disk|file|cache|-m";
const MEMORY: &str = "memory|ram|rss|heap|oom*|mem|-m|-xmx";
const STARTING: &str = "start*|boot*|up|ready|launch*|docker run|usable|live|loading|available|answering|answer first\
        |come up|accepting";
const NO_START: &str = "stop|fail|refuse|sigterm|shutdown|shut down|terminat*|healthy|request|prediction|every\
        |interval|exit|drain*|render*|closes|respond*|redirect|rendered|served|requests|gone|ctrl-c\
        |ctrl+c|session|timeout|lecture|rollback|release";
const STOPPING: &str = "sigterm|stop|stopped|shutdown|shut down|terminat*|ctrl-c|ctrl+c|graceful*\
        |terminationgraceperiodseconds|drain*|sigquit|sigint|close|closes";
const FINISHING: &str = "finish*|complet*|in flight|in-flight|drain*|acknowledged|half|open request|pending request\
        |current batch";
const HEALTHY: &str = "healthy|health|healthcheck|health check";
/// Another answer than the one of a healthy service, or another thing at the path.
const NO_HEALTH: &str = "owned|volume|file|metrics|503|500|404|401|403|422|unhealthy|unready|not ready|not-ready";
const ROOT: &str = "root|uid 0|administrator|superuser|admin|privileged";
const SECRET: &str = "secret|password|credential|token|api key|key|private key|passphrase|connection string\
        |card detail|*_key|*_token|*_secret|*_password|*.key|*.pem";
const INSIDE: &str = "image|layer|history|baked|hardcod*|hard-cod*|copied|committed|stored|embedded|docker history\
        |burned|repository|code|in there|.json";
const LOGS: &str = "log|logs|logging|printed|print|logged|emitted|output|stdout|stderr";
const LOCATION: &str = "variable|env|environment|environ*|config*|set|setting|pass|passed|provided|given|taken|come\
        |read|override*|overridden|change*|choose|swap|pick|adjust*|tune*|supplied|injected|through\
        |via|honors|honor|found|selects|points|by|from";
const CONFIGURE: &str = "config*|overrid*|override|change*|set|choose|pick|swap|adjust*|tune*|optional|honor|honors\
        |settable|setting|given|says";
const DEFAULT: &str = "default*|fallback|fall|falling|unset|otherwise|unless|leave out|leave it out|if missing\
        |optional|or";
const ABSENT: &str = "missing|absent|without|unset|no default|mandatory|require*|needed|necessary|not set|not boot\
        |not start|otherwise";
const CREATE: &str = "creat*|add*|post|insert*|enter*|new|opened|register*";
const CHANGE: &str = "updat*|edit*|chang*|put|patch|correct*|amend*|modif*|renam*|tick*";
const REMOVE: &str = "delet*|remov*|cancel*|void*|withdraw*|throw|closed|close";
/// Load is another promise than CRUD.
const NO_CRUD: &str = "cap|capabilit*|layer|health*|client|concurrent|concurrently|at once|parallel|load";
const KEPT: &str = "persist*|surviv*|still there|kept|retain*|available afterwards|preserved|available after\
        |remain*|find again|not lost|get processed";
const LOST: &str = "lost|lose|disappear*|vanish*|gone|deleted|delete|wiped";
const RESTART: &str = "restart*|recreat*|redeploy*|upgrade|update|container|docker compose|stop|removed|deleted\
        |volume|pull|afterwards";
const ELSEWHERE: &str = "nothing but docker|only docker|docker installed|own server|from registry|another machine\
        |different machine|laptop|colleague|anywhere|any machine|other machine|second machine\
        |second server|fresh server|teammate|computer|elsewhere|another host|different host|mac\
        |macbook|any host|docker save|other location|unchanged";
const PULLED: &str = "run|runs|start*|pull*|work|works|bring|compose|docker|same command|carried";
const CONNECT: &str = "connect*|talk*|reach*|database|uses|use|point*|address|find*|gets|store|datasource|instance\
        |configured|server|location|data";
const OUTBOUND: &str = "outbound|telemetry|internet|offline|phone home|phones home|phoning home|network peer\
        |air-gapped|cdn|egress|outgoing connection|network connection|network access|closed network\
        |home|outside world|no host";
const LEAVES: &str = "image|container|runtime|production|stage|final|there|root|published|ship|shipped";

/// Each topic once, grouped by what it is about. More sets of words and values weigh more; of the same check, the heaviest counts.
pub(super) const TOPICS: &[Topic] = &[
    // Size and memory.
    promised(&[IMAGE], "Image size under {size}").unless(NO_IMAGE),
    promised(&[IMAGE, "compress*|download|transfer*|wire|pull*"], "Image size under {size} (transfer)")
        .unless("memory|ram|rss|heap|uncompressed|unpacked"),
    promised(&[IMAGE, "uncompressed|unpacked|extracted|on disk|decompressed"], "Image size under {size} (unpacked)"),
    promised(&["including|total|less|below|under|than|just|max|limit"], "Image size under {size}").never(NO_IMAGE),
    either(&[MEMORY], "Uses at most {size} of memory").unless("image").never("not enough|too little"),
    promised(&["limit|cgroup|standard load|survives|no more"], "Uses at most {size} of memory")
        .never("image|size|download"),
    promised(&["docker run|with|limit|-m"], "Runs with {docker-memory}"),
    // Starting, stopping, health.
    promised(&[STARTING], "Starts within {time}").unless(NO_START),
    promised(
        &["docker compose|docker run|boot*|start*|come up", "without error|success*|work*|wait|accept*|listen*|up|run"],
        "Container starts",
    )
    .never("stop|sigterm|without"),
    promised(
        &[HEALTHY, "turn*|become*|report*|reach*|status|after|within|takes"],
        "Health check turns healthy within {time}",
    )
    .unless("every|interval|stop|timeout"),
    promised(&["docker ps|healthy|health status|health monitoring"], "Health check turns healthy"),
    promised(&["healthcheck|health check|health-check|healthcheck instruction|docker ps"], "Health check is declared")
        .never("drop|dropped|removed|skip|endpoint"),
    promised(&[STOPPING], "Stops within {time} on SIGTERM, finishing requests in flight").never("sigkill|stop working"),
    promised(
        &[STOPPING, "exit 0|exits 0|code 0|status 0|exit code 0|exits with 0|with code 0"],
        "Stops within {time} on SIGTERM, finishing requests in flight, with exit code 0",
    )
    .never("sigkill|stop working"),
    promised(&[STOPPING, FINISHING], "Stops within {time} on SIGTERM, finishing requests in flight")
        .never("sigkill|stop working"),
    promised(&[STOPPING, FINISHING], "Stops on SIGTERM, finishing requests in flight").never("sigkill|stop working"),
    promised(
        &["sigquit|sigint|sigusr1|sigwinch|stopsignal|stop signal", "stop*|signal|image"],
        "Stop signal is {signal}",
    ),
    promised(
        &["health*|liveness|readiness|alive|heartbeat|monitoring|200|ok"],
        "Health check endpoint responds at {health-path}",
    )
    .unless(NO_HEALTH)
    .never("p95|p99|latency|percentile"),
    promised(&["health|liveness|readiness|heartbeat|monitoring"], "Health check endpoint responds at {answering-path}")
        .unless(NO_HEALTH),
    promised(&["*"], "Health check endpoint responds at {health-path}")
        .unless(NO_HEALTH)
        .never("p95|p99|latency|percentile"),
    // Ports.
    promised(&["expose*|exposing"], "Image exposes port {port}"),
    promised(
        &["expose*|exposing", "only|no other|nothing else|no other port"],
        "Image exposes port {port} and no other",
    ),
    promised(
        &["listen*|port|bind*|serve*|served|reachable|open*|http*|tcp|localhost*|available|answers\
        |running|-p|scrapes|on|is|ports|*"],
        "Container listens on port {port}",
    )
    .unless("belongs"),
    // Settings.
    promised(&[LOCATION], "{var} is passed at runtime"),
    promised(&[CONFIGURE], "{var} is configurable"),
    promised(&[DEFAULT], "{var} is configurable, defaults to {value}"),
    either(
        &[
            ABSENT,
            "fail*|refus*|exit|exits|die|dies|crash*|stop*|abort*|not start|not boot|error|mandatory\
        |required|no default|needed|necessary",
        ],
        "Refuses to start without {var}",
    ),
    either(
        &[
            "missing|absent|without|unset",
            "message|names|naming|says|prints|log|error",
            "fail*|exit|exits|die|dies|refus*|not boot|stop*",
        ],
        "Refuses to start without {var}, naming it in the log",
    ),
    // Secrets.
    denied(&[SECRET, INSIDE], "No secrets in image").never("signature|signed"),
    denied(
        &["never hardcode|not hardcode|docker history|hardcode", "secret|credential|token|build-time|password|key|url"],
        "No secrets in image",
    ),
    denied(&[SECRET, LOGS, "log*|print*|emitted|stdout"], "No secret in the logs"),
    // What the service does.
    promised(&["crud"], "All CRUD endpoints work").never(NO_CRUD),
    promised(
        &[
            CREATE,
            REMOVE,
            "get|read|list*|look*|view*|fetch*|search*|retriev*|find|api|rest|show*|delete|edit*|change*|it\
        |to-dos|redirects",
        ],
        "All CRUD endpoints work",
    )
    .never(NO_CRUD),
    promised(&[CREATE, CHANGE, REMOVE], "All CRUD endpoints work").never(NO_CRUD),
    promised(&["crud|endpoint", "work|works|working|succeed|correct*"], "All CRUD endpoints work")
        .never("health|docker|signed|image|log|/up|client|concurrent|concurrently|at once|parallel|load"),
    promised(&[CREATE, CHANGE, REMOVE], "All CRUD endpoints of {service-path} work").never(NO_CRUD),
    promised(&["post", "delete", "get|put"], "All CRUD endpoints of {service-path} work").never(NO_CRUD),
    promised(&["crud"], "All CRUD endpoints of {service-path} work").never(NO_CRUD),
    promised(&["create|post|creat*", "fetch*|get|appears|looked|read back"], "All CRUD endpoints work").never(NO_CRUD),
    promised(
        &["crud|create|endpoint|all|creat*", "token|jwt|bearer|authenticat*"],
        "All CRUD endpoints work as {login}",
    )
    .never(NO_CRUD),
    // Servers.
    promised(&[CONNECT, "postgres*|neon"], "Container can connect to {database} database with provided {var}"),
    promised(&[CONNECT], "Container can connect to {dependency} with provided {var}"),
    promised(&["connect*|talk*|reach|reaches"], "Container can connect to {dependency}")
        .unless("without|losing|lost|down|dead|unreachable|goes|other|only|offline|network|when|until"),
    promised(
        &["database", "address|connect*|given|taken|points|url|configured"],
        "Container can connect to the database with provided {var}",
    )
    .unless("redis|mysql|mariadb|sql server|mongo*|oracle|influxdb|password|user"),
    promised(&[KEPT, RESTART], "{things} persist across container restarts"),
    promised(
        &["persist*|surviv*", "/*|restart*|container|upgrade|data|docker*"],
        "{things} persist across container restarts",
    ),
    denied(&[LOST, RESTART], "{things} persist across container restarts")
        .unless("log|session|image|secret|message|shell"),
    promised(&["volume|mount point"], "Image declares the volume {path}"),
    // Rights.
    denied(&[ROOT], "Container runs as non-root user")
        .never("password|filesystem|file system|rootfs|ca|certificate|fs|web root|document root|world-writable"),
    promised(
        &["non-root|nonroot|unprivileged|rootless|normal user|runasnonroot|non-zero id|non-zero uid\
        |numeric uid|whoami"],
        "Container runs as non-root user",
    ),
    promised(&["user|uid|account|as|owns|whoami"], "Container runs as user {user}").unless("owned|belong*"),
    promised(
        &["read-only|readonly|read only|--read-only|readonlyrootfilesystem*"],
        "Runs with a read-only root filesystem",
    )
    .never("network"),
    promised(
        &[
            "read-only|readonly|read only|--read-only|readonlyrootfilesystem*",
            "tmpfs|writable|write|writes|except|only|apart",
        ],
        "Runs with a read-only root filesystem, except {writable-paths}",
    ),
    either(
        &[
            "capabilit*|--cap-drop*|cap-drop|cap_drop|cap_net*|net_raw",
            "drop*|no|without|any|gone|--cap-drop*|cap-drop|none|not|single|remove*",
        ],
        "Runs with no capabilities",
    )
    .never("add only|might|except|apart|but|other than|plus"),
    denied(&["setuid|suid|setgid|setuid/setgid"], "No setuid files"),
    // The image's contents.
    promised(
        &["base|based|uses|use|from|built|scratch|image|runtime|distroless|stands|builds|on|pin|ships\
        |ship|serve|served|ends|publish|is"],
        "Base image: {base}",
    )
    .unless("push*|publish|published|tag|pull|pulled|docker pull|tagged|available|hub"),
    promised(
        &["multi-stage|multistage|two stage|2 stage|build stage|builder stage|first stage|second stage\
        |separate stage|runtime stage|builder|stages"],
        "Multi-stage build",
    ),
    promised(&["from|publish|compile|build", "copy|ship", "sdk*|golang*|output"], "Multi-stage build"),
    denied(
        &[
            "shell|package manager|compiler|build tool|gcc|make|git|curl|wget|apt|maven|jdk|npm|node\
        |node.js|yarn|cargo|rustc|javac|g++|cmake|composer|bash|sh|pip|busybox|build-essential|go\
        |busybox|conda|apk|yum|rpm|microdnf|dnf|perl|vim",
            LEAVES,
        ],
        "No {tools} in image",
    )
    .unless("http*|exec*|pid|wrapper|shell-form|shell form"),
    either(
        &[
            "shell|package manager|compiler|build tool|gcc|make|git|curl|wget|apt|maven|jdk|npm|node\
        |node.js|yarn|cargo|rustc|javac|g++|cmake|composer|build-essential|bash|sh",
            "only|behind|gone|no|not|without|remove|neither|stay|left|permitted|distroless",
        ],
        "No {tools} in image",
    )
    .unless("http*|exec*|pid|wrapper|shell-form|shell form"),
    either(&["distroless", "shell"], "No shell in image"),
    denied(
        &["image|container|layer|web root|runtime|there|copied|shipped|baked|production|stage|copy\
        |dockerignore|.dockerignore"],
        "No {file} in the image",
    ),
    denied(&["image|container|shipped|installed|web root|stage"], "File {missing-path} does not exist")
        .unless("write|writes|writable|log|logs"),
    promised(
        &["image|present|included|inside|baked|there|contain*|exist*|live|copied|installed|ship*|found\
        |under"],
        "File {file-path} exists",
    )
    .unless("volume|surviv*|persist*|owned|tmpfs|write|writable|read-only|kept|declared|default|log|logs|if"),
    promised(&["owned|owner|belong*|belongs"], "{file-path} is owned by {user}"),
    promised(
        &["static*|statically", "link*|binary|binaries|executable|libc|go|rust|musl"],
        "Binaries are statically linked",
    )
    .never("site|file|asset|page"),
    promised(
        &["cargo auditable|cargo-auditable|go version -m|dependency list|module list|crate inventory\
        |lists every module"],
        "Binaries carry their dependency list",
    ),
    promised(
        &[
            "ca|certificate|ca-certificates|ca-certificates.crt|trust store\
        |/etc/ssl/certs/ca-certificates.crt|ca bundle",
            "certificate|ca|ca-certificates|included|present|bundled|copied|copies|bundle|needs|trust|over",
        ],
        "Image holds CA certificates",
    )
    .never("client|server certificate|self-signed|private"),
    promised(&["layer"], "Image has at most {layers} layers"),
    promised(&["label|labeled|labels|org.opencontainers*|maintainer"], "Labels {labels} are set"),
    promised(
        &["exec form|exec-form|array form|json array|pid 1|entrypoint [*", "entrypoint|entry point|pid 1|start|form"],
        "Entrypoint is in exec form",
    ),
    promised(&["cmd", "array|exec|exec-form|[*|form|[\"node\"|rather"], "Command is in exec form"),
    // Building and publishing.
    promised(
        &["identical|same|bit-for-bit|byte-for-byte", "digest|hash|checksum|byte*|bit*|bit-identical"],
        "Build is reproducible",
    ),
    promised(&["reproduc*|reproducible"], "Build is reproducible").never("result|bug"),
    either(
        &[
            "docker build|dockerfile build*|dockerfile builds|dockerfile builded",
            "work*|succeed*|without error|without any error|no error|clean*|pass*|success*|goes through\
        |fresh clone|error",
        ],
        "Dockerfile builds without errors",
    )
    .never("multi-stage|stage|two"),
    either(
        &[
            "image build*|builds from clean|container build*|docker build",
            "error|clean*|success*|checkout|work*|clone|pass*",
        ],
        "Container builds successfully without errors",
    )
    .never("multi-stage"),
    promised(&["sbom|bill of material"], "An SBOM is attached to the image"),
    promised(&["sbom|bill of material", "spdx"], "An SPDX SBOM is attached to the image"),
    promised(&["sbom|bill of material", "cyclonedx"], "A CycloneDX SBOM is attached to the image"),
    promised(&["amd64|arm64|linux/*|arm/*|x86_64|aarch64|multi-arch|platform|armv7|gpu"], "Image is for {platforms}")
        .unless("exec"),
    promised(
        &["push*|publish*|registry|docker hub|hub|ghcr*|available|ecr|pull*|pushed"],
        "Image can be pushed to registry ({registry})",
    ),
    promised(
        &["push*|publish*|pull*|docker hub|on docker hub", "registry|ecr|hub|docker hub|ghcr*"],
        "Image can be pushed to registry",
    ),
    promised(&["tag*|tagged|tags", "version|semver|commit|sha|latest|hash|release"], "Tagged with {tags}")
        .unless("equal*|label"),
    promised(&["release version|version number"], "Tagged with {tags}"),
    promised(&[ELSEWHERE, PULLED], "Image can be pulled and run on different machine").never("another port|signed"),
    // The network.
    either(
        &[OUTBOUND, "no|not|without|nothing|only|offline|never|none|air-gapped|neither|other|except|forbidden"],
        "No outbound connections",
    ),
    either(&[OUTBOUND, "only|except|other|but|apart|nothing"], "Talks to nothing but {peer}"),
    either(
        &[
            "talk|talks|connections|traffic|network peer|connection",
            "only|except|other than|nothing but|no host",
            "only|except|other|nothing|but|no",
        ],
        "Talks to nothing but {peer}",
    ),
    // Logs.
    promised(
        &["stdout|standard output|stderr|rails_log_to_stdout*|docker logs|docker log|console\
        |stdout/stderr|standard out"],
        "Logs to stdout",
    )
    .never("history"),
    promised(&["json", "log*|stdout|console|line"], "Logs to stdout as JSON").never("response|body|document|array"),
];
