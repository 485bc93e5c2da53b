//! The container of a scenario: starting it, ending it, and waiting until it takes requests.

use std::time::Duration;

use seaworthy_engine::{Container, Run, Signal};
use seaworthy_report::Database;
use seaworthy_spec::Request as Wanted;

use super::{Carried, Play, Reached};
use crate::Finding;
use crate::database::set;
use crate::run::Down;
use crate::run::remover::Storage;

/// What a step says of the container to start.
pub(super) struct Start<'s> {
    pub(super) with: &'s [(String, String)],
    pub(super) without: &'s [String],
    pub(super) read_only: bool,
    pub(super) fresh_database: bool,
}

impl Play<'_, '_> {
    pub(super) fn start(&mut self) -> Result<(), Finding> {
        self.make_storage()?;
        let volumes = self.storage.as_ref().and_then(Storage::volumes);
        let container = self.runs.start(&self.run, volumes).map_err(|down| self.is_down(down))?;
        self.container = Some(container);
        self.since = (0, 0);
        self.reached = Reached::Nothing;
        self.just_started = true;
        Ok(())
    }

    pub(super) fn make_storage(&mut self) -> Result<(), Finding> {
        if self.storage.is_none() {
            self.storage = Some(self.runs.storage().map_err(|error| self.runs.engine_failed(&error))?);
        }
        Ok(())
    }

    /// Starts a container as the step says.
    pub(super) fn start_with(&mut self, start: &Start<'_>) -> Result<(), Finding> {
        self.end()?;
        if start.fresh_database {
            let variable = self.runs.database.variable.as_ref();
            if let Some(variable) = variable.filter(|name| start.with.iter().any(|(set, _)| set == *name)) {
                return Err(Finding::unproven(format!(
                    "the step itself sets {variable}, so that no fresh database is used"
                )));
            }
            self.fresh_database()?;
        }
        self.run = self.own_run();
        for (name, value) in start.with {
            set(&mut self.run, name, value);
        }
        for name in start.without {
            self.run.env.retain(|(known, _)| known != name);
            self.run.without_env.push(name.clone());
        }
        self.run.read_only |= start.read_only;
        let port = start.with.iter().find(|(name, _)| name == "PORT").and_then(|(_, value)| value.parse().ok());
        self.note = None;
        match port.filter(|port| *port > 0 && Some(*port) != self.run.port) {
            Some(port) if self.runs.names_port => self.run.port = Some(port),
            Some(_) => {
                let asked = self.run.port.map(|port| format!(" {port}")).unwrap_or_default();
                self.note = Some(format!(
                    "neither the image nor the specification names PORT, so that port{asked} is asked as before"
                ));
            }
            None => {}
        }
        self.storage = None;
        self.start()?;
        self.seen.push(if start.fresh_database { "start on a fresh database" } else { "start" }.to_owned());
        Ok(())
    }

    /// Kills the container, and starts one like it on the same volumes.
    pub(super) fn restart(&mut self, fresh_database: bool) -> Result<(), Finding> {
        self.up()?;
        self.end()?;
        if fresh_database {
            self.take_fresh_database()?;
        }
        self.start()?;
        self.seen.push(if fresh_database { "restart on a fresh database" } else { "restart" }.to_owned());
        Ok(())
    }

    /// From here on containers are started as before, but for a database that is new and empty.
    fn take_fresh_database(&mut self) -> Result<(), Finding> {
        let Some(variable) = self.runs.database.variable.clone() else { return self.fresh_database() };
        let value = |run: &Run| run.env.iter().rfind(|(name, _)| *name == variable).map(|(_, value)| value.clone());
        if value(&self.run) != value(&self.own_run()) {
            return Err(Finding::unproven(format!("a step sets {variable}, so that no fresh database is used")));
        }
        self.fresh_database()?;
        let own = self.own_run();
        if let Some(fresh) = value(&own) {
            set(&mut self.run, &variable, &fresh);
        }
        self.run.services = own.services;
        Ok(())
    }

    /// Goes on as at an earlier moment, in a container on volumes that nobody wrote to and, where a throwaway server stands in, on a fresh
    /// database. It is up then.
    pub(in crate::run) fn start_empty(&mut self, carried: Carried) -> Result<(), Finding> {
        self.end()?;
        (self.saved, self.jar, self.run) = (carried.saved, carried.jar, carried.run);
        let variable = self.runs.database.variable.as_ref();
        let is_used = variable.is_some_and(|variable| self.run.env.iter().any(|(name, _)| name == variable));
        if self.runs.database.kind == Database::StandIn && is_used {
            self.take_fresh_database()?;
        }
        self.storage = None;
        self.start()?;
        self.up()
    }

    /// A second container, which is ready when it is used.
    pub(super) fn start_another(&mut self) -> Result<(), Finding> {
        self.up()?;
        if let Some(before) = self.another.take() {
            self.runs.retire(before, "a scenario's container");
        }
        let timeout = self.runs.options.timeout;
        let started = self.runs.start(&self.run, None).map_err(|down| self.is_down(down))?;
        let up = self.runs.listening(started, self.run.port, timeout).map_err(|down| self.is_down(down))?;
        if let Some(port) = self.run.port {
            self.runs.becomes_ready(up.as_ref(), port, self.runs.patience()).map_err(|down| self.is_down(down))?;
        }
        self.another = Some(up);
        self.seen.push("start another".to_owned());
        Ok(())
    }

    /// The port that is asked.
    pub(super) fn port(&self) -> Result<u16, Finding> {
        self.run.port.ok_or_else(|| Finding::unproven(self.runs.no_port()))
    }

    /// The container that a request is for.
    pub(super) fn asked(&self, wanted: &Wanted) -> Result<&dyn Container, Finding> {
        if !wanted.on_another {
            return self.container();
        }
        self.another.as_ref().map(AsRef::as_ref).ok_or_else(|| Finding::fail("no other container runs"))
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
            let has_less = self.run.read_only || self.run.no_capabilities || self.run.memory_limit_bytes.is_some();
            self.run.env == main.env && self.run.without_env == main.without_env && !has_less
        };
        match (self.runs.main(), down) {
            (Err(main), _) if like_main => (self.not_running)(main),
            (_, down) => down.finding("the container does not run", Finding::fail),
        }
    }

    pub(super) fn container(&self) -> Result<&dyn Container, Finding> {
        self.given.or(self.container.as_ref().map(AsRef::as_ref)).ok_or_else(|| Finding::fail("no container runs"))
    }

    /// Waits once until the container takes connections, and for a while until it is ready for work: the steps may be about one that never is.
    pub(super) fn up(&mut self) -> Result<(), Finding> {
        if self.reached != Reached::Nothing {
            return Ok(());
        }
        let Some(container) = self.container.take() else { return Err(Finding::fail("no container runs")) };
        let timeout = self.runs.options.timeout;
        let up = self.runs.listening(container, self.run.port, timeout).map_err(|down| self.is_down(down))?;
        self.container = Some(up);
        self.reached = Reached::Connections;
        if self.waits_until_ready(self.runs.patience())? {
            self.reached = Reached::Ready;
        }
        self.runs.note_start(self.container()?);
        self.runs.expect_another();
        Ok(())
    }

    /// Whether it is healthy and ready as the main one was, at most so long after its start.
    pub(super) fn waits_until_ready(&self, within: Duration) -> Result<bool, Finding> {
        let Some(port) = self.run.port else { return Ok(true) };
        let container = self.container()?;
        self.runs.becomes_ready(container, port, within).map_err(|down| self.is_down(down))
    }
}
