//! What PostgreSQL is asked for: nothing that outlives a statement, and no locks or notices beside its tables. Poolers and
//! its distributed kin have none of that.

use crate::{
    cluster::Cluster,
    feed::Events,
    http::{Answer, send},
    program::Api,
};

/// Asks for everything that there is to ask for.
fn ask_for_everything(api: &Api) {
    let ask_with = |headers: &[(&str, &str)], method: &str, path: &str, body: &str, status: u16| -> Answer {
        let answer = send(api.address, method, path, headers, Some(body.as_bytes()));
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        answer
    };
    let ask = |method: &str, path: &str, body: &str, status: u16| ask_with(&[], method, path, body, status);
    let id = ask("POST", "/tasks", r#"{"title":"a"}"#, 201).json()["id"].clone();
    for _ in 0..2 {
        ask_with(&[("idempotency-key", "k")], "POST", "/tasks", r#"{"title":"a"}"#, 201);
    }
    let path = format!("/tasks/{id}");
    for path in [&path, "/tasks", "/tasks?limit=500", "/tasks?q=a&status=pending&sort=-created_at", "/ready"] {
        ask("GET", path, "", 200);
    }
    ask("PUT", &path, r#"{"title":"b"}"#, 200);
    ask("PATCH", &path, r#"{"title":"c"}"#, 200);
    ask("POST", "/tasks:batchCreate", r#"{"tasks":[{"title":"d"},{"title":"e"}]}"#, 201);
    ask("DELETE", &path, "", 204);
    for path in ["/tasks/changes", "/tasks/changes?cursor=now"] {
        ask("GET", path, "", 200);
    }
    Events::of(api, "", None).next();
}

#[test]
fn every_request_is_statements_without_a_name_and_nothing_is_kept_in_a_session() {
    let cluster = Cluster::start();
    cluster.psql("ALTER ROLE app SET log_statement = 'all'");
    let api = Api::ready(&cluster.url());
    let tables = cluster.log().len();
    ask_for_everything(&api);
    let log = cluster.log();
    let said: Vec<_> =
        log[tables..].lines().filter_map(|line| line.split_once(" LOG:  ")).map(|(_, said)| said).collect();
    let of = |kind: &str| said.iter().filter(|said| said.starts_with(kind)).count();
    // Each is a statement of its own, without a name, and there is nothing else: no transaction, no setting.
    assert!(of("execute <unnamed>: ") >= 13, "{said:?}");
    assert_eq!(of("execute ") + of("statement: "), of("execute <unnamed>: "), "{said:?}");
    let log = log.to_lowercase();
    for word in ["advisory", "listen ", "notify", "prepare", "temporary", "serial"] {
        assert!(!log.contains(word), "{word}");
    }
}
