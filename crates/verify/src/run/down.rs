//! What is told of a container that does not run.

use std::net::SocketAddr;
use std::time::Duration;

use seaworthy_engine::{Container, EngineError, Exit};
use seaworthy_image::Config;
use seaworthy_spec::{About, Check, Criterion, Spec, Stage};

use super::ledger::settled_logs;
use super::{Runs, seconds};
use crate::Finding;
use crate::redact::Redactor;

/// An end without an error so soon after the start is no work that was done.
const AT_ONCE: Duration = Duration::from_secs(5);

/// Why a container does not run, or cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Down {
    /// By the image's own fault; the text tells what was seen.
    Fault {
        cause: String,
        /// It runs, and nothing listens where it should.
        runs: bool,
        /// What else may be the reason.
        suspect: Option<&'static str>,
        /// The variable that its log asks for, that the specification names and that nobody gave.
        wants: Option<String>,
    },
    /// The engine could not do it, or something that the run needs is missing.
    Missing(String),
}

/// Tells once why the main container does not run or cannot be reached: one promise gives the cause, the others name that promise.
#[derive(Debug, Clone)]
pub(crate) struct Teller {
    /// The promise that gives the cause.
    id: Option<String>,
    /// The promise that gives it where the container runs and cannot be reached.
    outside: Option<String>,
}

impl Teller {
    /// The first promise about what the service does gives the cause, else the first one about running.
    pub(crate) fn of(spec: &Spec) -> Self {
        let first = |wanted: fn(&Check) -> bool| {
            let found = spec.criteria.iter().find(|criterion| criterion.checks().iter().any(wanted));
            found.map(|criterion: &Criterion| criterion.id.clone())
        };
        let is_service = |check: &Check| check.about() == About::Service && !matches!(check, Check::Scenario(_));
        Self {
            id: first(is_service).or_else(|| first(|check| check.stage() == Stage::Run)),
            outside: first(is_broken_by_silence).or_else(|| first(needs_reach)),
        }
    }

    /// What that means for a promise: one about the service is contradicted, nothing is known of another.
    pub(crate) fn told(&self, down: &Down, check: &Check, id: &str) -> Finding {
        let (cause, runs, suspect) = match down {
            Down::Missing(why) => return Finding::unproven(why),
            Down::Fault { cause, runs, suspect, .. } => (cause, *runs, suspect),
        };
        let contradicted = if runs { is_broken_by_silence(check) } else { check.about() == About::Service };
        let verdict = if contradicted { Finding::fail } else { Finding::unproven };
        let (teller, told) = if runs {
            (&self.outside, "the service cannot be reached")
        } else {
            (&self.id, "the container does not run")
        };
        match teller {
            Some(teller) if teller != id => Finding { caused_by: Some(teller.clone()), ..verdict(told.to_owned()) },
            _ => {
                let finding = verdict(cause.clone());
                suspect.map_or(finding.clone(), |suspect| finding.warn(suspect))
            }
        }
    }
}

/// Whether it is shown by asking the service from outside.
pub(crate) fn needs_reach(check: &Check) -> bool {
    match check {
        // The port that a sentence names may be another one than the run's.
        Check::HealthHealthy { .. } | Check::StartRuns { port: Some(_) } | Check::Scenario(_) => false,
        Check::EnvRuntime { .. }
        | Check::StopGraceful { .. }
        | Check::MemoryUnder { .. }
        | Check::RootfsReadOnly { .. }
        | Check::CapabilitiesNone => true,
        check => check.about() == About::Service,
    }
}

/// Whether a service that cannot be reached from outside contradicts it.
fn is_broken_by_silence(check: &Check) -> bool {
    let to_the_inside = matches!(
        check,
        Check::HealthHealthy { .. }
            | Check::StartRuns { port: Some(_) }
            | Check::DependencyConnects { .. }
            | Check::DatabaseConnects { .. }
            | Check::DatabaseRotates { .. }
            | Check::Scenario(_)
    );
    check.about() == About::Service && !to_the_inside
}

impl Down {
    /// By the image's own fault.
    fn fault(cause: String) -> Self {
        Self::Fault { cause, runs: false, suspect: None, wants: None }
    }

