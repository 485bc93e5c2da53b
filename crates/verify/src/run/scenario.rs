//! `scenario`: the steps of a criterion, one after the other.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use percent_encoding::utf8_percent_encode;
use seaworthy_engine::{Container, Health, HealthStatus, Run, Signal, Status, Volumes};
use seaworthy_spec::{Action, ExitWanted, Request as Wanted, Scenario, Step};
use serde_json::Value;

use super::{Down, Runs, seconds};
use crate::Finding;
use crate::crud::SEGMENT;
use crate::database::set;
use crate::http::{Request, Response};

/// Between two looks.
const POLL: Duration = Duration::from_millis(10);
/// How long a log line may take to arrive.
const LOG: Duration = Duration::from_secs(2);

/// A saved value in a path.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// A scenario under way.
struct Play<'a, 'r> {
    runs: &'a Runs<'r>,
    /// What it means that a container like the main one does not run.
    not_running: &'a dyn Fn(&Down) -> Finding,
    run: Run,
    volumes: Option<Box<dyn Volumes>>,
    container: Option<Box<dyn Container>>,
    /// Somebody else's container, which takes the place of its own.
    given: Option<&'a dyn Container>,
    /// That the container took connections once.
    is_up: bool,
    /// That it was ready for work once, or had all the time for it that there is.
    is_ready: bool,
    /// The step before started the container.
    just_started: bool,
    saved: BTreeMap<String, Value>,
    seen: Vec<String>,
}

impl Runs<'_> {
    pub(crate) fn scenario(&self, scenario: &Scenario, not_running: &dyn Fn(&Down) -> Finding) -> Finding {
        let mut play = Play::new(self, not_running);
        let mut result = Finding::pass("");
        for step in &scenario.steps {
            if let Err(finding) = play.step(step) {
                let text = self.redactor.quote(&step.text);
                let evidence = format!("line {}: `{text}`: {}", step.line, finding.evidence);
                result = Finding { evidence: crate::one_line(&evidence), ..finding };
                break;
            }
        }
        if let Some(container) = play.container.take() {
            self.retire(container, "a scenario's container");
        }
        if result.verdict == seaworthy_report::Verdict::Pass {
            return Finding::pass(play.seen.join(", "));
        }
        result
    }
}

impl Runs<'_> {
    /// Sends a scenario's requests to a container that runs already; false where it is about more than requests. What is answered decides
    /// nothing here.
    pub(super) fn replay(&self, scenario: &Scenario, container: &dyn Container) -> bool {
        let asks = |step: &Step| matches!(step.action, Action::Request(_) | Action::WaitAnswer { .. });
        let not_running = |_: &Down| Finding::unproven("the container does not run");
        let mut play = Play::new(self, &not_running);
        play.given = Some(container);
        (play.is_up, play.is_ready) = (true, true);
        scenario.steps.iter().all(asks) && scenario.steps.iter().all(|step| play.step(step).is_ok())
    }
}

impl<'a, 'r> Play<'a, 'r> {
    fn new(runs: &'a Runs<'r>, not_running: &'a dyn Fn(&Down) -> Finding) -> Self {
        Self {
            runs,
            not_running,
            run: runs.run(),
            volumes: None,
            container: None,
            given: None,
            is_up: false,
            is_ready: false,
            just_started: false,
            saved: BTreeMap::new(),
            seen: Vec::new(),
        }
    }
}

impl Play<'_, '_> {
    fn step(&mut self, step: &Step) -> Result<(), Finding> {
        let starts = matches!(step.action, Action::Start { .. });
        if self.container.is_none() && self.given.is_none() && !starts {
            self.start()?;
        }
        match &step.action {
            Action::Start { with, without, read_only } => {
                self.run = self.runs.run();
                for (name, value) in with {
                    set(&mut self.run, name, value);
                }
                for name in without {
                    self.run.env.retain(|(known, _)| known != name);
                    self.run.without_env.push(name.clone());
                }
                self.run.read_only = *read_only;
                self.end()?;
                self.volumes = None;
                self.start()?;
                self.seen.push("start".to_owned());
            }
            Action::Restart => {
                self.up()?;
                self.end()?;
                self.start()?;
                self.seen.push("restart".to_owned());
            }
            Action::Request(wanted) => self.request(wanted)?,
            Action::Stop { within, exit } => self.stop(*within, *exit)?,
            Action::Exits { within, exit, log_contains } => {
                self.exits(*within, *exit)?;
                if let Some(text) = log_contains {
                    self.log_contains(text)?;
                }
            }
            Action::LogContains(text) => self.log_contains(text)?,
            Action::WaitHealthy { within } => self.wait_healthy(*within)?,
            Action::WaitAnswer { path, status, within } => self.wait_answer(path, *status, *within)?,
        }
        self.just_started = starts;
        Ok(())
    }

