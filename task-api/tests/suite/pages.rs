//! Web pages that ask: those of the service itself and of this machine may, those from elsewhere change nothing without a key.

use serde_json::{Value, json};

use crate::{
    http::{get, send},
    keys::new_key,
    program::Api,
};

/// What a browser says of a page from elsewhere, of whatever age and under whatever policy it is.
const ELSEWHERE: [&[(&str, &str)]; 4] = [
    &[("origin", "https://elsewhere.example"), ("sec-fetch-site", "cross-site")],
    &[("origin", "https://elsewhere.example")],
    &[("origin", "null")],
    &[("sec-fetch-site", "cross-site")],
];

#[test]
fn a_web_page_from_elsewhere_changes_nothing_where_there_are_no_keys() {
    let api = Api::ready("sqlite::memory:");
    let made = send(api.address, "POST", "/tasks", &[], Some(br#"{"title":"kept"}"#));
    assert_eq!(made.status, 201, "{}", made.text());
    for page in ELSEWHERE {
        // No body says what it is: so a page sends one without asking for leave.
        for (method, path, body) in [
            ("POST", "/tasks", r#"{"title":"made"}"#),
            ("POST", "/tasks/", r#"{"title":"made"}"#),
            ("PUT", "/tasks/1", r#"{"title":"changed"}"#),
            ("PATCH", "/tasks/1", r#"{"title":"changed"}"#),
            ("DELETE", "/tasks/1", ""),
            ("POST", "/tasks:batchCreate", r#"{"tasks":[{"title":"made"}]}"#),
            ("POST", "/tasks:batchUpdate", r#"{"tasks":[{"id":1,"title":"changed"}]}"#),
            ("POST", "/tasks:batchDelete", r#"{"tasks":[{"id":1}]}"#),
        ] {
            let refused = send(api.address, method, path, page, Some(body.as_bytes()));
            let detail = "A web page from elsewhere may change nothing without an API key";
            let expected =
                json!({"detail": detail, "type": "about:blank", "title": "Forbidden", "status": 403, "instance": path});
            assert_eq!((refused.status, refused.json()), (403, expected), "{method} {path} {page:?}");
            assert_eq!(refused.header("www-authenticate"), None);
        }
        // What is read, the browser keeps from the page.
        assert_eq!(send(api.address, "GET", "/tasks", page, None).json(), json!([made.json()]));
        assert_eq!(send(api.address, "OPTIONS", "/tasks", page, None).status, 204);
    }
    assert_eq!(get(api.address, "/tasks").json(), json!([made.json()]));
}

#[test]
fn a_web_page_of_the_service_or_of_this_machine_is_answered() {
    let api = Api::ready("sqlite::memory:");
    let own = format!("http://{}", api.address);
    for page in [
        // `/docs`, by the address itself, and by a name that a proxy in between has changed.
        &[("origin", own.as_str()), ("sec-fetch-site", "same-origin")][..],
        &[("origin", own.as_str())],
        &[("origin", "https://tasks.example"), ("sec-fetch-site", "same-origin")],
        &[("origin", "http://localhost:3000"), ("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
    ] {
        let made = send(api.address, "POST", "/tasks", page, Some(br#"{"title":"made"}"#));
        assert_eq!(made.status, 201, "{page:?}: {}", made.text());
    }
}

#[test]
fn with_a_key_any_page_is_answered() {
    let (key, entry) = new_key(&[]);
    let api = Api::ready_with("sqlite::memory:", &[("API_KEYS", &entry)]);
    let authorization = format!("Bearer {key}");
    for page in ELSEWHERE {
        let headers = [page, &[("authorization", authorization.as_str())]].concat();
        assert_eq!(send(api.address, "POST", "/tasks", &headers, Some(br#"{"title":"made"}"#)).status, 201);
        assert_eq!(send(api.address, "POST", "/tasks", page, Some(br#"{"title":"made"}"#)).status, 401);
    }
}

#[test]
fn the_document_tells_pages_from_elsewhere_where_there_are_no_keys() {
    let document = get(Api::start("sqlite::memory:").address, "/openapi.json").json();
    let answer = |method: &str| document["paths"]["/tasks"][method]["responses"]["403"]["$ref"].clone();
    assert_eq!(answer("post"), "#/components/responses/FromElsewhere");
    assert_eq!(answer("get"), Value::Null);
    assert_eq!(document["components"]["responses"]["FromElsewhere"]["headers"].get("WWW-Authenticate"), None);
}
