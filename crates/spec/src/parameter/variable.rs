//! Variables of the environment, and what they hold.

use super::{NO_NAMES, Value, is_weak};
use crate::sentence::Token;

/// Words in capitals that name no variable.
pub(super) const NO_VARIABLES: &[&str] = &[
    "api",
    "amd64",
    "arm64",
    "arg",
    "ascii",
    "base",
    "build",
    "cd",
    "ci",
    "cli",
    "cmd",
    "cors",
    "cpu",
    "crud",
    "csrf",
    "cve",
    "cves",
    "container",
    "copy",
    "data",
    "database",
    "dns",
    "dockerfile",
    "entrypoint",
    "env",
    "expose",
    "gb",
    "gid",
    "gpu",
    "health",
    "healthcheck",
    "http",
    "https",
    "image",
    "ip",
    "ipv4",
    "ipv6",
    "json",
    "kb",
    "label",
    "labels",
    "layers",
    "license",
    "log",
    "logs",
    "mb",
    "memory",
    "mfa",
    "mysql",
    "oci",
    "ok",
    "orm",
    "otel",
    "pid",
    "posix",
    "ram",
    "rbac",
    "readme",
    "redis",
    "rest",
    "root",
    "run",
    "sbom",
    "secrets",
    "sigint",
    "sigkill",
    "sigquit",
    "sigterm",
    "sighup",
    "size",
    "sql",
    "sqlite",
    "ssh",
    "ssl",
    "stdout",
    "stderr",
    "stop",
    "start",
    "stopsignal",
    "tcp",
    "tls",
    "todo",
    "udp",
    "uid",
    "user",
    "utc",
    "utf",
    "volume",
    "workdir",
    "xml",
    "yaml",
];

/// `DATABASE_URL`, `$PORT`, or the two plain names that people use for those: `database URL`, `port`.
pub(super) fn variable(tokens: &[Token]) -> Vec<(usize, Value)> {
    let Some(first) = tokens.first() else { return Vec::new() };
    let is_marked = first.text.starts_with('$');
    if (is_setting(first) || is_marked && is_variable(&first.text))
        && ![NO_NAMES, NO_VARIABLES].iter().any(|words| words.contains(&first.word.as_str()))
    {
        return vec![(1, Value::Text(variable_name(&first.text).to_owned()))];
    }
    match (first.word.as_str(), tokens.get(1).map(|token| token.word.as_str())) {
        ("database", Some("url")) => vec![(2, Value::Text("DATABASE_URL".to_owned()))],
        ("port", _) => vec![(1, Value::Text("PORT".to_owned()))],
        _ => Vec::new(),
    }
}

/// Whether a word is a variable and can be nothing else: `GDPR` and `SLA` are written as variables are.
pub(crate) fn is_setting(token: &Token) -> bool {
    const PLAIN: &[&str] =
        &["PORT", "HOST", "TZ", "DSN", "DEBUG", "LANG", "WORKERS", "THREADS", "TOKEN", "SECRET", "PASSWORD"];
    let name = variable_name(&token.text);
    is_variable(name) && (name.contains('_') || PLAIN.contains(&name)) || is_section(name)
}

/// `ConnectionStrings__Default`, as .NET names what lies in a section of its settings.
fn is_section(name: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_uppercase()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    name.len() <= 100 && name.contains("__") && name.split("__").all(is_part)
}

/// `$PORT` and `${PORT}` without their marks.
pub(super) fn variable_name(text: &str) -> &str {
    let name = text.strip_prefix('$').unwrap_or(text);
    name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name)
}

/// Whether a word is written as variables are.
pub(crate) fn is_variable(text: &str) -> bool {
    let name = variable_name(text);
    let upper = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    (2..=100).contains(&name.len()) && name.bytes().all(upper) && name.as_bytes()[0].is_ascii_uppercase()
}

/// A default: one word that is no sentence of its own.
pub(super) fn value(tokens: &[Token]) -> Vec<(usize, Value)> {
    let word = tokens.first().filter(|token| !NO_NAMES.contains(&token.word.as_str()));
    let word = word.filter(|token| {
        let is_name = token.text.contains('_') && is_variable(&token.text);
        let is_subject = tokens.get(1).is_some_and(|next| next.is("variable"));
        let is_pattern = token.text.contains(['?', '*']);
        let starts_well = token.text.starts_with(|c: char| c.is_alphanumeric() || "/._".contains(c));
        let is_no_value = NO_VALUES.contains(&token.word.as_str()) || is_name || is_subject || is_pattern;
        starts_well && token.text.len() <= 200 && !is_no_value
    });
    word.map(|token| (1, Value::Text(token.text.clone()))).into_iter().collect()
}

