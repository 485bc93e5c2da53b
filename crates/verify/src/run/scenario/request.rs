//! A request of a scenario, and what is saved of its answer.

use seaworthy_spec::{Request as Wanted, Save, SaveFrom};
use serde_json::Value;

use super::{Play, Reached, jar};
use crate::Finding;
use crate::http::Response;

/// Shorter cookies and headers are no keys.
const SHORTEST_KEY: usize = 8;

/// The answer, or why there is none, and whether it is what was wanted.
struct Asked {
    answer: Result<Response, String>,
    judged: Result<(), Finding>,
}

impl Play<'_, '_> {
    pub(super) fn request(&mut self, wanted: &Wanted) -> Result<(), Finding> {
        let port = self.port()?;
        self.up()?;
        if let Some(repeat) = wanted.repeat {
            return self.load(wanted, repeat, port);
        }
        let mut asked = self.ask(wanted, port)?;
        // Who is not ready says so before it does anything; what was done is not done twice.
        let did_something = wanted.method != "GET" && asked.answer.as_ref().is_ok_and(Response::is_success);
        let is_wrong = asked.answer.is_err() || asked.judged.is_err();
        if is_wrong && self.reached != Reached::Ready && !did_something && !wanted.on_another {
            self.reached = Reached::Ready;
            if self.waits_until_ready(self.runs.options.timeout)? {
                asked = self.ask(wanted, port)?;
            }
        }
        let answer = asked.answer.map_err(Finding::fail)?;
        asked.judged?;
        let took = answer.took.as_millis();
        let another = if wanted.on_another { "on another " } else { "" };
        let timed = wanted.answer.within.map(|_| format!(" in {took} ms")).unwrap_or_default();
        self.seen.push(format!("{another}{} {}{timed}", wanted.method, answer.status));
        wanted.saves.iter().try_for_each(|save| self.save(save, &answer))
    }

    /// Sends the request once, and keeps the cookies of its answer.
    fn ask(&mut self, wanted: &Wanted, port: u16) -> Result<Asked, Finding> {
        let request = self.filled(wanted)?;
        let expected = self.expected(&wanted.answer)?;
        let mut service = self.runs.service(self.asked(wanted)?, port);
        service.within = service.within.max(wanted.answer.within.unwrap_or_default());
        let answer = match service.send(&request) {
            Ok(answer) => answer,
            Err(error) => {
                return Ok(Asked { answer: Err(self.runs.redactor.redact(&error.to_string())), judged: Ok(()) });
            }
        };
        if request.method == "POST"
            && answer.is_success()
            && let Ok(main) = self.runs.main()
            && let Ok(api) = &main.api
            && let Some(path) = self.runs.requests(api).made_at(&request.path, &answer)
        {
            self.runs.remember(&path);
        }
        for header in answer.headers_named("set-cookie") {
            self.jar.take(header, &request.path);
            if let Some((_, value)) = jar::pair(header) {
                self.hide(value);
            }
        }
        self.answered = Some(answer.status);
        let judged = expected.judge(&answer, &self.runs.redactor);
        Ok(Asked { answer: Ok(answer), judged })
    }

    fn save(&mut self, save: &Save, answer: &Response) -> Result<(), Finding> {
        let missing = |what: String| Finding::fail(format!("the answer has no {what} to save"));
        let value = match &save.from {
            SaveFrom::Body(path) => member(answer.json().unwrap_or_default(), path)
                .ok_or_else(|| missing(format!("`{}`", path.join("."))))?,
            SaveFrom::Header(name) => {
                let value = answer.header(name).filter(|value| !value.is_empty());
                let value = value.ok_or_else(|| missing(format!("header `{name}`")))?;
                self.hide(value);
                Value::from(value)
            }
            SaveFrom::Cookie(name) => {
                let set = answer.headers_named("set-cookie").filter_map(jar::pair);
                let value = set.filter(|(known, value)| known == name && !value.is_empty()).last();
                Value::from(value.ok_or_else(|| missing(format!("cookie `{name}`")))?.1)
            }
        };
        self.saved.insert(save.name.clone(), value);
        Ok(())
    }

    /// What lets somebody in is no evidence. Shorter texts stand everywhere.
    fn hide(&self, value: &str) {
        if value.len() >= SHORTEST_KEY {
            self.runs.redactor.learn(value);
        }
    }
}

fn member(body: Value, path: &[String]) -> Option<Value> {
    path.iter().try_fold(body, |value, name| match value {
        Value::Array(mut items) => {
            let index = name.parse().ok().filter(|index| *index < items.len())?;
            Some(items.swap_remove(index))
        }
        mut value => value.get_mut(name).map(Value::take),
    })
}
