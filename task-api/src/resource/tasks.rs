//! The resource: `/tasks` and `/tasks/{id}`.

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::Body,
    extract::{FromRequestParts, RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing,
};
use percent_encoding::percent_decode_str;

use crate::{
    app::{AppState, resource},
    epoch::Epoch,
    error::Error,
    middleware::load::Ticket,
    openapi::{
        Format, IdempotencyKey, IfMatch, KeyInUse, NewTask, NoSuchTask, Sort, Stale, TaskChange, TaskPath,
        ValidationProblem,
    },
    request::{
        body::Document,
        etag,
        fault::{Fault, Place, both, text_input},
        forwarded::PathPrefix,
        idempotency::Key,
        owner::Owner,
        prefer::{self, WantsCount},
        selection::Selection,
    },
    resource::{export, pieces},
    store::{Once, Outcome},
    task::{Draft, NoInteger, Task, TaskId},
};

pub(crate) fn router() -> Router<AppState> {
    let collection = routing::get(list).post(create);
    let one = routing::get(read).put(replace).patch(change).delete(remove);
    Router::new()
        .route("/tasks", resource("GET, HEAD, POST, OPTIONS", collection))
        .route("/tasks/{id}", resource("GET, HEAD, PUT, PATCH, DELETE, OPTIONS", one))
}

/// The tasks, a page at a time. The next page is in the `Link` header; where there is none, this is the last.
#[utoipa::path(
    get, path = "/tasks", operation_id = "listTasks", tag = "tasks",
    params(
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, example = 100, description = "Tasks on a page; 100 if not said"),
        ("cursor" = Option<String>, Query, pattern = "^[A-Za-z0-9_-]+$", description = "Where the page begins, from a `Link` header"),
        ("status" = Option<String>, Query, pattern = "^[^\\u0000,]{1,50}(,[^\\u0000,]{1,50}){0,19}$",
            example = "pending", description = "Only tasks of one of these statuses, with commas between them"),
        ("status_not" = Option<String>, Query, pattern = "^[^\\u0000,]{1,50}(,[^\\u0000,]{1,50}){0,19}$",
            example = "completed", description = "Only tasks of none of these statuses, with commas between them; `status!` is the same"),
        ("created_after" = Option<String>, Query, format = DateTime, example = "2026-01-31T12:00:00Z", description = "Only tasks created later"),
        ("created_before" = Option<String>, Query, format = DateTime, example = "2027-01-31T12:00:00Z", description = "Only tasks created earlier"),
        ("q" = Option<String>, Query, min_length = 1, max_length = 200, pattern = "^[^\\u0000]*$", example = "ship",
            description = "Only tasks with this in the title or the description, in letters of either case"),
        ("sort" = Option<Sort>, Query, description = "The order, with a minus from the end; `id` if not said"),
        ("format" = Option<Format>, Query, description = "`ndjson` is every task of the list, a line each; `json`, a page, if not said"),
        ("Prefer" = Option<String>, Header, example = "count=exact", description = "`count=exact` counts the tasks on all pages"),
    ),
    responses(
        (status = 200, description = "A page of tasks",
            content((Vec<Task> = "application/json"), (String = "application/x-ndjson")), headers(("Link"), ("Preference-Applied"), ("X-Total-Count"))),
        (status = 422, description = "A parameter is wrong", body = ValidationProblem),
    )
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    owner: Owner,
    Extension(ticket): Extension<Arc<Ticket>>,
    prefix: PathPrefix,
    WantsCount(wants_count): WantsCount,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let query = query.unwrap_or_default();
    let (selection, is_export) = both(Selection::parse(&query, &owner, state.epoch()), export::is_asked(&query))?;
    if is_export {
        return export::lines(&state, owner, selection).await;
    }
    let listed = state.store()?.list(&owner, &selection).await?;
    let mut headers = HeaderMap::new();
    if listed.has_more {
        let path = format!("{}/tasks", prefix.as_str());
        let next = listed.tasks.last().and_then(|last| selection.next(&path, last));
        headers.extend(next.map(|link| (header::LINK, link)));
    }
    if wants_count {
        headers.extend(prefer::counted(state.store()?.count(&owner, &selection.filter).await?));
    }
    let write = move |at: usize, text: &mut Vec<u8>| listed.tasks.get(at).is_some_and(|task| write(task, text));
    let answer = pieces::answer("[", write, "]".to_owned());
    ticket.hold(pieces::held_bytes(&answer))?;
    Ok((headers, answer).into_response())
}

