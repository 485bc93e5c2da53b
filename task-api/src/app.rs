//! The service as a value: all paths, and what happens around every request.

use std::{
    convert::Infallible,
    ops::Deref,
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use axum::{
    Router,
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::MethodRouter,
};
use bytes::Bytes;

use crate::{
    config::{key::Keys, key_ring::KeyRing, limits::Limits, origins::Origins},
    epoch::Epoch,
    error::Error,
    feed::Feeds,
    mcp,
    middleware::{self, load::Load, metrics::Metrics},
    request::{
        etag::Conditions,
        forwarded::{Forwarded, PathPrefix},
        idempotency::Running,
        origin,
    },
    resource::{
        batch, changes, docs,
        health::{self, Readiness},
        import, metrics, tasks,
    },
    store::{Store, StoreError},
    task::TaskId,
    traces::Traces,
};

/// What handlers share. Clones are the same one, and cost one count: each request takes several.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What there is one of.
pub struct Shared {
    store: OnceLock<Store>,
    pub(crate) readiness: Readiness,
    pub(crate) load: Arc<Load>,
    pub(crate) metrics: Metrics,
    pub(crate) started: SystemTime,
    pub(crate) keys: KeyRing,
    pub(crate) root_path: PathPrefix,
    pub(crate) origins: Origins,
    pub(crate) document: OnceLock<Bytes>,
    pub(crate) running: Running,
    pub(crate) feeds: Arc<Feeds>,
    pub(crate) requires_if_match: bool,
    pub(crate) traces: Option<Arc<Traces>>,
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl AppState {
    pub fn new(limits: Limits, keys: Keys) -> Self {
        Self::with(Settings { limits, keys: KeyRing::new(keys, None), ..Settings::default() })
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let Settings { limits, keys, requires_if_match, root_path, origins, traces } = settings;
        let (store, readiness, metrics, document, running, feeds) = Default::default();
        let (load, started) = (Arc::new(Load::new(limits)), SystemTime::now());
        Self(Arc::new(Shared {
            store,
            readiness,
            load,
            metrics,
            started,
            keys,
            root_path,
            origins,
            document,
            running,
            feeds,
            requires_if_match,
            traces,
        }))
    }

    /// Gives the service its database. Until then, whatever needs one is answered with 503.
    pub fn set_store(&self, store: Store) {
        let _ = self.store.set(store);
    }

    /// The conditions of a request that changes the task `id`.
    ///
    /// # Errors
    ///
    /// Fails if there must be one and is none.
    pub(crate) fn conditions(&self, headers: &HeaderMap, id: TaskId) -> Result<Conditions, Error> {
        if self.requires_if_match && !headers.contains_key(header::IF_MATCH) {
            return Err(Error::NoCondition);
        }
        Ok(Conditions::of(headers, id, self.epoch()))
    }

    /// That of the database, as far as it has been seen.
    pub(crate) fn epoch(&self) -> Epoch {
        self.store.get().map(Store::epoch).unwrap_or_default()
    }

    /// Under which path the client sees the service: as the nearest proxy says, or else as the operator does.
    fn path_prefix(&self, headers: &HeaderMap) -> PathPrefix {
        let forwarded = Forwarded::new(headers, self.load.limits.proxies).prefix();
        forwarded.unwrap_or_else(|| self.root_path.clone())
    }

    /// # Errors
    ///
    /// Fails while there is no database yet.
    pub fn store(&self) -> Result<&Store, StoreError> {
        self.store.get().ok_or(StoreError::NotYet)
    }
}

/// What the operator decides.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    pub(crate) limits: Limits,
    pub(crate) keys: KeyRing,
    /// Whether nobody changes a task without saying in which state.
    pub(crate) requires_if_match: bool,
    /// What a proxy takes off the paths, unless it says itself.
    pub(crate) root_path: PathPrefix,
    pub(crate) origins: Origins,
    pub(crate) traces: Option<Arc<Traces>>,
}

impl FromRequestParts<AppState> for PathPrefix {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(state.path_prefix(&parts.headers))
    }
}

/// The whole service.
pub fn app(state: AppState) -> Router {
    let routes = Router::new()
        .merge(tasks::router())
        .merge(batch::router())
        .merge(changes::router())
        .merge(import::router())
        .merge(mcp::router())
        .merge(health::router())
        .merge(metrics::router())
        .merge(docs::router())
        .fallback(elsewhere)
        .with_state(state.clone());
    with_care(routes, state)
}

