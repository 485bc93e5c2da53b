//! Containers of a verification: how they are started, when they are up, and what is told when they do not run.

mod access;
mod bounds;
mod crud;
mod database;
mod dependency;
mod down;
mod environment;
mod form;
mod hardening;
mod health;
mod ledger;
mod login;
mod logs;
mod memory;
mod network;
mod persist;
mod remover;
mod rotation;
mod scenario;
mod start;
mod stop;
mod user;
mod wait;
mod workload;

use std::cell::{Cell, RefCell};
use std::io;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use seaworthy_engine::{Container, Prepared, Run, Status};
use seaworthy_image::{Config, Image};
use seaworthy_spec::Scenario;

pub(crate) use self::access::Access;
use self::access::basic;
use self::bounds::Bounds;
pub(crate) use self::down::{Down, Teller, needs_reach};
use self::ledger::Ledger;
use self::remover::Remover;
pub(crate) use self::scenario::secrets as mounted_secrets;
pub(crate) use self::stop::Ending;
pub(crate) use self::user::{Users, commands_seen};
pub(crate) use self::wait::{Until, Up, accepts};
use crate::crud::{CREDENTIALS, Crud, NOT_TAKEN};
use crate::database::RunDatabase;
use crate::dependencies::Dependencies;
use crate::http::{Client, HOST};
use crate::lanes::Place;
use crate::openapi::{self, OpenApi};
use crate::redact::Redactor;
use crate::service::Service;
use crate::{Finding, Options};

/// A shorter time is told with the fractions of its milliseconds.
const BRIEF: Duration = Duration::from_millis(10);

/// What the runs of one verification are given.
pub(crate) struct Inputs<'a> {
    pub(crate) image: &'a Image,
    pub(crate) prepared: &'a dyn Prepared,
    /// The engine's name and version, for evidence.
    pub(crate) engine: String,
    pub(crate) options: &'a Options,
    pub(crate) database: RunDatabase,
    pub(crate) dependencies: Dependencies,
    pub(crate) redactor: Redactor,
    /// The port of HTTP promises, or why there is none.
    pub(crate) port: Result<u16, String>,
    /// Of the first promise that names one.
    pub(crate) health_path: Option<String>,
    /// How the API is asked.
    pub(crate) access: Access,
    /// The environment variables that the specification names without a default.
    pub(crate) variables: Vec<String>,
    /// That the image, the specification or the given variables name `PORT`.
    pub(crate) names_port: bool,
    /// That the service's API, or what is written through it, is promised.
    pub(crate) promises_api: bool,
    /// That what is written stays when the container is started anew.
    pub(crate) promises_persistence: bool,
    /// Every scenario of the specification.
    pub(crate) scenarios: Vec<&'a Scenario>,
}

/// What all containers of one verification share: what they are given, what they left, and the one that serves most promises.
pub(crate) struct Shared<'a> {
    inputs: Inputs<'a>,
    pub(crate) client: Client,
    /// In everything that is written.
    pub(crate) mark: String,
    pub(crate) ledger: Ledger,
    main: OnceLock<Result<Main, Down>>,
}

/// Containers that run one after another. Several lanes run side by side.
pub(crate) struct Runs<'a> {
    shared: &'a Shared<'a>,
    place: Place,
    /// The run's, which learns also what the answers let in with.
    pub(crate) redactor: Redactor,
    pub(crate) bounds: Bounds,
    /// How much the newest container had logged on each stream when it was up.
    at_start: Cell<(usize, usize)>,
    /// What the container that was retired last had logged since then: its last lines.
    latest: RefCell<String>,
    /// Takes what is no longer needed.
    remover: Remover,
}

/// What was given is read as the runs' own.
impl<'a> Deref for Shared<'a> {
    type Target = Inputs<'a>;

    fn deref(&self) -> &Inputs<'a> {
        &self.inputs
    }
}

/// What is shared is read as the lane's own.
impl<'a> Deref for Runs<'a> {
    type Target = Shared<'a>;

    fn deref(&self) -> &Shared<'a> {
        self.shared
    }
}

/// The container that serves most promises.
pub(crate) struct Main {
    pub(crate) up: Up,
    /// What it says of itself, or why that is not known.
    pub(crate) api: Result<OpenApi, String>,
    /// From the start until it was ready for work; `None` where that is not known, or never came.
    pub(crate) settled_after: Option<Duration>,
    /// The request that showed it, and its status: `GET /tasks 200`.
    pub(crate) settled_by: Option<String>,
    users: Mutex<Users>,
    answered: AtomicUsize,
    pub(crate) seen: Seen,
    /// Those of the lane that started it.
    pub(crate) bounds: Bounds,
}

impl Main {
    /// The processes that were seen in it.
    pub(crate) fn users(&self) -> MutexGuard<'_, Users> {
        held(&self.users)
    }

    /// Requests that it answered, as far as they were counted.
    pub(crate) fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    pub(crate) fn count_answered(&self, more: usize) {
        self.answered.fetch_add(more, Ordering::Relaxed);
    }
}

/// What was found once and is asked for by several promises.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) crud: OnceLock<Finding>,
    /// Whether what the service writes lies in the database.
    pub(crate) reached: OnceLock<Finding>,
    /// What the service does without its database server.
    pub(crate) without_server: OnceLock<Finding>,
    pub(crate) rotated: OnceLock<Finding>,
}

impl<'a> Shared<'a> {
    pub(crate) fn new(inputs: Inputs<'a>) -> io::Result<Self> {
        let host = inputs.options.start.dns_name.clone();
        let client = Client::new(host.as_deref().unwrap_or(HOST))?;
        Ok(Self { inputs, client, mark: mark(), ledger: Ledger::default(), main: OnceLock::new() })
    }

