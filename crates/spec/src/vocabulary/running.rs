//! How the container starts, runs and stops.

use super::{Entry, STOP_WITHIN, list, number, one, size, time};
use crate::{Check, CheckKind, StopSignal};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        kind: CheckKind::StartRuns,
        sentence: "Container starts",
        description: "5 s after its start the main process runs and, where a port is known, takes connections from outside. With a port in the sentence: \
                      that one, where neither `--port` nor a variable moves it.",
        examples: &[
            "Container starts",
            "Container starts successfully",
            "Container starts, listening on 4000",
            "App starts on port 4000",
            "Serves on port 8000",
            "Service listens on port 8000",
        ],
        forms: &[
            &["<service>", "(start|start up|boot|boot up|come up|run locally)"],
            &["(start|start up|boot|come up|available|reachable|accessible|run) (on|at) [tcp] port {port}"],
            &["(listen|listening|serve|serving) on [tcp] [port] {port}"],
            &["start and (listen|serve) on [tcp] [port] {port}"],
            &["(accept|take) connection on [tcp] port {port}"],
        ],
        extras: &[
            "<service>",
            "(successfully|correctly|ok|fine|properly)",
            "without (crashing|crash)",
            "[and] (listening|listen|serving|serve) on [tcp] [port] {port}",
            "by default",
        ],
        topics: &["startup", "start", "port", "network"],
        checks: |found| {
            let port = match number(found, "port") {
                Some(port) => Some(u16::try_from(port).ok()?),
                None => None,
            };
            one(Check::StartRuns { port })
        },
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
        forms: &[
            &[
                "(start|starting|started|start up|boot|booting|boot up|come up|coming up|[become] ready [(to serve|for|to accept|to take|to handle) [request|traffic|connection]]|up and running)",
                "<within> {time}",
            ],
            &["up (in|within|in under|in less than|in <|in at most) {time}"],
            &["[cold] (startup|start-up|start|boot) [time]", "(<within>|<under>) {time}"],
            &["time (from start to readiness|to readiness|until ready|to ready)", "(<under>|<within>) {time}"],
            &["readiness", "<within> {time}"],
            &["<not> (take|need) (more|longer) than {time} to (start|boot|start up)"],
            &["(take|need) (<under>|<within>) {time} to (start|boot|start up)"],
        ],
        extras: &[
            "<container>",
            "(take|takes)",
            "(fast|quickly)",
            "[and] (serve|accept|handle|answer|take) (request|traffic|connection) [on [tcp] port {port}]",
            "on [tcp] port {port}",
            "(of|after|from) [its|<container>] (startup|start|launch|docker run|being started|started|starting)",
        ],
        topics: &["startup", "start", "performance", "start time", "boot"],
        checks: |found| {
            let mut checks = vec![Check::StartWithin { within: time(found)? }];
            if let Some(port) = number(found, "port") {
                checks.push(Check::StartRuns { port: Some(u16::try_from(port).ok()?) });
            }
            Some(checks)
        },
    },
    Entry {
        kind: CheckKind::StopGraceful,
        sentence: "Stops within {time} on SIGTERM, finishing requests in flight",
        description: "After the signal every request begun before is answered, and the container exits with 0 (or 143) in time, without being killed; \
                      10 s where no time is named. The signal is the one in the sentence (SIGTERM, SIGINT, SIGQUIT), else the image's own, as `docker stop` sends it. Finishing the requests is part of it, said or not; what was confirmed must be kept where the service keeps what is written, which is looked for where its document tells how to read it, and not by steps.",
        examples: &[
            "Stops within 10s on SIGTERM, finishing requests in flight",
            "Shuts down gracefully on SIGTERM",
            "Graceful shutdown within 10 seconds",
            "Stops gracefully on SIGQUIT",
            "Graceful shutdown on SIGTERM and SIGINT",
        ],
        forms: &[
            &["(<stop>|exit|terminate|quit)", "<on-signal>"],
            &["(<stop>|exit|terminate|can stopped)", "(gracefully|cleanly)"],
            &["<stop>", "<within> {time}"],
            &["(shutdown|stop|termination) [:] (graceful|clean)"],
            &["(graceful|clean) (shutdown|stop|termination|exit) [work|working|handling|handled]"],
            &["(handle|respect|react to|respond to|honor) {signals}"],
            &["{signals} (stop|end|terminate)", "<container>"],
            &["docker stop (take|complete|finish|return|succeed)", "<within> {time}"],
            &["{signals}", "handled"],
            &["{signals} : (clean|graceful) (exit|stop|shutdown)"],
            &["(finish|complete) [all|every] <requests>", "<on-signal>"],
        ],
        extras: &[
            "<container>",
            "(gracefully|cleanly|properly|orderly|in orderly manner|in order)",
            "[,] (have|after) (answered|completed|finished) [all|every] <requests>",
            "<within> {time} [of {signals}]",
            "<on-signal>",
            "(after|while|and|,) (finishing|finish|completing|complete|draining|drain) [all|open|every] <requests>",
            "(and|,) (<stop>|exit|terminate|quit) [gracefully|cleanly] [<within> {time}]",
            "(supported|support|implemented|in place)",
        ],
        topics: &["shutdown", "stop", "signals", "graceful shutdown", "termination", "signal"],
        checks: |found| {
            let within = time(found).unwrap_or(STOP_WITHIN);
            let named = ["signals", "more-signals"].into_iter().filter_map(|name| list(found, name)).flatten();
            let mut signals: Vec<StopSignal> = named.map(StopSignal::Named).collect();
            if signals.is_empty() {
                signals.push(StopSignal::Configured);
            }
            Some(signals.into_iter().map(|signal| Check::StopGraceful { within, signal }).collect())
        },
    },
    Entry {
        kind: CheckKind::MemoryUnder,
        sentence: "Uses at most {size} of memory",
        description: "The CRUD requests and the scenarios run with {size} as the container's limit, without swap, for 3 to 10 s until the peak is steady: \
                      nothing is killed for memory, every answer is right.",
        examples: &["Uses at most 64 MB of memory", "Memory usage under 64MB", "Runs within 64 MiB of RAM"],
        forms: &[
            &["<memory>", "<at-most-size>"],
            &["<memory> [consumption|usage|use]", "within {size}"],
            &["<not> (use|need|consume|require|take) more than {size}", "[of] <memory>"],
            &["(run|work|fit|operate) (in|within|with|into) [<under>] {size}", "<memory>"],
            &["(<memory> limit|limit)", "{size}", "[of] <memory>"],
            &["<memory> limit", "{size}"],
            &["<memory> limit [:] [of] {size} [enough|sufficient|suffice]"],
            &["{size} [of] <memory>", "(enough|sufficient|suffice|plenty)"],
        ],
        extras: &[
            "<container>",
            "(use|need|consume|require|eat|run|stay|take|work|limited to|fit|operate|keep|remain) [in|within|with|on]",
            "(usage|consumption|footprint|use|limit|of|total|peak|maximum|within)",
            "each",
            "under [normal|typical|expected|regular] (load|load condition|usage|operation|condition)",
        ],
        topics: &["memory", "resources", "ram", "memory usage", "memory limit"],
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
        forms: &[
            &["<read-only>", "<root-fs>"],
            &["<root-fs>", "mounted as <read-only>"],
            &["(run|work|start)", "(--read-only|read-only|<read-only> mode)"],
        ],
        extras: &[
            "(run|work|start|function|operate) [with|on|under|from|in]",
            "(<container>|mounted|can|with|flag|docker run)",
            "<writable>",
            "[with|and|,] only {paths} writable",
            "[with|and|,] {paths} [as] only writable (path|directory|folder|place|mount)",
            "writable {paths}",
        ],
        topics: &["security", "filesystem", "file system", "root filesystem", "hardening"],
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
        forms: &[
            &["(with no|with zero|without|without any|no|zero) [linux] capability"],
            &["all [linux] (capability|cap)", "(dropped|drop)"],
            &["drop all [linux] (capability|cap)"],
            &["drop [linux] capability"],
            &["(need|require|have) no [linux] capability"],
            &["[linux] (capability|cap) : (none|no)"],
            &["(--cap-drop all|cap-drop all|--cap-drop=all|cap-drop=all|cap_drop all)"],
        ],
        extras: &[
            "<container>",
            "(run|work|need|start|operate) [with]",
            "with",
            "[docker run] (--cap-drop=all|--cap-drop all|cap-drop all|cap-drop=all)",
        ],
        topics: &["security", "capabilities", "hardening"],
        checks: |_| one(Check::CapabilitiesNone),
    },
    Entry {
        kind: CheckKind::LogsStdout,
        sentence: "Logs to stdout",
        description: "The service writes to standard output; \"as JSON\": every line of it is a JSON object.",
        examples: &["Logs to stdout", "Logs to stdout as JSON", "Structured JSON logs to stdout"],
        forms: &[
            &["(log|logging|log line|log record|log output|structured log|log message)", "<stdout>"],
            &["write [structured] [json !json] log", "<stdout>"],
        ],
        extras: &[
            "<container>",
            "all",
            "(go|written|sent|write|emitted|printed|emit|output|streamed|stream|its)",
            "[one] json object per line !json",
            "[and|,] json !json [and]",
            "(as|in) [structured] json !json [line|format|object]",
            "[structured] json !json [line|format|object|log]",
            "json-formatted !json",
        ],
        topics: &["logging", "logs", "log", "observability"],
        checks: |found| one(Check::LogsStdout { json: found.has("json") }),
    },
    Entry {
        kind: CheckKind::LogsSecrets,
        sentence: "No secret in the logs",
        description: "Nothing that was given as a secret, and nothing that looks like one, is in what the container wrote.",
        examples: &["No secret in the logs", "No secrets in logs", "Secrets are never logged"],
        forms: &[
            &["(no|without|free of) <secrets>", "(in|to) [any] (log|log output|log line|logging)"],
            &[
                "log",
                "(<not> [ever] (contain|leak|expose|include|show|have|hold|reveal|print) [any]|contain no|have no|free of) <secrets>",
            ],
            &[
                "<secrets>",
                "<not> [ever] (logged|(printed|written|appear|show up|leaked|leak|end up|visible|exposed|present) (in|to|into) [any] (log|log output)|in log)",
            ],
            &["<not> [ever] (log|print|write|leak) [any] <secrets>"],
        ],
        extras: &["(in|to|into) log", "(written|printed|leaked|appear|ever)", "<container>"],
        topics: &["logging", "logs", "security", "secrets"],
        checks: |_| one(Check::LogsSecrets),
    },
];
