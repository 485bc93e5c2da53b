//! All tasks as lines, and tasks from lines.

use serde_json::{Value, json};

use crate::{
    http::{Answer, get, send, send_json},
    program::{Api, on_every_database, psql, server},
};

fn import(api: &Api, headers: &[(&str, &str)], lines: &str) -> Answer {
    let headers = [&[("content-type", "application/x-ndjson")], headers].concat();
    send(api.address, "POST", "/tasks/import", &headers, Some(lines.as_bytes()))
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// What a client says of a task.
fn said(tasks: &[Value]) -> Vec<[&Value; 3]> {
    tasks.iter().map(|task| ["title", "description", "status"].map(|member| &task[member])).collect()
}

#[test]
fn what_is_exported_can_be_imported() {
    on_every_database(|api| {
        let made: Vec<_> = (0..2345)
            .map(|n| json!({ "title": format!("żółć {n}\n"), "description": null, "status": (n % 3).to_string() }))
            .collect();
        let text = made.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let imported = import(api, &[], &text);
        assert_eq!((imported.status, imported.json()), (200, json!({ "imported": 2345 })));

        let exported = get(api.address, "/tasks?format=ndjson&limit=7");
        assert_eq!(exported.header("content-type"), Some("application/x-ndjson"));
        let tasks = lines(&exported.text());
        assert_eq!(said(&tasks), said(&made));
        let some = lines(&get(api.address, "/tasks?format=ndjson&status!=0&sort=-id").text());
        assert_eq!((some.len(), &some[0]["id"]), (1563, &tasks[2344]["id"]));

        let other = Api::ready("sqlite::memory:");
        assert_eq!(import(&other, &[], exported.text().trim_end()).json(), json!({ "imported": 2345 }));
        assert_eq!(said(&lines(&get(other.address, "/tasks?format=ndjson").text())), said(&made));
    });
}

#[test]
fn a_line_that_is_wrong_is_named_and_the_rest_can_be_sent_again() {
    on_every_database(|api| {
        let line = |n: usize| format!("{{\"title\":\"{n}\"}}\n");
        let good: String = (1..=600).map(line).collect();
        let key = [("idempotency-key", "move-1")];
        let refused = import(api, &key, &format!("{good}\n{{\"title\":\"\"}}\n"));
        let told = refused.json();
        assert_eq!((refused.status, &told["detail"][0]["loc"]), (422, &json!(["body", 602, "title"])));
        let whole = format!("{good}{}", line(601));
        for _ in 0..2 {
            assert_eq!(import(api, &key, &whole).json(), json!({ "imported": 601 }));
        }
        assert_eq!(lines(&get(api.address, "/tasks?format=ndjson").text()).len(), 601);
        let other = import(api, &key, &line(7));
        assert_eq!((other.status, &other.json()["detail"][0]["loc"][1]), (422, &json!("idempotency-key")));
        for (body, kind) in [("{", "json_invalid"), ("[]", "model_attributes_type"), ("{}", "missing")] {
            let refused = import(api, &[], body).json();
            assert_eq!((&refused["detail"][0]["type"], &refused["detail"][0]["loc"][1]), (&json!(kind), &json!(1)));
        }
        assert_eq!(import(api, &[], "\n \n").json(), json!({ "imported": 0 }));
        let long = format!("{{\"title\":\"a\",\"description\":\"{}\"}}", "x".repeat(1_000_000));
        assert_eq!(import(api, &[], &long).status, 413);
    });
}

#[test]
fn a_format_that_is_none_is_told_beside_all_else() {
    let api = Api::ready("sqlite::memory:");
    let refused = get(api.address, "/tasks?format=xml&limit=0").json();
    let places: Vec<_> = refused["detail"].as_array().unwrap().iter().map(|fault| fault["loc"][1].clone()).collect();
    assert_eq!(places, ["limit", "format"]);
    assert_eq!(send_json(api.address, "POST", "/tasks", r#"{"title":"a"}"#).status, 201);
    assert_eq!(get(api.address, "/tasks?format=json").json().as_array().map(Vec::len), Some(1));
}

#[test]
fn an_export_holds_a_page_and_not_all_of_it() {
    let url = server().database();
    let api = Api::ready(&url);
    psql(
        &url,
        "INSERT INTO task (title, description) SELECT n::text, repeat(md5(n::text), 3125) FROM generate_series(1, 500) n",
    );
    let exported = get(api.address, "/tasks?format=ndjson");
    assert!(exported.body.len() > 50_000_000, "{}", exported.body.len());
    assert_eq!(lines(&exported.text()).len(), 500);
    let metrics = get(api.address, "/metrics").text();
    let figure = |name: &str| {
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)).expect("it is told");
        line.trim().parse::<f64>().expect("a number")
    };
    assert!(figure("process_resident_memory_bytes") < 85e6, "{}", figure("process_resident_memory_bytes"));
    assert!(figure("http_body_bytes_in_flight") < 1.0);
}
