//! Everything a request can be answered with instead of what it asked for.

use std::{error::Error as StdError, sync::Arc};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tracing::{error, warn};

use crate::{
    config::key::{Denied, Scope},
    middleware::{access, metrics::Metrics, trace::Trace},
    request::{accept, fault::Fault},
    store::StoreError,
};

/// Why a request is not answered as it wished. Each has one status.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such path.
    #[error("Not Found")]
    NoSuchPath,
    /// No task has this id.
    #[error("Task not found")]
    NoSuchTask,
    /// The task is there, and not as the request's conditions want it.
    #[error("The task is not in a state that the request is for")]
    Stale,
    /// Changes need a condition, and there is none.
    #[error("This request needs an If-Match header")]
    NoCondition,
    /// Another request with this key has not been answered yet.
    #[error("A request with this Idempotency-Key is being answered")]
    KeyInUse,
    /// The path is there, and does not do this.
    #[error("Method Not Allowed")]
    MethodNotAllowed { allow: &'static str },
    /// The request says something that cannot be.
    #[error("the request is not valid")]
    Invalid(Vec<Fault>),
    /// HTTP/1.1 needs a host, and one only.
    #[error("The request needs one Host header")]
    BadHost,
    /// The body should be JSON and is not even text.
    #[error("There was an error parsing the body")]
    BodyNotUtf8,
    /// The body ended before it should, or its framing is wrong.
    #[error("There was an error reading the body")]
    BrokenBody(#[source] axum::Error),
    /// The body is longer than the service takes.
    #[error("Request body is larger than 1 MB")]
    BodyTooLarge,
    /// The body did not arrive in time.
    #[error("Request body did not arrive in time")]
    SlowBody,
    /// The database cannot answer now.
    #[error("The database is not available")]
    Unavailable(#[source] StoreError),
    /// It takes a key, and there is none that is for this; or it is a web page's that may not ask.
    #[error("{}", denied(*.0))]
    Denied(Denied),
    /// More is being done already than the service takes on.
    #[error("The service is busy")]
    Overloaded,
    /// It has been told to stop, and is still there for requests that come late.
    #[error("The service is stopping")]
    Stopping,
    /// There was no answer within the request's time.
    #[error("The request took too long")]
    TooSlow,
    /// As before, for a request that changes something.
    #[error("The request took too long, and may have been done")]
    TooSlowToTell,
    /// The database went away while it changed something.
    #[error("The database was lost before it answered: whether the change was made is not known")]
    Lost(#[source] StoreError),
    /// A fault of ours. The client is told nothing of it.
    #[error("Internal Server Error")]
    Internal(#[source] StoreError),
    /// A fault of ours, of the worst kind.
    #[error("Internal Server Error")]
    Panic,
}

impl Error {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoSuchPath | Self::NoSuchTask => StatusCode::NOT_FOUND,
            Self::Stale => StatusCode::PRECONDITION_FAILED,
            Self::NoCondition => StatusCode::PRECONDITION_REQUIRED,
            Self::KeyInUse => StatusCode::CONFLICT,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::BadHost | Self::BodyNotUtf8 | Self::BrokenBody(_) => StatusCode::BAD_REQUEST,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::Denied(Denied::NotFor(_) | Denied::Elsewhere) => StatusCode::FORBIDDEN,
            Self::Denied(_) => StatusCode::UNAUTHORIZED,
            Self::Unavailable(_) | Self::Lost(_) | Self::Overloaded | Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooSlow | Self::TooSlowToTell => StatusCode::GATEWAY_TIMEOUT,
            Self::Internal(_) | Self::Panic => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What clients are told.
    pub(crate) fn problem(&self, instance: &str) -> Vec<u8> {
        let status = self.status();
        let problem = Problem {
            detail: match self {
                Self::Invalid(faults) => Detail::Faults(faults),
                other => Detail::Text(other.to_string()),
            },
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            instance,
        };
        serde_json::to_vec(&problem).unwrap_or_default()
    }

    /// Says what the client is not told.
    fn tell(&self, metrics: &Metrics, trace: &Trace) {
        match self {
            Self::Unavailable(cause) => {
                warn!(cause = chain(cause), trace_id = %trace, "database not available");
                metrics.database_unavailable();
            }
            Self::Lost(cause) => {
                warn!(cause = chain(cause), trace_id = %trace, "database lost, and the outcome of a change with it");
                metrics.database_unavailable();
            }
            Self::Internal(cause) => {
                error!(cause = chain(cause), trace_id = %trace, "request failed");
                metrics.database_failed();
            }
            // It has its line from the hook that knows its place.
            Self::Panic => metrics.panicked(),
            _ => {}
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Query { .. } => Self::Internal(error),
            StoreError::Unknown { .. } => Self::Lost(error),
            StoreError::NoRoom => Self::Overloaded,
            _ => Self::Unavailable(error),
        }
    }
}

impl From<Vec<Fault>> for Error {
    fn from(faults: Vec<Fault>) -> Self {
        Self::Invalid(faults)
    }
}

impl IntoResponse for Error {
    /// A bare status. The body depends on the request, and is made by `describe`.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

fn denied(denied: Denied) -> &'static str {
    match denied {
        Denied::NoKey => "Not authenticated",
        Denied::BadKey => "Invalid API key",
        Denied::NotFor(Scope::Read) => "This API key may not read",
        Denied::NotFor(Scope::Write) => "This API key may not write",
        Denied::Elsewhere => "A web page from elsewhere may change nothing without an API key",
    }
}

/// An error as clients see it: the original's `detail`, beside the members of RFC 9457.
#[derive(Serialize)]
struct Problem<'a> {
    detail: Detail<'a>,
    r#type: &'static str,
    title: &'a str,
    status: u16,
    instance: &'a str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Detail<'a> {
    Text(String),
    Faults(&'a [Fault]),
}

/// An error that stands in an answer already: it is still to be told of in the log and the metrics.
#[derive(Debug, Clone)]
pub(crate) struct Told(pub(crate) Arc<Error>);

/// What an error's body repeats of the request.
pub(crate) struct Asked {
    instance: String,
    content_type: &'static str,
}

impl Asked {
    pub(crate) fn of(request: &Request) -> Self {
        Self { instance: request.uri().path().to_owned(), content_type: content_type(request.headers()) }
    }

    /// Gives an error its body, in the content type that the request asks for. What is no error stays as it is.
    pub(crate) fn describe(&self, mut response: Response, metrics: &Metrics, trace: &Trace) -> Response {
        if let Some(Told(error)) = response.extensions_mut().remove() {
            error.tell(metrics, trace);
            return response;
        }
        let Some(error) = response.extensions_mut().remove::<Arc<Error>>() else { return response };
        error.tell(metrics, trace);
        let body = error.problem(&self.instance);
        let mut response = (error.status(), [(header::CONTENT_TYPE, self.content_type)], body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::VARY, HeaderValue::from_static("accept"));
        match &*error {
            Error::MethodNotAllowed { allow } => headers.insert(header::ALLOW, HeaderValue::from_static(allow)),
            Error::Unavailable(_)
            | Error::Lost(_)
            | Error::Overloaded
            | Error::Stopping
            | Error::TooSlow
            | Error::TooSlowToTell
            | Error::KeyInUse => headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1")),
            Error::Denied(denied) => {
                access::challenge(*denied).and_then(|challenge| headers.insert(header::WWW_AUTHENTICATE, challenge))
            }
            Error::SlowBody | Error::BodyTooLarge => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"))
            }
            _ => None,
        };
        response
    }
}

/// `application/problem+json` for those who name it, `application/json` for all others.
fn content_type(headers: &HeaderMap) -> &'static str {
    let asked = accept::is_named(headers, &header::ACCEPT, "application/problem+json");
    if asked { "application/problem+json" } else { "application/json" }
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !line.ends_with(&text) {
            line = format!("{line}: {text}");
        }
        cause = error.source();
    }
    line.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problem_json_is_for_those_who_name_it() {
        for (accept, expected) in [
            ("*/*", "application/json"),
            ("application/json", "application/json"),
            ("application/problem+json", "application/problem+json"),
            ("application/json, Application/Problem+JSON;q=0.5", "application/problem+json"),
            ("application/problem+json;q=0", "application/json"),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(content_type(&headers), expected, "{accept}");
        }
    }

    #[test]
    fn every_error_that_clients_are_told_is_in_the_reference() {
        let cause = || StoreError::NotYet;
        let denied = [Denied::NoKey, Denied::BadKey, Denied::NotFor(Scope::Read), Denied::NotFor(Scope::Write)];
        let denied = denied.into_iter().chain([Denied::Elsewhere]).map(Error::Denied);
        let others = [
            Error::NoSuchPath,
            Error::NoSuchTask,
            Error::Stale,
            Error::NoCondition,
            Error::KeyInUse,
            Error::MethodNotAllowed { allow: "" },
            Error::BadHost,
            Error::BodyNotUtf8,
            Error::BrokenBody(axum::Error::new("it ends")),
            Error::BodyTooLarge,
            Error::SlowBody,
            Error::Unavailable(cause()),
            Error::Overloaded,
            Error::Stopping,
            Error::TooSlow,
            Error::TooSlowToTell,
            Error::Lost(cause()),
            Error::Internal(cause()),
        ];
        let reference = include_str!("../../docs/http-api.md");
        let rows: Vec<_> = reference.lines().filter(|line| line.starts_with("| ")).collect();
        for error in denied.chain(others) {
            let (status, text) = (format!("| {} |", error.status().as_u16()), format!("`{error}`"));
            assert!(rows.iter().any(|row| row.starts_with(&status) && row.contains(&text)), "{status} {text}");
        }
    }
}
