//! Steps under an understood promise: what the service does while the promise is judged.
//!
//! They take the place of the requests that nobody can make up without the service's own document, and stand beside those where there is one.

mod crud;
mod kept;
mod less;
mod memory;
mod shows;
mod stop;

use seaworthy_engine::{Container, Run};
use seaworthy_report::Verdict;
use seaworthy_spec::Scenario;

pub(in crate::run) use self::crud::Wanted;
use self::shows::{Work, repeated};
use super::scenario::Play;
use super::{Down, Runs};
use crate::Finding;

/// What went wrong in which round, counted from 0.
struct Wrong {
    round: usize,
    finding: Box<Finding>,
}

impl Runs<'_> {
    /// What the document shows and what the steps show; where they show too little, the error says what is missing.
    pub(super) fn both(
        &self,
        by_document: Finding,
        steps: Option<&Scenario>,
        judge: impl FnOnce(&Scenario) -> Result<Finding, String>,
    ) -> Finding {
        let Some(steps) = steps else { return by_document };
        if by_document.verdict == Verdict::Fail {
            return by_document;
        }
        match (judge(steps), by_document.verdict) {
            (Ok(by_steps), Verdict::Pass) => by_document.and(by_steps),
            (Ok(by_steps), _) if self.main().is_ok_and(|main| main.api.is_ok()) => {
                by_steps.warn(format!("the service's document shows less: {}", by_document.evidence))
            }
            (Ok(by_steps), _) => by_steps,
            (Err(_), Verdict::Pass) => by_document,
            (Err(why), _) => Finding::unproven(format!("its steps show too little: {why}")),
        }
    }

    /// How the steps make the service work.
    fn work(&self, scenario: &Scenario) -> Result<Work, String> {
        self.with_health(|health| shows::work(scenario, health, self.port.is_ok()))
    }

    /// Whether what the steps write is read back.
    fn read_back(&self, scenario: &Scenario) -> Result<(), String> {
        self.with_health(|health| shows::read_back(scenario, health))
    }

    /// With the paths at which this service is asked how it is.
    fn with_health<T>(&self, show: impl FnOnce(&[&str]) -> T) -> T {
        let mut health: Vec<&str> = self.health_path.as_deref().into_iter().collect();
        let check = self.config().health_check().map(|check| check.test.join(" ")).unwrap_or_default();
        health.extend(shows::asked_by(&check));
        show(&health)
    }

    /// Goes through the steps so often, in containers that are started with this; what the last one is like at the end is looked at.
    fn rounds(
        &self,
        scenario: &Scenario,
        run: &Run,
        rounds: usize,
        look: impl FnOnce(&dyn Container),
    ) -> Result<String, Wrong> {
        let mut play = Play::under(self, &not_running, run.clone());
        let played = (0..rounds).try_for_each(|round| {
            again(&mut play, scenario, round).map_err(|finding| Wrong { round, finding: Box::new(finding) })
        });
        let told = play.told();
        if let Some(container) = play.running() {
            look(container);
        }
        play.finish();
        played.map(|()| told)
    }

    /// What it means that the steps do not hold under a condition: it breaks the promise where they hold without it.
    fn compared(&self, scenario: &Scenario, how: &str, wrong: Wrong) -> Finding {
        let Wrong { round, finding } = wrong;
        if finding.verdict != Verdict::Fail {
            return Finding { evidence: format!("{how}: {}", finding.evidence), ..*finding };
        }
        match self.rounds(scenario, &self.run(), round + 1, |_| ()) {
            Ok(_) => {
                Finding::fail(format!("{how}: {}; the same steps hold in a container without that", finding.evidence))
            }
            Err(Wrong { round: 0, finding: without }) => Finding::unproven(format!(
                "the steps do not hold in a container without that either: {}",
                without.evidence
            )),
            Err(Wrong { round: held, finding: without }) => Finding::unproven(format!(
                "the steps hold {} and not again: {}; `{{run}}` is another text each time, and a line of the log counts once",
                times(held),
                without.evidence
            )),
        }
    }
}

/// `once`, `3 times`.
fn times(many: usize) -> String {
    if many == 1 { "once".to_owned() } else { format!("{many} times") }
}

/// One more round.
fn again(play: &mut Play<'_, '_>, scenario: &Scenario, round: usize) -> Result<(), Finding> {
    if round == 0 {
        return play.all(&scenario.steps).map_err(|(_, finding)| *finding);
    }
    play.renew()?;
    repeated(scenario).try_for_each(|step| play.all(std::slice::from_ref(step)).map_err(|(_, finding)| *finding))
}

/// A container of the steps that does not run is their fault.
fn not_running(down: &Down) -> Finding {
    down.clone().finding("the container does not run", Finding::fail)
}
