//! Parameters: the parts of a sentence that vary, each with a kind that says what may stand there.

use std::time::Duration;

use crate::quantity;
use crate::sentence::Token;
use crate::steps::templates;

/// A parameter's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Size(u64),
    Time(Duration),
    Number(u64),
    Text(String),
    List(Vec<String>),
    /// No parameter of its own: the pattern went this way.
    Flag,
}

/// Every way to read a parameter at the beginning of the words: how many words, and the value. Longest first.
pub(crate) type Read = fn(&[Token]) -> Vec<(usize, Value)>;

/// Words that change what a sentence says: they never stand where a name is expected.
const NO_NAMES: &[&str] = &[
    "a",
    "all",
    "always",
    "an",
    "and",
    "any",
    "anybody",
    "anyone",
    "everybody",
    "everyone",
    "somebody",
    "someone",
    "are",
    "as",
    "at",
    "be",
    "but",
    "by",
    "can",
    "cannot",
    "containers",
    "could",
    "do",
    "does",
    "each",
    "either",
    "else",
    "empty",
    "every",
    "everything",
    "except",
    "few",
    "for",
    "from",
    "had",
    "hardly",
    "has",
    "have",
    "if",
    "in",
    "is",
    "it",
    "its",
    "less",
    "many",
    "may",
    "maybe",
    "might",
    "more",
    "most",
    "must",
    "mustn't",
    "neither",
    "never",
    "no",
    "nobody",
    "non",
    "none",
    "nor",
    "not",
    "nothing",
    "null",
    "of",
    "on",
    "only",
    "or",
    "other",
    "others",
    "our",
    "rarely",
    "restarts",
    "same",
    "should",
    "shouldn't",
    "some",
    "sometimes",
    "than",
    "that",
    "the",
    "their",
    "them",
    "these",
    "they",
    "this",
    "those",
    "to",
    "undefined",
    "unknown",
    "unless",
    "unset",
    "usually",
    "very",
    "was",
    "were",
    "what",
    "when",
    "where",
    "which",
    "will",
    "with",
    "without",
    "won't",
    "would",
    "you",
    "can't",
    "don't",
    "doesn't",
    "isn't",
    "aren't",
];

