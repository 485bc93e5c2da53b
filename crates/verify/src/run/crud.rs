//! `api.crud`: once on the main container, for everybody who asks.

use seaworthy_report::Verdict;
use seaworthy_spec::Scenario;

use super::workload::Wanted;
use super::{Main, Runs};
use crate::Finding;
use crate::crud::SCENARIO;
use crate::finding::one_line;

impl Runs<'_> {
    /// What the sentence names, by the service's document, and by the promise's own steps.
    pub(crate) fn keeps_crud(
        &self,
        main: &Main,
        things: Option<&str>,
        listed: bool,
        steps: Option<&Scenario>,
    ) -> Finding {
        let by_document = match things {
            None => self.crud(main).clone(),
            Some(things) => self.crud_of(main, things, listed),
        };
        self.both(by_document, steps, |steps| self.crud_by_steps(steps, Wanted { things, listed }))
    }

    /// Every collection.
    pub(crate) fn crud<'m>(&self, main: &'m Main) -> &'m Finding {
        main.seen.crud.get_or_init(|| self.exercised(main, None))
    }

    /// The collections of the things named.
    fn crud_of(&self, main: &Main, things: &str, listed: bool) -> Finding {
        self.exercised(main, Some((things, listed)))
    }

    fn exercised(&self, main: &Main, things: Option<(&str, bool)>) -> Finding {
        let Ok(port) = self.port else { return Finding::unproven(self.no_port()) };
        let api = match &main.api {
            Ok(api) => api,
            Err(why) => return Finding::unproven(format!("{why}; {SCENARIO}")),
        };
        let service = self.service(main.up.container.as_ref(), port);
        let mut rows = self.ledger.rows();
        let mut finding = match things {
            None => self.requests(api).all(&service, &mut rows),
            Some((things, listed)) => self.requests(api).only(things, listed, &service, &mut rows),
        };
        if finding.verdict == Verdict::Fail {
            // What it logged at that moment may tell why.
            let words = self.last_words(main.up.container.as_ref());
            finding = Finding { evidence: one_line(&format!("{}{words}", finding.evidence)), ..finding };
        }
        if let Some(who) = self.access.who() {
            finding = finding.with(&format!("asked as {who}"));
        }
        main.users().look(main.up.container.as_ref());
        main.count_answered(service.answered.get());
        finding
    }
}
