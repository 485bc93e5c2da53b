//! What the service does about too much, and about what takes too long.

use std::{
    io::{self, Read, Write},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    http::{self, Answer, connect, get, send, send_json},
    life::half_sent,
    program::{Api, psql, server, wait_for},
};

#[track_caller]
fn check_busy(answer: &Answer) {
    assert_eq!((answer.status, &answer.json()["detail"]), (503, &json!("The service is busy")));
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[test]
fn a_head_that_does_not_arrive_in_time_ends_its_connection() {
    let api = Api::ready_with("sqlite::memory:", &[("REQUEST_TIMEOUT", "0.3")]);
    let mut stream = connect(api.address);
    // Between requests there is time, which neither of them takes from the other.
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    assert_eq!(http::read(&mut stream, false).unwrap().status, 200);
    let start = Instant::now();
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: ").unwrap();
    let read = stream.read(&mut [0; 100]);
    assert!(is_closed(&read), "{read:?}");
    let took = start.elapsed();
    assert!((Duration::from_millis(250)..Duration::from_secs(5)).contains(&took), "{took:?}");
}

/// Whether the other side has ended the connection. One that says nothing has not.
fn is_closed(read: &io::Result<usize>) -> bool {
    match read {
        Ok(count) => *count == 0,
        Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn a_body_that_does_not_arrive_in_time_is_not_waited_for() {
    let api = Api::ready_with("sqlite::memory:", &[("REQUEST_TIMEOUT", "0.3")]);
    let mut stream = half_sent(api.address, r#"{"title":"never sent whole"}"#);
    let answer = http::read(&mut stream, false).unwrap();
    assert_eq!((answer.status, answer.header("connection")), (408, Some("close")));
}

#[test]
fn a_head_that_is_too_big_is_refused() {
    let api = Api::start("sqlite::memory:");
    let long = "x".repeat(17_000);
    assert_eq!(send(api.address, "GET", "/health", &[("cookie", &long)], None).status, 431);
    let names: Vec<_> = (0..70).map(|n| format!("x-{n}")).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), "1")).collect();
    assert_eq!(send(api.address, "GET", "/health", &many, None).status, 431);
    assert_eq!(send(api.address, "GET", "/health", &many[..60], None).status, 200);
}

#[test]
fn a_client_that_does_not_read_loses_its_connection() {
    let api = Api::ready_with("sqlite::memory:", &[("REQUEST_TIMEOUT", "0.5"), ("LOG_LEVEL", "debug")]);
    let body = format!(r#"{{"title":"big","description":"{}"}}"#, "x".repeat(900_000));
    for _ in 0..4 {
        assert_eq!(send_json(api.address, "POST", "/tasks", &body).status, 201);
    }
    let mut stream = connect(api.address);
    // More than sockets hold, though a page does not.
    stream.write_all("GET /tasks HTTP/1.1\r\nhost: a\r\n\r\n".repeat(8).as_bytes()).unwrap();
    api.wait_for_log("the client does not read its answer");
    let mut received = 0;
    let mut buffer = vec![0; 1 << 16];
    let last = loop {
        match stream.read(&mut buffer) {
            Ok(count @ 1..) => received += count,
            last => break last,
        }
    };
    assert!(is_closed(&last), "{last:?}");
    assert!(received < 8 * 4 * 900_000, "the rest was not kept for it: {received}");
}

/// Somebody who keeps everybody from the table of tasks.
struct Blocker(Child);

impl Blocker {
    fn start(url: &str) -> Self {
        let sql = "BEGIN; LOCK TABLE task; SELECT pg_sleep(60)";
        let child = Command::new("psql")
            .args(["-X", "-q", "-d", url, "-c", sql])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("psql runs: apt-get install -y postgresql");
        let locked = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted \
                      AND relation = 'task'::regclass AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        assert!(wait_for(|| (psql(url, locked) == "1").then_some(())).is_some());
        Self(child)
    }

    fn end(mut self, url: &str) {
        psql(
            url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' \
             AND datname = current_database() AND pid <> pg_backend_pid()",
        );
        self.0.wait().expect("psql ends");
    }
}

#[test]
fn a_request_that_the_database_holds_up_is_answered_in_time() {
    let url = server().database();
    let api = Api::ready_with(&url, &[("REQUEST_TIMEOUT", "1")]);
    let task = send_json(api.address, "POST", "/tasks", r#"{"title":"t"}"#).json();
    let path = format!("/tasks/{}", task["id"]);
    let blocker = Blocker::start(&url);
    for (method, path, body, detail) in [
        ("GET", "/tasks", None, "The request took too long"),
        ("GET", path.as_str(), None, "The request took too long"),
        ("DELETE", path.as_str(), None, "The request took too long, and may have been done"),
        ("POST", "/tasks", Some(r#"{"title":"t"}"#), "The request took too long, and may have been done"),
    ] {
        let start = Instant::now();
        let answer = send(api.address, method, path, &[], body.map(str::as_bytes));
        assert!(start.elapsed() < Duration::from_secs(5), "{method} {path}");
        let told = (answer.status, answer.json()["detail"].clone(), answer.header("retry-after"));
        assert_eq!(told, (504, json!(detail), Some("1")), "{method} {path}");
    }
    assert_eq!(get(api.address, "/health").status, 200);
    blocker.end(&url);
    assert!(wait_for(|| (get(api.address, "/tasks").status == 200).then_some(())).is_some());
}

#[test]
fn more_requests_than_there_is_room_for_are_told_so_and_probes_get_through() {
    let api = Api::ready_with("sqlite::memory:", &[("MAX_REQUESTS", "2")]);
    let body = r#"{"title":"sent in two halves"}"#;
    let mut held = [half_sent(api.address, body), half_sent(api.address, body)];
    check_busy(&get(api.address, "/tasks"));
    check_busy(&send_json(api.address, "POST", "/tasks", body));
    for path in ["/health", "/ready"] {
        assert_eq!(get(api.address, path).status, 200, "{path}");
    }
    for stream in &mut held {
        stream.write_all(&body.as_bytes()[body.len() / 2..]).unwrap();
        assert_eq!(http::read(stream, false).unwrap().status, 201);
    }
    assert_eq!(get(api.address, "/tasks").json().as_array().unwrap().len(), 2);
}

#[test]
fn more_connections_than_there_is_room_for_are_told_so_and_probes_get_through() {
    let api = Api::ready_with("sqlite::memory:", &[("MAX_CONNECTIONS", "2")]);
    let request = b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n";
    let open = || {
        let mut stream = connect(api.address);
        stream.write_all(request).unwrap();
        assert_eq!(http::read(&mut stream, false).unwrap().status, 200);
        stream
    };
    // The program's own first answers may still be closing.
    assert!(wait_for(|| (get(api.address, "/tasks").status == 200).then_some(())).is_some());
    let mut seated = vec![open(), open()];
    let mut guest = connect(api.address);
    guest.write_all(b"GET /tasks HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    let answer = http::read(&mut guest, false).unwrap();
    check_busy(&answer);
    assert_eq!(answer.header("connection"), Some("close"));
    for path in ["/health", "/ready"] {
        assert_eq!(get(api.address, path).status, 200, "{path}");
    }
    seated[0].write_all(request).unwrap();
    assert_eq!(http::read(&mut seated[0], false).unwrap().status, 200, "those who sit are served on");
    seated.clear();
    assert!(wait_for(|| (get(api.address, "/tasks").status == 200).then_some(())).is_some());
}

#[test]
fn limits_that_are_none_are_refused() {
    for (variable, value) in [
        ("REQUEST_TIMEOUT", "0"),
        ("REQUEST_TIMEOUT", "NaN"),
        ("MAX_REQUESTS", "many"),
        ("ROOT_PATH", "api"),
        ("CORS_ORIGINS", "app.example"),
    ] {
        let output = crate::program::run(&[], &[("DATABASE_URL", "sqlite::memory:"), ("PORT", "0"), (variable, value)]);
        let (code, text) = crate::program::told(&output);
        assert_eq!(code, Some(1));
        assert!(text.starts_with(&format!("task-api: `{variable}` is `{value}`: expected ")), "{text}");
    }
}
