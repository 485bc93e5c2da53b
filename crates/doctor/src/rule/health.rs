//! A health check that does not turn healthy: its tool, its URL, its answer.

use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;
use seaworthy_engine::{Container, EngineError, HealthStatus, PutFile};
use seaworthy_image::HealthCheck;

use crate::cause::Cause;
use crate::copy::LONGEST_PROBE;
use crate::desk::Desk;
use crate::http::{self, Answer};
use crate::trial::Trial;

/// What a shell knows by itself.
const BUILTINS: &[&str] = &[
    "exit", "test", "[", "[[", "true", "false", "echo", "cd", "set", "exec", "if", "then", "else", "fi", "while",
    "until", "for", "do", "done", "!", ":", "printf", "kill", "read", ".", "export", "(",
];
const WAIT: Duration = Duration::from_secs(2);
/// Between two questions to a service that warms up.
const WARMING: Duration = Duration::from_millis(300);
/// What is left for the reasons of one that does not.
const FOR_REASONS: Duration = Duration::from_millis(1200);

static URL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?P<scheme>https?)://(?P<host>\[[0-9a-fA-F:]+\]|[^\s/:'"`)]+)(?::(?P<port>\d+|\$\w+|\$\{[^}]*\}))?(?P<path>/[^\s'"`|&;)]*)?"#).ok()
});

/// Where a check asks.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    host: String,
    port: u16,
    path: String,
    is_tls: bool,
}

/// The health check that the history has and the config has not.
pub(crate) fn ignored(desk: &Desk<'_>) -> Option<Cause> {
    if desk.facts.health_check.is_some() || desk.subject.image.config.health_check().is_some() {
        return None;
    }
    let declared = desk.facts.history.iter().rev().find(|line| line.contains("HEALTHCHECK "))?;
    if declared.contains("NONE") {
        return None;
    }
    let cause =
        "the build has a HEALTHCHECK and the image has none: its format (OCI) does not keep it, so no engine runs it";
    let next =
        "build in Docker's format (`podman build --format docker`), or give the check at run time (`--health-cmd`)";
    Some(
        Cause::new("health-ignored", cause, next)
            .shown_by("the history has `HEALTHCHECK`, the config has no `Healthcheck`")
            .confirmed(),
    )
}

/// Why the copy does not turn healthy, or the subject's own schedule gives up before it does.
///
/// # Errors
///
/// Fails if the engine does.
pub(crate) fn causes(desk: &Desk<'_>, trial: &Trial) -> Result<Vec<Cause>, EngineError> {
    let Some(check) = desk.facts.health_check.clone() else { return Ok(ignored(desk).into_iter().collect()) };
    if let Some(cause) = statically(desk, &check) {
        return Ok(vec![cause.shown_by(output(desk, trial))]);
    }
    if trial.is_healthy() {
        return Ok(slow(desk, trial, &check).into_iter().collect());
    }
    let found = asked(desk, trial, &check)?;
    Ok(found.into_iter().map(|cause| cause.shown_by(output(desk, trial))).collect())
}

/// What the check printed.
fn output(desk: &Desk<'_>, trial: &Trial) -> String {
    let output = trial.health.as_ref().map(|health| health.output.trim()).unwrap_or_default();
    if output.is_empty() { String::new() } else { format!("the check printed: {}", desk.quote(output)) }
}

/// What no run is needed for.
fn statically(desk: &Desk<'_>, check: &HealthCheck) -> Option<Cause> {
    let is_shell = check.test.first().is_some_and(|kind| kind == "CMD-SHELL");
    let words = check.test.get(1..)?;
    if let Some(word) = words.iter().find(|word| !is_shell && word.contains('$') && !runs_shell(words)) {
        let name: String = word
            .split('$')
            .nth(1)?
            .trim_start_matches('{')
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let cause = format!("the health check is in exec form and has ${name} in it, which no shell replaces");
        let next = format!("use the shell form: `HEALTHCHECK CMD {}`", words.join(" "));
        return Some(
            Cause::new("exec-form-variable", cause, next).shown_by(format!("its words are {words:?}")).confirmed(),
        );
    }
    let programs = if is_shell { shell_programs(words.first()?) } else { words.first().cloned().into_iter().collect() };
    let shell = is_shell.then(|| "/bin/sh".to_owned());
    let missing = shell.into_iter().chain(programs).find(|word| desk.facts.find(word).is_none())?;
    let others: Vec<&str> = ["wget", "curl", "python3", "node", "busybox"]
        .into_iter()
        .filter(|tool| desk.facts.find(tool).is_some())
        .collect();
    let next = match (missing.as_str(), others.first()) {
        ("/bin/sh", _) => {
            "use the exec form, `HEALTHCHECK CMD [\"program\", …]`, with a program that is in the image".to_owned()
        }
        (_, Some(tool)) => format!("use `{tool}`, which is in the image, or install `{missing}`"),
        (_, None) => format!(
            "install `{missing}`, or let the service itself check: `HEALTHCHECK CMD [\"/app/service\", \"healthcheck\"]`"
        ),
    };
    let cause = format!("the health check runs `{missing}`, which is not in the image");
    Some(Cause::new("health-tool-missing", cause, next).shown_by("no folder of PATH has that program").confirmed())
}

