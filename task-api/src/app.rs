//! The service as a value: all paths, and what happens around every request.

use std::{
    any::Any,
    sync::{Arc, OnceLock},
    time::Instant,
};

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::MethodRouter,
};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{debug, info};

use crate::{
    docs,
    error::{self, Error},
    health::{self, Readiness},
    store::{Store, StoreError},
    tasks,
};

/// What handlers share. Clones are the same one.
#[derive(Clone, Default)]
pub struct AppState {
    store: Arc<OnceLock<Store>>,
    pub(crate) readiness: Arc<Readiness>,
}

impl AppState {
    /// Gives the service its database. Until then, whatever needs one is answered with 503.
    pub fn set_store(&self, store: Store) {
        let _ = self.store.set(store);
    }

    /// # Errors
    ///
    /// Fails while there is no database yet.
    pub fn store(&self) -> Result<&Store, StoreError> {
        self.store.get().ok_or(StoreError::NotYet)
    }
}

/// The whole service.
pub fn app(state: AppState) -> Router {
    Router::new()
        .merge(tasks::router())
        .merge(health::router())
        .merge(docs::router())
        .fallback(elsewhere)
        .with_state(state)
        .layer(CatchPanicLayer::custom(|_: Box<dyn Any + Send>| Error::Panic.into_response()))
        .layer(middleware::from_fn(error::describe))
        .layer(middleware::from_fn(log))
}

/// A path with the methods it has. It answers OPTIONS, and says to all others what it allows.
pub(crate) fn resource(allow: &'static str, methods: MethodRouter<AppState>) -> MethodRouter<AppState> {
    let options = move || async move { (StatusCode::NO_CONTENT, [(header::ALLOW, allow)]) };
    methods.options(options).fallback(move || async move { Error::MethodNotAllowed { allow } })
}

/// A path with slashes at its end leads to the one without, if that is there.
async fn elsewhere(request: Request) -> Response {
    let path = request.uri().path();
    let target = path.trim_end_matches('/');
    if path.len() == target.len() || !exists(target) {
        return Error::NoSuchPath.into_response();
    }
    match location(&request, target) {
        Some(location) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response(),
        None => Error::NoSuchPath.into_response(),
    }
}

fn exists(path: &str) -> bool {
    let id = path.strip_prefix("/tasks/").filter(|id| !id.is_empty() && !id.contains('/'));
    id.is_some() || matches!(path, "/tasks" | "/health" | "/ready" | "/docs" | "/openapi.json")
}

/// Absolute, as the original's, by the name that the client calls us; relative if it calls us nothing.
fn location(request: &Request, path: &str) -> Option<HeaderValue> {
    let mut location = Vec::new();
    let host = request.headers().get(header::HOST).map(HeaderValue::as_bytes);
    if let Some(host) = host.or(request.uri().authority().map(|authority| authority.as_str().as_bytes())) {
        location.extend(b"http://");
        location.extend(host);
    }
    location.extend(path.as_bytes());
    if let Some(query) = request.uri().query() {
        location.push(b'?');
        location.extend(query.as_bytes());
    }
    HeaderValue::from_bytes(&location).ok()
}

/// One line a request, at the level `debug` for those that only ask how we are.
async fn log(request: Request, next: Next) -> Response {
    let start = Instant::now();
    let (method, path) = (request.method().clone(), Uri::path(request.uri()).to_owned());
    let response = next.run(request).await;
    let (status, took_ms) = (response.status().as_u16(), start.elapsed().as_secs_f64() * 1000.0);
    if matches!(path.as_str(), "/health" | "/ready") {
        debug!(%method, path, status, took_ms, "request");
    } else {
        info!(%method, path, status, took_ms, "request");
    }
    response
}
