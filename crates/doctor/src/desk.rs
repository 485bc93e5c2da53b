//! What an examination has at hand: the facts, an engine that starts copies, and what was tried.

use std::cell::{OnceCell, RefCell};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use seaworthy_database::Throwaway;
use seaworthy_engine::{EngineError, Prepared, Run, Service};

use crate::facts::Facts;
use crate::subject::Subject;
use crate::trial::{Patience, Trial};
use crate::veil::Veil;

/// How long an examination takes at most, to the last experiment's begin.
const BUDGET: Duration = Duration::from_millis(10_500);
/// Of it, what experiments get at least, however long it took to fetch the image.
const LEAST: Duration = Duration::from_secs(6);
/// For a copy to end or to listen.
pub(crate) const SETTLE: Duration = Duration::from_secs(4);

/// How long a varied copy that listens is watched for an end.
const STABLE: Duration = Duration::from_millis(700);

/// Everything that rules look at.
pub(crate) struct Desk<'a> {
    pub(crate) subject: &'a Subject<'a>,
    pub(crate) facts: Facts,
    pub(crate) prepared: Box<dyn Prepared>,
    pub(crate) veil: Veil,
    /// How the first copy is started.
    pub(crate) base: Run,
    deadline: Instant,
    tried: RefCell<Vec<String>>,
    database: OnceCell<Result<Throwaway, String>>,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(
        subject: &'a Subject<'a>,
        facts: Facts,
        prepared: Box<dyn Prepared>,
        veil: Veil,
        base: Run,
        since: Instant,
    ) -> Self {
        let deadline = (since + BUDGET).max(Instant::now() + LEAST);
        Self { subject, facts, prepared, veil, base, deadline, tried: RefCell::default(), database: OnceCell::new() }
    }

    /// What is left for experiments.
    pub(crate) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Whether one more copy can be followed.
    pub(crate) fn has_time(&self) -> bool {
        self.left() > Duration::from_millis(1500)
    }

    /// Starts a copy and follows it; notes what became of it.
    ///
    /// # Errors
    ///
    /// Fails if the engine does.
    pub(crate) fn run(&self, what: &str, run: &Run) -> Result<Trial, EngineError> {
        self.run_for(what, run, Patience { settle: SETTLE, health: Duration::from_secs(5), stable: STABLE })
    }

    /// As [`Desk::run`]; `None` where no time is left for it.
    ///
    /// # Errors
    ///
    /// Fails if the engine does.
    pub(crate) fn try_run(&self, what: &str, run: &Run) -> Result<Option<Trial>, EngineError> {
        if self.has_time() { self.run(what, run).map(Some) } else { Ok(None) }
    }

    /// As [`Desk::run`], as long as the caller says.
    ///
    /// # Errors
    ///
    /// Fails if the engine does.
    pub(crate) fn run_for(&self, what: &str, run: &Run, patience: Patience) -> Result<Trial, EngineError> {
        let within = |time: Duration| time.min(self.left()).max(Duration::from_millis(500));
        let patience = Patience { settle: within(patience.settle), health: within(patience.health), ..patience };
        let trial = Trial::of(self.prepared.as_ref(), run, patience)?;
        self.note(format!("{what}: {}", trial.told()));
        Ok(trial)
    }

    /// What is mounted at a path of the container, or above it: the path of this machine, and the mount's own.
    pub(crate) fn mounted(&self, path: &Path) -> Option<(PathBuf, &str)> {
        let mounts = self.subject.container.iter().flat_map(|container| &container.mounts);
        let mount = mounts.filter(|mount| path.starts_with(&mount.path)).max_by_key(|mount| mount.path.len())?;
        Some((mount.source.join(path.strip_prefix(&mount.path).ok()?), &mount.path))
    }

    /// Whether a word of a command names something in a mount: the image's files do not tell of it.
    pub(crate) fn is_mounted(&self, word: &str) -> bool {
        word.contains('/') && self.mounted(&Path::new("/").join(&self.facts.working_dir).join(word)).is_some()
    }

    /// Remembers what was tried, and what came of it.
    pub(crate) fn note(&self, what: impl AsRef<str>) {
        self.tried.borrow_mut().push(self.veil.over(what.as_ref()));
    }

    pub(crate) fn tried(&self) -> Vec<String> {
        self.tried.borrow().clone()
    }

    /// A line of a log, fit to be shown.
    pub(crate) fn quote(&self, line: &str) -> String {
        self.veil.quote(line)
    }

    /// The throwaway PostgreSQL, started when it is first needed.
    ///
    /// # Errors
    ///
    /// Fails where this machine has none; says why.
    pub(crate) fn database(&self) -> Result<&Throwaway, String> {
        let start = || {
            let gateway = self.prepared.gateway();
            let host = if gateway == IpAddr::V4(Ipv4Addr::LOCALHOST) {
                "database.test".to_owned()
            } else {
                gateway.to_string()
            };
            let started = Throwaway::start_lenient(gateway, &host).map_err(|error| error.to_string());
            match &started {
                Ok(database) => self.veil.add_password(database.password()),
                Err(why) => self.note(format!("no throwaway PostgreSQL: {why}")),
            }
            started
        };
        self.database.get_or_init(start).as_ref().map_err(Clone::clone)
    }

    /// The first copy's settings, with a throwaway PostgreSQL in a variable: a URL of this scheme, with these options.
    ///
    /// # Errors
    ///
    /// As [`Desk::database`].
    pub(crate) fn with_database(&self, variable: &str, scheme: &str, query: &str) -> Result<Run, String> {
        let database = self.database()?;
        let mut run = self.base.clone();
        let url = database.plain_url();
        let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        if scheme.starts_with("jdbc:") {
            let (user, place) = rest.split_once('@').unwrap_or(("", rest));
            let (user, password) = user.split_once(':').unwrap_or((user, ""));
            set(&mut run, variable, &format!("{scheme}://{place}?user={user}&password={password}"));
            run.services.push(Service { name: database.host().to_owned(), address: database.address() });
            return Ok(run);
        }
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        set(&mut run, variable, &format!("{scheme}://{rest}{query}"));
        run.services.push(Service { name: database.host().to_owned(), address: database.address() });
        Ok(run)
    }
}

/// Sets a variable over what the image sets.
pub(crate) fn set(run: &mut Run, name: &str, value: &str) {
    run.env.retain(|(known, _)| known != name);
    run.without_env.retain(|known| known != name);
    run.env.push((name.to_owned(), value.to_owned()));
}
