//! A backup is restored: what clients were told after it was made is not taken for what is there now.

use std::fs;

use serde_json::Value;

use crate::{
    http::{Answer, get, send, send_json},
    program::{Api, database_name, psql, run, server, told, wait_for},
};

/// A copy of the database at `url`, which nobody uses, as a backup that was restored.
fn restored(url: &str) -> String {
    if let Some(path) = url.strip_prefix("sqlite://") {
        fs::copy(path, format!("{path}.restored")).expect("the file is there");
        return format!("{url}.restored");
    }
    let name = database_name(url);
    psql(&server().throwaway.url(&server().ca_path), &format!("CREATE DATABASE {name}_restored TEMPLATE {name}"));
    url.replace(&format!("/{name}?"), &format!("/{name}_restored?"))
}

/// What a client was told.
struct Told {
    tag: String,
    feed: String,
    list: String,
}

fn tag(answer: &Answer) -> String {
    answer.header("etag").unwrap_or_else(|| panic!("{} {}", answer.status, answer.text())).to_owned()
}

fn change(api: &Api, title: &str, condition: Option<&str>) -> Answer {
    let headers: Vec<_> = condition.map(|tag| ("if-match", tag)).into_iter().collect();
    send(api.address, "PATCH", "/tasks/1", &headers, Some(format!(r#"{{"title":"{title}"}}"#).as_bytes()))
}

/// Two tasks, a backup of them, and what a client is told afterwards. Returns where the backup is restored.
fn life(url: &str) -> (String, Told) {
    let mut api = Api::ready(url);
    for title in ["a", "b"] {
        assert_eq!(send_json(api.address, "POST", "/tasks", &format!(r#"{{"title":"{title}"}}"#)).status, 201);
    }
    // Somebody has read the feed before the backup was made.
    assert_eq!(get(api.address, "/tasks/changes").status, 200);
    api.stop("TERM");
    let backup = restored(url);

    let api = Api::ready(url);
    let tag = tag(&change(&api, "of the life that is lost", None));
    for _ in 0..2 {
        assert_eq!(send_json(api.address, "POST", "/tasks", r#"{"title":"lost"}"#).status, 201);
    }
    let feed = get(api.address, "/tasks/changes").json()["cursor"].as_str().expect("a cursor").to_owned();
    let list = get(api.address, "/tasks?limit=1");
    let list = list.header("link").and_then(|link| link.split(['<', '>']).nth(1)).expect("a link").to_owned();
    (backup, Told { tag, feed, list })
}

/// What was told means nothing, and what is told now does.
fn check_is_another(api: &Api, told: &Told) {
    let now = change(api, "of the life that goes on", None);
    assert_eq!(now.status, 200);
    assert_ne!(tag(&now), told.tag, "the version is the same");
    let known = send(api.address, "GET", "/tasks/1", &[("if-none-match", &told.tag)], None);
    assert_eq!(known.status, 200);
    assert_eq!(change(api, "x", Some(&told.tag)).status, 412);
    assert_eq!(get(api.address, &told.list).status, 422);
    for _ in 0..3 {
        assert_eq!(send_json(api.address, "POST", "/tasks", r#"{"title":"new"}"#).status, 201);
    }
    let refused = get(api.address, &format!("/tasks/changes?cursor={}", told.feed));
    assert_eq!(refused.status, 422, "though the feed has gone beyond it: {}", refused.text());
    assert!(refused.text().contains("given since the database was last restored"), "{}", refused.text());

    assert_eq!(change(api, "y", Some(&tag(&now))).status, 200);
    let feed = get(api.address, "/tasks/changes?limit=2").json();
    let next =
        get(api.address, &format!("/tasks/changes?cursor={}", feed["cursor"].as_str().expect("a cursor"))).json();
    assert_eq!(feed["changes"].as_array().map(Vec::len), Some(2));
    let last = next["changes"].as_array().and_then(|changes| changes.last()).expect("a change").clone();
    assert_eq!(last["etag"], Value::from(tag(&get(api.address, "/tasks/1"))));
    let page = get(api.address, "/tasks?limit=1");
    let link = page.header("link").and_then(|link| link.split(['<', '>']).nth(1)).expect("a link");
    assert_eq!(get(api.address, link).status, 200);
}

fn on_both(test: impl Fn(&str)) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    test(&format!("sqlite://{}/tasks.db", folder.path().display()));
    test(&server().database());
}

#[test]
fn who_says_so_makes_all_that_was_told_before_invalid() {
    on_both(|url| {
        let (backup, before) = life(url);
        assert_eq!(told(&run(&["restored"], &[("DATABASE_URL", &backup)])), (Some(0), String::new()));
        check_is_another(&Api::ready(&backup), &before);
    });
}

#[test]
fn who_shows_a_cursor_of_the_life_that_is_lost_makes_it_so_too() {
    on_both(|url| {
        let (backup, before) = life(url);
        let api = Api::ready(&backup);
        let refused = get(api.address, &format!("/tasks/changes?cursor={}", before.feed));
        assert_eq!(refused.status, 422, "{}", refused.text());
        api.wait_for_log("the database was restored");
        check_is_another(&api, &before);
        // Once: the cursor is of another epoch now.
        assert_eq!(get(api.address, &format!("/tasks/changes?cursor={}", before.feed)).status, 422);
        assert_eq!(api.log().iter().filter(|line| line.contains("the database was restored")).count(), 1);
    });
}

#[test]
fn nobody_makes_a_cursor_of_the_future() {
    let api = Api::ready("sqlite::memory:");
    let before = tag(&send_json(api.address, "POST", "/tasks", r#"{"title":"a"}"#));
    let cursor = get(api.address, "/tasks/changes").json()["cursor"].as_str().unwrap().to_owned();
    // The position is in the middle of it.
    let forged = format!("{}ABCD{}", &cursor[..16], &cursor[20..]);
    assert_eq!(get(api.address, &format!("/tasks/changes?cursor={forged}")).status, 422);
    let events = [("accept", "text/event-stream"), ("last-event-id", forged.as_str())];
    assert_eq!(send(api.address, "GET", "/tasks/changes", &events, None).status, 422);
    assert_eq!(tag(&get(api.address, "/tasks/1")), before);
    assert_eq!(get(api.address, &format!("/tasks/changes?cursor={cursor}")).status, 200);
}

#[test]
fn replicas_that_run_learn_of_it_where_they_are_asked_whether_they_are_ready() {
    let url = server().database();
    let api = Api::ready(&url);
    let before = tag(&send_json(api.address, "POST", "/tasks", r#"{"title":"a"}"#));
    assert_eq!(told(&run(&["restored"], &[("DATABASE_URL", &url)])).0, Some(0));
    // Nothing is changed under a condition of before, even by who has not learned of it.
    assert_eq!(change(&api, "b", Some(&before)).status, 412);
    assert_ne!(tag(&get(api.address, "/tasks/1")), before);

    assert_eq!(told(&run(&["restored"], &[("DATABASE_URL", &url)])).0, Some(0));
    let second = tag(&get(api.address, "/tasks/1"));
    let has_learned = || {
        assert_eq!(get(api.address, "/ready").status, 200);
        (tag(&get(api.address, "/tasks/1")) != second).then_some(())
    };
    assert!(wait_for(has_learned).is_some());
}
