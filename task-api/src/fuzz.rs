//! What must be true of every text from outside. Fuzzers and tests come in here, the program does not.
#![expect(clippy::missing_panics_doc, reason = "to panic is what they are for")]

use std::str::FromStr;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde::de::IgnoredAny;
use serde_json::{Value, value::RawValue};

use crate::{
    config::{database_url::DatabaseUrl, key::Keys, parse_env_file},
    epoch::Epoch,
    error::Error,
    mcp::message::Message,
    middleware::trace::Trace,
    request::{
        body::Document,
        cursor::Scope,
        etag::Conditions,
        idempotency::Key,
        object::{Object, all},
        owner::Owner,
        selection::{Selection, parameter},
    },
    task::{CreatedAt, Description, Task, TaskId},
};

/// A query string: what it selects is what the link to its next page selects, from there on.
pub fn selection(bytes: &[u8]) {
    let (query, owner) = (String::from_utf8_lossy(bytes), Owner::default());
    let Ok(selection) = Selection::parse(&query, &owner, Epoch::default()) else { return };
    let created_at = CreatedAt::parse("2026-01-31T12:00:00.000001Z").expect("it is a time");
    let (title, description, status, version, owner_name) = Default::default();
    let last = Task { id: 7, title, description, status, created_at, version, owner: owner_name };
    let link = selection.next("/tasks", &last).expect("a link is a header");
    let link = link.to_str().expect("of visible characters").strip_prefix("</tasks?").expect("to the list");
    let query = link.strip_suffix(">; rel=\"next\"").expect("to its next page");
    let next = Selection::parse(query, &owner, Epoch::default()).expect("what the service gives it takes");
    assert_eq!(
        (&next.filter, next.order, next.limit),
        (&selection.filter, selection.order, selection.limit),
        "{query}"
    );
    assert_eq!(next.after.map(|after| (after.created_at, after.id)), Some((created_at, 7)));
}

/// A cursor: one that is taken is one that the service gives for that place.
pub fn cursor(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let scope = Scope::of(&["fuzz"], Epoch::default());
    if let Ok(place) = scope.place::<2>(&text) {
        assert_eq!(scope.cursor(place), text);
    }
    if let Ok(place) = scope.place::<1>(&text) {
        assert_eq!(scope.cursor(place), text);
    }
    let (mut first, mut second) = ([0; 8], [0; 8]);
    first.iter_mut().chain(&mut second).zip(bytes).for_each(|(to, from)| *to = *from);
    let place = [i64::from_be_bytes(first), i64::from_be_bytes(second)];
    assert_eq!(scope.place(&scope.cursor(place)).ok(), Some(place));
    assert!(Scope::of(&["fuz", "z"], Epoch::default()).place::<2>(&scope.cursor(place)).is_err());
}

/// A body: it is taken for JSON exactly if it is JSON, and every shape is read from it or told what is wrong.
pub fn body(bytes: &[u8]) {
    let is_text = std::str::from_utf8(bytes);
    let document = match Document::new(None, bytes.to_vec()) {
        Ok(document) => document,
        Err(Error::BodyNotUtf8) => return assert!(is_text.is_err()),
        Err(_) => {
            let text = is_text.expect("what is no text is told first");
            let text = text.strip_prefix('\u{feff}').unwrap_or(text);
            return assert!(
                serde_json::from_str::<IgnoredAny>(text).is_err_and(|error| !error.to_string().contains("recursion"))
            );
        }
    };
    let draft = document.draft();
    if let Ok(draft) = &draft {
        let written = serde_json::json!({
            "title": draft.title.as_str(),
            "description": draft.description.as_ref().map(Description::as_str),
            "status": draft.status.as_str(),
        });
        let again = Document::new(None, written.to_string().into()).ok().and_then(|document| document.draft().ok());
        assert_eq!(again.as_ref(), Some(draft));
        assert!(document.change().is_ok(), "what makes a task can change one");
    }
    for faults in [draft.err(), document.change().err(), document.object().err()].into_iter().flatten() {
        assert!(!faults.is_empty());
        serde_json::to_string(&faults).expect("faults can be told");
    }
    if let Ok(tasks) = document.object().and_then(|object| object.tasks(1000)) {
        assert!((1..=1000).contains(&tasks.len()));
        let _ = (all(tasks.iter().map(Object::draft)), all(tasks.iter().map(Object::change)));
        let _ = (all(tasks.iter().map(Object::id)), all(tasks.iter().map(Object::etag)));
    }
    let other = Document::new(Some(b"text/plain"), bytes.to_vec());
    assert!(other.is_ok_and(|other| other.draft().is_err()), "what is not JSON makes no task");
}