fn runs_shell(words: &[String]) -> bool {
    let program = words.first().map(|word| word.rsplit('/').next().unwrap_or(word)).unwrap_or_default();
    matches!(program, "sh" | "bash" | "ash" | "dash") && words.get(1).is_some_and(|word| word.ends_with('c'))
}

/// The programs that a line of shell begins commands with.
fn shell_programs(line: &str) -> Vec<String> {
    let first_command = line.split("||").next().unwrap_or(line);
    let mut found = Vec::new();
    for command in first_command.split(['|', ';', '&', '\n']) {
        let mut words = command.split_whitespace();
        let word = words.find(|word| !word.contains('=') || word.starts_with('/')).unwrap_or_default();
        let is_plain = word.chars().all(|c| c.is_alphanumeric() || "/._-".contains(c));
        if !word.is_empty() && is_plain && !BUILTINS.contains(&word) {
            found.push(word.to_owned());
        }
    }
    found
}

/// The check's own schedule gives up before the first good answer.
fn slow(desk: &Desk<'_>, trial: &Trial, check: &HealthCheck) -> Option<Cause> {
    let after = trial.listening_after?;
    let window = check.start_period.max(Duration::ZERO) + check.interval.saturating_mul(check.retries);
    let is_well = |health: &seaworthy_engine::Health| health.status == HealthStatus::Healthy;
    let container = desk.subject.container.as_ref().and_then(|container| container.health.as_ref());
    // Close to the bound nothing is known: a busy machine starts a copy later.
    if after <= window + window / 4 + Duration::from_millis(500) || container.is_some_and(is_well) {
        return None;
    }
    Some(slow_cause(after, window, check).shown_by(output(desk, trial)).confirmed())
}

fn slow_cause(after: Duration, window: Duration, check: &HealthCheck) -> Cause {
    let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
    let cause = format!(
        "the service listens {} after its start, and the health check gives up after {}",
        seconds(after),
        seconds(window)
    );
    let next = format!("add `--start-period={}s` to HEALTHCHECK", after.as_secs() * 2 + 1);
    Cause::new("slow-start", cause, next)
        .shown_by(format!(
            "{} tries, {} apart, start period {}",
            check.retries,
            seconds(check.interval),
            seconds(check.start_period)
        ))
        .shown_by(format!("a copy listens {} after its start", seconds(after)))
}

/// What comes of asking as the check does.
fn asked(desk: &Desk<'_>, trial: &Trial, check: &HealthCheck) -> Result<Vec<Cause>, EngineError> {
    let texts = texts(desk, check);
    if let Some(cause) = closed_file(desk, trial, &texts) {
        return Ok(vec![cause]);
    }
    let Some(target) = texts.iter().find_map(|text| target(desk, text)) else { return by_output(desk, trial, check) };
    let Target { host, port, path, .. } = &target;
    let ports: Vec<u16> = trial.listening.iter().map(std::net::SocketAddr::port).collect();
    if trial.listening.is_empty() {
        return Ok(late(desk, trial, check).into_iter().collect());
    }
    if !ports.contains(port) {
        let mut ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        ports.sort();
        ports.dedup();
        let cause =
            format!("the health check asks at port {port}, and the service listens on port {}", ports.join(", "));
        return Ok(vec![
            Cause::new("health-wrong-port", cause, format!("write port {} in HEALTHCHECK", ports[0]))
                .shown_by(listens(trial))
                .confirmed(),
        ]);
    }
    let Some(container) = trial.container.as_deref() else { return Ok(Vec::new()) };
    let get = http::ask(container, *port, "GET", path, WAIT);
    let Some(get) = get else { return by_variation(desk, trial, check, &target) };
    if let Some(after) = warm_after(desk, container, check, &target, &get) {
        desk.note(format!("GET {path} is answered well {:.1} s after the copy's start", after.as_secs_f64()));
        return Ok(Vec::new());
    }
    if get.is_good() {
        let heads = texts.iter().any(|text| asks_by_head(text));
        let head = http::ask(container, *port, "HEAD", path, WAIT);
        if let Some(head) = head.filter(|head| heads && !head.is_good()) {
            return Ok(vec![head_cause(path, *port, &head, &get)]);
        }
        return by_variation(desk, trial, check, &target);
    }
    let cause = answer_cause(path, host, *port, &get);
    let age = container.started_at().elapsed();
    if get.status >= 500 && age < check.start_period {
        let (seen, period) = (age.as_secs_f64(), check.start_period.as_secs_f64());
        return Ok(vec![cause.shown_by(format!("seen for {seen:.1} s of the check's start period of {period:.0} s"))]);
    }
    Ok(vec![cause.confirmed()])
}

