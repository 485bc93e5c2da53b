//! Starting a container, and waiting until it is up.

use std::io;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use seaworthy_engine::{Container, EngineError, Run, Status, Volumes};

use super::bounds::Bounded;
use super::down::only_inside;
use super::remover::Storage;
use super::{Down, Main, Runs, Users};
use crate::http::{HttpError, Request};
use crate::openapi::OpenApi;
use crate::service::told;

/// Between two looks at a container that is starting: the first one, and the longest.
const POLL: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(20));
/// Between two looks at a container's processes while it starts.
const USERS_POLL: Duration = Duration::from_millis(25);
/// How long a container is watched whose port is not known.
const BLIND: Duration = Duration::from_millis(500);
/// Between two looks at where a container listens that takes no connections.
const INSIDE_POLL: Duration = Duration::from_millis(250);
/// How long a port must have been listened on at this machine's own address alone.
const INSIDE: Duration = Duration::from_secs(1);
/// How long a container that may never become ready is given at least.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long an accepted connection must stay open to count: a forwarder accepts before it knows.
const ACCEPTED: Duration = Duration::from_millis(20);

/// A container that runs and, where its port is known, takes connections.
pub(crate) struct Up {
    pub(crate) container: Bounded,
    /// From the start to the first accepted connection; `None` where no port is known.
    pub(crate) listening_after: Option<Duration>,
    /// From the start to the first 2xx of the health path.
    pub(crate) healthy_after: Option<Duration>,
    /// The last answer of the health path that was none, where it never was 2xx.
    pub(crate) ill: Option<String>,
    /// The health path redirected twice in a row.
    pub(crate) is_redirected: bool,
    /// Why it cannot be reached, where its port is known and nothing listens there.
    pub(crate) silent: Option<Down>,
}

/// What a container is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// A 2xx of the health path, where one is known; else an accepted connection.
    Healthy,
    /// An accepted connection.
    Listening,
}

