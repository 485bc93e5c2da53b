//! What operators see of requests: the log, the traces, the figures.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{
    http::{get, send, send_json},
    program::{Api, on_every_database, server, wait_for},
};

#[test]
fn a_line_of_the_log_tells_of_a_request_and_nothing_that_is_in_it() {
    let api = Api::ready("sqlite::memory:");
    let body = r#"{"title":"secret-title"}"#;
    let task = send_json(api.address, "POST", "/tasks?token=secret-query", body);
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let headers = [("authorization", "Bearer secret-header"), ("traceparent", parent)];
    let read = send(api.address, "GET", "/tasks/1?x=secret-query", &headers, None);
    send(api.address, "SECRET-METHOD", "/secret-path", &[], None);
    let line: Value = serde_json::from_str(&api.wait_for_log("0af7651916cd43dd8448eb211c80319c")).unwrap();
    let told = |name: &str| line[name].clone();
    assert_eq!(
        [told("level"), told("method"), told("route"), told("status"), told("bytes"), told("message")],
        [json!("INFO"), json!("GET"), json!("/tasks/{id}"), json!(200), json!(read.body.len()), json!("request")]
    );
    assert!(told("took_ms").as_f64().unwrap() > 0.0);
    let members: BTreeSet<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
    let expected =
        ["bytes", "level", "message", "method", "route", "status", "target", "timestamp", "took_ms", "trace_id"];
    assert_eq!(members, BTreeSet::from(expected));

    let other: Value = serde_json::from_str(&api.wait_for_log("\"other\"")).unwrap();
    assert_eq!((&other["route"], &other["status"]), (&json!("none"), &json!(404)));
    let log = api.log().join("\n");
    assert!(!log.to_lowercase().contains("secret"), "{log}");
    assert_eq!(log.matches("\"request\"").count(), 3, "{log}");
    assert_eq!(task.status, 201);
}

#[test]
fn the_trace_goes_back_with_the_answer() {
    let api = Api::start("postgres://u:p@127.0.0.1:1/x");
    let trace = |headers: &[(&str, &str)]| {
        let answer = send(api.address, "GET", "/tasks/7", headers, None);
        let value = answer.header("traceresponse").expect("every answer has one").to_owned();
        let parts: Vec<_> = value.split('-').map(str::to_owned).collect();
        assert_eq!(parts.iter().map(String::len).collect::<Vec<_>>(), [2, 32, 16, 2], "{value}");
        (parts[1].clone(), parts[2].clone())
    };
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let (id, span) = trace(&[("traceparent", parent)]);
    assert_eq!(id, "0af7651916cd43dd8448eb211c80319c");
    assert_ne!(span, "b7ad6b7169203331");
    assert_ne!(trace(&[]).0, trace(&[("traceparent", "nonsense")]).0);
    // What went wrong has the same trace in the log.
    let line = wait_for(|| api.log().into_iter().find(|line| line.contains("not available") && line.contains(&id)));
    assert!(line.is_some());
}

/// The samples of a page in Prometheus' format, each with its labels. Fails where the format does.
#[track_caller]
fn samples(text: &str) -> BTreeMap<String, String> {
    let (mut samples, mut kinds) = (BTreeMap::new(), BTreeMap::new());
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            assert!(help.split_once(' ').is_some_and(|(_, help)| !help.is_empty()), "{line}");
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a name and a kind");
            assert!(kinds.insert(name, kind).is_none(), "{name} comes twice");
        } else {
            let (sample, value) = line.rsplit_once(' ').expect("a sample and a value");
            let name = sample.split('{').next().unwrap_or_default();
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix));
            let family = family.filter(|family| kinds.get(family) == Some(&"histogram")).unwrap_or(name);
            let kind = kinds.get(family).unwrap_or_else(|| panic!("{name} has no type"));
            assert_eq!(*kind == "counter", family.ends_with("_total"), "{name}");
            assert!(value.parse::<f64>().is_ok(), "{line}");
            assert!(samples.insert(sample.to_owned(), value.to_owned()).is_none(), "{sample} comes twice");
        }
    }
    samples
}

