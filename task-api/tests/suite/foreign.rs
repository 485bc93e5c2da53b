//! Rows that somebody else has made: by hand, by an import, by a replica that was promoted.

use crate::{
    http::{get, send, send_json},
    program::{Api, psql, server},
};

#[test]
fn a_task_whose_id_was_gone_can_be_deleted_again() {
    let url = server().database();
    let api = Api::ready(&url);
    let delete = |path: &str| send(api.address, "DELETE", path, &[], None).status;
    assert_eq!(send_json(api.address, "POST", "/tasks", r#"{"title":"a"}"#).status, 201);
    assert_eq!(delete("/tasks/1"), 204);
    psql(&url, "INSERT INTO task (id, title) VALUES (1, 'back')");
    let cursor = get(api.address, "/tasks/changes?cursor=now").json()["cursor"].as_str().expect("a cursor").to_owned();
    assert_eq!(delete("/tasks/1"), 204);
    let changes = get(api.address, &format!("/tasks/changes?cursor={cursor}")).json()["changes"].clone();
    assert_eq!(
        (&changes[0]["id"], &changes[0]["deleted"], &changes[0]["version"]),
        (&1.into(), &true.into(), &3.into())
    );
    psql(&url, "INSERT INTO task (id, title) VALUES (1, 'back')");
    assert_eq!(delete("/tasks/1"), 204);
    assert_eq!(psql(&url, "SELECT version FROM task_tombstone"), "4");
}

#[test]
fn an_id_beyond_64_bits_is_no_tasks_whatever_ids_there_are() {
    let url = server().database();
    let api = Api::ready(&url);
    psql(&url, "INSERT INTO task (id, title) VALUES (-9223372036854775808, 'the first of all')");
    assert_eq!(get(api.address, "/tasks/-9223372036854775808").json()["title"], "the first of all");
    for beyond in ["9223372036854775808", "-9223372036854775809", "99999999999999999999"] {
        let path = format!("/tasks/{beyond}");
        for method in ["GET", "PUT", "PATCH", "DELETE"] {
            let answer = send_json(api.address, method, &path, r#"{"title":"other"}"#);
            let told = answer.json();
            assert_eq!((answer.status, told["detail"].as_str()), (404, Some("Task not found")), "{method} {beyond}");
            assert_eq!(told["instance"], path, "it is named as it was written");
        }
        let arguments = format!(r#"{{"name":"complete_task","arguments":{{"id":{beyond}}}}}"#);
        let call = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{arguments}}}"#);
        let told = send_json(api.address, "POST", "/mcp", &call).json();
        assert!(
            told["result"]["content"][0]["text"].as_str().is_some_and(|text| text.contains("Task not found")),
            "{told}"
        );
    }
    assert_eq!(psql(&url, "SELECT title, status FROM task"), "the first of all|pending");
}

#[test]
fn an_id_that_is_taken_is_not_taken_for_a_key_that_is() {
    let url = server().database();
    let api = Api::ready(&url);
    psql(&url, "INSERT INTO task (id, title) VALUES (1, 'by hand'), (2, 'by hand')");
    let keyed = || send(api.address, "POST", "/tasks", &[("idempotency-key", "k")], Some(br#"{"title":"a"}"#)).status;
    // Each try takes an id, and there are two tries.
    assert_eq!(keyed(), 500);
    assert_eq!(keyed(), 201);
}
