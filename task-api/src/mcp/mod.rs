//! `/mcp`: the Model Context Protocol over streamable HTTP, for language models and their clients.
//!
//! Nothing is kept between two requests, so that any replica answers any of them. An answer is one JSON object, never a
//! stream. Clients of the revision without a handshake are answered as it says, and those that begin with `initialize`
//! as theirs do.

mod fields;
pub(crate) mod message;
mod revision;
mod tools;

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing,
};
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};

use crate::{
    app::{AppState, resource},
    config::key::Scopes,
    error::{Error, Told},
    middleware::load::Ticket,
    request::{
        body::{Whole, is_json},
        origin,
        owner::Owner,
    },
};
use message::{Message, Params, Refusal, result};
use revision::Revision;
use tools::{Caller, Tool};

pub(crate) const PATH: &str = "/mcp";

const INSTRUCTIONS: &str = "Tasks are things to be done. Changes leave alone what they do not name. \
                            Pass the `etag` that you saw to change a task only if nobody else has changed it since.";

/// How long clients may keep what is the same until another version of the program runs.
const FRESH_MS: u32 = 300_000;

pub(crate) fn router() -> Router<AppState> {
    Router::new().route(PATH, resource("POST, OPTIONS", routing::post(answer)))
}

async fn answer(
    State(state): State<AppState>,
    owner: Owner,
    Extension(ticket): Extension<Arc<Ticket>>,
    scopes: Option<Extension<Scopes>>,
    headers: HeaderMap,
    body: Whole,
) -> Response {
    let scopes = scopes.map(|Extension(scopes)| scopes);
    if scopes.is_none() && !origin::is_from_here(&headers) && !state.origins.name(&headers) {
        let refusal = Refusal::new(-32600, "Requests of web pages are not answered without API keys");
        return refusal.with_status(StatusCode::FORBIDDEN).answer(None);
    }
    if !headers.get(header::CONTENT_TYPE).is_some_and(|value| is_json(value.as_bytes())) {
        let refusal = Refusal::new(-32600, "Content-Type must be application/json");
        return refusal.with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE).answer(None);
    }
    let Ok(text) = str::from_utf8(&body.0) else { return Refusal::new(-32700, "Parse error").answer(None) };
    let message = match Message::read(text) {
        Ok(message) => message,
        Err(refusal) => return refusal.answer(None),
    };
    let Some(id) = message.id else { return StatusCode::ACCEPTED.into_response() };
    let asked = message.params().and_then(|params| Ok((Revision::of(&headers, &message, &params)?, params)));
    let answered = match asked {
        Ok((revision, params)) => {
            let caller = Caller { state: &state, owner, scopes, ticket: &ticket };
            dispatch(&caller, id, &message.method, &params, revision).await
        }
        Err(refusal) => Err(refusal),
    };
    answered.unwrap_or_else(|refusal| refusal.answer(Some(id)))
}

async fn dispatch(
    caller: &Caller<'_>,
    id: &RawValue,
    method: &str,
    params: &Params<'_>,
    revision: Revision,
) -> Result<Response, Refusal> {
    match method {
        "initialize" => {
            // Whatever the client wishes for: it decides whether that will do.
            let version = revision.name();
            let server = json!({ "name": "task-api", "version": env!("CARGO_PKG_VERSION") });
            let body = json!({ "protocolVersion": version, "capabilities": { "tools": {} }, "serverInfo": server, "instructions": INSTRUCTIONS });
            Ok(result(id, body))
        }
        "server/discover" => {
            let body = json!({ "supportedVersions": Revision::names(), "capabilities": { "tools": {} }, "instructions": INSTRUCTIONS });
            // It is of that revision whatever it is asked about.
            Ok(result(id, Complete::new(body, Revision::NEWEST).fresh()))
        }
        "ping" => Ok(result(id, Complete::new(json!({}), revision))),
        "tools/list" => {
            let tools = serde_json::from_str::<&RawValue>(tools::DESCRIBED).unwrap_or(RawValue::NULL);
            Ok(result(id, Complete::new(Tools { tools }, revision).fresh()))
        }
        "tools/call" => {
            let name = params.name.as_deref().unwrap_or_default();
            let tool = Tool::named(name).ok_or_else(|| {
                Refusal::new(-32602, format!("Unknown tool: {}", name.escape_debug())).with_status(StatusCode::OK)
            })?;
            let outcome = tool.call(caller, params.arguments.map_or("{}", RawValue::get)).await;
            Ok(told(id, outcome, revision))
        }
        other => {
            let status = if revision.is_modern() { StatusCode::NOT_FOUND } else { StatusCode::OK };
            let message = format!("Method not found: {}", other.escape_debug());
            Err(Refusal::new(-32601, message).with_status(status))
        }
    }
}

/// What came of a tool. What kept it from being done is a result too, that models read and learn from.
fn told(id: &RawValue, outcome: Result<Box<RawValue>, Error>, revision: Revision) -> Response {
    match outcome {
        Ok(done) => {
            let called = Called { content: [Text::new(done.get())], is_error: false };
            result(id, Complete::new(called, revision))
        }
        Err(error) => {
            let text = String::from_utf8(error.problem(PATH)).unwrap_or_default();
            let called = Called { content: [Text::new(&text)], is_error: true };
            let mut response = result(id, Complete::new(called, revision));
            response.extensions_mut().insert(Told(Arc::new(error)));
            response
        }
    }
}

#[derive(Serialize)]
struct Tools<'a> {
    tools: &'a RawValue,
}

/// As text alone, which all clients show their models: with the same as structure, each answer would be twice as long.
#[derive(Serialize)]
struct Called<'a> {
    content: [Text<'a>; 1],
    #[serde(rename = "isError")]
    is_error: bool,
}

/// Text, which is JSON.
#[derive(Serialize)]
struct Text<'a> {
    r#type: &'static str,
    text: &'a str,
}

impl<'a> Text<'a> {
    fn new(text: &'a str) -> Self {
        Self { r#type: "text", text }
    }
}

/// A result with what the revision without a handshake wants in each.
#[derive(Serialize)]
struct Complete<T> {
    #[serde(flatten)]
    result: T,
    #[serde(rename = "resultType", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(rename = "ttlMs", skip_serializing_if = "Option::is_none")]
    fresh_ms: Option<u32>,
    #[serde(rename = "cacheScope", skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    meta: Option<Value>,
}

impl<T> Complete<T> {
    fn new(result: T, revision: Revision) -> Self {
        let server = || json!({ "io.modelcontextprotocol/serverInfo": { "name": "task-api", "version": env!("CARGO_PKG_VERSION") } });
        let (kind, meta) = revision.is_modern().then(|| ("complete", server())).unzip();
        Self { result, kind, fresh_ms: None, scope: None, meta }
    }

    /// Lets clients keep it for a while.
    fn fresh(self) -> Self {
        let (fresh_ms, scope) = self.kind.map(|_| (FRESH_MS, "public")).unzip();
        Self { fresh_ms, scope, ..self }
    }
}
