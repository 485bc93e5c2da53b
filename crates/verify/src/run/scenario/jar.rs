//! The cookies of a scenario: RFC 6265 as far as a service can be seen to rely on it.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// The most cookies that are kept: beyond it the oldest go.
const MOST: usize = 50;
/// The longest cookie in bytes, name and value.
const LONGEST: usize = 4096;
/// No cookie lasts longer than any scenario does.
const LASTS: Duration = Duration::from_hours(24 * 365);

/// What the answers of a scenario set.
#[derive(Debug, Default, Clone)]
pub(super) struct Jar {
    cookies: Vec<Cookie>,
}

#[derive(Debug, Clone)]
struct Cookie {
    name: String,
    value: String,
    path: String,
    ends: Option<Instant>,
}

impl Jar {
    pub(super) fn is_empty(&self) -> bool {
        self.cookies.is_empty()
    }

    /// Takes a `Set-Cookie` of an answer to a request for `asked`. Its domain does not matter: the service is asked by one name only.
    pub(super) fn take(&mut self, header: &str, asked: &str) {
        let Some((name, value)) = pair(header) else { return };
        if name.len() + value.len() > LONGEST {
            return;
        }
        let path = attribute(header, "path").filter(|path| path.starts_with('/'));
        let path = path.unwrap_or_else(|| default_path(asked)).to_owned();
        self.cookies.retain(|cookie| cookie.name != name || cookie.path != path);
        let lasts = lasts(header);
        if lasts == Some(Duration::ZERO) {
            return;
        }
        if self.cookies.len() == MOST {
            self.cookies.remove(0);
        }
        let ends = lasts.map(|lasts| Instant::now() + lasts);
        self.cookies.push(Cookie { name: name.to_owned(), value: value.to_owned(), path, ends });
    }

    /// The `Cookie` header of a request for `path`; none without cookies. Those of longer paths stand first.
    pub(super) fn header(&self, path: &str) -> Option<String> {
        let path = without_query(path);
        let now = Instant::now();
        let is_sent = |cookie: &&Cookie| cookie.ends.is_none_or(|ends| ends > now) && is_under(path, &cookie.path);
        let mut sent: Vec<&Cookie> = self.cookies.iter().filter(is_sent).collect();
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> = sent.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

/// Name and value of a `Set-Cookie`.
pub(super) fn pair(header: &str) -> Option<(&str, &str)> {
    let (name, value) = header.split(';').next()?.split_once('=')?;
    let name = name.trim();
    (!name.is_empty()).then(|| (name, value.trim()))
}

/// The last one of this name counts.
fn attribute<'h>(header: &'h str, wanted: &str) -> Option<&'h str> {
    let attributes = header.split(';').skip(1).filter_map(|attribute| attribute.split_once('='));
    let of_name = attributes.filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
    of_name.last().map(|(_, value)| value.trim())
}

/// For how long it lasts: nothing where it is over; `None` where it says nothing that can be read. `Max-Age` goes before `Expires`.
fn lasts(header: &str) -> Option<Duration> {
    let max_age = attribute(header, "max-age").and_then(|age| age.parse::<i64>().ok());
    let seconds = max_age.or_else(|| {
        // Old servers write `01-Jan-1970`.
        let date = attribute(header, "expires")?.replace('-', " ");
        let at = rfc2822::DateTimeParser::new().parse_timestamp(&date).ok()?;
        Some(at.as_second() - Timestamp::now().as_second())
    })?;
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)).min(LASTS))
}

/// The folder of what was asked for.
fn default_path(asked: &str) -> &str {
    let path = without_query(asked);
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(end) => &path[..end],
    }
}

fn without_query(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}

fn is_under(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || folder.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(set: &[&str], asked: &str, expected: Option<&str>) {
        let mut jar = Jar::default();
        for header in set {
            jar.take(header, "/shop/login?next=/a/b");
        }
        assert_eq!(jar.header(asked).as_deref(), expected, "{set:?}");
    }

    #[test]
    fn cookies_are_sent_by_path_until_they_end() {
        check(&["a=1; Path=/; HttpOnly; Secure; SameSite=Lax"], "/x", Some("a=1"));
        check(&["a=1"], "/shop", Some("a=1"));
        check(&["a=1"], "/shop/cart?x=/y", Some("a=1"));
        check(&["a=1"], "/shopping", None);
        check(&["a=1"], "/", None);
        check(&["a=1; Path=/", "b=2; Path=/shop", "a=3; path=/"], "/shop/x", Some("b=2; a=3"));
        check(&["a=1; Domain=example.com; Path=/"], "/", Some("a=1"));
        check(&["a=b=c==; Path=/"], "/", Some("a=b=c=="));
        check(&["a=; Path=/"], "/", Some("a="));
        check(&["=1; Path=/", "nothing", ""], "/", None);
        check(&["a=1; Path=/", "a=; Path=/; Max-Age=0"], "/", None);
        check(&["a=1; Path=/", "a=2; Path=/; Max-Age=-5; Expires=Thu, 01 Jan 2099 00:00:00 GMT"], "/", None);
        check(&["a=1; Path=/", "a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], "/", None);
        check(&["a=1; Path=/", "a=; Path=/; Expires=Thu, 01-Jan-1970 00:00:00 GMT"], "/", None);
        check(&["a=1; Path=/; Max-Age=999999999999"], "/", Some("a=1"));
        check(&["a=1; Path=/; Expires=soon"], "/", Some("a=1"));
        check(&["a=1; Path=/", "a=2; Path=/other; Max-Age=0"], "/", Some("a=1"));
        let large = format!("a={}; Path=/", "x".repeat(5000));
        check(&[&large], "/", None);
    }

    #[test]
    fn of_too_many_cookies_the_oldest_go() {
        let mut jar = Jar::default();
        for number in 0..60 {
            jar.take(&format!("c{number}={number}; Path=/"), "/");
        }
        let sent = jar.header("/").unwrap_or_default();
        assert!(sent.starts_with("c10=10; ") && sent.ends_with("c59=59"), "{sent}");
    }
}
