//! The load generator: many clients of an HTTP service, each with one request under way, in one thread.
//!
//! It shares the machine with what it measures, so it is made to cost little: keep-alive connections over epoll, and
//! nothing allocated for a request. What it could do at most is measured against the [`responder`].

mod answer;
mod client;
mod operation;
pub(crate) mod responder;
mod talk;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};

use client::{Client, Progress};
pub(crate) use operation::{DESCRIPTION_SQL, Operation, TITLE_SQL};
pub(crate) use talk::Talk;

/// How long a client waits for its answer before that counts as none.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often clients are looked at that wait.
const LOOK: Duration = Duration::from_millis(100);
/// What is read at a time.
const BUFFER_BYTES: usize = 256 << 10;

/// What is to be done.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) operation: Operation,
    pub(crate) clients: usize,
    /// Before anything is counted.
    pub(crate) warm_up: Duration,
    pub(crate) time: Duration,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Right answers a second, within the time that counts.
    pub(crate) rate: f64,
    /// Right answers in all, those of the warm-up and after the end too.
    pub(crate) answered: u64,
    /// Of the time that counts, in microseconds, the shortest first.
    latencies: Vec<u32>,
    /// Everything that went wrong at any time, by what it was.
    pub(crate) failures: BTreeMap<String, u64>,
}

impl Outcome {
    /// The latency that this share of the answers did not exceed, in milliseconds.
    pub(crate) fn latency_ms(&self, percent: usize) -> f64 {
        let at = (self.latencies.len() * percent / 100).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(at).map_or(f64::NAN, |micros| f64::from(*micros) / 1e3)
    }
}

/// Keeps the clients busy for as long as the plan says, then waits for the last answers.
///
/// # Errors
///
/// Fails if the first connections cannot be made. What goes wrong after that is part of the outcome.
pub(crate) fn run(plan: &Plan) -> anyhow::Result<Outcome> {
    let mut run = Run::start(plan)?;
    let (mut events, mut buffer) = (Vec::with_capacity(256), vec![0; BUFFER_BYTES]);
    let pause = Timespec::try_from(LOOK)?;
    let mut looked = Instant::now();
    while run.waiting > 0 {
        match epoll::wait(&run.epoll, spare_capacity(&mut events), Some(&pause)) {
            Err(rustix::io::Errno::INTR) => {}
            found => drop(found?),
        }
        for event in events.drain(..) {
            let data = event.data;
            run.happened(usize::try_from(data.u64())?, &mut buffer);
        }
        if looked.elapsed() >= LOOK {
            looked = Instant::now();
            run.give_up(looked);
        }
    }
    Ok(run.end())
}

struct Run<'a> {
    plan: &'a Plan,
    epoll: OwnedFd,
    clients: Vec<Client>,
    /// Clients with a request under way.
    waiting: usize,
    /// When what is counted begins and ends.
    start: Instant,
    end: Instant,
    outcome: Outcome,
}

impl<'a> Run<'a> {
    fn start(plan: &'a Plan) -> anyhow::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let clients = (0..plan.clients).map(|at| Client::connect(plan.address, at));
        let clients = clients.collect::<Result<Vec<_>, _>>().context("cannot connect a client")?;
        let start = Instant::now() + plan.warm_up;
        let outcome = Outcome { latencies: Vec::with_capacity(2 << 20), ..Outcome::default() };
        let mut run = Self { plan, epoll, clients, waiting: 0, start, end: start + plan.time, outcome };
        for at in 0..plan.clients {
            run.watch(at)?;
            run.ask(at);
        }
        Ok(run)
    }

    fn watch(&self, at: usize) -> rustix::io::Result<()> {
        let data = epoll::EventData::new_u64(at as u64);
        epoll::add(&self.epoll, &self.clients[at].stream, data, epoll::EventFlags::IN)
    }

    /// Sends the next request of a client that has none under way.
    fn ask(&mut self, at: usize) {
        self.waiting += 1;
        if let Err(what) = self.clients[at].send(&self.plan.operation) {
            self.broken(at, what);
        }
    }

    /// Takes what a client got, and sends its next request.
    fn happened(&mut self, at: usize, buffer: &mut [u8]) {
        match self.clients[at].receive(&self.plan.operation, buffer) {
            Progress::Unfinished => {}
            Progress::Broken(what) => self.broken(at, what),
            progress => {
                let now = Instant::now();
                match (progress, self.clients[at].since.take()) {
                    (Progress::Right, Some(since)) => self.count(since, now),
                    (Progress::Wrong(what), _) => self.failed(what),
                    _ => {}
                }
                self.waiting -= 1;
                if now < self.end {
                    self.ask(at);
                }
            }
        }
    }

    fn count(&mut self, since: Instant, now: Instant) {
        self.outcome.answered += 1;
        if (self.start..self.end).contains(&now) {
            let micros = now.duration_since(since).as_micros();
            self.outcome.latencies.push(u32::try_from(micros).unwrap_or(u32::MAX));
        }
    }

    fn failed(&mut self, what: String) {
        *self.outcome.failures.entry(what).or_default() += 1;
    }

    /// Counts a request that will get no answer, and lets its client begin anew on another connection.
    fn broken(&mut self, at: usize, what: String) {
        let client = &mut self.clients[at];
        if client.since.take().is_some() {
            self.waiting -= 1;
        }
        self.failed(what);
        if Instant::now() >= self.end {
            let _ = epoll::delete(&self.epoll, &self.clients[at].stream);
            return;
        }
        match self.clients[at].reconnect(self.plan.address).and_then(|()| Ok(self.watch(at)?)) {
            Ok(()) => self.ask(at),
            Err(error) => self.failed(format!("a client has no more connection: {}", error.kind())),
        }
    }

    /// Takes those as unanswered that have waited too long.
    fn give_up(&mut self, now: Instant) {
        for at in 0..self.clients.len() {
            if self.clients[at].since.is_some_and(|since| now.duration_since(since) >= PATIENCE) {
                self.broken(at, format!("no answer within {} s", PATIENCE.as_secs()));
            }
        }
    }

    fn end(self) -> Outcome {
        let mut outcome = self.outcome;
        outcome.latencies.sort_unstable();
        #[expect(clippy::cast_precision_loss, reason = "what is answered in seconds is far less than 2^52")]
        let count = outcome.latencies.len() as f64;
        Outcome { rate: count / self.plan.time.as_secs_f64(), ..outcome }
    }
}
