//! `/health` and `/ready`: whether the process lives, and whether it can work.
//!
//! **Invariant:** `/health` never asks the database. One that scales to zero must be able to sleep, and one that is
//! away must not make an orchestrator kill every replica.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing,
};
use serde_json::{Value, json};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use crate::{
    app::{AppState, resource},
    error::Error,
    openapi::{Health, Problem, Ready},
    store::StoreError,
};

/// How long an answer of the database is passed on without asking again.
const KEPT: Duration = Duration::from_secs(3);

/// How long a failure is: the end of one should be seen soon.
const FAILURE_KEPT: Duration = Duration::from_millis(500);

/// How long the database may take to say anything.
const ANSWER_TIME: Duration = Duration::from_secs(2);

pub(crate) fn router() -> Router<AppState> {
    Router::new()
        .route("/health", resource("GET, HEAD, OPTIONS", routing::get(health)))
        .route("/ready", resource("GET, HEAD, OPTIONS", routing::get(ready)))
}

/// Whether the process lives. Asks nobody.
#[utoipa::path(
    get, path = "/health", operation_id = "health", tag = "service",
    responses((status = 200, description = "It does", body = Health))
)]
pub(crate) async fn health() -> Json<Value> {
    Json(json!({ "status": "healthy", "service": "task-api" }))
}

/// Whether requests are welcome: the database answers, as it was seen in the last three seconds, and nobody has told the
/// service to stop.
#[utoipa::path(
    get, path = "/ready", operation_id = "ready", tag = "service",
    responses(
        (status = 200, description = "It does", body = Ready),
        (status = 503, description = "The database is not available, or the service is stopping", body = Problem),
    )
)]
pub(crate) async fn ready(State(state): State<AppState>) -> Result<Response, Error> {
    if state.readiness.is_over() {
        return Err(Error::Stopping);
    }
    let store = state.store()?;
    state.readiness.get(|| store.ping()).await?;
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((no_store, Json(json!({ "status": "ready" }))).into_response())
}

/// The database's last answer, and whether the service is stopping. Those who ask at the same time wait for the same answer.
#[derive(Default)]
pub(crate) struct Readiness {
    last: Mutex<Option<(Instant, Answer)>>,
    is_over: AtomicBool,
}

type Answer = Result<(), Arc<StoreError>>;

impl Readiness {
    /// From now on it is not ready: the service stops.
    pub(crate) fn end(&self) {
        self.is_over.store(true, Relaxed);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Relaxed)
    }

    async fn get<F>(&self, ping: impl FnOnce() -> F) -> Result<(), StoreError>
    where
        F: Future<Output = Result<(), StoreError>>,
    {
        let mut last = self.last.lock().await;
        let answer = match &*last {
            Some((at, answer)) if at.elapsed() < if answer.is_ok() { KEPT } else { FAILURE_KEPT } => answer.clone(),
            _ => {
                let silent = || StoreError::Unreachable { source: "it says nothing".into() };
                let answer = timeout(ANSWER_TIME, ping()).await.unwrap_or_else(|_| Err(silent())).map_err(Arc::new);
                *last = Some((Instant::now(), answer.clone()));
                answer
            }
        };
        answer.map_err(|source| StoreError::Unreachable { source: source.into() })
    }
}

#[cfg(test)]
mod tests {
    use tokio::time;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_forgotten_sooner_than_a_success() {
        let readiness = Readiness::default();
        let broken = || async { Err(StoreError::NotYet) };
        assert!(readiness.get(|| async { Ok(()) }).await.is_ok());
        assert!(readiness.get(broken).await.is_ok(), "it is kept");
        time::advance(KEPT).await;
        assert!(readiness.get(broken).await.is_err());
        assert!(readiness.get(|| async { Ok(()) }).await.is_err(), "it is kept");
        time::advance(FAILURE_KEPT).await;
        assert!(readiness.get(|| async { Ok(()) }).await.is_ok());
        time::advance(KEPT).await;
        let begun = Instant::now();
        assert!(readiness.get(std::future::pending).await.is_err(), "a database that is silent is none");
        assert_eq!(begun.elapsed(), ANSWER_TIME);
    }
}