    fn start(&mut self) -> Result<(), Finding> {
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
    fn end(&mut self) -> Result<(), Finding> {
        let Some(container) = self.container.take() else { return Ok(()) };
        container.signal(Signal::Kill).map_err(|error| self.runs.engine_failed(&error))?;
        let ended = container.wait(self.runs.options.timeout).map_err(|error| self.runs.engine_failed(&error))?;
        self.runs.retire(container, "a scenario's container");
        if ended.is_none() {
            return Err(Finding::unproven("the container could not be killed"));
        }
        Ok(())
    }

    fn is_down(&self, down: Down) -> Finding {
        let like_main = {
            let main = self.runs.run();
            self.run.env == main.env && self.run.without_env == main.without_env && !self.run.read_only
        };
        match (self.runs.main(), down) {
            (Err(main), _) if like_main => (self.not_running)(main),
            (_, down) => down.finding("the container does not run", Finding::fail),
        }
    }

    fn container(&self) -> Result<&dyn Container, Finding> {
        self.given.or(self.container.as_deref()).ok_or_else(|| Finding::fail("no container runs"))
    }

    /// Waits once until the container takes connections, and for a while until it is ready for work: the steps may be about one that never is.
    fn up(&mut self) -> Result<(), Finding> {
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
    fn waits_until_ready(&self, within: Duration) -> Result<bool, Finding> {
        let Ok(port) = self.runs.port else { return Ok(true) };
        let container = self.container()?;
        self.runs.becomes_ready(container, port, within).map_err(|down| self.is_down(down))
    }

    fn request(&mut self, wanted: &Wanted) -> Result<(), Finding> {
        let Ok(port) = self.runs.port else { return Err(Finding::unproven(self.runs.no_port())) };
        self.up()?;
        let mut asked = self.ask(wanted, port);
        // Who is not ready says so before it does anything; what was done is not done twice.
        let did_something = wanted.method != "GET" && asked.as_ref().is_ok_and(|(answer, _)| answer.is_success());
        let is_wrong = !matches!(asked, Ok((_, Ok(()))));
        if is_wrong && !self.is_ready && !did_something {
            self.is_ready = true;
            if self.waits_until_ready(self.runs.options.timeout)? {
                asked = self.ask(wanted, port);
            }
        }
        let (answer, judged) = asked.map_err(Finding::fail)?;
        judged.map_err(|why| Finding::fail(self.runs.redactor.redact(&why)))?;
        let took = answer.took.as_millis();
        let timed = wanted.answer.within.map(|_| format!(" in {took} ms")).unwrap_or_default();
        self.seen.push(format!("{} {}{timed}", wanted.method, answer.status));
        for save in &wanted.saves {
            let found = save.path.iter().try_fold(answer.json().unwrap_or_default(), |value, name| match value {
                Value::Array(mut items) => {
                    let index = name.parse().ok().filter(|index| *index < items.len())?;
                    Some(items.swap_remove(index))
                }
                mut value => value.get_mut(name).map(Value::take),
            });
            let Some(found) = found else {
                return Err(Finding::fail(format!("the answer has no `{}` to save", save.path.join("."))));
            };
            self.saved.insert(save.name.clone(), found);
        }
        Ok(())
    }

    /// The answer, and whether it is what was wanted.
    fn ask(&self, wanted: &Wanted, port: u16) -> Result<(Response, Result<(), String>), String> {
        let request = self.filled(wanted);
        let container = self.container().map_err(|finding| finding.evidence)?;
        let mut service = self.runs.service(container, port);
        service.within = service.within.max(wanted.answer.within.unwrap_or_default());
        let answer = service.send(&request).map_err(|error| service.clean(&error.to_string()))?;
        if request.method == "POST"
            && answer.is_success()
            && let Ok(main) = self.runs.main()
            && let Ok(api) = &main.api
            && let Some(path) = self.runs.requests(api).made_at(&request.path, &answer)
        {
            self.runs.remember(&path);
        }
        let judged = self.judge(wanted, &answer);
        Ok((answer, judged))
    }

    fn judge(&self, wanted: &Wanted, answer: &Response) -> Result<(), String> {
        let expected = &wanted.answer;
        if answer.status != expected.status {
            let told = crate::service::told(answer, &self.runs.redactor);
            return Err(format!("expected {}, {told}", expected.status));
        }
        if let Some(body) = &expected.body {
            let body = self.filled_value(body);
            let Some(found) = answer.json() else {
                return Err(format!("the body is no JSON: {}", self.runs.redactor.quote(&answer.text())));
            };
            difference(&found, &body, "$").map_or(Ok(()), Err)?;
        }
        for (name, value) in &expected.headers {
            let value = self.filled_text(value, str::to_owned);
            // A header may be repeated, which says the same as its values in one, with commas between.
            let found: Vec<&str> = answer.headers_named(name).map(str::trim).collect();
            if found.is_empty() {
                return Err(format!("expected header `{name}: {value}`, found none"));
            }
            if !found.contains(&value.as_str()) && found.join(", ") != value {
                return Err(format!("expected header `{name}: {value}`, found `{}`", found.join("`, `")));
            }
        }
        match expected.within {
            Some(within) if answer.took > within => {
                Err(format!("answered in {} ms, which is not within {}", answer.took.as_millis(), seconds(within)))
            }
            _ => Ok(()),
        }
    }

    fn stop(&mut self, within: Duration, exit: i32) -> Result<(), Finding> {
        self.up()?;
        let container = self.container()?;
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

    fn exits(&mut self, within: Duration, wanted: ExitWanted) -> Result<(), Finding> {
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

    fn log_contains(&mut self, text: &str) -> Result<(), Finding> {
        let text = self.filled_text(text, str::to_owned);
        let container = self.container()?;
        let deadline = Instant::now() + LOG.min(self.runs.options.timeout);
        loop {
            let logs = container.logs().map_err(|error| self.runs.engine_failed(&error))?;
            if logs.stdout.contains(&text) || logs.stderr.contains(&text) {
                self.seen.push("found in the log".to_owned());
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(Finding::fail(format!("not in the log{}", self.runs.last_words(container))));
            }
            std::thread::sleep(POLL);
        }
    }

    /// Asks again and again, each time for what is left of the time.
    fn wait_answer(&mut self, path: &str, status: u16, within: Duration) -> Result<(), Finding> {
        let Ok(port) = self.runs.port else { return Err(Finding::unproven(self.runs.no_port())) };
        let from = if self.just_started { self.container()?.started_at() } else { Instant::now() };
        self.up()?;
        let request = Request::get(&self.filled_text(path, encoded));
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
    fn wait_healthy(&mut self, within: Duration) -> Result<(), Finding> {
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
                    self.is_up = true;
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

    fn answers(&self, container: &dyn Container) -> Result<Result<(), String>, Finding> {
        let Ok(port) = self.runs.port else { return Err(Finding::unproven(self.runs.no_port())) };
        let Some(path) = &self.runs.health_path else {
            let accepted = super::accepts(container, port, Duration::from_millis(200));
            return Ok(if accepted { Ok(()) } else { Err("it takes no connections".to_owned()) });
        };
        let service = self.runs.service(container, port);
        Ok(match service.send(&Request::get(path)) {
            Ok(answer) if answer.is_success() => Ok(()),
            Ok(answer) => Err(format!("{path} {}", service.told(&answer))),
            Err(error) => Err(service.clean(&format!("{path}: {error}"))),
        })
    }

    fn filled(&self, wanted: &Wanted) -> Request {
        let mut headers: Vec<(String, String)> =
            wanted.headers.iter().map(|(name, value)| (name.clone(), self.filled_text(value, str::to_owned))).collect();
        let body = wanted.body.as_ref().map(|body| self.filled_value(body).to_string().into_bytes());
        if body.is_some() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        Request {
            method: wanted.method.clone(),
            path: self.filled_text(&wanted.path, encoded),
            headers,
            body,
            body_bytes: 0,
        }
    }

    /// With saved values in the place of their names in braces.
    fn filled_text(&self, text: &str, form: impl Fn(&str) -> String) -> String {
        self.saved.iter().fold(text.to_owned(), |text, (name, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text.replace(&format!("{{{name}}}"), &form(&value))
        })
    }

    /// A string that is one name alone becomes the saved value itself, a number for a number.
    fn filled_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let alone = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
                match alone.and_then(|name| self.saved.get(name)) {
                    Some(saved) => saved.clone(),
                    None => Value::String(self.filled_text(text, str::to_owned)),
                }
            }
            Value::Array(items) => items.iter().map(|item| self.filled_value(item)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), self.filled_value(value))).collect()
            }
            other => other.clone(),
        }
    }
}

