//! Pages of a list: how long, where from, and where the next one is.

use axum::http::HeaderValue;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use percent_encoding::percent_decode_str;
use serde_json::json;

use crate::fault::{Fault, Place, text_input};

const DEFAULT_LIMIT: i64 = 100;
const MAX_LIMIT: i64 = 1000;

/// Which part of the list a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    /// Tasks on it, at most.
    pub limit: i64,
    /// It begins behind this id.
    pub after: i64,
}

impl Page {
    /// Reads a query string. Parameters it does not know are ignored, as the original does; of those of one name the
    /// last counts.
    ///
    /// # Errors
    ///
    /// Fails with every fault in it.
    pub(crate) fn parse(query: &str) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut page = Self { limit: DEFAULT_LIMIT, after: i64::MIN };
        if let Some(text) = parameter(query, "limit") {
            match limit(&text) {
                Ok(limit) => page.limit = limit,
                Err(fault) => faults.push(*fault),
            }
        }
        if let Some(text) = parameter(query, "cursor") {
            match after(&text) {
                Some(after) => page.after = after,
                None => faults.push(Fault::new(
                    "value_error",
                    &[Place::Name("query"), Place::Name("cursor")],
                    "Value error, Input should be a cursor from a Link header",
                    text_input(&text),
                )),
            }
        }
        if faults.is_empty() { Ok(page) } else { Err(faults) }
    }

    /// The `Link` header that leads to what comes behind the task `last`.
    pub(crate) fn next(self, path: &str, last: i64) -> Option<HeaderValue> {
        let link = format!("<{path}?limit={}&cursor={}>; rel=\"next\"", self.limit, cursor(last));
        HeaderValue::from_str(&link).ok()
    }
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.rfind(|(key, _)| decode(key) == name).map(|(_, value)| decode(value))
}

fn limit(text: &str) -> Result<i64, Box<Fault>> {
    let place = [Place::Name("query"), Place::Name("limit")];
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let msg = "Input should be a valid integer, unable to parse string as an integer";
        return Err(Box::new(Fault::new("int_parsing", &place, msg, text_input(text))));
    }
    let beyond = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    match text.parse().unwrap_or(beyond) {
        ..1 => {
            let msg = "Input should be greater than or equal to 1";
            Err(Box::new(Fault::new("greater_than_equal", &place, msg, text_input(text)).with(json!({ "ge": 1 }))))
        }
        limit @ 1..=MAX_LIMIT => Ok(limit),
        _ => {
            let msg = format!("Input should be less than or equal to {MAX_LIMIT}");
            Err(Box::new(Fault::new("less_than_equal", &place, msg, text_input(text)).with(json!({ "le": MAX_LIMIT }))))
        }
    }
}

/// The first letter of what is encoded is the version, so that what a cursor holds can change.
fn cursor(last: i64) -> String {
    URL_SAFE_NO_PAD.encode(format!("1:{last}"))
}

fn after(cursor: &str) -> Option<i64> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    str::from_utf8(&bytes).ok()?.strip_prefix("1:")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, expected: Result<(i64, i64), &str>) {
        let page = Page::parse(query);
        let seen = page
            .as_ref()
            .map(|page| (page.limit, page.after))
            .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
        assert_eq!(seen.as_ref().map_err(String::as_str), expected.as_ref().map_err(|text| *text), "{query}");
    }

    #[test]
    fn a_page_is_a_limit_and_a_cursor() {
        check("", Ok((100, i64::MIN)));
        check("offset=1&limit=7", Ok((7, i64::MIN)));
        check("limit=5&limit=%31000", Ok((1000, i64::MIN)));
        check(&format!("cursor={}", cursor(42)), Ok((100, 42)));
        check("limit=0", Err("Input should be greater than or equal to 1"));
        check("limit=1001", Err("Input should be less than or equal to 1000"));
        check("limit=99999999999999999999", Err("Input should be less than or equal to 1000"));
        let both = "Input should be a valid integer, unable to parse string as an integer; Value error, Input should be a cursor from a Link header";
        check("limit=1.5&cursor=42", Err(both));
        check("limit=&cursor=", Err(both));
    }

    #[test]
    fn the_next_page_begins_where_this_one_ends() {
        let page = Page { limit: 2, after: 0 };
        assert_eq!(page.next("/tasks", 7).unwrap(), "</tasks?limit=2&cursor=MTo3>; rel=\"next\"");
    }
}
