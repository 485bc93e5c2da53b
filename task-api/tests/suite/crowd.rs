//! Many clients at once that read little, or nothing, of what they ask for.

use std::{fs, io::Write, net::TcpStream};

use serde_json::{Value, json};
use tokio::{net::TcpSocket, runtime};

use crate::{
    http::{Answer, get, send_json},
    program::{Api, wait_for},
};

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
fn those_who_read_large_tasks_slowly_are_refused_before_they_fill_the_memory() {
    let api = Api::ready("sqlite::memory:");
    let (large, small) = (create(&api, &"x".repeat(990_000)), create(&api, "x"));
    let _readers = deaf(&api, 80, &large);
    let is_full = || figure(&api, "http_body_bytes_in_flight") > 31_000_000;
    assert!(wait_for(|| is_full().then_some(())).is_some());
    for path in [&large, "/tasks", "/tasks/changes", "/tasks:batchGet?ids=1"] {
        check_busy(&get(api.address, path));
    }
    let call = |tool: &str, arguments: Value| {
        let params = json!({ "name": tool, "arguments": arguments });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        send_json(api.address, "POST", "/mcp", &body.to_string()).json()["result"]["isError"] == true
    };
    assert!(call("get_task", json!({ "id": 1 })) && call("list_tasks", json!({})));
    assert_eq!(get(api.address, &small).status, 200);
    create(&api, "small ones go on");
    assert_eq!(get(api.address, "/tasks?sort=-id&limit=2").status, 200);
    assert!(!call("get_task", json!({ "id": 2 })));
    assert!(figure(&api, "http_body_bytes_in_flight") <= 32_000_000);
    assert!(most_megabytes(&api) < 250, "{}", most_megabytes(&api));
}
