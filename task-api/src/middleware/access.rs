//! Whether a request may be answered: only with a key, if there are any. If there are none, a web page from elsewhere may
//! change nothing: the browser that shows it may reach what its makers cannot.

use axum::{
    extract::Request,
    http::{HeaderValue, Method, header},
};

use super::log::Kind;
use crate::{
    app::AppState,
    config::key::{Denied, Entry, Scope},
    mcp,
    request::origin,
};

/// The key of the request, if it is one that must have one.
///
/// # Errors
///
/// Fails if it must and has none, or one that is not for this, or if a page asks for it that may not.
pub(crate) fn check(state: &AppState, request: &Request, kind: &Kind) -> Result<Option<Entry>, Denied> {
    if kind.is_public() || *request.method() == Method::OPTIONS {
        return Ok(None);
    }
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    let keys = state.keys.now();
    if keys.is_empty() {
        // `/mcp` looks for itself, and answers in the words of its protocol.
        let is_strict = !is_safe && kind.route() != mcp::PATH && !state.origins.name(request.headers());
        let is_denied = is_strict && origin::is_from_elsewhere(request, state.load.limits.proxies);
        return if is_denied { Err(Denied::Elsewhere) } else { Ok(None) };
    }
    let mut values = request.headers().get_all(header::AUTHORIZATION).iter();
    let entry = match (values.next(), values.next()) {
        (Some(_), Some(_)) => return Err(Denied::BadKey),
        (value, _) => keys.find(value.map(HeaderValue::as_bytes))?,
    };
    if kind.route() == mcp::PATH {
        // What it asks for stands in its body, and is decided there.
        return Ok(Some(entry.clone()));
    }
    entry.may(if is_safe { Scope::Read } else { Scope::Write })?;
    Ok(Some(entry.clone()))
}

/// How a client is told that it needs a key (RFC 6750); `None` where there are none.
pub(crate) fn challenge(denied: Denied) -> Option<HeaderValue> {
    Some(HeaderValue::from_static(match denied {
        Denied::Elsewhere => return None,
        Denied::NoKey => "Bearer realm=\"task-api\"",
        Denied::BadKey => "Bearer realm=\"task-api\", error=\"invalid_token\"",
        Denied::NotFor(Scope::Read) => "Bearer realm=\"task-api\", error=\"insufficient_scope\", scope=\"read\"",
        Denied::NotFor(Scope::Write) => "Bearer realm=\"task-api\", error=\"insufficient_scope\", scope=\"write\"",
    }))
}
