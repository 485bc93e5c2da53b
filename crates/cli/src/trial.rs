//! A trial run of an image: what can be seen of it from outside, for `init --run`.

use std::io::{self, Read as _, Write as _};
use std::time::{Duration, Instant};

use seaworthy_engine::{Container, Engine, EngineError, Exit, Prepared, Run, Signal, Status};
use seaworthy_image::Image;
use seaworthy_init::{Project, ReadOnly, Seen, Stop};
use serde_json::Value;

/// Between two looks at a container that is starting.
const POLL: Duration = Duration::from_millis(5);
/// How long a container is watched after its last request: its peak of memory may come late.
const WATCHED: Duration = Duration::from_secs(2);
/// What `docker stop` waits before it kills.
const STOP: Duration = Duration::from_secs(10);
/// How long one request may take.
const ANSWER: Duration = Duration::from_secs(3);
/// What is read of an answer, at most.
const LARGEST_ANSWER: u64 = 4 << 20;
/// Where services tell of their health, the most usual first.
const HEALTH: &[&str] = &[
    "/health",
    "/healthz",
    "/healthcheck",
    "/health-check",
    "/health_check",
    "/livez",
    "/readyz",
    "/ready",
    "/up",
    "/ping",
    "/status",
    "/api/health",
    "/api/healthz",
    "/api/v1/health",
    "/actuator/health",
    "/q/health",
    "/-/healthy",
];
/// Where frameworks serve their OpenAPI document.
const DOCUMENTS: &[&str] = &[
    "/openapi.json",
    "/api/openapi.json",
    "/api/v1/openapi.json",
    "/docs/openapi.json",
    "/openapi/v1.json",
    "/v3/api-docs",
    "/q/openapi?format=json",
    "/swagger.json",
    "/swagger/v1/swagger.json",
    "/swagger/doc.json",
    "/schema/openapi.json",
    "/documentation/json",
    "/docs-json",
    "/api-json",
    "/api-docs.json",
];
/// A path that no service has.
const NOWHERE: &str = "/there-is-nothing-here-3f1c";

/// What is given to the container, and how long it is waited for.
pub(crate) struct Trial<'a> {
    pub(crate) env: &'a [(String, String)],
    pub(crate) port: Option<u16>,
    pub(crate) timeout: Duration,
    pub(crate) disk_bytes: u64,
}

/// A container that takes connections.
struct Ready {
    container: Box<dyn Container>,
    port: u16,
    after: Duration,
    health: Option<String>,
}

/// Starts the image, looks at it, and stops it.
///
/// # Errors
///
/// Fails if the engine does; that the image does not run is no error, but what was seen.
pub(crate) fn see(
    engine: &dyn Engine,
    image: &Image,
    project: &Project,
    trial: &Trial<'_>,
) -> Result<Seen, EngineError> {
    let prepared = engine.prepare(image)?;
    let mut seen = Seen { engine: engine.name(), ..Seen::default() };
    let ready = match ready(prepared.as_ref(), project, trial, &trial.run()) {
        Ok(ready) => ready,
        Err(Fault::Engine(error)) => return Err(error),
        Err(Fault::Image(why)) => {
            let why = trial.without_values(why);
            seen.missing = missing(project, trial, &why);
            seen.failure = Some(why);
            return Ok(seen);
        }
    };
    seen.port = Some(ready.port);
    seen.ready_after = Some(ready.after);
    seen.health.clone_from(&ready.health);
    let container = ready.container.as_ref();
    let found = DOCUMENTS.iter().find_map(|path| Some((*path, document(container, ready.port, path)?)));
    if let Some((path, document)) = found {
        seen.document = Some(path.to_owned());
        seen.collection = collection(&document);
    }
    seen.uids = uids(container)?;
    std::thread::sleep(WATCHED);
    seen.peak_bytes = container.memory()?.map(|memory| memory.peak_bytes);
    seen.stop = Some(stop(container)?);
    drop(ready.container);
    let like = Trial { port: Some(ready.port), ..*trial };
    let works =
        |run: Run| self::ready(prepared.as_ref(), project, &like, &run).map(|again| again.health == ready.health);
    seen.read_only = Some(read_only(&works, &like.run())?);
    seen.without_capabilities = Some(is_so(works(Run { no_capabilities: true, ..like.run() }))?);
    Ok(seen)
}

impl Trial<'_> {
    /// What was given may be a secret, and a service may log it.
    fn without_values(&self, text: String) -> String {
        let values = self.env.iter().map(|(_, value)| value).filter(|value| value.len() >= 4);
        values.fold(text, |text, value| text.replace(value.as_str(), "***"))
    }

    fn run(&self) -> Run {
        Run { env: self.env.to_vec(), port: self.port, disk_bytes: self.disk_bytes, ..Run::default() }
    }
}

/// Why a container did not become ready.
enum Fault {
    Engine(EngineError),
    /// In a sentence.
    Image(String),
}

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Start { reason } => Self::Image(format!("It cannot be started: {reason}.")),
            error => Self::Engine(error),
        }
    }
}

