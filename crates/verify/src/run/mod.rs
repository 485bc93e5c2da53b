//! Containers of a verification: how they are started, when they are up, and what is told when they do not run.

mod crud;
mod database;
mod environment;
mod hardening;
mod health;
mod logs;
mod memory;
mod network;
mod persist;
mod rotation;
mod scenario;
mod stop;
mod user;

use std::cell::{Cell, OnceCell, RefCell};
use std::io;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use seaworthy_engine::{Container, EngineError, Exit, Prepared, Run, Status, Volumes};
use seaworthy_image::{Config, Image};

pub(crate) use self::user::Users;
use crate::crud::{Crud, Rows};
use crate::database::RunDatabase;
use crate::http::{Client, HttpError, Request};
use crate::openapi::{DOCUMENT_BYTES, OpenApi};
use crate::redact::Redactor;
use crate::service::{Service, told};
use crate::{Finding, Options};

/// Between two looks at a container that is starting: the first one, and the longest.
const POLL: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(20));
/// Between two looks at a container's processes while it starts.
const USERS_POLL: Duration = Duration::from_millis(25);
/// How long a container is watched whose port is not known.
const BLIND: Duration = Duration::from_millis(500);
/// How long an accepted connection must stay open to count: a forwarder accepts before it knows.
const ACCEPTED: Duration = Duration::from_millis(20);

/// Everything that the runs of one verification share.
pub(crate) struct Runs<'a> {
    pub(crate) image: &'a Image,
    pub(crate) prepared: &'a dyn Prepared,
    pub(crate) engine: String,
    pub(crate) options: &'a Options,
    pub(crate) database: RunDatabase,
    pub(crate) client: Client,
    pub(crate) redactor: Redactor,
    /// The port of HTTP promises, or why there is none.
    pub(crate) port: Result<u16, String>,
    /// Of the first promise that names one.
    pub(crate) health_path: Option<String>,
    /// In everything that is written.
    pub(crate) mark: String,
    /// Created in the user's own database and not removed yet.
    pub(crate) rows: RefCell<Rows>,
    /// How many secrets stood in the logs of which container.
    pub(crate) leaks: RefCell<Vec<(String, usize)>>,
    pub(crate) logs_read: Cell<usize>,
    /// A container that wrote more than is kept.
    pub(crate) logs_cut: RefCell<Option<String>>,
    /// The first promise about answering: it tells why nothing runs.
    pub(crate) teller: Option<String>,
    /// The promise that is being decided.
    pub(crate) current: RefCell<String>,
    cleaned: Cell<bool>,
    without_server: OnceCell<Finding>,
    reached: OnceCell<Finding>,
    rotated: OnceCell<Finding>,
    main: OnceCell<Result<Main, Down>>,
}

/// The container that serves most promises.
pub(crate) struct Main {
    pub(crate) up: Up,
    /// What it says of itself, or why that is not known.
    pub(crate) api: Result<OpenApi, String>,
    /// From the start until it was ready for work; `None` where that is not known, or never came.
    pub(crate) settled_after: Option<Duration>,
    pub(crate) users: RefCell<Users>,
    pub(crate) answered: Cell<usize>,
    crud: OnceCell<Finding>,
}

/// A container that runs and, where its port is known, takes connections.
pub(crate) struct Up {
    pub(crate) container: Box<dyn Container>,
    /// From the start to the first accepted connection; `None` where no port is known.
    pub(crate) listening_after: Option<Duration>,
    /// From the start to the first 2xx of the health path.
    pub(crate) healthy_after: Option<Duration>,
    /// The last answer of the health path that was none, where it never was 2xx.
    pub(crate) ill: Option<String>,
}

/// Why a container does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Down {
    /// By the image's own fault; the text tells what was seen.
    Fault { cause: String, exit: Option<Exit> },
    /// The engine could not do it, or something that the run needs is missing.
    Missing(String),
}

