//! Requests of an operation: its path, and what it demands beside a body.

use std::fmt::Write as _;

use percent_encoding::utf8_percent_encode;
use serde_json::Value;

use super::{Crud, Fault, SEGMENT};
use crate::http::{Request, Response};
use crate::openapi::{Body, FORM, Operation};
use crate::schema::Style;
use crate::service::Service;

/// The format of a patch that is a list of changes.
const JSON_PATCH: &str = "application/json-patch+json";

impl Crud<'_> {
    /// With the slash, the query and the headers that the operation wants.
    pub(super) fn request(&self, method: &str, path: &str, operation: &Operation) -> Request {
        let mut request = Request { method: method.to_owned(), ..Request::get(&self.wire(path, operation)) };
        let maker = self.api.maker(self.mark, 1, &Style::default());
        let is_login = |name: &str| self.login.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        for (name, schema) in operation.headers.iter().filter(|(name, _)| !is_login(name)) {
            let value = maker.value(schema).map(|value| plain(&value)).unwrap_or_default();
            request.headers.push((name.clone(), value));
        }
        request.headers.extend(self.login.iter().cloned());
        request
    }

    /// A path as it goes on the wire, read by who may.
    pub(crate) fn get(&self, path: &str) -> Request {
        Request { headers: self.login.clone(), ..Request::get(path) }
    }

    pub(super) fn request_with(
        &self,
        method: &str,
        path: &str,
        operation: &Operation,
        body: &Body,
        value: &Value,
    ) -> Request {
        let mut request = self.request(method, path, operation);
        let (media_type, bytes) = match body.media_type.as_str() {
            FORM => (FORM, form(value)),
            JSON_PATCH => (JSON_PATCH, changes(value)),
            other => (other, value.to_string()),
        };
        request.headers.push(("content-type".to_owned(), media_type.to_owned()));
        request.body = Some(bytes.into_bytes());
        request
    }

    /// A path that may have a query already.
    fn wire(&self, path: &str, operation: &Operation) -> String {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let mut wire = path.trim_end_matches('/').to_owned();
        if operation.slash || wire.is_empty() {
            wire.push('/');
        }
        if let Some(query) = query {
            let _ = write!(wire, "?{query}");
        }
        let maker = self.api.maker(self.mark, 1, &Style::default());
        for (name, schema) in &operation.query {
            let demanded = format!("{}=", utf8_percent_encode(name, SEGMENT));
            if query.is_some_and(|query| query.split('&').any(|part| part.starts_with(&demanded))) {
                continue;
            }
            let value = maker.value(schema).map(|value| plain(&value)).unwrap_or_default();
            let glue = if wire.contains('?') { '&' } else { '?' };
            let _ = write!(wire, "{glue}{demanded}{}", utf8_percent_encode(&value, SEGMENT));
        }
        wire
    }
}

impl Service<'_> {
    /// What an answer means that is no success, where a success was due.
    pub(super) fn refused(&self, answer: &Response, what: &str) -> Fault {
        let told = format!("{what} {}", self.told(answer));
        match answer.status {
            401 | 403 | 407 => Fault::Unknown(format!("{told}; {}", self.credentials)),
            429 => Fault::Unknown(format!("{told}: it limits how often it is asked")),
            _ => Fault::Wrong(told),
        }
    }
}

/// A value as it stands in a path, a query or a header.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn form(value: &Value) -> String {
    let fields = value.as_object().into_iter().flatten().map(|(name, value)| {
        format!("{}={}", utf8_percent_encode(name, SEGMENT), utf8_percent_encode(&plain(value), SEGMENT))
    });
    fields.collect::<Vec<_>>().join("&")
}

fn changes(value: &Value) -> String {
    let change = |(name, value): (&String, &Value)| serde_json::json!({"op": "replace", "path": format!("/{name}"), "value": value});
    Value::Array(value.as_object().into_iter().flatten().map(change).collect()).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_is_written_as_its_media_type_has_it() {
        let value = json!({"title": "a b&\u{e9}", "done": true});
        assert_eq!(form(&value), "title=a%20b%26%C3%A9&done=true");
        assert_eq!(
            changes(&value),
            "[{\"op\":\"replace\",\"path\":\"/title\",\"value\":\"a b&\u{e9}\"},{\"op\":\"replace\",\"path\":\"/done\",\"value\":true}]"
        );
    }
}
