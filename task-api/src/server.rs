//! Accepts connections and serves them, until it is told to stop and has answered what was begun.

use std::{io, pin::pin, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    time::{sleep, timeout},
};
use tracing::{debug, info, warn};

/// How long a client may take to send the head of a request, and how long a connection may lie idle.
const HEAD_TIME: Duration = Duration::from_secs(30);

/// How long requests in flight may take once the service is told to stop. Orchestrators kill after ten seconds.
const DRAIN_TIME: Duration = Duration::from_secs(9);

/// Serves until `stop` ends, then answers what was begun.
pub(crate) async fn serve(listener: TcpListener, app: Router, stop: impl Future<Output = ()>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME);
    let connections = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let stream = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    after_refusal(&error).await;
                    continue;
                }
            },
        };
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(app.clone());
        let connection = connections.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                debug!(cause = crate::error::chain(&error), "connection broken");
            }
        });
    }
    drop(listener);
    if timeout(DRAIN_TIME, connections.shutdown()).await.is_err() {
        warn!("stopping with requests unanswered after {} s", DRAIN_TIME.as_secs());
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