/// What a container is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// A 2xx of the health path, where one is known; else an accepted connection.
    Healthy,
    /// An accepted connection.
    Listening,
}

impl<'a> Runs<'a> {
    #[expect(clippy::too_many_arguments, reason = "each is made elsewhere, once")]
    pub(crate) fn new(
        image: &'a Image,
        prepared: &'a dyn Prepared,
        engine: String,
        options: &'a Options,
        database: RunDatabase,
        redactor: Redactor,
        port: Result<u16, String>,
        health_path: Option<String>,
        teller: Option<String>,
    ) -> io::Result<Self> {
        Ok(Self {
            image,
            prepared,
            engine,
            options,
            database,
            client: Client::new()?,
            redactor,
            port,
            health_path,
            mark: mark(),
            rows: RefCell::default(),
            leaks: RefCell::default(),
            logs_read: Cell::new(0),
            logs_cut: RefCell::default(),
            teller,
            current: RefCell::default(),
            cleaned: Cell::new(false),
            without_server: OnceCell::new(),
            reached: OnceCell::new(),
            rotated: OnceCell::new(),
            main: OnceCell::new(),
        })
    }

    pub(crate) fn config(&self) -> &Config {
        &self.image.config
    }

    /// What every container is started with.
    pub(crate) fn run(&self) -> Run {
        let mut run = self.run_without_database();
        self.database.put_into(&mut run);
        run
    }

    fn run_without_database(&self) -> Run {
        Run {
            env: self.options.env.clone(),
            port: self.port.clone().ok(),
            disk_bytes: self.options.disk_bytes,
            ..Run::default()
        }
    }

    /// The main container, started at the first call.
    pub(crate) fn main(&self) -> Result<&Main, &Down> {
        self.main.get_or_init(|| self.start_main()).as_ref()
    }

    fn start_main(&self) -> Result<Main, Down> {
        let mut users = Users::default();
        let up = self.up(&self.run(), None, Until::Healthy, Some(&mut users))?;
        let api = self.api(&up);
        let settled_after = match (&api, &self.port) {
            (Ok(api), Ok(port)) => self.settle(&up, api, *port, self.options.timeout),
            _ => None,
        };
        users.look(up.container.as_ref());
        let users = RefCell::new(users);
        Ok(Main { up, api, settled_after, users, answered: Cell::new(0), crud: OnceCell::new() })
    }

    /// Waits while the service says that it is not yet ready for work: healthy it may be long before its database answers.
    ///
    /// Returns how long that took from the container's start; `None` where it did not come to that.
    fn settle(&self, up: &Up, api: &OpenApi, port: u16, within: Duration) -> Option<Duration> {
        let (collections, _) = api.collections();
        let listed =
            collections.iter().find(|collection| collection.list.is_some() && !collection.path.contains('{'))?;
        let path = api.path(&listed.path);
        let started = up.container.started_at();
        let mut pause = POLL.0;
        loop {
            let left = within.saturating_sub(started.elapsed());
            let patience = left.max(Duration::from_millis(50));
            let answer = self.client.send(up.container.as_ref(), port, &Request::get(&path), patience);
            let after = started.elapsed();
            if answer.is_ok_and(|answer| !matches!(answer.status, 502..=504)) {
                return Some(after);
            }
            let runs = matches!(up.container.status(), Ok(Status::Running));
            if after >= within || !runs {
                return None;
            }
            std::thread::sleep(pause);
            pause = (pause * 3 / 2).min(POLL.1);
        }
    }

    fn api(&self, up: &Up) -> Result<OpenApi, String> {
        let port = self.port.clone()?;
        let request = Request { body_bytes: DOCUMENT_BYTES, ..Request::get("/openapi.json") };
        let service = self.service(up.container.as_ref(), port);
        let answer = service.send(&request).map_err(|error| service.clean(&format!("GET /openapi.json: {error}")))?;
        if answer.status != 200 {
            return Err(format!("GET /openapi.json answered {}", answer.status));
        }
        OpenApi::parse(&answer.body).map_err(|reason| self.redactor.quote(&format!("/openapi.json {reason}")))
    }

