//! How the program starts, waits, answers its own health check, and stops.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::Command,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    http::{self, get, send_json},
    middle::forward,
    program::{Api, UNANSWERED, command, lasting_port, run, server, told, wait_for},
};

#[test]
fn without_a_database_it_ends_at_once_and_says_which_variable_to_set() {
    let (code, text) = told(&run(&[], &[]));
    assert_eq!(code, Some(1));
    assert_eq!(
        text,
        "task-api: no database is configured: set `DATABASE_URL`, for example \
         `postgresql://user:password@host/database?sslmode=require` or `sqlite:///data/tasks.db`\n"
    );
}

#[test]
fn what_is_configured_wrongly_is_named_in_one_line() {
    let file = "DATABASE_URL";
    for (environment, expected) in [
        (
            (file, "postgres://u:secret@db/x?sslmod=require"),
            "cannot use `DATABASE_URL`: its parameter `sslmod` is not known here",
        ),
        (
            (file, "mysql://u:secret@db/x"),
            "cannot use `DATABASE_URL`: it is not a URL of a kind known here: it begins with neither `postgresql://` nor `sqlite:`",
        ),
        (
            ("DATABASE_URL_FILE", "/nowhere/url"),
            "cannot read `/nowhere/url`, which `DATABASE_URL_FILE` names: No such file or directory (os error 2)",
        ),
        (("PORT", "http"), "`PORT` is `http`: expected a number from 0 to 65535, where 0 is any free port"),
        (("LOG_LEVEL", "loud"), "`LOG_LEVEL` is `loud`: expected off, error, warn, info, debug or trace"),
        (
            (file, "sqlite:///nowhere/tasks.db"),
            "cannot use the database at `sqlite /nowhere/tasks.db`: cannot open folder `/nowhere`: No such file or directory (os error 2)",
        ),
        ((file, "sqlite:///dev/null"), "cannot use the database at `sqlite /dev/null`: `/dev/null` is not a file"),
    ] {
        let output = run(
            &[],
            &[("DATABASE_URL", "sqlite::memory:"), ("PORT", "0"), environment]
                [usize::from(environment.0 == "DATABASE_URL_FILE")..],
        );
        let (code, text) = told(&output);
        assert_eq!(code, Some(1), "{text}");
        assert!(text.starts_with(&format!("task-api: {expected}")), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
    assert_eq!(told(&run(&["sever"], &[])).0, Some(2));
}

#[test]
fn a_file_in_the_working_directory_configures_it_beneath_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".env"), "DATABASE_URL=\"sqlite://from-file.db\"\nLOG_LEVEL=debug\nPORT=1\n").unwrap();
    let api = Api::start_in(folder, &[]);
    api.wait_for_log("database ready");
    assert!(api.folder().join("from-file.db").exists());
    assert_eq!(get(api.address, "/health").status, 200);
    api.wait_for_log("DEBUG");
}

#[test]
fn a_mounted_secret_names_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("url");
    fs::write(&secret, format!("sqlite://{}/tasks.db\n", folder.path().display())).unwrap();
    let secret = secret.display().to_string();
    let api = Api::start_in(folder, &[("DATABASE_URL_FILE", &secret)]);
    api.wait_for_log("database ready");
    assert!(api.folder().join("tasks.db").exists());
}

#[test]
fn tasks_outlive_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/tasks.db", folder.path().display());
    let api = Api::ready(&url);
    let task = send_json(api.address, "POST", "/tasks", r#"{"title":"kept"}"#).json();
    drop(api); // killed
    assert_eq!(get(Api::ready(&url).address, "/tasks").json(), json!([task]));
}

#[test]
fn the_health_check_is_the_program_itself() {
    let api = Api::start("sqlite::memory:");
    let port = api.address.port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let check =
        |environment: &[(&str, &str)]| told(&command(folder.path(), &["healthcheck"], environment).output().unwrap());
    assert_eq!(check(&[("PORT", &port)]), (Some(0), String::new()));
    assert_eq!(check(&[("PORT", &port), ("HOST", "127.0.0.1")]), (Some(0), String::new()));
    fs::write(folder.path().join(".env"), format!("PORT={port}")).unwrap();
    assert_eq!(check(&[]), (Some(0), String::new()));
    drop(api);
    let (code, text) = check(&[]);
    assert_eq!(code, Some(1));
    assert!(text.starts_with(&format!("task-api: no answer from `http://127.0.0.1:{port}/health`: ")), "{text}");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 1024]);
        stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").unwrap();
    });
    let (code, text) = check(&[("PORT", &port)]);
    assert_eq!((code, text), (Some(1), format!("task-api: `http://127.0.0.1:{port}/health` answers `503`\n")));
}

