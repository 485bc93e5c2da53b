//! `/health` and `/ready`: whether the process lives, and whether it can work.
//!
//! **Invariant:** `/health` never asks the database. One that scales to zero must be able to sleep, and one that is
//! away must not make an orchestrator kill every replica.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing,
};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::{
    app::{AppState, resource},
    error::Error,
    openapi::{Health, Problem, Ready},
    store::StoreError,
};

/// How long an answer of the database is passed on without asking again.
const KEPT: Duration = Duration::from_secs(3);

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

/// Whether the database answers, as it was seen in the last three seconds.
#[utoipa::path(
    get, path = "/ready", operation_id = "ready", tag = "service",
    responses(
        (status = 200, description = "It does", body = Ready),
        (status = 503, description = "The database is not available", body = Problem),
    )
)]
pub(crate) async fn ready(State(state): State<AppState>) -> Result<Response, Error> {
    let store = state.store()?;
    state.readiness.get(|| store.ping()).await?;
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((no_store, Json(json!({ "status": "ready" }))).into_response())
}

/// The database's last answer. Those who ask at the same time wait for the same one.
#[derive(Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, Answer)>>);

type Answer = Result<(), Arc<StoreError>>;

impl Readiness {
    async fn get<F>(&self, ping: impl FnOnce() -> F) -> Result<(), StoreError>
    where
        F: Future<Output = Result<(), StoreError>>,
    {
        let mut last = self.0.lock().await;
        let answer = match &*last {
            Some((at, answer)) if at.elapsed() < KEPT => answer.clone(),
            _ => {
                let answer = ping().await.map_err(Arc::new);
                *last = Some((Instant::now(), answer.clone()));
                answer
            }
        };
        answer.map_err(|source| StoreError::Unreachable { source: source.into() })
    }
}
