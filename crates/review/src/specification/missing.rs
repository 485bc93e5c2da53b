//! Promises that services of a kind have, and this one lacks.

use seaworthy_init::{Language, Project, VariableKind};
use seaworthy_spec::{Action, Check, Spec};

use super::Subject;
use super::kind::Kind;
use crate::{Finding, Rule, Severity};

pub(super) const RULES: &[&Rule] = &[
    &NON_ROOT,
    &NO_SECRETS,
    &SIZE,
    &HEALTH,
    &START,
    &STOP,
    &MEMORY,
    &READ_ONLY,
    &LOGS,
    &LOG_SECRETS,
    &ROTATION,
    &RESTART,
];

static NON_ROOT: Rule = Rule {
    id: "missing-non-root",
    severity: Severity::Warning,
    title: "No promise says that the container does not run as root",
    why: "A process that is root in a container is root on the host as soon as it gets out of it, and may change every file of the image \
          until then. Clusters that enforce the restricted Pod Security Standard refuse such a container.",
    bad: "- [ ] Image size under 200MB",
    good: "- [ ] Image size under 200MB\n- [ ] Container runs as non-root user",
};
static NO_SECRETS: Rule = Rule {
    id: "missing-no-secrets",
    severity: Severity::Warning,
    title: "No promise says that the image holds no secrets",
    why: "Whoever can pull an image can read every file and every variable in it, also what a later layer deletes. A password that was \
          built in must be changed everywhere it is used.",
    bad: "- [ ] Image size under 200MB",
    good: "- [ ] Image size under 200MB\n- [ ] No secrets in image",
};
static SIZE: Rule = Rule {
    id: "missing-size",
    severity: Severity::Note,
    title: "No promise limits the size of the image",
    why: "Without a limit an image grows with each release: each deployment and each new machine waits for its transfer.",
    bad: "- [ ] Container runs as non-root user",
    good: "- [ ] Container runs as non-root user\n- [ ] Image size under 200MB",
};
static HEALTH: Rule = Rule {
    id: "missing-health",
    severity: Severity::Warning,
    title: "No promise says how the service's health is seen",
    why: "Orchestrators send requests to a container that runs, also while it starts or hangs, unless something tells them that it is not \
          healthy.",
    bad: "- [ ] Service listens on port 8000",
    good: "- [ ] Service listens on port 8000\n- [ ] Health check endpoint responds at `/health`",
};
static START: Rule = Rule {
    id: "missing-start",
    severity: Severity::Note,
    title: "No promise says how long the start takes",
    why: "Deployments, restarts and scaling wait for the first answer. A start that takes longer than the orchestrator waits ends in a \
          loop of restarts.",
    bad: "- [ ] Container runs as non-root user",
    good: "- [ ] Container runs as non-root user\n- [ ] Starts within 10s",
};
static STOP: Rule = Rule {
    id: "missing-stop",
    severity: Severity::Note,
    title: "No promise says how the container stops",
    why: "Each deployment stops the old containers. One that does not handle the signal is killed after 10 s (Docker) or 30 s \
          (Kubernetes), and with it the requests that it was answering.",
    bad: "- [ ] Container runs as non-root user",
    good: "- [ ] Container runs as non-root user\n- [ ] Stops within 10s on SIGTERM, finishing requests in flight",
};
static MEMORY: Rule = Rule {
    id: "missing-memory",
    severity: Severity::Note,
    title: "No promise limits the memory",
    why: "A container without a known limit is either given too much memory, which costs, or too little, and is killed under load.",
    bad: "- [ ] Container runs as non-root user",
    good: "- [ ] Container runs as non-root user\n- [ ] Uses at most 256MB of memory",
};
static READ_ONLY: Rule = Rule {
    id: "missing-read-only",
    severity: Severity::Note,
    title: "No promise says that the root filesystem may be read-only",
    why: "With a read-only root nobody who gets into the process can change the program, and nothing fills the host's disk unseen. \
          Whether a service works so shows only when it is tried.",
    bad: "- [ ] Container runs as non-root user",
    good: "- [ ] Container runs as non-root user\n- [ ] Runs with a read-only root filesystem with a writable /tmp",
};
static LOGS: Rule = Rule {
    id: "missing-logs",
    severity: Severity::Note,
    title: "No promise says where the logs go",
    why: "Engines and clusters collect what a container writes to its standard output. A log in a file inside the container is lost with it.",
    bad: "- [ ] Container runs as non-root user",
    good: "- [ ] Container runs as non-root user\n- [ ] Logs to stdout",
};
static LOG_SECRETS: Rule = Rule {
    id: "missing-log-secrets",
    severity: Severity::Note,
    title: "No promise keeps secrets out of the logs",
    why: "Drivers and frameworks print the URL that they cannot connect to, with its password. Logs are copied to systems that many people read.",
    bad: "- [ ] Refuses to start without DATABASE_URL",
    good: "- [ ] Refuses to start without DATABASE_URL\n- [ ] No secret in the logs",
};
static ROTATION: Rule = Rule {
    id: "missing-rotation",
    severity: Severity::Note,
    title: "No promise says that the database password can change while the service runs",
    why: "Passwords are changed on a schedule, or in a hurry after a leak. A service that reads its password only once must be restarted \
          then, on every machine.",
    bad: "- [ ] Container can connect to PostgreSQL database with provided DATABASE_URL",
    good: "- [ ] Container can connect to PostgreSQL database with provided DATABASE_URL\n\
           - [ ] Database password can be rotated via DATABASE_URL_FILE without a restart",
};
static RESTART: Rule = Rule {
    id: "missing-restart",
    severity: Severity::Note,
    title: "No promise says that data outlives a container",
    why: "Containers are replaced all the time. Data that lies in the container and not in a volume or database is lost with it, which \
          nobody sees until then.",
    bad: "- [ ] Container can connect to PostgreSQL database with provided DATABASE_URL",
    good: "- [ ] Container can connect to PostgreSQL database with provided DATABASE_URL\n- [ ] Data persists across container restarts",
};