/// The first place where an answer is not what was expected: of objects only the named members count.
fn difference(found: &Value, expected: &Value, place: &str) -> Option<String> {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            expected.iter().find_map(|(name, value)| match found.get(name) {
                Some(found) => difference(found, value, &format!("{place}.{name}")),
                None => Some(format!("expected `{value}` at `{place}.{name}`, found nothing")),
            })
        }
        (Value::Number(one), Value::Number(two)) if one == two || one.as_f64() == two.as_f64() => None,
        (found, expected) if found == expected => None,
        (found, expected) => Some(format!("expected `{expected}` at `{place}`, found `{found}`")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_may_hold_more_members_and_nothing_else() {
        for (found, expected, difference_expected) in [
            (json!({"a": 1, "b": 2}), json!({"a": 1}), None),
            (json!({"a": {"b": 1, "c": 2}}), json!({"a": {"b": 1.0}}), None),
            (json!({"a": 1}), json!({"b": 1}), Some("expected `1` at `$.b`, found nothing")),
            (json!({"a": "1"}), json!({"a": 1}), Some("expected `1` at `$.a`, found `\"1\"`")),
            (json!([1, 2]), json!([1]), Some("expected `[1]` at `$`, found `[1,2]`")),
            (json!({"a": null}), json!({"a": null}), None),
        ] {
            assert_eq!(difference(&found, &expected, "$").as_deref(), difference_expected);
        }
    }
}
