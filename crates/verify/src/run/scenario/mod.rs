//! `scenario`: the steps of a criterion, one after the other.

mod container;
mod database;
mod ending;
mod file;
mod fill;
mod jar;
mod judge;
mod load;
mod log;
mod mount;
mod once;
mod request;
mod wait;

use std::collections::BTreeMap;
use std::time::Duration;

use seaworthy_engine::{Container, PutFile, Run};
use seaworthy_spec::{Action, RUN_NAME, Request as Wanted, Scenario, Step, templates};
use serde_json::Value;

use self::container::Start;
use self::database::OwnDatabase;
use self::jar::Jar;
pub(crate) use self::mount::secrets;
use super::bounds::Bounded;
use super::remover::Storage;
use super::{Down, Runs, mark};
use crate::Finding;
use crate::http::{Request, Response};

/// Between two looks.
const POLL: Duration = Duration::from_millis(10);

/// What a scenario carries on at one moment: the values and cookies that requests may send, and what its containers are started with.
pub(super) struct Carried {
    saved: BTreeMap<String, Value>,
    jar: Jar,
    run: Run,
}

impl Carried {
    pub(super) fn has_cookies(&self) -> bool {
        !self.jar.is_empty()
    }
}

/// What becomes of bounds in time: `within`, `p99`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bounds {
    /// The scenario is a promise of its own.
    Judged,
    /// It is a workload.
    Ignored,
}

/// A scenario under way.
pub(super) struct Play<'a, 'r> {
    runs: &'a Runs<'r>,
    /// What it means that a container like the main one does not run.
    not_running: &'a dyn Fn(&Down) -> Finding,
    /// What every container of it is started with, before the steps say more.
    base: Run,
    run: Run,
    container: Option<Bounded>,
    /// A second one, beside it.
    another: Option<Bounded>,
    /// What the last `run` left, while there is no other container.
    ran: Option<Bounded>,
    /// What it stands on goes after it.
    storage: Option<Storage<'a>>,
    /// Somebody else's container, which takes the place of its own.
    given: Option<&'a dyn Container>,
    reached: Reached,
    /// The step before started the container.
    just_started: bool,
    saved: BTreeMap<String, Value>,
    /// A step before had the text of the run, so that others may have to say the same.
    is_run_used: bool,
    database: OwnDatabase,
    /// Of the specification's folder, for every container from here on.
    files: Vec<PutFile>,
    /// What a reader of a failure should know.
    note: Option<String>,
    jar: Jar,
    /// The status of the newest step's answer.
    answered: Option<u16>,
    bounds: Bounds,
    /// How much of the log is of an earlier round: stdout and stderr.
    since: (usize, usize),
    seen: Vec<String>,
}

/// What the container did once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    Nothing,
    /// It took connections.
    Connections,
    /// It was ready for work, or had all the time for it that there is.
    Ready,
}

impl Runs<'_> {
    pub(crate) fn scenario(&self, scenario: &Scenario, not_running: &dyn Fn(&Down) -> Finding) -> Finding {
        let mut play = Play::new(self, not_running);
        let stopped: Vec<&Action> =
            scenario.steps.iter().map(|step| &step.action).filter(|action| action.stops_a_server()).collect();
        if !stopped.is_empty() {
            if let Err(finding) = stopped.into_iter().try_for_each(|action| play.lay_line(action)) {
                return finding;
            }
            play.run = play.own_run();
        }
        let played = play.all(&scenario.steps);
        let came = played.is_ok().then(|| play.came_to_its_database());
        play.finish();
        if let Some(Err(finding)) = came {
            return finding;
        }
        match (played, &play.note) {
            (Ok(()), None) => Finding::pass(play.told()),
            (Ok(()), Some(note)) => Finding::pass(play.told()).warn(note),
            (Err((_, finding)), None) => *finding,
            (Err((_, finding)), Some(note)) => finding.with(note),
        }
    }

    /// Sends a scenario's requests to a container that runs already; false where it is about more than requests. What is answered decides
    /// nothing here.
    pub(super) fn replay(&self, scenario: &Scenario, container: &dyn Container) -> bool {
        let asks = |step: &Step| matches!(step.action, Action::Request(_) | Action::WaitAnswer { .. });
        let not_running = |_: &Down| Finding::unproven("the container does not run");
        let mut play = Play::new(self, &not_running);
        play.given = Some(container);
        play.reached = Reached::Ready;
        scenario.steps.iter().all(asks) && scenario.steps.iter().all(|step| play.step(step).is_ok())
    }
}

impl<'a, 'r> Play<'a, 'r> {
    fn new(runs: &'a Runs<'r>, not_running: &'a dyn Fn(&Down) -> Finding) -> Self {
        Self { bounds: Bounds::Judged, ..Self::under(runs, not_running, runs.run()) }
    }