    pub(crate) fn lane(&'a self, place: Place) -> Runs<'a> {
        Runs {
            shared: self,
            place,
            redactor: self.inputs.redactor.of_a_lane(),
            bounds: Bounds::default(),
            at_start: Cell::default(),
            latest: RefCell::default(),
            remover: Remover::new(),
        }
    }
}

impl Runs<'_> {
    /// Nothing is at work beside what is decided from here on, which takes so many containers.
    pub(crate) fn calm(&self, containers: usize) {
        (0..containers).for_each(|_| self.prepared.expect_another());
        self.remover.finish();
        self.prepared.rest();
    }

    pub(crate) fn config(&self) -> &Config {
        &self.image.config
    }

    /// What every container is started with.
    pub(crate) fn run(&self) -> Run {
        self.run_at(self.place)
    }

    fn run_at(&self, place: Place) -> Run {
        let mut run = self.run_without_database();
        self.database.put_into(&mut run, place);
        run
    }

    fn run_without_database(&self) -> Run {
        let mut run = Run {
            env: self.options.env.clone(),
            port: self.port.clone().ok(),
            disk_bytes: self.options.disk_bytes,
            ..Run::default()
        };
        self.options.start.put_into(&mut run);
        self.put_dependencies_into(&mut run);
        run
    }

    /// The main container, started at the first call.
    pub(crate) fn main(&self) -> Result<&Main, &Down> {
        self.main.get_or_init(|| self.start_main().map_err(|down| self.explained(down))).as_ref()
    }

    fn start_main(&self) -> Result<Main, Down> {
        let mut users = Users::default();
        // Whichever lane comes first.
        let run = self.run_at(Place::Main);
        let container = self.start(&run, None)?;
        let mut up =
            self.wait_for_connection(container, run.port, Until::Healthy, Some(&mut users), self.options.timeout)?;
        up.silent = up.silent.map(|silent| self.explained(silent));
        let api = if up.silent.is_some() { Err(self.no_port()) } else { self.api(&up) };
        let settled = match (&api, &self.port) {
            (Ok(api), Ok(port)) => self.settle(up.container.as_ref(), api, *port, self.options.timeout),
            _ => None,
        };
        let (settled_after, settled_by) = settled.unzip();
        users.look(up.container.as_ref());
        self.expect_another();
        Ok(Main {
            up,
            api,
            settled_after,
            settled_by,
            users: Mutex::new(users),
            answered: AtomicUsize::new(0),
            seen: Seen::default(),
            bounds: self.bounds.clone(),
        })
    }

    fn api(&self, up: &Up) -> Result<OpenApi, String> {
        let port = self.port.clone()?;
        let service = self.service(up.container.as_ref(), port);
        openapi::find(&service, self.access.place.as_deref(), &self.access.headers(None)?)
    }

    pub(crate) fn service<'s>(&'s self, container: &'s dyn Container, port: u16) -> Service<'s> {
        Service {
            client: &self.client,
            container,
            port,
            within: self.options.timeout,
            redactor: &self.redactor,
            credentials: if self.access.names_somebody() { NOT_TAKEN } else { CREDENTIALS },
            answered: Cell::new(0),
        }
    }

    pub(crate) fn requests<'s>(&'s self, api: &'s OpenApi) -> Crud<'s> {
        Crud {
            api,
            mark: &self.mark,
            must_remove: self.database.is_given_server(),
            // Without credentials that can be used no document is looked for.
            login: self.access.headers(Some(api)).unwrap_or_default(),
            beside: RefCell::default(),
        }
    }

    /// Why nothing can be asked over HTTP.
    pub(crate) fn no_port(&self) -> String {
        self.port.clone().err().unwrap_or_else(|| "no connection was accepted".to_owned())
    }

    /// Removes from the user's own database what this verification created in it; how much remains is returned.
    pub(crate) fn clean(&self) -> usize {
        if !self.database.is_given_server() || !self.ledger.close() {
            return 0;
        }
        let mut rows = self.ledger.rows();
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
impl Drop for Shared<'_> {
    fn drop(&mut self) {
        // A second unwinding out of a destructor would abort before the containers are removed.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.lane(Place::Main).clean()));
        let main = self.main.take();
        std::thread::scope(|scope| {
            scope.spawn(|| drop(main));
            self.inputs.database.end();
        });
    }
}

/// Whoever panicked holding it left what can be used.
pub(crate) fn held<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `30 s`, `250 ms`, `0.5 ms`.
pub(crate) fn seconds(time: Duration) -> String {
    if time < BRIEF {
        format!("{} ms", (time.as_secs_f64() * 1e6).round() / 1e3)
    } else if time.subsec_millis() == 0 && !time.is_zero() {
        format!("{} s", time.as_secs())
    } else {
        format!("{} ms", time.as_millis())
    }
}

/// Sixteen hexadecimal digits that no other run has.
pub(crate) fn mark() -> String {
    use std::hash::{BuildHasher as _, Hasher as _};
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_a_round_unit() {
        for (micros, expected) in [
            (0, "0 ms"),
            (1, "0.001 ms"),
            (1500, "1.5 ms"),
            (5000, "5 ms"),
            (250_000, "250 ms"),
            (1_500_000, "1500 ms"),
            (30_000_000, "30 s"),
        ] {
            assert_eq!(seconds(Duration::from_micros(micros)), expected);
        }
    }
}
