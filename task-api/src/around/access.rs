//! Whether a request may be answered: only with a key, if there are any.

use axum::{
    extract::Request,
    http::{HeaderValue, Method, header},
};

use super::log::Kind;
use crate::{
    config::key::{Denied, Entry, Keys, Scope},
    mcp,
};

/// The key of the request, if it is one that must have one.
///
/// # Errors
///
/// Fails if it must and has none, or one that is not for this.
pub(crate) fn check<'a>(keys: &'a Keys, request: &Request, kind: &Kind) -> Result<Option<&'a Entry>, Denied> {
    if keys.is_empty() || kind.is_public() || *request.method() == Method::OPTIONS {
        return Ok(None);
    }
    let mut values = request.headers().get_all(header::AUTHORIZATION).iter();
    let entry = match (values.next(), values.next()) {
        (Some(_), Some(_)) => return Err(Denied::BadKey),
        (value, _) => keys.find(value.map(HeaderValue::as_bytes))?,
    };
    if kind.route() == mcp::PATH {
        // What it asks for stands in its body, and is decided there.
        return Ok(Some(entry));
    }
    let scope = if matches!(*request.method(), Method::GET | Method::HEAD) { Scope::Read } else { Scope::Write };
    entry.may(scope)?;
    Ok(Some(entry))
}

/// How a client is told that it needs a key (RFC 6750).
pub(crate) fn challenge(denied: Denied) -> HeaderValue {
    HeaderValue::from_static(match denied {
        Denied::NoKey => "Bearer realm=\"task-api\"",
        Denied::BadKey => "Bearer realm=\"task-api\", error=\"invalid_token\"",
        Denied::NotFor(Scope::Read) => "Bearer realm=\"task-api\", error=\"insufficient_scope\", scope=\"read\"",
        Denied::NotFor(Scope::Write) => "Bearer realm=\"task-api\", error=\"insufficient_scope\", scope=\"write\"",
    })
}
