//! Promises of which one breaks another: no image can keep both.

use seaworthy_spec::{Action, Check, Criterion, FileExpectation, Measure, Stage, System, Tool};

use super::Subject;
use super::image::{are_compatible, has_shell};
use crate::{Finding, Rule, Severity};

pub(super) const RULES: &[&Rule] =
    &[&LIMITS, &DEFAULTS, &PORTS, &USERS, &BASES, &FILES, &SIGNALS, &REQUIRED, &KEPT, &TOOLS, &SHELL, &NETWORK];

static LIMITS: Rule = Rule {
    id: "limits-differ",
    severity: Severity::Warning,
    title: "Two limits are given for the same thing",
    why: "Only the stricter one decides, and readers of the other one expect something else.",
    bad: "- [ ] Image size under 200MB\n- [ ] Image is under 150MB",
    good: "- [ ] Image size under 150MB",
};
static DEFAULTS: Rule = Rule {
    id: "defaults-differ",
    severity: Severity::Error,
    title: "A variable is given two defaults",
    why: "Without the variable the service takes one value. One of the promises is broken whichever it is.",
    bad: "- [ ] PORT: Configurable, defaults to 8000\n- [ ] PORT is configurable (default 3000)",
    good: "- [ ] PORT: Configurable, defaults to 8000",
};
static PORTS: Rule = Rule {
    id: "ports-differ",
    severity: Severity::Error,
    title: "One port is the only one that is exposed, and another one is promised too",
    why: "The image's config lists the exposed ports. It cannot have one alone and another one besides.",
    bad: "- [ ] Only port 8443 is exposed\n- [ ] Image exposes port 8000",
    good: "- [ ] Only port 8443 is exposed",
};
static USERS: Rule = Rule {
    id: "users-differ",
    severity: Severity::Error,
    title: "The container is to run as two different users",
    why: "The image's config names one user. One of the promises is broken whichever it is.",
    bad: "- [ ] Runs as root\n- [ ] Container runs as non-root user",
    good: "- [ ] Container runs as non-root user",
};
static BASES: Rule = Rule {
    id: "bases-differ",
    severity: Severity::Error,
    title: "Two different base images are promised",
    why: "An image begins with one base. Where either will do, one sentence names both with `or`.",
    bad: "- [ ] Base image: python:3.12-alpine\n- [ ] Base image: debian:12-slim",
    good: "- [ ] Based on python:3.12-alpine or debian:12-slim",
};
static FILES: Rule = Rule {
    id: "files-differ",
    severity: Severity::Error,
    title: "A file is to be there and not to be there, or to belong to two users",
    why: "One of the promises is broken whatever the image holds.",
    bad: "- [ ] File /bin/sh exists\n- [ ] File /bin/sh does not exist",
    good: "- [ ] File /bin/sh does not exist",
};
static SIGNALS: Rule = Rule {
    id: "stop-signals-differ",
    severity: Severity::Error,
    title: "Two different stop signals are promised",
    why: "The image's config names one signal. One of the promises is broken whichever it is.",
    bad: "- [ ] Stop signal is SIGQUIT\n- [ ] Stop signal is SIGINT",
    good: "- [ ] Stop signal is SIGQUIT",
};
static REQUIRED: Rule = Rule {
    id: "required-with-default",
    severity: Severity::Error,
    title: "A variable is required and has a default",
    why: "Without the variable the service either ends or goes on with the default. One of the promises is broken whichever it does.",
    bad: "- [ ] PORT: Configurable, defaults to 8000\n- [ ] Refuses to start without PORT",
    good: "- [ ] PORT: Configurable, defaults to 8000",
};
static KEPT: Rule = Rule {
    id: "nowhere-to-write",
    severity: Severity::Warning,
    title: "Data is to persist, and nothing is writable",
    why: "With a read-only root filesystem data can lie in a volume or in a database only, and the specification names neither.",
    bad: "- [ ] Runs with a read-only root filesystem\n- [ ] Data persists across container restarts",
    good: "- [ ] Runs with a read-only root filesystem\n- [ ] Image declares the volume /data\n- [ ] Data persists across container restarts",
};
static TOOLS: Rule = Rule {
    id: "base-has-tools",
    severity: Severity::Warning,
    title: "The base image has what the image must not have",
    why: "Images of distributions, and of languages on top of them, hold a shell and a package manager. What a later layer deletes is \
          still transferred, and comes back with the next version of the base.",
    bad: "- [ ] Base image: python:3.12-alpine\n- [ ] No shell in image",
    good: "- [ ] Base image: gcr.io/distroless/python3-debian12\n- [ ] No shell in image",
};
static SHELL: Rule = Rule {
    id: "shell-is-needed",
    severity: Severity::Error,
    title: "A step runs a shell that the image must not have",
    why: "The step fails with `exec: \"sh\": executable file not found` in an image that keeps the other promise.",
    bad: "- [ ] No shell in image\n- [ ] Prints its version <!-- check: run sh -c \"app --version\" -> exit 0 -->",
    good: "- [ ] No shell in image\n- [ ] Prints its version <!-- check: run --version -> exit 0 -->",
};
static NETWORK: Rule = Rule {
    id: "network-too-narrow",
    severity: Severity::Error,
    title: "A service that may talk to nothing else is to connect to a server",
    why: "The connection that one promise asks for is a connection that the other one forbids.",
    bad: "- [ ] No outbound connections\n- [ ] Container can connect to PostgreSQL database with provided DATABASE_URL",
    good: "- [ ] Talks to nothing but the database\n- [ ] Container can connect to PostgreSQL database with provided DATABASE_URL",
};

