//! URLs that a registry names.

use ureq::http::Uri;

/// `reference` as seen from `base` (RFC 3986, section 5.2, for HTTP). `None` if it is no such URL.
///
/// A URL with a user in it is none: credentials come from here, not from there.
pub(crate) fn join(base: &Uri, reference: &str) -> Option<Uri> {
    let reference = reference.split('#').next()?;
    let scheme = base.scheme_str()?;
    let authority = base.authority()?;
    let whole = if reference.contains("://") && !reference.starts_with(['/', '?']) {
        reference.to_owned()
    } else if reference.starts_with("//") {
        format!("{scheme}:{reference}")
    } else if reference.starts_with('/') {
        format!("{scheme}://{authority}{reference}")
    } else if reference.starts_with('?') {
        format!("{scheme}://{authority}{}{reference}", base.path())
    } else {
        let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{reference}")
    };
    let url: Uri = whole.parse().ok()?;
    let http = matches!(url.scheme_str(), Some("http" | "https"));
    let host =
        url.authority().is_some_and(|authority| !authority.host().is_empty() && !authority.as_str().contains('@'));
    (http && host).then_some(url)
}

/// Whether both are the same scheme, host and port.
pub(crate) fn same_origin(a: &Uri, b: &Uri) -> bool {
    let origin = |url: &Uri| {
        let scheme = url.scheme_str()?.to_owned();
        let port = url.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        Some((scheme, url.host()?.to_ascii_lowercase(), port))
    };
    origin(a).is_some() && origin(a) == origin(b)
}

/// What of a URL may be shown: its query may hold a signature or a token.
pub(crate) fn path(url: &str) -> &str {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => url,
    }
}

/// A text as part of a query.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend([byte >> 4, byte & 15].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_read_as_seen_from_the_request() {
        let base: Uri = "https://r.example:5000/v2/a/blobs/uploads/?x=1".parse().unwrap();
        let check = |reference: &str, expected: &str| {
            let got = join(&base, reference).map_or("none".to_owned(), |url| url.to_string());
            assert_eq!(got, expected, "{reference}");
        };
        check("/v2/a/blobs/uploads/7?s=1", "https://r.example:5000/v2/a/blobs/uploads/7?s=1");
        check("https://other/x", "https://other/x");
        check("//other/x", "https://other/x");
        check("7", "https://r.example:5000/v2/a/blobs/uploads/7");
        check("?s=2", "https://r.example:5000/v2/a/blobs/uploads/?s=2");
        check("http://u:p@other/x", "none");
        check("ftp://other/x", "none");
        check("https:///x", "none");
        check("/a b", "none");
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let same = |a: &str, b: &str| same_origin(&a.parse().unwrap(), &b.parse().unwrap());
        assert!(same("https://a/x", "https://A:443/y"));
        assert!(!same("https://a/x", "http://a/x"));
        assert!(!same("https://a/x", "https://a:5000/x"));
        assert!(!same("https://a/x", "https://b/x"));
    }

    #[test]
    fn only_the_path_is_shown() {
        assert_eq!(path("/v2/a?token=x"), "/v2/a");
        assert_eq!(path("https://r.example:5000/v2/a?token=x#y"), "/v2/a");
        assert_eq!(path("https://r.example"), "/");
    }

    #[test]
    fn what_is_not_plain_is_encoded() {
        assert_eq!(encode("repository:a/b:pull,push é"), "repository%3Aa%2Fb%3Apull%2Cpush%20%C3%A9");
    }
}
