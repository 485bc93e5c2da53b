//! Many tasks with one request: all of it, or none.

use serde_json::{Value, json};

use crate::{
    http::{Answer, get, send_json},
    program::{Api, on_every_database},
};

fn post(api: &Api, path: &str, body: &Value) -> Answer {
    send_json(api.address, "POST", path, &body.to_string())
}

fn create(api: &Api, titles: &[&str]) -> Vec<Value> {
    let tasks: Vec<_> = titles.iter().map(|title| json!({ "title": title })).collect();
    let answer = post(api, "/tasks:batchCreate", &json!({ "tasks": tasks }));
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["tasks"].as_array().expect("a list").clone()
}

fn titles(tasks: &Value) -> Vec<&str> {
    tasks.as_array().expect("a list").iter().map(|task| task["title"].as_str().expect("a title")).collect()
}

#[test]
fn tasks_come_back_in_the_order_in_which_they_were_sent() {
    on_every_database(|api| {
        let made = create(api, &["b", "a", "b"]);
        assert_eq!(made.iter().map(|task| task["title"].clone()).collect::<Vec<_>>(), ["b", "a", "b"]);
        let [one, two, three] = [&made[0]["id"], &made[1]["id"], &made[2]["id"]];
        assert_eq!(made[0]["etag"], format!("\"{one}-1\""));

        let read = get(api.address, &format!("/tasks:batchGet?ids={three},{one},{three}"));
        assert_eq!(read.json()["tasks"], json!([made[2], made[0]]));

        let changes =
            json!({"tasks": [{"id": three, "title": "c"}, {"id": one, "status": "done", "etag": made[0]["etag"]}]});
        let answer = post(api, "/tasks:batchUpdate", &changes);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let edited = answer.json();
        assert_eq!(titles(&edited["tasks"]), ["c", "b"]);
        assert_eq!(
            (&edited["tasks"][1]["status"], &edited["tasks"][1]["etag"]),
            (&json!("done"), &json!(format!("\"{one}-2\"")))
        );

        let gone = post(api, "/tasks:batchDelete", &json!({"tasks": [{"id": two}, {"id": one}]}));
        assert_eq!((gone.status, gone.text()), (204, String::new()));
        assert_eq!(titles(&get(api.address, "/tasks").json()), ["c"]);
    });
}

#[test]
fn one_that_cannot_be_done_keeps_all_from_being_done() {
    on_every_database(|api| {
        let made = create(api, &["a", "b"]);
        let [one, two] = [&made[0]["id"], &made[1]["id"]];
        let old = &made[1]["etag"];
        assert_eq!(send_json(api.address, "PATCH", &format!("/tasks/{two}"), "{}").status, 200);
        for path in ["/tasks:batchUpdate", "/tasks:batchDelete"] {
            let missing = post(api, path, &json!({"tasks": [{"id": one, "title": "x"}, {"id": 998}, {"id": 997}]}));
            assert_eq!(
                (missing.status, &missing.json()["detail"]),
                (404, &json!("Task not found: 997, 998")),
                "{path}"
            );
            let stale = post(api, path, &json!({"tasks": [{"id": one, "title": "x"}, {"id": two, "etag": old}]}));
            let detail = format!("The task is not in a state that the request is for: {two}");
            assert_eq!((stale.status, &stale.json()["detail"]), (412, &json!(detail)), "{path}");
        }
        let missing = get(api.address, &format!("/tasks:batchGet?ids={one},999"));
        assert_eq!((missing.status, &missing.json()["detail"]), (404, &json!("Task not found: 999")));
        let faulty = post(api, "/tasks:batchCreate", &json!({"tasks": [{"title": "c"}, {"title": ""}, 5, {}]}));
        assert_eq!(faulty.status, 422);
        assert_eq!(titles(&get(api.address, "/tasks").json()), ["a", "b"]);
    });
}