impl Runs<'_> {
    /// Waits while the service says that it is not yet ready for work: healthy it may be long before its database answers.
    ///
    /// Returns how long that took from the container's start, and what answered; `None` where it did not come to that.
    pub(super) fn settle(
        &self,
        container: &dyn Container,
        api: &OpenApi,
        port: u16,
        within: Duration,
    ) -> Option<(Duration, String)> {
        let (collections, _) = api.collections();
        let listed =
            collections.iter().find(|collection| collection.list.is_some() && !collection.path.contains('{'))?;
        let path = api.path(&listed.path);
        let request = self.requests(api).get(&path);
        let started = container.started_at();
        let mut pause = POLL.0;
        loop {
            let left = within.saturating_sub(started.elapsed());
            let patience = left.max(Duration::from_millis(50));
            let answer = self.client.send(container, port, &request, patience);
            let after = started.elapsed();
            if let Ok(answer) = answer
                && !matches!(answer.status, 502..=504)
            {
                return Some((after, format!("GET {path} {}", answer.status)));
            }
            let runs = matches!(container.status(), Ok(Status::Running));
            if after >= within || !runs {
                return None;
            }
            std::thread::sleep(pause);
            pause = (pause * 3 / 2).min(POLL.1);
        }
    }

    /// How long a container is given that may never do what the main one does: longer than that one took, so that it is not taken for one
    /// that never will.
    pub(crate) fn patience(&self) -> Duration {
        let main = self.main().ok();
        let took = main.and_then(|main| main.settled_after.max(main.up.healthy_after).max(main.up.listening_after));
        PATIENCE.max(took.unwrap_or_default() * 10).min(self.options.timeout)
    }

    /// Waits until a container takes connections.
    pub(crate) fn listening(&self, container: Bounded, port: Option<u16>, within: Duration) -> Result<Bounded, Down> {
        let up = self.wait_for_connection(container, port, Until::Listening, None, within)?;
        up.silent.map_or(Ok(up.container), Err)
    }

    /// Whether a container that takes connections does what the main one does when it is ready for work, at most so long after its start.
    pub(crate) fn becomes_ready(&self, container: &dyn Container, port: u16, within: Duration) -> Result<bool, Down> {
        let Ok(main) = self.main() else { return Ok(true) };
        let path = self.health_path.as_deref().filter(|_| main.up.healthy_after.is_some());
        let started = container.started_at();
        let mut pause = POLL.0;
        while let Some(path) = path {
            let left = within.saturating_sub(started.elapsed());
            let answer = self.client.send(container, port, &Request::get(path), left.max(Duration::from_millis(50)));
            if answer.is_ok_and(|answer| answer.is_success()) {
                break;
            }
            match container.status() {
                Err(error) => return Err(self.down(&error)),
                Ok(Status::Exited(exit)) => return Err(self.exited(container, exit)),
                Ok(Status::Running) if left.is_zero() => return Ok(false),
                Ok(Status::Running) => std::thread::sleep(pause.min(left)),
            }
            pause = (pause * 3 / 2).min(POLL.1);
        }
        Ok(match main {
            Main { api: Ok(api), settled_after: Some(_), .. } => self.settle(container, api, port, within).is_some(),
            _ => true,
        })
    }

    /// What to wait for in a container that is like the main one.
    pub(crate) fn until(&self) -> Until {
        match self.main() {
            Ok(main) if main.up.healthy_after.is_none() => Until::Listening,
            _ => Until::Healthy,
        }
    }

    /// Fresh storage for declared volumes, to outlive one container.
    pub(crate) fn storage(&self) -> Result<Storage<'_>, EngineError> {
        Ok(Storage::new(self.prepared.volumes()?, &self.remover))
    }

    /// Has the engine make ready for one more container, where nothing that is measured is disturbed by that.
    pub(super) fn expect_another(&self) {
        if self.remover.is_beside() {
            self.prepared.expect_another();
        }
    }

    /// Starts a container.
    pub(crate) fn start(&self, run: &Run, volumes: Option<&dyn Volumes>) -> Result<Bounded, Down> {
        self.nothing_logged();
        let started = self.prepared.start(run, volumes).map_err(|error| self.down(&error))?;
        Ok(self.bounds.around(started, run))
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
        container: Bounded,
        port: Option<u16>,
        until: Until,
        users: Option<&mut Users>,
        within: Duration,
    ) -> Result<Up, Down> {
        let up = self.wait_for_connection(container, port, until, users, within)?;
        if let Some(silent) = up.silent {
            return Err(silent);
        }
        if let Some(port) = port {
            self.let_settle(up.container.as_ref(), port, within);
        }
        self.note_start(up.container.as_ref());
        self.expect_another();
        Ok(up)
    }

    /// Gives a container like the main one the time to become like it. While the main one is made there is nothing to be like.
    pub(super) fn let_settle(&self, container: &dyn Container, port: u16, within: Duration) {
        if let Some(Ok(Main { api: Ok(api), settled_after: Some(_), .. })) = self.main.get() {
            self.settle(container, api, port, within);
        }
    }

    /// As [`Runs::wait`], also for one that runs and cannot be reached.
    pub(super) fn wait_for_connection(
        &self,
        container: Bounded,
        port: Option<u16>,
        until: Until,
        mut users: Option<&mut Users>,
        within: Duration,
    ) -> Result<Up, Down> {
        let started = container.started_at();
        let mut up =
            Up { container, listening_after: None, healthy_after: None, ill: None, is_redirected: false, silent: None };
        let mut redirected = false;
        let mut inside: Option<Instant> = None;
        let mut looked_inside = started;
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
                self.probe(&mut up, port, path, left, &mut redirected);
                let done = if path.is_some() { up.healthy_after.is_some() } else { up.listening_after.is_some() };
                if done || up.is_redirected {
                    return Ok(up);
                }
                if up.listening_after.is_none() && looked_inside.elapsed() >= INSIDE_POLL {
                    looked_inside = Instant::now();
                    let listening = up.container.listening().ok().flatten().unwrap_or_default();
                    let is_inside = only_inside(&listening, port).is_some();
                    inside = is_inside.then(|| inside.unwrap_or(looked_inside));
                }
            }
            match up.container.status() {
                Err(error) => return Err(self.down(&error)),
                Ok(Status::Exited(exit)) => return Err(self.exited(up.container.as_ref(), exit)),
                Ok(Status::Running) => {}
            }
            // Nobody else can listen on a port that is taken, so that more time would change nothing.
            let stays_inside = inside.is_some_and(|since| since.elapsed() >= INSIDE);
            if left.is_zero() || stays_inside {
                if up.listening_after.is_none() {
                    up.silent = port.map(|port| self.silent(up.container.as_ref(), port, within));
                }
                return Ok(up);
            }
            std::thread::sleep(pause.min(left));
            pause = (pause * 3 / 2).min(POLL.1);
        }
    }

    /// One look from outside.
    fn probe(&self, up: &mut Up, port: u16, path: Option<&str>, left: Duration, redirected: &mut bool) {
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
                    // A service that is not ready says so by a status of its own: who redirects does it again.
                    up.is_redirected = std::mem::replace(redirected, is_redirect(answer.status)) && *redirected;
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
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Whether a connection is accepted and stays open for a moment.
pub(crate) fn accepts(container: &dyn Container, port: u16, within: Duration) -> bool {
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