/// When a service that fails at first answers well, where the check's start period lets it warm up.
fn warm_after(
    desk: &Desk<'_>,
    container: &dyn Container,
    check: &HealthCheck,
    target: &Target,
    first: &Answer,
) -> Option<Duration> {
    let age = || container.started_at().elapsed();
    let has_time = || age() < check.start_period && desk.left() > FOR_REASONS;
    while first.status >= 500 && has_time() {
        std::thread::sleep(WARMING);
        if http::ask(container, target.port, "GET", &target.path, WAIT).is_some_and(|answer| answer.is_good()) {
            return Some(age());
        }
    }
    None
}

/// Whether a cause only says that the check fails: the service's log may say why.
pub(crate) fn has_reasons(cause: &Cause) -> bool {
    ["health-error", "health-command-fails", "health-timeout"].contains(&cause.id.to_string().as_str())
}

/// A copy that does not listen yet, long after the check has given up.
fn late(desk: &Desk<'_>, trial: &Trial, check: &HealthCheck) -> Option<Cause> {
    let window = check.start_period + check.interval.saturating_mul(check.retries);
    let listens_by_now = desk.subject.container.as_ref().is_some_and(|container| !container.listening.is_empty());
    if trial.took <= window {
        return None;
    }
    let cause = slow_cause(trial.took, window, check);
    Some(if listens_by_now { cause.shown_by("the container itself listens by now").confirmed() } else { cause })
}

/// A file that the check reads or runs, and that its user may not.
fn closed_file(desk: &Desk<'_>, trial: &Trial, texts: &[String]) -> Option<Cause> {
    let output = trial.health.as_ref().map(|health| health.output.to_lowercase()).unwrap_or_default();
    let (uid, _) = desk.facts.ids();
    if uid == 0 || !output.contains("permission denied") {
        return None;
    }
    let is_end = |c: char| c.is_whitespace() || "\"'`;|&()<>$,".contains(c);
    let words = texts.iter().flat_map(|text| text.split(is_end)).filter(|word| word.starts_with('/'));
    let is_closed = |path: &&str| {
        let blocked = desk.facts.blocked_at(std::path::Path::new(path.trim_start_matches('/'))).is_some();
        desk.facts.tree.get(path).is_some_and(|node| !node.is_directory() && (blocked || !desk.facts.may(node, 4)))
    };
    let path = words.take(10_000).find(is_closed)?;
    let node = desk.facts.tree.get(path)?;
    let cause = format!("the health check runs as user {uid}, who may not read {path}");
    let next = format!("`RUN chmod a+r {path}`, or `COPY --chown={uid}`");
    let told = format!("{path} belongs to {}:{} and has mode {:o}", node.uid, node.gid, node.mode & 0o777);
    Some(Cause::new("health-other-user", cause, next).shown_by(told).confirmed())
}

fn listens(trial: &Trial) -> String {
    let addresses: Vec<String> = trial.listening.iter().map(ToString::to_string).collect();
    format!("a copy listens on {}", addresses.join(", "))
}

fn asks_by_head(text: &str) -> bool {
    text.contains("--spider")
        || text.contains("curl -I")
        || text.contains("--head")
        || text.contains("curl -sI")
        || text.contains("-fI")
        || text.contains("'HEAD'")
        || text.contains("\"HEAD\"")
}

