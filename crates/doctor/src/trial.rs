//! One run of a copy, and what was seen of it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use seaworthy_engine::{Container, EngineError, Exit, Health, HealthStatus, Logs, Prepared, Run, Status};

/// For a copy that listens to be found healthy: its check runs every second.
const ASKED: Duration = Duration::from_millis(3500);
/// For a check to see that its service answers well.
const TURNS: Duration = Duration::from_millis(1500);
/// Between two looks.
const POLL: Duration = Duration::from_millis(50);

/// How far a copy is followed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For it to end or to listen.
    pub(crate) settle: Duration,
    /// For a health check to decide, from the start.
    pub(crate) health: Duration,
    /// For one that listens to end after all.
    pub(crate) stable: Duration,
}

/// A copy that ran, or still runs.
pub(crate) struct Trial {
    pub(crate) outcome: Outcome,
    pub(crate) logs: Logs,
    pub(crate) listening: Vec<SocketAddr>,
    /// From the start to the first socket that listens.
    pub(crate) listening_after: Option<Duration>,
    pub(crate) health: Option<Health>,
    pub(crate) took: Duration,
    /// While it runs.
    pub(crate) container: Option<Box<dyn Container>>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The engine cannot start what the image names, for this reason.
    Refused(String),
    Exited(Exit),
    Runs,
}

impl Trial {
    /// Starts a copy and follows it until it has ended, or is what it will be.
    ///
    /// # Errors
    ///
    /// Fails if the engine does.
    pub(crate) fn of(prepared: &dyn Prepared, run: &Run, patience: Patience) -> Result<Self, EngineError> {
        let started = Instant::now();
        match prepared.start(run, None) {
            Ok(container) => Self::follow(container, patience, run.instead.health_check.is_some()),
            Err(EngineError::Start { reason }) => Ok(Self {
                outcome: Outcome::Refused(reason),
                logs: Logs::default(),
                listening: Vec::new(),
                listening_after: None,
                health: None,
                took: started.elapsed(),
                container: None,
            }),
            Err(error) => Err(error),
        }
    }

    fn follow(container: Box<dyn Container>, patience: Patience, is_probed: bool) -> Result<Self, EngineError> {
        let started = container.started_at();
        let (mut listening, mut listening_after) = (Vec::new(), None);
        let mut health = None;
        let outcome = loop {
            if let Some(exit) = container.wait(POLL)? {
                break Outcome::Exited(exit);
            }
            let age = started.elapsed();
            if listening_after.is_none() {
                listening = container.listening().ok().flatten().unwrap_or_default();
                listening_after = (!listening.is_empty()).then_some(age);
            }
            if is_probed {
                health = Some(container.health()?);
            }
            let status = health.as_ref().map(|health| health.status);
            let is_tried = health.as_ref().is_some_and(|health| !health.output.is_empty());
            let settled = listening_after.is_some_and(|since| age >= since + patience.stable) || age >= patience.settle;
            let asked_enough = listening_after.is_some_and(|since| age >= since + ASKED) || age >= patience.health;
            let decided = match status {
                // A first try that has not ended has not failed.
                Some(HealthStatus::Starting) => asked_enough && (is_tried || age >= patience.health),
                Some(HealthStatus::Unhealthy) => listening_after.is_some() || age >= patience.health,
                _ => true,
            };
            if settled && decided {
                break Outcome::Runs;
            }
        };
        let runs = outcome == Outcome::Runs;
        if runs {
            listening = container.listening().ok().flatten().unwrap_or(listening);
        }
        let logs = container.logs()?;
        let container = runs.then_some(container);
        Ok(Self { outcome, logs, listening, listening_after, health, took: started.elapsed(), container })
    }

    /// Both streams: what a program says last is on stderr.
    pub(crate) fn text(&self) -> String {
        both(&self.logs)
    }

    pub(crate) fn is_healthy(&self) -> bool {
        self.health.as_ref().is_none_or(|health| health.status == HealthStatus::Healthy)
    }

    /// Whether a copy whose service answers well by now is found healthy soon.
    ///
    /// # Errors
    ///
    /// Fails if the engine does.
    pub(crate) fn turns_healthy(&mut self) -> Result<bool, EngineError> {
        let Some(container) = &self.container else { return Ok(self.is_healthy()) };
        let until = Instant::now() + TURNS;
        loop {
            self.health = self.health.take().map(|_| container.health()).transpose()?;
            if self.is_healthy() || Instant::now() > until {
                return Ok(self.is_healthy());
            }
            std::thread::sleep(POLL);
        }
    }

    /// In a few words.
    pub(crate) fn told(&self) -> String {
        match &self.outcome {
            Outcome::Refused(reason) => format!("does not start: {reason}"),
            Outcome::Exited(exit) => exit_told(*exit, Some(self.took)),
            Outcome::Runs if self.listening.is_empty() => {
                format!("runs after {:.1} s, and listens nowhere", self.took.as_secs_f64())
            }
            Outcome::Runs => {
                let ports: Vec<String> = self.listening.iter().map(ToString::to_string).collect();
                let health = match self.health.as_ref().map(|health| health.status) {
                    Some(HealthStatus::Healthy) => ", healthy",
                    Some(HealthStatus::Unhealthy) => ", unhealthy",
                    Some(HealthStatus::Starting) => ", not healthy yet",
                    _ => "",
                };
                format!("runs, and listens on {}{health}", ports.join(", "))
            }
        }
    }
}

/// `exit 1 after 0.2 s`
pub(crate) fn exit_told(exit: Exit, after: Option<Duration>) -> String {
    let memory = if exit.out_of_memory { ", killed for memory" } else { "" };
    let after = after.map(|after| format!(" after {:.1} s", after.as_secs_f64())).unwrap_or_default();
    format!("exit {}{memory}{after}", exit.code)
}

pub(crate) fn both(logs: &Logs) -> String {
    format!("{}\n{}", logs.stdout.trim_end(), logs.stderr.trim_end())
}

/// Waits for an end, and tells how long it took.
pub(crate) fn ended_within(container: &dyn Container, time: Duration) -> Result<Option<(Exit, Duration)>, EngineError> {
    let began = Instant::now();
    let exit = match container.status()? {
        Status::Exited(exit) => Some(exit),
        Status::Running => container.wait(time)?,
    };
    Ok(exit.map(|exit| (exit, began.elapsed())))
}
