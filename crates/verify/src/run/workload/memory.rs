//! The steps under a limit of memory, again and again.

use std::time::{Duration, Instant};

use seaworthy_engine::{Container, Run, Status};
use seaworthy_report::{Verdict, size};
use seaworthy_spec::Scenario;

use super::shows::{Work, ends_container};
use super::{Wrong, again, not_running, times};
use crate::Finding;
use crate::run::Runs;
use crate::run::memory::{LONGEST, Load, SHORTEST, STEADY};
use crate::run::scenario::Play;

/// Between two looks where nothing more is done.
const PAUSE: Duration = Duration::from_millis(50);
/// In a database that somebody gave nobody removes what steps write.
const MOST_IN_A_GIVEN_DATABASE: usize = 3;

impl Runs<'_> {
    pub(in crate::run) fn memory_by_steps(&self, scenario: &Scenario, limit_bytes: u64) -> Result<Finding, String> {
        let work = self.work(scenario)?;
        if ends_container(scenario) {
            return Err(
                "its memory is read while one container runs, and `restart`, `stop`, `exits` or another `start` end it"
                    .to_owned(),
            );
        }
        let run = Run { memory_limit_bytes: Some(limit_bytes), ..self.run() };
        let mut play = Play::under(self, &not_running, run);
        let (load, wrong) = self.work_through(&mut play, scenario, work, limit_bytes);
        let limit = format!("under a limit of {}", size(limit_bytes));
        let has_died = play.running().is_some_and(has_died);
        let under_limit = play.running().map(|container| self.under_limit(container, limit_bytes, load));
        play.finish();
        Ok(match (wrong, under_limit) {
            (None, Some(finding)) => finding,
            (None, None) => Finding::unproven("no container of the steps runs"),
            (Some(wrong), under_limit) => match self.compared(scenario, &limit, wrong) {
                // Killed for memory says more than what a request met.
                compared if compared.verdict == Verdict::Fail => {
                    let died = under_limit.filter(|finding| has_died && finding.verdict == Verdict::Fail);
                    died.unwrap_or(compared)
                }
                compared => compared,
            },
        })
    }

    /// Until the peak no longer grows, as the requests of a document are sent.
    fn work_through(
        &self,
        play: &mut Play<'_, '_>,
        scenario: &Scenario,
        work: Work,
        limit_bytes: u64,
    ) -> (Load, Option<Wrong>) {
        let most = if self.database.is_given_server() { MOST_IN_A_GIVEN_DATABASE } else { usize::MAX };
        let started = Instant::now();
        let (mut peak, mut steady_since, mut rounds) = (0, Instant::now(), 0);
        loop {
            let played = if rounds < most { again(play, scenario, rounds) } else { Ok(()) };
            if rounds >= most {
                std::thread::sleep(PAUSE);
            }
            let wrong = played.err().map(|finding| Wrong { round: rounds, finding: Box::new(finding) });
            rounds += usize::from(rounds < most && wrong.is_none());
            let memory = play.running().and_then(|container| container.memory().ok().flatten());
            let now = memory.map_or(peak, |memory| memory.peak_bytes);
            // What steps leave behind, a row or a page of the cache, is no growth that the limit would feel.
            if now > peak + (peak / 20).max(limit_bytes / 100) {
                (peak, steady_since) = (now, Instant::now());
            }
            let (watched, is_steady) = (started.elapsed(), steady_since.elapsed() >= STEADY);
            let is_enough = rounds >= work.rounds() && (watched >= LONGEST || (watched >= SHORTEST && is_steady));
            if wrong.is_some() || is_enough {
                let did = format!("its steps held {}", times(rounds));
                let told = wrong.as_ref().map(|wrong| (*wrong.finding).clone());
                return (Load { wrong: told, did, watched, grows: !is_steady }, wrong);
            }
        }
    }
}

/// Whether it ended, or one of its processes was killed for memory.
fn has_died(container: &dyn Container) -> bool {
    let has_kills = || container.memory().ok().flatten().is_some_and(|memory| memory.kills > 0);
    matches!(container.status(), Ok(Status::Exited(_))) || has_kills()
}
