//! The body of a request: how much of it is taken, and what it says.

use std::sync::Arc;

use axum::{
    body::{Body, BodyDataStream},
    extract::{FromRequest, Request},
    http::{HeaderMap, HeaderValue, header},
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use serde_json::{json, value::RawValue};
use tokio::time::timeout_at;

use crate::{
    error::Error,
    middleware::load::Ticket,
    request::{
        fault::{Fault, Place, text_input},
        object::{Object, input},
    },
    task::{Change, Draft},
};

pub(crate) const LIMIT_BYTES: usize = 1_000_000;

/// How often a body is there while its request is answered: as it came, as what it says, and as what the database is asked
/// or answers.
pub(crate) const COPIES: usize = 3;

/// How much of a body that is too long is read and thrown away, so that the client gets to read the answer: one that
/// is still sending when the connection closes sees a reset instead.
const DRAIN_BYTES: usize = 16_000_000;

/// What a client sent to create or change a task: text that is JSON if it says so.
#[derive(Debug)]
pub(crate) struct Document {
    text: String,
    is_json: bool,
}

impl<S: Sync> FromRequest<S> for Document {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let content_type = request.headers().get(header::CONTENT_TYPE).cloned();
        let Whole(bytes) = Whole::from_request(request, state).await?;
        Self::new(content_type.as_ref().map(HeaderValue::as_bytes), bytes.into())
    }
}

/// A body, whatever it is, that came in time and is not too long.
#[derive(Debug)]
pub(crate) struct Whole(pub(crate) Bytes);

impl<S: Sync> FromRequest<S> for Whole {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let (mut parts, body) = request.into_parts();
        let ticket = parts.extensions.remove::<Arc<Ticket>>().ok_or(Error::Overloaded)?;
        let reading = read(&parts.headers, body, &ticket);
        timeout_at(ticket.body_until().into(), reading).await.map_err(|_| Error::SlowBody)?.map(Self)
    }
}

async fn read(headers: &HeaderMap, body: Body, ticket: &Ticket) -> Result<Bytes, Error> {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > LIMIT_BYTES) && headers.contains_key(header::EXPECT) {
        return Err(Error::BodyTooLarge);
    }
    let mut body = body.into_data_stream();
    let declared = declared.unwrap_or_default().min(LIMIT_BYTES);
    // As long as it will be: it is not moved while it grows.
    let mut room = ticket.hold(declared * COPIES);
    let mut bytes = BytesMut::new();
    if room.is_ok() {
        bytes.reserve(declared);
    }
    while let Some(chunk) = next(&mut body).await? {
        if bytes.len() + chunk.len() > declared {
            room = room.and_then(|()| ticket.hold(chunk.len() * COPIES));
        }
        if let Err(full) = room {
            drain(&mut body, DRAIN_BYTES).await;
            return Err(full);
        }
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LIMIT_BYTES {
            drain(&mut body, DRAIN_BYTES.saturating_sub(bytes.len())).await;
            return Err(Error::BodyTooLarge);
        }
    }
    Ok(bytes.freeze())
}

/// What comes next of a body; nothing at its end.
///
/// # Errors
///
/// Fails if it breaks off.
pub(crate) async fn next(body: &mut BodyDataStream) -> Result<Option<Bytes>, Error> {
    let Some(frame) = body.frame().await else { return Ok(None) };
    let frame = frame.map_err(Error::BrokenBody)?;
    Ok(Some(frame.into_data().unwrap_or_default()))
}

async fn drain(body: &mut BodyDataStream, mut left: usize) {
    while let Ok(Some(chunk)) = next(body).await {
        left = left.saturating_sub(chunk.len());
        if left == 0 {
            return;
        }
    }
}

impl Document {
    /// Decides as the original does: a body without a content type is JSON, and of the others `application/json` and
    /// `application/*+json`.
    ///
    /// # Errors
    ///
    /// Fails if it should be JSON and is not UTF-8, or not JSON.
    pub(crate) fn new(content_type: Option<&[u8]>, bytes: Vec<u8>) -> Result<Self, Error> {
        if !content_type.is_none_or(is_json) {
            return Ok(Self { text: String::from_utf8_lossy(&bytes).into_owned(), is_json: false });
        }
        let mut text = String::from_utf8(bytes).map_err(|_| Error::BodyNotUtf8)?;
        if text.starts_with('\u{feff}') {
            text.remove(0);
        }
        if !text.is_empty() {
            serde_json::from_str::<&RawValue>(&text).map_err(|error| not_json(&text, &error))?;
        }
        Ok(Self { text, is_json: true })
    }

    /// As it was sent.
    pub(crate) fn text(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Reads everything a task needs.
    ///
    /// # Errors
    ///
    /// Fails with every fault in it.
    pub(crate) fn draft(&self) -> Result<Draft, Vec<Fault>> {
        self.object()?.draft()
    }

    /// Reads a JSON merge patch: what is absent stays, `null` resets what has a default.
    ///
    /// # Errors
    ///
    /// Fails with every fault in it.
    pub(crate) fn change(&self) -> Result<Change, Vec<Fault>> {
        self.object()?.change()
    }

    /// The object that it must be.
    ///
    /// # Errors
    ///
    /// Fails if it is none.
    pub(crate) fn object(&self) -> Result<Object<'_>, Vec<Fault>> {
        let text = self.text.trim_matches([' ', '\t', '\n', '\r']);
        let body = vec![Place::Name("body")];
        if self.text.is_empty() || (self.is_json && text == "null") {
            return Err(vec![Fault::new("missing", &body, "Field required", RawValue::NULL.to_owned())]);
        }
        if self.is_json { Object::read(text, body) } else { Err(Object::is_none(&body, text_input(&self.text))) }
    }
}