/// A request whose head the service has read, and whose body it waits for.
pub(crate) fn half_sent(address: SocketAddr, body: &str) -> TcpStream {
    let mut stream = http::connect(address);
    let (half, length) = (&body[..body.len() / 2], body.len());
    let head = format!("POST /tasks HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("the service reads");
    let mut line = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream.read_exact(&mut line).expect("the service answers");
    assert!(line.starts_with(b"HTTP/1.1 100"));
    stream.write_all(half.as_bytes()).expect("the service reads");
    stream
}

#[test]
fn told_to_stop_it_finishes_what_was_begun_and_takes_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/tasks.db", folder.path().display());
    for signal in ["TERM", "INT"] {
        let mut api = Api::ready(&url);
        let body = r#"{"title":"sent in two halves"}"#;
        let mut stream = half_sent(api.address, body);
        let idle = http::connect(api.address);
        api.signal(signal);
        api.wait_for_log("stopping");
        let refused = wait_for(|| TcpStream::connect(api.address).err());
        assert!(refused.is_some(), "no new connection is taken");
        stream.write_all(&body.as_bytes()[body.len() / 2..]).unwrap();
        let answer = http::read(&mut stream, false).unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
        assert_eq!(api.wait(), (Some(0), String::new()));
        assert!(!api.log().join("\n").contains(UNANSWERED), "{:?}", api.log());
        drop(idle);
        assert!(!folder.path().join("tasks.db-wal").exists(), "the file is closed in good order");
    }
}

#[test]
fn told_to_stop_it_does_not_wait_for_ever() {
    let mut api = Api::ready("sqlite::memory:");
    let stream = half_sent(api.address, r#"{"title":"never sent whole"}"#);
    let start = Instant::now();
    api.signal("TERM");
    assert_eq!(api.wait().0, Some(0));
    assert!(start.elapsed() < Duration::from_secs(10));
    api.wait_for_log(UNANSWERED);
    drop(stream);
}

/// Where nobody listens yet, and the URL of a new database that is reached over it.
fn elsewhere() -> (SocketAddr, String) {
    let address = SocketAddr::from(([127, 0, 0, 1], lasting_port()));
    let port = server().throwaway.address().port();
    (address, server().database().replace(&format!(":{port}/"), &format!(":{}/", address.port())))
}

#[test]
fn a_database_that_is_away_is_waited_for_while_health_answers() {
    let (address, url) = elsewhere();
    let api = Api::start(&url);
    let line = api.wait_for_log("waiting for the database");
    assert!(line.contains(&format!("localhost:{}", address.port())) && line.contains("Connection refused"), "{line}");
    assert_eq!(get(api.address, "/health").status, 200);
    for path in ["/ready", "/tasks", "/tasks/1"] {
        let answer = get(api.address, path);
        assert_eq!((answer.status, &answer.json()["detail"]), (503, &json!("The database is not available")), "{path}");
    }
    assert_eq!(send_json(api.address, "POST", "/tasks", "{}").status, 422);

    let _way = forward(address, server().throwaway.address());
    api.wait_for_log("database ready");
    assert_eq!(get(api.address, "/ready").status, 200);
    let task = send_json(api.address, "POST", "/tasks", r#"{"title":"t"}"#);
    assert_eq!(task.status, 201, "{}", task.text());
    let waiting = api.log().iter().filter(|line| line.contains("waiting for the database")).count();
    assert_eq!(waiting, 1);
}

/// This is a promise about time: nothing runs beside it (see `.config/nextest.toml`).
#[test]
fn a_database_that_comes_back_is_used_again_within_two_seconds() {
    let (address, url) = elsewhere();
    let way = forward(address, server().throwaway.address());
    let mut api = Api::ready(&url);
    let task = send_json(api.address, "POST", "/tasks", r#"{"title":"t"}"#).json();

    // Away: requests fail, health does not, and nothing has to be started anew.
    drop(way);
    assert!(wait_for(|| (get(api.address, "/tasks").status == 503).then_some(())).is_some());
    assert_eq!(get(api.address, "/health").status, 200);
    assert!(wait_for(|| (get(api.address, "/ready").status == 503).then_some(())).is_some());

    let _way = forward(address, server().throwaway.address());
    let start = Instant::now();
    for path in ["/ready", "/tasks"] {
        assert!(wait_for(|| (get(api.address, path).status == 200).then_some(())).is_some(), "{path}");
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(get(api.address, "/tasks").json(), json!([task]));
    api.stop("TERM");
}

#[test]
fn told_to_stop_while_it_waits_for_the_database_it_stops() {
    let mut api = Api::start("postgres://u:p@127.0.0.1:1/x");
    api.wait_for_log("waiting for the database");
    api.signal("TERM");
    assert_eq!(api.wait().0, Some(0));
}

#[test]
fn the_log_is_json_and_holds_a_line_a_request() {
    let api = Api::ready("sqlite::memory:");
    get(api.address, "/tasks?limit=5");
    let line: serde_json::Value = serde_json::from_str(&api.wait_for_log("\"request\"")).unwrap();
    assert_eq!((&line["method"], &line["route"], &line["status"]), (&json!("GET"), &json!("/tasks"), &json!(200)));
}

#[test]
fn idle_it_uses_little_memory() {
    let api = Api::ready("sqlite::memory:");
    let status = fs::read_to_string(format!("/proc/{}/status", api.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    // 15 MB is promised of the release build; a debug build has bigger code.
    assert!(kilobytes < 40_000, "{line}");
}

#[test]
fn usage_is_told_on_request() {
    let output = run(&["--help"], &[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("usage: task-api"));
    let version = Command::new(env!("CARGO_BIN_EXE_task-api")).arg("--version").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&version.stdout), concat!("task-api ", env!("CARGO_PKG_VERSION"), "\n"));
}