/// Words in capitals that name no variable.
const NO_VARIABLES: &[&str] = &[
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

/// The reader of a kind of parameter.
///
/// # Panics
///
/// On a name that the vocabulary does not use; a test compiles all of it.
pub(crate) fn named(name: &str) -> Read {
    match name {
        "size" => size,
        "time" => time,
        "n" => number,
        "port" => port,
        "path" | "document" => path,
        "paths" => |tokens| list(tokens, path_name, &[",", "and"]),
        "var" => variable,
        "value" => value,
        "ref" => |tokens| list(tokens, image_reference, &["or", ",", "/"]),
        "uid" | "user-id" => |tokens| one(tokens, user_id),
        "known-user" => |tokens| one(tokens, known_user),
        "user" => |tokens| one(tokens, user),
        "tools" => tools,
        "labels" => |tokens| list(tokens, label, &[",", "and"]),
        "known-registries" | "more-known-registries" => |tokens| list(tokens, known_registry, &[","]),
        "figure" => |tokens| value(tokens).into_iter().filter(|_| begins_with_figure(tokens)).collect(),
        "registries" | "more-registries" => |tokens| list(tokens, registry, &[",", "or", "/"]),
        "tags" => |tokens| list(tokens, tag, &[",", "and"]),
        "hosts" => |tokens| list(tokens, host, &[",", "and"]),
        "database" => |tokens| one(tokens, database),
        "things" => |tokens| one(tokens, things),
        "who" => |tokens| one(tokens, who),
        "platforms" => |tokens| list(tokens, platform, &[",", "and", "/", "&", "+"]),
        "dependency" => |tokens| one(tokens, dependency),
        "signal" => |tokens| one(tokens, signal),
        "signals" | "more-signals" => |tokens| list(tokens, end_signal, &[",", "and", "or", "/"]),
        unknown => panic!("unknown parameter: {unknown}"),
    }
}

/// Reads one element of a list: how many words it takes, and what it is.
type Element = fn(&[Token]) -> Option<(usize, String)>;

fn one(tokens: &[Token], element: Element) -> Vec<(usize, Value)> {
    element(tokens).map(|(length, text)| (length, Value::Text(text))).into_iter().collect()
}

/// Elements with separators between them; `, and` counts as one.
fn list(tokens: &[Token], element: Element, separators: &[&str]) -> Vec<(usize, Value)> {
    let mut ways = Vec::new();
    let (mut at, mut elements) = (0, Vec::new());
    while let Some((length, name)) = element(&tokens[at..]) {
        at += length;
        if !elements.contains(&name) {
            elements.push(name);
        }
        ways.push((at, Value::List(elements.clone())));
        let mark = |at: usize| tokens.get(at).is_some_and(|token| separators.contains(&token.word.as_str()));
        if !mark(at) || elements.len() > 20 {
            break;
        }
        at += if tokens[at].is(",") && mark(at + 1) { 2 } else { 1 };
    }
    ways.reverse();
    ways
}

/// A number and its unit, in one word or two.
fn quantity<T>(tokens: &[Token], read: fn(&str, &str) -> Option<T>) -> Option<(usize, T)> {
    let (number, unit) = quantity::split(&tokens.first()?.word);
    if unit.is_empty() {
        return read(number, &tokens.get(1)?.word).map(|value| (2, value));
    }
    read(number, unit).map(|value| (1, value))
}

fn size(tokens: &[Token]) -> Vec<(usize, Value)> {
    quantity(tokens, quantity::size).map(|(length, size)| (length, Value::Size(size))).into_iter().collect()
}

fn time(tokens: &[Token]) -> Vec<(usize, Value)> {
    quantity(tokens, quantity::time).map(|(length, time)| (length, Value::Time(time))).into_iter().collect()
}

fn integer(tokens: &[Token], most: u64) -> Vec<(usize, Value)> {
    let number = tokens.first().filter(|token| token.word.len() <= 6 && token.word.bytes().all(|b| b.is_ascii_digit()));
    let number = number.and_then(|token| token.word.parse().ok()).filter(|number| (1..=most).contains(number));
    number.map(|number| (1, Value::Number(number))).into_iter().collect()
}

fn number(tokens: &[Token]) -> Vec<(usize, Value)> {
    integer(tokens, 1000)
}

fn port(tokens: &[Token]) -> Vec<(usize, Value)> {
    integer(tokens, u64::from(u16::MAX))
}

fn path(tokens: &[Token]) -> Vec<(usize, Value)> {
    one(tokens, path_name)
}

/// `/health`, `/etc/passwd`: absolute, plain characters, no `..`.
fn path_name(tokens: &[Token]) -> Option<(usize, String)> {
    let text = &tokens.first()?.text;
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+~%@=".contains(c);
    let climbs = text.split('/').any(|part| part == "..");
    (text.starts_with('/') && text.chars().all(plain) && !climbs && text.len() <= 1024).then(|| (1, text.clone()))
}

/// `DATABASE_URL`, `$PORT`, or the two plain names that people use for those: `database URL`, `port`.
fn variable(tokens: &[Token]) -> Vec<(usize, Value)> {
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
    is_variable(&token.text) && (token.text.contains('_') || PLAIN.contains(&variable_name(&token.text)))
}

/// `$PORT` and `${PORT}` without their marks.
fn variable_name(text: &str) -> &str {
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
fn value(tokens: &[Token]) -> Vec<(usize, Value)> {
    let word = tokens.first().filter(|token| !NO_NAMES.contains(&token.word.as_str()));
    let word = word.filter(|token| {
        token.text.len() <= 200
            && token.text.starts_with(|c: char| c.is_alphanumeric() || "/._".contains(c))
            && !token.text.contains(['?', '*'])
            && !tokens.get(1).is_some_and(|next| next.is("variable"))
            && !NO_VALUES.contains(&token.word.as_str())
    });
    word.map(|token| (1, Value::Text(token.text.clone()))).into_iter().collect()
}

/// Words that describe a value, and are none.
const NO_VALUES: &[&str] = &[
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

/// Images that are known by a bare name.
const BARE_IMAGES: &[&str] = &[
    "scratch",
    "alpine",
    "debian",
    "ubuntu",
    "busybox",
    "fedora",
    "archlinux",
    "amazonlinux",
    "rockylinux",
    "almalinux",
    "python",
    "node",
    "golang",
    "rust",
    "ruby",
    "php",
    "openjdk",
    "eclipse-temurin",
    "nginx",
    "postgres",
    "redis",
];

/// `python:3.12-alpine`, `gcr.io/distroless/static@sha256:…`, or a bare name that is known.
fn image_reference(tokens: &[Token]) -> Option<(usize, String)> {
    let token = tokens.first()?;
    let text = &token.text;
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@".contains(c);
    let full = text.contains([':', '/', '@'])
        && text.chars().all(plain)
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && text.contains(|c: char| c.is_ascii_lowercase())
        && !text.contains("//")
        // `src/app` is a folder, unless a host or a tag says otherwise.
        && (text.contains([':', '@']) || text.split('/').next().is_some_and(|host| host.contains('.')))
        && text.len() <= 500;
    if full {
        return Some((1, text.clone()));
    }
    if !BARE_IMAGES.contains(&token.word.as_str()) {
        return None;
    }
    // `debian bookworm slim`, `alpine 3.20`.
    let tag = |token: &&Token| {
        let number = token.text.starts_with(|c: char| c.is_ascii_digit())
            && token.text.chars().all(|c| c.is_ascii_digit() || c == '.');
        number || CODENAMES.contains(&token.word.as_str())
    };
    let mut tags: Vec<&str> = tokens[1..].iter().take(1).filter(tag).map(|token| token.word.as_str()).collect();
    if let Some(variant) = tokens.get(1 + tags.len()).filter(|token| VARIANTS.contains(&token.word.as_str())) {
        tags.push(&variant.word);
    }
    match tags.as_slice() {
        [] => Some((1, token.word.clone())),
        tags => Some((1 + tags.len(), format!("{}:{}", token.word, tags.join("-")))),
    }
}

/// Releases that people call by their names.
const CODENAMES: &[&str] =
    &["trixie", "bookworm", "bullseye", "buster", "noble", "jammy", "focal", "stable", "testing", "sid", "edge"];
const VARIANTS: &[&str] = &["slim", "alpine", "slim-bookworm", "slim-bullseye", "slim-trixie"];

fn user_id(tokens: &[Token]) -> Option<(usize, String)> {
    let text = &tokens.first()?.text;
    let id = text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit());
    let id = text.parse::<u32>().ok().filter(|_| id)?;
    Some((1, id.to_string()))
}

/// A user by a name that can be nothing else.
fn known_user(tokens: &[Token]) -> Option<(usize, String)> {
    const KNOWN: &[&str] = &["root", "app", "nobody", "www-data", "nginx", "node", "postgres", "redis", "daemon"];
    let (length, name) = user(tokens)?;
    let known = KNOWN.contains(&name.as_str()) || name.ends_with("user") || name.bytes().all(|b| b.is_ascii_digit());
    known.then_some((length, name))
}

/// A user's name or number.
fn user(tokens: &[Token]) -> Option<(usize, String)> {
    let token = tokens.first()?;
    let text = &token.text;
    if token.word == "others" {
        return None;
    }
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
    let described = [
        "non-root",
        "nonroot",
        "unprivileged",
        "user",
        "account",
        "accounts",
        "id",
        "uid",
        "group",
        "optional",
        "possible",
        "preferred",
        "soon",
        "instead",
        "though",
        "again",
        "already",
        "too",
        "first",
        "later",
        "often",
        "almost",
        "per",
        "goal",
        "false",
        "true",
        "forbidden",
        "breaks",
        "whatever",
        "named",
        "called",
        "namespaces",
        "default",
        "accident",
        "design",
        "another",
        "several",
        "volume",
        "image",
        "container",
        "no-longer",
    ]
    .contains(&text.as_str())
        || text.ends_with("ly")
        || text.ends_with("ed");
    let name = !text.is_empty() && text.len() <= 32 && text.bytes().all(plain) && !text.starts_with('-');
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return user_id(tokens);
    }
    (name && !described && !NO_NAMES.contains(&text.as_str())).then(|| (1, text.clone()))
}

/// The first of the phrases that the words begin with, and what it stands for.
fn phrase(tokens: &[Token], phrases: &[(&str, &str)]) -> Option<(usize, String)> {
    phrases.iter().find_map(|(phrase, name)| {
        let length = phrase.split(' ').count();
        let found = tokens.len() >= length && phrase.split(' ').zip(tokens).all(|(word, token)| token.is(word));
        found.then(|| (length, (*name).to_owned()))
    })
}

fn tool(tokens: &[Token]) -> Option<(usize, String)> {
    let skipped = usize::from(tokens.first().is_some_and(|token| ["a", "no", "any"].contains(&token.word.as_str())));
    let found = phrase(
        &tokens[skipped..],
        &[
            ("shell", "shell"),
            ("shells", "shell"),
            ("package manager", "package-manager"),
            ("package managers", "package-manager"),
            ("compiler", "compiler"),
            ("compilers", "compiler"),
            ("build tools", "build-tools"),
            ("build tool", "build-tools"),
        ],
    );
    found.map(|(length, name)| (length + skipped, name))
}

/// A label's key; the short names of the OCI ones stand for their full names.
fn label(tokens: &[Token]) -> Option<(usize, String)> {
    const SHORT: &[&str] = &[
        "title",
        "description",
        "version",
        "revision",
        "source",
        "created",
        "licenses",
        "authors",
        "vendor",
        "url",
        "documentation",
    ];
    let token = tokens.first()?;
    if SHORT.contains(&token.word.as_str()) {
        return Some((1, format!("org.opencontainers.image.{}", token.word)));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let text = &token.text;
    let is_key = text.split('.').count() > 2 && text.split('.').all(|part| !part.is_empty());
    (is_key && text.chars().all(plain) && text.len() <= 200).then(|| (1, text.clone()))
}

/// Tools with separators between them, each with a `no` of its own or without: `no compiler and no shell`.
fn tools(tokens: &[Token]) -> Vec<(usize, Value)> {
    let one = |tokens: &[Token]| match tokens.split_first() {
        Some((first, rest)) if first.is("no") => tool(rest).map(|(length, name)| (length + 1, name)),
        _ => tool(tokens),
    };
    // The first has the sentence's own.
    if tool(tokens).is_none() { Vec::new() } else { list(tokens, one, &[",", "or", "and", "nor", "/"]) }
}

fn begins_with_figure(tokens: &[Token]) -> bool {
    tokens.first().is_some_and(|token| token.text.starts_with(|c: char| c.is_ascii_digit()))
}

/// A registry that can be nothing else: by its name, with a repository, or a host that is called so.
fn known_registry(tokens: &[Token]) -> Option<(usize, String)> {
    let (length, name) = registry(tokens)?;
    let host = name.split('/').next().unwrap_or_default();
    let is_known = name.contains('/')
        || ["docker.io", "ghcr.io", "quay.io", "gcr.io", "public.ecr.aws"].contains(&host)
        || ["registry.", "harbor."].iter().any(|begin| host.starts_with(begin));
    is_known.then_some((length, name))
}

/// A registry's host; the well-known ones also by their names.
fn registry(tokens: &[Token]) -> Option<(usize, String)> {
    let named = phrase(
        tokens,
        &[
            ("docker hub", "docker.io"),
            ("dockerhub", "docker.io"),
            ("ghcr", "ghcr.io"),
            ("github container registry", "ghcr.io"),
            ("quay", "quay.io"),
            ("gitlab container registry", "registry.gitlab.com"),
        ],
    );
    named.or_else(|| repository_name(tokens)).or_else(|| host_name(tokens))
}

/// `ghcr.io/acme/app`: a registry's host and a path there, without a tag.
fn repository_name(tokens: &[Token]) -> Option<(usize, String)> {
    let token = tokens.first()?;
    let (host, path) = token.text.split_once('/')?;
    host_name(&[Token::new(host, token.start)])?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.ends_with(|c: char| c.is_ascii_alphanumeric())
            && part.bytes().all(plain)
    };
    let is_path = path.len() <= 255 && path.split('/').all(is_part);
    is_path.then(|| (1, format!("{}/{path}", host.to_lowercase())))
}

/// `ghcr.io`, `db.example.com:5432`, `localhost:5000`.
fn host_name(tokens: &[Token]) -> Option<(usize, String)> {
    let word = &tokens.first()?.word;
    let (name, port) = word.split_once(':').map_or((word.as_str(), None), |(name, port)| (name, Some(port)));
    let labels = name.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && !label.starts_with('-')
    });
    let port_is_one = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    let is_host = (name.contains('.') && name.contains(|c: char| c.is_ascii_alphabetic())) || name == "localhost";
    (labels && port_is_one && is_host && name.len() <= 253).then(|| (1, word.clone()))
}