#[test]
fn the_metrics_tell_what_connections_to_the_database_there_are() {
    let api = Api::ready(&server().database());
    get(api.address, "/tasks/1");
    let found = samples(&get(api.address, "/metrics").text());
    let told =
        |used: &str, state: &str| found[&format!("database_connections{{used=\"{used}\",state=\"{state}\"}}")].clone();
    assert_eq!([told("shared", "busy"), told("alone", "busy")], ["0", "0"]);
    assert!(["1", "2"].contains(&told("shared", "idle").as_str()), "{found:?}");
    let file = samples(&get(Api::ready("sqlite::memory:").address, "/metrics").text());
    assert!(!file.keys().any(|sample| sample.starts_with("database_connections")));
}

#[test]
fn the_metrics_count_what_was_asked_by_routes_and_not_by_ids() {
    on_every_database(|api| {
        for _ in 0..3 {
            assert_eq!(send_json(api.address, "POST", "/tasks", r#"{"title":"t"}"#).status, 201);
        }
        for path in ["/tasks/1", "/tasks/2", "/tasks/4711"] {
            get(api.address, path);
        }
        get(api.address, "/no/such/path");
        send(api.address, "BREW", "/tasks", &[], None);
        let answer = get(api.address, "/metrics");
        assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        let text = answer.text();
        let samples = samples(&text);
        for (sample, expected) in [
            (r#"http_requests_total{route="/tasks",method="POST",status="201"}"#, "3"),
            (r#"http_requests_total{route="/tasks/{id}",method="GET",status="200"}"#, "2"),
            (r#"http_requests_total{route="/tasks/{id}",method="GET",status="404"}"#, "1"),
            (r#"http_requests_total{route="none",method="GET",status="404"}"#, "1"),
            (r#"http_requests_total{route="/tasks",method="other",status="405"}"#, "1"),
            (r#"http_request_duration_seconds_count{route="/tasks/{id}",method="GET"}"#, "3"),
            (r#"http_request_duration_seconds_bucket{route="/tasks/{id}",method="GET",le="+Inf"}"#, "3"),
            ("http_requests_in_flight", "1"),
            (r#"http_shed_total{reason="requests"}"#, "0"),
            (r#"database_errors_total{kind="unavailable"}"#, "0"),
            ("panics_total", "0"),
        ] {
            assert_eq!(samples.get(sample), Some(&expected.to_owned()), "{sample} in\n{text}");
        }
        for (name, range) in [
            ("process_resident_memory_bytes", 1e6..1e9),
            ("process_start_time_seconds", 1.7e9..1e10),
            ("process_open_fds", 4.0..1e3),
            ("process_cpu_seconds_total", 0.0..1e3),
        ] {
            assert!(range.contains(&samples[name].parse().unwrap()), "{name} {}", samples[name]);
        }
        assert!(!text.contains("4711") && !text.contains("BREW") && !text.contains("such"), "{text}");
    });
}

#[test]
fn what_is_shed_and_what_the_database_fails_at_is_counted() {
    let api = Api::start_in(
        tempfile::tempdir().unwrap(),
        &[("DATABASE_URL", "postgres://u:p@127.0.0.1:1/x"), ("MAX_REQUESTS", "1")],
    );
    assert_eq!(get(api.address, "/tasks").status, 503);
    let held = crate::life::half_sent(api.address, r#"{"title":"sent in two halves"}"#);
    assert_eq!(get(api.address, "/tasks").status, 503);
    let samples = samples(&get(api.address, "/metrics").text());
    let shed = [r#"http_shed_total{reason="requests"}"#, r#"database_errors_total{kind="unavailable"}"#];
    assert_eq!(shed.map(|sample| samples[sample].as_str()), ["1", "1"]);
    assert_eq!(samples["http_requests_in_flight"], "2");
    drop(held);
}
