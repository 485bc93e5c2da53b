//! The original's table, taken over with all that is in it, while the original may still write to it.

use std::{collections::BTreeSet, env, time::Instant};

use serde_json::{Value, json};

use crate::{
    cluster::Cluster,
    http::{get, send, send_json},
    program::{Api, psql, run, server, told, wait_for},
};

pub(crate) const ORIGINAL: &str = "CREATE TABLE task (title VARCHAR(200) NOT NULL, description VARCHAR, id SERIAL NOT NULL, \
    status VARCHAR NOT NULL, created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL, PRIMARY KEY (id));";

/// Rows of the large table, unless it is said: see CONTRIBUTING.md.
const ROWS: i64 = 20_000;

fn ids(tasks: &Value) -> Vec<i64> {
    tasks.as_array().expect("a list").iter().map(|task| task["id"].as_i64().expect("an id")).collect()
}

/// The ids of all pages, with one task on each.
fn turned(api: &Api, sort: &str) -> Vec<i64> {
    let (mut seen, mut next) = (Vec::new(), Some(format!("/tasks?limit=1&sort={sort}")));
    while let Some(path) = next {
        let answer = get(api.address, &path);
        assert_eq!(answer.status, 200, "{}", answer.text());
        seen.extend(ids(&answer.json()));
        assert!(seen.len() < 100, "{seen:?}");
        next = answer.header("link").and_then(|link| link.split(['<', '>']).nth(1).map(str::to_owned));
    }
    seen
}

#[test]
fn times_that_cannot_be_shown_are_shown_as_the_nearest_and_named_once() {
    let url = server().database();
    let times = ["infinity", "20000-01-01", "9999-12-31 23:59:59.999999", "2024-05-06", "4000-01-01 BC", "-infinity"];
    let rows = times.map(|time| format!("('t', 'pending', '{time}'), ('t', 'pending', '{time}')")).join(", ");
    psql(&url, &format!("{ORIGINAL} INSERT INTO task (title, status, created_at) VALUES {rows}"));
    let api = Api::ready(&url);
    let (last, first) = ("9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00.000000Z");
    let shown: Vec<_> =
        [last, last, last, "2024-05-06T00:00:00.000000Z", first, first].iter().flat_map(|time| [*time; 2]).collect();
    for _ in 0..2 {
        let tasks = get(api.address, "/tasks").json();
        let times: Vec<_> = tasks.as_array().unwrap().iter().map(|task| task["created_at"].as_str().unwrap()).collect();
        assert_eq!(times, shown);
    }
    let changes = get(api.address, "/tasks/changes").json();
    assert_eq!(changes["changes"].as_array().map(Vec::len), Some(12));
    // Each stands on one page, by the time that it has and not by the one that is shown.
    assert_eq!(turned(&api, "created_at"), [11, 12, 9, 10, 7, 8, 5, 6, 3, 4, 1, 2]);
    assert_eq!(turned(&api, "-created_at"), [2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11]);
    let told = api.log().into_iter().filter(|line| line.contains("the nearest time is shown"));
    let told: BTreeSet<_> = told.map(|line| serde_json::from_str::<Value>(&line).unwrap()["id"].to_string()).collect();
    assert_eq!(told, BTreeSet::from(["1", "2", "3", "4", "9", "10", "11", "12"].map(str::to_owned)));
    assert_eq!(api.log().iter().filter(|line| line.contains("the nearest time is shown")).count(), 8);
}