    /// Its containers are started with this, and answers may take their time: the steps are a workload.
    pub(super) fn under(runs: &'a Runs<'r>, not_running: &'a dyn Fn(&Down) -> Finding, base: Run) -> Self {
        Self {
            runs,
            not_running,
            run: base.clone(),
            base,
            container: None,
            storage: None,
            given: None,
            reached: Reached::Nothing,
            just_started: false,
            saved: BTreeMap::from([(RUN_NAME.to_owned(), Value::from(mark()))]),
            is_run_used: false,
            another: None,
            ran: None,
            database: OwnDatabase::default(),
            files: Vec::new(),
            note: None,
            jar: Jar::default(),
            answered: None,
            bounds: Bounds::Ignored,
            since: (0, 0),
            seen: Vec::new(),
        }
    }
}

impl Play<'_, '_> {
    /// One step after the other, up to one that does not hold: which one, and what was seen.
    pub(super) fn all(&mut self, steps: &[Step]) -> Result<(), (usize, Box<Finding>)> {
        for (number, step) in steps.iter().enumerate() {
            if let Err(finding) = self.step(step) {
                let text = self.runs.redactor.quote(&step.text);
                let evidence =
                    format!("line {}: `{text}`: {}", step.line, self.runs.redactor.redact(&finding.evidence));
                return Err((number, Box::new(Finding { evidence: crate::one_line(&evidence), ..finding })));
            }
        }
        Ok(())
    }

    /// From here on `{run}` is another text, nobody is logged in, and what was logged so far no longer counts.
    pub(super) fn renew(&mut self) -> Result<(), Finding> {
        self.renew_run();
        self.jar = Jar::default();
        self.seen.clear();
        if let Some(container) = &self.container {
            let logs = container.logs().map_err(|error| self.runs.engine_failed(&error))?;
            self.since = (logs.stdout.len(), logs.stderr.len());
        }
        Ok(())
    }

    /// From here on `{run}` is another text, and everything else stays.
    pub(super) fn renew_run(&mut self) {
        self.saved.insert(RUN_NAME.to_owned(), Value::from(mark()));
        self.is_run_used = false;
    }

    /// What the steps so far showed.
    pub(super) fn told(&self) -> String {
        self.seen.join(", ")
    }

    /// Its container, where one was started.
    pub(super) fn running(&self) -> Option<&dyn Container> {
        self.container.as_deref()
    }

    /// The request as it would be sent now.
    pub(super) fn request_of(&self, wanted: &Wanted) -> Result<Request, Finding> {
        self.filled(wanted)
    }

    /// Whether this is the answer that was wanted.
    pub(super) fn judge(&self, wanted: &Wanted, answer: &Response) -> Result<(), Finding> {
        self.expected(&wanted.answer)?.judge(answer, &self.runs.redactor)
    }

    /// The text that `{run}` stands for.
    pub(super) fn run_text(&self) -> &str {
        self.saved.get(RUN_NAME).and_then(Value::as_str).unwrap_or_default()
    }

    /// The status that the newest step was answered with, where it asked once.
    pub(super) fn answered(&self) -> Option<u16> {
        self.answered
    }

    /// What it carries on now.
    pub(super) fn carried(&self) -> Carried {
        Carried { saved: self.saved.clone(), jar: self.jar.clone(), run: self.run.clone() }
    }

    pub(super) fn forget_cookies(&mut self) {
        self.jar = Jar::default();
    }

    /// Removes its containers.
    pub(super) fn finish(&mut self) {
        for container in [self.another.take(), self.ran.take(), self.container.take()].into_iter().flatten() {
            self.runs.retire(container, "a scenario's container");
        }
    }

    fn step(&mut self, step: &Step) -> Result<(), Finding> {
        let starts = matches!(step.action, Action::Start { .. });
        let needs_none = matches!(
            step.action,
            Action::Mount { .. } | Action::Run { .. } | Action::StartDatabase | Action::StartDependency(_)
        ) || step.action.stops_a_server();
        let looks_back = matches!(step.action, Action::File { .. }) && self.ran.is_some();
        if !looks_back && let Some(ran) = self.ran.take() {
            self.runs.retire(ran, "a scenario's container that runs once");
        }
        if self.container.is_none() && self.given.is_none() && !starts && !needs_none && !looks_back {
            self.start()?;
        }
        self.answered = None;
        match &step.action {
            Action::Start { with, without, read_only, fresh_database } => {
                let (read_only, fresh_database) = (*read_only, *fresh_database);
                self.start_with(&Start { with, without, read_only, fresh_database })?;
            }
            Action::Mount { file, at, is_secret } => self.mount(file, at, *is_secret)?,
            Action::StartAnother => self.start_another()?,
            Action::Run { arguments, exit, output, within } => self.run_once(arguments, *exit, output, *within)?,
            Action::StopDatabase => self.stop_database(),
            Action::StartDatabase => self.start_database()?,
            Action::StopDependency(name) => self.stop_dependency(name),
            Action::StartDependency(name) => self.start_dependency(name)?,
            Action::Restart { fresh_database } => self.restart(*fresh_database)?,
            Action::File { path, test, within } => self.file(path, test, *within)?,
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
        self.is_run_used |= has_run(step);
        Ok(())
    }
}

/// Whether a step has the text of the run in it.
fn has_run(step: &Step) -> bool {
    templates(&step.text).iter().any(|(_, name)| *name == RUN_NAME)
}
