//! What the image's config tells an engine: ports, volumes, the stop signal, the command.

use super::{Entry, list, number, one, text};
use crate::{Check, CheckKind, CommandPart};

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
            &["only !only port exposed [:] {port}"],
            &["have only !only [tcp] port {port} exposed"],
            &["port : {port} exposed"],
            &["[tcp] port {port} only !only exposed port"],
            &["expose (no [other] port|nothing) (but|except|other than|besides) [port] {port} !only"],
        ],
        extras: &[
            "<container>",
            "by <image>",
            "<image>",
            "<in-image>",
            "tcp",
            "(in|by) dockerfile",
            "[and] (no other [port]|nothing else|no port else) !only",
        ],
        topics: &["port", "ports", "network", "networking"],
        checks: |found| {
            let port = u16::try_from(number(found, "port")?).ok()?;
            let exposes = Check::ImagePort { port, only: found.has("only") };
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
            &["(declare|define|have) [data] volume [at|for|on] {paths}"],
            &["{paths}", "(declared|defined|marked) as [docker|data] volume"],
            &["{paths}", "[declared|docker|data] volume"],
            &["[declared|docker|data] volume [at|for|on] {paths}"],
        ],
        extras: &[
            "<container>",
            "<image>",
            "<in-image>",
            "(in|by|with) dockerfile",
            "volume instruction",
            "(declared|defined|exist|present|there)",
        ],
        topics: &["volumes", "volume", "storage", "data", "persistence"],
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
            &["(use|declare|set|define) {signal}", "as (stop signal|stopsignal)"],
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
        forms: &[&[
            "<command-part>",
            "[in|use|using|written in|given in] (exec form|exec-form|exec syntax|exec notation)",
        ]],
        extras: &[
            "<container>",
            "<image>",
            "in dockerfile",
            "[and] (not|rather than|instead of) [in] (shell form|shell-form|/bin/sh -c)",
            "(json array|json|json form)",
            "instruction",
        ],
        topics: &["entrypoint", "command", "dockerfile", "signals", "startup"],
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
