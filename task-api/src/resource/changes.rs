//! `/tasks/changes`: what changed, a page at a time or as it happens.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Extension, Json, Router,
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
    routing,
};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame};
use serde::Serialize;
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};
use utoipa::ToSchema;

use crate::{
    app::{AppState, resource},
    around::load::Ticket,
    error::Error,
    feed::{Changed, Feeds, Follower, PAGE},
    openapi::ValidationProblem,
    request::{
        accept,
        cursor::Scope,
        etag,
        fault::Fault,
        owner::Owner,
        selection::{limit, parameter},
    },
    task::{CreatedAt, Task},
};

const PATH: &str = "/tasks/changes";

/// How long a stream may say nothing: proxies cut connections that do for longer.
const SILENCE: Duration = Duration::from_secs(15);

/// How long a follower waits after a failure of the database.
const PAUSE: Duration = Duration::from_secs(1);

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
    cursor: String,
    #[schema(example = 1)]
    id: i64,
    /// Counts the task's changes, from 1.
    #[schema(example = 1)]
    version: i64,
    /// When it was changed.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    changed_at: CreatedAt,
    /// Whether the task is gone.
    deleted: bool,
    /// The task's tag; none once it is gone.
    #[schema(required, example = "\"1-1\"")]
    etag: Option<String>,
    /// None once it is gone.
    #[schema(required)]
    task: Option<Task>,
}

impl Change {
    fn new(changed: Changed, scope: Scope) -> Self {
        let Changed { position, id, version, at, task } = changed;
        let (etag, deleted) = (task.as_ref().map(etag::of), task.is_none());
        Self { cursor: scope.cursor([position]), id, version, changed_at: at, deleted, etag, task }
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
    let (scope, mut faults) = (Scope::of(&["changes", owner.as_str()]), Vec::new());
    let limit = limit(&query, &mut faults);
    let begin = begin(&query, &headers, scope, &mut faults);
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let store = state.store()?;
    let after = match begin {
        Begin::Behind(position) => position,
        Begin::Now => store.last_position().await?,
    };
    if accept::is_named(&headers, &header::ACCEPT, "text/event-stream") {
        return Ok(stream(&state, owner, scope, after));
    }
    let changes = store.changes(&owner, after, limit).await?;
    ticket.hold(changes.iter().map(Changed::bytes).sum())?;
    let cursor = scope.cursor([changes.last().map_or(after, |last| last.position)]);
    let changes = changes.into_iter().map(|changed| Change::new(changed, scope)).collect();
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((no_store, Json(Changes { changes, cursor })).into_response())
}

enum Begin {
    Behind(i64),
    Now,
}

/// Where `Last-Event-ID` says, or else the cursor. Both are read: what is wrong is told also where it does not count.
fn begin(query: &str, headers: &HeaderMap, scope: Scope, faults: &mut Vec<Fault>) -> Begin {
    let last = headers.get("last-event-id").map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    let mut places =
        [last.filter(|id| !id.is_empty()), parameter(query, "cursor")].map(|place| match place.as_deref() {
            None => None,
            Some("now") => Some(Begin::Now),
            Some(cursor) => match scope.place(cursor) {
                Ok([position]) => Some(Begin::Behind(position)),
                Err(fault) => {
                    faults.push(*fault);
                    None
                }
            },
        });
    places.iter_mut().find_map(Option::take).unwrap_or(Begin::Behind(0))
}

fn stream(state: &AppState, owner: Owner, scope: Scope, after: i64) -> Response {
    let (sender, events) = mpsc::channel(1);
    let reader = sender.clone();
    let stream = Stream { state: state.clone(), owner, scope, after, sender };
    tokio::spawn(async move {
        let state = stream.state.clone();
        tokio::select! {
            _ = stream.run() => {}
            // Whoever reads it no more ends it, also while there is nothing to say: the database may sleep then.
            () = reader.closed() => {}
            () = state.feeds.over() => {}
        }
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, Body::new(Events(events))).into_response()
}

/// The client has gone.
struct Gone;

/// One who follows the feed. Holds one page of changes, and sends one event at a time.
struct Stream {
    state: AppState,
    owner: Owner,
    scope: Scope,
    after: i64,
    sender: mpsc::Sender<Bytes>,
}

impl Stream {
    async fn run(mut self) -> Result<(), Gone> {
        let mut follower = Feeds::follow(&self.state, &self.owner);
        // A client that lost the stream comes back after this many milliseconds.
        self.send(Bytes::from_static(b"retry: 1000\n\n")).await?;
        loop {
            self.catch_up().await?;
            while self.hear(&mut follower).await? {}
        }
    }

    /// Sends what is in the feed already.
    async fn catch_up(&mut self) -> Result<(), Gone> {
        loop {
            let page = match self.state.store() {
                Ok(store) => store.changes(&self.owner, self.after, PAGE).await,
                Err(error) => Err(error),
            };
            match page {
                Ok(page) if page.is_empty() => return Ok(()),
                Ok(page) => self.tell(page).await?,
                Err(_) => {
                    self.send(COMMENT).await?;
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Sends what happens next. False if some of it was missed.
    async fn hear(&mut self, follower: &mut Follower) -> Result<bool, Gone> {
        match timeout(SILENCE, follower.changed()).await {
            Err(_) => {
                self.send(COMMENT).await?;
                Ok(true)
            }
            Ok(Err(_)) => Err(Gone),
            Ok(Ok(())) => {
                let news = Arc::clone(&follower.borrow_and_update());
                if news.from > self.after {
                    return Ok(false);
                }
                let after = self.after;
                self.tell(news.changes.iter().filter(|change| change.position > after).cloned().collect()).await?;
                Ok(true)
            }
        }
    }

    async fn tell(&mut self, changes: Vec<Changed>) -> Result<(), Gone> {
        for changed in changes {
            self.after = changed.position;
            let change = Change::new(changed, self.scope);
            let name = if change.deleted { "deleted" } else { "changed" };
            let data = serde_json::to_string(&change).unwrap_or_default();
            self.send(format!("id: {}\nevent: {name}\ndata: {data}\n\n", change.cursor).into()).await?;
        }
        Ok(())
    }

    async fn send(&self, event: Bytes) -> Result<(), Gone> {
        self.sender.send(event).await.map_err(|_| Gone)
    }
}

const COMMENT: Bytes = Bytes::from_static(b":\n\n");

struct Events(mpsc::Receiver<Bytes>);

impl HttpBody for Events {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(context).map(|event| event.map(|event| Ok(Frame::data(event))))
    }
}
