//! A span, and the JSON that collectors take (OTLP 1.x, `ExportTraceServiceRequest`).

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::around::trace::{Trace, random};

/// Something that was done for a request. It has nothing in it that clients sent, but the ids of their trace.
#[derive(Debug)]
pub(crate) struct Span {
    trace_id: u128,
    id: u64,
    parent: Option<u64>,
    began: SystemTime,
    took: Duration,
    what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    /// A request, by the template of its path if there is such a path.
    Request { method: &'static str, route: Option<Box<str>>, status: u16 },
    /// What the store was asked for on its behalf.
    Query { system: &'static str, operation: &'static str, has_failed: bool },
}

impl Span {
    /// Of what has ended.
    pub(crate) fn request(trace: &Trace, what: What, began: SystemTime, took: Duration) -> Self {
        Self { trace_id: trace.id, id: trace.span, parent: trace.parent, began, took, what }
    }

    /// Of what has ended, as a part of a request.
    pub(crate) fn within(request: &Trace, what: What, began: SystemTime, took: Duration) -> Self {
        Self { trace_id: request.id, id: random(), parent: Some(request.span), began, took, what }
    }

    fn json(&self) -> Value {
        let nanos =
            |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos().to_string();
        let ended = self.began.checked_add(self.took).unwrap_or(self.began);
        let (name, kind, attributes, has_failed) = self.what.told();
        let mut span = json!({
            "traceId": format!("{:032x}", self.trace_id),
            "spanId": format!("{:016x}", self.id),
            "flags": 1,
            "name": name,
            "kind": kind,
            "startTimeUnixNano": nanos(self.began),
            "endTimeUnixNano": nanos(ended),
            "attributes": attributes,
            "status": if has_failed { json!({ "code": 2 }) } else { json!({}) },
        });
        if let Some(parent) = self.parent {
            span["parentSpanId"] = format!("{parent:016x}").into();
        }
        span
    }
}

impl What {
    /// Name, kind, attributes, and whether it went wrong.
    fn told(&self) -> (String, u8, Vec<Value>, bool) {
        const SERVER: u8 = 2;
        const CLIENT: u8 = 3;
        match self {
            Self::Request { method, route, status } => {
                let (name, method) = if *method == "other" { ("HTTP", "_OTHER") } else { (*method, *method) };
                let mut attributes =
                    vec![text("http.request.method", method), number("http.response.status_code", *status)];
                attributes.extend(route.as_deref().map(|route| text("http.route", route)));
                let has_failed = *status >= 500;
                attributes.extend(has_failed.then(|| text("error.type", &status.to_string())));
                let name = route.as_deref().map_or_else(|| name.to_owned(), |route| format!("{name} {route}"));
                (name, SERVER, attributes, has_failed)
            }
            Self::Query { system, operation, has_failed } => {
                let mut attributes = vec![
                    text("db.system.name", system),
                    text("db.operation.name", operation),
                    text("db.collection.name", "task"),
                ];
                attributes.extend(has_failed.then(|| text("error.type", "_OTHER")));
                (format!("{operation} task"), CLIENT, attributes, *has_failed)
            }
        }
    }
}

/// Who sends.
#[derive(Debug)]
pub(super) struct Resource(Value);

impl Resource {
    pub(super) fn new(service: &str) -> Self {
        let instance = format!("{:016x}", random());
        Self(json!([
            text("service.name", service),
            text("service.version", env!("CARGO_PKG_VERSION")),
            text("service.instance.id", &instance),
        ]))
    }

    /// Spans as they are sent.
    pub(super) fn body(&self, spans: &[Span]) -> Vec<u8> {
        let spans: Vec<_> = spans.iter().map(Span::json).collect();
        let scope = json!({ "name": "task-api", "version": env!("CARGO_PKG_VERSION") });
        let body = json!({
            "resourceSpans": [{
                "resource": { "attributes": self.0 },
                "scopeSpans": [{ "scope": scope, "spans": spans }],
            }],
        });
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

fn number(key: &str, value: u16) -> Value {
    json!({ "key": key, "value": { "intValue": value.to_string() } })
}
