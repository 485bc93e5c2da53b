//! What the image's config tells an engine: ports, volumes, the stop signal, the command.

use super::{Entry, list, number, one, text};
use crate::{Check, CheckKind, CommandPart};

/// Each of several ports; `only`: and none that is not among them.
fn several(ports: &[String], only: bool) -> Option<Vec<Check>> {
    let ports: Vec<u16> = ports.iter().map(|port| port.parse().ok()).collect::<Option<_>>()?;
    let besides =
        |port: u16| if only { ports.iter().copied().filter(|other| *other != port).collect() } else { Vec::new() };
    let check = |port: &u16| Check::ImagePort { port: *port, only, besides: besides(*port) };
    (ports.len() > 1).then(|| ports.iter().map(check).collect())
}

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        kind: CheckKind::ImagePort,
        sentence: "Image exposes port {n}",
        description: "The image's config exposes TCP port {n}; `only`, `and no other`: and no other port. `Port: {n}` promises too that the service listens there.",
        examples: &[
            "Image exposes port 8000",
            "Exposes port 8000",
            "Port 8000 is exposed",
            "Only port 8000 is exposed",
            "Exposes port 8000 and no other",
            "Port: 8000",
        ],
        forms: &[
            &["expose [only !only] [tcp] port {port}"],
            &["expose [only !only] {port}"],
            &["[only !only] [tcp] port {port}", "exposed"],
            &["[only !only] exposed port", "{port}"],
            &["(no [other] port|nothing) (but|except|other than|besides) [port] {port} !only", "exposed"],
            &["port : {port} !listens"],
            &["[tcp] port {port} only !only [exposed] port", "exposed"],
            &["only !only exposed port [tcp] [port] {port}"],
            &["only !only port exposed [by <img>] [:] {port}"],
            &["have only !only [tcp] port {port} exposed"],
            &["port : {port} exposed"],
            &["[tcp] port {port} only !only exposed port"],
            &["expose (no [other] port|nothing) (but|except|other than|besides) [port] {port} !only"],
            &[
                "(no [other] port|nothing) (but|except|other than|besides|apart from) [port] {port} !only",
                "(exposed|expose)",
            ],
            &[
                "<not> expose (anything|any [other] port|port|other port|more) (but|except|other than|besides|apart from|than) [port] {port} !only",
            ],
            &["expose [exactly|only] (one|single|1) port [,|:] [port|namely] {port} !only"],
            &["(exposed|declared) port [:] {port}"],
            &[
                "port {port} (declared|listed) [as exposed|with expose|via expose|by expose|in expose]",
                "(dockerfile|expose)",
            ],
            &["expose [only !only] [tcp] [port] {ports} [only !only]"],
            &["[only !only] [tcp] port {ports} [only !only]", "exposed"],
            &[
                "(no [other] port|nothing) (but|except|other than|besides|apart from) [port] {ports} !only",
                "(exposed|expose)",
            ],
            &["<listen> {port} !listens", "(no other port|no port else|nothing else) exposed !only"],
            &[
                "<listen> {port} !listens",
                "(only (port exposed|exposed port|one exposed)|only port that exposed) !only",
            ],
            &["port {port} (port|one|only port !only) [that|which] <img> expose"],
        ],
        extras: &[
            "<container>",
            "by <image>",
            "<img>",
            "<in-img>",
            "tcp",
            "(site|website)",
            "[in|by] dockerfile",
            "[and] (no other [port]|nothing else|no port else) [exposed] !only",
        ],
        topics: &["port", "ports", "network", "networking", "exposed ports", "exposed port"],
        checks: |found| {
            let only = found.has("only");
            if let Some(ports) = list(found, "ports") {
                return several(&ports, only);
            }
            let port = u16::try_from(number(found, "port")?).ok()?;
            let exposes = Check::ImagePort { port, only, besides: Vec::new() };
            let listens = found.has("listens").then_some(Check::StartRuns { port: Some(port) });
            Some([exposes].into_iter().chain(listens).collect())
        },
    },
    Entry {
        kind: CheckKind::ImageVolume,
        sentence: "Image declares the volume {path}",
        description: "The image's config declares each path named as a volume.",
        examples: &["Image declares the volume /data", "Declares volume /data", "/data is a volume", "VOLUME /data"],
        forms: &[
            &[
                "(declare|define|have|create|specify|set up|list|with) [docker|data|named] volume [at|for|on|in] {paths}",
            ],
            &[
                "{paths}",
                "(declared|defined|marked|listed|set up|registered|exposed|specified|declare|given) as [docker|data|anonymous|persistent] volume",
            ],
            &["(declare|define|mark|list|expose|specify|register|set up) {paths} as [docker|data] volume"],
            &["volume (instruction|declaration|directive) for {paths}"],
            &["[there] [docker|data] volume [declared|defined] (at|for|on|in) {paths}"],
            &["{paths}", "[declared|docker|data] volume"],
            &["[declared|docker|data] volume [at|for|on] {paths}"],
            &[
                "{things} (kept|stored|saved|written|persisted|put) (in|under|at|to) {paths} , (which|that) (declared|defined|marked|set up) as [docker|named] volume",
            ],
            &["add volume (for|at|on) {paths}"],
            &[
                "<container> (keep|store|save|write|put) [all] [its] {things} (in|to|on|into) [docker|named] volume (at|in|under|on|mounted at) {paths}",
            ],
            &[
                "[all] {things} (kept|stored|saved|written|persisted|put) (in|under|at|to) {paths} , (which|that) [docker|named] volume",
            ],
        ],
        extras: &[
            "<container>",
            "<img>",
            "<in-img>",
            "(in|by|with|via) (dockerfile|image config|volume|volume instruction)",
            "volume instruction",
            "(declared|defined|exist|present|there)",
            "and (hold|contain|keep|store) {things}",
        ],
        topics: &["volumes", "volume", "storage", "data", "persistence", "data volume", "data persistence"],
        checks: |found| one(Check::ImageVolume { paths: list(found, "paths")? }),
    },
    Entry {
        kind: CheckKind::ImageStopSignal,
        sentence: "Stop signal is {signal}",
        description: "The signal with which engines stop a container of the image; SIGTERM where the config names none.",
        examples: &["Stop signal is SIGQUIT", "STOPSIGNAL SIGQUIT", "Image stops on SIGQUIT"],
        forms: &[
            &["(stop signal|stopsignal|stop-signal)", "[set to|declared as|defined as|=] {signal}"],
            &["{signal}", "[used|set|declared|configured] as (stop signal|stopsignal|stop-signal)"],
            &["(use|declare|set|define|specify|name|have|configure) {signal}", "(as|for|to) (stop signal|stopsignal)"],
            &[
                "(use|declare|set|define|specify|have|configure) (stop signal|stopsignal|stop-signal) [of|=|to|as] {signal}",
            ],
            &["(docker stop|engine) send {signal}"],
            &["(container's|image's|service's) (stop signal|stopsignal) [set to] {signal}"],
            &["(stopped|stop) (with|by) {signal}", "<img>"],
            &["image stop on {signal} !stops"],
        ],
        extras: &["<container>", "<image>", "of <image>", "<in-image>", "in dockerfile", ":"],
        topics: &["signals", "signal", "shutdown", "stop signal", "stopsignal"],
        checks: |found| {
            let signal = text(found, "signal")?;
            // That it stops on the usual one is more than that its config names no other.
            let says_more = found.has("stops") && signal == "SIGTERM";
            (!says_more).then(|| vec![Check::ImageStopSignal { signal }])
        },
    },
    Entry {
        kind: CheckKind::ImageExecForm,
        sentence: "Entrypoint is in exec form",
        description: "The config's entrypoint (or command) is the program itself, and not a shell that is given it as a line (`/bin/sh -c`).",
        examples: &[
            "Entrypoint is in exec form",
            "ENTRYPOINT uses exec form",
            "Exec-form CMD",
            "ENTRYPOINT and CMD are in exec form",
        ],
        forms: &[
            &["<command-part>", "[in|use|using|written in|given in] (json array|json) (syntax|form|format|notation)"],
            &["<command-part>", "[in|use|using|written in|given in] (exec form|exec-form|exec syntax|exec notation)"],
            &["<command-part>", "[in|as|of] exec", "(form|syntax|notation|format|style)"],
            &[
                "<command-part>",
                "(written|given|declared|specified|defined|stated|expressed|formatted|stored) as (json array|json list|array)",
            ],
            &["<command-part>", "<not> [in|use|using|written in|given in] (shell form|shell-form|shell syntax)"],
            &["<command-part>", "(array|json array) (form|syntax|notation)"],
            &["(use|using) (exec form|exec-form|json array form|array form) for <command-part>"],
            &["(change|changed|switch|switched) <command-part> to (array|exec|json|json array) form"],
            &["<command-part>", "(json array|array of json)"],
        ],
        extras: &[
            "<container>",
            "<image>",
            "in dockerfile",
            "[and] (not|rather than|instead of) [in] (shell form|shell-form|/bin/sh -c)",
            "[as] (json array|json|json form|json array form)",
            "(instruction|in|use|using|written|given|declared|specified|defined|as)",
            "[,] [and] (so|so that|which make|that make) (<service>|binary|process|program|java|jvm|it) pid 1 [itself]",
            "[,] (so|so that) pid 1 <service> [itself] [and not shell|rather than shell|and no shell]",
            "array",
        ],
        topics: &["entrypoint", "command", "dockerfile", "signals", "startup", "signal handling", "exec form"],
        checks: |found| {
            let words = match (found.has("entrypoint"), found.has("command")) {
                (true, false) => CommandPart::Entrypoint,
                (false, true) => CommandPart::Command,
                _ => CommandPart::Both,
            };
            one(Check::ImageExecForm { words })
        },
    },
];
