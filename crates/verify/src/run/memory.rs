//! `memory.under`: the CRUD requests under a limit.

use seaworthy_engine::{Run, Status};
use seaworthy_report::{Verdict, size as megabytes};

use super::{Down, Main, Runs};
use crate::Finding;
use crate::crud::SCENARIO;

/// How often every collection is gone through.
const ROUNDS: usize = 3;

impl Runs<'_> {
    pub(crate) fn memory_under(&self, main: &Main, limit_bytes: u64) -> Finding {
        let limit = megabytes(limit_bytes);
        match main.up.container.memory() {
            Ok(Some(_)) => {}
            Ok(None) => {
                return Finding::unproven(format!("the engine {} has no memory controller here", self.engine));
            }
            Err(error) => return self.engine_failed(&error),
        }
        let (api, port) = match (&main.api, &self.port) {
            (Ok(api), Ok(port)) => (api, *port),
            (Err(why), Ok(_)) => return Finding::unproven(format!("{why}; {SCENARIO}")),
            (_, Err(_)) => return Finding::unproven(self.no_port()),
        };
        let without_limit = self.crud(main);
        if without_limit.verdict != Verdict::Pass {
            let why = format!("CRUD is not right without a limit either: {}", without_limit.evidence);
            return Finding::unproven(why);
        }
        let run = Run { memory_limit_bytes: Some(limit_bytes), ..self.run() };
        let up = match self.up(&run, None, self.until(), None) {
            Ok(up) => up,
            Err(down @ Down::Fault { .. }) => {
                return down.finding(&format!("under a limit of {limit}"), Finding::fail);
            }
            Err(Down::Missing(why)) => return Finding::unproven(why),
        };
        let service = self.service(up.container.as_ref(), port);
        let mut wrong = None;
        for _ in 0..ROUNDS {
            let finding = self.requests(api).all(&service, &mut self.ledger.rows.borrow_mut());
            if finding.verdict != Verdict::Pass {
                wrong = Some(finding);
                break;
            }
        }
        let finding = match (up.container.memory(), up.container.status()) {
            (_, Ok(Status::Exited(exit))) => {
                self.exited(up.container.as_ref(), exit).finding(&format!("under a limit of {limit}"), Finding::fail)
            }
            (Err(error), _) | (_, Err(error)) => self.engine_failed(&error),
            (Ok(None), _) => Finding::unproven(format!("the engine {} cannot see the container's memory", self.engine)),
            (Ok(Some(memory)), Ok(Status::Running)) => {
                let peak = megabytes(memory.peak_bytes);
                let requests = service.answered.get();
                match wrong {
                    _ if memory.kills > 0 => Finding::fail(format!(
                        "{} killed for memory under a limit of {limit}, peak {peak}",
                        if memory.kills == 1 {
                            "a process was".to_owned()
                        } else {
                            format!("{} processes were", memory.kills)
                        }
                    )),
                    Some(wrong) => {
                        Finding { evidence: format!("under a limit of {limit}: {}", wrong.evidence), ..wrong }
                    }
                    None if memory.peak_bytes > limit_bytes => {
                        Finding::fail(format!("peak {peak}, the limit is {limit}"))
                    }
                    None => Finding::pass(format!(
                        "peak {peak} under a limit of {limit}, {requests} requests answered rightly"
                    )),
                }
            }
        };
        self.retire(up.container, "a container under a memory limit");
        finding
    }
}
