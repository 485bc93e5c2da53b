//! Many tasks with one request: all of it, or none.

use serde_json::{Value, json};

use crate::{
    http::{Answer, get, send_json},
    program::{Api, on_every_database},
};

const CREATE: &str = "/tasks:batchCreate";

fn post(api: &Api, path: &str, body: &Value) -> Answer {
    send_json(api.address, "POST", path, &body.to_string())
}

fn create(api: &Api, titles: &[&str]) -> Vec<Value> {
    let tasks: Vec<_> = titles.iter().map(|title| json!({ "title": title })).collect();
    let answer = post(api, CREATE, &json!({ "tasks": tasks }));
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["tasks"].as_array().expect("a list").clone()
}

#[test]
fn tasks_come_back_in_the_order_in_which_they_were_sent() {
    on_every_database(|api| {
        let made = create(api, &["b", "a", "b"]);
        assert_eq!(made.iter().map(|task| task["title"].clone()).collect::<Vec<_>>(), ["b", "a", "b"]);
        for task in &made {
            let id = &task["id"];
            assert_eq!(task["etag"], format!("\"{id}-1\""));
            assert_eq!(get(api.address, &format!("/tasks/{id}")).json()["title"], task["title"]);
        }
    });
}

#[test]
fn one_that_cannot_be_created_keeps_all_from_being_created() {
    on_every_database(|api| {
        let faulty = post(api, CREATE, &json!({"tasks": [{"title": "c"}, {"title": ""}, 5, {}]}));
        assert_eq!(faulty.status, 422);
        assert_eq!(get(api.address, "/tasks").json(), json!([]));
    });
}

#[test]
fn every_fault_of_every_task_is_told() {
    let api = Api::ready("sqlite::memory:");
    let told = |body: &Value| {
        let answer = post(&api, CREATE, body);
        assert_eq!(answer.status, 422, "{}", answer.text());
        let faults = answer.json()["detail"].as_array().expect("faults").clone();
        faults.iter().map(|fault| format!("{} {}", fault["loc"], fault["type"])).collect::<Vec<_>>()
    };
    let body = json!({"tasks": [{"title": ""}, {"status": 5}]});
    let expected = [
        r#"["body","tasks",0,"title"] "string_too_short""#,
        r#"["body","tasks",1,"title"] "missing""#,
        r#"["body","tasks",1,"status"] "string_type""#,
    ];
    assert_eq!(told(&body), expected);
    assert_eq!(told(&json!({})), [r#"["body","tasks"] "missing""#]);
    assert_eq!(told(&json!({"tasks": {}})), [r#"["body","tasks"] "list_type""#]);
    assert_eq!(told(&json!({"tasks": []})), [r#"["body","tasks"] "too_short""#]);
    assert_eq!(told(&json!({"tasks": [7]})), [r#"["body","tasks",0] "model_attributes_type""#]);
    let many = json!({"tasks": vec![json!({"title": "t"}); 1001]});
    assert_eq!(told(&many), [r#"["body","tasks"] "too_long""#]);
    assert_eq!(get(api.address, "/tasks").json(), json!([]));
}

#[test]
fn a_thousand_fit() {
    on_every_database(|api| {
        let titles: Vec<_> = (0..1000).map(|n| n.to_string()).collect();
        let made = create(api, &titles.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(made.iter().map(|task| task["title"].as_str().unwrap()).collect::<Vec<_>>(), titles);
        let listed = get(api.address, "/tasks?limit=1000").json();
        assert_eq!(listed.as_array().expect("a list").len(), 1000);
        assert_eq!(listed[999]["id"], made[999]["id"]);
    });
}
