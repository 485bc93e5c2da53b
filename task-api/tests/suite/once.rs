//! `Idempotency-Key`: a request that is sent again makes no second task.

use std::{net::SocketAddr, path::PathBuf, thread};

use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use crate::{
    cluster::{Cluster, url},
    http::{Answer, get, send},
    keys::new_key,
    program::{Api, on_every_database, psql, server, wait_for},
    way::Way,
};

fn post(api: &Api, path: &str, key: &str, body: &str) -> Answer {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    send(api.address, "POST", path, &headers, Some(body.as_bytes()))
}

#[test]
fn the_same_request_is_answered_as_the_first_time() {
    on_every_database(|api| {
        let body = r#"{"title":"a","description":"b"}"#;
        let first = post(api, "/tasks", "k1", body);
        assert_eq!((first.status, first.header("idempotency-replayed")), (201, None));
        let path = format!("/tasks/{}", first.json()["id"]);
        assert_eq!(send(api.address, "PATCH", &path, &[], Some(br#"{"title":"x"}"#)).status, 200);
        for _ in 0..2 {
            let again = post(api, "/tasks", "k1", body);
            assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")));
            assert_eq!((again.text(), again.header("etag")), (first.text(), first.header("etag")));
        }
        // Even when the task is gone.
        assert_eq!(send(api.address, "DELETE", &path, &[], None).status, 204);
        assert_eq!(post(api, "/tasks", "k1", body).text(), first.text());
        assert_eq!(get(api.address, "/tasks").json(), json!([]));

        let other = post(api, "/tasks", "k1", r#"{"title":"a"}"#);
        assert_eq!((other.status, &other.json()["detail"][0]["loc"]), (422, &json!(["header", "idempotency-key"])));
        assert_eq!(post(api, "/tasks", "k2", body).status, 201);
        assert_eq!(get(api.address, "/tasks").json().as_array().unwrap().len(), 1);
    });
}

#[test]
fn many_tasks_are_made_once_too() {
    on_every_database(|api| {
        let body = r#"{"tasks":[{"title":"a"},{"title":"b"},{"title":"a"}]}"#;
        let first = post(api, "/tasks:batchCreate", "k", body);
        assert_eq!(first.status, 201, "{}", first.text());
        assert_eq!(post(api, "/tasks:batchCreate", "k", body).text(), first.text());
        assert_eq!(get(api.address, "/tasks").json().as_array().unwrap().len(), 3);
        assert_eq!(post(api, "/tasks", "k", body).status, 422, "another path is another request");
    });
}

#[test]
fn a_key_is_visible_ascii() {
    let api = Api::ready("sqlite::memory:");
    for bad in ["a b", "ż", &"k".repeat(256)] {
        let refused = post(&api, "/tasks", bad, r#"{"title":""}"#);
        let places: Vec<_> =
            refused.json()["detail"].as_array().unwrap().iter().map(|fault| fault["loc"].clone()).collect();
        assert_eq!(places, [json!(["header", "idempotency-key"]), json!(["body", "title"])], "{bad}");
    }
    // A request that was refused has not used its key.
    assert_eq!(post(&api, "/tasks", "k", "{}").status, 422);
    assert_eq!(post(&api, "/tasks", "k", r#"{"title":"a"}"#).status, 201);
}

#[test]
fn at_once_and_on_several_replicas_one_task_is_made() {
    let url = server().database();
    let replicas = [Api::ready(&url), Api::ready(&url)];
    let answers: Vec<_> = thread::scope(|scope| {
        let clients: Vec<_> = (0..16)
            .map(|n| {
                scope.spawn({
                    let api = &replicas[n % 2];
                    move || post(api, "/tasks", "k", r#"{"title":"a"}"#)
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert!(!made.is_empty() && made.iter().all(|answer| answer.text() == made[0].text()));
    let fresh = made.iter().filter(|answer| answer.header("idempotency-replayed").is_none());
    assert_eq!(fresh.count(), 1);
    for busy in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!((busy.status, busy.header("retry-after")), (409, Some("1")));
    }
    assert_eq!(psql(&url, "SELECT count(*) FROM task"), "1");
}

/// What the service says of a key whose request it is answering.
#[track_caller]
fn check_in_use(answer: &Answer) {
    assert_eq!((answer.status, answer.header("retry-after")), (409, Some("1")), "{}", answer.text());
}

#[test]
fn while_a_request_is_being_answered_its_key_is_in_use_and_another_replica_waits_for_the_answer() {
    let cluster = Cluster::start();
    let (here, there) = (Api::ready(&cluster.url()), Api::ready(&cluster.url()));
    let ask = |api: &Api| post(api, "/tasks", "k", r#"{"title":"a"}"#);
    let mut holder = cluster.talk();
    holder.say("BEGIN; LOCK TABLE task IN SHARE MODE");
    let answers = thread::scope(|scope| {
        let first = scope.spawn(|| ask(&here));
        cluster.wait_until_waiting(1);
        check_in_use(&ask(&here));
        let other = scope.spawn(|| ask(&there));
        cluster.wait_until_waiting(2);
        holder.say("COMMIT");
        [first, other].map(|asked| asked.join().expect("it is answered"))
    });
    let told = answers.each_ref().map(|answer| (answer.status, answer.text()));
    assert_eq!((told[0].0, &told[0]), (201, &told[1]));
    let fresh = answers.iter().filter(|answer| answer.header("idempotency-replayed").is_none());
    assert_eq!(fresh.count(), 1);
    assert_eq!(cluster.psql("SELECT count(*) FROM task"), "1");
    assert_eq!(ask(&here).text(), answers[0].text(), "the key is free again");
}

#[test]
fn while_a_request_waits_for_the_file_its_key_is_in_use() {
    let (_folder, path, api) = on_a_file();
    let ask = || post(&api, "/tasks", "k", r#"{"title":"a"}"#);
    let file = Connection::open(&path).unwrap();
    file.execute_batch("BEGIN IMMEDIATE").unwrap();
    let first = thread::scope(|scope| {
        let first = scope.spawn(ask);
        api.wait_until_at(1);
        check_in_use(&ask());
        file.execute_batch("COMMIT").unwrap();
        first.join().expect("it is answered")
    });
    assert_eq!((first.status, ask().text()), (201, first.text()));
}

/// A service on a file, and where that is.
fn on_a_file() -> (TempDir, PathBuf, Api) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("tasks.db");
    let api = Api::ready(&format!("sqlite://{}", path.display()));
    (folder, path, api)
}

/// Makes a task under a key, which `age` makes that many minutes older.
#[track_caller]
fn check_age(api: &Api, age: impl Fn(u32)) {
    let ask = || post(api, "/tasks", "k", r#"{"title":"a"}"#).json()["id"].clone();
    let first = ask();
    age(24 * 60 - 1);
    assert_eq!(ask(), first);
    age(2);
    let second = ask();
    assert_ne!(second, first);
    assert_eq!(ask(), second);
}

#[test]
fn after_a_day_a_key_is_new_again() {
    let url = server().database();
    check_age(&Api::ready(&url), |minutes| {
        psql(&url, &format!("UPDATE task_idempotency SET created_at = created_at - INTERVAL '{minutes} minutes'"));
    });
    assert_eq!(psql(&url, "SELECT count(*) FROM task_idempotency"), "1");

    let (_folder, path, api) = on_a_file();
    let file = Connection::open(path).unwrap();
    check_age(&api, |minutes| {
        let older = format!("strftime('%Y-%m-%dT%H:%M:%f000Z', created_at, '-{minutes} minutes')");
        file.execute(&format!("UPDATE task_idempotency SET created_at = {older}"), []).unwrap();
    });
    assert_eq!(file.query_row("SELECT count(*) FROM task_idempotency", [], |row| row.get(0)), Ok(1));
}

#[test]
fn each_api_key_has_keys_of_its_own() {
    let ((one, first), (two, second)) = (new_key(&["one"]), new_key(&["two"]));
    let api = Api::ready_with("sqlite::memory:", &[("API_KEYS", &format!("{first},{second}"))]);
    let ids: Vec<_> = [one, two]
        .iter()
        .map(|key| {
            let authorization = format!("Bearer {key}");
            let headers = [("authorization", authorization.as_str()), ("idempotency-key", "k")];
            send(api.address, "POST", "/tasks", &headers, Some(br#"{"title":"a"}"#)).json()["id"].clone()
        })
        .collect();
    assert_eq!(ids, [json!(1), json!(2)]);
}

#[test]
fn keys_that_are_too_old_go_however_many_there_are() {
    let url = server().database();
    let api = Api::ready(&url);
    psql(
        &url,
        "INSERT INTO task_idempotency (owner, key, hash, ids, created_at) \
         SELECT '', n::text, '', '{}', CURRENT_TIMESTAMP AT TIME ZONE 'UTC' - INTERVAL '25 hours' FROM generate_series(1, 2500) n",
    );
    assert_eq!(post(&api, "/tasks", "k", r#"{"title":"a"}"#).status, 201);
    let count = || psql(&url, "SELECT count(*) FROM task_idempotency");
    assert!(wait_for(|| (count() == "1").then_some(())).is_some(), "{}", count());
}

#[test]
fn a_key_that_comes_again_costs_no_connection() {
    let cluster = Cluster::start();
    let way = Way::to(SocketAddr::from(([127, 0, 0, 1], cluster.port)));
    let api = Api::ready(&url(way.address.port()));
    assert_eq!(post(&api, "/tasks", "k", r#"{"title":"a"}"#).status, 201);
    let before = way.connections();
    for _ in 0..20 {
        assert_eq!(post(&api, "/tasks", "k", r#"{"title":"a"}"#).header("idempotency-replayed"), Some("true"));
    }
    let more = way.connections() - before;
    // Beside the first one, old keys were looked for.
    assert!(more <= 1, "{more}");
}
