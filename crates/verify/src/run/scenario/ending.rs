//! Steps that end the container, or wait for its end.

use std::time::{Duration, Instant};

use seaworthy_engine::Signal;
use seaworthy_spec::ExitWanted;

use super::Play;
use crate::Finding;
use crate::run::seconds;

impl Play<'_, '_> {
    pub(super) fn stop(&mut self, within: Duration, exit: i32) -> Result<(), Finding> {
        self.up()?;
        let container = self.container()?;
        self.runs.runs_until_the_signal(container)?;
        let signalled = Instant::now();
        container.signal(Signal::Stop).map_err(|error| self.runs.engine_failed(&error))?;
        let ended = container.wait(within).map_err(|error| self.runs.engine_failed(&error))?;
        let after = signalled.elapsed();
        match ended {
            None => Err(Finding::fail(format!("still running {} after the stop signal", seconds(within)))),
            Some(ended) if ended.code != exit => {
                let words = self.runs.last_words(container);
                Err(Finding::fail(format!("expected exit {exit}, found exit {}{words}", ended.code)))
            }
            Some(ended) => {
                self.seen.push(format!("exit {} after {} ms", ended.code, after.as_millis()));
                Ok(())
            }
        }
    }

    pub(super) fn exits(&mut self, within: Duration, wanted: ExitWanted) -> Result<(), Finding> {
        let container = self.container()?;
        let from = if self.just_started { container.started_at() } else { Instant::now() };
        let left = within.saturating_sub(from.elapsed());
        let ended = container.wait(left).map_err(|error| self.runs.engine_failed(&error))?;
        let (fits, expected) = match (wanted, ended) {
            (ExitWanted::Code(code), ended) => (ended.is_some_and(|exit| exit.code == code), format!("exit {code}")),
            (ExitWanted::Nonzero, ended) => (ended.is_some_and(|exit| exit.code != 0), "a nonzero exit".to_owned()),
        };
        match ended {
            None => Err(Finding::fail(format!("expected {expected}, still running after {}", seconds(within)))),
            Some(exit) if !fits => {
                let words = self.runs.last_words(container);
                Err(Finding::fail(format!("expected {expected}, found exit {}{words}", exit.code)))
            }
            Some(exit) => {
                self.seen.push(format!("exit {} after {} ms", exit.code, from.elapsed().as_millis()));
                Ok(())
            }
        }
    }
}
