//! URLs that carry a password: `postgresql://app:…@db.internal/app`.

use super::place::Place;
use super::plausible::{distinct, is_example};
use super::value::value_strength;
use super::{Hit, Strength};

/// The kind of every such finding; the promise about a variable looks for it too.
pub(crate) const PASSWORD_URL: &str = "URL with a password";
/// What every URL has.
pub(super) const SEPARATOR: &str = "://";

const LONGEST_AUTHORITY: usize = 600;
/// Parameters of a URL that are passwords, in databases' drivers.
const PASSWORD_PARAMETERS: [&str; 5] = ["password", "passwd", "pwd", "sslpassword", "pass"];

/// Passwords that documentation uses. The last two stand in Neon's own.
const WEAK_PASSWORDS: [&str; 26] = [
    "password",
    "passwd",
    "passw",
    "pass",
    "pwd",
    "pw",
    "p",
    "secret",
    "mypassword",
    "mypass",
    "mysecret",
    "userpass",
    "pass123",
    "password123",
    "p4ssw0rd",
    "passw0rd",
    "test",
    "foo",
    "bar",
    "baz",
    "abc",
    "123",
    "1234",
    "token",
    "abc123def",
    "npg_password",
];
const WEAK_USERS: [&str; 21] = [
    "",
    "user",
    "username",
    "usr",
    "user1",
    "me",
    "name",
    "u",
    "foo",
    "joe",
    "john",
    "jane",
    "alice",
    "bob",
    "alex",
    "login",
    "test",
    "myuser",
    "userid",
    "myusername",
    "scott",
];
/// Hosts that nobody reaches, or only from where the text stands.
const WEAK_HOSTS: [&str; 30] = [
    "localhost",
    "host",
    "hostname",
    "server",
    "servername",
    "myserver",
    "myhost",
    "host1",
    "domain",
    "proxy",
    "address",
    "ip",
    "foo",
    "bar",
    "a",
    "b",
    "h",
    "x",
    "test",
    "host.com",
    "hostname.com",
    "domain.com",
    "server.com",
    "foo.com",
    "bar.com",
    "site.com",
    "company.com",
    "proxy.com",
    "0.0.0.0",
    "[::1]",
];

/// What the parts of an authority are.
struct Authority<'a> {
    user: &'a str,
    password: &'a str,
    host: &'a str,
}

/// A URL with a password anywhere in a file. Templates are none; documentation's words are none where two of them meet, and a
/// warning where one stands beside something real.
pub(super) fn password_url(place: &Place) -> Option<Hit> {
    let scheme = place.run_before(is_scheme);
    if scheme.len() < 2 {
        return None;
    }
    let rest = &place.rest()[SEPARATOR.len()..];
    let end = rest.iter().take(LONGEST_AUTHORITY).position(|&byte| ends_authority(byte));
    let end = end.unwrap_or(rest.len().min(LONGEST_AUTHORITY));
    place.spend(end);
    let authority = authority(&rest[..end]).filter(is_literal).or_else(|| in_query(scheme, rest, end, place))?;
    let weak_password = is_weak_password(authority.password, authority.user);
    let weak_place = is_weak_host(authority.host);
    let weak_user = WEAK_USERS.contains(&authority.user.to_ascii_lowercase().as_str());
    let strength = match (weak_password, weak_place) {
        (true, true) => return None,
        (true, false) if weak_user => return None,
        (false, false) => Strength::Certain,
        _ => Strength::Doubtful,
    };
    Some(Hit { kind: PASSWORD_URL, strength })
}

/// A URL with a password as the value of a setting that takes effect: every literal password counts, whatever the host.
pub(super) fn password_url_in_setting(value: &str) -> Option<Hit> {
    value.match_indices(SEPARATOR).find_map(|(at, _)| {
        let (before, rest) = value.as_bytes().split_at(at);
        before.iter().rev().take(2).all(|&byte| is_scheme(byte)).then_some(()).filter(|()| at >= 2)?;
        let rest = &rest[SEPARATOR.len()..];
        let rest = &rest[..rest.len().min(LONGEST_AUTHORITY)];
        let end = rest.iter().position(|&byte| ends_authority(byte)).unwrap_or(rest.len());
        let found = authority(&rest[..end])?;
        value_strength(found.password).map(|strength| Hit { kind: PASSWORD_URL, strength })
    })
}