    /// Why an engine could not start a container.
    pub(crate) fn of(error: &EngineError, redactor: &Redactor) -> Self {
        let told = redactor.quote(&error.to_string());
        match error {
            EngineError::Start { .. } | EngineError::Prepare { .. } => Self::fault(told),
            EngineError::Unavailable { .. } | EngineError::Failed { .. } => Self::Missing(told),
        }
    }

    /// What is told of a container other than the main one: its own fault is `fault`'s to judge.
    pub(crate) fn finding(self, what: &str, fault: impl Fn(String) -> Finding) -> Finding {
        match self {
            Self::Fault { cause, .. } => fault(format!("{what}: {cause}")),
            Self::Missing(why) => Finding::unproven(format!("{what}: {why}")),
        }
    }
}

/// As the config says it; a name that is root's by number alone is taken for a user's.
fn starts_as_root(config: &Config) -> bool {
    let user = config.user();
    matches!(user.split_once(':').map_or(user, |(user, _)| user), "" | "0" | "root")
}

impl Runs<'_> {
    /// Why the main container does not run, where the run itself may be the reason.
    pub(super) fn explained(&self, down: Down) -> Down {
        let Down::Fault { cause, runs, wants, .. } = down else { return down };
        let missing = self.dependencies.missing(&self.redactor);
        if let Some(missing) = missing.or_else(|| self.database.lacking(&self.redactor)) {
            return Down::Missing(format!("{missing}; without it: {cause}"));
        }
        if let Some(given) = self.options.start.in_place_of_the_images() {
            return Down::Missing(format!(
                "it was started with {given} in the place of the image's own, which may be the reason: run this without; {cause}"
            ));
        }
        if let Some(variable) = wants {
            return Down::Missing(format!(
                "it needs {variable}, which nobody gave; give it with `--env {variable}`: {cause}"
            ));
        }
        if let Some(variable) = self.database.guessed() {
            return Down::Missing(format!(
                "with a throwaway PostgreSQL in {variable}, which may be meant for another system: {cause}; give its own with `--env {variable}`"
            ));
        }
        // Root's programs change users and owners: here there is one user to be.
        if !runs && !self.prepared.owners_are_kept() && starts_as_root(self.config()) {
            return Down::Missing(format!(
                "{cause}; without root, the engine {} has no second user for a program that starts as root: run this as root, or with \
                 `--engine docker`",
                self.engine
            ));
        }
        let suspect = self.database.is_given_server().then_some("the given database may be the reason");
        Down::Fault { cause, runs, suspect, wants: None }
    }

    /// How a container that has ended is told.
    pub(crate) fn exited(&self, container: &dyn Container, exit: Exit) -> Down {
        if let Some(why) = self.bounds.reached(self.options.disk_bytes) {
            return Down::Missing(why);
        }
        let after = container.started_at().elapsed().as_millis();
        let memory = if exit.out_of_memory { ", killed for memory" } else { "" };
        let background = match exit.code {
            0 if after < AT_ONCE.as_millis() => ": its first process ended, as one does that goes to the background",
            _ => "",
        };
        let words = self.last_words(container);
        let cause = format!("exit {}{memory} within {after} ms of its start{background}{words}", exit.code);
        if let Some(why) = self.foreign_form(container) {
            return Down::Missing(format!("{why}: {cause}"));
        }
        let wants = if exit.code == 0 { None } else { self.wanted(container) };
        Down::Fault { cause, runs: false, suspect: None, wants }
    }

    /// The variable that a container's log asks for, of those that the specification names and nobody gave. A name of one word must stand
    /// there in capitals: `port 5432` asks for no `PORT`.
    fn wanted(&self, container: &dyn Container) -> Option<String> {
        let logs = container.logs().ok()?;
        let text = format!("{}\n{}", logs.stdout, logs.stderr);
        let given = self.run().env;
        let is_set = |name: &str| {
            given.iter().any(|(known, _)| known == name) || self.config().env().iter().any(|(known, _)| known == name)
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let asks = |name: &str, word: &str| {
            if name.contains('_') { word.eq_ignore_ascii_case(name) } else { word == name }
        };
        self.variables
            .iter()
            .find(|name| !is_set(name) && text.split(|c| !is_name(c)).any(|word| asks(name, word)))
            .cloned()
    }

    /// How a container is told that runs, and that nobody can reach on its port.
    pub(super) fn silent(&self, container: &dyn Container, port: u16, within: Duration) -> Down {
        let listening = container.listening().ok().flatten().unwrap_or_default();
        let cause = match (only_inside(&listening, port), listening.as_slice()) {
            (Some(address), _) => {
                format!("listens on {address} only, where nothing from outside comes; 0.0.0.0 is every address")
            }
            (None, []) => {
                format!("nothing listens on port {port} within {}{}", seconds(within), self.last_words(container))
            }
            (None, others) => {
                let others: Vec<String> = others.iter().take(3).map(ToString::to_string).collect();
                format!(
                    "nothing listens on port {port} within {}; it listens on {}",
                    seconds(within),
                    others.join(", ")
                )
            }
        };
        match self.foreign_form(container) {
            Some(why) => Down::Missing(format!("{why}: {cause}")),
            None => Down::Fault { cause, runs: true, suspect: None, wants: None },
        }
    }

    pub(super) fn down(&self, error: &EngineError) -> Down {
        Down::of(error, &self.redactor)
    }

    /// `; last log lines: …`, or that there are none.
    pub(crate) fn last_words(&self, container: &dyn Container) -> String {
        let Some(logs) = settled_logs(container) else { return String::new() };
        self.search(&logs, "a container that did not run");
        match self.last_lines(&logs.stdout, &logs.stderr) {
            none if none.is_empty() => format!("; it logged nothing{}", self.buffering(container)),
            lines => format!("; last log lines: {lines}"),
        }
    }

    /// The last lines of both streams; empty where there are none.
    pub(super) fn last_lines(&self, stdout: &str, stderr: &str) -> String {
        let lines = [self.redactor.last_lines(stdout, 2), self.redactor.last_lines(stderr, 3)];
        let lines: Vec<&str> = lines.iter().map(String::as_str).filter(|lines| !lines.is_empty()).collect();
        lines.join(" | ")
    }

    /// What a program may hold back that logged nothing.
    pub(super) fn buffering(&self, container: &dyn Container) -> &'static str {
        let config = self.config();
        let words = [config.entrypoint(), config.cmd()].concat();
        let running = container.processes().unwrap_or_default();
        let runs = |what: &str| {
            words.iter().any(|word| word.contains(what)) || running.iter().any(|process| process.command.contains(what))
        };
        let unbuffered = config.env().iter().any(|(name, value)| name == "PYTHONUNBUFFERED" && !value.is_empty());
        if ["python", "gunicorn", "uvicorn", "celery", "flask"].iter().any(|name| runs(name)) && !unbuffered {
            " (Python holds back what it writes to a pipe; PYTHONUNBUFFERED=1 lets it go)"
        } else if runs(" | ") || words.iter().any(|word| word.contains('|')) {
            " (a program holds back what it writes to a pipe until much has come together)"
        } else {
            ""
        }
    }
}

/// The address of this machine alone, where the port is listened on at such addresses and no other.
pub(super) fn only_inside(listening: &[SocketAddr], port: u16) -> Option<SocketAddr> {
    let mut there = listening.iter().filter(|address| address.port() == port);
    let first = there.next().filter(|address| address.ip().is_loopback())?;
    there.all(|address| address.ip().is_loopback()).then_some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_inside_only_where_every_address_is() {
        let listening = |addresses: &[&str]| -> Vec<SocketAddr> {
            addresses.iter().map(|address| address.parse().unwrap()).collect()
        };
        for (addresses, expected) in [
            (&["127.0.0.1:8000"][..], Some("127.0.0.1:8000")),
            (&["127.0.0.1:8000", "[::1]:8000", "0.0.0.0:9000"], Some("127.0.0.1:8000")),
            (&["127.0.0.1:8000", "0.0.0.0:8000"], None),
            (&["127.0.0.1:9000"], None),
            (&[], None),
        ] {
            let found = only_inside(&listening(addresses), 8000);
            assert_eq!(found.map(|address| address.to_string()).as_deref(), expected, "{addresses:?}");
        }
    }
}