/// What a container may talk to: the database, or a host.
fn host(tokens: &[Token]) -> Option<(usize, String)> {
    let named = phrase(
        tokens,
        &[
            ("the database", "database"),
            ("its database", "database"),
            ("a database", "database"),
            ("database", "database"),
        ],
    );
    named.or_else(|| host_name(tokens))
}

fn tag(tokens: &[Token]) -> Option<(usize, String)> {
    let skipped = usize::from(tokens.first().is_some_and(|token| ["the", "its"].contains(&token.word.as_str())));
    let found = phrase(
        &tokens[skipped..],
        &[
            ("version", "version"),
            ("semantic version", "version"),
            ("commit hash", "commit"),
            ("commit sha", "commit"),
            ("git sha", "commit"),
            ("git commit", "commit"),
            ("commit", "commit"),
            ("latest", "latest"),
        ],
    );
    found.map(|(length, name)| (length + skipped, name))
}

/// Who asks, by variables of the run alone: `{env.API_TOKEN}`, `{env.USER}:{env.PASSWORD}`. A credential has no place in a specification.
fn who(tokens: &[Token]) -> Option<(usize, String)> {
    let text = &tokens.first()?.text;
    let found = templates(text);
    let is_written =
        |names: &[&str]| names.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(":") == *text;
    let names: Vec<&str> = found.iter().map(|(_, name)| *name).collect();
    let all_given = (1..=2).contains(&names.len()) && names.iter().all(|name| name.starts_with("env."));
    (all_given && is_written(&names)).then(|| (1, text.clone()))
}

