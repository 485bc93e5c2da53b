//! What a program's log says of why it does not work: clues, each to be confirmed or refuted elsewhere.

pub(crate) mod like;
mod patterns;

use std::sync::LazyLock;

use regex::Regex;

use crate::trial;

/// What is read of a log, from its end.
const READ_BYTES: usize = 256 << 10;
/// Clues of one pattern.
const MOST: usize = 20;

/// A line that points to a cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clue {
    /// The cause's id.
    pub(crate) cause: &'static str,
    /// The thing that the line names: a variable, a module, a host.
    pub(crate) what: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) line: String,
    /// Where in the log it stands.
    pub(crate) at: usize,
}

struct Compiled {
    cause: &'static str,
    regex: Regex,
}

static COMPILED: LazyLock<Vec<Compiled>> = LazyLock::new(|| {
    let compiled =
        |pattern: &patterns::Pattern| Some(Compiled { cause: pattern.cause, regex: Regex::new(pattern.regex).ok()? });
    patterns::PATTERNS.iter().filter_map(compiled).collect()
});

/// The clues of a log, in its order; of one thing the last one.
pub(crate) fn clues(text: &str) -> Vec<Clue> {
    let from = text.floor_char_boundary(text.len().saturating_sub(READ_BYTES));
    let text = &text[from..];
    let mut found: Vec<Clue> = Vec::new();
    for Compiled { cause, regex } in &*COMPILED {
        let all: Vec<_> = regex.captures_iter(text).collect();
        for captures in all.iter().rev().take(MOST) {
            let Some(whole) = captures.get(0) else { continue };
            let named = |name: &str| captures.name(name).map(|found| found.as_str().trim_end_matches(',').to_owned());
            let clue = Clue {
                cause,
                what: named("what"),
                path: named("path"),
                port: named("port").and_then(|port| port.parse().ok()),
                line: line_at(text, whole.start(), whole.end()),
                at: whole.start(),
            };
            if clue.cause == "missing-variable"
                && clue.what.as_deref().is_some_and(|what| patterns::WORDS.contains(&what))
            {
                continue;
            }
            let is_known = |known: &Clue| {
                known.cause == clue.cause
                    && (known.what == clue.what && known.path == clue.path || known.line == clue.line)
            };
            if !found.iter().any(is_known) {
                found.push(clue);
            }
        }
    }
    found.sort_by_key(|clue| clue.at);
    found
}

/// The file and line in which a traceback ends that stands before a place of a log: `/app/app.py`, 4.
pub(crate) fn place_before(text: &str, at: usize) -> Option<(String, u32)> {
    static PLACES: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(concat!(
            r#"File "(?P<a>/[^"\n]+)", line (?P<b>\d+)"#,
            r"|\(?(?:file://)?(?P<c>/[^\s():]+\.(?:js|mjs|cjs|ts|rb|php|go|rs|java)):(?P<d>\d+)",
        ))
        .ok()
    });
    let from = text.floor_char_boundary(text.len().saturating_sub(READ_BYTES));
    let text = &text[from..];
    let places = PLACES.as_ref()?;
    let before = &text[..text.floor_char_boundary(at.min(text.len()))];
    let own = |path: &str| {
        !["/site-packages/", "/dist-packages/", "/node_modules/", "/usr/lib/", "/lib/python"]
            .iter()
            .any(|part| path.contains(part))
    };
    let found: Vec<(String, u32)> = places
        .captures_iter(before)
        .filter_map(|captures| {
            let path = captures.name("a").or_else(|| captures.name("c"))?.as_str();
            let line = captures.name("b").or_else(|| captures.name("d"))?.as_str().parse().ok()?;
            own(path).then(|| (path.to_owned(), line))
        })
        .collect();
    found.last().cloned()
}

/// Whether a program tells of an error that nobody handled.
pub(crate) fn has_unhandled(text: &str) -> bool {
    let begins = ["Traceback (most recent call last)", "panic: ", "Exception in thread ", "Uncaught ", "Node.js v"];
    text.lines().any(|line| begins.iter().any(|begin| line.starts_with(begin)))
}

/// Whether a program says nothing of its own behind a clue: what follows is the trace, or a server that tells of its end.
pub(crate) fn closes(text: &str, clue: &Clue) -> bool {
    static FOLLOWS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(concat!(
            r"^(?:\s|$|at |File |Traceback|During handling|The above exception|Caused by|\.\.\. \d+ more|#\d+ |[{}^\]]",
            r"|Node\.js v|npm |\[[^\]]*\] \[\d+\] \[|INFO|thrown in|PHP |Stack trace|goroutine |exit status|stack backtrace|note: )",
        ))
        .ok()
    });
    let from = text.floor_char_boundary(text.len().saturating_sub(READ_BYTES));
    let text = &text[from..];
    let Some(at) = text.rfind(&clue.line) else { return false };
    let follows = |line: &str| line == clue.line || FOLLOWS.as_ref().is_some_and(|follows| follows.is_match(line));
    text[at + clue.line.len()..].lines().all(follows)
}

