//! `scenario`: the steps of a criterion, one after the other.

mod container;
mod ending;
mod fill;
mod jar;
mod judge;
mod log;
mod request;
mod wait;

use std::collections::BTreeMap;
use std::time::Duration;

use seaworthy_engine::{Container, Run, Volumes};
use seaworthy_spec::{Action, Scenario, Step};
use serde_json::Value;

use self::jar::Jar;
use super::{Down, Runs};
use crate::Finding;
use crate::database::set;
use crate::redact::Redactor;

/// Between two looks.
const POLL: Duration = Duration::from_millis(10);

/// A scenario under way.
struct Play<'a, 'r> {
    runs: &'a Runs<'r>,
    /// What it means that a container like the main one does not run.
    not_running: &'a dyn Fn(&Down) -> Finding,
    run: Run,
    volumes: Option<Box<dyn Volumes>>,
    container: Option<Box<dyn Container>>,
    /// Somebody else's container, which takes the place of its own.
    given: Option<&'a dyn Container>,
    /// That the container took connections once.
    is_up: bool,
    /// That it was ready for work once, or had all the time for it that there is.
    is_ready: bool,
    /// The step before started the container.
    just_started: bool,
    saved: BTreeMap<String, Value>,
    jar: Jar,
    /// The run's, which knows also what the answers let in with.
    redactor: Redactor,
    seen: Vec<String>,
}

impl Runs<'_> {
    pub(crate) fn scenario(&self, scenario: &Scenario, not_running: &dyn Fn(&Down) -> Finding) -> Finding {
        let mut play = Play::new(self, not_running);
        let mut result = Finding::pass("");
        for step in &scenario.steps {
            if let Err(finding) = play.step(step) {
                let text = play.redactor.quote(&step.text);
                let evidence = format!("line {}: `{text}`: {}", step.line, play.redactor.redact(&finding.evidence));
                result = Finding { evidence: crate::one_line(&evidence), ..finding };
                break;
            }
        }
        if let Some(container) = play.container.take() {
            self.retire(container, "a scenario's container");
        }
        if result.verdict == seaworthy_report::Verdict::Pass {
            return Finding::pass(play.seen.join(", "));
        }
        result
    }
}

impl Runs<'_> {
    /// Sends a scenario's requests to a container that runs already; false where it is about more than requests. What is answered decides
    /// nothing here.
    pub(super) fn replay(&self, scenario: &Scenario, container: &dyn Container) -> bool {
        let asks = |step: &Step| matches!(step.action, Action::Request(_) | Action::WaitAnswer { .. });
        let not_running = |_: &Down| Finding::unproven("the container does not run");
        let mut play = Play::new(self, &not_running);
        play.given = Some(container);
        (play.is_up, play.is_ready) = (true, true);
        scenario.steps.iter().all(asks) && scenario.steps.iter().all(|step| play.step(step).is_ok())
    }
}

impl<'a, 'r> Play<'a, 'r> {
    fn new(runs: &'a Runs<'r>, not_running: &'a dyn Fn(&Down) -> Finding) -> Self {
        Self {
            runs,
            not_running,
            run: runs.run(),
            volumes: None,
            container: None,
            given: None,
            is_up: false,
            is_ready: false,
            just_started: false,
            saved: BTreeMap::new(),
            jar: Jar::default(),
            redactor: runs.redactor.clone(),
            seen: Vec::new(),
        }
    }
}

impl Play<'_, '_> {
    fn step(&mut self, step: &Step) -> Result<(), Finding> {
        let starts = matches!(step.action, Action::Start { .. });
        if self.container.is_none() && self.given.is_none() && !starts {
            self.start()?;
        }
        match &step.action {
            Action::Start { with, without, read_only } => {
                self.run = self.runs.run();
                for (name, value) in with {
                    set(&mut self.run, name, value);
                }
                for name in without {
                    self.run.env.retain(|(known, _)| known != name);
                    self.run.without_env.push(name.clone());
                }
                self.run.read_only = *read_only;
                self.end()?;
                self.volumes = None;
                self.start()?;
                self.seen.push("start".to_owned());
            }
            Action::Restart => {
                self.up()?;
                self.end()?;
                self.start()?;
                self.seen.push("restart".to_owned());
            }
            Action::Request(wanted) => self.request(wanted)?,
            Action::Stop { within, exit } => self.stop(*within, *exit)?,
            Action::Exits { within, exit, log_contains } => {
                self.exits(*within, *exit)?;
                if let Some(text) = log_contains {
                    self.log_contains(text)?;
                }
            }
            Action::LogContains(text) => self.log_contains(text)?,
            Action::WaitLog { text, within } => self.wait_log(text, *within)?,
            Action::WaitHealthy { within } => self.wait_healthy(*within)?,
            Action::WaitAnswer { path, status, within } => self.wait_answer(path, *status, *within)?,
        }
        self.just_started = starts;
        Ok(())
    }
}
