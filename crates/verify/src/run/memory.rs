//! `memory.under`: the CRUD requests under a limit.

use std::time::{Duration, Instant};

use seaworthy_engine::{Container, Run, Status};
use seaworthy_report::{Verdict, size as megabytes};
use seaworthy_spec::Scenario;

use super::{Down, Main, Runs, Up};
use crate::Finding;
use crate::crud::SCENARIO;
use crate::openapi::OpenApi;

/// How long it is watched at least, and at most.
pub(super) const SHORTEST: Duration = Duration::from_secs(3);
pub(super) const LONGEST: Duration = Duration::from_secs(10);
/// How long its peak must not have grown by a twentieth.
pub(super) const STEADY: Duration = Duration::from_secs(2);

/// What a container did under its limit.
pub(super) struct Load {
    /// What went wrong, where something did.
    pub(super) wrong: Option<Finding>,
    /// `12 requests answered rightly`
    pub(super) did: String,
    pub(super) watched: Duration,
    /// The peak was still growing at the end.
    pub(super) grows: bool,
}

impl Runs<'_> {
    /// By the service's document, and by the promise's own steps.
    pub(crate) fn memory_under(&self, main: &Main, limit_bytes: u64, steps: Option<&Scenario>) -> Finding {
        match main.up.container.memory() {
            Ok(Some(_)) => {}
            Ok(None) => {
                return Finding::unproven(format!("the engine {} has no memory controller here", self.engine));
            }
            Err(error) => return self.engine_failed(&error),
        }
        self.both(self.memory_by_document(main, limit_bytes), steps, |steps| self.memory_by_steps(steps, limit_bytes))
    }

    fn memory_by_document(&self, main: &Main, limit_bytes: u64) -> Finding {
        let limit = megabytes(limit_bytes);
        let (api, port) = match (&main.api, &self.port) {
            (Ok(api), Ok(port)) => (api, *port),
            (Err(why), Ok(_)) => return Finding::unproven(format!("{why}; {SCENARIO}")),
            (_, Err(_)) => return Finding::unproven(self.no_port()),
        };
        let run = Run { memory_limit_bytes: Some(limit_bytes), ..self.run() };
        let up = match self.up(&run, None, self.until(), None) {
            Ok(up) => up,
            Err(down @ Down::Fault { .. }) => {
                return down.finding(&format!("under a limit of {limit}"), Finding::fail);
            }
            Err(Down::Missing(why)) => return Finding::unproven(why),
        };
        let load = self.work_hard(&up, api, port);
        let is_wrong = load.wrong.is_some();
        let finding = self.under_limit(up.container.as_ref(), limit_bytes, load);
        self.retire(up.container, "a container under a memory limit");
        if finding.verdict == Verdict::Pass || !is_wrong {
            return finding;
        }
        let without_limit = self.crud(main);
        if without_limit.verdict != Verdict::Pass {
            let why = format!("CRUD is not right without a limit either: {}", without_limit.evidence);
            return Finding::unproven(why);
        }
        finding
    }

    /// What a container under its limit shows.
    pub(super) fn under_limit(&self, container: &dyn Container, limit_bytes: u64, load: Load) -> Finding {
        let limit = megabytes(limit_bytes);
        let Load { wrong, did, watched, grows } = load;
        let memory = match (container.memory(), container.status()) {
            (_, Ok(Status::Exited(exit))) => {
                return self.exited(container, exit).finding(&format!("under a limit of {limit}"), Finding::fail);
            }
            (Err(error), _) | (_, Err(error)) => return self.engine_failed(&error),
            (Ok(None), _) => {
                return Finding::unproven(format!("the engine {} cannot see the container's memory", self.engine));
            }
            (Ok(Some(memory)), Ok(Status::Running)) => memory,
        };
        let peak = megabytes(memory.peak_bytes);
        match wrong {
            _ if memory.kills > 0 => Finding::fail(format!(
                "{} killed for memory under a limit of {limit}, peak {peak}",
                if memory.kills == 1 { "a process was".to_owned() } else { format!("{} processes were", memory.kills) }
            )),
            Some(wrong) => Finding { evidence: format!("under a limit of {limit}: {}", wrong.evidence), ..wrong },
            None if memory.peak_bytes > limit_bytes => Finding::fail(format!("peak {peak}, the limit is {limit}")),
            None => {
                let seconds = watched.as_secs_f64().round();
                let passed = Finding::pass(format!("peak {peak} under a limit of {limit}, {did} in {seconds} s"));
                if grows { passed.warn(format!("the peak still grew after {} s", LONGEST.as_secs())) } else { passed }
            }
        }
    }

    /// Goes through the specification's scenarios once and through every collection again and again, until the peak no longer grows.
    fn work_hard(&self, up: &Up, api: &OpenApi, port: u16) -> Load {
        let started = Instant::now();
        let container = up.container.as_ref();
        let scenarios = self.scenarios.iter().filter(|scenario| self.replay(scenario, container)).count();
        let mut answered = 0;
        let (mut peak, mut steady_since) = (0, Instant::now());
        loop {
            let service = self.service(up.container.as_ref(), port);
            let finding = self.requests(api).all(&service, &mut self.ledger.rows());
            answered += service.answered.get();
            let now = up.container.memory().ok().flatten().map_or(peak, |memory| memory.peak_bytes);
            if now > peak + peak / 20 {
                (peak, steady_since) = (now, Instant::now());
            }
            let (watched, is_steady) = (started.elapsed(), steady_since.elapsed() >= STEADY);
            let wrong = (finding.verdict != Verdict::Pass).then_some(finding);
            if wrong.is_some() || watched >= LONGEST || (watched >= SHORTEST && is_steady) {
                let scenarios = match scenarios {
                    0 => String::new(),
                    1 => ", 1 scenario".to_owned(),
                    many => format!(", {many} scenarios"),
                };
                let did = format!("{answered} requests answered rightly{scenarios}");
                return Load { wrong, did, watched, grows: !is_steady };
            }
        }
    }
}
