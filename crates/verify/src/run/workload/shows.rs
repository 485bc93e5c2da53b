//! What steps can show: they may look busy and show nothing.

use seaworthy_spec::{
    Action, Answer, Body, ExitWanted, HeaderTest, HeaderWanted, Login, RUN_NAME, Request, Scenario, Step, TextTest,
    TextWanted, templates,
};
use serde_json::Value;

/// Words that say how the service is, whoever asks: a part of a path that has nothing but these, and [`BESIDE_HEALTH`], is about its health.
const HEALTH: [&str; 11] = [
    "health",
    "healthz",
    "healthy",
    "healthcheck",
    "healthchecks",
    "ready",
    "readyz",
    "readiness",
    "livez",
    "liveness",
    "livecheck",
];
/// Words that may stand beside them.
const BESIDE_HEALTH: [&str; 10] =
    ["check", "checks", "status", "db", "database", "service", "app", "probe", "is", "live"];
/// Last parts of paths that may be a service's work: an order has a status, too.
const WEAK: [&str; 22] = [
    "status",
    "up",
    "ping",
    "pong",
    "metrics",
    "prometheus",
    "startup",
    "live",
    "alive",
    "isalive",
    "isready",
    "heartbeat",
    "probe",
    "ok",
    "version",
    "info",
    "server-status",
    "nginx_status",
    "stub_status",
    "favicon.ico",
    "robots.txt",
    "manifest.json",
];
/// What stands before them where they are not.
const BEFORE_WEAK: [&str; 5] = ["api", "rest", "actuator", "-", "internal"];

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
    if scenario.steps.iter().any(|step| step.action.stops_a_server()) {
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
                    whose answer's body is tested; a redirect counts with a test of its `Location`"
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

/// A write may be answered as if it had been taken: where the root is read-only, a later GET must depend on it.
pub(super) fn read_back(scenario: &Scenario, health: &[&str]) -> Result<(), String> {
    let requests = scenario.steps.iter().filter_map(request);
    let requests: Vec<&Request> =
        requests.filter(|request| !request.on_another && !is_health(&request.path, health)).collect();
    let is_read = |(number, write): (usize, &&Request)| {
        let run = mention(&sent(write), &[RUN_NAME]).then_some(RUN_NAME);
        let names: Vec<&str> = run.into_iter().chain(write.saves.iter().map(|save| save.name.as_str())).collect();
        // A page repeats what it was asked for.
        let is_asked = |read: &Request| mention(&sent(read), &[RUN_NAME]);
        let tells = |read: &Request| reads(read) || !led_to(&read.answer).is_empty();
        requests[number + 1..].iter().any(|read| tells(read) && !is_asked(read) && depends(read, &names))
    };
    let mut written = requests.iter().enumerate().filter(|(_, request)| writes(request)).peekable();
    if written.peek().is_none() || written.any(is_read) {
        return Ok(());
    }
    Err(format!(
        "a write may be answered and not be kept; write `{{{RUN_NAME}}}`, and expect it in the body of a later GET"
    ))
}

/// How many steps only make ready and start the first container: they are not gone through again.
pub(super) fn first_start(steps: &[Step]) -> usize {
    let mounts = steps.iter().take_while(|step| matches!(step.action, Action::Mount { .. })).count();
    let starts = steps.get(mounts).is_some_and(|step| matches!(step.action, Action::Start { .. }));
    mounts + usize::from(starts)
}

/// What is done in each further round: one container is looked at, and it, its files and the one beside it are there from the first round on.
pub(super) fn repeated(scenario: &Scenario) -> impl Iterator<Item = &Step> {
    let is_repeated = |step: &&Step| !matches!(step.action, Action::Mount { .. } | Action::StartAnother);
    scenario.steps[first_start(&scenario.steps)..].iter().filter(is_repeated)
}

/// Whether a step ends the container of those before it.
pub(super) fn ends_container(scenario: &Scenario) -> bool {
    let behind = &scenario.steps[first_start(&scenario.steps)..];
    let ends = |step: &Step| {
        matches!(
            step.action,
            Action::Start { .. } | Action::Restart { .. } | Action::Stop { .. } | Action::Exits { .. }
        )
    };
    behind.iter().any(ends)
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

/// Whether it may change what the service keeps, and is not refused.
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

/// Whether what it sends is taken: a redirect may lead anybody to the login.
pub(super) fn is_taken(request: &Request) -> bool {
    let is_location = |header: &HeaderTest| {
        let is_negated = matches!(&header.wanted, HeaderWanted::Text(test) if test.is_negated);
        header.name.eq_ignore_ascii_case("location") && !is_negated
    };
    matches!(request.answer.status, 200..=299) || request.answer.headers.iter().any(is_location)
}

/// Whether it answers what depends on one of these values.
pub(super) fn depends(read: &Request, names: &[&str]) -> bool {
    // Another container was not started anew.
    read.method == "GET"
        && !read.on_another
        && match read.answer.status {
            200..=299 => mention(&expected(&read.answer), names) || mention(&[read.path.as_str()], names),
            // A redirect of everybody to the same place depends on nothing.
            300..=399 => mention(&led_to(&read.answer), names),
            _ => false,
        }
}

fn is_work(request: &Request, health: &[&str]) -> bool {
    !is_health(&request.path, health) && (writes(request) && is_taken(request) || reads(request))
}

fn is_health(path: &str, health: &[&str]) -> bool {
    let plain = |path: &str| {
        let path = path.split('?').next().unwrap_or_default();
        let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy().to_ascii_lowercase();
        path.trim_end_matches('/').to_owned()
    };
    let path = plain(path);
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let is_strong = |segment: &&str| {
        let mut words = segment.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).peekable();
        let known = |word: &str| HEALTH.contains(&word) || BESIDE_HEALTH.contains(&word) || word == "json";
        segment.split(|c: char| !c.is_alphanumeric()).any(|word| HEALTH.contains(&word))
            && words.peek().is_some()
            && words.all(known)
    };
    let is_version = |segment: &str| {
        segment.strip_prefix('v').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let is_weak = segments.split_last().is_some_and(|(last, before)| {
        let name =
            last.trim_start_matches('_').trim_end_matches(".json").trim_end_matches(".html").trim_end_matches(".txt");
        (WEAK.contains(last) || WEAK.contains(&name))
            && before.iter().all(|segment| BEFORE_WEAK.contains(segment) || is_version(segment))
    });
    is_weak || segments.iter().any(is_strong) || health.iter().any(|known| plain(known) == path)
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
    match &request.login {
        Some(Login::Bearer(token)) => texts.push(token),
        Some(Login::Basic { user, password }) => texts.extend([user.as_str(), password.as_str()]),
        Some(Login::Nobody) | None => {}
    }
    texts
}

/// The texts that must stand in an answer: in its body, or in the header that says where it leads.
pub(super) fn expected(answer: &Answer) -> Vec<&str> {
    let mut texts = Vec::new();
    if let Some(body) = &answer.body {
        strings(body, &mut texts);
    }
    texts.extend(contained(&answer.texts));
    texts.extend(led_to(answer));
    texts
}

/// The texts that a text must contain.
pub(super) fn contained(tests: &[TextTest]) -> Vec<&str> {
    let wanted = tests.iter().filter(|test| !test.is_negated).map(|test| &test.wanted);
    wanted
        .filter_map(|wanted| match wanted {
            TextWanted::Contains(text) => Some(text.as_str()),
            TextWanted::Matches(_) => None,
        })
        .collect()
}

/// The texts that must stand in its `Location`.
fn led_to(answer: &Answer) -> Vec<&str> {
    let tests = answer.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("location"));
    tests
        .flat_map(|header| match &header.wanted {
            HeaderWanted::Is(text) => vec![text.as_str()],
            HeaderWanted::Text(test) => contained(std::slice::from_ref(test)),
        })
        .collect()
}

/// Whether one of these names stands in braces in one of the texts.
pub(super) fn mention(texts: &[&str], names: &[&str]) -> bool {
    texts.iter().any(|text| templates(text).iter().any(|(_, name)| names.contains(name)))
}

pub(super) fn strings<'v>(value: &'v Value, texts: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, texts)),
        Value::Object(members) => members.values().for_each(|member| strings(member, texts)),
        _ => {}
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn scenario(lines: &str) -> Scenario {
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
            "POST /-/healthy -> 200",
            "POST /health/db -> 200",
            "POST /db-health -> 200",
            "GET /%68ealth -> 200 body contains \"ok\"",
            "GET /health-check -> 200 body contains \"ok\"",
            "GET /health.json -> 200 body contains \"ok\"",
            "GET /_ping -> 200 body contains \"ok\"",
            "GET /ping.json -> 200 body contains \"ok\"",
            "GET /isalive -> 200 body contains \"ok\"",
            "GET /server-status -> 200 body contains \"ok\"",
            "GET /actuator/prometheus -> 200 body contains \"ok\"",
            "GET /rest/ping -> 200 body contains \"ok\"",
            "GET /version -> 200 body contains \"1\"",
            "GET /favicon.ico -> 200 body contains \"a\"",
            "GET /readiness -> 200 {\"status\": \"ok\"}",
            "GET /status -> 200 {\"status\": \"ok\"}",
            "GET /api/v1/status -> 200 {\"status\": \"ok\"}",
            "GET /actuator/metrics -> 200 body contains \"jvm\"",
            "POST /notes form a=b -> 302",
            "POST /notes form a=b -> 302 header Location not contains \"error\"",
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
        check("POST /login form user=ann -> 302 header Location: /home", true, Some(Work::Requests));
        check("POST /orders/status {\"text\": \"{run}\"} -> 201", true, Some(Work::Requests));
        check("GET /readings -> 200 body contains \"21\"", true, Some(Work::Requests));
        for path in ["/live/rooms", "/ready-meals", "/healthy-recipes", "/orders/1/status"] {
            check(&format!("GET {path} -> 200 body contains \"a\""), true, Some(Work::Requests));
        }
        check("POST /healthcare/visits {\"text\": \"{run}\"} -> 201", true, Some(Work::Requests));
        check("GET /notes -> 200 []", true, Some(Work::Requests));
        check("GET / -> 200 body contains \"Welcome\"", true, Some(Work::Requests));
        check("log contains \"job done\"", false, Some(Work::Log));
        check("wait log contains \"job done\" within 5s", false, Some(Work::Log));
        check("exits within 5s -> exit 0, log contains \"imported\"", false, Some(Work::Job));
    }

    #[test]
    fn a_write_counts_under_a_read_only_root_where_a_later_get_depends_on_it() {
        let write = "POST /notes {\"text\": \"{run}\"} -> 201, save id";
        for (lines, expected) in [
            (write.to_owned(), false),
            (format!("{write}\nrestart\nGET /health -> 200"), false),
            (format!("{write}\nGET / -> 200 body contains \"Welcome\""), false),
            (format!("{write}\nGET /notes/{{id}} -> 200"), false),
            (format!("GET /notes -> 200 body contains \"{{run}}\"\n{write}"), false),
            ("POST /notes {\"text\": \"fixed\"} -> 201\nGET /x?y={run} -> 200 {\"y\": \"{run}\"}".to_owned(), false),
            (format!("{write}\nGET /notes -> 200 body contains \"{{run}}\""), true),
            (format!("{write}\nGET /notes/{{id}} -> 200 {{\"text\": \"kept\"}}"), true),
            (format!("{write}\nGET /{{id}} -> 302 header Location contains \"{{run}}\""), true),
            (format!("{write}\nGET /{{id}} -> 302 header Location: /login"), false),
            (format!("{write}\nGET /search?q={{run}} -> 200 body contains \"{{run}}\""), false),
            (format!("{write}\nGET /go?to={{run}} -> 302 header Location contains \"{{run}}\""), false),
            ("GET / -> 200 body contains \"Welcome\"".to_owned(), true),
        ] {
            assert_eq!(read_back(&scenario(&lines), &[]).is_ok(), expected, "{lines}");
        }
    }

    #[test]
    fn only_what_stands_before_the_first_start_is_done_once() {
        for (lines, expected, ends) in [
            ("POST /notes -> 201", 0, false),
            ("start\nPOST /notes -> 201", 1, false),
            ("mount f at /etc/f\nsecret KEY = f\nstart with A=b\nPOST /notes -> 201", 3, false),
            ("mount f at /etc/f\nPOST /notes -> 201", 1, false),
            ("start\nPOST /notes -> 201\nstart\nGET /notes -> 200", 1, true),
            ("POST /notes -> 201\nmount f at /etc/f\nstart\nGET /notes -> 200", 0, true),
        ] {
            let scenario = scenario(lines);
            assert_eq!((first_start(&scenario.steps), ends_container(&scenario)), (expected, ends), "{lines}");
        }
    }

    #[test]
    fn a_further_round_starts_and_mounts_nothing() {
        let scenario = scenario("mount f at /etc/f\nstart\nGET /page -> 200\nstart another\nPOST /notes -> 201");
        let texts: Vec<&str> = repeated(&scenario).map(|step| step.text.as_str()).collect();
        assert_eq!(texts, ["GET /page -> 200", "POST /notes -> 201"]);
    }

    #[test]
    fn the_paths_of_a_health_check_are_found() {
        assert_eq!(asked_by("CMD-SHELL curl -f http://localhost:8000/state || exit 1"), ["/state"]);
        assert_eq!(asked_by("CMD python -c urlopen('http://127.0.0.1:8000/pulse')"), ["/pulse"]);
        assert!(asked_by("CMD curl http://localhost/").is_empty());
    }
}
