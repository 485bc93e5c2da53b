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
fn an_id_that_is_taken_is_not_taken_for_a_key_that_is() {
    let url = server().database();
    let api = Api::ready(&url);
    psql(&url, "INSERT INTO task (id, title) VALUES (1, 'by hand'), (2, 'by hand')");
    let keyed = || send(api.address, "POST", "/tasks", &[("idempotency-key", "k")], Some(br#"{"title":"a"}"#)).status;
    // Each try takes an id, and there are two tries.
    assert_eq!(keyed(), 500);
    assert_eq!(keyed(), 201);
}
