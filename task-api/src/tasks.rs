//! The resource: `/tasks` and `/tasks/{id}`.

use axum::{
    Json, Router,
    extract::{FromRequestParts, RawQuery, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing,
};
use percent_encoding::percent_decode_str;

use crate::{
    app::{AppState, resource},
    body::Document,
    error::Error,
    fault::{Fault, Place, both, text_input},
    openapi::{NewTask, Problem, TaskChange, ValidationProblem},
    page::Page,
    task::{Task, TaskId},
};

pub(crate) fn router() -> Router<AppState> {
    let collection = routing::get(list).post(create);
    let one = routing::get(read).put(replace).patch(change).delete(remove);
    Router::new()
        .route("/tasks", resource("GET, HEAD, POST, OPTIONS", collection))
        .route("/tasks/{id}", resource("GET, HEAD, PUT, PATCH, DELETE, OPTIONS", one))
}

/// The tasks, by id, a page at a time. The next page is in the `Link` header; where there is none, this is the last.
#[utoipa::path(
    get, path = "/tasks", operation_id = "listTasks", tag = "tasks",
    params(
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "Tasks on a page; 100 if not said"),
        ("cursor" = Option<String>, Query, description = "Where the page begins, from a `Link` header"),
    ),
    responses(
        (status = 200, description = "A page of tasks", body = Vec<Task>,
            headers(("Link" = Option<String>, description = "The next page, `rel=\"next\"`"))),
        (status = 422, description = "A parameter is wrong", body = ValidationProblem),
        (status = 503, description = "The database is not available, or the service is busy", body = Problem),
        (status = 504, description = "There was no answer in time", body = Problem),
    )
)]
pub(crate) async fn list(State(state): State<AppState>, RawQuery(query): RawQuery) -> Result<Response, Error> {
    let page = Page::parse(query.as_deref().unwrap_or_default())?;
    let mut tasks = state.store()?.list(page.after, page.limit + 1).await?;
    let mut headers = HeaderMap::new();
    if i64::try_from(tasks.len()).is_ok_and(|count| count > page.limit) {
        tasks.pop();
        let next = tasks.last().and_then(|last| page.next("/tasks", last.id));
        headers.extend(next.map(|link| (header::LINK, link)));
    }
    Ok((headers, Json(tasks)).into_response())
}

/// Creates a task.
#[utoipa::path(
    post, path = "/tasks", operation_id = "createTask", tag = "tasks", request_body = NewTask,
    responses(
        (status = 201, description = "The new task", body = Task),
        (status = 400, description = "The body is not text", body = Problem),
        (status = 408, description = "The body did not arrive in time", body = Problem),
        (status = 413, description = "The body is larger than 1 MB", body = Problem),
        (status = 422, description = "The body is wrong", body = ValidationProblem),
        (status = 503, description = "The database is not available, or the service is busy", body = Problem),
        (status = 504, description = "There was no answer in time", body = Problem),
    )
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    document: Document,
) -> Result<(StatusCode, Json<Task>), Error> {
    let draft = document.draft()?;
    let task = state.store()?.create(draft).await?;
    Ok((StatusCode::CREATED, Json(task)))
}

/// One task.
#[utoipa::path(
    get, path = "/tasks/{task_id}", operation_id = "readTask", tag = "tasks",
    params(("task_id" = i64, Path, description = "The task's id")),
    responses(
        (status = 200, description = "The task", body = Task),
        (status = 404, description = "No task has this id", body = Problem),
        (status = 422, description = "The id is no integer", body = ValidationProblem),
        (status = 503, description = "The database is not available, or the service is busy", body = Problem),
        (status = 504, description = "There was no answer in time", body = Problem),
    )
)]
pub(crate) async fn read(State(state): State<AppState>, id: PathId) -> Result<Json<Task>, Error> {
    let id = id.parse()?;
    state.store()?.read(id).await?.map(Json).ok_or(Error::NoSuchTask)
}

/// Replaces all that a client says about a task: what is left out is reset to its default.
#[utoipa::path(
    put, path = "/tasks/{task_id}", operation_id = "replaceTask", tag = "tasks", request_body = NewTask,
    params(("task_id" = i64, Path, description = "The task's id")),
    responses(
        (status = 200, description = "The task as it is now", body = Task),
        (status = 400, description = "The body is not text", body = Problem),
        (status = 404, description = "No task has this id", body = Problem),
        (status = 408, description = "The body did not arrive in time", body = Problem),
        (status = 413, description = "The body is larger than 1 MB", body = Problem),
        (status = 422, description = "The id or the body is wrong", body = ValidationProblem),
        (status = 503, description = "The database is not available, or the service is busy", body = Problem),
        (status = 504, description = "There was no answer in time", body = Problem),
    )
)]
pub(crate) async fn replace(
    State(state): State<AppState>,
    id: PathId,
    document: Document,
) -> Result<Json<Task>, Error> {
    let (id, draft) = both(id.parse(), document.draft())?;
    state.store()?.replace(id, draft).await?.map(Json).ok_or(Error::NoSuchTask)
}

/// Changes what is sent of a task, and nothing else: a JSON merge patch.
#[utoipa::path(
    patch, path = "/tasks/{task_id}", operation_id = "changeTask", tag = "tasks",
    request_body(content((TaskChange = "application/merge-patch+json"), (TaskChange = "application/json"))),
    params(("task_id" = i64, Path, description = "The task's id")),
    responses(
        (status = 200, description = "The task as it is now", body = Task),
        (status = 400, description = "The body is not text", body = Problem),
        (status = 404, description = "No task has this id", body = Problem),
        (status = 408, description = "The body did not arrive in time", body = Problem),
        (status = 413, description = "The body is larger than 1 MB", body = Problem),
        (status = 422, description = "The id or the body is wrong", body = ValidationProblem),
        (status = 503, description = "The database is not available, or the service is busy", body = Problem),
        (status = 504, description = "There was no answer in time", body = Problem),
    )
)]
pub(crate) async fn change(State(state): State<AppState>, id: PathId, document: Document) -> Result<Json<Task>, Error> {
    let (id, change) = both(id.parse(), document.change())?;
    state.store()?.change(id, change).await?.map(Json).ok_or(Error::NoSuchTask)
}

/// Deletes a task.
#[utoipa::path(
    delete, path = "/tasks/{task_id}", operation_id = "deleteTask", tag = "tasks",
    params(("task_id" = i64, Path, description = "The task's id")),
    responses(
        (status = 204, description = "The task is gone"),
        (status = 404, description = "No task has this id", body = Problem),
        (status = 422, description = "The id is no integer", body = ValidationProblem),
        (status = 503, description = "The database is not available, or the service is busy", body = Problem),
        (status = 504, description = "There was no answer in time", body = Problem),
    )
)]
pub(crate) async fn remove(State(state): State<AppState>, id: PathId) -> Result<StatusCode, Error> {
    let id = id.parse()?;
    let found = state.store()?.delete(id).await?;
    if found { Ok(StatusCode::NO_CONTENT) } else { Err(Error::NoSuchTask) }
}

/// The last part of the path, decoded, and not yet looked at: its faults are told together with the body's.
pub(crate) struct PathId(String);

impl PathId {
    fn parse(&self) -> Result<TaskId, Vec<Fault>> {
        TaskId::parse(&self.0).ok_or_else(|| {
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
