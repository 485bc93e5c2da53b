//! `run`: a container of its own that does one thing and ends.

use std::time::Duration;

use seaworthy_engine::{Container, Run};
use seaworthy_spec::{ExitWanted, TextTest};

use super::Play;
use super::judge::{Test, does};
use crate::Finding;
use crate::run::ledger::settled_logs;
use crate::run::remover::Storage;
use crate::run::{logs, seconds};

impl Play<'_, '_> {
    pub(super) fn run_once(
        &mut self,
        arguments: &[String],
        exit: ExitWanted,
        output: &[TextTest],
        within: Option<Duration>,
    ) -> Result<(), Finding> {
        let mut filled = Vec::new();
        for argument in arguments {
            filled.push(self.filled_text(argument, str::to_owned)?);
        }
        let tests = output.iter().map(|test| self.filled_test(test)).collect::<Result<Vec<_>, _>>()?;
        let within = within.unwrap_or(self.runs.options.timeout);
        let run = Run { arguments: Some(filled), port: None, ..self.run.clone() };
        self.make_storage()?;
        let started = self.runs.start(&run, self.storage.as_ref().and_then(Storage::volumes));
        let container = started.map_err(|down| down.finding("the container does not run", Finding::fail))?;
        let judged = self.judge_once(container.as_ref(), exit, &tests, within);
        if self.container.is_none() && self.given.is_none() {
            self.ran = Some(container);
        } else {
            self.runs.retire(container, "a scenario's container that runs once");
        }
        self.seen.push(judged?);
        Ok(())
    }

    fn judge_once(
        &self,
        container: &dyn Container,
        wanted: ExitWanted,
        tests: &[Test<'_>],
        within: Duration,
    ) -> Result<String, Finding> {
        let ended = container.wait(within).map_err(|error| self.runs.engine_failed(&error))?;
        let words = || self.runs.last_words(container);
        let Some(ended) = ended else {
            return Err(Finding::fail(format!("still running after {}{}", seconds(within), words())));
        };
        let (fits, expected) = match wanted {
            ExitWanted::Code(code) => (ended.code == code, format!("exit {code}")),
            ExitWanted::Nonzero => (ended.code != 0, "a nonzero exit".to_owned()),
        };
        if ended.out_of_memory || ended.out_of_disk {
            let what = if ended.out_of_memory { "memory" } else { "space on disk" };
            return Err(Finding::fail(format!("it was ended, for it took too much {what}")));
        }
        if !fits {
            return Err(Finding::fail(format!("expected {expected}, found exit {}{}", ended.code, words())));
        }
        let told = format!("run exit {}", ended.code);
        if tests.is_empty() {
            return Ok(told);
        }
        let Some(said) = settled_logs(container) else {
            return Err(Finding::unproven("the engine does not tell what the container wrote"));
        };
        let is_cut = logs::is_cut(&said.stdout) || logs::is_cut(&said.stderr);
        for test in tests {
            let written = test.written;
            if written.is_negated && (is_cut || (said.stdout.is_empty() && said.stderr.is_empty())) {
                let why = if is_cut { "longer than what is kept" } else { "empty" };
                return Err(Finding::unproven(format!(
                    "the output is {why}, so that `output {written}` shows nothing"
                )));
            }
            let is_there = [&said.stdout, &said.stderr].into_iter().any(|stream| test.is_in(stream));
            if is_there == written.is_negated {
                if is_cut {
                    return Err(Finding::unproven("the output is longer than what is kept"));
                }
                return Err(Finding::fail(format!("expected an output that {}{}", does(written), words())));
            }
        }
        Ok(format!("{told}, its output as said"))
    }
}
