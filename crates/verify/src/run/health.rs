//! `start.within`, `health.endpoint`, `health.healthy`: how soon and how surely the service answers.

use std::time::{Duration, Instant};

use seaworthy_engine::{HealthStatus, Status};
use seaworthy_image::HealthCheck;

use super::{Main, Runs, seconds};
use crate::http::{Request, Response};
use crate::service::{Service, told};
use crate::{Finding, image};

/// Between a first answer and the one a moment later.
const MOMENT: Duration = Duration::from_millis(150);
/// Between two looks.
const POLL: Duration = Duration::from_millis(20);

impl Runs<'_> {
    pub(crate) fn starts_within(&self, main: &Main, within: Duration) -> Finding {
        let (what, after) = match (&self.health_path, main.up.listening_after) {
            (_, None) => return Finding::unproven(self.no_port()),
            (Some(path), Some(_)) => match main.up.healthy_after {
                Some(after) => (format!("first 2xx from {path}"), after),
                None => return Finding::fail(self.never_healthy(main, path)),
            },
            (None, Some(after)) => ("first connection accepted".to_owned(), after),
        };
        let mut evidence = format!("{what} {} ms after the start", after.as_millis());
        let mut last = after;
        // Healthy it may be before it can do what is promised.
        let promised = self.promises_api && main.api.is_ok();
        match (promised, main.settled_after, &main.settled_by) {
            (true, Some(after), Some(what)) => {
                evidence = format!("{evidence}, {what} after {} ms", after.as_millis());
                last = last.max(after);
            }
            (true, _, _) => {
                let within = seconds(self.options.timeout);
                return Finding::fail(format!("{evidence}, and no answer from its API but 502 to 504 within {within}"));
            }
            (false, _, _) => {}
        }
        let finding = if last <= within { Finding::pass(evidence) } else { Finding::fail(evidence) };
        if self.health_path.is_none() && !promised {
            return finding.warn("no endpoint is promised, so that an open port had to do");
        }
        finding
    }

    fn never_healthy(&self, main: &Main, path: &str) -> String {
        let ill = main.up.ill.as_deref().unwrap_or("gave no answer");
        if main.up.is_redirected {
            return format!("GET {path} {ill}, which is no 2xx; name the path that answers itself");
        }
        format!("no 2xx from {path} within {}: it {ill}", seconds(self.options.timeout))
    }

    pub(crate) fn health_endpoint(&self, main: &Main, path: &str) -> Finding {
        let Ok(port) = self.port else { return Finding::unproven(self.no_port()) };
        if self.health_path.as_deref() == Some(path) && main.up.healthy_after.is_none() {
            return Finding::fail(self.never_healthy(main, path));
        }
        let service = self.service(main.up.container.as_ref(), port);
        let deadline = Instant::now() + self.options.timeout;
        let first = loop {
            let answer = service.send(&Request::get(path));
            let runs = matches!(main.up.container.status(), Ok(Status::Running));
            match answer {
                Ok(answer) if answer.is_success() => break answer,
                // The first container waited for this path already; one that answers with a client's error will not change its mind.
                Ok(answer) if Instant::now() >= deadline || (300..500).contains(&answer.status) => {
                    return Finding::fail(format!("GET {path} {}", told(&answer, &self.redactor)));
                }
                Err(error) if Instant::now() >= deadline || !runs => {
                    return Finding::fail(service.clean(&format!("GET {path}: {error}")));
                }
                _ => std::thread::sleep(POLL),
            }
        };
        std::thread::sleep(MOMENT);
        main.users().look(main.up.container.as_ref());
        main.count_answered(2);
        match service.send(&Request::get(path)) {
            Ok(second) if second.is_success() => {
                if let Some(alike) = self.answers_alike(&service, path, &first) {
                    return alike;
                }
                let took = first.took.as_micros();
                #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
                let took = took as f64 / 1000.0;
                Finding::pass(format!("GET {path} {} in {took:.1} ms, {} a moment later", first.status, second.status))
            }
            Ok(second) => {
                let told = told(&second, &self.redactor);
                Finding::fail(format!("GET {path} {}, and {} ms later it {told}", first.status, MOMENT.as_millis()))
            }
            Err(error) => Finding::fail(service.clean(&format!(
                "GET {path} {}, and {} ms later: {error}",
                first.status,
                MOMENT.as_millis()
            ))),
        }
    }

    /// A server that gives the same page for every path says nothing by it.
    fn answers_alike(&self, service: &Service<'_>, path: &str, answer: &Response) -> Option<Finding> {
        let other = format!("/{}-is-no-path", self.mark);
        let none = service.send(&Request::get(&other)).ok().filter(Response::is_success)?;
        let without = |answer: &Response, path: &str| answer.text().replace(path, "");
        (without(&none, &other) == without(answer, path)).then(|| {
            Finding::unproven(format!(
                "GET {path} {}, and so does a path that cannot exist, with the same page: the server answers every path alike; a scenario that names the body would show it: `GET {path} -> {} {{\"status\": \"…\"}}`",
                answer.status, answer.status
            ))
        })
    }

    pub(crate) fn health_healthy(&self, main: &Main, within: Duration) -> Finding {
        let Some(declared) = self.config().health_check() else {
            return Finding::fail(format!("no health check is declared in the image{}", image::dropped(self.config())));
        };
        let finding = self.turns_healthy(main, &declared, within);
        let finding = match image::idle(&declared) {
            Some(program) => {
                finding.warn(format!("its health check runs `{program}`, which asks nothing of the service"))
            }
            None => finding,
        };
        match self.misses_ipv6(main, &declared) {
            Some(warning) => finding.warn(warning),
            None => finding,
        }
    }

    /// `localhost` is `::1` first on a host with IPv6.
    fn misses_ipv6(&self, main: &Main, declared: &HealthCheck) -> Option<String> {
        let port = self.port.clone().ok()?;
        declared.test.iter().any(|word| word.contains("localhost")).then_some(())?;
        let listening = main.up.container.listening().ok().flatten()?;
        let there: Vec<_> = listening.iter().filter(|address| address.port() == port).collect();
        let first = there.first().filter(|_| there.iter().all(|address| address.is_ipv4()))?;
        Some(format!(
            "its health check asks `localhost`, which is ::1 first where there is IPv6, and the service listens on {first} only; 127.0.0.1 is sure"
        ))
    }

    fn turns_healthy(&self, main: &Main, declared: &HealthCheck, within: Duration) -> Finding {
        let container = main.up.container.as_ref();
        let deadline = container.started_at() + within;
        loop {
            let health = match container.health() {
                Ok(health) => health,
                Err(error) => return Finding::unproven(self.redactor.quote(&error.to_string())),
            };
            let after = health.healthy_after.map(|after| after.as_millis());
            match (health.status, health.healthy_after) {
                (HealthStatus::None, _) => {
                    return Finding::unproven(format!("the engine {} ignores the declared health check", self.engine));
                }
                (HealthStatus::Healthy, Some(time)) if time <= within => {
                    return Finding::pass(format!("healthy {} ms after the start", time.as_millis()));
                }
                (HealthStatus::Healthy, None) if Instant::now() <= deadline => {
                    let after = container.started_at().elapsed().as_millis();
                    return Finding::pass(format!("healthy {after} ms after the start"));
                }
                (HealthStatus::Healthy, _) => {
                    let after = after.unwrap_or_else(|| container.started_at().elapsed().as_millis());
                    let interval = seconds(declared.interval);
                    return Finding::fail(format!("healthy only {after} ms after the start, probed every {interval}"));
                }
                (HealthStatus::Starting | HealthStatus::Unhealthy, _) if Instant::now() >= deadline => {
                    let state = if health.status == HealthStatus::Starting { "still starting" } else { "unhealthy" };
                    let output = match self.redactor.quote(&health.output) {
                        output if output.is_empty() => String::new(),
                        output => format!(": {output}"),
                    };
                    return Finding::fail(format!(
                        "{state} {} after the start{output} (probed every {})",
                        seconds(within),
                        seconds(declared.interval)
                    ));
                }
                _ => {}
            }
            if matches!(container.status(), Ok(Status::Exited(_))) {
                return Finding::fail(format!("the container ended{}", self.last_words(container)));
            }
            std::thread::sleep(POLL);
        }
    }
}