/// The databases that a run can give to a container.
fn database(tokens: &[Token]) -> Option<(usize, String)> {
    phrase(
        tokens,
        &[
            ("neon postgresql", "Neon"),
            ("neon postgres", "Neon"),
            ("neon serverless", "Neon"),
            ("neon", "Neon"),
            ("postgresql", "PostgreSQL"),
            ("postgres", "PostgreSQL"),
        ],
    )
}

/// The signals that ask a process to end.
fn end_signal(tokens: &[Token]) -> Option<(usize, String)> {
    phrase(tokens, &[("sigterm", "SIGTERM"), ("sigint", "SIGINT"), ("sigquit", "SIGQUIT")])
}

/// Any signal that an image may name as the one to stop it.
fn signal(tokens: &[Token]) -> Option<(usize, String)> {
    const MORE: &[(&str, &str)] = &[
        ("sighup", "SIGHUP"),
        ("sigkill", "SIGKILL"),
        ("sigusr1", "SIGUSR1"),
        ("sigusr2", "SIGUSR2"),
        ("sigwinch", "SIGWINCH"),
        ("sigrtmin+3", "SIGRTMIN+3"),
    ];
    end_signal(tokens).or_else(|| phrase(tokens, MORE))
}

/// `linux/arm64`, or a processor by one of its names.
fn platform(tokens: &[Token]) -> Option<(usize, String)> {
    const NAMES: &[(&str, &str)] = &[
        ("amd64", "amd64"),
        ("x86_64", "amd64"),
        ("x86-64", "amd64"),
        ("x64", "amd64"),
        ("arm64", "arm64"),
        ("aarch64", "arm64"),
        ("arm/v7", "arm/v7"),
        ("armv7", "arm/v7"),
        ("arm/v6", "arm/v6"),
        ("386", "386"),
        ("ppc64le", "ppc64le"),
        ("s390x", "s390x"),
        ("riscv64", "riscv64"),
    ];
    let word = &tokens.first()?.word;
    let processor = word.strip_prefix("linux/").unwrap_or(word);
    let (_, name) = NAMES.iter().find(|(name, _)| *name == processor)?;
    Some((1, format!("linux/{name}")))
}

