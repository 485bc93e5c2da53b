//! What is told of a container that does not run.

use std::time::Duration;

use seaworthy_engine::{Container, EngineError, Exit};
use seaworthy_image::Config;
use seaworthy_spec::{About, Check, Criterion, Spec, Stage};

use super::{Runs, seconds};
use crate::Finding;
use crate::redact::Redactor;

/// Why a container does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Down {
    /// By the image's own fault; the text tells what was seen.
    Fault {
        cause: String,
        /// What else may be the reason.
        suspect: Option<&'static str>,
    },
    /// The engine could not do it, or something that the run needs is missing.
    Missing(String),
}

/// Tells once why the main container does not run: one promise gives the cause, the others name that promise.
#[derive(Debug, Clone)]
pub(crate) struct Teller {
    /// The promise that gives the cause.
    id: Option<String>,
}

impl Teller {
    /// The first promise about what the service does gives the cause, else the first one about running.
    pub(crate) fn of(spec: &Spec) -> Self {
        let first = |wanted: fn(&Check) -> bool| spec.criteria.iter().find(|c| c.checks().iter().any(wanted));
        let teller = first(|check| check.about() == About::Service && !matches!(check, Check::Scenario(_)))
            .or_else(|| first(|check| check.stage() == Stage::Run));
        Self { id: teller.map(|criterion: &Criterion| criterion.id.clone()) }
    }

    /// What that means for the promise `id`: a promise about the service is contradicted, nothing is known of another.
    pub(crate) fn told(&self, down: &Down, about: About, id: &str) -> Finding {
        let verdict = if about == About::Service { Finding::fail } else { Finding::unproven };
        match (down, &self.id) {
            (Down::Missing(why), _) => Finding::unproven(why),
            (Down::Fault { .. }, Some(teller)) if teller != id => {
                Finding { caused_by: Some(teller.clone()), ..verdict("the container does not run".to_owned()) }
            }
            (Down::Fault { cause, suspect }, _) => {
                let finding = verdict(cause.clone());
                suspect.map_or(finding.clone(), |suspect| finding.warn(suspect))
            }
        }
    }
}

impl Down {
    /// Why an engine could not start a container.
    pub(crate) fn of(error: &EngineError, redactor: &Redactor) -> Self {
        let told = redactor.quote(&error.to_string());
        match error {
            EngineError::Start { .. } | EngineError::Prepare { .. } => Self::Fault { cause: told, suspect: None },
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
        match (down, &self.database.missing) {
            (Down::Fault { cause, .. }, Some(missing)) => {
                Down::Missing(format!("no database for the run: {missing}; without one: {cause}"))
            }
            (Down::Fault { cause, .. }, None) if let Some(variable) = self.database.guessed() => {
                Down::Missing(format!(
                    "with a throwaway PostgreSQL in {variable}, which may be meant for another system: {cause}; give its own with `--env {variable}`"
                ))
            }
            // Root's programs change users and owners: here there is one user to be.
            (Down::Fault { cause, .. }, None) if !self.prepared.owners_are_kept() && starts_as_root(self.config()) => {
                Down::Missing(format!(
                    "{cause}; without root, the engine {} has no second user for a program that starts as root: run this as root, or with \
                     `--engine docker`",
                    self.engine
                ))
            }
            (Down::Fault { cause, .. }, None) if self.database.is_given_server() => {
                Down::Fault { cause, suspect: Some("the given database may be the reason") }
            }
            (down, _) => down,
        }
    }

    /// How a container that has ended is told.
    pub(crate) fn exited(&self, container: &dyn Container, exit: Exit) -> Down {
        if let Some(why) = self.bounds.reached(self.options.disk_bytes) {
            return Down::Missing(why);
        }
        let after = container.started_at().elapsed().as_millis();
        let memory = if exit.out_of_memory { ", killed for memory" } else { "" };
        let cause = format!("exit {}{memory} within {after} ms of its start{}", exit.code, self.last_words(container));
        Down::Fault { cause, suspect: None }
    }

    pub(super) fn silent(&self, container: &dyn Container, port: u16, within: Duration) -> Down {
        let within = seconds(within);
        let cause = format!("nothing listens on port {port} within {within}{}", self.last_words(container));
        Down::Fault { cause, suspect: None }
    }

    pub(super) fn down(&self, error: &EngineError) -> Down {
        Down::of(error, &self.redactor)
    }

    /// `; last log lines: …`, or that there are none.
    pub(crate) fn last_words(&self, container: &dyn Container) -> String {
        let Ok(logs) = container.logs() else { return String::new() };
        self.search(&logs, "a container that did not run");
        let lines = [self.redactor.last_lines(&logs.stdout, 2), self.redactor.last_lines(&logs.stderr, 3)];
        let lines: Vec<&str> = lines.iter().map(String::as_str).filter(|lines| !lines.is_empty()).collect();
        match lines.join(" | ") {
            none if none.is_empty() => "; it logged nothing".to_owned(),
            lines => format!("; last log lines: {lines}"),
        }
    }
}