/// A message of a model: what is read of it is what it says, and what is called no JSON is none.
pub fn message(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    // It has bounds of its own, and refuses more.
    let value = serde_json::from_str::<Value>(text).ok();
    let message = match Message::read(text) {
        Ok(message) => message,
        Err(refusal) => return assert!(value.is_none() || refusal.code == -32600, "{refusal:?}"),
    };
    assert!(serde_json::from_str::<IgnoredAny>(text).is_ok());
    assert!(message.id.is_none_or(|id| text.contains(id.get())));
    let params = message.params();
    let Some(value) = value else { return };
    assert!(value.is_object());
    let said =
        |part: Option<&RawValue>| part.map(|part| serde_json::from_str::<Value>(part.get()).expect("it is JSON"));
    assert_eq!((value["jsonrpc"].as_str(), value["method"].as_str()), (Some("2.0"), Some(&*message.method)));
    assert_eq!(value.get("id"), said(message.id).as_ref());
    let Ok(params) = params else { return };
    let of = |name: &str| value["params"].get(name).filter(|value| !value.is_null()).cloned();
    assert_eq!(of("name"), params.name.as_deref().map(Value::from));
    assert_eq!(of("arguments"), said(params.arguments).filter(|value| !value.is_null()));
}

/// A database URL: refused or taken, its password is shown nowhere.
pub fn database_url(bytes: &[u8]) {
    const SECRET: &str = "s3cret-Pa55";
    let text = String::from_utf8_lossy(bytes);
    let _ = DatabaseUrl::from_str(&text);
    for url in [format!("postgresql://user:{SECRET}@{text}"), format!("postgresql://host/app?password={SECRET}&{text}")]
    {
        let told = match DatabaseUrl::from_str(&url) {
            Ok(url) => format!("{url} {url:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(!told.contains(SECRET) || text.contains(SECRET), "{told}");
    }
}

/// Conditions: any version meets what is not asked for, and a tag of the service's only its own version.
pub fn conditions(bytes: &[u8]) {
    let Some(mut headers) = header("if-match", bytes) else { return };
    let alone = Conditions::of(&headers, TaskId(7), Epoch::default());
    let met: Vec<_> = (1..100).filter(|version| alone.are_met_by(*version)).collect();
    let text = String::from_utf8_lossy(bytes);
    let has_any = text.split(',').any(|tag| tag.trim() == "*");
    assert!(met.is_empty() || has_any || met.iter().all(|version| text.contains(&format!("{version}\""))), "{text}");
    headers.append("if-none-match", HeaderValue::from_bytes(bytes).expect("it is one already"));
    let both = Conditions::of(&headers, TaskId(7), Epoch::default());
    assert!(
        (1..100).all(|version| !both.are_met_by(version) || alone.are_met_by(version)),
        "two conditions let in no more"
    );
}

/// A key of a request: the same request has the same, another body another.
pub fn idempotency_key(bytes: &[u8]) {
    let Some(headers) = header("idempotency-key", bytes) else { return };
    let of = |body: &[u8]| Key::of(&headers, "/tasks", body).ok().map(|key| key.expect("the header is there"));
    let (key, same, other) = (of(b"{}"), of(b"{}"), of(b"{ }"));
    assert_eq!(key, same);
    let is_good = (1..=255).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
    assert_eq!(key.is_some(), is_good);
    if let (Some(key), Some(other)) = (key, other) {
        assert_eq!(key.name().as_bytes(), bytes);
        assert_ne!(key.hash(), other.hash());
    }
}

/// A trace: the answer names one in the same form, and it is the caller's if that was good.
pub fn trace(bytes: &[u8]) {
    let Some(headers) = header("traceparent", bytes) else { return };
    let trace = Trace::of(&headers);
    let answer = trace.header().expect("a trace is a header");
    let mut again = HeaderMap::new();
    again.insert("traceparent", answer);
    assert_eq!(Trace::of(&again).to_string(), trace.to_string(), "our own is taken");
}

/// Entries of API keys: each is taken, whatever stands between them, or the text is refused.
pub fn api_keys(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Keys::from_str(&text) {
        Ok(keys) => {
            let lines = text.lines().filter_map(|line| line.split('#').next());
            let parts = lines.flat_map(|line| line.split(|c: char| c == ',' || c.is_whitespace()));
            let entries: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
            assert_eq!(keys.len(), entries.len());
            assert_eq!(Keys::from_str(&entries.join("\n")).map(|keys| keys.len()).ok(), Some(entries.len()));
            assert!(keys.find(Some(bytes)).is_err(), "an entry is no key");
        }
        Err(error) => assert!(!error.to_string().contains('\n')),
    }
}

/// A file of variables: those that are found stand in it.
pub fn env_file(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match parse_env_file(&text) {
        Ok(variables) => assert!(variables.iter().all(|(name, value)| text.contains(name) && text.contains(value))),
        Err(error) => assert!(error.to_string().starts_with("`.env` line")),
    }
}

/// A parameter: the last one of its name, decoded.
pub fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let encoded = percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC);
    assert_eq!(parameter(&format!("{text}&q={encoded}"), "q").as_deref(), Some(&*text));
}

