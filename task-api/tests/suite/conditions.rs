//! Entity tags: what a client has is not sent again, and what it has not seen is not overwritten.

use std::thread;

use crate::{
    http::{Answer, get, send, send_json},
    program::{Api, on_every_database},
};

fn with(api: &Api, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let body = (!matches!(method, "GET" | "HEAD" | "DELETE")).then_some(body.as_bytes());
    send(api.address, method, path, headers, body)
}

#[test]
fn every_change_makes_a_new_tag() {
    on_every_database(|api| {
        let created = send_json(api.address, "POST", "/tasks", r#"{"title":"a"}"#);
        let path = format!("/tasks/{}", created.json()["id"]);
        let tag = |answer: &Answer| answer.header("etag").expect("there is a tag").to_owned();
        assert_eq!(tag(&created), format!("\"{}-1\"", created.json()["id"]));
        assert_eq!(tag(&get(api.address, &path)), tag(&created));
        let put = send_json(api.address, "PUT", &path, r#"{"title":"b"}"#);
        let patched = send_json(api.address, "PATCH", &path, r#"{"title":"c"}"#);
        assert_eq!(tag(&put), tag(&created).replace("-1", "-2"));
        assert_eq!(tag(&patched), tag(&created).replace("-1", "-3"));
        assert_eq!(tag(&send(api.address, "HEAD", &path, &[], None)), tag(&patched));
        assert_eq!(get(api.address, "/tasks/999").header("etag"), None);
    });
}

#[test]
fn what_a_client_has_is_not_sent_again() {
    on_every_database(|api| {
        let created = send_json(api.address, "POST", "/tasks", r#"{"title":"a"}"#);
        let path = format!("/tasks/{}", created.json()["id"]);
        let tag = created.header("etag").unwrap();
        let weak = format!("W/{tag}");
        for known in [tag, &weak, "*", &format!("\"x\", {tag}")] {
            let answer = with(api, "GET", &path, &[("if-none-match", known)], "");
            assert_eq!(
                (answer.status, answer.text(), answer.header("etag")),
                (304, String::new(), Some(tag)),
                "{known}"
            );
        }
        assert_eq!(send_json(api.address, "PATCH", &path, "{}").status, 200);
        assert_eq!(with(api, "GET", &path, &[("if-none-match", tag)], "").status, 200);
        assert_eq!(with(api, "GET", "/tasks/999", &[("if-none-match", "*")], "").status, 404);
    });
}

#[test]
fn what_a_client_has_not_seen_is_not_changed() {
    on_every_database(|api| {
        let created = send_json(api.address, "POST", "/tasks", r#"{"title":"a"}"#);
        let path = format!("/tasks/{}", created.json()["id"]);
        let first = created.header("etag").unwrap().to_owned();
        let second = send_json(api.address, "PATCH", &path, r#"{"title":"b"}"#).header("etag").unwrap().to_owned();
        let body = r#"{"title":"c"}"#;
        for method in ["PUT", "PATCH", "DELETE"] {
            for (name, value) in [
                ("if-match", first.as_str()),
                ("if-match", "\"x\""),
                ("if-none-match", &second),
                ("if-none-match", "*"),
            ] {
                let answer = with(api, method, &path, &[(name, value)], body);
                assert_eq!(answer.status, 412, "{method} {name}: {value}");
                assert_eq!(answer.json()["detail"], "The task is not in a state that the request is for");
            }
            let missing = with(api, method, "/tasks/999", &[("if-match", &first)], body);
            assert_eq!(missing.status, 404, "what is not there has no state");
        }
        assert_eq!(get(api.address, &path).json()["title"], "b");
        let changed = with(api, "PUT", &path, &[("if-match", &format!("{first}, {second}"))], body);
        assert_eq!((changed.status, changed.json()["title"].as_str()), (200, Some("c")));
        assert_eq!(with(api, "DELETE", &path, &[("if-match", "*")], "").status, 204);
    });
}

#[test]
fn of_those_who_change_the_same_state_one_succeeds() {
    on_every_database(|api| {
        let created = send_json(api.address, "POST", "/tasks", r#"{"title":"a"}"#);
        let path = format!("/tasks/{}", created.json()["id"]);
        let tag = created.header("etag").unwrap();
        let mut statuses: Vec<_> = thread::scope(|scope| {
            let clients: Vec<_> =
                (0..8).map(|_| scope.spawn(|| with(api, "PATCH", &path, &[("if-match", tag)], "{}").status)).collect();
            clients.into_iter().map(|client| client.join().unwrap()).collect()
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
    });
}

#[test]
fn a_condition_can_be_required() {
    let api = Api::ready_with("sqlite::memory:", &[("REQUIRE_IF_MATCH", "true")]);
    let created = send_json(api.address, "POST", "/tasks", r#"{"title":"a"}"#);
    let tag = created.header("etag").unwrap();
    for method in ["PUT", "PATCH", "DELETE"] {
        let refused = with(&api, method, "/tasks/1", &[], r#"{"title":"b"}"#);
        assert_eq!((refused.status, refused.json()["title"].as_str()), (428, Some("Precondition Required")));
    }
    assert_eq!(with(&api, "PUT", "/tasks/1", &[], "{}").status, 422, "what is wrong is told first");
    assert_eq!(with(&api, "PUT", "/tasks/1", &[("if-match", tag)], r#"{"title":"b"}"#).status, 200);
}
