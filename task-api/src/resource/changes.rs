//! `/tasks/changes`: what changed, a page at a time or as it happens.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
    routing,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::{AppState, resource},
    epoch::{Epoch, Standing},
    error::Error,
    feed::{self, Changed, Position},
    middleware::load::Ticket,
    openapi::ValidationProblem,
    request::{
        accept,
        cursor::{Seal, Sealed, other_epoch},
        etag,
        fault::Fault,
        owner::Owner,
        selection::{limit, parameter},
    },
    resource::events,
    task::{CreatedAt, Task},
};

const PATH: &str = "/tasks/changes";

pub(crate) fn router() -> Router<AppState> {
    Router::new().route(PATH, resource("GET, HEAD, OPTIONS", routing::get(read)))
}

/// Changes, and where those begin that come behind them.
#[derive(Serialize, ToSchema)]
pub(crate) struct Changes {
    changes: Vec<Change>,
    /// What to ask with for the changes behind these.
    #[schema(example = "AZ2dkE0nJ4wGAAAAAAAAAAc")]
    cursor: String,
}

/// A task as its last change left it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Change {
    /// What to ask with for the changes behind this one.
    #[schema(example = "AZ2dkE0nJ4wGAAAAAAAAAAc")]
    pub(super) cursor: String,
    #[schema(example = 1)]
    id: i64,
    /// Counts the task's changes, from 1.
    #[schema(example = 1)]
    version: i64,
    /// When it was changed.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    changed_at: CreatedAt,
    /// Whether the task is gone.
    pub(super) deleted: bool,
    /// The task's tag; none once it is gone.
    #[schema(required, example = "\"1-1\"")]
    etag: Option<String>,
    /// None once it is gone.
    #[schema(required)]
    task: Option<Task>,
}

impl Change {
    pub(super) fn new(changed: Changed, seal: &Seal, epoch: Epoch) -> Self {
        let Changed { position, id, version, at, task } = changed;
        let (etag, deleted) = (task.as_ref().map(|task| etag::of(task, epoch)), task.is_none());
        Self { cursor: feed::cursor(seal, position), id, version, changed_at: at, deleted, etag, task }
    }
}

/// What changed, each task once, as its last change left it: all tasks first, and then whatever happens to them.
///
/// With `Accept: text/event-stream` the answer does not end: every change is an event `changed` or `deleted` with its
/// cursor as `id`, and a client that comes back with `Last-Event-ID` misses nothing.
#[utoipa::path(
    get, path = "/tasks/changes", operation_id = "listChanges", tag = "tasks",
    params(
        ("cursor" = Option<String>, Query, pattern = "^[A-Za-z0-9_-]+$", example = "now",
            description = "Where to begin, from an answer before; `now` for what comes; the beginning if not said"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, example = 100, description = "Changes at most; 100 if not said"),
        ("Last-Event-ID" = Option<String>, Header, pattern = "^[A-Za-z0-9_-]*$", example = "now",
            description = "As `cursor`, and before it"),
    ),
    responses(
        (status = 200, description = "The changes, in their order",
            content((Changes = "application/json"), (String = "text/event-stream"))),
        (status = 422, description = "A parameter is wrong", body = ValidationProblem),
    )
)]
pub(crate) async fn read(
    State(state): State<AppState>,
    owner: Owner,
    Extension(ticket): Extension<Arc<Ticket>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let query = query.unwrap_or_default();
    let (store, mut faults) = (state.store()?, Vec::new());
    let limit = limit(&query, &mut faults);
    let standing = store.standing().await?;
    let seal = Seal::of(&owner, &standing);
    let (begin, is_lost) = begin(&query, &headers, &seal, &standing, &mut faults);
    if is_lost {
        store.renew(standing.epoch).await?;
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let is_stream = accept::is_named(&headers, &header::ACCEPT, "text/event-stream");
    let following = is_stream.then(|| state.load.follow()).transpose()?;
    let after = match begin {
        Begin::Behind(position) => position,
        Begin::Now => store.last_position().await?,
    };
    if let Some(following) = following {
        return Ok(events::stream(&state, owner, after, following));
    }
    let changes = store.changes(&owner, after, limit).await?;
    ticket.hold(changes.iter().map(Changed::bytes).sum())?;
    let cursor = feed::cursor(&seal, changes.last().map_or(after, |last| last.position));
    let changes = changes.into_iter().map(|changed| Change::new(changed, &seal, standing.epoch)).collect();
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(([no_store, (header::VARY, HeaderValue::from_static("accept"))], Json(Changes { changes, cursor }))
        .into_response())
}

enum Begin {
    Behind(Position),
    Now,
}

/// Where `Last-Event-ID` says, or else the cursor; and whether one of them is ahead of the database: then it was restored, and
/// nobody has said so. Both are read: what is wrong is told also where it does not count.
fn begin(query: &str, headers: &HeaderMap, seal: &Seal, standing: &Standing, faults: &mut Vec<Fault>) -> (Begin, bool) {
    let last = headers.get("last-event-id").map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    let mut is_lost = false;
    let mut read = |cursor: &str| {
        let (position, is_ours) = match seal.open(cursor)? {
            Sealed::Place([number, id]) => (Position { number, id }, true),
            Sealed::Number(0) => (Position::START, false),
            Sealed::Number(number) => (Position::behind(number), false),
        };
        if position.number > standing.newest {
            is_lost |= is_ours;
            return Err(other_epoch(cursor));
        }
        Ok(Begin::Behind(position))
    };
    let mut places =
        [last.filter(|id| !id.is_empty()), parameter(query, "cursor")].map(|place| match place.as_deref() {
            None => None,
            Some("now") => Some(Begin::Now),
            Some(cursor) => read(cursor).map_err(|fault| faults.push(*fault)).ok(),
        });
    (places.iter_mut().find_map(Option::take).unwrap_or(Begin::Behind(Position::START)), is_lost)
}
