//! Steps that wait: for an answer, or until the container is healthy.

use std::time::{Duration, Instant};

use seaworthy_engine::{Container, Health, HealthStatus, Status};

use super::{POLL, Play, Reached};
use crate::Finding;
use crate::http::Request;
use crate::run::{accepts, seconds};

impl Play<'_, '_> {
    /// Asks again and again, each time for what is left of the time.
    pub(super) fn wait_answer(&mut self, path: &str, status: u16, within: Duration) -> Result<(), Finding> {
        let port = self.port()?;
        let from = if self.just_started { self.container()?.started_at() } else { Instant::now() };
        self.up()?;
        let request = Request::get(&self.filled_path(path)?);
        loop {
            let container = self.container()?;
            let mut service = self.runs.service(container, port);
            service.within = within.saturating_sub(from.elapsed()).max(POLL);
            let why = match service.send(&request) {
                Ok(answer) if answer.status == status && from.elapsed() <= within => {
                    self.seen.push(format!("GET {status} after {} ms", from.elapsed().as_millis()));
                    return Ok(());
                }
                Ok(answer) => crate::service::told(&answer, &self.runs.redactor),
                Err(error) => service.clean(&error.to_string()),
            };
            if from.elapsed() >= within {
                return Err(Finding::fail(format!("expected {status}, {why}, for {}", seconds(within))));
            }
            if let Ok(Status::Exited(exit)) = container.status() {
                return Err(self.is_down(self.runs.exited(container, exit)));
            }
            std::thread::sleep(POLL);
        }
    }

    /// By the declared health check; without one, by the health path; without that, by taking connections.
    pub(super) fn wait_healthy(&mut self, within: Duration) -> Result<(), Finding> {
        let declared = self.runs.config().health_check().is_some();
        let from = if self.just_started { self.container()?.started_at() } else { Instant::now() };
        let deadline = from + within;
        loop {
            let container = self.container()?;
            let state = if declared {
                match container.health().map_err(|error| self.runs.engine_failed(&error))? {
                    Health { status: HealthStatus::Healthy, healthy_after: Some(after), .. }
                        if self.just_started && after > within =>
                    {
                        return Err(Finding::fail(format!(
                            "healthy only {} ms after the start, by the declared interval",
                            after.as_millis()
                        )));
                    }
                    Health { status: HealthStatus::Healthy, .. } => Ok(()),
                    Health { status: HealthStatus::None, .. } => {
                        let engine = &self.runs.engine;
                        return Err(Finding::unproven(format!(
                            "the engine {engine} ignores the declared health check"
                        )));
                    }
                    health => Err(format!("it is not healthy: {}", self.runs.redactor.quote(&health.output))),
                }
            } else {
                self.answers(container)?
            };
            match state {
                Ok(()) if Instant::now() <= deadline => {
                    self.reached = self.reached.max(Reached::Connections);
                    self.seen.push(format!("healthy after {} ms", from.elapsed().as_millis()));
                    return Ok(());
                }
                Ok(()) => return Err(Finding::fail(format!("healthy only after {} ms", from.elapsed().as_millis()))),
                Err(why) if Instant::now() >= deadline => {
                    return Err(Finding::fail(format!("after {} {why}", seconds(within))));
                }
                Err(_) => {}
            }
            if let Ok(Status::Exited(exit)) = container.status() {
                return Err(self.is_down(self.runs.exited(container, exit)));
            }
            std::thread::sleep(POLL);
        }
    }

    pub(super) fn answers(&self, container: &dyn Container) -> Result<Result<(), String>, Finding> {
        let port = self.port()?;
        let Some(path) = &self.runs.health_path else {
            let accepted = accepts(container, port, Duration::from_millis(200));
            return Ok(if accepted { Ok(()) } else { Err("it takes no connections".to_owned()) });
        };
        let service = self.runs.service(container, port);
        Ok(match service.send(&Request::get(path)) {
            Ok(answer) if answer.is_success() => Ok(()),
            Ok(answer) => Err(format!("{path} {}", service.told(&answer))),
            Err(error) => Err(service.clean(&format!("{path}: {error}"))),
        })
    }
}
