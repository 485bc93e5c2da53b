//! What is wrong with the value of a variable that names a database, without asking anybody.

use percent_encoding::percent_decode_str;

/// Schemes of databases' URLs, without what stands behind `+`.
const SCHEMES: &[&str] =
    &["postgres", "postgresql", "mysql", "mariadb", "mongodb", "redis", "rediss", "cockroachdb", "psql", "pgsql"];
/// What libpq knows.
pub(crate) const MODES: &[&str] = &["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
/// What other drivers know beside it.
const FOREIGN_MODES: &[&str] = &["no-verify"];

/// A URL, taken apart as it stands, without a look at whether it makes sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) scheme: String,
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) database: String,
    pub(crate) query: String,
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Flaw {
    Quotes,
    /// It begins or ends with a space or a line end.
    Space,
    /// A character of the password ends a part of the URL.
    NotEncoded(char),
    Mode(String),
    /// In words, without anything of the value.
    Malformed(&'static str),
    /// The host is the container itself.
    Localhost,
}

/// Whether the name is one that databases' URLs are given in.
pub(crate) fn is_database_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let whole = ["DSN", "DB_URL", "DATABASE_URI", "POSTGRES_URL", "PG_URL"];
    name.contains("DATABASE_URL") || whole.iter().any(|known| name.ends_with(known)) || name.ends_with("DB_URI")
}

/// Whether a value is, or is meant to be, a database's URL.
pub(crate) fn is_database_value(value: &str) -> bool {
    let value = unquoted(value.trim());
    let Some((scheme, _)) = value.split_once("://") else { return false };
    let scheme = scheme.rsplit(':').next().unwrap_or(scheme).split('+').next().unwrap_or_default();
    SCHEMES.contains(&scheme.to_ascii_lowercase().as_str())
}

/// The value without quotes around it.
pub(crate) fn unquoted(value: &str) -> &str {
    let strip = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    strip('"').or_else(|| strip('\'')).unwrap_or(value)
}

/// What is wrong, the worst first; `None` where nothing is, or it is no URL of a server.
pub(crate) fn flaw(name: &str, value: &str) -> Option<Flaw> {
    if unquoted(value.trim()) != value.trim() {
        return Some(Flaw::Quotes);
    }
    if !is_database_name(name) && !is_database_value(value) {
        return None;
    }
    if value.trim() != value && !value.trim().is_empty() {
        return Some(Flaw::Space);
    }
    if value.is_empty() || value.starts_with("sqlite") || value.starts_with("file:") || is_key_value(value) {
        return None;
    }
    let Some((scheme, rest)) = value.split_once("://") else {
        return Some(Flaw::Malformed(if value.contains(":/") {
            "it has `:/` in the place of `://`"
        } else {
            "it has no scheme: `postgresql://` stands before a URL of PostgreSQL"
        }));
    };
    if scheme.is_empty() {
        return Some(Flaw::Malformed("nothing stands before `://`"));
    }
    if !is_database_value(value) {
        return None;
    }
    flaw_of_rest(rest, value)
}

/// libpq's other form: `host=db dbname=app`.
fn is_key_value(value: &str) -> bool {
    !value.contains("://") && value.split_whitespace().all(|word| word.contains('=')) && value.contains('=')
}

fn flaw_of_rest(rest: &str, value: &str) -> Option<Flaw> {
    // A raw `/`, `?` or `#` in a password ends the authority before its `@`.
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(end);
    let cut = behind.chars().next();
    let is_password = authority.contains(':') && !authority.contains('@');
    if let (true, Some(sign), true) = (is_password, cut, behind.contains('@')) {
        let port = authority.rsplit(':').next().unwrap_or_default();
        if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) || sign != '?' {
            return Some(Flaw::NotEncoded(sign));
        }
    }
    // `u:gr@vel/7@host`: what stands before the path is no whole authority.
    let path = behind.split('?').next().unwrap_or_default();
    if authority.contains(':') && authority.contains('@') && path.contains('@') {
        return Some(Flaw::NotEncoded('@'));
    }
    if authority.matches('@').count() > 1 {
        return Some(Flaw::NotEncoded('@'));
    }
    if has_bad_percent(authority.rsplit_once('@').map_or("", |(user, _)| user)) {
        return Some(Flaw::NotEncoded('%'));
    }
    let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    if hosts.is_empty() && !behind.contains("host=") {
        return Some(Flaw::Malformed("it names no host"));
    }
    if let Some(flaw) = hosts.split(',').find_map(flaw_of_host) {
        return Some(flaw);
    }
    let parts = parts(value)?;
    let mode = parts.query.split('&').find_map(|pair| pair.strip_prefix("sslmode="));
    match mode {
        Some(mode) if !MODES.contains(&mode) && !FOREIGN_MODES.contains(&mode) => Some(Flaw::Mode(mode.to_owned())),
        _ if is_here(&parts.host) => Some(Flaw::Localhost),
        _ => None,
    }
}

