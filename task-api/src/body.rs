//! The body of a request: how much of it is taken, and what it says.

use std::{collections::HashMap, sync::Arc};

use axum::{
    body::{Body, BodyDataStream},
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{json, value::RawValue};
use tokio::time::timeout_at;

use crate::{
    around::load::Ticket,
    error::Error,
    fault::{Fault, Place, text_input},
    task::{BadText, Change, Description, Draft, Edit, Status, Title},
};

const LIMIT_BYTES: usize = 1_000_000;

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

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let (mut parts, body) = request.into_parts();
        let ticket = parts.extensions.remove::<Arc<Ticket>>().ok_or(Error::Overloaded)?;
        let reading = read(&parts.headers, body, &ticket);
        let bytes = timeout_at(ticket.body_until().into(), reading).await.map_err(|_| Error::SlowBody)??;
        Self::new(parts.headers.get(header::CONTENT_TYPE).map(axum::http::HeaderValue::as_bytes), &bytes)
    }
}

async fn read(headers: &HeaderMap, body: Body, ticket: &Ticket) -> Result<Bytes, Error> {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > LIMIT_BYTES) && headers.contains_key(header::EXPECT) {
        return Err(Error::BodyTooLarge);
    }
    let mut body = body.into_data_stream();
    let mut bytes = BytesMut::new();
    while let Some(chunk) = next(&mut body).await? {
        ticket.hold(chunk.len())?;
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LIMIT_BYTES {
            drain(&mut body, DRAIN_BYTES.saturating_sub(bytes.len())).await;
            return Err(Error::BodyTooLarge);
        }
    }
    Ok(bytes.freeze())
}

async fn next(body: &mut BodyDataStream) -> Result<Option<Bytes>, Error> {
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
    pub(crate) fn new(content_type: Option<&[u8]>, bytes: &[u8]) -> Result<Self, Error> {
        if !content_type.is_none_or(is_json) {
            return Ok(Self { text: String::from_utf8_lossy(bytes).into_owned(), is_json: false });
        }
        let text = str::from_utf8(bytes).map_err(|_| Error::BodyNotUtf8)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if !text.is_empty() {
            serde_json::from_str::<&RawValue>(text).map_err(|error| not_json(text, &error))?;
        }
        Ok(Self { text: text.to_owned(), is_json: true })
    }

    /// Reads everything a task needs.
    ///
    /// # Errors
    ///
    /// Fails with every fault in it.
    pub(crate) fn draft(&self) -> Result<Draft, Vec<Fault>> {
        let members = self.members()?;
        let mut faults = Vec::new();
        let title = match members.get("title") {
            None => {
                faults.push(Fault::new("missing", &at("title"), "Field required", input(&self.text)));
                None
            }
            Some(raw) => text_member("title", raw, Title::new, &mut faults),
        };
        let description = optional_member("description", &members, Description::new, &mut faults).value();
        let status = optional_member("status", &members, Status::new, &mut faults).value().unwrap_or_default();
        match title {
            Some(title) if faults.is_empty() => Ok(Draft { title, description, status }),
            _ => Err(faults),
        }
    }

    /// Reads a JSON merge patch: what is absent stays, `null` resets what has a default.
    ///
    /// # Errors
    ///
    /// Fails with every fault in it.
    pub(crate) fn change(&self) -> Result<Change, Vec<Fault>> {
        let members = self.members()?;
        let mut faults = Vec::new();
        let title = members.get("title").and_then(|raw| text_member("title", raw, Title::new, &mut faults));
        let description = optional_member("description", &members, Description::new, &mut faults);
        let status = match optional_member("status", &members, Status::new, &mut faults) {
            Edit::Keep => None,
            Edit::Clear => Some(Status::default()),
            Edit::Set(status) => Some(status),
        };
        if faults.is_empty() { Ok(Change { title, description, status }) } else { Err(faults) }
    }

    fn members(&self) -> Result<Members<'_>, Vec<Fault>> {
        let text = self.text.trim_matches([' ', '\t', '\n', '\r']);
        let body = [Place::Name("body")];
        if self.text.is_empty() || (self.is_json && text == "null") {
            return Err(vec![Fault::new("missing", &body, "Field required", RawValue::NULL.to_owned())]);
        }
        let input = if self.is_json { input(text) } else { text_input(&self.text) };
        let members = if self.is_json { serde_json::from_str(text).ok() } else { None };
        members.ok_or_else(|| {
            let msg = "Input should be a valid dictionary or object to extract fields from";
            vec![Fault::new("model_attributes_type", &body, msg, input)]
        })
    }
}

fn is_json(content_type: &[u8]) -> bool {
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

fn at(name: &'static str) -> [Place; 2] {
    [Place::Name("body"), Place::Name(name)]
}

/// A member that may be left out or be null.
fn optional_member<T>(
    name: &'static str,
    members: &Members<'_>,
    new: fn(String) -> Result<T, Vec<BadText>>,
    faults: &mut Vec<Fault>,
) -> Edit<T> {
    match members.get(name) {
        None => Edit::Keep,
        Some(raw) if raw.get() == "null" => Edit::Clear,
        Some(raw) => text_member(name, raw, new, faults).map_or(Edit::Keep, Edit::Set),
    }
}

fn text_member<T>(
    name: &'static str,
    raw: &RawValue,
    new: fn(String) -> Result<T, Vec<BadText>>,
    faults: &mut Vec<Fault>,
) -> Option<T> {
    if !raw.get().starts_with('"') {
        faults.push(Fault::new("string_type", &at(name), "Input should be a valid string", input(raw.get())));
        return None;
    }
    // The grammar has been checked, so half a surrogate pair is all that can be wrong.
    let Ok(text) = serde_json::from_str::<String>(raw.get()) else {
        let msg = "Input should be a valid string, unable to parse raw data as a unicode string";
        faults.push(Fault::new("string_unicode", &at(name), msg, input(raw.get())));
        return None;
    };
    new(text)
        .map_err(|bad| {
            let fault = |bad: BadText| Fault::new(bad.kind, &at(name), bad.msg, input(raw.get())).with(bad.ctx);
            faults.extend(bad.into_iter().map(fault));
        })
        .ok()
}

/// The members of an object, unparsed; of those of one name, the last.
struct Members<'a>(HashMap<String, &'a RawValue>);

impl<'a> Members<'a> {
    fn get(&self, name: &str) -> Option<&&'a RawValue> {
        self.0.get(name)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = HashMap<String, &'de RawValue>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = HashMap::new();
                // A name that is no Unicode text is no name of ours, and ignored like any other.
                while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    if let Ok(name @ ("title" | "description" | "status")) =
                        serde_json::from_str::<String>(name.get()).as_deref()
                    {
                        members.insert(name.to_owned(), value);
                    }
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Object).map(Members)
    }
}

/// JSON text as it was sent, without the white space between its parts.
fn input(json: &str) -> Box<RawValue> {
    let (mut compact, mut in_string, mut escaped) = (String::with_capacity(json.len()), false, false);
    for c in json.chars() {
        if in_string {
            (in_string, escaped) = (escaped || c != '"', !escaped && c == '\\');
        } else if matches!(c, ' ' | '\t' | '\n' | '\r') {
            continue;
        } else {
            in_string = c == '"';
        }
        compact.push(c);
    }
    RawValue::from_string(compact).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(body: &str) -> String {
        match Document::new(None, body.as_bytes()).map(|document| document.draft()) {
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
        let change = |body: &str| Document::new(None, body.as_bytes()).unwrap().change();
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
