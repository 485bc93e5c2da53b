//! Tables: made once however many replicas start, and taken over from the original.

use std::thread;

use serde_json::json;

use crate::{
    http::{get, send_json},
    program::{Api, psql, run, server, told},
};

#[test]
fn replicas_that_start_at_once_make_the_tables_once() {
    let url = server().database();
    let replicas: Vec<_> = thread::scope(|scope| {
        let starts: Vec<_> = (0..6).map(|_| scope.spawn(|| Api::ready(&url))).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let makers = replicas.iter().filter(|api| api.log().join("\n").contains("tables brought up to date")).count();
    assert_eq!(makers, 1);
    for (n, api) in replicas.iter().enumerate() {
        assert_eq!(send_json(api.address, "POST", "/tasks", r#"{"title":"t"}"#).json()["id"], n + 1);
    }
    assert_eq!(psql(&url, "SELECT * FROM task_api_schema"), "1|6");
}

#[test]
fn processes_on_one_file_make_the_tables_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/tasks.db", folder.path().display());
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| assert_eq!(told(&run(&["migrate"], &[("DATABASE_URL", &url)])), (Some(0), String::new())));
        }
    });
    assert_eq!(get(Api::ready(&url).address, "/tasks").json(), json!([]));
}

#[test]
fn the_table_of_the_original_is_taken_over_with_its_tasks() {
    let url = server().database();
    psql(
        &url,
        "CREATE TABLE task (title VARCHAR(200) NOT NULL, description VARCHAR, id SERIAL NOT NULL, status VARCHAR NOT NULL, \
         created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL, PRIMARY KEY (id)); \
         INSERT INTO task (title, status, created_at) VALUES ('old', 'done', '2024-05-06 07:08:09'); \
         INSERT INTO task (title, status, created_at) VALUES ('', '', '2024-05-06 07:08:09.000001')",
    );
    let api = Api::ready(&url);
    let expected = json!([
        {"title": "old", "description": null, "id": 1, "status": "done", "created_at": "2024-05-06T07:08:09.000000Z"},
        {"title": "", "description": null, "id": 2, "status": "", "created_at": "2024-05-06T07:08:09.000001Z"},
    ]);
    assert_eq!(get(api.address, "/tasks").json(), expected);
    assert_eq!(send_json(api.address, "POST", "/tasks", r#"{"title":"new"}"#).json()["id"], 3);
    // The 32 bits of the original are no limit any more, for the column or for what counts it up.
    psql(&url, "SELECT setval('task_id_seq', 2147483647)");
    assert_eq!(send_json(api.address, "POST", "/tasks", r#"{"title":"new"}"#).json()["id"], 2_147_483_648_i64);
    // The original still works on it.
    psql(&url, "INSERT INTO task (title, status, created_at) VALUES ('from the original', 'pending', now())");
}

#[test]
fn a_table_of_that_name_that_is_no_table_of_tasks_is_refused() {
    let url = server().database();
    psql(&url, "CREATE TABLE task (id BIGINT PRIMARY KEY, status TEXT)");
    let (code, text) = told(&run(&["migrate"], &[("DATABASE_URL", &url)]));
    assert_eq!(code, Some(1));
    assert!(text.contains("created_at"), "{text}");
    assert_eq!(psql(&url, "SELECT version FROM task_api_schema"), "0");
    assert_eq!(psql(&url, "SELECT count(*) FROM information_schema.columns WHERE table_name = 'task'"), "2");
}

#[test]
fn a_login_that_may_not_change_tables_can_serve_them() {
    let url = server().database();
    assert_eq!(run(&["migrate"], &[("DATABASE_URL", &url)]).status.code(), Some(0));
    let role = format!("reader_{}", std::process::id());
    psql(
        &url,
        &format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'pw'; GRANT SELECT, INSERT, UPDATE, DELETE ON task, task_tombstone, task_feed, task_idempotency TO {role}; \
             GRANT SELECT ON task_api_schema TO {role}"
        ),
    );
    let (_, rest) = url.split_once('@').unwrap();
    let api = Api::ready(&format!("postgresql://{role}:pw@{rest}"));
    assert_eq!(send_json(api.address, "POST", "/tasks", r#"{"title":"t"}"#).status, 201);
}