fn head_cause(path: &str, port: u16, head: &Answer, get: &Answer) -> Cause {
    let cause = format!("the health check asks for {path} with HEAD, which the service answers {}", head.status);
    Cause::new("head-not-allowed", cause, format!("ask with GET: `wget -qO /dev/null http://127.0.0.1:{port}{path}`"))
        .shown_by(format!("HEAD {path} {}, GET {path} {} from a copy", head.status, get.status))
        .confirmed()
}

fn answer_cause(path: &str, host: &str, port: u16, get: &Answer) -> Cause {
    let status = get.status;
    let seen = format!("GET {path} {status} from a copy");
    let cause = match status {
        300..400 => {
            let location = get.location.clone().unwrap_or_default();
            let cause = format!("the health check asks for {path}, which answers {status} and leads to {location}");
            Cause::new(
                "health-redirect",
                cause,
                format!("ask for `{location}` in HEALTHCHECK, or let the service answer {path} itself"),
            )
        }
        404 | 410 => Cause::new(
            "health-wrong-path",
            format!("the health check asks for {path}, which the service does not have: {status}"),
            "write the path that the service has in HEALTHCHECK",
        ),
        405 => Cause::new(
            "health-wrong-path",
            format!("the health check asks for {path}, which the service does not answer: {status}"),
            "write a path that answers GET in HEALTHCHECK",
        ),
        _ => Cause::new(
            "health-error",
            format!("the health check asks for {path}, which the service answers {status}"),
            format!("look into the service's log; by hand: `curl -i http://{host}:{port}{path}`"),
        ),
    };
    cause.shown_by(seen)
}

/// The service answers from outside: the check asks in another way, or as another user.
fn by_variation(
    desk: &Desk<'_>,
    trial: &Trial,
    check: &HealthCheck,
    target: &Target,
) -> Result<Vec<Cause>, EngineError> {
    let v4_only =
        trial.listening.iter().filter(|address| address.port() == target.port).all(std::net::SocketAddr::is_ipv4);
    let output = trial.health.as_ref().map(|health| health.output.as_str()).unwrap_or_default();
    if v4_only && (output.contains("::1:") || output.contains("[::1]")) {
        return Ok(vec![of_ipv6(target.port, trial)]);
    }
    let test: Vec<String> = check.test.iter().map(|word| word.replace("://localhost", "://127.0.0.1")).collect();
    let files = mended_files(desk, check);
    if (test != check.test || !files.is_empty()) && v4_only && desk.has_time() {
        let mut run = desk.base.clone();
        run.instead.health_check = run.instead.health_check.map(|hasty| HealthCheck { test, ..hasty });
        run.files.extend(files);
        let varied = desk.run("a copy whose health check names 127.0.0.1", &run)?;
        if varied.is_healthy() {
            let shown = "a copy whose health check names 127.0.0.1 is healthy";
            return Ok(vec![of_ipv6(target.port, trial).shown_by(shown)]);
        }
    }
    by_output(desk, trial, check)
}

fn of_ipv6(port: u16, trial: &Trial) -> Cause {
    let cause = format!("`localhost` is ::1 to the health check, and the service listens on IPv4 only, at port {port}");
    Cause::new("localhost-is-ipv6", cause, "write `127.0.0.1` for `localhost` in HEALTHCHECK")
        .shown_by(listens(trial))
        .confirmed()
}

/// The scripts of the check, with 127.0.0.1 for localhost.
fn mended_files(desk: &Desk<'_>, check: &HealthCheck) -> Vec<PutFile> {
    let words = check.test.get(1..).unwrap_or_default();
    let files = words.iter().flat_map(|word| word.split_whitespace()).filter_map(|word| {
        let (path, _) = desk.facts.find(word).or_else(|| desk.facts.find(&format!("./{word}")))?;
        let text = std::str::from_utf8(desk.facts.content(&path)?).ok()?;
        let is_named =
            ["localhost:", "://localhost", "\"localhost\"", "'localhost'"].iter().any(|name| text.contains(name));
        let is_script = text.starts_with("#!") || path.extension().is_some();
        (is_named && is_script).then(|| PutFile {
            is_executable: true,
            ..PutFile::new(crate::facts::shown(&path), text.replace("localhost", "127.0.0.1"))
        })
    });
    files.collect()
}