/// Servers that a service may need beside a PostgreSQL.
fn dependency(tokens: &[Token]) -> Option<(usize, String)> {
    const KNOWN: &[(&str, &str)] = &[
        ("redis", "Redis"),
        ("valkey", "Valkey"),
        ("memcached", "Memcached"),
        ("rabbitmq", "RabbitMQ"),
        ("kafka", "Kafka"),
        ("nats", "NATS"),
        ("mosquitto", "Mosquitto"),
        ("elasticsearch", "Elasticsearch"),
        ("opensearch", "OpenSearch"),
        ("meilisearch", "Meilisearch"),
        ("minio", "MinIO"),
        ("s3", "S3"),
        ("etcd", "etcd"),
        ("consul", "Consul"),
        ("vault", "Vault"),
        ("keycloak", "Keycloak"),
        ("mysql", "MySQL"),
        ("mariadb", "MariaDB"),
        ("mongodb", "MongoDB"),
        ("mongo", "MongoDB"),
        ("sql server", "SQL Server"),
        ("mssql", "SQL Server"),
        ("oracle", "Oracle"),
        ("cassandra", "Cassandra"),
        ("clickhouse", "ClickHouse"),
        ("dynamodb", "DynamoDB"),
        ("neo4j", "Neo4j"),
        ("influxdb", "InfluxDB"),
    ];
    phrase(tokens, KNOWN)
}

/// What persists: one noun, such as `tasks` or `data`.
fn things(tokens: &[Token]) -> Option<(usize, String)> {
    const BEFORE: &[&str] = &["all", "the", "created", "stored", "saved", "existing"];
    let skipped = tokens.iter().take(2).take_while(|token| BEFORE.contains(&token.word.as_str())).count();
    let token = tokens.get(skipped)?;
    let noun = token.word.len() <= 40
        && token.word.chars().all(char::is_alphabetic)
        && !NO_NAMES.contains(&token.word.as_str());
    let plural = token.word.ends_with('s') || ["data", "state", "information"].contains(&token.word.as_str());
    (noun && plural && !token.word.ends_with("less")).then(|| (skipped + 1, token.word.clone()))
}
