//! `rootfs.read_only`, `capabilities.none`: the service does its work with less.

use seaworthy_engine::Run;
use seaworthy_report::Verdict;

use seaworthy_spec::Scenario;

use super::{Main, Runs, Until, Users};
use crate::Finding;

/// Ports below this one need a capability, unless a runtime opens them.
const LOWEST_FREE: u16 = 1024;

/// A container with less, and what it does.
struct Less<'a> {
    run: Run,
    how: String,
    steps: Option<&'a Scenario>,
}

impl Runs<'_> {
    pub(crate) fn read_only(&self, main: &Main, writable: &[String], steps: Option<&Scenario>) -> Finding {
        let run = Run { read_only: true, writable: writable.to_vec(), ..self.run() };
        let mut volumes = self.config().volumes();
        volumes.extend_from_slice(writable);
        let but = match volumes.join(", ") {
            none if none.is_empty() => String::new(),
            paths => format!(" but for {paths}"),
        };
        let finding =
            self.works(main, &Less { run: run.clone(), how: format!("with a read-only root{but}"), steps }, |_| Ok(()));
        let open =
            self.prepared.writable_anyway(&run).into_iter().filter(|path| !volumes.iter().any(|volume| volume == path));
        match open.collect::<Vec<_>>().join(", ") {
            paths if !paths.is_empty() && finding.verdict == Verdict::Pass => finding.warn(format!(
                "the engine {} leaves {paths} writable under a read-only root, which others do not",
                self.engine
            )),
            _ => finding,
        }
    }

    pub(crate) fn without_capabilities(&self, main: &Main, steps: Option<&Scenario>) -> Finding {
        let run = Run { no_capabilities: true, ..self.run() };
        let finding =
            self.works(main, &Less { run, how: "with no capabilities".to_owned(), steps }, |users| {
                match users.processes().find(|process| process.capabilities.is_some_and(|all| all != 0)) {
                    Some(process) => Err(Finding::unproven(format!(
                        "the engine {} left `{}` the capabilities {:x}",
                        self.engine,
                        self.redactor.quote(&process.command),
                        process.capabilities.unwrap_or_default()
                    ))),
                    None if users.processes().all(|process| process.capabilities.is_none()) => Err(Finding::unproven(
                        format!("the engine {} shows no capabilities of the container's processes", self.engine),
                    )),
                    None => Ok(()),
                }
            });
        match self.port {
            Ok(port @ 1..LOWEST_FREE) if finding.verdict == Verdict::Pass => finding.warn(format!(
                "it listens on port {port}, which engines open to everybody; where a runtime does not, it needs NET_BIND_SERVICE"
            )),
            _ => finding,
        }
    }

    /// Does everything that the main container was seen to do, and the promise's own steps.
    fn works(&self, main: &Main, less: &Less<'_>, and: impl Fn(&Users) -> Result<(), Finding>) -> Finding {
        let Less { run, how, steps } = less;
        let has_document = main.api.is_ok() && self.crud(main).verdict == Verdict::Pass;
        let by_document = match steps {
            Some(_) if !has_document => Finding::unproven("only its start could be seen"),
            _ => self.works_by_document(main, run, how, &and),
        };
        self.both(by_document, *steps, |steps| self.steps_with_less(steps, run, how, &and))
    }

    fn works_by_document(
        &self,
        main: &Main,
        run: &Run,
        how: &str,
        and: &impl Fn(&Users) -> Result<(), Finding>,
    ) -> Finding {
        let mut users = Users::default();
        let up = match self.up(run, None, self.until(), Some(&mut users)) {
            Ok(up) => up,
            Err(down) => return down.finding(how, Finding::fail),
        };
        let mut unseen = None;
        let mut seen = match (up.healthy_after, up.listening_after, &self.health_path) {
            (Some(_), _, Some(path)) => format!("GET {path} 2xx"),
            (None, Some(_), Some(path)) if self.until() == Until::Healthy => {
                let ill = up.ill.as_deref().unwrap_or("gave no answer");
                return Finding::fail(format!("{how}, {path} {ill}"));
            }
            (_, Some(_), _) => "connections accepted".to_owned(),
            (_, None, _) => return Finding::unproven(self.no_port()),
        };
        if let (Ok(api), Ok(port), Verdict::Pass) = (&main.api, &self.port, self.crud(main).verdict) {
            let service = self.service(up.container.as_ref(), *port);
            let finding = self.requests(api).all(&service, &mut self.ledger.rows());
            if finding.verdict != Verdict::Pass {
                return Finding { evidence: format!("{how}: {}", finding.evidence), ..finding };
            }
            seen = format!("{seen}; {}", finding.evidence);
        } else {
            unseen = Some(format!("only its start was seen, not its work: {}", self.crud(main).evidence));
        }
        users.look(up.container.as_ref());
        self.retire(up.container, "a container with less");
        match and(&users) {
            Ok(()) => match unseen {
                Some(unseen) => Finding::pass(format!("{how}: {seen}")).warn(unseen),
                None => Finding::pass(format!("{how}: {seen}")),
            },
            Err(finding) => finding,
        }
    }
}