fn header(name: &'static str, bytes: &[u8]) -> Option<HeaderMap> {
    let value = HeaderValue::from_bytes(bytes).ok()?;
    Some(HeaderMap::from_iter([(HeaderName::from_static(name), value)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is good, and what is nearly good, for all of them.
    const TEXTS: [&str; 24] = [
        "",
        "limit=7&status=done&q=%C5%BC%26&sort=-created_at",
        "created_after=2026-01-31T12:00:00.0000005%2B02:00&created_before=9999-12-31T23:59:59.9999999Z&x",
        "created_after=0000-01-01T00:00:00Z",
        "AecP2PR4bfSzAAAAAAAAB_oAAAAAAAAABw",
        "{\"title\":\"b\",\"description\":null,\"status\":\"done\"}",
        "\u{feff} {\"ti\\u0074le\": \"\\ud83d\\ude80\", \"id\": 1.0e2, \"x\": [[{}]]} ",
        "{\"tasks\":[{\"id\":1,\"etag\":\"\\\"1-1\\\"\",\"title\":\"b\"},{\"id\":20e-1}]}",
        "{\"title\":\"\\ud800\",\"status\":\"\\u0000\"}",
        "[NaN, 1e400, -0]",
        "postgresql://user:p%40ss@host.example:5432/app?sslmode=require&channel_binding=require",
        "host,[::1]:5433/app?host=/run&target_session_attrs=read-write",
        "sqlite:///data/tasks.db",
        "\"7-3\", W/\"7-1\" ,\"8-3\",*",
        "7f1c9d52-0f3a-4c83-9a55-6c1de4a1f0b2",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "app:read+write:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef, ci:read:6f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
        "# a comment\nexport A='1 2'\nB=\"3\" # four\n",
        "+%zz&q&q=&=q&&limit=%31",
        "9223372036854775808",
        "now",
        "{\"jsonrpc\":\"2.0\",\"id\":\"\\u0061\",\"method\":\"tools\\/call\",\"params\":{\"name\":\"create_task\",\"arguments\":{\"title\":\"b\"},\"_meta\":{\"io.modelcontextprotocol/clientCapabilities\":{}}}}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"\\ud83d\\ude80\",\"params\":{\"protocolVersion\":null,\"arguments\":null,\"x\":1e400}}",
    ];

    #[test]
    fn what_must_be_true_of_texts_is_true_of_good_ones_and_of_spoiled_ones() {
        let all: [fn(&[u8]); 11] = [
            selection,
            cursor,
            body,
            message,
            database_url,
            conditions,
            idempotency_key,
            trace,
            api_keys,
            env_file,
            query,
        ];
        let mut number = 1_u64;
        let mut below = |bound: usize| {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(number >> 33).unwrap() % bound.max(1)
        };
        for _ in 0..200 {
            for (at, text) in TEXTS.iter().enumerate() {
                let mut bytes = text.as_bytes().to_vec();
                for _ in 0..below(4) {
                    let place = below(bytes.len() + 1);
                    match below(4) {
                        0 => bytes.insert(place, b"\"\\{}[]0-,:&=%\0\xff+ "[below(17)]),
                        1 => bytes.truncate(place),
                        2 => bytes.extend_from_slice(TEXTS[(at + below(TEXTS.len())) % TEXTS.len()].as_bytes()),
                        _ => drop(bytes.drain(place.min(bytes.len().saturating_sub(1))..bytes.len().min(place + 1))),
                    }
                }
                for property in all {
                    property(&bytes);
                }
            }
        }
    }
}
