//! Requests that the database is asked for together: none fails for another's sake.

use std::{collections::BTreeSet, thread};

use rusqlite::Connection;

use crate::{
    cluster::Cluster,
    http::{get, send_json},
    program::Api,
};

/// A title that the database refuses.
const BAD: &str = "bad";

/// A bad one between good ones.
fn titles(before: usize, behind: usize) -> Vec<String> {
    let good = |n: usize| format!("good {n}");
    (0..before).map(good).chain([BAD.to_owned()]).chain((before..before + behind).map(good)).collect()
}

/// Creates tasks, one as soon as the one before is on its way, while the database is held. When all are, it is let go:
/// then only the bad one fails, and all others are there.
#[track_caller]
fn check(api: &Api, titles: &[String], let_go: impl FnOnce()) {
    let create = |title: &str| send_json(api.address, "POST", "/tasks", &format!(r#"{{"title":"{title}"}}"#)).status;
    let answers: Vec<_> = thread::scope(|scope| {
        let mut asked = Vec::new();
        for title in titles {
            asked.push(scope.spawn(move || create(title)));
            api.wait_until_at(asked.len());
        }
        let_go();
        asked.into_iter().map(|asked| asked.join().expect("it is answered")).collect()
    });
    for (title, status) in titles.iter().zip(answers) {
        assert_eq!(status, if title == BAD { 500 } else { 201 }, "{title}");
    }
    let list = get(api.address, "/tasks").json();
    let there: BTreeSet<_> =
        list.as_array().expect("a list").iter().filter_map(|task| task["title"].as_str()).collect();
    assert_eq!(there, titles.iter().map(String::as_str).filter(|title| *title != BAD).collect());
    assert_eq!(list.as_array().map(Vec::len), Some(there.len()));
    assert_eq!(api.log().iter().filter(|line| line.contains("request failed")).count(), 1);
}

#[test]
fn a_create_that_postgresql_refuses_takes_none_with_it_that_went_out_together() {
    let cluster = Cluster::start();
    let api = Api::ready(&cluster.url());
    cluster.psql(&format!("ALTER TABLE task ADD CHECK (title <> '{BAD}')"));
    let mut holder = cluster.talk();
    holder.say("BEGIN; LOCK TABLE task IN SHARE MODE");
    // The first ones go out alone, since those before them are away for long. When too many are, all others wait.
    check(&api, &titles(12, 4), || holder.say("COMMIT"));
    let refused = cluster.log().matches("violates check constraint").count();
    assert_eq!(refused, 2, "together with others, and then alone");
}

#[test]
fn a_create_that_sqlite_refuses_takes_none_with_it_that_were_done_together() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let api = Api::ready(&format!("sqlite://{}", path.display()));
    let file = Connection::open(&path).unwrap();
    file.execute_batch(&format!(
        "CREATE TRIGGER refuse BEFORE INSERT ON task WHEN NEW.title = '{BAD}' BEGIN SELECT RAISE(ABORT, 'bad'); END; \
         BEGIN IMMEDIATE"
    ))
    .unwrap();
    // The first one waits for the file, and all others for the first.
    check(&api, &titles(4, 4), || file.execute_batch("COMMIT").unwrap());
}
