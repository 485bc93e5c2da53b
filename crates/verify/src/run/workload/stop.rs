//! The stop signal after the steps, and while one of their requests is under way.

use std::time::Instant;

use seaworthy_engine::Container;
use seaworthy_spec::{Request as Wanted, Scenario};

use super::shows::{ends_container, request, writes};
use super::{again, not_running};
use crate::Finding;
use crate::http::Request;
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
        let finding = match played {
            Ok(()) => self.stopped_after(&mut play, scenario, asked).unwrap_or_else(|finding| finding),
            Err(finding) => Finding::unproven(format!("the steps before the signal do not hold: {}", finding.evidence)),
        };
        play.finish();
        Ok(finding)
    }

    fn stopped_after(&self, play: &mut Play<'_, '_>, scenario: &Scenario, asked: &Asked) -> Result<Finding, Finding> {
        let told = play.told();
        let requests = || scenario.steps.iter().filter_map(request).filter(|request| !request.on_another);
        let with_body = requests().rfind(|request| writes(request) && request.body.is_some());
        let finding = match (&self.port, with_body) {
            (Ok(port), Some(wanted)) => {
                play.renew_run();
                let request = play.request_of(wanted)?;
                self.stopped_while(container(play)?, *port, wanted, &request, asked)
            }
            // It may be answered before the signal comes, and then nothing was in flight.
            (Ok(_), None) => Finding::unproven(format!(
                "{}, with nothing in flight: add a step with a body, which can be held open during the signal",
                self.signalled(container(play)?, asked)?
            )),
            (Err(_), _) => Finding::pass(self.signalled(container(play)?, asked)?),
        };
        Ok(if finding.verdict == seaworthy_report::Verdict::Pass {
            Finding { evidence: crate::one_line(&format!("after {told}: {}", finding.evidence)), ..finding }
        } else {
            finding
        })
    }

    /// Half of the request's body is sent before the signal, the rest behind it.
    fn stopped_while(
        &self,
        container: &dyn Container,
        port: u16,
        wanted: &Wanted,
        request: &Request,
        asked: &Asked,
    ) -> Finding {
        let what = format!("{} {}", wanted.method, wanted.path);
        let stopped =
            Stopped { api: None, path: &request.path, what: &what, wanted: Some(wanted.answer.status), asked };
        match begin(container, port, request) {
            Ok(Begun::Held(held)) => self.stop_held(container, vec![held], &stopped, &mut Vec::new()),
            Ok(Begun::Early(status)) => match self.signalled(container, asked) {
                Ok(end) => Finding::unproven(format!(
                    "{end}; {what} answered {status} before its body was whole, so that none could be held open"
                )),
                Err(finding) => finding,
            },
            Err(error) => Finding::unproven(format!("{what} cannot be begun: {error}")),
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

fn container<'p>(play: &'p Play<'_, '_>) -> Result<&'p dyn Container, Finding> {
    play.running().ok_or_else(|| Finding::unproven("no container of the steps runs"))
}
