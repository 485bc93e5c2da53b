//! A request of a scenario, and what is saved of its answer.

use seaworthy_spec::Request as Wanted;
use serde_json::Value;

use super::Play;
use crate::Finding;
use crate::http::Response;

impl Play<'_, '_> {
    pub(super) fn request(&mut self, wanted: &Wanted) -> Result<(), Finding> {
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
    pub(super) fn ask(&self, wanted: &Wanted, port: u16) -> Result<(Response, Result<(), String>), String> {
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
}