/// Each pair of promises, the later one blamed.
pub(super) fn review(subject: &Subject<'_>) -> Vec<Finding> {
    let all: Vec<(&Criterion, &Check)> = subject.checks().filter(|(_, check)| check.stage() != Stage::Push).collect();
    let mut findings = Vec::new();
    for (index, (later, check)) in all.iter().enumerate() {
        // A specification of a thousand promises has few that can contradict others.
        let earlier = all[..index].iter().filter(|(one, _)| one.line != later.line);
        let found = earlier.filter_map(|(one, other)| Some((one, contradicts(subject, other, check)?)));
        // Where the sentence names no figure, the check has the usual one.
        let is_stated = |one: &Criterion| one.text.contains(|c: char| c.is_ascii_digit());
        let found = found.filter(|(one, (rule, _))| rule.id != LIMITS.id || is_stated(one) && is_stated(later));
        for (one, (rule, message)) in found.take(1) {
            let advice = format!("keep one of line {} (`{}`) and line {}", one.line, one.text, later.line);
            findings.push(subject.finding(rule, Some(later.line), message, advice));
        }
    }
    findings
}

type Conflict = (&'static Rule, String);

fn contradicts(subject: &Subject<'_>, one: &Check, other: &Check) -> Option<Conflict> {
    limits(one, other)
        .or_else(|| config(one, other))
        .or_else(|| one_way(subject, one, other))
        .or_else(|| one_way(subject, other, one))
}

/// The same measure, twice.
fn limits(one: &Check, other: &Check) -> Option<Conflict> {
    let bytes = |what: &str, one: u64, other: u64| (one != other).then(|| differ(what, &mb(one), &mb(other)));
    let times = |what: &str, one: std::time::Duration, other: std::time::Duration| {
        (one != other).then(|| differ(what, &format!("{one:?}"), &format!("{other:?}")))
    };
    match (one, other) {
        (Check::ImageSize { limit_bytes, measure }, Check::ImageSize { limit_bytes: other, measure: of }) => {
            let what = match measure {
                Measure::Both => "image's size",
                Measure::Transfer => "size to transfer",
                Measure::Unpacked => "unpacked size",
            };
            if measure == of { bytes(what, *limit_bytes, *other) } else { None }
        }
        (Check::MemoryUnder { limit_bytes }, Check::MemoryUnder { limit_bytes: other }) => {
            bytes("memory", *limit_bytes, *other)
        }
        (Check::StartWithin { within }, Check::StartWithin { within: other }) => times("start", *within, *other),
        (Check::HealthHealthy { within }, Check::HealthHealthy { within: other }) => {
            times("health check's turn to healthy", *within, *other)
        }
        (Check::StopGraceful { within, signal, .. }, Check::StopGraceful { within: other, signal: on, .. })
            if signal == on =>
        {
            times("stop", *within, *other)
        }
        (Check::ImageLayers { most }, Check::ImageLayers { most: other }) if most != other => {
            Some(differ("number of layers", &most.to_string(), &other.to_string()))
        }
        _ => None,
    }
}

fn differ(what: &str, one: &str, other: &str) -> Conflict {
    (&LIMITS, format!("the limit of the {what} is {other} here and {one} there"))
}

fn mb(bytes: u64) -> String {
    match bytes % 1_000_000 {
        0 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{}.{:03} MB", bytes / 1_000_000, bytes % 1_000_000 / 1000),
    }
}

/// What the image's config, or its tree, has once.
fn config(one: &Check, other: &Check) -> Option<Conflict> {
    match (one, other) {
        (Check::UserIs { user, .. }, Check::UserIs { user: other, .. }) => {
            let is_number = |user: &str| user.bytes().all(|byte| byte.is_ascii_digit());
            // A name and a number may be the same user.
            let is_same = user == other || is_number(user) != is_number(other) && !(is_root(user) ^ is_root(other));
            (!is_same).then(|| (&USERS, format!("the user is `{other}` here and `{user}` there")))
        }
        (Check::ImageBase { bases }, Check::ImageBase { bases: others }) => {
            let fits = bases.iter().any(|base| others.iter().any(|other| are_compatible(base, other)));
            let (bases, others) = (bases.join(" or "), others.join(" or "));
            (!fits).then(|| (&BASES, format!("the base is `{others}` here and `{bases}` there")))
        }
        (Check::ImageStopSignal { signal }, Check::ImageStopSignal { signal: other }) => {
            (signal != other).then(|| (&SIGNALS, format!("the stop signal is {other} here and {signal} there")))
        }
        (
            Check::EnvConfigurable { variable, default: Some(default) },
            Check::EnvConfigurable { variable: of, default: Some(other) },
        ) => (variable == of && default != other)
            .then(|| (&DEFAULTS, format!("`{variable}` defaults to `{other}` here and to `{default}` there"))),
        (Check::ImageFile { path, expectation }, Check::ImageFile { path: of, expectation: other }) if path == of => {
            files(path, expectation, other)
        }
        (Check::ImagePort { port, only, besides }, Check::ImagePort { port: other, only: alone, besides: others }) => {
            let forbids = |only: bool, port: u16, besides: &[u16], other: u16| {
                (only && port != other && !besides.contains(&other)).then_some((port, other))
            };
            let (port, other) =
                forbids(*only, *port, besides, *other).or_else(|| forbids(*alone, *other, others, *port))?;
            Some((&PORTS, format!("port {port} is the only one that is exposed, and port {other} is exposed too")))
        }
        _ => None,
    }
}

fn files(path: &str, one: &FileExpectation, other: &FileExpectation) -> Option<Conflict> {
    use FileExpectation::{Missing, OwnedBy};
    let message = match (one, other) {
        (Missing, Missing) => return None,
        (Missing, _) | (_, Missing) => format!("`{path}` is to be in the image, and not to be there"),
        (OwnedBy(user), OwnedBy(other)) if user != other => {
            format!("`{path}` belongs to `{other}` here and to `{user}` there")
        }
        _ => return None,
    };
    Some((&FILES, message))
}

fn is_root(user: &str) -> bool {
    matches!(user, "root" | "0")
}

/// Contradictions of two different checks, the first of them named first.
fn one_way(subject: &Subject<'_>, one: &Check, other: &Check) -> Option<Conflict> {
    match (one, other) {
        (Check::UserNonRoot, Check::UserIs { user, .. }) if is_root(user) => {
            Some((&USERS, "the container runs as root and as non-root user".to_owned()))
        }
        (Check::EnvRequired { variable, .. }, Check::EnvConfigurable { variable: of, default: Some(default) }) => {
            let message = || format!("without `{variable}` it refuses to start, and takes `{default}`");
            (variable == of).then(|| (&REQUIRED, message()))
        }
        (Check::RootfsReadOnly { writable }, Check::DataPersists { .. }) if writable.is_empty() => {
            let message = "the root filesystem is read-only, data persists, and no volume or database is named";
            (!has_store(subject)).then(|| (&KEPT, message.to_owned()))
        }
        (Check::ImageBase { bases }, Check::ImageSlim { without }) => {
            let is_about = without.iter().any(|tool| matches!(tool, Tool::Shell | Tool::PackageManager));
            let message = || format!("`{}` holds a shell and a package manager", bases.join("`, `"));
            (is_about && bases.iter().all(|base| has_shell(base))).then(|| (&TOOLS, message()))
        }
        (Check::ImageSlim { without }, Check::Scenario(_)) if without.contains(&Tool::Shell) => shell(other),
        (Check::ImageBase { bases }, Check::Scenario(_)) if bases.iter().all(|base| base == "scratch") => shell(other),
        (Check::ImageBase { bases }, Check::ImageFile { path, expectation: FileExpectation::Exists })
            if bases.iter().all(|base| base == "scratch") && is_shell(path) =>
        {
            Some((&SHELL, format!("`{path}` is to be there, and the base is scratch, which has none")))
        }
        (Check::ImageSlim { without }, Check::ImageFile { path, expectation: FileExpectation::Exists })
            if without.contains(&Tool::Shell) && is_shell(path) =>
        {
            Some((&SHELL, format!("`{path}` is to be there, and no shell is to be in the image")))
        }
        (Check::NetworkOnly { allowed }, Check::DatabaseConnects { .. } | Check::DependencyConnects { .. }) => {
            network(allowed, other)
        }
        _ => None,
    }
}

/// Whether a database on a server, or a volume, takes what is written.
fn has_store(subject: &Subject<'_>) -> bool {
    let is_file = |system: &System| matches!(system, System::Other(name) if name == "SQLite" || name == "DuckDB");
    subject.has(|check| matches!(check, Check::ImageVolume { .. }))
        || subject.spec.database().is_some_and(|database| !is_file(&database.system))
        || subject.project.is_some_and(|project| !project.volumes.is_empty() || !project.dependencies.is_empty())
}

fn is_shell(word: &str) -> bool {
    ["/sh", "/bash", "/ash", "/dash"].iter().any(|shell| word.ends_with(shell))
        || matches!(word, "sh" | "bash" | "ash" | "dash")
}

fn shell(scenario: &Check) -> Option<Conflict> {
    let steps = &scenario.scenario()?.steps;
    let step = steps.iter().find(|step| {
        matches!(&step.action, Action::Run { arguments, .. } if arguments.first().is_some_and(|first| is_shell(first)))
    })?;
    Some((&SHELL, format!("line {} runs a shell, and the image is to have none", step.line)))
}

fn network(allowed: &[String], connects: &Check) -> Option<Conflict> {
    let (name, is_database) = match connects {
        Check::DatabaseConnects { name, .. } if name.is_empty() => ("its database", true),
        Check::DatabaseConnects { name, .. } => (name.as_str(), true),
        Check::DependencyConnects { name, .. } => (name.as_str(), false),
        _ => return None,
    };
    // A host may be that server's.
    let is_allowed = allowed.iter().any(|host| host.contains('.') || is_database && host.contains("database"));
    let may = if allowed.is_empty() { "nothing".to_owned() } else { format!("nothing but {}", allowed.join(", ")) };
    (!is_allowed).then(|| (&NETWORK, format!("it talks to {may}, and connects to {name}")))
}
