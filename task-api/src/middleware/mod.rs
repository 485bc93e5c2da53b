//! What happens around every request, in this order: it is counted in or shed, must have a key if there are any, gets a
//! deadline, is kept from taking the process down, and is told of in the log and the metrics. Each has a file of its own;
//! here they meet, because a layer each would cost an allocation each.

pub(crate) mod access;
pub(crate) mod load;
mod log;
pub(crate) mod metrics;
mod outgoing;
pub(crate) mod panic;
pub(crate) mod trace;

use std::{pin::pin, sync::Arc, time::Instant};

use axum::{
    body::{Body, HttpBody},
    extract::{Request, State},
    http::{HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::time::timeout_at;

use crate::{
    app::AppState,
    config::key::Entry,
    connection::Connection,
    error::{Asked, Error},
    request::{origin, owner::Owner},
    resource::pieces::InPieces,
};
use load::Ticket;
use log::Kind;
use outgoing::Outgoing;
use trace::{TRACERESPONSE, Trace};

pub(crate) async fn handle(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let start = Instant::now();
    // Nobody else asks for it, and without it what is added below finds room.
    let connection = request.extensions_mut().remove::<Arc<Connection>>();
    let is_guest = connection.as_ref().is_some_and(|connection| connection.seat.is_guest);
    let (kind, asked) = (Kind::of(&request), Asked::of(&request));
    let mut trace = Trace::of(request.headers());
    let traces = state.traces.as_ref().filter(|_| !kind.is_probe());
    let span = traces.map(|traces| traces.request(kind.method, kind.known_route(), &mut trace));

    if let Some(connection) = &connection {
        connection.asked();
    }
    let access = access::check(&state, &request, &kind);
    let key = access.as_ref().ok().and_then(Option::as_ref).map(|entry| Arc::clone(&entry.name));
    let (response, ticket) = match state.load.admit(is_guest, kind.is_probe()) {
        Ok(ticket) => {
            let ticket = Arc::new(ticket);
            let response = match access {
                _ if !origin::has_host(&request) => Error::BadHost.into_response(),
                Err(denied) => Error::Denied(denied).into_response(),
                Ok(entry) => {
                    let answered = answer(request, next, entry, &ticket);
                    match &span {
                        Some(span) => span.within(answered).await,
                        None => answered.await,
                    }
                }
            };
            (response, Some(ticket))
        }
        Err(_) => (Error::Overloaded.into_response(), None),
    };
    let mut response = asked.describe(response, &state.metrics, &trace);
    if let Some(connection) = &connection {
        connection.answered();
    }

    let (status, took, bytes) = (response.status().as_u16(), start.elapsed(), response.body().size_hint().exact());
    state.metrics.answered(&kind, status, took);
    log::tell(&kind, status, took, bytes, key.as_deref(), &trace);
    if let Some(span) = span {
        span.end(status);
    }
    if state.readiness.is_over() {
        // So that clients and balancers come back on another connection, to another replica.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response.headers_mut().extend(trace.header().map(|value| (TRACERESPONSE, value)));
    match ticket {
        Some(ticket) => keep(&kind, response, ticket),
        None => response,
    }
}

/// What the handler answers, if it does so in time and in one piece.
async fn answer(mut request: Request, next: Next, entry: Option<Entry>, ticket: &Arc<Ticket>) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    request.extensions_mut().insert(Arc::clone(ticket));
    if let Some(entry) = entry {
        request.extensions_mut().insert(Owner::new(entry.name));
        request.extensions_mut().insert(entry.scopes);
    }
    let answer = pin!(panic::caught(next.run(request)));
    match timeout_at(ticket.until().into(), answer).await {
        Ok(Some(response)) => response,
        Ok(None) => Error::Panic.into_response(),
        Err(_) if is_safe => Error::TooSlow.into_response(),
        Err(_) => Error::TooSlowToTell.into_response(),
    }
}

/// Counts the request as in flight until its answer has left. One that is a stream without an end is none.
fn keep(kind: &Kind, response: Response, ticket: Arc<Ticket>) -> Response {
    let endless = HeaderValue::from_static("text/event-stream");
    if response.headers().get(header::CONTENT_TYPE) == Some(&endless) {
        return response;
    }
    let size = || usize::try_from(response.body().size_hint().lower()).unwrap_or(usize::MAX);
    let in_pieces = response.extensions().get::<InPieces>().map(|pieces| pieces.held_bytes);
    ticket.settle(if kind.is_shared() { 0 } else { in_pieces.unwrap_or_else(size) });
    response.map(|body| Body::new(Outgoing::new(body, ticket)))
}
