//! Which web page a request comes from, as its browser says: a page can choose neither `Origin` nor `Sec-Fetch-Site`.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Uri, Version, header, uri::Authority},
};

use crate::request::forwarded::Forwarded;

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a request comes from no web page, or from one of this machine. A page from elsewhere that has made its name
/// mean our address is told by its origin.
pub(crate) fn is_from_here(headers: &HeaderMap) -> bool {
    origins_are(headers, is_local)
}

/// Whether a request comes from a web page that is neither of this machine nor of the host that it asks, by the name that
/// the service or one of the operator's `proxies` is asked by.
pub(crate) fn is_from_elsewhere(request: &Request, proxies: usize) -> bool {
    let headers = request.headers();
    let is_called = |site| headers.get_all(SITE).iter().any(|value| value == site);
    let forwarded = Forwarded::new(headers, proxies).hosts().map(str::as_bytes);
    let asked: Vec<_> = host(request).into_iter().chain(forwarded).flat_map(Authority::try_from).collect();
    let is_asked = |host: &str| asked.iter().any(|asked| asked.host().eq_ignore_ascii_case(host));
    // A proxy may call us by another name than the browser does, which has compared the one that it knows.
    is_called("cross-site")
        || !is_called("same-origin") && !origins_are(headers, |host| is_local(host) || is_asked(host))
}

/// Whether a request says once what it calls us, as it must since HTTP/1.1 (RFC 9112, section 3.2).
pub(crate) fn has_host(request: &Request) -> bool {
    request.version() < Version::HTTP_11 || request.headers().get_all(header::HOST).iter().count() == 1
}

/// What the client calls us, with the port if it says one.
pub(crate) fn host(request: &Request) -> Option<&[u8]> {
    let host = request.headers().get(header::HOST).map(HeaderValue::as_bytes);
    host.or(request.uri().authority().map(|authority| authority.as_str().as_bytes()))
}

/// Whether this holds for the host of every origin. A page may have none, and then nothing holds for it.
fn origins_are(headers: &HeaderMap, holds: impl Fn(&str) -> bool) -> bool {
    headers.get_all(header::ORIGIN).iter().all(|origin| {
        let origin = Uri::try_from(origin.as_bytes()).ok().filter(|origin| origin.scheme().is_some());
        origin.as_ref().and_then(Uri::host).is_some_and(&holds)
    })
}

fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request {
        let request = Request::builder().uri("/tasks");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.body(Body::empty()).unwrap()
    }

    #[test]
    fn a_page_from_elsewhere_is_told_by_its_origin() {
        let is_from_here = |origins: &[&'static str]| {
            let origins: Vec<_> = origins.iter().map(|origin| ("origin", *origin)).collect();
            is_from_here(request(&origins).headers())
        };
        for good in
            [&[][..], &["http://localhost"], &["http://127.0.0.1:6274"], &["https://[::1]:1"], &["http://[::1]"]]
        {
            assert!(is_from_here(good), "{good:?}");
        }
        for bad in [
            &["http://example.com"][..],
            &["null"],
            &[""],
            &["http://localhost.example.com"],
            &["http://localhost", "http://example.com"],
        ] {
            assert!(!is_from_here(bad), "{bad:?}");
        }
    }

    #[track_caller]
    fn check(headers: &[(&str, &str)], expected: bool) {
        assert_eq!(is_from_elsewhere(&request(headers), 0), expected, "{headers:?}");
    }

    #[test]
    fn a_page_of_the_host_that_is_asked_is_not_from_elsewhere() {
        let (host, page) = (("host", "tasks.example:8000"), ("origin", "http://tasks.example:8000"));
        check(&[], false);
        check(&[host], false);
        check(&[host, page], false);
        check(&[host, ("origin", "https://Tasks.example")], false);
        check(&[host, ("origin", "http://localhost:3000"), ("sec-fetch-site", "same-site")], false);
        check(&[("host", "[::2]:8000"), ("origin", "http://[::2]:8000")], false);
        for other in [
            "http://example.com",
            "http://tasks.example.com",
            "https://other.tasks.example",
            "null",
            "",
            "tasks.example",
        ] {
            check(&[host, ("origin", other)], true);
            check(&[host, page, ("origin", other)], true);
            check(&[("origin", other)], true);
        }
        check(&[page], true);
        check(&[("host", "a b"), page], true);
        // The browser's own word, whatever a proxy has made of the host.
        check(
            &[("host", "inside:8000"), ("origin", "https://tasks.example"), ("sec-fetch-site", "same-origin")],
            false,
        );
        check(&[("host", "inside:8000"), ("origin", "https://tasks.example"), ("sec-fetch-site", "same-site")], true);
        check(&[host, ("sec-fetch-site", "none")], false);
        check(&[host, ("sec-fetch-site", "cross-site")], true);
        check(&[host, page, ("sec-fetch-site", "cross-site")], true);
        check(&[host, page, ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], true);
    }

    #[test]
    fn behind_a_proxy_the_host_that_is_asked_is_the_proxys() {
        let asked = [("host", "inside:8000"), ("x-forwarded-host", "evil.example, tasks.example")];
        let told = |origin, proxies| is_from_elsewhere(&request(&[asked[0], asked[1], ("origin", origin)]), proxies);
        assert!(!told("https://tasks.example", 1));
        assert!(told("https://evil.example", 1), "that is what the client says");
        assert!(told("https://tasks.example", 0), "nobody is believed");
        assert!(!told("http://inside:8000", 1));
    }
}