/// Waits until the container takes connections on a port that is known, or seen; and until its health path answers, if there is one.
fn ready(prepared: &dyn Prepared, project: &Project, trial: &Trial<'_>, run: &Run) -> Result<Ready, Fault> {
    let container = prepared.start(run, None)?;
    let port = listens(container.as_ref(), run.port, trial.timeout)?;
    if run.port != Some(port) {
        // An engine that is a daemon has to know the port before.
        drop(container);
        let run = Run { port: Some(port), ..run.clone() };
        return ready(prepared, project, trial, &run);
    }
    let started = container.started_at();
    let after = started.elapsed();
    let known = project.health.as_ref().map(|found| found.value.as_str());
    let is_page = is_success(container.as_ref(), port, NOWHERE);
    let paths = known.into_iter().chain(HEALTH.iter().copied().filter(|_| !is_page));
    // A service may listen before it is healthy: the path that its files name is waited for.
    let health = match known.filter(|path| waits_for(container.as_ref(), port, path, trial.timeout)) {
        Some(path) => Some(path.to_owned()),
        None => paths.into_iter().find(|path| is_success(container.as_ref(), port, path)).map(str::to_owned),
    };
    let after = if health.is_some() && known == health.as_deref() { started.elapsed() } else { after };
    Ok(Ready { container, port, after, health })
}

/// The port on which it is reached: the one that is known where it listens there, else the first one that is not for itself alone.
fn listens(container: &dyn Container, known: Option<u16>, timeout: Duration) -> Result<u16, Fault> {
    let started = container.started_at();
    let mut inside = None;
    while started.elapsed() < timeout {
        if let Status::Exited(exit) = container.status()? {
            return Err(Fault::Image(ended(container, exit, started)?));
        }
        let sockets = container.listening()?;
        let is_open = |port: u16| container.connect(port, Duration::from_millis(200)).is_ok();
        if let Some(port) = known.filter(|port| match &sockets {
            Some(all) => all.iter().any(|address| address.port() == *port && !address.ip().is_loopback()),
            None => is_open(*port),
        }) && is_open(port)
        {
            return Ok(port);
        }
        // It may still begin to listen where it was said to: another port counts once it has had time.
        let others = sockets.unwrap_or_default();
        let patience = if known.is_some() { Duration::from_secs(2) } else { Duration::ZERO };
        if let Some(other) =
            others.iter().find(|address| !address.ip().is_loopback()).filter(|_| started.elapsed() >= patience)
        {
            return Ok(other.port());
        }
        inside = others.iter().find(|address| address.ip().is_loopback()).copied().or(inside);
        std::thread::sleep(POLL);
    }
    let seconds = timeout.as_secs();
    Err(Fault::Image(match (inside, known) {
        (Some(address), _) => format!("It listens on {address} only, which nothing outside the container reaches."),
        (None, Some(port)) => format!("It does not listen on {port} after {seconds} s."),
        (None, None) => format!("It listens on no port that can be seen after {seconds} s."),
    }))
}

/// How it ended, and the last line that it wrote.
fn ended(container: &dyn Container, exit: Exit, started: Instant) -> Result<String, EngineError> {
    let logs = container.logs()?;
    let last = |text: &str| text.lines().rev().find(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned());
    let line = last(&logs.stderr).or_else(|| last(&logs.stdout)).unwrap_or_else(|| "it wrote nothing".to_owned());
    let line: String = crate::failure::without_passwords(&line)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(200)
        .collect();
    let memory = if exit.out_of_memory { ", killed for memory" } else { "" };
    let after = started.elapsed().as_millis();
    Ok(format!("It ended by itself with exit {}{memory} within {after} ms: {line}", exit.code))
}

/// Variables of its code that nobody gave: those that its last words name, else those that it needs.
fn missing(project: &Project, trial: &Trial<'_>, why: &str) -> Vec<String> {
    let is_given = |name: &str| trial.env.iter().any(|(known, _)| known == name);
    let open: Vec<&seaworthy_init::Variable> =
        project.variables.iter().filter(|variable| !is_given(&variable.name)).collect();
    let named: Vec<String> =
        open.iter().map(|variable| variable.name.clone()).filter(|name| why.contains(name.as_str())).collect();
    if !named.is_empty() {
        return named;
    }
    // Of an image alone its last words are all that is known.
    if project.variables.is_empty() {
        let is_name = |word: &&str| {
            word.contains('_') && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        };
        let words = why.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(is_name);
        return words.filter(|name| !is_given(name)).take(1).map(str::to_owned).collect();
    }
    let is_needed = |variable: &&&seaworthy_init::Variable| {
        variable.need == seaworthy_init::Need::Required || variable.kind == seaworthy_init::VariableKind::Database
    };
    open.iter().filter(is_needed).map(|variable| variable.name.clone()).collect()
}