/// What happens around every request. Browsers are told of other origins outside of it, so that pages can read errors too.
fn with_care(routes: Router, state: AppState) -> Router {
    let cors = state.origins.layer();
    let routes = routes.layer(from_fn_with_state(state, middleware::handle));
    match cors {
        Some(cors) => routes.layer(cors),
        None => routes,
    }
}

/// A path with the methods it has. It answers OPTIONS, and says to all others what it allows.
pub(crate) fn resource(allow: &'static str, methods: MethodRouter<AppState>) -> MethodRouter<AppState> {
    let options = move || async move { (StatusCode::NO_CONTENT, [(header::ALLOW, allow)]) };
    methods.options(options).fallback(move || async move { Error::MethodNotAllowed { allow } })
}

/// A path with slashes at its end leads to the one without, if that is there.
async fn elsewhere(State(state): State<AppState>, request: Request) -> Response {
    let path = request.uri().path();
    let target = path.trim_end_matches('/');
    if path.len() == target.len() || !exists(target) {
        return Error::NoSuchPath.into_response();
    }
    match location(&request, &state, target) {
        Some(location) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response(),
        None => Error::NoSuchPath.into_response(),
    }
}

fn exists(path: &str) -> bool {
    let id = path.strip_prefix("/tasks/").filter(|id| !id.is_empty() && !id.contains('/'));
    id.is_some()
        || matches!(
            path,
            "/tasks" | "/tasks:batchCreate" | "/mcp" | "/health" | "/ready" | "/metrics" | "/docs" | "/openapi.json"
        )
}

/// Absolute, as the original's, by the name that the client calls us; relative if it calls us nothing.
fn location(request: &Request, state: &AppState, path: &str) -> Option<HeaderValue> {
    let forwarded = Forwarded::new(request.headers(), state.load.limits.proxies);
    let mut location = Vec::new();
    if let Some(host) = forwarded.hosts().last().map(str::as_bytes).or_else(|| origin::host(request)) {
        location.extend(if forwarded.is_encrypted() { &b"https://"[..] } else { b"http://" });
        location.extend(host);
    }
    location.extend(state.path_prefix(request.headers()).as_str().as_bytes());
    location.extend(path.as_bytes());
    if let Some(query) = request.uri().query() {
        location.push(b'?');
        location.extend(query.as_bytes());
    }
    HeaderValue::from_bytes(&location).ok()
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Method, routing};
    use http_body_util::BodyExt;
    use tower::Service;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer_like_any_other_error() {
        async fn faulty() -> StatusCode {
            panic!("a fault of ours")
        }
        let routes = Router::new().route("/panic", routing::post(faulty));
        let mut service = with_care(routes, AppState::new(Limits::default(), Keys::default()));
        let request =
            Request::builder().method(Method::POST).uri("/panic").header("host", "a").body(Body::empty()).unwrap();
        let response = service.call(request).await.unwrap();
        assert_eq!(response.status(), 500);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let expected = r#"{"detail":"Internal Server Error","type":"about:blank","title":"Internal Server Error","status":500,"instance":"/panic"}"#;
        assert_eq!(body, expected);
    }

    #[tokio::test]
    async fn a_path_with_a_slash_too_many_leads_to_where_the_client_came_by() {
        async fn check(proxies: usize, headers: &[(&str, &str)], expected: &str) {
            let root_path = "/root".parse().expect("it is a path");
            let limits = Limits { proxies, ..Limits::default() };
            let mut service = app(AppState::with(Settings { limits, root_path, ..Settings::default() }));
            let request = Request::builder().uri("/tasks/?limit=7").header("host", "inside:8000");
            let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let response = service.call(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(response.status(), 307);
            assert_eq!(response.headers()["location"], expected, "{proxies} {headers:?}");
        }
        let (proto, host) = (("x-forwarded-proto", "https"), ("x-forwarded-host", "tasks.example"));
        let prefix = ("x-forwarded-prefix", "/api/");
        check(1, &[], "http://inside:8000/root/tasks?limit=7").await;
        check(1, &[proto], "https://inside:8000/root/tasks?limit=7").await;
        check(1, &[proto, host], "https://tasks.example/root/tasks?limit=7").await;
        check(1, &[prefix], "http://inside:8000/api/tasks?limit=7").await;
        check(1, &[("x-forwarded-prefix", "//evil.example")], "http://inside:8000/root/tasks?limit=7").await;
        // Where there are no proxies, anybody may have said it.
        check(0, &[proto, host, prefix], "http://inside:8000/root/tasks?limit=7").await;
    }
}
