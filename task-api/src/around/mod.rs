//! What happens around every request, in this order: it is counted in or shed, must have a key if there are any, gets a
//! deadline, is kept from taking the process down, and is told of in the log and the metrics. Each has a file of its own; here they meet, because a layer
//! each would cost an allocation each.

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
    connection::Connection,
    error::{Asked, Error},
};
use load::Ticket;
use log::Kind;
use outgoing::Outgoing;
use trace::{TRACERESPONSE, Trace};

pub(crate) async fn around(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let connection = request.extensions().get::<Arc<Connection>>().cloned();
    let is_guest = connection.as_ref().is_some_and(|connection| connection.seat.is_guest);
    let (kind, trace, asked) = (Kind::of(&request), Trace::of(request.headers()), Asked::of(&request));

    if let Some(connection) = &connection {
        connection.asked();
    }
    let access = access::check(&state.keys, &request, &kind);
    let key = access.ok().flatten().map(|entry| &*entry.name);
    let (response, ticket) = match (state.load.admit(is_guest, kind.is_probe()), access) {
        (Ok(ticket), Ok(_)) => {
            let ticket = Arc::new(ticket);
            (answer(request, next, &ticket).await, Some(ticket))
        }
        (Ok(_), Err(denied)) => (Error::Denied(denied).into_response(), None),
        (Err(_), _) => (Error::Overloaded.into_response(), None),
    };
    let mut response = asked.describe(response, &state.metrics, &trace);
    if let Some(connection) = &connection {
        connection.answered();
    }

    let (status, took, bytes) = (response.status().as_u16(), start.elapsed(), response.body().size_hint().exact());
    state.metrics.answered(&kind, status, took);
    log::tell(&kind, status, took, bytes, key, &trace);
    response.headers_mut().extend(trace.header().map(|value| (TRACERESPONSE, value)));
    match ticket {
        Some(ticket) => keep(response, ticket),
        None => response,
    }
}

/// What the handler answers, if it does so in time and in one piece.
async fn answer(mut request: Request, next: Next, ticket: &Arc<Ticket>) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    request.extensions_mut().insert(Arc::clone(ticket));
    let answer = pin!(panic::caught(next.run(request)));
    match timeout_at(ticket.until().into(), answer).await {
        Ok(Some(response)) => response,
        Ok(None) => Error::Panic.into_response(),
        Err(_) if is_safe => Error::TooSlow.into_response(),
        Err(_) => Error::TooSlowToTell.into_response(),
    }
}

/// Counts the request as in flight until its answer has left. One that is a stream without an end is none.
fn keep(response: Response, ticket: Arc<Ticket>) -> Response {
    let endless = HeaderValue::from_static("text/event-stream");
    if response.headers().get(header::CONTENT_TYPE) == Some(&endless) {
        return response;
    }
    let size = response.body().size_hint().lower();
    ticket.hold_anyway(usize::try_from(size).unwrap_or(usize::MAX));
    response.map(|body| Body::new(Outgoing::new(body, ticket)))
}
