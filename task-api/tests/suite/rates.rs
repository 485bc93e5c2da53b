//! Rates: off by default, on by one variable, counted for each key or address.

use serde_json::json;

use crate::{
    http::{Answer, get, send},
    keys::new_key,
    program::{Api, run, told},
};

#[track_caller]
fn check(answer: &Answer, status: u16, left: u32) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("ratelimit-policy"), Some("\"default\";q=3;w=1000"));
    let standing = answer.header("ratelimit").expect("it says how the client stands");
    let seconds = standing.strip_prefix(&format!("\"default\";r={left};t=")).unwrap_or_else(|| panic!("{standing}"));
    assert!((900..=1000).contains(&seconds.parse::<u32>().expect("seconds are a number")), "{standing}");
}

#[test]
fn a_client_that_is_too_fast_is_told_when_to_come_again() {
    let api = Api::ready_with("sqlite::memory:", &[("RATE_LIMIT", "3/1000")]);
    check(&get(api.address, "/tasks"), 200, 2);
    check(&get(api.address, "/tasks/7"), 404, 1);
    check(&send(api.address, "POST", "/tasks", &[], Some(br#"{"title":"t"}"#)), 201, 0);
    // Who says that he is somebody else is not believed.
    let answer = send(api.address, "GET", "/tasks", &[("x-forwarded-for", "192.0.2.7")], None);
    check(&answer, 429, 0);
    let seconds: u32 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((900..=1000).contains(&seconds));
    let expected = json!({"detail": "Too many requests", "type": "about:blank", "title": "Too Many Requests", "status": 429, "instance": "/tasks"});
    assert_eq!(answer.json(), expected);
    for path in ["/health", "/ready", "/metrics", "/docs", "/openapi.json"] {
        let answer = get(api.address, path);
        assert_eq!((answer.status, answer.header("ratelimit")), (200, None), "{path}");
    }
    let document = get(api.address, "/openapi.json").json();
    assert!(document["paths"]["/tasks"]["get"]["responses"]["429"].is_object());
}

#[test]
fn behind_proxies_of_our_own_each_address_is_a_client() {
    let api = Api::ready_with("sqlite::memory:", &[("RATE_LIMIT", "3/1000"), ("TRUSTED_PROXIES", "1")]);
    let ask = |forwarded: &str| send(api.address, "GET", "/tasks", &[("x-forwarded-for", forwarded)], None);
    for left in [2, 1, 0] {
        check(&ask("192.0.2.7"), 200, left);
    }
    check(&ask("198.51.100.1, 192.0.2.7"), 429, 0);
    check(&ask("192.0.2.7, 192.0.2.8"), 200, 2);
}

#[test]
fn each_key_is_a_client_and_strangers_are_counted_by_address() {
    let ((first, one), (second, two)) = (new_key(&["first"]), new_key(&["second"]));
    let entries = format!("{one},{two}");
    let api = Api::ready_with("sqlite::memory:", &[("RATE_LIMIT", "3/1000"), ("API_KEYS", &entries)]);
    let ask = |key: &str| {
        let authorization = format!("Bearer {key}");
        send(api.address, "GET", "/tasks", &[("authorization", &authorization)], None)
    };
    for left in [2, 1, 0] {
        check(&ask(&first), 200, left);
        check(&ask("tak_stranger"), 401, left);
    }
    check(&ask(&first), 429, 0);
    check(&ask("tak_stranger"), 429, 0);
    check(&ask(&second), 200, 2);
}

#[test]
fn without_a_rate_nobody_is_counted_and_a_wrong_one_is_refused() {
    let api = Api::ready("sqlite::memory:");
    assert_eq!(get(api.address, "/tasks").header("ratelimit"), None);
    let environment = [("DATABASE_URL", "sqlite::memory:"), ("PORT", "0"), ("RATE_LIMIT", "fast")];
    let expected = "task-api: `RATE_LIMIT` is `fast`: expected requests and seconds, as in 600/60\n";
    assert_eq!(told(&run(&[], &environment)), (Some(1), expected.to_owned()));
}