    pub(crate) fn service<'s>(&'s self, container: &'s dyn Container, port: u16) -> Service<'s> {
        Service {
            client: &self.client,
            container,
            port,
            within: self.options.timeout,
            redactor: &self.redactor,
            answered: Cell::new(0),
        }
    }

    pub(crate) fn requests<'s>(&'s self, api: &'s OpenApi) -> Crud<'s> {
        Crud { api, mark: &self.mark, must_remove: self.database.is_given_server() }
    }

    /// A promise about answering, of a container that does not run.
    pub(crate) fn contradicted(&self, down: &Down) -> Finding {
        self.told_once(down, Finding::fail)
    }

    /// Another promise, of a container that does not run.
    pub(crate) fn not_shown(&self, down: &Down) -> Finding {
        self.told_once(down, Finding::unproven)
    }

    fn told_once(&self, down: &Down, verdict: fn(String) -> Finding) -> Finding {
        let cause = match (down, &self.database.missing) {
            (Down::Missing(why), _) => return Finding::unproven(why),
            (Down::Fault { cause, .. }, Some(missing)) => {
                return Finding::unproven(format!("no database for the run: {missing}; without one: {cause}"));
            }
            (Down::Fault { cause, .. }, None) => cause,
        };
        let mut finding = match &self.teller {
            Some(teller) if *teller != *self.current.borrow() => {
                Finding { caused_by: Some(teller.clone()), ..verdict("the container does not run".to_owned()) }
            }
            _ => verdict(cause.clone()),
        };
        if self.database.is_given_server() && finding.caused_by.is_none() {
            finding = finding.warn("the given database may be the reason");
        }
        finding
    }

    /// Why nothing can be asked over HTTP.
    pub(crate) fn no_port(&self) -> String {
        self.port.clone().err().unwrap_or_else(|| "no connection was accepted".to_owned())
    }

    /// What to wait for in a container that is like the main one.
    pub(crate) fn until(&self) -> Until {
        match self.main() {
            Ok(main) if main.up.healthy_after.is_none() => Until::Listening,
            _ => Until::Healthy,
        }
    }

    /// Starts a container.
    pub(crate) fn start(&self, run: &Run, volumes: Option<&dyn Volumes>) -> Result<Box<dyn Container>, Down> {
        self.prepared.start(run, volumes).map_err(|error| self.down(&error))
    }

    /// Starts a container and waits until it is up, at most the timeout.
    pub(crate) fn up(
        &self,
        run: &Run,
        volumes: Option<&dyn Volumes>,
        until: Until,
        users: Option<&mut Users>,
    ) -> Result<Up, Down> {
        self.up_within(run, volumes, until, users, self.options.timeout)
    }

    /// As [`Runs::up`], with a bound of its own.
    pub(crate) fn up_within(
        &self,
        run: &Run,
        volumes: Option<&dyn Volumes>,
        until: Until,
        users: Option<&mut Users>,
        within: Duration,
    ) -> Result<Up, Down> {
        let container = self.start(run, volumes)?;
        self.wait(container, run.port, until, users, within)
    }

    /// Waits until a started container is up.
    pub(crate) fn wait(
        &self,
        container: Box<dyn Container>,
        port: Option<u16>,
        until: Until,
        users: Option<&mut Users>,
        within: Duration,
    ) -> Result<Up, Down> {
        let up = self.wait_for_connection(container, port, until, users, within)?;
        // A container like the main one is given the time to become like it. While the main one is made there is nothing to be like.
        if let (Some(Ok(Main { api: Ok(api), settled_after: Some(_), .. })), Some(port)) = (self.main.get(), port) {
            self.settle(&up, api, port, within);
        }
        Ok(up)
    }

