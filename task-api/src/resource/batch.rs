//! `/tasks:batchCreate`: many tasks with one request, all of them or none.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing,
};
use serde::Serialize;

use crate::{
    app::{AppState, resource},
    epoch::Epoch,
    error::Error,
    openapi::{IdempotencyKey, KeyInUse, NewTasks, Tasks, ValidationProblem},
    request::{
        body::Document,
        etag,
        fault::both,
        idempotency::Key,
        object::{Object, all},
        owner::Owner,
    },
    resource::tasks::{create_once, replayed},
    task::Task,
};

/// Tasks in one request.
const MOST: usize = 1000;

const CREATE: &str = "/tasks:batchCreate";

pub(crate) fn router() -> Router<AppState> {
    Router::new().route(CREATE, resource("POST, OPTIONS", routing::post(create)))
}

/// Tasks, each with its tag.
#[derive(Serialize)]
struct Tagged {
    tasks: Vec<TaggedTask>,
}

/// A task with its tag.
#[derive(Serialize)]
pub(crate) struct TaggedTask {
    #[serde(flatten)]
    task: Task,
    etag: String,
}

impl Tagged {
    fn new(tasks: Vec<Task>, epoch: Epoch) -> Self {
        Self { tasks: tasks.into_iter().map(|task| TaggedTask::new(task, epoch)).collect() }
    }
}

impl TaggedTask {
    pub(crate) fn new(task: Task, epoch: Epoch) -> Self {
        Self { etag: etag::of(&task, epoch), task }
    }
}

/// Creates tasks, at most 1000: with an `Idempotency-Key` once, however often the request is sent within a day.
#[utoipa::path(
    post, path = "/tasks:batchCreate", operation_id = "createTasks", tag = "tasks", request_body = NewTasks,
    params(IdempotencyKey),
    responses(
        (status = 201, description = "The new tasks, in the order in which they were sent", body = Tasks, headers(("Idempotency-Replayed"))),
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
    let objects = document.object().and_then(|object| object.tasks(MOST));
    let drafts = objects.and_then(|objects| all(objects.iter().map(Object::draft)));
    let (key, drafts) = both(Key::of(&headers, CREATE, document.text()), drafts)?;
    let (tasks, is_replayed) = if let Some(key) = key {
        create_once(&state, &owner, key, drafts).await?
    } else {
        let tasks = state.store()?.create_many(&owner, drafts).await?;
        state.feeds.touch(&owner);
        (tasks, false)
    };
    Ok((StatusCode::CREATED, replayed(is_replayed), Json(Tagged::new(tasks, state.epoch()))).into_response())
}
