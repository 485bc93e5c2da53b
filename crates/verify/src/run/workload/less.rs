//! A read-only root, no capabilities: the steps in a container with less.

use seaworthy_engine::Run;
use seaworthy_spec::Scenario;

use crate::Finding;
use crate::run::{Runs, Users};

impl Runs<'_> {
    pub(in crate::run) fn steps_with_less(
        &self,
        scenario: &Scenario,
        run: &Run,
        how: &str,
        and: &impl Fn(&Users) -> Result<(), Finding>,
    ) -> Result<Finding, String> {
        let work = self.work(scenario)?;
        if run.read_only {
            self.read_back(scenario)?;
        }
        let mut users = Users::default();
        let played = self.rounds(scenario, run, work.rounds(), |container| users.look(container));
        Ok(match played {
            Ok(told) => match and(&users) {
                Ok(()) => Finding::pass(format!("{how}: {told}")),
                Err(finding) => finding,
            },
            Err(wrong) => self.compared(scenario, how, wrong),
        })
    }
}
