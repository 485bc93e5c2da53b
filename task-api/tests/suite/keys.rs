//! API keys: off by default, on by one variable.

use std::fs;

use serde_json::{Value, json};

use crate::{
    http::{get, send},
    program::{Api, run, told, wait_for},
};

/// A new key and its entry, as the program prints them.
pub(crate) fn new_key(arguments: &[&str]) -> (String, String) {
    let output = run(&[&["key", "new"], arguments].concat(), &[]);
    assert_eq!(told(&output), (Some(0), String::new()));
    let text = String::from_utf8(output.stdout).expect("it is text");
    let find = |name| text.lines().find_map(|line| line.strip_prefix(name)).expect("it is printed").trim().to_owned();
    (find("key "), find("entry "))
}

#[test]
fn a_key_is_made_once_and_only_its_hash_is_kept() {
    let (key, entry) = new_key(&[]);
    let (other, _) = new_key(&[]);
    assert!(key.starts_with("tak_") && key.len() == 47, "{key}");
    assert_ne!(key, other);
    assert!(entry.starts_with("default:read+write:") && !entry.contains(&key), "{entry}");
    assert!(new_key(&["ci", "read"]).1.starts_with("ci:read:"));
    for (arguments, expected) in [
        (["key", "new", "Ci", "read"], "the name in entry 1 is not 1 to 64 of `a-z`, `0-9`, `-` and `_`"),
        (["key", "new", "ci", "admin"], "the scopes in entry 1 are not `read`, `write` or `read+write`"),
    ] {
        assert_eq!(told(&run(&arguments, &[])), (Some(1), format!("task-api: cannot make a key: {expected}\n")));
    }
}

