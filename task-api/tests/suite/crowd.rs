//! Many clients at once that read little, or nothing, of what they ask for.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::{Value, json};
use tokio::{net::TcpSocket, runtime};

use crate::{
    feed::Events,
    http::{Answer, get, send_json, send_raw},
    program::{Api, on_every_database, wait_for},
};

/// Lets a test take its time while clients read nothing.
const PATIENT: (&str, &str) = ("REQUEST_TIMEOUT", "300");

/// A connection whose client's side holds next to nothing.
fn narrow(api: &Api) -> TcpStream {
    let runtime = runtime::Builder::new_current_thread().enable_io().build().expect("a runtime can be had");
    let connected = runtime.block_on(async {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(4096)?;
        socket.connect(api.address).await?.into_std()
    });
    let stream = connected.expect("the service listens");
    stream.set_nonblocking(false).expect("a socket may block");
    stream
}

/// Clients that ask for a thing again and again, and read no answer.
fn deaf(api: &Api, count: usize, path: &str) -> Vec<TcpStream> {
    let asked = format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").repeat(8);
    let ask = |_| {
        let mut stream = narrow(api);
        stream.write_all(asked.as_bytes()).expect("the service reads");
        stream
    };
    (0..count).map(ask).collect()
}

/// What `/metrics` says of one thing.
fn figure(api: &Api, name: &str) -> usize {
    let text = get(api.address, "/metrics").text();
    let line = text.lines().find(|line| line.split(' ').next() == Some(name));
    line.and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or_else(|| panic!("no {name} in\n{text}"))
}

/// The most memory that the process has had, in MB.
fn most_megabytes(api: &Api) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", api.pid())).expect("a process has a status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("it has a mark");
    line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<usize>().ok()).expect("a number") / 1000
}

fn create(api: &Api, description: &str) -> String {
    let body = json!({ "title": "a", "description": description }).to_string();
    let answer = send_json(api.address, "POST", "/tasks", &body);
    assert_eq!(answer.status, 201, "{}", answer.text());
    format!("/tasks/{}", answer.json()["id"])
}

#[track_caller]
fn check_busy(answer: &Answer) {
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{}", answer.text());
}

#[test]
fn those_who_read_the_documentation_slowly_stop_nobody() {
    let api = Api::ready("sqlite::memory:");
    let readers = deaf(&api, 40, "/docs/swagger-ui.js");
    assert!(wait_for(|| (figure(&api, "http_requests_in_flight") > readers.len()).then_some(())).is_some());
    assert_eq!(get(api.address, "/tasks").status, 200);
    assert_eq!(figure(&api, "http_body_bytes_in_flight"), 0);
}

#[test]
fn those_who_read_large_answers_slowly_are_refused_before_they_fill_the_memory() {
    let api = Api::ready_with("sqlite::memory:", &[PATIENT]);
    (0..4).for_each(|_| drop(create(&api, &"x".repeat(990_000))));
    let small = create(&api, "x");
    let holds = |bytes| wait_for(|| (figure(&api, "http_body_bytes_in_flight") > bytes).then_some(())).is_some();
    // A page is 2 MB of tasks, and a piece of it as text.
    let _readers = deaf(&api, 12, "/tasks");
    assert!(holds(28_000_000));
    // They take what is left.
    let _others = deaf(&api, 4, "/tasks/1");
    assert!(holds(31_000_000));
    for path in ["/tasks", "/tasks/changes", "/tasks/1"] {
        check_busy(&get(api.address, path));
    }
    let call = |tool: &str, arguments: Value| {
        let params = json!({ "name": tool, "arguments": arguments });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        send_json(api.address, "POST", "/mcp", &body.to_string()).json()["result"]["isError"] == true
    };
    assert!(call("list_tasks", json!({})));
    assert_eq!(get(api.address, &small).status, 200);
    create(&api, "small ones go on");
    assert_eq!(get(api.address, "/tasks?sort=-id&limit=2").status, 200);
    assert!(!call("get_task", json!({ "id": 5 })));
    assert!(figure(&api, "http_body_bytes_in_flight") <= 32_000_000);
    assert!(most_megabytes(&api) < 250, "{}", most_megabytes(&api));
}