/// The last line that is not empty; stderr's before stdout's.
pub(crate) fn last_line(logs: &seaworthy_engine::Logs) -> String {
    let text = trial::both(logs);
    text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

/// The lines in which a match lies, as one.
fn line_at(text: &str, start: usize, end: usize) -> String {
    let from = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let to = text[end..].find('\n').map_or(text.len(), |at| end + at);
    text[from..to].trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles_and_names_a_known_cause() {
        for pattern in patterns::PATTERNS {
            assert!(Regex::new(pattern.regex).is_ok(), "{}", pattern.regex);
            assert!(crate::table::find(pattern.cause).is_some(), "{}", pattern.cause);
        }
    }

    #[test]
    fn lines_of_many_runtimes_point_to_causes() {
        #[track_caller]
        fn check(line: &str, expected: &str) {
            let found = clues(line);
            let found: Vec<String> = found
                .iter()
                .map(|clue| {
                    let port = clue.port.map(|port| port.to_string());
                    let parts = [Some(clue.cause.to_owned()), clue.what.clone(), clue.path.clone(), port];
                    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
                })
                .collect();
            assert_eq!(found.join("; "), expected, "{line}");
        }
        check("KeyError: 'DATABASE_URL'", "missing-variable DATABASE_URL");
        check("Error: API_KEY is not set", "missing-variable API_KEY");
        check("/entry.sh: 3: TOKEN: parameter not set", "missing-variable TOKEN");
        check("ModuleNotFoundError: No module named 'flask'", "import-error flask");
        check("Error: Cannot find module 'express'", "import-error express");
        check("Error loading ASGI app. Could not import module \"main\".", "import-error main");
        check(
            "/app/x: error while loading shared libraries: libpq.so.5: cannot open shared object file: No such file or directory",
            "missing-shared-library libpq.so.5",
        );
        check(
            "/app/x: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by /app/x)",
            "libc-mismatch GLIBC_2.38 /app/x",
        );
        check("PermissionError: [Errno 13] Permission denied: '/data/x'", "permission-denied /data/x");
        check("Error: EACCES: permission denied, open '/data/x'", "permission-denied /data/x");
        check("Error: listen EACCES: permission denied 0.0.0.0:80", "privileged-port 80");
        check("listen tcp :80: bind: permission denied", "privileged-port 80");
        check("Error: listen EADDRINUSE: address already in use :::8000", "port-in-use 8000");
        check("OSError: [Errno 30] Read-only file system: '/app/x.db'", "read-only-root /app/x.db");
        check("FileNotFoundError: [Errno 2] No such file or directory: '/data/x.db'", "missing-file /data/x.db");
        check("could not translate host name \"db\" to address: Name or service not known", "host-not-resolved db");
        check("Error: getaddrinfo ENOTFOUND db", "host-not-resolved db");
        check("Error: connect ECONNREFUSED 127.0.0.1:5432", "connection-refused 127.0.0.1 5432");
        check("FATAL:  password authentication failed for user \"app\"", "wrong-password app");
        check("FATAL:  database \"shop\" does not exist", "no-such-database shop");
        check("FATAL:  role \"shop\" does not exist", "no-such-role shop");
        check("server does not support SSL, but SSL was required", "tls-refused");
        check("invalid sslmode value: \"requre\"", "unknown-sslmode requre");
        check("FATAL:  sorry, too many clients already", "too-many-connections");
        check("ERROR:  prepared statement \"s1\" already exists", "pooler-prepared-statements s1");
        check("redis: Error 111 connecting to cache:6379. Connection refused.", "connection-refused cache 6379");
        check("Error -2 connecting to cache:6379. Name or service not known.", "host-not-resolved cache 6379");
        check("Unknown MySQL server host 'db' (-2)", "host-not-resolved db");
        check("Can't connect to MySQL server on 'db:3306' (111)", "connection-refused db 3306");
        check("Error: Unable to open config file /etc/mosquitto/shop.conf.", "missing-file /etc/mosquitto/shop.conf");
        check("Path '/data/shop.db' does not exist.", "missing-file /data/shop.db");
        check("Missing privilege separation directory: /run/sshd", "missing-file /run/sshd");
        check("You must define the environment variable SHOP_SETTINGS or …", "missing-variable SHOP_SETTINGS");
        check("FileNotFoundError: [Errno 2] No usable temporary directory found in ['/tmp']", "read-only-root");
        check("GET /notes/7: not found", "");
        check("all is well, listening on port 8000", "");
    }
}
