//! One line a request: what was asked, by the route's template, and how it was answered. No body, no query, no header,
//! and no id but the trace's. A
//! key is named by its name.

use std::time::Duration;

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
};
use tracing::{debug, info};

use super::trace::Trace;

/// What the log and the metrics say of a request. There are few of them, whatever clients send.
pub(crate) struct Kind {
    pub(crate) method: &'static str,
    route: Option<MatchedPath>,
}

impl Kind {
    pub(crate) fn of(request: &Request) -> Self {
        Self { method: method(request.method()), route: request.extensions().get().cloned() }
    }

    /// The template of the path, if there is such a path.
    pub(crate) fn known_route(&self) -> Option<&str> {
        self.route.as_ref().map(MatchedPath::as_str)
    }

    /// The template of the path, or `none` for one that is not there.
    pub(crate) fn route(&self) -> &str {
        self.known_route().unwrap_or("none")
    }

    /// Whether it only asks how the service is.
    pub(crate) fn is_probe(&self) -> bool {
        matches!(self.route(), "/health" | "/ready" | "/metrics")
    }

    /// Whether it is answered without a key: what it says is the same for everybody.
    pub(crate) fn is_public(&self) -> bool {
        self.is_probe() || self.is_shared()
    }

    /// Whether its answer is memory that all share, however many are sent it.
    pub(crate) fn is_shared(&self) -> bool {
        self.route() == "/openapi.json" || self.route().starts_with("/docs")
    }
}

/// A method by a name of ours: theirs may be any word.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Writes the line, at the level `debug` for probes.
pub(crate) fn tell(kind: &Kind, status: u16, took: Duration, bytes: Option<u64>, key: Option<&str>, trace: &Trace) {
    let (method, route) = (kind.method, kind.route());
    let took_ms = (took.as_secs_f64() * 1e6).round() / 1e3;
    if kind.is_probe() {
        debug!(method, route, status, took_ms, bytes, key, trace_id = %trace, "request");
    } else {
        info!(method, route, status, took_ms, bytes, key, trace_id = %trace, "request");
    }
}