/// Creates a task: with an `Idempotency-Key` once, however often the request is sent within a day.
#[utoipa::path(
    post, path = "/tasks", operation_id = "createTask", tag = "tasks", request_body = NewTask,
    params(IdempotencyKey),
    responses(
        (status = 201, description = "The new task", body = Task, headers(("ETag"), ("Idempotency-Replayed"))),
        KeyInUse,
        (status = 422, description = "The body is wrong, or the key was sent with another one", body = ValidationProblem),
    )
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    owner: Owner,
    headers: HeaderMap,
    document: Document,
) -> Result<Response, Error> {
    let (key, draft) = both(Key::of(&headers, "/tasks", document.text()), document.draft())?;
    drop(document);
    let Some(key) = key else {
        let task = state.store()?.create(&owner, draft).await?;
        state.feeds.touch(&owner);
        return Ok(created(&task, state.epoch()));
    };
    let (mut tasks, is_replayed) = create_once(&state, &owner, key, vec![draft]).await?;
    let task = tasks.pop().ok_or(Error::NoSuchTask)?;
    Ok((replayed(is_replayed), created(&task, state.epoch())).into_response())
}

/// Makes tasks under a key, or finds what they were made into before.
pub(crate) async fn create_once(
    state: &AppState,
    owner: &Owner,
    key: Key,
    drafts: Vec<Draft>,
) -> Result<(Vec<Task>, bool), Error> {
    let _held = state.running.hold(owner, &key).ok_or(Error::KeyInUse)?;
    let taken = key.is_taken();
    match state.store()?.create_once(owner, key, drafts).await? {
        Once::Made(tasks) => {
            state.feeds.touch(owner);
            Ok((tasks, false))
        }
        Once::Again(tasks) => Ok((tasks, true)),
        Once::Taken => Err(Error::Invalid(taken)),
    }
}

/// The header that tells an answer that was given before.
pub(crate) fn replayed(is_replayed: bool) -> HeaderMap {
    let header = (HeaderName::from_static("idempotency-replayed"), HeaderValue::from_static("true"));
    HeaderMap::from_iter(is_replayed.then_some(header))
}

fn created(task: &Task, epoch: Epoch) -> Response {
    (StatusCode::CREATED, tagged(task, epoch)).into_response()
}

fn tagged(task: &Task, epoch: Epoch) -> Response {
    let mut text = Vec::new();
    write(task, &mut text);
    let mut response = Response::new(Body::from(text));
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().extend([kind].into_iter().chain(etag::header(task, epoch)));
    response
}

fn write(task: &Task, text: &mut Vec<u8>) -> bool {
    // As long as it will be: it is not moved while it grows.
    text.reserve(task.bytes());
    serde_json::to_writer(text, task).is_ok()
}

/// One task.
#[utoipa::path(
    get, path = "/tasks/{task_id}", operation_id = "readTask", tag = "tasks",
    params(
        TaskPath,
        ("If-None-Match" = Option<String>, Header, example = "\"1-1\"", description = "Tags of states that the client has"),
    ),
    responses(
        (status = 200, description = "The task", body = Task, headers(("ETag"))),
        (status = 304, description = "The client has it as it is"),
        NoSuchTask,
        (status = 422, description = "The id is no integer", body = ValidationProblem),
    )
)]
pub(crate) async fn read(
    State(state): State<AppState>,
    owner: Owner,
    Extension(ticket): Extension<Arc<Ticket>>,
    id: PathId,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let id = id.parse()?.ok_or(Error::NoSuchTask)?;
    let task = state.store()?.read(&owner, id).await?.ok_or(Error::NoSuchTask)?;
    if etag::is_known(&headers, &task, state.epoch()) {
        return Ok((StatusCode::NOT_MODIFIED, HeaderMap::from_iter(etag::header(&task, state.epoch()))).into_response());
    }
    ticket.hold(task.bytes())?;
    Ok(tagged(&task, state.epoch()))
}