/// A promise that is not there, as a sentence to be added.
pub(super) fn review(subject: &Subject<'_>) -> Vec<Finding> {
    let kind = Kind::of(subject);
    let line = subject.promises();
    let lacks = security(subject, kind).into_iter().chain(running(subject, kind)).chain(data(subject, kind));
    lacks.map(|(rule, sentence)| subject.finding(rule, line, rule.in_words(), format!("- [ ] {sentence}"))).collect()
}

type Lack = (&'static Rule, String);

fn security(subject: &Subject<'_>, kind: Kind) -> Vec<Lack> {
    let mut lacks = Vec::new();
    let mut lack = |rule, sentence: &str, is_there: bool| {
        if !is_there {
            lacks.push((rule, sentence.to_owned()));
        }
    };
    // Who names a user has thought of it; that root is one is another rule's.
    let names_user = subject.has(|check| matches!(check, Check::UserNonRoot | Check::UserIs { .. }));
    lack(&NON_ROOT, "Container runs as non-root user", names_user);
    let no_secrets = subject.has(|check| matches!(check, Check::ImageSecrets));
    lack(&NO_SECRETS, "No secrets in image", no_secrets);
    let root = match kind.language {
        Some(Language::Go | Language::Rust) => "Runs with a read-only root filesystem",
        _ => "Runs with a read-only root filesystem with a writable /tmp",
    };
    let is_read_only = subject.has(|check| matches!(check, Check::RootfsReadOnly { .. }))
        || plays(subject.spec, |action| matches!(action, Action::Start { read_only: true, .. }));
    // Apache keeps its process id and its locks in folders of its own.
    lack(&READ_ONLY, root, is_read_only || kind.language == Some(Language::Php));
    let is_promised = subject.has(|check| matches!(check, Check::LogsSecrets));
    lack(&LOG_SECRETS, "No secret in the logs", is_promised || !kind.takes_secrets);
    lacks
}

fn running(subject: &Subject<'_>, kind: Kind) -> Vec<Lack> {
    let mut lacks = Vec::new();
    let mut lack = |rule, sentence: String, is_there: bool| {
        if !is_there {
            lacks.push((rule, sentence));
        }
    };
    let has_size = subject.has(|check| matches!(check, Check::ImageSize { .. }));
    lack(&SIZE, format!("Image size under {}MB", kind.size_mb), has_size);
    let starts = subject.has(|check| {
        matches!(check, Check::StartWithin { .. } | Check::StartRuns { .. } | Check::HealthHealthy { .. })
    });
    let within =
        if kind.is_web() { format!("Starts within {}s", kind.start_seconds) } else { "Container starts".into() };
    lack(&START, within, starts);
    let stops = subject.has(|check| matches!(check, Check::StopGraceful { .. }))
        || plays(subject.spec, |action| matches!(action, Action::Stop { .. }));
    lack(&STOP, kind.stops().to_owned(), stops);
    let has_memory = subject.has(|check| matches!(check, Check::MemoryUnder { .. }));
    lack(&MEMORY, format!("Uses at most {}MB of memory", kind.memory_mb), has_memory);
    lack(&LOGS, "Logs to stdout".to_owned(), subject.has(|check| matches!(check, Check::LogsStdout { .. })));
    let is_promised = subject.has(|check| {
        matches!(check, Check::HealthDeclared | Check::HealthHealthy { .. } | Check::HealthEndpoint { .. })
    });
    if let Some(sentence) = health(subject, kind) {
        lack(&HEALTH, sentence, is_promised);
    }
    lacks
}

/// What it may promise of its health; `None` where the project has nothing that tells of it.
fn health(subject: &Subject<'_>, kind: Kind) -> Option<String> {
    let endpoint = |path: &str| format!("Health check endpoint responds at `{path}`");
    match subject.project {
        None => kind.is_web().then(|| endpoint("/health")),
        Some(Project { health: Some(path), .. }) => Some(endpoint(&path.value)),
        Some(_) => subject.recipe()?.has_health_check.then(|| "Health check turns healthy within 60s".to_owned()),
    }
}

fn data(subject: &Subject<'_>, kind: Kind) -> Vec<Lack> {
    let mut lacks = Vec::new();
    let restarts = subject.has(|check| matches!(check, Check::DataPersists { .. }))
        || plays(subject.spec, |action| matches!(action, Action::Restart { .. }));
    // A worker shows it by steps only.
    let may_show = kind.is_web() || subject.project.is_none();
    if kind.keeps_data && may_show && !restarts {
        lacks.push((&RESTART, format!("{} across container restarts", things(subject))));
    }
    let rotates = subject.has(|check| matches!(check, Check::DatabaseRotates { .. }));
    if kind.has_postgres && !rotates {
        let variable = database_variable(subject);
        lacks.push((&ROTATION, format!("Database password can be rotated via {variable}_FILE without a restart")));
    }
    lacks
}

/// `Tasks persist`, after the collection of its API.
fn things(subject: &Subject<'_>) -> String {
    let path = subject.project.and_then(|project| project.collection.as_ref()).map(|found| found.value.as_str());
    let noun = path.and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let is_plural = noun.len() > 2 && noun.ends_with('s') && noun.bytes().all(|byte| byte.is_ascii_lowercase());
    match noun.split_at_checked(1) {
        Some((first, rest)) if is_plural => format!("{}{rest} persist", first.to_ascii_uppercase()),
        _ => "Data persists".to_owned(),
    }
}

fn database_variable(subject: &Subject<'_>) -> String {
    let read = subject.project.and_then(|project| {
        project.variables.iter().find(|variable| variable.kind == VariableKind::Database).map(|one| one.name.clone())
    });
    let promised = || subject.spec.database().map(|database| database.variable);
    read.or_else(promised).unwrap_or_else(|| "DATABASE_URL".to_owned()).trim_end_matches("_FILE").to_owned()
}

/// Whether a scenario does something.
fn plays(spec: &Spec, does: impl Fn(&Action) -> bool) -> bool {
    spec.checks().filter_map(Check::scenario).any(|scenario| scenario.steps.iter().any(|step| does(&step.action)))
}
