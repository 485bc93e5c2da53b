//! What steps can show: they may look busy and show nothing.

use seaworthy_spec::{Action, Answer, Body, ExitWanted, Request, Scenario, Step, templates};
use serde_json::Value;

/// Last parts of paths that say how the service is, whoever asks.
const HEALTH: [&str; 18] = [
    "health",
    "healthz",
    "healthcheck",
    "health-check",
    "_health",
    "ready",
    "readyz",
    "readiness",
    "live",
    "livez",
    "liveness",
    "alive",
    "ping",
    "status",
    "up",
    "heartbeat",
    "startup",
    "metrics",
];

/// How steps make a service work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// It is asked for something.
    Requests,
    /// A worker logs its jobs: what it logs once may be its start.
    Log,
    /// It does its job and ends.
    Job,
}

impl Work {
    /// How often the steps are gone through at least.
    pub(super) fn rounds(self) -> usize {
        if self == Self::Log { 2 } else { 1 }
    }
}

/// How the steps make the service work, or what is missing.
pub(super) fn work(scenario: &Scenario, health: &[&str], has_port: bool) -> Result<Work, String> {
    if scenario.steps.iter().any(|step| step.action == Action::StopDatabase) {
        return Err("without its database a service shows no work; `stop database` belongs under a promise of its own"
            .to_owned());
    }
    let mut requests = scenario.steps.iter().filter_map(request).filter(|request| !request.on_another);
    if requests.any(|request| is_work(request, health)) {
        return Ok(Work::Requests);
    }
    if has_port {
        return Err(
            "no step makes the service write, or answer at another path than that of its health; add a POST, or a GET \
                    whose answer's body is tested"
                .to_owned(),
        );
    }
    let is_job =
        |step: &Step| matches!(step.action, Action::Exits { exit: ExitWanted::Code(0), log_contains: Some(_), .. });
    if scenario.steps.iter().any(is_job) {
        return Ok(Work::Job);
    }
    let logs = |step: &Step| matches!(step.action, Action::LogContains(_) | Action::WaitLog { .. });
    match (scenario.steps.iter().any(logs), ends_container(scenario)) {
        (true, false) => Ok(Work::Log),
        (true, true) => Err("a line of the log after another start may be logged by the start itself".to_owned()),
        (false, _) => {
            Err("no step shows a job that was done; add `log contains \"…\"` with a text that each job logs".to_owned())
        }
    }
}

/// Whether a step ends the container of those before it.
pub(super) fn ends_container(scenario: &Scenario) -> bool {
    scenario.steps.iter().enumerate().any(|(number, step)| match step.action {
        Action::Start { .. } => number > 0,
        Action::Restart | Action::Stop { .. } | Action::Exits { .. } => true,
        _ => false,
    })
}

/// Paths that a command asks for, but for `/`.
pub(super) fn asked_by(command: &str) -> Vec<&str> {
    let hosts = command.split("://").skip(1);
    let paths = hosts.filter_map(|rest| {
        let url = rest.split(|c: char| c.is_whitespace() || "'\")`;|".contains(c)).next()?;
        url.find('/').map(|at| &url[at..])
    });
    paths.filter(|path| *path != "/").collect()
}

pub(super) fn request(step: &Step) -> Option<&Request> {
    match &step.action {
        Action::Request(request) => Some(request),
        _ => None,
    }
}