pub(crate) fn is_json(content_type: &[u8]) -> bool {
    let essence = content_type.split(|byte| *byte == b';').next().unwrap_or_default();
    let essence = String::from_utf8_lossy(essence).trim().to_ascii_lowercase();
    essence.strip_prefix("application/").is_some_and(|kind| kind == "json" || kind.ends_with("+json"))
}

fn not_json(text: &str, error: &serde_json::Error) -> Error {
    let start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let column = if error.is_eof() { error.column() } else { error.column().saturating_sub(1) };
    let position = text.char_indices().take_while(|(at, _)| *at < start + column).count();
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    let place = [Place::Name("body"), Place::Position(position)];
    let fault = Fault::new("json_invalid", &place, "JSON decode error", input("{}"));
    Error::Invalid(vec![fault.with(json!({ "error": message }))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::{Edit, Status};

    fn told(body: &str) -> String {
        match Document::new(None, body.into()).map(|document| document.draft()) {
            Ok(Ok(draft)) => format!("{draft:?}"),
            Ok(Err(faults)) | Err(Error::Invalid(faults)) => serde_json::to_string(&faults).unwrap(),
            Err(other) => other.to_string(),
        }
    }

    #[track_caller]
    fn check(body: &str, expected: &str) {
        assert_eq!(told(body), expected, "{body}");
    }

    #[test]
    fn every_fault_in_a_body_is_told() {
        check(
            r#" { "description" : 5, "status": "" } "#,
            concat!(
                r#"[{"type":"missing","loc":["body","title"],"msg":"Field required","input":{"description":5,"status":""}},"#,
                r#"{"type":"string_type","loc":["body","description"],"msg":"Input should be a valid string","input":5},"#,
                r#"{"type":"string_too_short","loc":["body","status"],"msg":"String should have at least 1 character","input":"","ctx":{"min_length":1}}]"#
            ),
        );
    }

    #[test]
    fn numbers_and_half_surrogates_come_back_as_they_were_sent() {
        check(
            r#"{"title": 123456789012345678901234567890.50e400}"#,
            r#"[{"type":"string_type","loc":["body","title"],"msg":"Input should be a valid string","input":123456789012345678901234567890.50e400}]"#,
        );
        check(
            r#"{"title": "\ud800"}"#,
            r#"[{"type":"string_unicode","loc":["body","title"],"msg":"Input should be a valid string, unable to parse raw data as a unicode string","input":"\ud800"}]"#,
        );
    }

    #[test]
    fn what_is_not_ours_is_ignored_whatever_it_is() {
        let expected = r#"Draft { title: Title("b"), description: None, status: Status("pending") }"#;
        check(r#"{"title":"a","title":"b"}"#, expected);
        check(r#"{"\ud800":1,"x":"\udfff","id":[],"created_at":{},"t\u0069tle":"b"}"#, expected);
        check("\u{feff}{\"title\":\"b\",\"status\":null}", expected);
    }

    #[test]
    fn a_place_in_text_that_is_not_json_is_counted_in_characters() {
        for (body, position) in [("{\"title\": ", 10), ("{\"é\": 1,\n}", 9), ("{\"title\": NaN}", 10), ("[1] x", 4)] {
            assert!(
                told(body).starts_with(&format!(r#"[{{"type":"json_invalid","loc":["body",{position}],"#)),
                "{}",
                told(body)
            );
        }
    }

    #[test]
    fn deep_nesting_is_no_trouble() {
        let deep = format!("{}{}", "[".repeat(400_000), "]".repeat(400_000));
        assert!(told(&deep).starts_with(r#"[{"type":"model_attributes_type""#));
        assert!(told(&format!(r#"{{"title":"b","x":{deep}}}"#)).starts_with("Draft"));
        assert!(told(&"[".repeat(900_000)).starts_with(r#"[{"type":"json_invalid""#));
    }

    #[test]
    fn a_patch_tells_absent_from_null() {
        let change = |body: &str| Document::new(None, body.into()).unwrap().change();
        assert_eq!(change("{}").unwrap(), Change::default());
        let reset = change(r#"{"description":null,"status":null}"#).unwrap();
        assert_eq!((reset.title, reset.description, reset.status), (None, Edit::Clear, Some(Status::default())));
        assert_eq!(change(r#"{"title":null,"status":5}"#).unwrap_err().len(), 2);
    }

    #[test]
    fn json_is_known_by_its_content_type() {
        for (content_type, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/merge-patch+json", true),
            ("text/plain", false),
            ("text/json", false),
            ("application/jsonp", false),
            ("", false),
        ] {
            assert_eq!(is_json(content_type.as_bytes()), expected, "{content_type}");
        }
    }
}