/// Replaces all that a client says about a task: what is left out is reset to its default.
#[utoipa::path(
    put, path = "/tasks/{task_id}", operation_id = "replaceTask", tag = "tasks", request_body = NewTask,
    params(TaskPath, IfMatch),
    responses(
        (status = 200, description = "The task as it is now", body = Task, headers(("ETag"))),
        NoSuchTask,
        Stale,
        (status = 422, description = "The id or the body is wrong", body = ValidationProblem),
    )
)]
pub(crate) async fn replace(
    State(state): State<AppState>,
    owner: Owner,
    id: PathId,
    headers: HeaderMap,
    document: Document,
) -> Result<Response, Error> {
    let (id, draft) = both(id.parse(), document.draft())?;
    let id = id.ok_or(Error::NoSuchTask)?;
    drop(document);
    let conditions = state.conditions(&headers, id)?;
    let task = done(&state, &owner, state.store()?.replace(&owner, id, &conditions, draft).await?)?;
    Ok(tagged(&task, state.epoch()))
}

/// Changes what is sent of a task, and nothing else: a JSON merge patch (RFC 7396).
#[utoipa::path(
    patch, path = "/tasks/{task_id}", operation_id = "changeTask", tag = "tasks",
    request_body(content = TaskChange, content_type = "application/merge-patch+json"),
    params(TaskPath, IfMatch),
    responses(
        (status = 200, description = "The task as it is now", body = Task, headers(("ETag"))),
        NoSuchTask,
        Stale,
        (status = 422, description = "The id or the body is wrong", body = ValidationProblem),
    )
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    owner: Owner,
    id: PathId,
    headers: HeaderMap,
    document: Document,
) -> Result<Response, Error> {
    let (id, change) = both(id.parse(), document.change())?;
    let id = id.ok_or(Error::NoSuchTask)?;
    drop(document);
    let conditions = state.conditions(&headers, id)?;
    let task = done(&state, &owner, state.store()?.change(&owner, id, &conditions, change).await?)?;
    Ok(tagged(&task, state.epoch()))
}

/// Deletes a task.
#[utoipa::path(
    delete, path = "/tasks/{task_id}", operation_id = "deleteTask", tag = "tasks",
    params(TaskPath, IfMatch),
    responses(
        (status = 204, description = "The task is gone"),
        NoSuchTask,
        Stale,
        (status = 422, description = "The id is no integer", body = ValidationProblem),
    )
)]
pub(crate) async fn remove(
    State(state): State<AppState>,
    owner: Owner,
    id: PathId,
    headers: HeaderMap,
) -> Result<StatusCode, Error> {
    let id = id.parse()?.ok_or(Error::NoSuchTask)?;
    let conditions = state.conditions(&headers, id)?;
    done(&state, &owner, state.store()?.delete(&owner, id, &conditions).await?)?;
    Ok(StatusCode::NO_CONTENT)
}

/// What came of a change, of which those who follow the owner's tasks are told.
///
/// # Errors
///
/// Fails if it was not made.
pub(crate) fn done<T>(state: &AppState, owner: &Owner, outcome: Outcome<T>) -> Result<T, Error> {
    match outcome {
        Outcome::Done(done) => {
            state.feeds.touch(owner);
            Ok(done)
        }
        Outcome::Missing => Err(Error::NoSuchTask),
        Outcome::Stale => Err(Error::Stale),
    }
}

/// The last part of the path, decoded, and not yet looked at: its faults are told together with the body's.
pub(crate) struct PathId(String);

impl PathId {
    /// The task that it names, if it can be one's.
    fn parse(&self) -> Result<Option<TaskId>, Vec<Fault>> {
        TaskId::parse(&self.0).map_err(|NoInteger| {
            let place = [Place::Name("path"), Place::Name("task_id")];
            let msg = "Input should be a valid integer, unable to parse string as an integer";
            vec![Fault::new("int_parsing", &place, msg, text_input(&self.0))]
        })
    }
}

impl<S: Sync> FromRequestParts<S> for PathId {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let last = parts.uri.path().rsplit('/').next().unwrap_or_default();
        let text = percent_decode_str(last).decode_utf8_lossy().into_owned();
        // An encoded slash is a slash to the original, and makes it a longer path that is not there.
        if text.contains('/') { Err(Error::NoSuchPath) } else { Ok(Self(text)) }
    }
}
