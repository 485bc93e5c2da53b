//! The contract of the original, row by row, as it was recorded. `tests/contract/README.md` explains the rows.

use std::{collections::HashMap, fmt::Write, net::SocketAddr};

use serde::Deserialize;
use serde_json::Value;

use crate::{
    http::{self, Answer},
    program::{Api, server},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(rename = "row")]
    number: usize,
    case: String,
    #[serde(rename = "differs")]
    _differs: Option<String>,
    request: Request,
    answer: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    method: String,
    path: String,
    #[serde(default)]
    headers: HashMap<String, String>,
    version: Option<String>,
    text: Option<String>,
    hex: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    status: u16,
    #[serde(default)]
    headers: HashMap<String, String>,
    body: Value,
}

/// Half a surrogate pair is JSON and no Unicode text: for the comparison it is written out.
fn readable(json: &str) -> String {
    json.replace("\\ud800", "<U+D800>")
}

fn rows() -> Vec<Row> {
    let text = include_str!("../contract/rows.json");
    // In a request it is escaped twice, and stays.
    let text = text.replace("\\\\ud800", "\\\\u{d800}");
    let text = readable(&text).replace("\\\\u{d800}", "\\\\ud800");
    serde_json::from_str(&text).expect("the rows are JSON")
}

#[test]
fn every_row_of_the_contract_is_there() {
    let numbers: Vec<_> = rows().iter().map(|row| row.number).collect();
    assert_eq!(numbers, (1..=96).collect::<Vec<_>>());
}

#[test]
fn the_recorded_contract_holds_on_sqlite() {
    let api = Api::ready("sqlite::memory:");
    check_all(api.address);
}

#[test]
fn the_recorded_contract_holds_on_postgres() {
    let api = Api::ready(&server().database());
    check_all(api.address);
}

#[track_caller]
fn check_all(address: SocketAddr) {
    let mut seen = HashMap::new();
    let mut report = String::new();
    for row in rows() {
        let answer = send(address, &row.request);
        for mismatch in mismatches(&row, &answer, address, &mut seen) {
            writeln!(report, "row {}, {}: {mismatch}", row.number, row.case).expect("a string takes text");
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

fn send(address: SocketAddr, request: &Request) -> Answer {
    let body = match (&request.text, &request.hex) {
        (Some(text), _) => Some(expanded(text).into_bytes()),
        (_, Some(hex)) => Some(bytes(hex)),
        _ => None,
    };
    if let Some(version) = &request.version {
        let head = format!("{} {} {version}\r\n\r\n", request.method, request.path);
        return http::send_raw(address, head.as_bytes(), false);
    }
    let headers: Vec<_> = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    http::send(address, &request.method, &request.path, &headers, body.as_deref())
}

fn bytes(hex: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("two digits are a byte");
    (0..hex.len()).step_by(2).map(byte).collect()
}

/// Puts `aaa` for `{{a*3}}`.
fn expanded(text: &str) -> String {
    let Some((before, rest)) = text.split_once("{{") else { return text.to_owned() };
    let Some((inside, after)) = rest.split_once("}}") else { return text.to_owned() };
    match inside.split_once('*').and_then(|(what, count)| Some((what, count.parse().ok()?))) {
        Some((what, count)) => format!("{before}{}{after}", what.repeat(count)),
        None => text.to_owned(),
    }
}

fn mismatches(row: &Row, answer: &Answer, address: SocketAddr, seen: &mut HashMap<String, String>) -> Vec<String> {
    let mut found = Vec::new();
    if answer.status != row.answer.status {
        found.push(format!("status {} instead of {}: {}", answer.status, row.answer.status, answer.text()));
    }
    for (name, value) in &row.answer.headers {
        let value = value.replace("{{host}}", &address.to_string());
        if answer.header(name) != Some(value.as_str()) {
            found.push(format!("{name} {:?} instead of `{value}`", answer.header(name)));
        }
    }
    for name in ["location", "allow"] {
        if !row.answer.headers.contains_key(name) && answer.header(name).is_some() {
            found.push(format!("{name} {:?} instead of none", answer.header(name)));
        }
    }
    let text = readable(&answer.text());
    let body = if text.is_empty() { Value::String(text) } else { serde_json::from_str(&text).unwrap_or(text.into()) };
    let body = if answer.status >= 400 { original(body, row, &mut found) } else { body };
    if !fits(&body, &row.answer.body, seen) {
        found.push(format!("body {body} instead of {}", row.answer.body));
    }
    found
}

/// The original's part of an error body; the rest is checked by itself.
fn original(mut body: Value, row: &Row, found: &mut Vec<String>) -> Value {
    let Some(members) = body.as_object_mut() else { return body };
    let kind = members.remove("type");
    let title = members.remove("title");
    let status = members.remove("status");
    let instance = members.remove("instance");
    let path = row.request.path.split('?').next();
    if kind != Some("about:blank".into())
        || title.is_none_or(|title| title.as_str().is_none_or(str::is_empty))
        || status != Some(row.answer.status.into())
        || instance.as_ref().and_then(Value::as_str) != path
    {
        found.push(format!("{kind:?}, {status:?} or {instance:?} is not what RFC 9457 says"));
    }
    body
}

/// Whether a value is the expected one, where `{{…}}` stands for a kind of value.
fn fits(value: &Value, expected: &Value, seen: &mut HashMap<String, String>) -> bool {
    match (value, expected) {
        (Value::Object(value), Value::Object(expected)) => {
            // The order is the original's, too.
            value.keys().eq(expected.keys()) && value.iter().all(|(name, value)| fits(value, &expected[name], seen))
        }
        (Value::Array(value), Value::Array(expected)) => {
            value.len() == expected.len() && value.iter().zip(expected).all(|(a, b)| fits(a, b, seen))
        }
        (value, Value::String(expected)) if expected.starts_with("{{") && !expected.contains('*') => {
            match expected.trim_matches(['{', '}']) {
                "id" => value.as_i64().is_some_and(|id| id > 0),
                "position" => value.is_u64(),
                "text" => value.as_str().is_some_and(|text| !text.is_empty()),
                "time" => value.as_str().is_some_and(is_time),
                name if name.starts_with("time:") => value.as_str().is_some_and(|time| {
                    is_time(time) && *time == *seen.entry(name.to_owned()).or_insert_with(|| time.to_owned())
                }),
                other => panic!("`{other}` is not known"),
            }
        }
        (Value::String(value), Value::String(expected)) => *value == expanded(expected),
        (value, expected) => value == expected,
    }
}

fn is_time(text: &str) -> bool {
    let shape = |c: char| if c.is_ascii_digit() { '0' } else { c };
    text.chars().map(shape).collect::<String>() == "0000-00-00T00:00:00.000000Z"
}
