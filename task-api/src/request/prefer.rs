//! What a client would like beside its answer (`Prefer`, RFC 7240).

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, request::Parts},
};

const PREFER: HeaderName = HeaderName::from_static("prefer");
const APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const COUNT: HeaderName = HeaderName::from_static("x-total-count");

/// Whether it would like to know how many tasks there are in all, whatever that costs: `count=exact`.
pub(crate) struct WantsCount(pub(crate) bool);

impl<S: Sync> FromRequestParts<S> for WantsCount {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(wants_count(&parts.headers)))
    }
}

fn wants_count(headers: &HeaderMap) -> bool {
    let values = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split([',', ';'])).any(|wish| {
        let (name, value) = wish.split_once('=').unwrap_or((wish, ""));
        name.trim().eq_ignore_ascii_case("count") && value.trim().trim_matches('"') == "exact"
    })
}

/// The headers that say so.
pub(crate) fn counted(count: i64) -> [(HeaderName, HeaderValue); 2] {
    [(APPLIED, HeaderValue::from_static("count=exact")), (COUNT, HeaderValue::from(count))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_found_among_others() {
        for (value, expected) in [
            ("count=exact", true),
            ("return=minimal, Count = exact", true),
            ("count=\"exact\"; foo", true),
            ("count", false),
            ("count=estimated", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(PREFER, HeaderValue::from_static(value))]);
            assert_eq!(wants_count(&headers), expected, "{value}");
        }
    }
}
