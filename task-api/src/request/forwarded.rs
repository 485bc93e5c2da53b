//! What proxies of the operator's own say about the request that they were sent. Where there are none, anybody may have
//! written it, and none of it is believed.

use std::str::FromStr;

use axum::http::{HeaderMap, HeaderValue};

const HOST: &str = "x-forwarded-host";
const PREFIX: &str = "x-forwarded-prefix";
const PROTO: &str = "x-forwarded-proto";

/// The headers of a request, and how many of the operator's proxies have seen it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Forwarded<'a> {
    headers: &'a HeaderMap,
    proxies: usize,
}

impl<'a> Forwarded<'a> {
    pub(crate) fn new(headers: &'a HeaderMap, proxies: usize) -> Self {
        Self { headers, proxies }
    }

    /// Whether the nearest proxy was asked by https.
    pub(crate) fn is_encrypted(self) -> bool {
        self.said(PROTO).next().is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
    }

    /// By which names the proxies were asked, the nearest first.
    pub(crate) fn hosts(self) -> impl Iterator<Item = &'a str> {
        self.said(HOST)
    }

    /// What the nearest proxy took off the path, if it says so in a way that can be used.
    pub(crate) fn prefix(self) -> Option<PathPrefix> {
        self.said(PREFIX).next()?.parse().ok()
    }

    /// What each proxy has added to a header, the nearest first. What stands before that is the client's.
    fn said(self, name: &'static str) -> impl Iterator<Item = &'a str> {
        let values = self.headers.get_all(name).iter().rev().map(HeaderValue::to_str).map_while(Result::ok);
        values.flat_map(|value| value.rsplit(',')).map(str::trim).take(self.proxies)
    }
}

/// The path under which a proxy shows the service: nothing, or `/api`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathPrefix(String);

impl PathPrefix {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is no prefix of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadPrefix;

impl FromStr for PathPrefix {
    type Err = BadPrefix;

    /// Reads a path, with or without a slash at its end. It may not begin with two: that is a host.
    fn from_str(text: &str) -> Result<Self, BadPrefix> {
        let path = text.strip_suffix('/').unwrap_or(text);
        let is_path = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+;=:@%/".contains(c);
        let is_good = path.is_empty() || path.starts_with('/') && !path.contains("//") && path.chars().all(is_path);
        if is_good { Ok(Self(path.to_owned())) } else { Err(BadPrefix) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn only_what_our_own_proxies_say_counts() {
        let check = |values: &[&'static str], proxies, expected: &[&str]| {
            let headers = headers(HOST, values);
            let hosts: Vec<_> = Forwarded::new(&headers, proxies).hosts().collect();
            assert_eq!(hosts, expected, "{values:?} {proxies}");
        };
        check(&["tasks.example"], 0, &[]);
        check(&["tasks.example"], 1, &["tasks.example"]);
        check(&["evil.example, tasks.example"], 1, &["tasks.example"]);
        check(&["evil.example", "tasks.example , inside"], 2, &["inside", "tasks.example"]);
        check(&[], 2, &[]);
    }

    #[test]
    fn the_nearest_proxy_knows_how_it_was_asked() {
        let check = |values: &[&'static str], proxies, expected| {
            let headers = headers(PROTO, values);
            assert_eq!(Forwarded::new(&headers, proxies).is_encrypted(), expected, "{values:?} {proxies}");
        };
        check(&["https"], 1, true);
        check(&["http", "HTTPS "], 1, true);
        check(&["http, https"], 2, true);
        check(&["https, http"], 1, false);
        check(&["https", "http"], 1, false);
        check(&["https"], 0, false);
        check(&[], 1, false);
    }

    #[test]
    fn a_prefix_is_a_path_and_never_a_host() {
        for (text, expected) in [
            ("", Some("")),
            ("/", Some("")),
            ("/api", Some("/api")),
            ("/a/b-1/", Some("/a/b-1")),
            ("api", None),
            ("//evil.example", None),
            ("/a//b", None),
            ("/a b", None),
            ("/a>", None),
            ("/a?b", None),
            ("https://evil.example", None),
        ] {
            assert_eq!(text.parse::<PathPrefix>().ok().as_ref().map(PathPrefix::as_str), expected, "{text}");
        }
    }
}