#[test]
fn every_fault_of_every_task_is_told() {
    let api = Api::ready("sqlite::memory:");
    let told = |path: &str, body: &Value| {
        let answer = post(&api, path, body);
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
    assert_eq!(told("/tasks:batchCreate", &body), expected);
    assert_eq!(told("/tasks:batchCreate", &json!({})), [r#"["body","tasks"] "missing""#]);
    assert_eq!(told("/tasks:batchCreate", &json!({"tasks": {}})), [r#"["body","tasks"] "list_type""#]);
    assert_eq!(told("/tasks:batchCreate", &json!({"tasks": []})), [r#"["body","tasks"] "too_short""#]);
    assert_eq!(told("/tasks:batchDelete", &json!({"tasks": [7]})), [r#"["body","tasks",0] "model_attributes_type""#]);
    let many = json!({"tasks": vec![json!({"title": "t"}); 1001]});
    assert_eq!(told("/tasks:batchCreate", &many), [r#"["body","tasks"] "too_long""#]);
    let twice = json!({"tasks": [{"id": 1}, {"id": "2"}, {"id": 1}, {}]});
    let expected = [
        r#"["body","tasks",1,"id"] "int_type""#,
        r#"["body","tasks",2,"id"] "value_error""#,
        r#"["body","tasks",3,"id"] "missing""#,
    ];
    assert_eq!(told("/tasks:batchUpdate", &twice), expected);
    for (ids, kind) in [("", "int_parsing"), ("1,,2", "int_parsing"), ("1.5", "int_parsing")] {
        let refused = get(api.address, &format!("/tasks:batchGet?ids={ids}"));
        assert_eq!((refused.status, &refused.json()["detail"][0]["type"]), (422, &json!(kind)), "{ids}");
    }
    assert_eq!(get(api.address, "/tasks:batchGet").json()["detail"][0]["type"], "missing");
    assert_eq!(get(api.address, "/tasks").json(), json!([]));
}

#[test]
fn a_thousand_fit() {
    on_every_database(|api| {
        let titles: Vec<_> = (0..1000).map(|n| n.to_string()).collect();
        let made = create(api, &titles.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(made.iter().map(|task| task["title"].as_str().unwrap()).collect::<Vec<_>>(), titles);
        let ids: Vec<_> = made.iter().map(|task| task["id"].to_string()).collect();
        let read = get(api.address, &format!("/tasks:batchGet?ids={}", ids.join(",")));
        assert_eq!(read.json()["tasks"], json!(made));
        let named: Vec<_> = made.iter().map(|task| json!({"id": task["id"], "etag": task["etag"]})).collect();
        assert_eq!(post(api, "/tasks:batchDelete", &json!({ "tasks": named })).status, 204);
        assert_eq!(get(api.address, "/tasks").json(), json!([]));
    });
}

#[test]
fn where_a_condition_is_required_each_task_needs_its_tag() {
    let api = Api::ready_with("sqlite::memory:", &[("REQUIRE_IF_MATCH", "true")]);
    let made = create(&api, &["a"]);
    let refused = post(&api, "/tasks:batchDelete", &json!({"tasks": [{"id": 1}]}));
    assert_eq!((refused.status, &refused.json()["detail"][0]["loc"]), (422, &json!(["body", "tasks", 0, "etag"])));
    assert_eq!(post(&api, "/tasks:batchDelete", &json!({"tasks": [{"id": 1, "etag": made[0]["etag"]}]})).status, 204);
}

#[test]
fn an_id_is_an_integer_however_json_writes_it() {
    on_every_database(|api| {
        let made = create(api, &["a", "b"]);
        let [one, two] = [&made[0]["id"], &made[1]["id"]];
        let update = |body: String| send_json(api.address, "POST", "/tasks:batchUpdate", &body);
        let answer = update(format!(r#"{{"tasks": [{{"id": {one}.0, "title": "c"}}, {{"id": {two}0e-1}}]}}"#));
        assert_eq!((answer.status, titles(&answer.json()["tasks"])), (200, vec!["c", "b"]));
        assert_eq!(update(format!(r#"{{"tasks": [{{"id": {one}.5}}]}}"#)).status, 422);
        assert_eq!(update(r#"{"tasks": [{"id": 1e30}]}"#.to_owned()).status, 404);
        let twice = format!(r#"{{"tasks": [{{"id": {one}}}, {{"id": {one}.00}}]}}"#);
        assert_eq!(update(twice).status, 422, "it is the same task");
    });
}
