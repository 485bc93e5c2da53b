//! The stop signal after the steps, and while one of their requests is under way.

use std::cell::Cell;
use std::time::Instant;

use seaworthy_engine::Container;
use seaworthy_report::Verdict;
use seaworthy_spec::{Request as Wanted, Scenario, Step};

use super::shows::{ends_container, is_taken, request, writes};
use super::{again, not_running};
use crate::Finding;
use crate::http::{Request, Response};
use crate::run::Runs;
use crate::run::scenario::Play;
use crate::run::stop::{Asked, Begun, Stopped, begin};

impl Runs<'_> {
    pub(in crate::run) fn stops_by_steps(&self, scenario: &Scenario, asked: &Asked) -> Result<Finding, String> {
        let work = self.work(scenario)?;
        if ends_container(scenario) {
            return Err("the signal comes after them, and `restart`, `stop`, `exits` or another `start` end the container before".to_owned());
        }
        let mut play = Play::under(self, &not_running, self.run());
        let played = (0..work.rounds()).try_for_each(|round| again(&mut play, scenario, round));
        let mut is_wrong = false;
        let finding = match played {
            Ok(()) => self.stopped_after(&mut play, scenario, asked, &mut is_wrong).unwrap_or_else(|finding| finding),
            Err(finding) => Finding::unproven(format!("the steps before the signal do not hold: {}", finding.evidence)),
        };
        play.finish();
        Ok(if is_wrong && finding.verdict == Verdict::Fail {
            self.compared_again(scenario, work.rounds(), finding)
        } else {
            finding
        })
    }

    /// `is_wrong`: the request in flight was answered, and otherwise than its step says.
    fn stopped_after(
        &self,
        play: &mut Play<'_, '_>,
        scenario: &Scenario,
        asked: &Asked,
        is_wrong: &mut bool,
    ) -> Result<Finding, Finding> {
        let told = play.told();
        let finding = match (&self.port, with_body(scenario).and_then(request)) {
            (Ok(port), Some(wanted)) => {
                play.renew_run();
                let request = play.request_of(wanted)?;
                let is_judged_wrong = Cell::new(false);
                let judge = |answer: &Response| {
                    let judged = play.judge(wanted, answer);
                    judged.map_err(|wrong| meant(wrong, wanted.answer.status, answer.status)).inspect_err(|wrong| {
                        is_judged_wrong.set(wrong.verdict == Verdict::Fail);
                    })
                };
                let what = format!("{} {}", wanted.method, wanted.path);
                let stopped = Stopped { api: None, path: &request.path, what: &what, judge: Some(&judge), asked };
                let finding = self.stopped_while(container(play)?, *port, &request, &stopped);
                *is_wrong = is_judged_wrong.get();
                finding
            }
            // It may be answered before the signal comes, and then nothing was in flight.
            (Ok(_), None) => Finding::unproven(format!(
                "{}, with nothing in flight: add a step with a body, which can be held open during the signal",
                self.signalled(container(play)?, asked)?
            )),
            (Err(_), _) => Finding::pass(self.signalled(container(play)?, asked)?)
                .warn("whether a job under way at the signal is finished was not seen"),
        };
        Ok(if finding.verdict == Verdict::Pass {
            Finding { evidence: crate::one_line(&format!("after {told}: {}", finding.evidence)), ..finding }
        } else {
            finding
        })
    }

    /// Half of the request's body is sent before the signal, the rest behind it.
    fn stopped_while(&self, container: &dyn Container, port: u16, request: &Request, stopped: &Stopped<'_>) -> Finding {
        let Stopped { what, asked, .. } = stopped;
        match begin(container, port, self.client.host(), request) {
            Ok(Begun::Held(held)) => self.stop_held(container, vec![held], stopped, &mut Vec::new()),
            Ok(Begun::Early(status)) => match self.signalled(container, asked) {
                Ok(end) => Finding::unproven(format!(
                    "{end}; {what} answered {status} before its body was whole, so that none could be held open"
                )),
                Err(finding) => finding,
            },
            Err(error) => Finding::unproven(format!("{what} cannot be begun: {error}")),
        }
    }

    /// A request that is answered rightly only once is not wrong for the signal's sake.
    fn compared_again(&self, scenario: &Scenario, rounds: usize, finding: Finding) -> Finding {
        let mut play = Play::under(self, &not_running, self.run());
        let played = (0..rounds).try_for_each(|round| again(&mut play, scenario, round)).and_then(|()| {
            play.renew_run();
            play.all(with_body(scenario).map_or(&[], std::slice::from_ref)).map_err(|(_, finding)| *finding)
        });
        play.finish();
        match played {
            Ok(()) => finding.with("without the signal the same request is answered rightly a second time"),
            Err(without) => Finding::unproven(format!(
                "{}; the same request is not answered rightly a second time without the signal either: {}",
                finding.evidence, without.evidence
            )),
        }
    }

    /// How it ends with nothing in flight.
    fn signalled(&self, container: &dyn Container, asked: &Asked) -> Result<String, Finding> {
        self.runs_until_the_signal(container)?;
        let signalled = Instant::now();
        container.signal(asked.signal).map_err(|error| self.engine_failed(&error))?;
        self.end(container, signalled, asked)
    }
}

/// What a wrong answer to the held request means: sent a second time, a request may rightly be taken with another status, or refused.
fn meant(wrong: Finding, wanted: u16, answered: u16) -> Finding {
    let is_another = wanted != answered && answered < 500;
    if is_another { Finding::unproven(wrong.evidence) } else { wrong }
}

/// The last write with a body.
fn with_body(scenario: &Scenario) -> Option<&Step> {
    let is_held =
        |request: &Wanted| !request.on_another && writes(request) && is_taken(request) && request.body.is_some();
    scenario.steps.iter().rfind(|step| request(step).is_some_and(is_held))
}

fn container<'p>(play: &'p Play<'_, '_>) -> Result<&'p dyn Container, Finding> {
    play.running().ok_or_else(|| Finding::unproven("no container of the steps runs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_status_to_the_held_request_is_a_failure_only_where_the_service_broke() {
        for (answered, expected) in [
            (200, Verdict::Unproven),
            (204, Verdict::Unproven),
            (303, Verdict::Unproven),
            // The body is wrong.
            (201, Verdict::Fail),
            (409, Verdict::Unproven),
            (503, Verdict::Fail),
        ] {
            assert_eq!(meant(Finding::fail("wrong"), 201, answered).verdict, expected, "{answered}");
        }
    }
}