fn flaw_of_host(host: &str) -> Option<Flaw> {
    let end = host.rfind(']').map_or(0, |end| end + 1);
    let port = host[end..].split_once(':').map(|(_, port)| port)?;
    let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
    (!is_port && !port.is_empty()).then_some(Flaw::Malformed("its port is no number from 1 to 65535"))
}

fn has_bad_percent(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().any(|(at, &byte)| {
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
        byte == b'%' && !(digit(at + 1) && digit(at + 2))
    })
}

/// Whether a host is the container itself.
pub(crate) fn is_here(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host == "::1" || host.starts_with("127.")
}

/// Takes a URL apart; `None` for what has no `://`.
pub(crate) fn parts(value: &str) -> Option<Parts> {
    let (scheme, rest) = unquoted(value.trim()).split_once("://")?;
    let at = rest.rfind('@').filter(|at| !rest[..*at].contains('?')).map_or(0, |at| at + 1);
    let rest = &rest[at..];
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(end);
    let authority = authority.split(',').next().unwrap_or_default();
    let inner = authority.rfind(']').map_or(0, |end| end + 1);
    let (host, port) = match authority[inner..].find(':') {
        Some(at) => (&authority[..inner + at], authority[inner + at + 1..].parse().ok()),
        None => (authority, None),
    };
    let (database, query) = behind.split_once('?').unwrap_or((behind, ""));
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    Some(Parts {
        scheme: scheme.to_owned(),
        host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
        port,
        database: decoded(database.trim_start_matches('/')),
        query: query.split('#').next().unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flaws_are_told_from_values_that_are_well() {
        #[track_caller]
        fn check(value: &str, expected: impl Into<Option<Flaw>>) {
            assert_eq!(flaw("DATABASE_URL", value), expected.into(), "{value}");
        }
        check("postgresql://u:p@db:5432/app", None);
        check("postgresql+asyncpg://u:p%40x@db/app?sslmode=require", None);
        check("postgres://u:p@a:1,b:2/app", None);
        check("jdbc:postgresql://db:5432/app", None);
        check("sqlite:////data/x.db", None);
        check("host=db dbname=app", None);
        check("\"postgresql://u:p@db/app\"", Some(Flaw::Quotes));
        check("postgresql://u:p@db/app\r", Some(Flaw::Space));
        check("postgresql://u:p@ss@db/app", Some(Flaw::NotEncoded('@')));
        check("postgresql://u:p/ss@db/app", Some(Flaw::NotEncoded('/')));
        check("postgresql://u:p#ss@db/app", Some(Flaw::NotEncoded('#')));
        check("postgresql://u:gr@vel/7@db:5432/app", Some(Flaw::NotEncoded('@')));
        check("postgresql://u:100%@db/app", Some(Flaw::NotEncoded('%')));
        check("postgresql://u:p@db:543x/app", Some(Flaw::Malformed("its port is no number from 1 to 65535")));
        check("postgresql://u:p@/app", Some(Flaw::Malformed("it names no host")));
        check(
            "u:p@db:5432/app",
            Some(Flaw::Malformed("it has no scheme: `postgresql://` stands before a URL of PostgreSQL")),
        );
        check("postgresql:/u:p@db/app", Some(Flaw::Malformed("it has `:/` in the place of `://`")));
        check("postgresql://u:p@db/app?sslmode=requre", Some(Flaw::Mode("requre".to_owned())));
        check("postgresql://u:p@localhost:5432/app", Some(Flaw::Localhost));
        check("postgresql://u:p@[::1]/app", Some(Flaw::Localhost));
        assert_eq!(flaw("GREETING", "hello"), None);
        assert_eq!(flaw("GREETING", "\"hello\""), Some(Flaw::Quotes));
    }

    #[test]
    fn a_url_is_taken_apart() {
        let parts = parts("postgresql://u:p@db:5433/app?sslmode=require").unwrap();
        let port = parts.port.map(|port| port.to_string()).unwrap_or_default();
        let all = [parts.scheme, parts.host, port, parts.database, parts.query].join(" ");
        assert_eq!(all, "postgresql db 5433 app sslmode=require");
    }
}