/// Nothing but the check's output is left to tell.
fn by_output(desk: &Desk<'_>, trial: &Trial, check: &HealthCheck) -> Result<Vec<Cause>, EngineError> {
    let output = trial.health.as_ref().map(|health| health.output.clone()).unwrap_or_default();
    let (uid, _) = desk.facts.ids();
    if uid != 0 && desk.has_time() {
        let mut run = desk.base.clone();
        run.instead.user = Some("0".to_owned());
        let varied = desk.run("a copy as root", &run)?;
        if varied.is_healthy() && varied.health.is_some() {
            let what = check.test.get(1).cloned().unwrap_or_default();
            let file = check.test.iter().skip(1).flat_map(|word| word.split_whitespace()).find(|word| {
                desk.facts.find(word).is_some_and(|(_, node)| !desk.facts.may(node, 4) || !desk.facts.may(node, 1))
            });
            let file = file.map_or(what, str::to_owned);
            let cause = format!("the health check runs as user {uid}, who may not use what it needs: {file}");
            return Ok(vec![
                Cause::new(
                    "health-other-user",
                    cause,
                    format!("give user {uid} the right to it: `RUN chmod a+rx FILE`, or `COPY --chown={uid}`"),
                )
                .shown_by("a copy as root is healthy")
                .confirmed(),
            ]);
        }
    }
    let took_long =
        output.contains("exceeded timeout") || output.contains("no answer within") || output.contains("timed out");
    if trial.health.as_ref().is_some_and(|health| health.status == HealthStatus::Healthy) || trial.listening.is_empty()
    {
        return Ok(Vec::new());
    }
    let is_untried =
        output.is_empty() && trial.health.as_ref().is_none_or(|health| health.status == HealthStatus::Starting);
    if is_untried {
        return Ok(Vec::new());
    }
    if took_long {
        let cause = if check.timeout > LONGEST_PROBE {
            format!("the health check has no answer within {} s", LONGEST_PROBE.as_secs())
        } else {
            format!("the health check takes longer than its {:.1} s", check.timeout.as_secs_f64())
        };
        return Ok(vec![Cause::new(
            "health-timeout",
            cause,
            "raise `--timeout` in HEALTHCHECK, or make the answer quicker",
        )]);
    }
    let command = check.test.get(1..).map(|words| words.join(" ")).unwrap_or_default();
    let cause = format!("the command of the health check fails: `{}`", desk.quote(&command));
    let next = match &desk.subject.container {
        Some(container) => format!("run it by hand: `docker exec {} …`", container.name),
        None => "start the image, and run the check by hand: `docker exec CONTAINER …`".to_owned(),
    };
    Ok(vec![Cause::new("health-command-fails", cause, next)])
}

/// The texts in which a URL may stand: the check's words, and the scripts that they name.
fn texts(desk: &Desk<'_>, check: &HealthCheck) -> Vec<String> {
    let words = check.test.get(1..).unwrap_or_default();
    let mut texts = vec![words.join(" ")];
    let files = words.iter().flat_map(|word| word.split_whitespace()).filter_map(|word| {
        let (path, _) = desk.facts.find(word).or_else(|| desk.facts.find(&format!("./{word}")))?;
        desk.facts.content(path)
    });
    texts.extend(
        files.filter(|bytes| !bytes.starts_with(b"\x7fELF")).map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
    );
    texts
}

fn target(desk: &Desk<'_>, text: &str) -> Option<Target> {
    let found = URL.as_ref()?.captures(text)?;
    let is_tls = &found["scheme"] == "https";
    let port = match found.name("port").map(|port| port.as_str()) {
        None => Some(if is_tls { 443 } else { 80 }),
        Some(port) if port.starts_with('$') => expanded(desk, port),
        Some(port) => port.parse().ok(),
    };
    let path = found.name("path").map_or("/", |path| path.as_str()).to_owned();
    Some(Target { host: found["host"].to_owned(), port: port?, path, is_tls })
}

/// `$PORT`, `${PORT}`, `${PORT:-8000}`.
fn expanded(desk: &Desk<'_>, text: &str) -> Option<u16> {
    let inner = text.trim_start_matches('$').trim_start_matches('{').trim_end_matches('}');
    let (name, default) = inner.split_once(":-").unwrap_or((inner, ""));
    desk.facts.variable(name).filter(|value| !value.is_empty()).unwrap_or(default).parse().ok()
}
