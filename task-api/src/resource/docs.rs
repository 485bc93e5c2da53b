//! `/docs` and `/openapi.json`: the API described, for people and for programs.
//!
//! The page loads nothing from anywhere else, and its policy forbids it.

use std::sync::OnceLock;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
    routing,
};
use bytes::Bytes;
use miniz_oxide::inflate::decompress_to_vec;

use crate::{
    app::{AppState, resource},
    openapi::{self, Asks},
    request::{accept, forwarded::PathPrefix},
};

const PAGE: &str = include_str!("../../assets/docs.html");
const START: &str = include_str!("../../assets/docs.js");
static SCRIPT: Packed = Packed::new(include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js.gz")));
static STYLE: Packed = Packed::new(include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css.gz")));
const ALLOW: &str = "GET, HEAD, OPTIONS";
const POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; \
                      frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

pub(crate) fn router() -> Router<AppState> {
    Router::new()
        .route("/docs", resource(ALLOW, routing::get(page)))
        .route(
            "/docs/docs.js",
            resource(ALLOW, routing::get(|| async { typed("text/javascript; charset=utf-8", START) })),
        )
        .route("/docs/swagger-ui.js", resource(ALLOW, routing::get(script)))
        .route("/docs/swagger-ui.css", resource(ALLOW, routing::get(style)))
        .route("/openapi.json", resource(ALLOW, routing::get(document)))
}

async fn page() -> Response {
    let policy = [(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))];
    (policy, typed("text/html; charset=utf-8", PAGE)).into_response()
}

async fn document(State(state): State<AppState>, prefix: PathPrefix) -> Response {
    let asks = Asks { keys: !state.keys.now().is_empty(), if_match: state.requires_if_match };
    let make = |prefix: &PathPrefix| Bytes::from(openapi::json(asks, prefix.as_str()));
    // Where the operator says nothing of a prefix, and a proxy does, it is made anew.
    let is_known = prefix == state.root_path;
    let document = if is_known { state.document.get_or_init(|| make(&prefix)).clone() } else { make(&prefix) };
    typed("application/json", document)
}

async fn script(headers: HeaderMap) -> Response {
    SCRIPT.answer(&headers, "text/javascript; charset=utf-8")
}

async fn style(headers: HeaderMap) -> Response {
    STYLE.answer(&headers, "text/css; charset=utf-8")
}

fn typed(content_type: &'static str, body: impl IntoResponse) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))], body).into_response()
}

/// A file that is stored as gzip. For those who do not take it so it is unpacked, once for all of them.
struct Packed {
    gzip: &'static [u8],
    plain: OnceLock<Bytes>,
}

impl Packed {
    const fn new(gzip: &'static [u8]) -> Self {
        Self { gzip, plain: OnceLock::new() }
    }

    fn answer(&self, headers: &HeaderMap, content_type: &'static str) -> Response {
        let fixed = |name: HeaderName, value: &'static str| (name, HeaderValue::from_static(value));
        let common = [fixed(header::VARY, "accept-encoding"), fixed(header::CACHE_CONTROL, "public, max-age=3600")];
        if accept::is_named(headers, &header::ACCEPT_ENCODING, "gzip") {
            return (common, [fixed(header::CONTENT_ENCODING, "gzip")], typed(content_type, self.gzip)).into_response();
        }
        (common, typed(content_type, self.plain().clone())).into_response()
    }

    fn plain(&self) -> &Bytes {
        const HEADER_BYTES: usize = 10;
        self.plain.get_or_init(|| {
            let plain = decompress_to_vec(self.gzip.get(HEADER_BYTES..).unwrap_or_default()).unwrap_or_default();
            plain.into_boxed_slice().into()
        })
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn those_who_take_no_gzip_share_what_was_unpacked() {
        let ask = async || SCRIPT.answer(&HeaderMap::new(), "text/javascript").into_body().collect().await.unwrap();
        let [one, other] = [ask().await.to_bytes(), ask().await.to_bytes()];
        assert_eq!((one.as_ptr(), one.len()), (other.as_ptr(), other.len()));
        assert!(one.len() > 1_000_000);
    }
}
