//! What a client takes, as headers like `Accept` list it.

use axum::http::{HeaderMap, HeaderName};

/// Whether a header names `wanted`, and not to refuse it.
pub(crate) fn is_named(headers: &HeaderMap, header: &HeaderName, wanted: &str) -> bool {
    let listed = headers.get_all(header).iter().filter_map(|value| value.to_str().ok());
    listed.flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_it = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(wanted));
        let quality = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        is_it && quality.and_then(|quality| quality.trim().parse::<f32>().ok()).is_none_or(|quality| quality > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;

    #[test]
    fn what_is_named_is_taken_unless_its_quality_is_nothing() {
        for (accept, expected) in [
            ("text/event-stream", true),
            ("application/json, Text/Event-Stream;q=0.5", true),
            ("text/event-stream; charset=utf-8; q=1", true),
            ("text/event-stream;q=0", false),
            ("text/event-stream; Q=0.000, */*", false),
            ("text/*", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(is_named(&headers, &header::ACCEPT, "text/event-stream"), expected, "{accept}");
        }
    }
}
