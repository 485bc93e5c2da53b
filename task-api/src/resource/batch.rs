//! Many tasks with one request: all of it is done, or none.

use std::{collections::HashSet, sync::Arc};

use axum::{
    Extension, Json, Router,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing,
};
use serde::Serialize;

use crate::{
    app::{AppState, resource},
    around::load::Ticket,
    error::Error,
    openapi::{
        IdempotencyKey, KeyInUse, NewTasks, NoSuchTasks, StaleTasks, TaskChanges, TaskNames, Tasks, ValidationProblem,
    },
    request::{
        body::Document,
        etag,
        fault::{Fault, Place, both, text_input},
        idempotency::Key,
        object::{Object, all},
        owner::Owner,
        selection::parameter,
    },
    resource::tasks::{create_once, replayed},
    store::Edited,
    task::{Task, TaskId},
};

/// Tasks in one request.
const MOST: usize = 1000;

const IDS: [Place; 2] = [Place::Name("query"), Place::Name("ids")];

const CREATE: &str = "/tasks:batchCreate";

const TOO_LARGE: &str = "Input should be fewer tasks: together they are larger than 4 MB";

pub(crate) fn router() -> Router<AppState> {
    Router::new()
        .route(CREATE, resource("POST, OPTIONS", routing::post(create)))
        .route("/tasks:batchGet", resource("GET, HEAD, OPTIONS", routing::get(read)))
        .route("/tasks:batchUpdate", resource("POST, OPTIONS", routing::post(change)))
        .route("/tasks:batchDelete", resource("POST, OPTIONS", routing::post(remove)))
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

impl From<Vec<Task>> for Tagged {
    fn from(tasks: Vec<Task>) -> Self {
        Self { tasks: tasks.into_iter().map(TaggedTask::from).collect() }
    }
}

impl From<Task> for TaggedTask {
    fn from(task: Task) -> Self {
        Self { etag: etag::of(&task), task }
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
    let drafts = objects(&document).and_then(|objects| all(objects.iter().map(Object::draft)));
    let (key, drafts) = both(Key::of(&headers, CREATE, document.text()), drafts)?;
    let (tasks, is_replayed) = if let Some(key) = key {
        create_once(&state, &owner, key, drafts).await?
    } else {
        let tasks = state.store()?.create_many(&owner, drafts).await?;
        state.feeds.touch(&owner);
        (tasks, false)
    };
    Ok((StatusCode::CREATED, replayed(is_replayed), Json(Tagged::from(tasks))).into_response())
}

/// Tasks by their ids, at most 1000, in this order.
#[utoipa::path(
    get, path = "/tasks:batchGet", operation_id = "readTasks", tag = "tasks",
    params(("ids" = String, Query, pattern = "^-?[0-9]+(,-?[0-9]+){0,999}$", example = "1,2",
        description = "The tasks' ids, with commas between them")),
    responses(
        (status = 200, description = "The tasks", body = Tasks),
        NoSuchTasks,
        (status = 422, description = "The ids are wrong, or the tasks are larger than 4 MB", body = ValidationProblem),
    )
)]
pub(crate) async fn read(
    State(state): State<AppState>,
    owner: Owner,
    Extension(ticket): Extension<Arc<Ticket>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let query = query.as_deref().unwrap_or_default();
    let ids = ids(query)?;
    let Some(mut tasks) = state.store()?.read_many(&owner, ids.clone()).await? else {
        let msg = format!("Value error, {TOO_LARGE}");
        return Err(Error::Invalid(vec![Fault::new("value_error", &IDS, msg, text_input(query))]));
    };
    ticket.hold(tasks.iter().map(Task::bytes).sum())?;
    let there: HashSet<_> = tasks.iter().map(|task| task.id).collect();
    let missing: Vec<_> = ids.iter().copied().filter(|id| !there.contains(id)).collect();
    if !missing.is_empty() {
        return Err(Error::NoSuchTasks(missing));
    }
    tasks.sort_by_cached_key(|task| ids.iter().position(|id| *id == task.id));
    Ok(Json(Tagged::from(tasks)).into_response())
}

