//! The description of the API, and the page that shows it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    http::{get, send},
    program::Api,
};

fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn the_document_is_openapi_3_1_and_leads_nowhere_else() {
    let document = get(Api::start("sqlite::memory:").address, "/openapi.json");
    assert_eq!(document.header("content-type"), Some("application/json"));
    let document = document.json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("a reference stays in the document");
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn every_path_and_method_is_described_and_answered() {
    let api = Api::ready("sqlite::memory:");
    let document = get(api.address, "/openapi.json").json();
    let mut names = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let described: BTreeSet<_> =
            operations.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        let options = send(api.address, "OPTIONS", &path.replace("{task_id}", "1"), &[], None);
        let allowed: BTreeSet<_> =
            options.header("allow").expect("the path is there").split(", ").map(str::to_owned).collect();
        let beside = BTreeSet::from(["HEAD".to_owned(), "OPTIONS".to_owned()]);
        assert_eq!(&allowed - &beside, described, "{path}");
        for (method, operation) in operations.as_object().unwrap() {
            assert!(names.insert(operation["operationId"].as_str().unwrap()), "{method} {path} has a name of its own");
            assert!(operation["responses"].as_object().is_some_and(|responses| !responses.is_empty()));
            let is_parametric = operation["parameters"].to_string().contains("\"task_id\"");
            assert_eq!(path.contains("{task_id}"), is_parametric, "{method} {path}");
        }
    }
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths.len(), 7, "{paths:?}");
}

#[test]
fn a_body_made_from_the_schema_is_taken() {
    let document = get(Api::start("sqlite::memory:").address, "/openapi.json").json();
    let body = &document["paths"]["/tasks"]["post"]["requestBody"];
    assert_eq!(body["required"], true);
    let schema = body["content"]["application/json"]["schema"]["$ref"].as_str().unwrap();
    let schema = document.pointer(schema.strip_prefix('#').unwrap()).unwrap();
    assert_eq!(schema["required"], serde_json::json!(["title"]));
    assert_eq!(schema["properties"]["title"]["maxLength"], 200);
    let task = &document["components"]["schemas"]["Task"];
    assert_eq!(task["required"], serde_json::json!(["title", "description", "id", "status", "created_at"]));
    assert_eq!(task["properties"]["created_at"]["format"], "date-time");
}

#[test]
fn the_page_loads_nothing_from_elsewhere() {
    let api = Api::start("sqlite::memory:");
    let page = get(api.address, "/docs");
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'self';"));
    let text = page.text();
    assert!(!text.contains("//"), "{text}");
    let loaded: Vec<_> = text.split(['"']).filter(|part| part.starts_with("docs/")).collect();
    assert_eq!(loaded, ["docs/swagger-ui.css", "docs/swagger-ui.js", "docs/docs.js"]);
    for path in loaded {
        let file = get(api.address, &format!("/{path}"));
        assert_eq!(file.status, 200, "{path}");
        let plain = file.text();
        assert!(!plain.contains("@import") && !plain.contains("url(http"), "{path}");
        let packed = send(api.address, "GET", &format!("/{path}"), &[("accept-encoding", "gzip, br")], None);
        if path.contains("swagger") {
            assert_eq!(packed.header("content-encoding"), Some("gzip"));
            assert!(packed.body.starts_with(&[0x1f, 0x8b]) && packed.body.len() * 3 < plain.len());
            assert!(plain.len() > 100_000, "{path}");
        }
    }
}

#[test]
fn every_answer_that_may_come_is_described() {
    let key = "ci:read:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";
    let strict = [("API_KEYS", key), ("REQUIRE_IF_MATCH", "true")];
    for environment in [&[][..], &strict] {
        let api = Api::ready_with("sqlite::memory:", environment);
        let document = get(api.address, "/openapi.json").json();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if !path.starts_with("/tasks") {
                    continue;
                }
                let has = |status: &str| operation["responses"].get(status).is_some();
                let is_strict = !environment.is_empty();
                assert!(["500", "503", "504"].into_iter().all(has), "{method} {path}");
                assert_eq!(has("401"), is_strict, "{method} {path}");
                assert_eq!(has("403"), is_strict || method != "get", "{method} {path}");
                let has_body = operation.get("requestBody").is_some();
                assert!(["400", "408", "413"].into_iter().all(|status| has(status) == has_body), "{method} {path}");
                let condition = operation["parameters"].as_array().into_iter().flatten();
                let condition = condition.into_iter().find(|parameter| parameter["name"] == "If-Match");
                assert_eq!(has("428"), is_strict && condition.is_some(), "{method} {path}");
                assert!(condition.is_none_or(|condition| condition["required"] == is_strict), "{method} {path}");
            }
        }
        let problem = &document["components"]["responses"]["Unavailable"];
        assert!(problem["content"].get("application/problem+json").is_some());
        assert!(problem["headers"].get("Retry-After").is_some());
    }
}
