//! `POST /tasks/import`: new tasks from lines as an export has them, however many there are.
//!
//! The body is read as it comes, and tasks are created by some hundreds: what is held at a time is what one of these
//! takes. With an `Idempotency-Key` each of them is created once, so that a body can be sent again after any failure.

use std::{mem, sync::Arc};

use axum::{
    Extension, Json, Router,
    body::Body,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing,
};
use bytes::{Buf, BytesMut};
use serde::Serialize;
use serde_json::{json, value::RawValue};
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::{
    app::{AppState, resource},
    error::Error,
    middleware::load::Ticket,
    openapi::{IdempotencyKey, KeyInUse, ValidationProblem},
    request::{
        body::{COPIES, LIMIT_BYTES, next},
        fault::{Fault, Place},
        idempotency::{Key, Name},
        object::{Object, input},
        owner::Owner,
    },
    resource::tasks::create_once,
    task::Draft,
};

const PATH: &str = "/tasks/import";

/// Lines that are created at once, and about how many bytes of them.
const MOST: usize = 500;
const MOST_BYTES: usize = 500_000;

pub(crate) fn router() -> Router<AppState> {
    Router::new().route(PATH, resource("POST, OPTIONS", routing::post(import)))
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Imported {
    /// Tasks that were created, or had been before under the same key.
    #[schema(example = 42)]
    imported: usize,
}

/// Creates a task of each line, which is an object as for `POST /tasks`. Ids and times in it are ignored.
///
/// The body may be of any length. It is done a part at a time: if a line is wrong, or the answer does not come, the parts
/// before are there. With an `Idempotency-Key` the same body can be sent again, with that line corrected, and no task is
/// created twice.
#[utoipa::path(
    post, path = "/tasks/import", operation_id = "importTasks", tag = "tasks",
    request_body(content = Option<String>, content_type = "application/x-ndjson", example = "{\"title\":\"Ship it\"}\n"),
    params(IdempotencyKey),
    responses(
        (status = 200, description = "All lines are tasks now", body = Imported),
        KeyInUse,
        (status = 422, description = "A line is wrong, or the key was sent with another body", body = ValidationProblem),
    )
)]
pub(crate) async fn import(
    State(state): State<AppState>,
    owner: Owner,
    Extension(ticket): Extension<Arc<Ticket>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let key = Key::name_of(&headers)?;
    let mut import = Import { state: &state, owner, key, part: Vec::new(), part_bytes: 0, parts: 0, imported: 0 };
    let (mut body, mut buffer, mut number) = (body.into_data_stream(), BytesMut::new(), 0);
    loop {
        let chunk = timeout(state.load.limits.body_time(), next(&mut body)).await.map_err(|_| Error::SlowBody)??;
        let is_over = chunk.is_none();
        if let Some(chunk) = chunk {
            ticket.hold(chunk.len() * COPIES)?;
            buffer.extend_from_slice(&chunk);
        }
        while let Some(length) = line_end(&buffer, is_over) {
            number += 1;
            import.line(&buffer[..length], number)?;
            buffer.advance((length + 1).min(buffer.len()));
            if import.part.len() >= MOST || import.part_bytes >= MOST_BYTES {
                import.create().await?;
                ticket.settle(buffer.len() * COPIES);
            }
        }
        if buffer.len() > LIMIT_BYTES {
            return Err(Error::BodyTooLarge);
        }
        if is_over {
            import.create().await?;
            return Ok(Json(Imported { imported: import.imported }).into_response());
        }
    }
}

/// How long the first line is, if it is whole. The last one needs no end.
fn line_end(buffer: &[u8], is_over: bool) -> Option<usize> {
    let end = buffer.iter().position(|byte| *byte == b'\n');
    end.or((is_over && !buffer.is_empty()).then_some(buffer.len()))
}

struct Import<'a> {
    state: &'a AppState,
    owner: Owner,
    key: Option<Name>,
    /// What is created next.
    part: Vec<Draft>,
    part_bytes: usize,
    parts: usize,
    imported: usize,
}

impl Import<'_> {
    fn line(&mut self, line: &[u8], number: usize) -> Result<(), Error> {
        let line = str::from_utf8(line).map_err(|_| Error::BodyNotUtf8)?.trim();
        if !line.is_empty() {
            self.part.push(draft(line, number)?);
            self.part_bytes += line.len();
        }
        Ok(())
    }

    /// Creates the tasks of a part.
    async fn create(&mut self) -> Result<(), Error> {
        let drafts = mem::take(&mut self.part);
        self.part_bytes = 0;
        if drafts.is_empty() {
            return Ok(());
        }
        let count = drafts.len();
        self.parts += 1;
        if let Some(name) = &self.key {
            let said: Vec<_> = drafts.iter().map(Draft::said).collect();
            let key = name.part(self.parts).of(PATH, &said.concat());
            create_once(self.state, &self.owner, key, drafts).await?;
        } else {
            self.state.store()?.create_many(&self.owner, drafts).await?;
            self.state.feeds.touch(&self.owner);
        }
        self.imported += count;
        Ok(())
    }
}

fn draft(line: &str, number: usize) -> Result<Draft, Vec<Fault>> {
    let at = vec![Place::Name("body"), Place::Position(number)];
    if let Err(error) = serde_json::from_str::<&RawValue>(line) {
        let fault = Fault::new("json_invalid", &at, "JSON decode error", input("{}"));
        return Err(vec![fault.with(json!({ "error": error.to_string() }))]);
    }
    Object::read(line, at)?.draft()
}