#[test]
fn tasks_that_this_service_would_not_make_fit_its_document() {
    let url = server().database();
    psql(
        &url,
        &format!(
            "{} INSERT INTO task (title, status, created_at) VALUES ('', repeat('s', 5000), NULL), (NULL, NULL, NULL)",
            ORIGINAL.replace(" NOT NULL", "").replace("SERIAL", "SERIAL NOT NULL")
        ),
    );
    let api = Api::ready(&url);
    let tasks = get(api.address, "/tasks").json();
    let expected =
        json!([["", "s".repeat(5000), "1970-01-01T00:00:00.000000Z"], ["", "pending", "1970-01-01T00:00:00.000000Z"]]);
    let seen: Vec<_> = tasks
        .as_array()
        .unwrap()
        .iter()
        .map(|task| json!([task["title"], task["status"], task["created_at"]]))
        .collect();
    assert_eq!(json!(seen), expected);
    let document = get(api.address, "/openapi.json").json();
    for (name, property) in document["components"]["schemas"]["Task"]["properties"].as_object().unwrap() {
        for task in tasks.as_array().unwrap() {
            let Some(length) = task[name].as_str().map(|text| text.chars().count() as u64) else { continue };
            let within =
                property["minLength"].as_u64().unwrap_or(0)..=property["maxLength"].as_u64().unwrap_or(u64::MAX);
            assert!(within.contains(&length), "{name}: {property}");
        }
    }
}

#[test]
fn a_column_that_only_has_the_name_of_ours_ends_the_start_with_what_to_rename() {
    for (column, name) in [
        ("owner VARCHAR", "owner"),
        ("version VARCHAR NOT NULL DEFAULT '1'", "version"),
        ("feed_position BIGINT NOT NULL DEFAULT 0", "feed_position"),
    ] {
        let url = server().database();
        psql(&url, &format!("{ORIGINAL} ALTER TABLE task ADD COLUMN {column}"));
        let (code, text) = told(&run(&["migrate"], &[("DATABASE_URL", &url)]));
        let expected = format!(
            "its column `{name}` is another one than this service's; rename it: `ALTER TABLE task RENAME COLUMN {name} TO other_{name}`\n"
        );
        assert!(code == Some(1) && text.ends_with(&expected) && text.lines().count() == 1, "{code:?} {text}");
        psql(&url, &format!("ALTER TABLE task RENAME COLUMN {name} TO other_{name}"));
        let (code, text) = told(&run(&["migrate"], &[("DATABASE_URL", &url)]));
        assert_eq!((code, text.as_str()), (Some(0), ""));
    }
}