/// The authority behind `://`, if it has a password.
fn authority(text: &[u8]) -> Option<Authority<'_>> {
    let text = std::str::from_utf8(text).ok()?;
    let (credentials, host) = text.rsplit_once('@')?;
    let (user, password) = credentials.split_once(':')?;
    let host = if host.starts_with('[') { host.split_inclusive(']').next()? } else { host.split(':').next()? };
    (!password.is_empty() && is_host(host)).then_some(Authority { user, password, host })
}

/// In a file of any kind, whatever may be filled in later is none.
fn is_literal(authority: &Authority) -> bool {
    !is_template(authority.password) && !is_template(authority.user)
}

/// A password among the parameters of a database's URL. On web pages' URLs such parameters are no login of ours.
fn in_query<'a>(scheme: &[u8], rest: &'a [u8], authority_end: usize, place: &Place) -> Option<Authority<'a>> {
    if scheme.ends_with(b"http") || scheme.ends_with(b"https") || scheme.ends_with(b"ftp") {
        return None;
    }
    let behind = &rest[authority_end..rest.len().min(LONGEST_AUTHORITY)];
    let ends = |&byte: &u8| byte <= b' ' || byte >= 0x7f || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\');
    let end = behind.iter().position(ends).unwrap_or(behind.len());
    let query = &behind[..end];
    // What belongs to the next URL is looked at with it.
    let query = &query[..query.windows(3).position(|window| window == b"://").unwrap_or(query.len())];
    place.spend(query.len());
    let (host, query) = (std::str::from_utf8(&rest[..authority_end]).ok()?, std::str::from_utf8(query).ok()?);
    let parameters = || query.split(['?', '&', ';']).filter_map(|pair| pair.split_once('='));
    let named = |wanted: &[&str]| parameters().find(|(name, _)| wanted.contains(&name.to_ascii_lowercase().as_str()));
    let (_, password) = named(&PASSWORD_PARAMETERS)?;
    let user = named(&["user", "username", "uid"]).map_or("", |(_, user)| user);
    let host = host.rsplit('@').next()?.split(':').next()?;
    let found = Authority { user, password, host };
    (!password.is_empty() && is_host(host) && is_literal(&found)).then_some(found)
}

/// Whether documentation uses such a password.
pub(super) fn is_documentation(password: &str) -> bool {
    is_weak_password(password, "")
}

/// Whether the first URL with a password in a text is documentation's: both its password and its place.
pub(super) fn is_documentation_url(text: &str) -> bool {
    text.match_indices(SEPARATOR).any(|(at, _)| {
        let rest = &text.as_bytes()[at + SEPARATOR.len()..];
        let end = rest.iter().position(|&byte| ends_authority(byte)).unwrap_or(rest.len());
        authority(&rest[..end])
            .is_some_and(|found| is_weak_password(found.password, found.user) && is_weak_host(found.host))
    })
}

fn is_scheme(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-')
}

fn ends_authority(byte: u8) -> bool {
    !byte.is_ascii_graphic() && byte < 0x80
        || matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'`' | b'\\' | b',' | b';')
}

/// A value to be filled in, a pattern, or dots in its place.
fn is_template(text: &str) -> bool {
    let variable = text
        .strip_prefix('$')
        .is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    let format = text.contains('%') && text.split('%').skip(1).any(|rest| !is_percent_encoded(rest));
    variable || format || text.contains(['{', '}', '<', '>', '(', ')', '[', ']', '…']) || is_masked(text)
}

fn is_percent_encoded(rest: &str) -> bool {
    rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())
}

/// `***`, `xxxxx`, `...`.
fn is_masked(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'*' | b'x' | b'X' | b'.' | b'-' | b'_')) && !text.is_empty()
        || text.len() > 3 && distinct(text.as_bytes()) == 1
}

/// A host, or something that will be one.
fn is_host(host: &str) -> bool {
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    host.contains(['{', '<', '$', '%'])
        || plain.bytes().any(|byte| byte.is_ascii_alphanumeric() || byte == b':')
            && plain.chars().all(|sign| sign.is_alphanumeric() || matches!(sign, '.' | '-' | '_' | ':'))
}