    fn wait_for_connection(
        &self,
        container: Box<dyn Container>,
        port: Option<u16>,
        until: Until,
        mut users: Option<&mut Users>,
        within: Duration,
    ) -> Result<Up, Down> {
        let started = container.started_at();
        let mut up = Up { container, listening_after: None, healthy_after: None, ill: None };
        let path = self.health_path.as_deref().filter(|_| until == Until::Healthy);
        let limit = if port.is_some() { within } else { BLIND.min(within) };
        let mut pause = POLL.0;
        let mut looked: Option<Instant> = None;
        loop {
            if let Some(users) = users.as_deref_mut()
                && looked.is_none_or(|looked| looked.elapsed() >= USERS_POLL)
            {
                users.look(up.container.as_ref());
                looked = Some(Instant::now());
            }
            let left = limit.saturating_sub(started.elapsed());
            if let Some(port) = port {
                self.probe(&mut up, port, path, left);
                let done = if path.is_some() { up.healthy_after.is_some() } else { up.listening_after.is_some() };
                if done {
                    return Ok(up);
                }
            }
            match up.container.status() {
                Err(error) => return Err(self.down(&error)),
                Ok(Status::Exited(exit)) => return Err(self.exited(up.container.as_ref(), exit)),
                Ok(Status::Running) => {}
            }
            if left.is_zero() {
                if port.is_none() || up.listening_after.is_some() {
                    return Ok(up);
                }
                return Err(self.silent(up.container.as_ref(), port.unwrap_or_default(), within));
            }
            std::thread::sleep(pause.min(left));
            pause = (pause * 3 / 2).min(POLL.1);
        }
    }

    /// One look from outside.
    fn probe(&self, up: &mut Up, port: u16, path: Option<&str>, left: Duration) {
        let within = left.max(Duration::from_millis(50));
        let Some(path) = path else {
            let after = up.container.started_at().elapsed();
            if accepts(up.container.as_ref(), port, within) {
                up.listening_after = Some(after);
            }
            return;
        };
        let answer = self.client.send(up.container.as_ref(), port, &Request::get(path), within);
        let after = up.container.started_at().elapsed();
        match answer {
            Ok(answer) => {
                up.listening_after.get_or_insert(after);
                if answer.is_success() {
                    up.healthy_after = Some(after);
                    up.ill = None;
                } else {
                    up.ill = Some(told(&answer, &self.redactor));
                }
            }
            Err(HttpError::Connect(_)) => {}
            Err(error) => {
                if accepts(up.container.as_ref(), port, within) {
                    up.listening_after.get_or_insert(after);
                    up.ill = Some(self.redactor.redact(&error.to_string()));
                }
            }
        }
    }

    /// How a container that has ended is told.
    pub(crate) fn exited(&self, container: &dyn Container, exit: Exit) -> Down {
        if exit.out_of_disk {
            let limit = seaworthy_report::size(self.options.disk_bytes);
            return Down::Missing(format!(
                "the container was stopped: it wrote more than {limit}; `--disk` allows more"
            ));
        }
        let after = container.started_at().elapsed().as_millis();
        let memory = if exit.out_of_memory { ", killed for memory" } else { "" };
        let cause = format!("exit {}{memory} within {after} ms of its start{}", exit.code, self.last_words(container));
        Down::Fault { cause, exit: Some(exit) }
    }

    fn silent(&self, container: &dyn Container, port: u16, within: Duration) -> Down {
        let within = seconds(within);
        let cause = format!("nothing listens on port {port} within {within}{}", self.last_words(container));
        Down::Fault { cause, exit: None }
    }