fn uids(container: &dyn Container) -> Result<Vec<u32>, EngineError> {
    let mut all: Vec<u32> = container.processes()?.iter().flat_map(|process| process.uids).collect();
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

fn stop(container: &dyn Container) -> Result<Stop, EngineError> {
    let begun = Instant::now();
    container.signal(Signal::Stop)?;
    Ok(match container.wait(STOP)? {
        Some(exit) => Stop::Exited { after: begun.elapsed(), code: exit.code },
        None => Stop::Ignored,
    })
}

fn read_only(works: &dyn Fn(Run) -> Result<bool, Fault>, like: &Run) -> Result<ReadOnly, EngineError> {
    let run = |writable: &[&str]| Run {
        read_only: true,
        writable: writable.iter().map(|path| (*path).to_owned()).collect(),
        ..like.clone()
    };
    if is_so(works(run(&[])))? {
        return Ok(ReadOnly::Works);
    }
    Ok(if is_so(works(run(&["/tmp"])))? { ReadOnly::WorksWithTmp } else { ReadOnly::Fails })
}

/// That it does not run is an answer.
fn is_so(works: Result<bool, Fault>) -> Result<bool, EngineError> {
    match works {
        Ok(works) => Ok(works),
        Err(Fault::Image(_)) => Ok(false),
        Err(Fault::Engine(error)) => Err(error),
    }
}

fn waits_for(container: &dyn Container, port: u16, path: &str, timeout: Duration) -> bool {
    while container.started_at().elapsed() < timeout {
        if is_success(container, port, path) {
            return true;
        }
        if !matches!(container.status(), Ok(Status::Running)) {
            return false;
        }
        std::thread::sleep(POLL);
    }
    false
}

fn is_success(container: &dyn Container, port: u16, path: &str) -> bool {
    get(container, port, path).is_ok_and(|(status, _)| (200..300).contains(&status))
}

fn document(container: &dyn Container, port: u16, path: &str) -> Option<Value> {
    let Ok((200..300, body)) = get(container, port, path) else { return None };
    let document: Value = serde_json::from_slice(&body).ok()?;
    let is_one = document["paths"].is_object() && (document["openapi"].is_string() || document["swagger"].is_string());
    is_one.then_some(document)
}

/// The first collection of a document that is created, read, updated and deleted.
fn collection(document: &Value) -> Option<String> {
    let paths = document["paths"].as_object()?;
    let has = |path: &Value, methods: &[&str]| methods.iter().any(|method| path[*method].is_object());
    let is_whole = |path: &str| {
        let inside = |(other, _): &(&String, &Value)| {
            let rest = other.strip_prefix(path.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'));
            rest.is_some_and(|rest| {
                rest.starts_with('{') && rest.trim_end_matches('/').ends_with('}') && !rest.contains("}/{")
            })
        };
        let item = paths.iter().find(inside);
        item.is_some_and(|(_, item)| has(item, &["get"]) && has(item, &["put", "patch"]) && has(item, &["delete"]))
    };
    let (path, _) = paths.iter().find(|(path, of)| has(of, &["post"]) && !path.contains('{') && is_whole(path))?;
    Some(path.clone())
}

/// A request of HTTP 1.0: its answer ends where the connection does.
fn get(container: &dyn Container, port: u16, path: &str) -> io::Result<(u16, Vec<u8>)> {
    let mut stream = container.connect(port, ANSWER)?;
    stream.set_read_timeout(Some(ANSWER))?;
    stream.set_write_timeout(Some(ANSWER))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost:{port}\r\nAccept: */*\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    let read = stream.take(LARGEST_ANSWER).read_to_end(&mut answer);
    parsed(&answer).ok_or_else(|| read.err().unwrap_or_else(|| io::ErrorKind::InvalidData.into()))
}

/// The status and the body of an answer, which begins as one of HTTP does.
fn parsed(answer: &[u8]) -> Option<(u16, Vec<u8>)> {
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let first = std::str::from_utf8(answer.get(..head)?).ok()?.lines().next()?;
    let status = first.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    Some((status, answer.get(head + 4..)?.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_has_all_four() {
        let item = serde_json::json!({"get": {}, "put": {}, "delete": {}});
        let document =
            serde_json::json!({"paths": {"/health": {"get": {}}, "/notes/": {"post": {}}, "/notes/{id}": item}});
        assert_eq!(collection(&document).as_deref(), Some("/notes/"));
        let document = serde_json::json!({"paths": {"/notes": {"post": {}}, "/notes/{id}": {"get": {}}}});
        assert_eq!(collection(&document), None);
    }

    #[test]
    fn an_answer_has_a_status_and_a_body() {
        assert_eq!(parsed(b"HTTP/1.1 204 No Content\r\nA: b\r\n\r\n"), Some((204, Vec::new())));
        assert_eq!(parsed(b"HTTP/1.0 200 OK\r\n\r\n{}"), Some((200, b"{}".to_vec())));
        assert_eq!(parsed(b"SSH-2.0-x\r\n\r\n"), None);
        assert_eq!(parsed(b"HTTP/1.1 200"), None);
    }
}