#[test]
fn with_keys_a_request_needs_one_that_is_for_it() {
    let ((both, entry), (reader, reads), (author, writes)) =
        (new_key(&["app"]), new_key(&["reader", "read"]), new_key(&["author", "write"]));
    let (stranger, _) = new_key(&["app"]);
    let api = Api::ready_with("sqlite::memory:", &[("API_KEYS", &[entry, reads, writes].join(","))]);
    let ask = |key: &str, method: &str, path: &str| {
        let authorization = format!("Bearer {key}");
        let headers = [("authorization", authorization.as_str())];
        let body = (method != "GET").then_some(br#"{"title":"t"}"#.as_slice());
        send(api.address, method, path, &headers[usize::from(key.is_empty())..], body)
    };
    let realm = "Bearer realm=\"task-api\"";
    for (key, method, path, status, detail, challenge) in [
        ("", "GET", "/tasks", 401, "Not authenticated", realm.to_owned()),
        ("", "POST", "/tasks", 401, "Not authenticated", realm.to_owned()),
        ("", "GET", "/no/such/path", 401, "Not authenticated", realm.to_owned()),
        (&stranger, "GET", "/tasks", 401, "Invalid API key", format!("{realm}, error=\"invalid_token\"")),
        (
            &reader,
            "POST",
            "/tasks",
            403,
            "This API key may not write",
            format!("{realm}, error=\"insufficient_scope\", scope=\"write\""),
        ),
        (
            &author,
            "GET",
            "/tasks/1",
            403,
            "This API key may not read",
            format!("{realm}, error=\"insufficient_scope\", scope=\"read\""),
        ),
    ] {
        let answer = ask(key, method, path);
        let title = if status == 401 { "Unauthorized" } else { "Forbidden" };
        let expected =
            json!({"detail": detail, "type": "about:blank", "title": title, "status": status, "instance": path});
        assert_eq!((answer.status, answer.json()), (status, expected));
        assert_eq!(answer.header("www-authenticate"), Some(challenge.as_str()));
    }
    assert_eq!(ask(&author, "POST", "/tasks").status, 201);
    assert_eq!(ask(&both, "POST", "/tasks").status, 201);
    assert_eq!(ask(&both, "PUT", "/tasks/2").status, 200);
    assert_eq!(ask(&reader, "GET", "/tasks").status, 200);
    assert_eq!(ask(&reader, "HEAD", "/tasks").status, 200);
    for path in ["/health", "/ready", "/metrics", "/docs", "/openapi.json"] {
        assert_eq!(get(api.address, path).status, 200, "{path}");
    }
    let two = [("authorization", format!("Bearer {both}")), ("authorization", "Bearer x".to_owned())];
    let two: Vec<_> = two.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(send(api.address, "GET", "/tasks", &two, None).status, 401);

    // The log names who it was, and holds no key.
    let line: Value = serde_json::from_str(&api.wait_for_log("\"PUT\"")).unwrap();
    assert_eq!(line["key"], "app");
    assert!(wait_for(|| api.log().iter().any(|line| line.contains("\"HEAD\"")).then_some(())).is_some());
    assert!(!api.log().join("\n").contains("tak_"));
}

#[test]
fn the_document_says_that_a_key_is_needed() {
    let (_, entry) = new_key(&[]);
    let operations = |api: &Api| {
        let document = get(api.address, "/openapi.json").json();
        let operation = &document["paths"]["/tasks"]["post"];
        let is_told = ["401", "403"].map(|status| operation["responses"][status].is_object());
        (document["components"]["securitySchemes"].clone(), operation["security"].clone(), is_told)
    };
    let (schemes, security, is_told) = operations(&Api::ready_with("sqlite::memory:", &[("API_KEYS", entry.as_str())]));
    assert_eq!(
        (&schemes["apiKey"]["scheme"], security, is_told),
        (&json!("bearer"), json!([{"apiKey": []}]), [true; 2])
    );
    // Without keys, a web page from elsewhere is not allowed.
    assert_eq!(operations(&Api::start("sqlite::memory:")), (Value::Null, Value::Null, [false, true]));
}

#[test]
fn a_mounted_file_holds_the_keys() {
    let ((first, one), (second, two)) = (new_key(&["app"]), new_key(&["app"]));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    fs::write(&path, format!("{one}\n{two}\n")).unwrap();
    let path = path.display().to_string();
    let api = Api::ready_with("sqlite::memory:", &[("API_KEYS_FILE", &path)]);
    for key in [first, second] {
        let authorization = format!("Bearer {key}");
        assert_eq!(send(api.address, "GET", "/tasks", &[("authorization", &authorization)], None).status, 200);
    }
    assert_eq!(get(api.address, "/tasks").status, 401);
}

#[test]
fn keys_that_cannot_be_used_end_the_program_and_are_not_repeated() {
    let (key, entry) = new_key(&[]);
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    fs::write(&empty, "\n").unwrap();
    let empty = empty.display().to_string();
    for (environment, expected) in [
        (vec![("API_KEYS", key.as_str())], "cannot use `API_KEYS`: entry 1 is not `NAME:SCOPES:HASH`"),
        (vec![("API_KEYS_FILE", "/nowhere/keys")], "cannot read `/nowhere/keys`, which `API_KEYS_FILE` names: No such"),
        (vec![("API_KEYS_FILE", &empty)], "cannot use `API_KEYS_FILE`: there is no key in it"),
        (vec![("API_KEYS_FILE", "")], "cannot use `API_KEYS_FILE`: there is no key in it"),
        (vec![("API_KEYS", "")], "cannot use `API_KEYS`: there is no key in it"),
        (
            vec![("API_KEYS", &entry), ("API_KEYS_FILE", &empty)],
            "both `API_KEYS` and `API_KEYS_FILE` are set: keep one",
        ),
    ] {
        let (code, text) =
            told(&run(&[], &[&[("DATABASE_URL", "sqlite::memory:"), ("PORT", "0")], &environment[..]].concat()));
        assert_eq!(code, Some(1));
        assert!(text.starts_with(&format!("task-api: {expected}")), "{text}");
        assert!(!text.contains(&key), "{text}");
    }
}

#[test]
fn a_key_is_revoked_and_another_one_taken_without_a_restart() {
    let ((first, one), (second, two)) = (new_key(&["app"]), new_key(&["app"]));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys");
    fs::write(&file, format!("# of the old phone\n{one}\n")).unwrap();
    let api = Api::ready_with("sqlite::memory:", &[("API_KEYS_FILE", file.to_str().unwrap())]);
    let status = |key: &str| {
        let authorization = format!("Bearer {key}");
        send(api.address, "GET", "/tasks", &[("authorization", authorization.as_str())], None).status
    };
    assert_eq!([status(&first), status(&second)], [200, 401]);
    fs::write(&file, format!("#{one}\n{two} # of the new one\n")).unwrap();
    assert!(wait_for(|| (status(&second) == 200).then_some(())).is_some());
    assert_eq!(status(&first), 401);
    // What would mean that there are no keys means nothing.
    fs::write(&file, "").unwrap();
    api.wait_for_log("cannot use the file of API keys");
    assert_eq!([status(&first), status(&second), get(api.address, "/tasks").status], [401, 200, 401]);
}

#[test]
fn a_key_is_taken_until_its_last_day() {
    let ((old, over), (new, lasting)) =
        (new_key(&["old", "read", "2020-02-29"]), new_key(&["new", "read", "9999-12-31"]));
    assert!(over.ends_with(":2020-02-29"), "{over}");
    let api = Api::ready_with("sqlite::memory:", &[("API_KEYS", &format!("{over} {lasting}"))]);
    for (key, status) in [(old, 401), (new, 200)] {
        let authorization = format!("Bearer {key}");
        let answer = send(api.address, "GET", "/tasks", &[("authorization", authorization.as_str())], None);
        assert_eq!(answer.status, status);
    }
    let refused = run(&["key", "new", "ci", "read", "tomorrow"], &[]);
    let expected = "task-api: cannot make a key: the last day in entry 1 is not one as 2027-01-31\n";
    assert_eq!(told(&refused), (Some(1), expected.to_owned()));
}