    fn down(&self, error: &EngineError) -> Down {
        let told = self.redactor.quote(&error.to_string());
        match error {
            EngineError::Start { .. } | EngineError::Prepare { .. } => Down::Fault { cause: told, exit: None },
            EngineError::Unavailable { .. } | EngineError::Failed { .. } => Down::Missing(told),
        }
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

    /// Looks for secrets in raw logs.
    pub(crate) fn search(&self, logs: &seaworthy_engine::Logs, whose: &str) {
        self.logs_read.set(self.logs_read.get() + 1);
        if logs::is_cut(&logs.stdout) || logs::is_cut(&logs.stderr) {
            self.logs_cut.borrow_mut().get_or_insert_with(|| whose.to_owned());
        }
        let found = self.redactor.count_in(&logs.stdout) + self.redactor.count_in(&logs.stderr);
        if found > 0 {
            self.leaks.borrow_mut().push((whose.to_owned(), found));
        }
    }

    /// Reads the logs of a container that is no longer needed, and removes it.
    pub(crate) fn retire(&self, container: Box<dyn Container>, whose: &str) {
        if let Ok(logs) = container.logs() {
            self.search(&logs, whose);
        }
        drop(container);
    }

    /// Keeps in mind what was created in the user's own database.
    pub(crate) fn remember(&self, path: &str) {
        if self.database.is_given_server() {
            self.rows.borrow_mut().push(path.to_owned());
        }
    }

    /// Removes from the user's own database what this verification created in it; how much remains is returned.
    pub(crate) fn clean(&self) -> usize {
        if self.cleaned.replace(true) || !self.database.is_given_server() {
            return 0;
        }
        // Unwinding gives the borrow back; should it not have, a row is better than an abort.
        let Ok(mut rows) = self.rows.try_borrow_mut() else { return 1 };
        let (Some(Ok(main)), Ok(port)) = (self.main.get(), self.port.as_ref()) else { return rows.len() };
        let Ok(api) = &main.api else { return rows.len() };
        if matches!(main.up.container.status(), Ok(Status::Running)) {
            let service = self.service(main.up.container.as_ref(), *port);
            return self.requests(api).clean(&service, &mut rows);
        }
        match self.up(&self.run(), None, Until::Listening, None) {
            Ok(up) => self.requests(api).clean(&self.service(up.container.as_ref(), *port), &mut rows),
            Err(_) => rows.len(),
        }
    }
}

/// What was created in the user's own database goes also when the verification is broken off.
impl Drop for Runs<'_> {
    fn drop(&mut self) {
        if !self.cleaned.get() && self.database.is_given_server() {
            // A second unwinding out of a destructor would abort before the containers are removed.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.clean()));
        }
    }
}

impl Down {
    /// What is told of a container other than the main one: its own fault is `fault`'s to judge.
    pub(crate) fn finding(self, what: &str, fault: impl Fn(String) -> Finding) -> Finding {
        match self {
            Self::Fault { cause, .. } => fault(format!("{what}: {cause}")),
            Self::Missing(why) => Finding::unproven(format!("{what}: {why}")),
        }
    }
}

/// Whether a connection is accepted and stays open for a moment.
fn accepts(container: &dyn Container, port: u16, within: Duration) -> bool {
    container.connect(port, within).is_ok_and(|stream| stays_open(&stream))
}

fn stays_open(stream: &TcpStream) -> bool {
    if stream.set_read_timeout(Some(ACCEPTED)).is_err() {
        return false;
    }
    match stream.peek(&mut [0]) {
        Ok(length) => length > 0,
        Err(error) => matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
    }
}

/// `30 s`, `250 ms`.
pub(crate) fn seconds(time: Duration) -> String {
    if time.subsec_millis() == 0 && !time.is_zero() {
        format!("{} s", time.as_secs())
    } else {
        format!("{} ms", time.as_millis())
    }
}

/// Sixteen hexadecimal digits that no other run has.
fn mark() -> String {
    use std::hash::{BuildHasher as _, Hasher as _};
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    format!("{:016x}", hasher.finish())
}