#[test]
fn the_tables_change_when_nobody_uses_them_and_nobody_waits_behind_that() {
    let cluster = Cluster::start();
    cluster.psql(&format!("{ORIGINAL} ALTER TABLE task OWNER TO app; GRANT CREATE ON SCHEMA public TO app"));
    let mut reader = cluster.talk();
    reader.say("BEGIN; SELECT count(*) FROM task");
    let api = Api::start(&cluster.url());
    let line = api.wait_for_log("waiting for the database");
    assert!(line.contains("its tables must change, and others use them"), "{line}");
    // For ten tries: whoever comes while it waits is let through when it gives up.
    for _ in 0..10 {
        assert_eq!(cluster.psql("SET statement_timeout = '10s'; SELECT count(*) FROM task"), "0");
    }
    assert_eq!(get(api.address, "/health").status, 200);
    reader.say("COMMIT");
    api.wait_for_log("database ready");
    assert_eq!(send_json(api.address, "POST", "/tasks", r#"{"title":"t"}"#).status, 201);
}

#[test]
fn what_the_original_changes_beside_it_has_another_tag_and_stands_in_the_feed() {
    let url = server().database();
    psql(&url, &format!("{ORIGINAL} INSERT INTO task (title, status, created_at) VALUES ('a', 'pending', now())"));
    let api = Api::ready(&url);
    let tag = |answer: &crate::http::Answer| answer.header("etag").expect("a tag").to_owned();
    let before = tag(&get(api.address, "/tasks/1"));
    let now = get(api.address, "/tasks/changes?cursor=now").json()["cursor"].as_str().unwrap().to_owned();
    psql(&url, "UPDATE task SET status = 'done' WHERE id = 1");
    let read = send(api.address, "GET", "/tasks/1", &[("if-none-match", &before)], None);
    assert_eq!((read.status, &read.json()["status"]), (200, &json!("done")));
    assert_ne!(tag(&read), before);
    let stale = send(api.address, "PUT", "/tasks/1", &[("if-match", &before)], Some(br#"{"title":"b"}"#));
    assert_eq!(stale.status, 412);
    let changes = get(api.address, &format!("/tasks/changes?cursor={now}")).json();
    assert_eq!(
        (&changes["changes"][0]["task"]["status"], &changes["changes"][0]["etag"]),
        (&json!("done"), &json!(tag(&read)))
    );
    // Nothing was changed, and a change of ours counts once.
    psql(&url, "UPDATE task SET status = 'done' WHERE id = 1");
    assert_eq!(tag(&get(api.address, "/tasks/1")), tag(&read));
    let patched = send(api.address, "PATCH", "/tasks/1", &[("if-match", &tag(&read))], Some(br#"{"status":"x"}"#));
    assert_eq!((patched.status, tag(&patched)), (200, "\"1-3\"".to_owned()));
}

#[test]
fn the_feed_of_many_adopted_tasks_is_read_at_once_and_no_row_is_written() {
    let rows = env::var("ADOPTED_ROWS").map_or(ROWS, |text| text.parse().expect("it is a number of rows"));
    let url = server().database();
    psql(
        &url,
        &format!(
            "{ORIGINAL} INSERT INTO task (title, status, created_at) SELECT n::text, 'pending', now() FROM generate_series(1, {rows}) n"
        ),
    );
    let api = Api::start(&url);
    let is_ready = || api.log().iter().any(|line| line.contains("database ready")).then_some(());
    let begin = Instant::now();
    // Of many rows it takes longer than anybody waits for a start.
    while wait_for(is_ready).is_none() {
        assert!(begin.elapsed().as_secs() < 600, "{:?}", api.log());
    }
    println!("{rows} adopted rows: taken over in {} ms", begin.elapsed().as_millis());
    // Who wrote each row: the migration, if it is one.
    let writers = || psql(&url, "SELECT count(DISTINCT xmin::text), min(xmin::text) FROM task");
    let before = writers();
    assert!(before.starts_with("1|"), "{before}");

    let mut times = (0..5).map(|_| {
        let begin = Instant::now();
        let now = get(api.address, "/tasks/changes?cursor=now");
        assert_eq!((now.status, &now.json()["changes"]), (200, &json!([])));
        begin.elapsed()
    });
    println!("cursor=now: first {:?}, then {:?}", times.next(), times.collect::<Vec<_>>());
    let now = get(api.address, "/tasks/changes?cursor=now").json()["cursor"].as_str().unwrap().to_owned();
    let (mut seen, mut path) = (Vec::new(), "/tasks/changes?limit=1000".to_owned());
    let some = 5_000.min(rows);
    while seen.last().is_none_or(|last| *last < some) {
        let page = get(api.address, &path).json();
        seen.extend(ids(&page["changes"]));
        path = format!("/tasks/changes?limit=1000&cursor={}", page["cursor"].as_str().unwrap());
    }
    assert_eq!(seen, (1..=some).collect::<Vec<_>>());
    assert_eq!(writers(), before);

    // What happens from now on is told behind all of them, once.
    assert_eq!(send_json(api.address, "PATCH", "/tasks/2", r#"{"title":"changed"}"#).status, 200);
    psql(&url, "INSERT INTO task (title, status, created_at) VALUES ('beside', 'pending', now())");
    let changes = get(api.address, &format!("/tasks/changes?cursor={now}")).json();
    assert_eq!(ids(&changes["changes"]), [2, rows + 1]);
    let again = get(api.address, "/tasks/changes?limit=2").json();
    assert_eq!(ids(&again["changes"]), [1, 3], "it has moved");
}
