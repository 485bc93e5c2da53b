//! Web pages of other origins that browsers may let use the service (CORS).

use std::{str::FromStr, time::Duration};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

/// How long a browser may keep what it was told.
const KEPT: Duration = Duration::from_mins(10);

/// What pages may read of an answer, beside what all may.
const EXPOSED: [HeaderName; 8] = [
    header::ETAG,
    header::LINK,
    header::LOCATION,
    header::RETRY_AFTER,
    HeaderName::from_static("idempotency-replayed"),
    HeaderName::from_static("preference-applied"),
    HeaderName::from_static("traceresponse"),
    HeaderName::from_static("x-total-count"),
];

/// The origins; none unless the operator says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    named: Vec<HeaderValue>,
    are_all: bool,
}

/// Why a text is no list of origins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadOrigins;

impl Origins {
    /// What tells browsers; `None` where they need not be told.
    pub(crate) fn layer(&self) -> Option<CorsLayer> {
        let origins = match (self.are_all, self.named.is_empty()) {
            (true, _) => AllowOrigin::any(),
            (false, false) => AllowOrigin::list(self.named.iter().cloned()),
            (false, true) => return None,
        };
        let methods = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        let layer = CorsLayer::new().allow_origin(origins).allow_methods(methods).expose_headers(EXPOSED);
        Some(layer.allow_headers(AllowHeaders::mirror_request()).max_age(KEPT))
    }

    /// Whether a request comes from a page whose origin is named. That all may read does not make any of them known.
    pub(crate) fn name(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(header::ORIGIN).iter().peekable();
        origins.peek().is_some() && origins.all(|origin| self.named.contains(origin))
    }
}

impl FromStr for Origins {
    type Err = BadOrigins;

    /// Reads origins as browsers write them, with commas or spaces between them; or `*`.
    fn from_str(text: &str) -> Result<Self, BadOrigins> {
        let mut origins = Self::default();
        for part in text.split(|c: char| c.is_whitespace() || c == ',').filter(|part| !part.is_empty()) {
            if part == "*" {
                origins.are_all = true;
            } else {
                origins.named.push(origin(part).ok_or(BadOrigins)?);
            }
        }
        Ok(origins)
    }
}

fn origin(text: &str) -> Option<HeaderValue> {
    let uri = Uri::try_from(text).ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    let is_whole = text == format!("{scheme}://{authority}") && !authority.as_str().contains('@');
    let is_plain = text.bytes().all(|byte| !byte.is_ascii_uppercase());
    HeaderValue::from_str(text).ok().filter(|_| is_whole && is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_browsers_write() {
        let read = |text: &str| text.parse::<Origins>().map(|origins| origins.named.len());
        assert_eq!(read("https://app.example, http://localhost:3000"), Ok(2));
        assert_eq!(read(" \n"), Ok(0));
        assert_eq!(read("*"), Ok(0));
        for bad in
            ["app.example", "https://app.example/", "https://App.example", "null", "https://u@app.example", "https://"]
        {
            assert_eq!(read(bad), Err(BadOrigins), "{bad}");
        }
    }

    #[test]
    fn who_may_read_is_not_thereby_known() {
        let from = |origin: &'static str| HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static(origin))]);
        let named: Origins = "https://app.example".parse().unwrap();
        assert!(named.name(&from("https://app.example")) && !named.name(&from("https://other.example")));
        assert!(!named.name(&HeaderMap::new()));
        let all: Origins = "*".parse().unwrap();
        assert!(!all.name(&from("https://app.example")) && all.layer().is_some());
        assert!(Origins::default().layer().is_none());
    }
}
