//! What browsers are told about web pages of other origins.

use crate::{
    http::{Answer, send},
    keys::new_key,
    program::Api,
};

const PAGE: &str = "https://app.example";

fn preflight(api: &Api, origin: &str) -> Answer {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "PATCH"),
        ("access-control-request-headers", "content-type,if-match"),
    ];
    send(api.address, "OPTIONS", "/tasks/1", &headers, None)
}

fn create(api: &Api, origin: &str) -> Answer {
    let headers = [("origin", origin), ("sec-fetch-site", "cross-site"), ("content-type", "application/json")];
    send(api.address, "POST", "/tasks", &headers, Some(br#"{"title":"t"}"#))
}

#[test]
fn browsers_are_told_nothing_unless_the_operator_names_pages() {
    let api = Api::ready("sqlite::memory:");
    for answer in [preflight(&api, PAGE), send(api.address, "GET", "/tasks", &[("origin", PAGE)], None)] {
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    assert_eq!(create(&api, PAGE).status, 403);
}

#[test]
fn pages_that_are_named_may_do_what_others_may_not() {
    let api = Api::ready_with("sqlite::memory:", &[("CORS_ORIGINS", "http://localhost:3000 https://app.example")]);
    let answer = preflight(&api, PAGE);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(answer.header("access-control-allow-headers"), Some("content-type,if-match"));
    assert!(answer.header("access-control-allow-methods").is_some_and(|methods| methods.contains("PATCH")));
    assert_eq!(preflight(&api, "https://other.example").header("access-control-allow-origin"), None);

    let made = create(&api, PAGE);
    assert_eq!((made.status, made.header("access-control-allow-origin")), (201, Some(PAGE)));
    let exposed = made.header("access-control-expose-headers").expect("pages may read more");
    assert!(["etag", "link", "traceresponse"].iter().all(|name| exposed.contains(name)), "{exposed}");
    assert_eq!(create(&api, "https://other.example").status, 403);
    // An error is read as any other answer.
    let missing = send(api.address, "GET", "/tasks/7", &[("origin", PAGE)], None);
    assert_eq!((missing.status, missing.header("access-control-allow-origin")), (404, Some(PAGE)));
    let vary: Vec<_> = missing.headers.iter().filter(|(name, _)| name == "vary").map(|(_, value)| &**value).collect();
    assert!(vary.join(",").contains("accept") && vary.join(",").contains("origin"), "{vary:?}");

    let (_, entry) = new_key(&[]);
    let api = Api::ready_with("sqlite::memory:", &[("CORS_ORIGINS", PAGE), ("API_KEYS", &entry)]);
    assert_eq!(preflight(&api, PAGE).status, 200, "it has no key yet");
    let refused = send(api.address, "GET", "/tasks", &[("origin", PAGE)], None);
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (401, Some(PAGE)));
}

#[test]
fn where_all_pages_may_read_none_of_them_changes_anything_without_a_key() {
    let api = Api::ready_with("sqlite::memory:", &[("CORS_ORIGINS", "*")]);
    let read = send(api.address, "GET", "/tasks", &[("origin", PAGE)], None);
    assert_eq!((read.status, read.header("access-control-allow-origin")), (200, Some("*")));
    assert_eq!(create(&api, PAGE).status, 403);
}
