//! How the container starts, runs and stops.

use super::{Entry, STOP_WITHIN, list, number, one, time};
use crate::parameter::Value;
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
            &["<service>", "(start|start up|boot|boot up|come up|run locally|spin up|launch)"],
            &["(start|start up|boot|come up|run|up) (on|at) [tcp] port {port}"],
            &["<on-port>"],
            &["start and (listen|serve) on [tcp] [port] {port}"],
            &["(web ui|ui|web interface|user interface|api|site|website|dashboard|web page) on [tcp] port {port}"],
            &["(web ui|ui|web interface|user interface|dashboard) on {port}"],
            &["(request|http request|traffic|http traffic) (served|answered|accepted|handled) on [tcp] port {port}"],
        ],
        extras: &[
            "<service>",
            "(successfully|correctly|ok|fine|properly)",
            "without (crashing|crash|manual step|manual intervention)",
            "and (stay|keep|remain) (up|running|alive)",
            "[and] <on-port>",
            "<once-up>",
            "by default",
            "as default",
            "by nginx",
            "inside <container>",
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
            &["<up>", "<soon>"],
            &["(up|running|started) and (listening|serving|answering)", "<soon>"],
            &["up (in|within|in under|in less than|in <|in at most) {time}"],
            &["[cold] (startup|start-up|start|boot) [time|duration]", "(<soon>|<under> {time})"],
            &[
                "time (from (start|docker run|container start) to (readiness|ready|first 200|first request|first response)|to readiness|until ready|to ready|to first response|to first request)",
                "(<under>|<within>) {time}",
            ],
            &["readiness", "<soon>"],
            &[
                "<not> (take|need|require) (more|longer) than {time} (to <up>|for startup|for start|until ready|to get ready)",
            ],
            &["(take|need|require) (<under>|<within>) {time} (to <up>|for startup|for start|until ready)"],
            &["(startup|start|boot|cold start) (complete|completed|done|finished|finish)", "<soon>"],
            &["<on-port>", "<soon> <of-start>"],
            &[
                "(accept|serve|take|handle|answer|respond to) [its|first|http] (request|traffic|connection|call|client)",
                "<soon> <of-start>",
            ],
            &["<up>", "{time} after [<container>] (start|docker run|launch|container start)"],
            &["<up>", "[at most] {time} after (<container>|it) [have|was] (started|start)"],
            &["(answer|respond|reachable)", "<soon>", "<of-start>"],
            &[
                "[it] (take|need) (<under>|<within>|no more than|at most) {time}",
                "(until|till|before) <container> <up>",
            ],
            &[
                "(answer|serve|accept|handle) [first|http] (request|connection|traffic)",
                "{time} after [<container>] (start|docker run|launch|container start)",
            ],
            &[
                "from (docker run|start|container start) to first (answer|response|request|reply) [it] take (<under>|<within>) {time}",
            ],
        ],
        extras: &[
            "<container>",
            "(take|takes)",
            "(fast|quickly|successfully|cold)",
            "[and] (serve|accept|handle|answer|take|accepting|serving|answering|begin serving|begin to serve) (request|traffic|connection) [on [tcp] [port] {port}]",
            "[and] <on-port>",
            "[and] <up>",
            "on [tcp] port {port}",
            "<of-start>",
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
        description: "After the signal every request begun before is answered, and the container exits with 0 (or 143, unless the sentence names the code 0) in time, without being killed; \
                      10 s where no time is named. The signal is the one in the sentence (SIGTERM, SIGINT, SIGQUIT), else the image's own, as `docker stop` sends it. Finishing the requests is part of it, said or not; what was confirmed must be kept where the service keeps what is written, which is looked for where its document tells how to read it, and not by steps.",
        examples: &[
            "Stops within 10s on SIGTERM, finishing requests in flight",
            "Shuts down gracefully on SIGTERM",
            "Graceful shutdown within 10 seconds",
            "Stops gracefully on SIGQUIT",
            "Graceful shutdown on SIGTERM and SIGINT",
        ],
        forms: &[
            &["<end>", "<on-signal>"],
            &["(<stop>|exit|terminate|can stopped)", "(gracefully|cleanly)"],
            &["<stop>", "<soon>"],
            &["(shutdown|stop|termination) [:] (graceful|clean)"],
            &["(graceful|clean) (shutdown|stop|termination|exit) [work|working|handling|handled|enabled|active|on]"],
            &["(handle|respect|react to|respond to|honor) {signals}"],
            &["{signals} (stop|end|terminate|shut down)", "<container>"],
            &["docker stop (take|complete|finish|return|succeed)", "<soon>"],
            &["{signals}", "handled"],
            &["{signals} : [(clean|graceful)] (exit|stop|shutdown)"],
            &["{signals} : <finishing>", "(,|and|, and|then|, then|before) [<container>] <end>"],
            &["<finishing>", "<on-signal>"],
            &["<exit-zero>", "<on-signal>"],
            &["{signals} : [clean|graceful] <exit-zero>"],
            &["{signals} : <finishing>", "(,|and|, and|then|, then) <exit-zero>"],
            &["<finishing>", "(before|and|,|, and|then) [<container>] <end>", "<soon>"],
            &["<finishing>", "(before|and|,|, and|then) [<container>] <end>", "<on-signal>"],
            &["{signals} and", "<end>", "<soon>"],
            &["(when|if|once) <container> (stopped|shut down|terminated|told to stop|asked to stop)", "<finishing>"],
            &["docker stop (end|stop|terminate) <container>", "<soon>"],
            &["<finishing>", "before <container> (stop|exit|end|terminate|go down|shut down)"],
            &["(can stopped|stopped)", "<soon>"],
            &[
                "{signals} (lead to|cause|trigger|result in|start) (clean|graceful|orderly) (shutdown|stop|exit|termination)",
            ],
            &["{signals} make <container>", "<finishing>", "and <end>"],
            &["(shutdown|stopping|termination|stop) take", "<soon>"],
        ],
        extras: &[
            "<container>",
            "(gracefully|cleanly|properly|orderly|in orderly manner|in order)",
            "[,] (have|after) (answered|completed|finished|drained|served|processed) [all|every|remaining] <requests>",
            "(<soon>|<within> {time}) [of (signal|{signals}|receiving {signals}|receiving signal|receipt of {signals})]",
            "<on-signal>",
            "(after|while|and|,|before|once|by) <finishing>",
            "(and|,|before|then|once) <end> [gracefully|cleanly] [<within> {time}]",
            "(supported|support|implemented|in place)",
            "(and|,|with|then|before|, and) <exit-zero>",
            "stop (accepting|taking|listening for) [new|further] (connection|request|traffic) [,|and]",
            "of docker stop",
            "[,] no request lost",
        ],
        topics: &["shutdown", "stop", "signals", "graceful shutdown", "termination", "signal"],
        checks: |found| {
            let within = time(found).unwrap_or(STOP_WITHIN);
            let named = ["signals", "more-signals"].into_iter().filter_map(|name| list(found, name)).flatten();
            let mut signals: Vec<StopSignal> = named.map(StopSignal::Named).collect();
            if signals.is_empty() {
                signals.push(StopSignal::Configured);
            }
            let exit_zero = found.has("zero");
            Some(signals.into_iter().map(|signal| Check::StopGraceful { within, signal, exit_zero }).collect())
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
            &["<memory> [consumption|usage|use|footprint]", "<size-limit>"],
            &["<not> (use|need|consume|require|take|occupy|eat|exceed|allocate) [more than] {size}", "[of] <memory>"],
            &[
                "<memory> [consumption|usage|use|footprint]",
                "<not> (exceed|pass|go over|go above|rise above|surpass|grow beyond) {size}",
            ],
            &[
                "(run|work|fit|operate|live|get by|make do|fine|ok|happy|survive|start and answer|function) (in|within|with|into|under|on) [<under>] {size}",
                "[of] <memory>",
            ],
            &["(<memory> limit|limit)", "{size}", "[of] <memory>"],
            &[
                "(run|work|function|operate|serve|start|fine|survive) (within|with|under|at|in) [hard] (<memory> (limit|cap|budget|quota|limited to)|limit|cap|budget) [of|:|=] {size} [[of] <memory>]",
            ],
            &["<memory> (limit|budget|cap|quota|ceiling|request and limit)", "{size}"],
            &[
                "<memory> limit [:] [of] {size} [enough|sufficient|suffice|respected|honored|kept|observed|not exceeded]",
            ],
            &["{size} [of] <memory>", "(enough|sufficient|suffice|plenty|all it need)"],
            &["{size} <memory> (limit|cap)", "(enough|sufficient|suffice|plenty|run|work|fine)"],
            &["[run|work|start] [with|under|in] [docker run] {docker-memory}"],
            &[
                "(run|fine|work|fit|stay|ok) (in|within|under|with) {size}",
                "[.|,|and] (no|never|without) oom [kill|killed]",
            ],
            &[
                "<not> (oom-killed|oom killed|killed for memory) (with|under|at|within) [hard] [<memory>] (limit|cap) of {size}",
            ],
            &["<memory> limit of {size}", "<not> (oom-killed|oom killed)"],
        ],
        extras: &[
            "<container>",
            "(use|need|consume|require|eat|run|stay|take|work|limited to|fit|operate|keep|remain|limited) [in|within|with|on|to]",
            "(usage|consumption|footprint|use|limit|of|total|peak|maximum|within)",
            "each",
            "[at] (<runtime>|all time)",
            "[and|,] [<container>] (start|run|work|start and answer|answer|start and run|start and work) (under|within|with|in) it",
            "[with|by] (no|without) (oom (kill|killed|killing)|oom-kill|oom-killed|oom-killing)",
            "under [normal|typical|expected|regular] (load|load condition|usage|operation|condition)",
            "well",
            "hard",
            "inside",
            "for <service>",
            "can",
            "run with",
            "used",
        ],
        topics: &["memory", "resources", "ram", "memory usage", "memory limit"],
        checks: |found| {
            let limit = found.get("docker-memory").or_else(|| found.get("size"))?;
            match limit {
                Value::Size(bytes) => one(Check::MemoryUnder { limit_bytes: *bytes }),
                _ => None,
            }
        },
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
            &["(run|work|start|function|operate)", "(--read-only|read-only|<read-only> mode|--read-only=true)"],
            &["[run|work|start|function|operate] [with|under] readonlyrootfilesystem [: true|=true|true]"],
            &[
                "[run|work|start|function|operate] [with|under] (readonlyrootfilesystem=true|readonlyrootfilesystem:true|read_only: true|read_only : true)",
            ],
            &["(tolerate|cope with|support|survive) <read-only>", "<root-fs>"],
            &["(started|launched) (--read-only|with --read-only [flag|option])"],
            &["(you|one|we|i) can (start|run) (it|<container>|<image>) with --read-only"],
            &["(we|you|i) (run|start) (it|<container>|<image>) with --read-only"],
        ],
        extras: &[
            "(run|work|start|function|operate) [with|on|under|from|in]",
            "(<container>|mounted|can|with|flag|docker run)",
            "<writable>",
            "[with|and|,] (only|just|solely) {paths} [remain|stay] writable",
            "[with|and|,] {paths} [as] (only|sole|single) (writable|writeable) (path|directory|folder|place|mount|location|volume)",
            "[with|and|,] [only|sole|single] (writable|writeable) (path|directory|folder|place|mount|location) [:] {paths}",
            "[with|and|plus|,] [only] [a] (tmpfs|emptydir|scratch volume|writable volume) [mounted] (on|at|for|in) {paths}",
            "[with|and|plus|,] [only] {paths} (on|as|in) (tmpfs|emptydir)",
            "[and] (write|written) only to {paths}",
            "make",
            "writable {paths}",
            "[with|and] [only] {paths} mounted (on|as|in) (tmpfs|emptydir)",
            "given tmpfs [mount] (at|on|for) {paths}",
            "[,] [and] [it|<container>] not write [anything] outside [of] {paths}",
            "(servable|usable|operable) [with|on|under]",
            "(you|one|we) can (start|run) (it|<container>|<image>) [with]",
            "[temporary|temp] file go only (in|to|into) {paths}",
            "rest of",
            "[,] (as long as|provided that|provided) {paths} (tmpfs|writable)",
            "(when|if|even if|even when)",
            "(a|one|,|and|only) {paths} writable",
            "--tmpfs {paths}",
            "docker run",
            "still (work|run|start|function|come up)",
            "still",
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
            &["(--cap-drop all|cap-drop all|--cap-drop=all|cap-drop=all|cap_drop all|cap_drop : all|cap_drop : [all])"],
            &["every [linux] (capability|cap)", "(dropped|drop)"],
            &["(drop|with dropped|minus) (every|all) [linux] (capability|cap)"],
            &["[linux] (capability|cap)", "all dropped"],
            &["(capabilities.drop|drop) : ([all]|all)"],
            &["(no|zero) [linux] (capability|cap) (needed|required|necessary)"],
            &["not (need|require|use|have) [any|single] [linux] capability"],
        ],
        extras: &[
            "<container>",
            "(run|work|need|start|operate|function) [with|under]",
            "with",
            "security context",
            "[and|,] [with] no-new-privileges [set|on|enabled|: true|=true|active]",
            "(and|,) [<container>] still (start|come up|work|run)",
            "[docker run] (--cap-drop=all|--cap-drop all|cap-drop all|cap-drop=all)",
            "[and|,|but] [<container>|<img>] still (start|come up|work|run|function) [and (answer|serve|handle|respond to) request]",
            "by (pod template|pod spec|helm chart|platform|orchestrator|deployment)",
            "[<container>|it] not need (single one|any|any of them|one of them)",
            "can",
            "at all",
            "[<container>|it] not need them",
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
            &["(log|logging|log line|log record|log output|structured log|log message|log entry|output)", "<stdout>"],
            &[
                "(write|emit|send|print|stream) [all|its] [structured] [json !json] (log|log line|log record|log entry|log message)",
                "<stdout>",
            ],
            &[
                "one [json !json] log [line] (per|for each|for every) (event|message|record|entry|request) !one",
                "<stdout>",
            ],
            &["(log|log output|log line)", "(standard output|standard out|stdout) (stream|of container)"],
            &[
                "(log|log line|log output)",
                "(visible|available|readable|show up|appear|seen|can read|can seen|accessible|come out|end up|shown) (in|with|by|through|via|under|using) docker log",
            ],
            &[
                "(log|log line|log output)",
                "(show up|appear|visible) (when|if) (i|you|we|one) (do|run|call|type|use) docker log",
            ],
            &["docker log (show|print|display|give|return|contain)", "[all|its] (log|log line|log output)"],
            &["everything [it|<container>|that it] (log|print|write)", "<stdout>"],
            &[
                "(move|redirect|switch) [all] [application|container|service|app] (log|log output|logging) [from (file|log file)] to (stdout|standard output|standard out)",
            ],
            &["(each|every) line (on|of|in) (stdout|standard output)", "json !json (object|document)"],
        ],
        extras: &[
            "<container>",
            "all",
            "(go|written|sent|write|emitted|printed|emit|output|streamed|stream|its|directed|redirected|land|come out|end up|going|appear|delivered|produced|logged) [on|to]",
            "one [json !json] (line|object) (per|for each|for every) (event|message|record|entry|request) !one",
            "( json !json )",
            "[one] json object per line !json",
            "[and|,] json !json [and]",
            "(as|in) [structured] json !json [line|format|object|form]",
            "[structured] json !json [line|format|object|log|lines]",
            "[as|in] (json-formatted|formatted as json|json formatted|newline-delimited json|ndjson|jsonl) !json",
            "(structured|format) [:] [as] json !json",
            "one object per line !one",
            "(happen|take place|done)",
        ],
        topics: &["logging", "logs", "log", "observability"],
        // That nothing is written over several lines is seen of JSON alone.
        checks: |found| match (found.has("json"), found.has("one")) {
            (false, true) => None,
            (json, _) => one(Check::LogsStdout { json }),
        },
    },
    Entry {
        kind: CheckKind::LogsSecrets,
        sentence: "No secret in the logs",
        description: "Nothing that was given as a secret, and nothing that looks like one, is in what the container wrote.",
        examples: &["No secret in the logs", "No secrets in logs", "Secrets are never logged"],
        forms: &[
            &[
                "(no|without|free of|zero) <secrets>",
                "(in|to) [any|container|application|docker] (log|log output|log line|logging|log entry|log message)",
            ],
            &[
                "(no|zero) <secrets>",
                "(logged|(written|printed|leaked|leak|appear|emitted|end up|land|show up|visible|found|recorded) (in|to|into) [any|container|application] (log|log output|log line))",
            ],
            &[
                "[container|application|service] (log|log output|log line)",
                "(<not> [ever] (contain|leak|expose|include|show|have|hold|reveal|print|disclose|carry|give away) [any]|contain no|have no|free of|show no|reveal no|hold no|carry no|without [any]|clean of) <secrets>",
            ],
            &[
                "<secrets>",
                "<not> [ever] (logged|(printed|written|appear|show up|leaked|leak|end up|visible|exposed|present|found|emitted|land|turn up|recorded|output|disclosed|shown|sent) (in|to|into|on) [any|container|application] (log|log output|log line|log message)|in [any] log)",
            ],
            &["<not> [ever] (log|print|write|leak|emit|expose|reveal) [any] <secrets>"],
        ],
        extras: &[
            "(in|into|to) [any|container|application] (log|log output|log line)",
            "(written|printed|leaked|appear|ever)",
            "<container>",
        ],
        topics: &["logging", "logs", "security", "secrets"],
        checks: |_| one(Check::LogsSecrets),
    },
];
