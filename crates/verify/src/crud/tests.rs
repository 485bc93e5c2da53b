//! Services that are wrong on purpose, each in one way, and beside them services that are right in unusual ways. They run in this process:
//! what decides is the requests, not the container.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use seaworthy_engine::{Container, EngineError, Exit, Health, Logs, Memory, Process, Signal, Status};
use seaworthy_report::Verdict;
use serde_json::{Map, Value, json};

use super::{Crud, Rows};
use crate::Finding;
use crate::http::Client;
use crate::openapi;
use crate::redact::Redactor;
use crate::service::Service;

const MARK: &str = "00c0ffee00c0ffee";

/// What a service answers: status, headers, body.
type Answer = (u16, Vec<(&'static str, String)>, Value);

/// A service of tasks, with its ways.
#[derive(Clone, Default)]
struct Ways {
    /// What it does otherwise than the plain one.
    names: Vec<&'static str>,
}

impl Ways {
    fn has(&self, name: &str) -> bool {
        self.names.contains(&name)
    }
}

/// What one worker keeps.
#[derive(Default)]
struct Store {
    rows: Vec<Map<String, Value>>,
    hidden: Vec<Map<String, Value>>,
    authors: Vec<Value>,
    cached: Option<Value>,
    last: u64,
    asked: u64,
}

/// The other end of a TCP port in this process.
struct Here {
    port: u16,
    since: Instant,
}

fn none<T>() -> Result<T, EngineError> {
    Err(EngineError::Unavailable { engine: "none", reason: "a service of this process".into(), hint: None })
}

impl Container for Here {
    fn started_at(&self) -> Instant {
        self.since
    }
    fn connect(&self, _: u16, timeout: Duration) -> io::Result<TcpStream> {
        TcpStream::connect_timeout(&([127, 0, 0, 1], self.port).into(), timeout)
    }
    fn status(&self) -> Result<Status, EngineError> {
        Ok(Status::Running)
    }
    fn wait(&self, _: Duration) -> Result<Option<Exit>, EngineError> {
        none()
    }
    fn signal(&self, _: Signal) -> Result<(), EngineError> {
        none()
    }
    fn replace_file(&self, _: &str, _: &[u8]) -> Result<(), EngineError> {
        none()
    }
    fn look_at(&self, _: &str) -> Result<seaworthy_engine::AtPath, EngineError> {
        none()
    }
    fn logs(&self) -> Result<Logs, EngineError> {
        none()
    }
    fn processes(&self) -> Result<Vec<Process>, EngineError> {
        none()
    }
    fn health(&self) -> Result<Health, EngineError> {
        none()
    }
    fn attempts(&self) -> Result<Option<Vec<seaworthy_engine::Attempt>>, EngineError> {
        none()
    }
    fn memory(&self) -> Result<Option<Memory>, EngineError> {
        none()
    }
}

/// Runs every CRUD request against the service with these ways.
fn found(names: &[&'static str]) -> Finding {
    let ways = Ways { names: names.to_vec() };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let workers = if ways.has("two workers") { 2 } else { 1 };
    let stores: Vec<Arc<Mutex<Store>>> = (0..workers).map(|_| Arc::default()).collect();
    std::thread::spawn(move || {
        for (turn, stream) in listener.incoming().enumerate() {
            let (store, ways) = (Arc::clone(&stores[turn % stores.len()]), ways.clone());
            std::thread::spawn(move || drop(serve(stream.unwrap(), &store, &ways)));
        }
    });
    let (client, redactor) = (Client::new(crate::http::HOST).unwrap(), Redactor::default());
    let here = Here { port, since: Instant::now() };
    let service = Service {
        client: &client,
        container: &here,
        port,
        within: Duration::from_secs(5),
        redactor: &redactor,
        credentials: super::CREDENTIALS,
        answered: std::cell::Cell::new(0),
    };
    let login = vec![("authorization".to_owned(), "Bearer k".to_owned())];
    let api = match openapi::find(&service, None, &login) {
        Ok(api) => api,
        Err(why) => return Finding::unproven(why),
    };
    let crud = Crud { api: &api, mark: MARK, must_remove: false, login, beside: std::cell::RefCell::default() };
    let mut rows = Rows::new();
    let finding = crud.all(&service, &mut rows);
    assert!(rows.is_empty() || finding.verdict != Verdict::Pass, "left behind: {rows:?}");
    finding
}

fn serve(stream: TcpStream, store: &Mutex<Store>, ways: &Ways) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let (mut length, mut header) = (0, String::new());
    let mut is_known = !ways.has("keyed");
    while reader.read_line(&mut header)? > 2 {
        is_known |= header.trim().eq_ignore_ascii_case("authorization: bearer k");
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        header.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut words = line.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (status, mut headers, body) = if is_known {
        let mut store = store.lock().unwrap();
        answer(&mut store, ways, method, path, &serde_json::from_slice(&body).unwrap_or_default())
    } else {
        (401, Vec::new(), json!({"detail": "who are you?"}))
    };
    let mut bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    if ways.has("gzip") && !bytes.is_empty() {
        let plain = std::mem::take(&mut bytes);
        flate2::read::GzEncoder::new(plain.as_slice(), flate2::Compression::fast()).read_to_end(&mut bytes)?;
        headers.push(("Content-Encoding", "gzip".to_owned()));
    }
    let mut head = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n", bytes.len());
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let stream = reader.get_mut();
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(&bytes)
}

fn answer(store: &mut Store, ways: &Ways, method: &str, path: &str, body: &Value) -> Answer {
    store.asked += 1;
    let document = if ways.has("document elsewhere") { "/api/v1/openapi.json" } else { "/openapi.json" };
    if path == document {
        return (200, Vec::new(), openapi_of(ways));
    }
    if ways.has("limited") && store.asked.is_multiple_of(7) {
        return (429, vec![("Retry-After", "0".to_owned())], json!({"detail": "slowly"}));
    }
    let whole = if ways.has("slash") { "/tasks/" } else { "/tasks" };
    if ways.has("pages") && path.contains("page=") {
        return (404, Vec::new(), json!({"detail": "Invalid page."}));
    }
    if path == whole {
        return match method {
            "GET" => (200, Vec::new(), listed(store, ways)),
            _ => created(store, ways, body),
        };
    }
    if path == "/authors" && method == "POST" {
        store.last += 1;
        store.authors.push(json!(store.last));
        return (201, Vec::new(), json!({"id": store.last, "name": body["name"]}));
    }
    if path.starts_with("/authors/") {
        return if method == "DELETE" { (204, Vec::new(), Value::Null) } else { not_found() };
    }
    let id = path.trim_start_matches("/tasks/").trim_end_matches('/');
    let wanted = |row: &Map<String, Value>| super::send::plain(&row["id"]) == id;
    let Some(at) = store.rows.iter().position(wanted) else {
        return match (store.hidden.iter().find(|row| wanted(row)), method) {
            (Some(row), "GET") if ways.has("delete only from list") => (200, Vec::new(), shown(row, ways)),
            (Some(_), _) if ways.has("gone is 410") => (410, Vec::new(), Value::Null),
            _ => not_found(),
        };
    };
    match method {
        "GET" if ways.has("read another") => (200, Vec::new(), shown(&store.rows[0].clone(), ways)),
        "GET" => (200, Vec::new(), shown(&store.rows[at], ways)),
        "PUT" | "PATCH" => updated(store, ways, at, method, body),
        "DELETE" => deleted(store, ways, at),
        _ => (405, Vec::new(), Value::Null),
    }
}

fn created(store: &mut Store, ways: &Ways, body: &Value) -> Answer {
    let text = body["title"].as_str().unwrap_or_default().to_owned();
    let refused = |status: u16| (status, Vec::new(), json!({"detail": "no"}));
    match () {
        () if ways.has("create 500") => return refused(500),
        () if ways.has("create 422") => return refused(422),
        () if ways.has("create 401") => return refused(401),
        () if ways.has("create 403") => return refused(403),
        () if ways.has("emoji 500") && text.contains('🚢') => return refused(500),
        () if ways.has("quotes 400") && text.contains('"') => return refused(400),
        () if ways.has("author") && !store.authors.contains(&body["author_id"]) => return refused(400),
        () if ways.has("author nowhere") => return refused(404),
        () => {}
    }
    store.last += 1;
    let mut row = Map::new();
    let number = if ways.has("same id") { 1 } else { store.last };
    let id = if ways.has("uuid") { json!(format!("{number:08x}-0000-4000-8000-000000000000")) } else { json!(number) };
    row.insert("id".to_owned(), id.clone());
    if ways.has("one place") {
        store.rows.clear();
    }
    write(&mut row, ways, body);
    row.entry("done").or_insert(json!(false));
    row.entry("note").or_insert(Value::Null);
    if ways.has("note not kept") {
        row.insert("note".to_owned(), Value::Null);
    }
    store.rows.push(row.clone());
    let location = vec![("Location", format!("/tasks/{}", super::send::plain(&id)))];
    match () {
        () if ways.has("answers the id") => (201, Vec::new(), id),
        () if ways.has("answers a location") => (201, location, Value::Null),
        () if ways.has("answers nothing") => (204, Vec::new(), Value::Null),
        () => (201, Vec::new(), shown(&row, ways)),
    }
}

fn write(row: &mut Map<String, Value>, ways: &Ways, body: &Value) {
    for (name, value) in body.as_object().into_iter().flatten().filter(|(name, _)| *name != "id") {
        let value = match value.as_str() {
            Some(text) if ways.has("escapes") => json!(text.replace('"', "&quot;")),
            Some(text) if ways.has("ascii only") => json!(text.chars().filter(char::is_ascii).collect::<String>()),
            Some(text) if ways.has("trims") => json!(text.trim()),
            Some(text) if name == "email" => json!(text.to_uppercase()),
            Some(text) if name == "price" => json!(format!("{text}0")),
            Some(text) if name == "due" => json!(text.replace('Z', ".000+00:00")),
            _ => value.clone(),
        };
        row.insert(name.clone(), value);
    }
    if ways.has("swapped") {
        let (title, note) = (row["title"].clone(), row["note"].clone());
        (row["title"], row["note"]) = (note, title);
    }
    if ways.has("password") {
        row.remove("password");
    }
}

fn shown(row: &Map<String, Value>, ways: &Ways) -> Value {
    let row = Value::Object(row.clone());
    if ways.has("wrapped") { json!({"success": true, "data": row}) } else { row }
}

fn listed(store: &mut Store, ways: &Ways) -> Value {
    let mut rows: Vec<Value> = store.rows.iter().cloned().map(Value::Object).collect();
    match () {
        () if ways.has("delete hides") => rows.extend(store.hidden.iter().cloned().map(Value::Object)),
        () if ways.has("list lacks one") => drop(rows.pop()),
        () if ways.has("list of other titles") => rows.iter_mut().for_each(|row| row["title"] = json!("another")),
        () if ways.has("list is short") => {
            rows = rows.iter().map(|row| json!({"id": row["id"], "title": row["title"]})).collect();
        }
        () => {}
    }
    let mut list = json!(rows);
    if ways.has("list cached") && store.rows.len() >= 2 {
        list = store.cached.get_or_insert(list).clone();
    }
    if ways.has("wrapped") { json!({"count": store.rows.len(), "results": list}) } else { list }
}

fn updated(store: &mut Store, ways: &Ways, at: usize, method: &str, body: &Value) -> Answer {
    match () {
        () if ways.has("update 500") => return (500, Vec::new(), json!({"detail": "no"})),
        () if ways.has("id in body") && body["id"] != store.rows[at]["id"] => {
            return (400, Vec::new(), json!({"detail": "id"}));
        }
        () if ways.has("update ignored") => return (200, Vec::new(), body.clone()),
        () => {}
    }
    if ways.has("update changes another") {
        let other = (at + 1) % store.rows.len();
        write(&mut store.rows[other], ways, body);
    }
    if ways.has("update loses a field") {
        let mut body = body.clone();
        body.as_object_mut().unwrap().remove("note");
        write(&mut store.rows[at], ways, &body);
    } else if ways.has("patch clears") && method == "PATCH" {
        store.rows[at].insert("title".to_owned(), json!(""));
    } else {
        write(&mut store.rows[at], ways, body);
    }
    (200, Vec::new(), shown(&store.rows[at].clone(), ways))
}

fn deleted(store: &mut Store, ways: &Ways, at: usize) -> Answer {
    if !ways.has("delete does nothing") {
        let row = store.rows.remove(at);
        store.hidden.push(row);
    }
    if ways.has("delete takes all") {
        store.rows.clear();
    }
    let status = if ways.has("delete 202") { 202 } else { 204 };
    (status, Vec::new(), Value::Null)
}

fn not_found() -> Answer {
    (404, Vec::new(), json!({"detail": "not found"}))
}

/// The document as the ways have it.
fn openapi_of(ways: &Ways) -> Value {
    let mut properties = json!({
        "id": {"type": if ways.has("uuid") { "string" } else { "integer" }, "readOnly": !ways.has("id in body")},
        "title": {"type": "string"},
        "note": {"type": "string"},
        "done": {"type": "boolean", "default": false},
    });
    let mut required = vec!["title"];
    let mut add = |name: &'static str, schema: Value| {
        properties[name] = schema;
        required.push(name);
    };
    if ways.has("forms") {
        add("email", json!({"type": "string", "format": "email"}));
        add("price", json!({"type": "string", "format": "decimal"}));
        add("due", json!({"type": "string", "format": "date-time"}));
        add("kind", json!({"enum": ["a", "b"]}));
    }
    if ways.has("author") || ways.has("author nowhere") {
        add("author_id", json!({"type": "integer"}));
    }
    if ways.has("password") {
        add("password", json!({"type": "string"}));
    }
    let schema = json!({"type": "object", "required": required, "properties": properties});
    let body = json!({"content": {"application/json": {"schema": schema}}});
    let one = json!({"200": {"content": {"application/json": {"schema": schema}}}});
    let one = if ways.has("answers are not told") { json!({"200": {"description": "ok"}}) } else { one };
    let slash = if ways.has("slash") { "/" } else { "" };
    let mut item = json!({
        "get": {"responses": one},
        "put": {"requestBody": body, "responses": one},
        "patch": {"requestBody": body, "responses": one},
        "delete": {"responses": {"204": {"description": "gone"}}},
    });
    for (way, methods) in [
        ("no update", &["put", "patch"][..]),
        ("no delete", &["delete"]),
        ("patch only", &["put"]),
        ("put only", &["patch"]),
        ("read by list", &["get"]),
    ] {
        for method in methods.iter().filter(|_| ways.has(way)) {
            item.as_object_mut().unwrap().remove(*method);
        }
    }
    let mut paths = json!({
        format!("/tasks{slash}"): {
            "post": {"requestBody": body, "responses": one},
            "get": {
                "responses": {"200": {"description": "all"}},
                "parameters": if ways.has("pages") { json!([{"in": "query", "name": "page"}]) } else { json!([]) },
            },
        },
        format!("/tasks/{{id}}{slash}"): item,
    });
    if ways.has("author") {
        let name = json!({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}});
        let body = json!({"content": {"application/json": {"schema": name}}});
        paths["/authors"] = json!({"post": {"requestBody": body}});
        paths["/authors/{id}"] = json!({"delete": {}});
    }
    if ways.has("partial beside") {
        paths["/tags"] = json!({"get": {}});
        paths["/tags/{id}"] = json!({"get": {}, "delete": {}});
    }
    json!({"openapi": "3.1.0", "paths": paths})
}

/// Every service that is wrong is told so, by what it did.
#[test]
fn a_service_that_is_wrong_in_one_way_does_not_pass() {
    for (ways, verdict, expected) in [
        (&["update ignored"][..], Verdict::Fail, "after the PUT: `title` is"),
        (&["update changes another"], Verdict::Fail, "of another one, after the PUT: `title` is"),
        (&["update loses a field"], Verdict::Fail, "after the PUT: `note` is"),
        (&["update 500"], Verdict::Fail, "PUT /tasks/{id} answered 500"),
        (&["patch clears"], Verdict::Fail, "after the PATCH: `title` is `\"\"`"),
        (&["delete hides"], Verdict::Fail, "GET /tasks still lists what was deleted"),
        (&["delete only from list"], Verdict::Fail, "after the delete: expected 404, answered 200"),
        (&["delete does nothing"], Verdict::Fail, "after the delete: expected 404, answered 200"),
        (&["delete takes all"], Verdict::Fail, "GET /tasks after the delete lists 1 page(s) without what was created"),
        (&["list cached"], Verdict::Fail, "GET /tasks after the PUT: `title` is"),
        (&["list lacks one"], Verdict::Fail, "GET /tasks lists 1 page(s) without what was created"),
        (&["list of other titles"], Verdict::Fail, "GET /tasks: `title` is `\"another\"`"),
        (&["swapped"], Verdict::Fail, "after it was created: `title` is"),
        (&["note not kept"], Verdict::Fail, "after it was created: `note` is `null`"),
        (&["escapes"], Verdict::Fail, "of a second one, after it was created: `title` is"),
        (&["ascii only"], Verdict::Fail, "of a second one, after it was created: `title` is"),
        (&["emoji 500"], Verdict::Fail, "POST /tasks answered 500"),
        (&["quotes 400"], Verdict::Fail, "which its own schema allows"),
        (&["read another"], Verdict::Fail, "of a second one, after it was created: `title` is"),
        (&["one place"], Verdict::Fail, "after it was created: answered 404"),
        (&["same id"], Verdict::Fail, "POST /tasks gave two things the same id"),
        (&["two workers"], Verdict::Fail, "answers differ from request to request"),
        (&["create 500"], Verdict::Fail, "POST /tasks answered 500"),
        (
            &["create 422"],
            Verdict::Fail,
            "POST /tasks answered 422: {\"detail\":\"no\"} to a body that is valid by its own schema",
        ),
        (&["create 401"], Verdict::Unproven, "name them in the sentence"),
        (&["create 403"], Verdict::Unproven, "name them in the sentence"),
        (&["author nowhere"], Verdict::Unproven, "`author_id` may refer to another collection"),
        (&["no update"], Verdict::Fail, "/tasks has no update"),
        (&["no delete"], Verdict::Fail, "/tasks has no delete"),
        (&["no delete", "partial beside"], Verdict::Fail, "/tasks has no delete; /tags has no create, no update"),
    ] {
        let finding = found(ways);
        assert!(
            finding.verdict == verdict && finding.evidence.contains(expected),
            "{ways:?}: {:?}: {}",
            finding.verdict,
            finding.evidence
        );
    }
}

/// None of these is the service's fault.
#[test]
fn a_service_that_is_right_in_its_own_way_passes() {
    let usual = "POST 201, GET 200, PUT 200, PATCH 200, DELETE 204, GET 404 on /tasks";
    for (ways, expected) in [
        (&[][..], usual),
        (&["slash"], "POST 201, GET 200, PUT 200, PATCH 200, DELETE 204, GET 404 on /tasks/"),
        (&["uuid"], usual),
        (&["wrapped"], usual),
        (&["list is short"], usual),
        (&["trims"], usual),
        (&["forms"], usual),
        (&["password"], usual),
        (&["answers are not told"], usual),
        (&["answers the id"], usual),
        (&["answers a location"], usual),
        (&["answers nothing"], "POST 204, GET 200, PUT 200, PATCH 200, DELETE 204, GET 404 on /tasks"),
        (&["gone is 410"], "POST 201, GET 200, PUT 200, PATCH 200, DELETE 204, GET 410 on /tasks"),
        (&["delete 202"], "POST 201, GET 200, PUT 200, PATCH 200, DELETE 202, GET 404 on /tasks"),
        (&["patch only"], "POST 201, GET 200, PATCH 200, DELETE 204, GET 404 on /tasks"),
        (&["put only"], "POST 201, GET 200, PUT 200, DELETE 204, GET 404 on /tasks"),
        (&["read by list"], "POST 201, GET 200, PUT 200, PATCH 200, DELETE 204 on /tasks"),
        (&["id in body"], usual),
        (&["limited"], usual),
        (&["gzip"], usual),
        (&["document elsewhere"], usual),
        (&["author"], usual),
        (&["partial beside"], usual),
        (&["pages"], usual),
        // Also what was made is removed by who may.
        (&["keyed"], usual),
    ] {
        let finding = found(ways);
        assert!(
            finding.verdict == Verdict::Pass && finding.evidence == expected,
            "{ways:?}: {:?}: {} {:?}",
            finding.verdict,
            finding.evidence,
            finding.warnings
        );
    }
    assert_eq!(found(&["partial beside"]).warnings, ["/tags documents no create, no update"]);
    assert_eq!(found(&["forms"]).warnings, ["`email` comes back in another form than it was written"]);
}

/// Asked by hand: `CRUD_PORT=8000 cargo test -p seaworthy-verify --lib of_a_port -- --ignored --nocapture`.
#[test]
#[ignore = "asks a service that a person has started"]
fn of_a_port() {
    let Some(port) = std::env::var("CRUD_PORT").ok().and_then(|port| port.parse().ok()) else { panic!("no CRUD_PORT") };
    let (client, redactor) = (Client::new(crate::http::HOST).unwrap(), Redactor::default());
    let here = Here { port, since: Instant::now() };
    let service = Service {
        client: &client,
        container: &here,
        port,
        within: Duration::from_secs(10),
        redactor: &redactor,
        credentials: super::CREDENTIALS,
        answered: std::cell::Cell::new(0),
    };
    let api = openapi::find(&service, None, &[]).unwrap();
    let crud =
        Crud { api: &api, mark: MARK, must_remove: false, login: Vec::new(), beside: std::cell::RefCell::default() };
    let finding = crud.all(&service, &mut Rows::new());
    panic!("{:?}: {} {:?}; {} requests", finding.verdict, finding.evidence, finding.warnings, service.answered.get());
}