const FOLLOW: &str = "GET /tasks/changes?cursor=now HTTP/1.1\r\nhost: a\r\naccept: text/event-stream\r\n\r\n";

/// Clients that follow the feed of changes, and read nothing of it but that they may.
fn deaf_followers(api: &Api, count: usize) -> Vec<TcpStream> {
    let follow = |_| {
        let mut stream = narrow(api);
        stream.write_all(FOLLOW.as_bytes()).expect("the service reads");
        let mut line = [0; b"HTTP/1.1 200 OK".len()];
        stream.read_exact(&mut line).expect("the service answers");
        assert_eq!(&line, b"HTTP/1.1 200 OK");
        stream
    };
    (0..count).map(follow).collect()
}

#[test]
fn followers_share_what_they_are_told() {
    on_every_database(|api| {
        let followers = deaf_followers(api, 40);
        assert_eq!(figure(api, "http_followers"), followers.len());
        for _ in 0..4 {
            create(api, &"x".repeat(990_000));
        }
        // They are told of all of it, which pages for each of them would show.
        let mut told = Events::of(api, "", None);
        (0..4).for_each(|_| drop(told.next()));
        assert!(wait_for(|| (figure(api, "http_body_bytes_in_flight") > 900_000).then_some(())).is_some());
        assert!(most_megabytes(api) < 200, "{}", most_megabytes(api));
    });
}

#[test]
fn half_of_the_connections_are_left_to_those_who_do_not_follow() {
    let api = Api::ready_with("sqlite::memory:", &[("MAX_CONNECTIONS", "8")]);
    assert!(wait_for(|| (figure(&api, "http_connections") == 1).then_some(())).is_some());
    let mut followers = deaf_followers(&api, 4);
    // An answer without an end is not waited for.
    check_busy(&send_raw(api.address, FOLLOW.as_bytes(), true));
    assert_eq!(figure(&api, "http_shed_total{reason=\"followers\"}"), 1);
    assert_eq!(get(api.address, "/tasks/changes").status, 200);
    followers.pop();
    assert!(wait_for(|| (figure(&api, "http_followers") == 3).then_some(())).is_some());
    deaf_followers(&api, 1);
}

/// A task that is six times as long once it is escaped: what answers hold then is known when they are there.
const ESCAPED: &str = "\u{1}";

#[test]
fn a_follower_for_whom_there_is_no_room_is_told_when_there_is_some() {
    let api = Api::ready_with("sqlite::memory:", &[PATIENT]);
    // Six times as long as JSON: more is held than there was thought to be room for.
    let large = create(&api, &ESCAPED.repeat(160_000));
    let readers = deaf(&api, 40, &large);
    assert!(wait_for(|| (figure(&api, "http_body_bytes_in_flight") > 32_000_000).then_some(())).is_some());
    let mut events = Events::of(&api, "?cursor=now", None);
    create(&api, "told later");
    drop(readers);
    assert_eq!(events.next().2["task"]["description"], "told later");
}

#[test]
fn who_reads_nothing_is_waited_for_less_where_there_is_no_room() {
    let api = Api::ready_with("sqlite::memory:", &[("LOG_LEVEL", "debug"), ("REQUEST_TIMEOUT", "25")]);
    (0..4).for_each(|_| drop(create(&api, &"x".repeat(990_000))));
    let _readers = deaf(&api, 10, "/tasks");
    // For 25 s where there is room, and a test waits for 20.
    api.wait_for_log("the client does not read its answer");
    assert!(wait_for(|| (get(api.address, "/tasks").status == 200).then_some(())).is_some());
}