/// Changes tasks, at most 1000, each by a JSON merge patch beside its id.
#[utoipa::path(
    post, path = "/tasks:batchUpdate", operation_id = "changeTasks", tag = "tasks", request_body = TaskChanges,
    responses(
        (status = 200, description = "The tasks as they are now, in the order in which they were sent", body = Tasks),
        NoSuchTasks,
        StaleTasks,
        (status = 422, description = "The body is wrong, or the tasks are larger than 4 MB", body = ValidationProblem),
    )
)]
pub(crate) async fn change(State(state): State<AppState>, owner: Owner, document: Document) -> Result<Response, Error> {
    let objects = objects(&document)?;
    let named = names(&state, &objects);
    let (named, changes) = both(named, all(objects.iter().map(Object::change)))?;
    let changes = named.into_iter().zip(changes).map(|((id, version), change)| (id, version, change)).collect();
    let tasks = done(&state, &owner, &document, state.store()?.change_many(&owner, changes).await?)?;
    Ok(Json(Tagged::from(tasks)).into_response())
}

/// Deletes tasks, at most 1000.
#[utoipa::path(
    post, path = "/tasks:batchDelete", operation_id = "deleteTasks", tag = "tasks", request_body = TaskNames,
    responses(
        (status = 204, description = "The tasks are gone"),
        NoSuchTasks,
        StaleTasks,
        (status = 422, description = "The body is wrong", body = ValidationProblem),
    )
)]
pub(crate) async fn remove(
    State(state): State<AppState>,
    owner: Owner,
    document: Document,
) -> Result<StatusCode, Error> {
    let named = names(&state, &objects(&document)?)?;
    done(&state, &owner, &document, state.store()?.delete_many(&owner, named).await?)?;
    Ok(StatusCode::NO_CONTENT)
}

fn objects(document: &Document) -> Result<Vec<Object<'_>>, Vec<Fault>> {
    document.object()?.tasks(MOST)
}

/// The task of each, and the version that it must have. No task is named twice.
fn names(state: &AppState, objects: &[Object<'_>]) -> Result<Vec<(TaskId, Option<i64>)>, Vec<Fault>> {
    let mut seen = HashSet::new();
    all(objects.iter().map(|object| {
        let (id, version) = named(state, object)?;
        if !seen.insert(id.0) {
            return Err(vec![object.is_wrong("id", "Input should name each task once")]);
        }
        Ok((id, version))
    }))
}

/// The task that an object names, and the version that it must have.
///
/// # Errors
///
/// Fails if it names none, or must name a version and does not.
pub(crate) fn named(state: &AppState, object: &Object<'_>) -> Result<(TaskId, Option<i64>), Vec<Fault>> {
    let (id, etag) = both(object.id(), object.etag())?;
    let id = TaskId(id);
    if etag.is_none() && state.requires_if_match {
        return Err(vec![object.is_wrong("etag", "Input should say in which state the task may be changed")]);
    }
    // A tag of something else is never this task's.
    Ok((id, etag.map(|etag| etag::version(&etag, id).unwrap_or(0))))
}

/// The ids that a query names, each once.
///
/// # Errors
///
/// Fails if there are none, or too many, or one that is none.
pub(crate) fn ids(query: &str) -> Result<Vec<i64>, Vec<Fault>> {
    let Some(text) = parameter(query, "ids") else {
        return Err(vec![Fault::new("missing", &IDS, "Field required", text_input(query))]);
    };
    let bad = |kind, msg: String| vec![Fault::new(kind, &IDS, msg, text_input(&text))];
    let ids: Option<Vec<_>> = text.split(',').map(|id| TaskId::parse(id).map(|id| id.0)).collect();
    let mut ids =
        ids.ok_or_else(|| bad("int_parsing", "Input should be integers with commas between them".to_owned()))?;
    let mut seen = HashSet::new();
    ids.retain(|id| seen.insert(*id));
    if ids.len() > MOST {
        return Err(bad(
            "too_long",
            format!("List should have at most {MOST} items after validation, not {}", ids.len()),
        ));
    }
    Ok(ids)
}

fn done<T>(state: &AppState, owner: &Owner, document: &Document, edited: Edited<T>) -> Result<T, Error> {
    match edited {
        Edited::Done(done) => {
            state.feeds.touch(owner);
            Ok(done)
        }
        Edited::Not { missing, .. } if !missing.is_empty() => Err(Error::NoSuchTasks(missing)),
        Edited::Not { stale, .. } => Err(Error::StaleTasks(stale)),
        Edited::TooLarge => Err(Error::Invalid(vec![document.object()?.is_wrong("tasks", TOO_LARGE)])),
    }
}
