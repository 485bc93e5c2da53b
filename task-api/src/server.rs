//! Accepts connections and serves them, until it is told to stop and has answered what was begun.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{Signal, SignalKind, signal},
    time::{sleep, timeout},
};
use tower::Service;
use tracing::{debug, info, warn};

use crate::{
    app::AppState,
    config::limits::{BUFFER_BYTES, HEAD_BYTES, HEADERS, IDLE_TIME, Limits},
    connection::{Connection, Patient},
    middleware::load::Seat,
};

/// How long a stop may take from the signal on. Orchestrators kill after ten seconds.
const STOP_TIME: Duration = Duration::from_secs(9);

/// What requests in flight have of it at least, however long the delay before.
const DRAIN_TIME: Duration = Duration::from_secs(4);

/// Serves until a signal tells it to stop. It then goes on for `delay`, while load balancers still send requests, and says
/// that it is not ready; it takes no more connections after that, and answers what was begun. Another signal ends all of it.
pub(crate) async fn serve(listener: TcpListener, app: Router, state: &AppState, mut signals: Signals, delay: Duration) {
    let connections = GracefulShutdown::new();
    tokio::select! {
        biased;
        name = signals.next() => info!(signal = name, delay_s = delay.as_secs_f64(), "stopping"),
        never = accept(&listener, &app, state, &connections) => match never {},
    }
    state.readiness.end();
    let stopping = async {
        tokio::select! {
            biased;
            () = sleep(delay) => {}
            never = accept(&listener, &app, state, &connections) => match never {},
        }
        drop(listener);
        state.feeds.end();
        let _ = timeout(STOP_TIME.saturating_sub(delay).max(DRAIN_TIME), connections.shutdown()).await;
    };
    tokio::select! {
        biased;
        name = signals.next() => info!(signal = name, "stopping at once"),
        () = stopping => {}
    }
    let unanswered = state.load.requests();
    if unanswered > 0 {
        warn!(unanswered, "stopping with requests unanswered");
    }
}

/// Accepts connections and lets them be served, without end.
async fn accept(listener: &TcpListener, app: &Router, state: &AppState, connections: &GracefulShutdown) -> Infallible {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Without a seat the connection is closed at once.
                if let Some(seat) = state.load.seat() {
                    tokio::spawn(converse(stream, peer, seat, app.clone(), state.load.limits, connections.watcher()));
                }
            }
            Err(error) => after_refusal(&error).await,
        }
    }
}

/// Answers the requests of one connection.
async fn converse(stream: TcpStream, peer: SocketAddr, seat: Seat, app: Router, limits: Limits, watcher: Watcher) {
    let is_guest = seat.is_guest;
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(if is_guest { limits.head_time() } else { IDLE_TIME })
        .max_headers(HEADERS)
        .max_header_size(HEAD_BYTES)
        .max_buf_size(BUFFER_BYTES)
        .keep_alive(!is_guest);
    let _ = stream.set_nodelay(true);
    let connection = Arc::new(Connection::new(seat));
    let stream = Patient::new(stream, Arc::clone(&connection), &limits);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Arc::clone(&connection));
        app.clone().call(request.map(Body::new))
    });
    let conversation = http.serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(conversation).await {
        debug!(%peer, cause = crate::error::chain(&error), "connection broken");
    }
}

/// A client that went away is nothing; being out of files passes when other connections end.
async fn after_refusal(error: &io::Error) {
    if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
        warn!(cause = %error, "cannot accept a connection");
        sleep(Duration::from_millis(50)).await;
    }
}

/// The signals that ask the process to stop.
#[derive(Debug)]
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Catches them from now on. A first process of a container gets no default handling of signals, so this must be called
    /// early.
    ///
    /// # Errors
    ///
    /// Fails if they cannot be caught.
    pub(crate) fn catch() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The name of the next one.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