/// Whether it may change what the service keeps, and is taken.
pub(super) fn writes(request: &Request) -> bool {
    matches!(request.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE") && matches!(request.answer.status, 200..=399)
}

/// Whether the body that it answers is tested.
pub(super) fn reads(request: &Request) -> bool {
    let Answer { status, body, texts, .. } = &request.answer;
    let is_json_tested = body.as_ref().is_some_and(|body| body.as_object().is_none_or(|members| !members.is_empty()));
    request.method == "GET"
        && matches!(status, 200..=299)
        && (is_json_tested || texts.iter().any(|text| !text.is_negated))
}

fn is_work(request: &Request, health: &[&str]) -> bool {
    !is_health(&request.path, health) && (writes(request) || reads(request))
}

fn is_health(path: &str, health: &[&str]) -> bool {
    let plain = |path: &str| path.split('?').next().unwrap_or_default().trim_end_matches('/').to_ascii_lowercase();
    let path = plain(path);
    let last = path.rsplit('/').next().unwrap_or_default();
    HEALTH.contains(&last) || health.iter().any(|known| plain(known) == path)
}

/// The texts that a request sends.
pub(super) fn sent(request: &Request) -> Vec<&str> {
    let mut texts: Vec<&str> = vec![&request.path];
    texts.extend(request.headers.iter().map(|(_, value)| value.as_str()));
    match &request.body {
        Some(Body::Json(value)) => strings(value, &mut texts),
        Some(Body::Form(fields)) => texts.extend(fields.iter().map(|(_, value)| value.as_str())),
        None => {}
    }
    texts
}

/// The texts that must stand in the body of an answer.
pub(super) fn expected(answer: &Answer) -> Vec<&str> {
    let mut texts = Vec::new();
    if let Some(body) = &answer.body {
        strings(body, &mut texts);
    }
    for test in answer.texts.iter().filter(|test| !test.is_negated) {
        if let seaworthy_spec::TextWanted::Contains(text) = &test.wanted {
            texts.push(text);
        }
    }
    texts
}

/// Whether one of these names stands in braces in one of the texts.
pub(super) fn mention(texts: &[&str], names: &[&str]) -> bool {
    texts.iter().any(|text| templates(text).iter().any(|(_, name)| names.contains(name)))
}

fn strings<'v>(value: &'v Value, texts: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, texts)),
        Value::Object(members) => members.values().for_each(|member| strings(member, texts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(lines: &str) -> Scenario {
        let text = lines
            .lines()
            .fold("# A\n\n## Success Criteria\n\n- [ ] It works\n  ```check\n".to_owned(), |text, line| {
                format!("{text}  {}\n", line.trim())
            });
        let spec = seaworthy_spec::Spec::parse(&format!("{text}  ```\n")).unwrap();
        spec.checks().find_map(seaworthy_spec::Check::scenario).unwrap().clone()
    }

    #[track_caller]
    fn check(lines: &str, has_port: bool, expected: Option<Work>) {
        assert_eq!(work(&scenario(lines), &["/state", "/pulse"], has_port).ok(), expected, "{lines}");
    }

    #[test]
    fn steps_that_only_look_busy_are_no_work() {
        for idle in [
            "GET /health -> 200",
            "GET /health -> 200 {\"status\": \"ok\"}",
            "GET /api/healthz/?full=1 -> 200 {\"status\": \"ok\"}",
            "GET /state -> 200 {\"status\": \"ok\"}",
            "POST /pulse -> 200",
            "GET /notes -> 200",
            "GET /notes -> 200 {}",
            "GET /notes -> 200 body not contains \"error\"",
            "POST /nowhere -> 404",
            "GET /nowhere -> 404 {\"detail\": \"not found\"}",
            "wait GET /notes -> 200 within 5s",
            "wait healthy within 5s",
            "log contains \"listening\"",
        ] {
            check(idle, true, None);
        }
        check("wait healthy within 5s", false, None);
        check("log contains \"started\"\nrestart\nlog contains \"started\"", false, None);
        check("exits within 5s -> exit 1, log contains \"fatal\"", false, None);
    }

    #[test]
    fn a_write_a_read_with_a_test_and_a_job_are_work() {
        check("POST /notes {\"text\": \"{run}\"} -> 201", true, Some(Work::Requests));
        check("POST /login form user=ann -> 302", true, Some(Work::Requests));
        check("GET /notes -> 200 []", true, Some(Work::Requests));
        check("GET / -> 200 body contains \"Welcome\"", true, Some(Work::Requests));
        check("log contains \"job done\"", false, Some(Work::Log));
        check("wait log contains \"job done\" within 5s", false, Some(Work::Log));
        check("exits within 5s -> exit 0, log contains \"imported\"", false, Some(Work::Job));
    }

    #[test]
    fn the_paths_of_a_health_check_are_found() {
        assert_eq!(asked_by("CMD-SHELL curl -f http://localhost:8000/state || exit 1"), ["/state"]);
        assert_eq!(asked_by("CMD python -c urlopen('http://127.0.0.1:8000/pulse')"), ["/pulse"]);
        assert!(asked_by("CMD curl http://localhost/").is_empty());
    }
}
