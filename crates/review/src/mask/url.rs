//! URLs: their credentials, their private hosts, and what their paths and parameters carry.

use regex::Regex;
use seaworthy_spec::may_be_secret_variable;

use super::pattern::Pattern;
use super::{Kind, Span, host};

static URL: Pattern = Pattern::new(&["://"], || Regex::new(r#"(?i)[a-z][a-z0-9+.\-]{0,30}://(?P<rest>[^\s"'`<>]+)"#));
/// `app:hunter2@tcp(db:3306)`, `scott/tiger@db`, `user:pass@host`: without a scheme.
static BARE: Pattern = Pattern::new(&["@"], || {
    Regex::new(r#"(?P<user>[A-Za-z0-9_.%+\-]+)[:/](?P<password>[^\s"'`@/][^\s"'`@]*)@(?P<host>[A-Za-z(\[][^\s"'`]*)"#)
});
/// Paths under which secrets stand.
const HOOKS: &[&str] = &["hooks.", "webhook", "/bot", "/services/T", "office.com/", "/invite/"];

/// What is private in every URL of a text.
pub(super) fn urls(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    for captures in URL.within(text).into_iter().flat_map(|regex| regex.captures_iter(text)) {
        if let Some(rest) = captures.name("rest") {
            found.extend(of_url(rest.as_str()).into_iter().map(|span| moved(span, rest.start())));
        }
    }
    for captures in BARE.within(text).into_iter().flat_map(|regex| regex.captures_iter(text)) {
        let (Some(user), Some(password), Some(place)) =
            (captures.name("user"), captures.name("password"), captures.name("host"))
        else {
            continue;
        };
        // `name:tag@sha256:…` is an image, `path/to/tool@latest` a package.
        if host::is_version(place.as_str()) {
            continue;
        }
        found.push(Span { start: user.start(), end: password.end(), kind: Kind::Url });
        found.extend(of_host(place.as_str()).map(|span| moved(span, place.start())));
    }
    found
}

fn moved(span: Span, by: usize) -> Span {
    Span { start: span.start + by, end: span.end + by, ..span }
}

/// What is private in what follows `://`.
fn of_url(rest: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let at = at_sign(rest, end);
    let place = at.map_or(0, |at| at + 1);
    if let Some(at) = at.filter(|at| *at > 0) {
        let user = &rest[..at];
        // `git@github.com`: a user that everybody has.
        if !matches!(user, "git" | "x-access-token") {
            found.push(Span { start: 0, end: at, kind: Kind::Url });
        }
    }
    found.extend(of_host(&rest[place..]).map(|span| moved(span, place)));
    let behind = rest[place..].find(['/', '?', '#']).map_or(rest.len(), |at| place + at);
    if HOOKS.iter().any(|hook| rest.contains(hook)) {
        found.push(Span { start: behind, end: rest.len(), kind: Kind::Url });
    }
    found.extend(parameters(rest, behind));
    found
}

/// Where the credentials end: the last `@`, also where a password holds a `/`.
fn at_sign(rest: &str, end: usize) -> Option<usize> {
    if let Some(at) = rest[..end].rfind('@') {
        return Some(
            rest.rfind('@').filter(|last| !rest[..*last].ends_with('/') && !rest[end..].contains("/@")).unwrap_or(at),
        );
    }
    let colon = rest[..end].find(':')?;
    let is_port = rest[colon + 1..end].bytes().all(|byte| byte.is_ascii_digit()) && end > colon + 1;
    let last = rest.rfind('@')?;
    // `https://host:443/@scope/x`, and no password that begins with digits.
    (!is_port || !rest[..last].ends_with('/')).then_some(last)
}

fn of_host(rest: &str) -> Option<Span> {
    let inner = rest.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let skipped = if inner.starts_with('(') { rest.len() - inner.len() + 1 } else { 0 };
    let rest = &rest[skipped..];
    let end = if rest.starts_with('[') {
        rest.find(']').map_or(rest.len(), |at| at + 1)
    } else {
        rest.find(['/', '?', '#', ':', ')', ',', ';', '\\', '|', '&', '}', ']']).unwrap_or(rest.len())
    };
    let name = rest[..end].trim_end_matches(['.', '!']);
    host::is_private(name).then_some(Span { start: skipped, end: skipped + name.len(), kind: Kind::Host })
}

/// Values of parameters whose names speak of a secret, or that are long.
fn parameters(rest: &str, from: usize) -> Vec<Span> {
    let mut found = Vec::new();
    let Some(query) = rest[from..].find(['?', ';', '#']).map(|at| from + at + 1) else { return found };
    let mut at = query;
    for pair in rest[query..].split(['&', ';', '#']) {
        if let Some((key, value)) = pair.split_once('=') {
            let is_secret = may_be_secret_variable(key) || matches!(key, "u" | "user" | "p" | "code" | "sv" | "se");
            if is_secret && !value.is_empty() && !value.starts_with(['$', '{', '<']) {
                let start = at + key.len() + 1;
                found.push(Span { start, end: start + value.len(), kind: Kind::Url });
            }
        }
        at += pair.len() + 1;
    }
    found
}

/// The parts of credentials that are secrets by themselves: the password, as it is written and decoded.
pub(super) fn parts(credentials: &str) -> Vec<String> {
    let Some((_, password)) = credentials.split_once(':') else { return Vec::new() };
    if credentials.contains(char::is_whitespace) || password.contains("//") {
        return Vec::new();
    }
    vec![password.to_owned(), super::encoded::percent_decoded(password)]
}
