//! Large tasks: each as large as a body may be, and many of them at once.

use std::{net::SocketAddr, thread};

use serde_json::json;

use crate::{
    cluster::{Cluster, url},
    http::{get, send_json},
    program::Api,
    way::Way,
};

const SIZE: usize = 900_000;
/// What is read at a time at most, and some more for what goes with it.
const ROOM: usize = 6_000_000;

fn create(address: SocketAddr, title: &str) -> i64 {
    let body = json!({ "title": title, "description": "x".repeat(SIZE) }).to_string();
    let answer = send_json(address, "POST", "/tasks", &body);
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_i64().expect("an id")
}

#[test]
fn the_database_sends_little_more_than_what_is_answered() {
    let cluster = Cluster::start();
    let way = Way::to(SocketAddr::from(([127, 0, 0, 1], cluster.port)));
    let api = Api::ready(&url(way.address.port()));
    let first = create(api.address, "first");
    cluster.psql(&format!(
        "INSERT INTO task (title, description) SELECT n::text, repeat(md5(n::text), {}) FROM generate_series(1, 11) n",
        SIZE / 32
    ));
    // What the way carries for an answer.
    let cost = |path: &str| {
        let before = way.passed();
        let answer = get(api.address, path);
        (answer, way.passed() - before)
    };
    // Here it learns how large they are.
    assert!(cost("/tasks?limit=200").1 < ROOM);
    let (mut seen, mut next) = (Vec::new(), Some("/tasks".to_owned()));
    while let Some(path) = next {
        let (answer, bytes) = cost(&path);
        assert!(bytes < ROOM, "{path}: {bytes}");
        seen.extend(answer.json().as_array().expect("a list").iter().map(|task| task["id"].as_i64().expect("an id")));
        next = answer.header("link").and_then(|link| link.split(['<', '>']).nth(1).map(str::to_owned));
    }
    assert_eq!(seen, (first..first + 12).collect::<Vec<_>>());

    let (mut count, mut path) = (0, "/tasks/changes".to_owned());
    while count < seen.len() {
        let (answer, bytes) = cost(&path);
        let answer = answer.json();
        let changes = answer["changes"].as_array().expect("a list").len();
        assert!(changes > 0 && bytes < ROOM, "{changes} {bytes}");
        count += changes;
        path = format!("/tasks/changes?cursor={}", answer["cursor"].as_str().expect("a cursor"));
    }

    // Those who read one each, at once.
    let before = way.passed();
    thread::scope(|scope| {
        for id in &seen {
            let api = &api;
            scope.spawn(move || {
                let answer = get(api.address, &format!("/tasks/{id}"));
                assert_eq!((answer.status, answer.json()["id"].as_i64()), (200, Some(*id)));
            });
        }
    });
    let bytes = way.passed() - before;
    assert!(bytes < 4 * seen.len() * SIZE, "{bytes}");
}
