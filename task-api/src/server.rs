//! Accepts connections and serves them, until it is told to stop and has answered what was begun.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
    time::{sleep, timeout},
};
use tower::Service;
use tracing::{debug, info, warn};

use crate::{
    config::limits::{BUFFER_BYTES, HEAD_BYTES, HEADERS, IDLE_TIME, Limits},
    connection::{Connection, Patient},
    middleware::load::{Load, Seat},
};

/// How long requests in flight may take once the service is told to stop. Orchestrators kill after ten seconds.
const DRAIN_TIME: Duration = Duration::from_secs(9);

/// Serves until `stop` ends, then answers what was begun.
pub(crate) async fn serve(listener: TcpListener, app: Router, load: &Arc<Load>, stop: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    after_refusal(&error).await;
                    continue;
                }
            },
        };
        // Without a seat the connection is closed at once.
        if let Some(seat) = load.seat() {
            tokio::spawn(converse(stream, peer, seat, app.clone(), load.limits, connections.watcher()));
        }
    }
    drop(listener);
    if timeout(DRAIN_TIME, connections.shutdown()).await.is_err() {
        warn!("stopping with requests unanswered after {} s", DRAIN_TIME.as_secs());
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

/// Ends when the process is asked to stop. A first process of a container gets no default handling of signals, so
/// this must be called early.
///
/// # Errors
///
/// Fails if the signals cannot be caught.
pub(crate) fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        info!(signal = name, "stopping");
    })
}
