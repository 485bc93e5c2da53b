//! JSON-RPC as the Model Context Protocol uses it: what a client says, and the shapes of an answer.

use std::borrow::Cow;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, IgnoredAny},
};
use serde_json::{Value, json, value::RawValue};

/// A request, or a notification if it has no id.
#[derive(Debug, Deserialize)]
pub(crate) struct Message<'a> {
    #[serde(borrow)]
    pub(crate) jsonrpc: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(crate) id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) method: Cow<'a, str>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

/// Of all the parameters that there are, those that mean something to us.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Params<'a> {
    #[serde(borrow, rename = "_meta", default, deserialize_with = "meta")]
    pub(crate) meta: Meta<'a>,
    #[serde(borrow)]
    pub(crate) name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(crate) arguments: Option<&'a RawValue>,
}

/// What a request says of itself since there is no handshake any more.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Meta<'a> {
    #[serde(borrow, rename = "io.modelcontextprotocol/protocolVersion")]
    pub(crate) version: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "io.modelcontextprotocol/clientCapabilities")]
    capabilities: Option<&'a RawValue>,
}

impl Meta<'_> {
    pub(crate) fn has_capabilities(&self) -> bool {
        self.capabilities.is_some_and(|raw| raw.get().starts_with('{'))
    }
}

/// A member that is there is something, and if it is null.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

fn meta<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Meta<'de>, D::Error> {
    let text = <&RawValue>::deserialize(deserializer)?.get();
    object(text).map_err(D::Error::custom)
}

/// Reads an object. Derived readers would also take an array, of its members' values in their order.
fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, serde_json::Error> {
    if text.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('{') {
        return serde_json::from_str(text);
    }
    serde_json::from_str::<IgnoredAny>(text)?;
    Err(serde_json::Error::custom("no object"))
}

impl<'a> Message<'a> {
    /// # Errors
    ///
    /// Fails if it is no JSON, or none that is a request or a notification.
    pub(crate) fn read(text: &'a str) -> Result<Self, Refusal> {
        let message = object::<Self>(text).map_err(|error| {
            if error.is_data() { Refusal::new(-32600, "Invalid Request") } else { Refusal::new(-32700, "Parse error") }
        })?;
        let is_id = |id: &RawValue| matches!(id.get().as_bytes().first(), Some(b'"' | b'-' | b'0'..=b'9'));
        if message.jsonrpc == "2.0" && message.id.is_none_or(is_id) {
            Ok(message)
        } else {
            Err(Refusal::new(-32600, "Invalid Request"))
        }
    }

    /// # Errors
    ///
    /// Fails if those that mean something are of other types.
    pub(crate) fn params(&self) -> Result<Params<'a>, Refusal> {
        let Some(params) = self.params else { return Ok(Params::default()) };
        object(params.get()).map_err(|_| Refusal::new(-32602, "Invalid params"))
    }
}

/// Why a request gets no result: an error of the protocol, not of a tool.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    pub(crate) code: i32,
    message: String,
    data: Option<Value>,
}

impl Refusal {
    /// One that is a bad request to HTTP too.
    pub(super) fn new(code: i32, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into(), data: None }
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub(super) fn with(self, data: Value) -> Self {
        Self { data: Some(data), ..self }
    }

    pub(super) fn answer(self, id: Option<&RawValue>) -> Response {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(data) = self.data {
            error["data"] = data;
        }
        respond(self.status, &Answer { jsonrpc: "2.0", id, result: None::<()>, error: Some(error) })
    }
}

#[derive(Serialize)]
struct Answer<'a, T> {
    jsonrpc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
}

/// The answer to a request that went well.
pub(super) fn result(id: &RawValue, result: impl Serialize) -> Response {
    respond(StatusCode::OK, &Answer { jsonrpc: "2.0", id: Some(id), result: Some(result), error: None })
}

fn respond(status: StatusCode, answer: &impl Serialize) -> Response {
    let body = serde_json::to_vec(answer).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, i32>) {
        let read = Message::read(text).and_then(|message| {
            let params = message.params()?;
            Ok(format!("{} {:?} {:?}", message.method, message.id.map(RawValue::get), params.name))
        });
        assert_eq!(read.as_deref().map_err(|refusal| refusal.code), expected, "{text}");
    }

    #[test]
    fn a_message_is_read_whole_or_refused() {
        check(r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#, Ok("ping Some(\"7\") None"));
        check(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, Ok("notifications/initialized None None"));
        check(
            r#"{"jsonrpc":"2.0","id":"\u0061","method":"tools\/call","params":{"name":"\u0061","x":[1]}}"#,
            Ok(r#"tools/call Some("\"\\u0061\"") Some("a")"#),
        );
        for bad in ["", "{", "nonsense", "{\"jsonrpc\":\"2.0\",}"] {
            check(bad, Err(-32700));
        }
        for bad in [
            "[]",
            "7",
            r#"[{"jsonrpc":"2.0","id":7,"method":"ping"}]"#,
            r#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":7,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":7,"method":7}"#,
            // The members' values without their names.
            r#"["2.0",7,"ping",{}]"#,
            r#" ["2.0",7,"ping",{},5]"#,
        ] {
            check(bad, Err(-32600));
        }
        let without_names = [r#"[{},"a",{},"b"]"#, r#"{"_meta":["2026-07-28",{}]}"#];
        for bad in ["[]", "7", r#"{"name":7}"#, r#"{"_meta":7}"#].into_iter().chain(without_names) {
            check(&format!(r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{bad}}}"#), Err(-32602));
        }
    }
}
