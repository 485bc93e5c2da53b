//! Steps about the servers of a run: a fresh database, and a server out of reach.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use seaworthy_dependency::Line;
use seaworthy_engine::Run;
use seaworthy_spec::Action;

use super::Play;
use crate::Finding;
use crate::dependencies::Held;

/// Counts the databases of this process, so that no two have one name.
static MADE: AtomicU32 = AtomicU32::new(1);
/// How long a login may take to appear in the server's log.
const APPEARS: Duration = Duration::from_secs(2);

/// What a scenario has of its own of the run's servers.
#[derive(Default)]
pub(super) struct OwnDatabase {
    /// Databases that were empty at first; the last one is used.
    made: Vec<String>,
    /// The way to the server, where a step cuts it.
    line: Option<Line>,
    /// The ways to other servers that a step cuts, by the name that it uses.
    lines: Vec<(String, Line)>,
}

impl Play<'_, '_> {
    /// Makes a new empty database, for every container from here on.
    pub(super) fn fresh_database(&mut self) -> Result<(), Finding> {
        let throwaway = self.runs.database.for_scenarios(self.runs.place).map_err(Finding::unproven)?;
        let name = format!("scenario_{}", MADE.fetch_add(1, Ordering::Relaxed));
        throwaway.make_database(&name).map_err(|error| {
            Finding::unproven(format!("no fresh database: {}", self.runs.redactor.quote(&error.to_string())))
        })?;
        self.database.made.push(name);
        Ok(())
    }

    /// That the service came to what the steps made fresh or stopped. One that never does passes them for another reason.
    pub(super) fn came_to_its_database(&self) -> Result<(), Finding> {
        let OwnDatabase { made, line, lines } = &self.database;
        let is_silent = |line: &Line| line.traffic().connections == 0;
        let database = line.as_ref().filter(|line| is_silent(line)).map(|_| ("a database", "database"));
        let other = lines.iter().find(|(_, line)| is_silent(line)).map(|(name, _)| (name.as_str(), name.as_str()));
        if let Some((what, step)) = database.or(other) {
            return Err(Finding::unproven(format!(
                "{}; {what} was stopped, and the service said nothing to it before: add a step before `stop {step}` that needs it",
                self.told()
            )));
        }
        let throwaway = self.runs.database.for_scenarios(self.runs.place).ok();
        match throwaway.filter(|server| made.iter().any(|name| server.logins_to(name, APPEARS) == 0)) {
            Some(_) => Err(Finding::unproven(format!(
                "{}; a fresh database was made, and the service never connected to it: add a step that needs it",
                self.told()
            ))),
            None => Ok(()),
        }
    }

    /// Lays the way to the server, for a scenario that will cut it.
    pub(super) fn lay_line(&mut self, stopped: &Action) -> Result<(), Finding> {
        let laid = |line: std::io::Result<Line>, what: &str| {
            line.map_err(|error| Finding::unproven(format!("no way to {what} could be laid: {error}")))
        };
        match stopped {
            Action::StopDependency(name) if !self.database.lines.iter().any(|(known, _)| known == name) => {
                let line = laid(self.held(name)?.server.another_line(), name)?;
                self.database.lines.push((name.clone(), line));
            }
            Action::StopDatabase if self.database.line.is_none() => {
                let line = self.runs.database.another_line(self.runs.place).map_err(Finding::unproven)?;
                self.database.line = Some(laid(line, "the database")?);
            }
            _ => {}
        }
        Ok(())
    }

    /// The server that the run started under this name.
    fn held(&self, name: &str) -> Result<&Held, Finding> {
        self.runs.dependencies.held(name).map_err(Finding::unproven)
    }

    pub(super) fn stop_database(&mut self) {
        if let Some(line) = &mut self.database.line {
            line.cut();
        }
        self.seen.push("stop database".to_owned());
    }

    pub(super) fn start_database(&mut self) -> Result<(), Finding> {
        if let Some(line) = &mut self.database.line {
            line.mend().map_err(|error| Finding::unproven(format!("the database is not reached again: {error}")))?;
        }
        self.seen.push("start database".to_owned());
        Ok(())
    }

    pub(super) fn stop_dependency(&mut self, name: &str) {
        if let Some((_, line)) = self.database.lines.iter_mut().find(|(known, _)| known == name) {
            line.cut();
        }
        self.seen.push(format!("stop {name}"));
    }

    pub(super) fn start_dependency(&mut self, name: &str) -> Result<(), Finding> {
        if let Some((_, line)) = self.database.lines.iter_mut().find(|(known, _)| known == name) {
            line.mend().map_err(|error| Finding::unproven(format!("{name} is not reached again: {error}")))?;
        }
        self.seen.push(format!("start {name}"));
        Ok(())
    }

    /// What a container of the scenario is started with, before what the step itself says.
    pub(super) fn own_run(&self) -> Run {
        let mut run = self.base.clone();
        run.files.extend(self.files.iter().cloned());
        let OwnDatabase { made, line, lines } = &self.database;
        if !made.is_empty() || line.is_some() {
            let (name, address) = (made.last().map(String::as_str), line.as_ref().map(Line::address));
            self.runs.database.put_other_into(&mut run, self.runs.place, name, address);
        }
        for (name, line) in lines {
            if let Ok(held) = self.held(name) {
                held.put_into(&mut run, line.address());
            }
        }
        run
    }
}
