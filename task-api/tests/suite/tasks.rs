//! What the service does beyond the original: pages, patches, problems.

use std::thread;

use serde_json::{Value, json};

use crate::{
    http::{self, get, send, send_json},
    program::{Api, on_every_database},
};

fn create(api: &Api, title: &str) -> Value {
    let answer = send_json(api.address, "POST", "/tasks", &json!({ "title": title }).to_string());
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

#[test]
fn pages_lead_through_the_whole_list_once() {
    on_every_database(|api| {
        let ids: Vec<_> = (0..7).map(|n| create(api, &format!("task {n}"))["id"].clone()).collect();
        let mut path = "/tasks?limit=3".to_owned();
        let mut pages = Vec::new();
        loop {
            let answer = get(api.address, &path);
            let page: Vec<_> = answer.json().as_array().unwrap().iter().map(|task| task["id"].clone()).collect();
            pages.push(page);
            let Some(link) = answer.header("link") else { break };
            path = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned();
            assert!(pages.len() < 9, "the list ends");
        }
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
        assert_eq!(pages.concat(), ids);
        // A page that is exactly full is the last one, and says so.
        assert_eq!(get(api.address, "/tasks?limit=7").header("link"), None);
        // A task that went in between is no trouble.
        let second = get(api.address, "/tasks?limit=2").header("link").unwrap().to_owned();
        assert_eq!(send(api.address, "DELETE", &format!("/tasks/{}", ids[1]), &[], None).status, 204);
        let path = second.trim_start_matches('<').split('>').next().unwrap();
        assert_eq!(get(api.address, path).json()[0]["id"], ids[2]);
    });
}

#[test]
fn a_list_without_parameters_has_a_hundred_tasks() {
    let api = Api::ready("sqlite::memory:");
    for n in 0..101 {
        create(&api, &n.to_string());
    }
    let answer = get(api.address, "/tasks");
    assert_eq!(answer.json().as_array().unwrap().len(), 100);
    assert!(answer.header("link").unwrap().starts_with("</tasks?limit=100&cursor="));
    assert_eq!(get(api.address, "/tasks?limit=1000").json().as_array().unwrap().len(), 101);
    let refused = get(api.address, "/tasks?limit=1001&cursor=nonsense");
    assert_eq!(refused.status, 422);
    let places: Vec<_> =
        refused.json()["detail"].as_array().unwrap().iter().map(|fault| fault["loc"].clone()).collect();
    assert_eq!(places, [json!(["query", "limit"]), json!(["query", "cursor"])]);
}

#[test]
fn a_patch_changes_only_what_is_sent() {
    on_every_database(|api| {
        let body = r#"{"title":"a","description":"b","status":"c"}"#;
        let task = send_json(api.address, "POST", "/tasks", body).json();
        let at_path = format!("/tasks/{}", task["id"]);
        let patched = |body: &str| {
            let headers = [("content-type", "application/merge-patch+json")];
            let answer = send(api.address, "PATCH", &at_path, &headers, Some(body.as_bytes()));
            assert_eq!(answer.status, 200, "{}", answer.text());
            let task = answer.json();
            (task["title"].clone(), task["description"].clone(), task["status"].clone(), task["created_at"].clone())
        };
        let at = &task["created_at"];
        assert_eq!(patched("{}"), (json!("a"), json!("b"), json!("c"), at.clone()));
        assert_eq!(patched(r#"{"title":"x","id":9,"y":1}"#), (json!("x"), json!("b"), json!("c"), at.clone()));
        assert_eq!(patched(r#"{"description":null}"#), (json!("x"), Value::Null, json!("c"), at.clone()));
        assert_eq!(patched(r#"{"status":null}"#), (json!("x"), Value::Null, json!("pending"), at.clone()));
        assert_eq!(patched(r#"{"description":"d"}"#), (json!("x"), json!("d"), json!("pending"), at.clone()));
        assert_eq!(get(api.address, &at_path).json()["description"], "d");

        assert_eq!(
            send_json(api.address, "PATCH", &at_path, r#"{"title":null,"status":""}"#).json()["detail"]
                .as_array()
                .unwrap()
                .len(),
            2
        );
        assert_eq!(
            send_json(api.address, "PATCH", &at_path, "[]").json()["detail"][0]["type"],
            "model_attributes_type"
        );
        assert_eq!(send_json(api.address, "PATCH", "/tasks/999999", "{}").status, 404);
    });
}

#[test]
fn faults_of_path_and_body_are_told_together() {
    let api = Api::ready("sqlite::memory:");
    let answer = send_json(api.address, "PUT", "/tasks/abc", r#"{"title":"","description":1,"status":2}"#);
    let places: Vec<_> = answer.json()["detail"].as_array().unwrap().iter().map(|fault| fault["loc"].clone()).collect();
    let expected = [
        json!(["path", "task_id"]),
        json!(["body", "title"]),
        json!(["body", "description"]),
        json!(["body", "status"]),
    ];
    assert_eq!(places, expected);
    assert_eq!(get(api.address, "/tasks").json(), json!([]));
}

#[test]
fn an_error_is_a_problem_for_those_who_ask_for_one() {
    let api = Api::ready("sqlite::memory:");
    let answer = send(api.address, "GET", "/tasks/7", &[("accept", "application/problem+json, */*;q=0.1")], None);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let expected =
        r#"{"detail":"Task not found","type":"about:blank","title":"Not Found","status":404,"instance":"/tasks/7"}"#;
    assert_eq!(answer.text(), expected);
    assert_eq!(get(api.address, "/tasks/7").header("content-type"), Some("application/json"));
}

#[test]
fn paths_are_read_as_the_original_reads_them() {
    let api = Api::ready("sqlite::memory:");
    create(&api, "one");
    for (path, status) in [
        ("/tasks/%31", 200),
        ("/tasks/1%2F2", 404),
        ("/tasks/%ff", 422),
        ("/tasks/1/2", 404),
        ("/tasks//", 307),
        ("//tasks/", 404),
        ("/nope/", 404),
        ("/docs/", 307),
        ("/tasks/-0", 404),
        ("/tasks/000000000000000000000000000000000001", 200),
    ] {
        assert_eq!(get(api.address, path).status, status, "{path}");
    }
    let answer = get(api.address, "/tasks/?limit=1");
    assert_eq!(answer.header("location"), Some(format!("http://{}/tasks?limit=1", api.address).as_str()));
    let answer = http::send_raw(api.address, b"GET /tasks/ HTTP/1.0\r\n\r\n", false);
    assert_eq!((answer.status, answer.header("location")), (307, Some("/tasks")));
}

#[test]
fn a_request_of_http_1_1_says_once_what_it_calls_the_service() {
    let api = Api::ready("sqlite::memory:");
    for (head, status) in [
        ("GET /tasks HTTP/1.1\r\nconnection: close\r\n\r\n", 400),
        ("GET /tasks HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n", 400),
        ("GET http://a/tasks HTTP/1.1\r\nconnection: close\r\n\r\n", 400),
        ("GET /tasks HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", 200),
        ("GET /tasks HTTP/1.0\r\n\r\n", 200),
    ] {
        let answer = http::send_raw(api.address, head.as_bytes(), false);
        assert_eq!(answer.status, status, "{head:?}");
        if status == 400 {
            assert_eq!(answer.json()["detail"], "The request needs one Host header");
        }
    }
}

#[test]
fn what_depends_on_accept_says_so() {
    let api = Api::ready("sqlite::memory:");
    for (path, accept) in [("/tasks/7", "*/*"), ("/tasks/7", "application/problem+json"), ("/tasks/changes", "*/*")] {
        let answer = send(api.address, "GET", path, &[("accept", accept)], None);
        assert_eq!(answer.header("vary"), Some("accept"), "{path} {accept}");
    }
    assert_eq!(get(api.address, "/tasks").header("vary"), None);
}

#[test]
fn a_body_that_is_too_large_is_refused_however_it_is_sent() {
    let api = Api::ready("sqlite::memory:");
    let body = format!(r#"{{"title":"t","description":"{}"}}"#, "x".repeat(1_000_000));
    let fits = &body.replacen(&"x".repeat(40), "", 1);
    assert_eq!(send_json(api.address, "POST", "/tasks", fits).status, 201);
    for headers in [&[("content-type", "application/json")][..], &[("transfer-encoding", "chunked")]] {
        let answer = send(api.address, "POST", "/tasks", headers, Some(body.as_bytes()));
        assert_eq!((answer.status, answer.json()["status"].clone()), (413, json!(413)));
    }
    let head =
        format!("POST /tasks HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n", 1_u64 << 40);
    assert_eq!(http::send_raw(api.address, head.as_bytes(), false).status, 413);
    assert_eq!(get(api.address, "/tasks").json().as_array().unwrap().len(), 1);
}

#[test]
fn many_clients_at_once_each_get_their_own_answer() {
    on_every_database(|api| {
        thread::scope(|scope| {
            for client in 0..8 {
                scope.spawn(move || {
                    for n in 0..25 {
                        let title = format!("client {client} task {n}");
                        let task = create(api, &title);
                        assert_eq!(task["title"], title);
                        let path = format!("/tasks/{}", task["id"]);
                        assert_eq!(get(api.address, &path).json(), task);
                        assert_eq!(send(api.address, "DELETE", &path, &[], None).status, 204);
                        assert_eq!(get(api.address, &path).status, 404);
                    }
                });
            }
        });
        assert_eq!(get(api.address, "/tasks").json(), json!([]));
    });
}

#[test]
fn an_id_is_never_given_twice() {
    on_every_database(|api| {
        let first = create(api, "first")["id"].as_i64().unwrap();
        assert_eq!(send(api.address, "DELETE", &format!("/tasks/{first}"), &[], None).status, 204);
        assert!(create(api, "second")["id"].as_i64().unwrap() > first);
    });
}