/// Words that describe a value, and are none.
pub(super) const NO_VALUES: &[&str] = &[
    "random",
    "varies",
    "depends",
    "required",
    "whatever",
    "generated",
    "secure",
    "sensible",
    "error",
    "hostname",
    "something",
    "anything",
    "unknown",
    "unspecified",
    "reasonable",
    "safe",
    "some",
    "another",
];

/// Several variables in a list: those that can be nothing else.
pub(super) fn variable_of_list(tokens: &[Token]) -> Option<(usize, String)> {
    let first = tokens.first().filter(|token| is_setting(token))?;
    Some((1, variable_name(&first.text).to_owned()))
}

/// Words of settings that are those of a build, of a registry, of an engine or of other programs.
const OUTSIDE: &[&str] = &[
    "docker",
    "hub",
    "registry",
    "push",
    "runner",
    "deploy",
    "deployment",
    "signing",
    "image",
    "base",
    "build",
    "npm",
    "maven",
    "dockerfile",
    "container",
    "network",
    "volume",
    "compose",
    "replica",
    "replicas",
    "pod",
    "pods",
    "sidecar",
    "prometheus",
    "keycloak",
    "grafana",
    "kubectl",
    "kubernetes",
    "ci",
    "pipeline",
    "jenkins",
    "github",
    "gitlab",
    "root",
];

/// What a variable holds: up to four words that end in one for a setting, `database connection string`, and several of them.
pub(super) fn setting(tokens: &[Token]) -> Vec<(usize, Value)> {
    const NOUNS: &[&str] = &[
        "address",
        "url",
        "uri",
        "dsn",
        "host",
        "hostname",
        "string",
        "password",
        "token",
        "key",
        "secret",
        "credential",
        "endpoint",
        "level",
        "user",
        "username",
        "region",
        "bucket",
        "interval",
        "timeout",
        "timezone",
        "zone",
        "port",
        "location",
        "connection",
        "setting",
        "limit",
        "size",
        "count",
        "name",
        "mode",
        "path",
        "file",
        "folder",
        "directory",
        "prefix",
        "theme",
        "language",
        "locale",
        "currency",
        "number",
        "delay",
        "retention",
        "broker",
    ];
    /// Words in all, at most.
    const MOST: usize = 8;
    let begins = tokens.first().is_some_and(|first| first.word.starts_with(char::is_alphabetic));
    if !begins || !tokens.iter().take(MOST).any(|token| NOUNS.contains(&token.stem.as_str())) {
        return Vec::new();
    }
    let mut ways = Vec::new();
    let has_several = tokens.iter().filter(|token| is_variable(&token.text)).count() > 1;
    for (at, token) in tokens.iter().enumerate().take(MOST) {
        // Two things have two variables, and a comma begins another clause.
        let is_outside = OUTSIDE.contains(&token.word.as_str()) || OUTSIDE.contains(&token.stem.as_str());
        let is_another = !has_several && (token.is("and") || token.is(",")) || token.is("is");
        if is_weak(&token.word) || is_outside || is_another {
            break;
        }
        // `The name` alone is anything's.
        if NOUNS.contains(&token.stem.as_str()) && (at > 0 || token.stem != "name") {
            ways.push((at + 1, Value::Text("setting".to_owned())));
            // `interval of polling`
            if let Some(of) = tokens.get(at + 1).filter(|next| ["of", "for"].contains(&next.word.as_str())) {
                let is_noun = |noun: &&Token| {
                    noun.word.chars().all(char::is_alphabetic)
                        && super::is_plain_name(&noun.word)
                        && (!crate::subject::is_other(&noun.word) || noun.word == "model")
                        && !OUTSIDE.contains(&noun.word.as_str())
                        && !["can", "may", "production", "development", "tests"].contains(&noun.word.as_str())
                };
                let most = if of.word == "of" { 1 } else { 2 };
                let nouns = tokens[at + 2..].iter().take(most).take_while(is_noun).count();
                ways.extend((1..=nouns).map(|count| (at + 2 + count, Value::Text("setting".to_owned()))));
            }
        }
        let joins = at > 0 && (token.is(",") || token.is("and"));
        let plain = token.word.chars().all(|c| c.is_alphabetic() || c == '-' || c == '\'');
        let narrows = NO_NAMES.contains(&token.word.as_str()) && !token.is("of") || is_weak(&token.word);
        if !joins && (!plain || narrows || is_setting(token)) {
            break;
        }
    }
    ways.reverse();
    ways
}
