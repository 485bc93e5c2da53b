//! The container of a scenario: starting it, ending it, and waiting until it takes requests.

use std::time::Duration;

use seaworthy_engine::{Container, Signal};

use super::Play;
use crate::Finding;
use crate::run::Down;

impl Play<'_, '_> {
    pub(super) fn start(&mut self) -> Result<(), Finding> {
        if self.volumes.is_none() {
            let volumes = self.runs.prepared.volumes().map_err(|error| self.runs.engine_failed(&error))?;
            self.volumes = Some(volumes);
        }
        let container = self.runs.start(&self.run, self.volumes.as_deref()).map_err(|down| self.is_down(down))?;
        self.container = Some(container);
        (self.is_up, self.is_ready) = (false, false);
        self.just_started = true;
        Ok(())
    }

    /// Kills the container and removes it.
    pub(super) fn end(&mut self) -> Result<(), Finding> {
        let Some(container) = self.container.take() else { return Ok(()) };
        container.signal(Signal::Kill).map_err(|error| self.runs.engine_failed(&error))?;
        let ended = container.wait(self.runs.options.timeout).map_err(|error| self.runs.engine_failed(&error))?;
        self.runs.retire(container, "a scenario's container");
        if ended.is_none() {
            return Err(Finding::unproven("the container could not be killed"));
        }
        Ok(())
    }

    pub(super) fn is_down(&self, down: Down) -> Finding {
        let like_main = {
            let main = self.runs.run();
            self.run.env == main.env && self.run.without_env == main.without_env && !self.run.read_only
        };
        match (self.runs.main(), down) {
            (Err(main), _) if like_main => (self.not_running)(main),
            (_, down) => down.finding("the container does not run", Finding::fail),
        }
    }

    pub(super) fn container(&self) -> Result<&dyn Container, Finding> {
        self.given.or(self.container.as_deref()).ok_or_else(|| Finding::fail("no container runs"))
    }

    /// Waits once until the container takes connections, and for a while until it is ready for work: the steps may be about one that never is.
    pub(super) fn up(&mut self) -> Result<(), Finding> {
        if self.is_up {
            return Ok(());
        }
        let Some(container) = self.container.take() else { return Err(Finding::fail("no container runs")) };
        let timeout = self.runs.options.timeout;
        let up = self.runs.listening(container, self.run.port, timeout).map_err(|down| self.is_down(down))?;
        self.container = Some(up);
        self.is_up = true;
        self.is_ready = self.waits_until_ready(self.runs.patience())?;
        self.runs.note_start(self.container()?);
        Ok(())
    }

    /// Whether it is healthy and ready as the main one was, at most so long after its start.
    pub(super) fn waits_until_ready(&self, within: Duration) -> Result<bool, Finding> {
        let Ok(port) = self.runs.port else { return Ok(true) };
        let container = self.container()?;
        self.runs.becomes_ready(container, port, within).map_err(|down| self.is_down(down))
    }
}
