//! `file`: what a file of the container holds.

use std::time::{Duration, Instant};

use seaworthy_engine::{AtPath, Container};
use seaworthy_spec::TextTest;

use super::judge::{Test, does};
use super::{POLL, Play};
use crate::Finding;
use crate::run::seconds;

impl Play<'_, '_> {
    pub(super) fn file(&mut self, path: &str, test: &TextTest, within: Option<Duration>) -> Result<(), Finding> {
        let path = self.filled_text(path, str::to_owned)?;
        let test = self.filled_test(test)?;
        let container = self.looked_into()?;
        let from = if self.just_started { container.started_at() } else { Instant::now() };
        let told = loop {
            // The last look is after the end of the time.
            let is_late = within.is_none_or(|within| from.elapsed() >= within);
            let found = container.look_at(&path).map_err(|error| self.runs.engine_failed(&error))?;
            match self.judge_file(&path, &found, &test) {
                Err(finding) if is_late => {
                    let evidence = match within {
                        Some(within) => format!("{} after {}", finding.evidence, seconds(within)),
                        None => finding.evidence,
                    };
                    return Err(Finding { evidence, ..finding });
                }
                Err(_) => std::thread::sleep(POLL),
                Ok(told) => break told,
            }
        };
        self.seen.push(told);
        Ok(())
    }

    /// Where only `run` lines came before, there is no other container.
    fn looked_into(&self) -> Result<&dyn Container, Finding> {
        match &self.ran {
            Some(ran) => Ok(ran),
            None => self.container(),
        }
    }

    fn judge_file(&self, path: &str, found: &AtPath, test: &Test<'_>) -> Result<String, Finding> {
        let written = test.written;
        let content = match found {
            AtPath::File(content) => content,
            AtPath::LargeFile => return Err(Finding::unproven(format!("{path} is larger than 1 MiB"))),
            AtPath::Nothing | AtPath::NoFile => {
                let what = if *found == AtPath::Nothing { "nothing is" } else { "no regular file is" };
                let evidence = format!("{what} at {path}");
                return Err(if written.is_negated {
                    Finding::unproven(format!("{evidence}, so that `{written}` shows nothing"))
                } else {
                    Finding::fail(evidence)
                });
            }
        };
        let Ok(held) = std::str::from_utf8(content) else {
            return Err(Finding::unproven(format!("{path} is no text: {} bytes that are not UTF-8", content.len())));
        };
        if written.is_negated && held.is_empty() {
            return Err(Finding::unproven(format!("{path} is empty, so that `{written}` shows nothing")));
        }
        if test.is_in(held) == written.is_negated {
            let holds = if held.is_empty() { "it is empty".to_owned() } else { self.runs.redactor.quote(held) };
            return Err(Finding::fail(format!("expected a file that {}, found in {path}: {holds}", does(written))));
        }
        Ok(format!("{path} as said"))
    }
}