fn is_weak_password(password: &str, user: &str) -> bool {
    let password = password.to_ascii_lowercase();
    WEAK_PASSWORDS.contains(&password.as_str())
        || password == user.to_ascii_lowercase()
        || is_example(password.as_bytes())
        || password.contains("password")
}

fn is_weak_host(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let example = |label: &str| matches!(label, "example" | "test" | "invalid" | "localhost");
    let documentation = ["127.", "192.0.2.", "198.51.100.", "203.0.113.", "[2001:db8:"];
    WEAK_HOSTS.contains(&host.as_str())
        || host.contains(['{', '<', '$', '%'])
        || host.rsplit('.').take(2).any(example)
        || documentation.iter().any(|prefix| host.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, anywhere: Option<Strength>, setting: Option<Strength>) {
        let at = url.find(SEPARATOR).unwrap();
        let (before, rest) = url.as_bytes().split_at(at);
        assert_eq!(password_url(&Place::new(before, rest)).map(|hit| hit.strength), anywhere, "{url}");
        assert_eq!(password_url_in_setting(url).map(|hit| hit.strength), setting, "{url} as a setting");
    }

    #[test]
    fn a_literal_password_for_a_real_host_is_a_secret() {
        const YES: Option<Strength> = Some(Strength::Certain);
        const PERHAPS: Option<Strength> = Some(Strength::Doubtful);
        for (url, anywhere, setting) in [
            ("postgresql://app:hunter2@db.internal/tasks", YES, YES),
            ("postgres://app:hunter2@db/tasks?sslmode=require", YES, YES),
            ("postgres://app:p%40ss-1@10.0.0.7:5432/tasks", YES, YES),
            ("mongodb+srv://app:hunter2@cluster0.mongodb.net", YES, YES),
            ("redis://:hunter2@cache:6379/0", YES, YES),
            ("https://ci:q8Zt1vPs@git.internal.net/x.git", YES, YES),
            ("amqp://app:a:b@[fd00::7]:5672/", YES, YES),
            // One word of documentation beside something real.
            ("postgres://app:hunter2@localhost/tasks", PERHAPS, YES),
            ("postgres://app:hunter2@db.example.com/tasks", PERHAPS, YES),
            ("postgres://app:password@db.internal/tasks", PERHAPS, YES),
            ("postgres://postgres:postgres@db/tasks", PERHAPS, YES),
            ("postgres://app:hunter2@{host}/tasks", PERHAPS, YES),
            // Documentation.
            ("postgres://user:password@localhost/tasks", None, YES),
            ("postgres://user:password@db.internal/tasks", None, YES),
            ("http://joe:password@proxy.example.com:3128/", None, YES),
            ("postgresql://alex:AbC123dEf@ep-cool-darkness-123456.us-east-2.aws.neon.tech/db", None, YES),
            ("postgres://app:changeme@db/tasks", PERHAPS, PERHAPS),
            // Nothing literal.
            ("postgres://app:${PASSWORD}@db/tasks", None, None),
            ("postgres://app:$PASSWORD@db/tasks", None, None),
            ("postgres://app:$ecret1@db/tasks", None, YES),
            ("postgres://app:p(a[s]s@db/tasks", None, YES),
            ("postgres://<user>:<password>@<host>/db", None, None),
            ("postgres://{user}:{password}@{host}/db", None, None),
            ("postgres://%s:%s@%s/db", None, None),
            ("postgres://app:***@db/tasks", None, None),
            ("postgres://app:xxxxx@db/tasks", None, None),
            ("postgres://app:@db/tasks", None, None),
            ("postgres://app@db/tasks", None, None),
            ("ssh://git@git.internal.net:22/x", None, None),
            ("https://docs.rs/x:y/@z", None, None),
            ("://[^:]+:[^@]+@.*", None, None),
            ("http://a:b@", None, None),
            // A password among the parameters.
            ("jdbc:postgresql://db.internal/tasks?user=app&password=hunter2", YES, None),
            ("jdbc:sqlserver://db.internal:1433;databaseName=tasks;user=sa;password=hunter2", YES, None),
            ("jdbc:postgresql://localhost/test?user=fred&password=secret&ssl=true", None, None),
            ("postgres://db.internal/tasks?password=$PASSWORD", None, None),
            ("https://shop.internal/login?user=app&password=hunter2", None, None),
        ] {
            check(url, anywhere, setting);
        }
    }
}
