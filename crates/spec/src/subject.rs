//! Noun phrases that name the service or its image: `the invoice renderer`, `every service container`, `the order service image`.
//!
//! The last word says what kind of thing is named, the words before it which one. Those that name another thing, a part or a stage leave the
//! phrase as it is.

use crate::parameter::{is_plain_name, is_setting};
use crate::sentence::{Token, is_dash};

/// What a service is called without a word in front of it.
const ALONE: &[&str] = &[
    "exporter",
    "renderer",
    "shortener",
    "crawler",
    "scraper",
    "importer",
    "resizer",
    "converter",
    "notifier",
    "tracker",
    "bot",
    "site",
    "scheduler",
    "receiver",
    "bridge",
    "checker",
    "archiver",
    "optimizer",
    "merger",
    "formatter",
    "validator",
    "calculator",
    "mailer",
    "parser",
    "indexer",
    "uploader",
    "downloader",
    "fetcher",
    "syncer",
    "watcher",
    "generator",
    "aggregator",
    "dispatcher",
    "transcoder",
    "encoder",
    "analyzer",
    "analyser",
    "forwarder",
    "recorder",
    "planner",
    "classifier",
    "recommender",
    "predictor",
    "translator",
    "publisher",
    "webshop",
    "wiki",
    "blog",
    "forum",
    "relay",
];

/// What a service is called with words in front of it.
const NAMED: &[&str] = &[
    "app",
    "application",
    "api",
    "service",
    "server",
    "worker",
    "gateway",
    "webhook",
    "portal",
    "backend",
    "site",
    "website",
    "daemon",
    "engine",
    "proxy",
    "scheduler",
    "processor",
    "collector",
    "generator",
    "agent",
    "controller",
    "consumer",
    "process",
    "program",
    "microservice",
    "system",
    "registry",
    "manager",
];

/// What an image or a container is called.
const BOXES: &[&str] = &["image", "container"];

/// Programs that are the service, where they serve it.
const SERVERS: &[&str] = &[
    "kestrel", "puma", "gunicorn", "uvicorn", "tomcat", "unicorn", "sidekiq", "jupyter", "flask", "django", "fastapi",
];

/// Words in front of the last one that name no other thing.
const PLAIN: &[&str] =
    &["final", "production", "runtime", "resulting", "finished", "published", "shipped", "service", "app"];

/// What every service may be called; other words only where the title has them.
const GENERIC: &[&str] = &["app", "application", "api", "service", "server", "process", "program", "microservice"];

const DETERMINERS: &[&str] = &["the", "our", "my", "your", "this"];

/// Words in front of the last one that name something else, a part, a stage or a state.
const OTHERS: &[&str] = &[
    "admin",
    "alpine",
    "alternate",
    "alternative",
    "another",
    "any",
    "auth",
    "authentication",
    "backup",
    "base",
    "batch",
    "beta",
    "broken",
    "browser",
    "build",
    "builder",
    "busy",
    "cache",
    "canary",
    "cdn",
    "child",
    "ci",
    "client",
    "cloud",
    "cluster",
    "cold",
    "companion",
    "compiler",
    "control",
    "cron",
    "crash",
    "cuda",
    "custom",
    "customer",
    "database",
    "db",
    "dead",
    "debian",
    "debug",
    "demo",
    "deployment",
    "dev",
    "development",
    "different",
    "distroless",
    "dns",
    "documentation",
    "docs",
    "grafana",
    "dummy",
    "e2e",
    "edge",
    "either",
    "empty",
    "envoy",
    "every",
    "example",
    "existing",
    "experimental",
    "external",
    "extra",
    "failing",
    "fake",
    "few",
    "file",
    "first",
    "following",
    "foreign",
    "former",
    "fresh",
    "front",
    "front-end",
    "frontend",
    "ftp",
    "full",
    "future",
    "gpu",
    "haproxy",
    "health",
    "healthcheck",
    "helper",
    "host",
    "identity",
    "idle",
    "incoming",
    "ingress",
    "init",
    "integration",
    "intermediate",
    "internal",
    "ldap",
    "legacy",
    "load",
    "local",
    "log",
    "logging",
    "mail",
    "maintenance",
    "management",
    "many",
    "metrics",
    "migration",
    "migrations",
    "missing",
    "mock",
    "model",
    "monitoring",
    "most",
    "neighbor",
    "neighboring",
    "neighbour",
    "neighbouring",
    "network",
    "new",
    "next",
    "nginx",
    "node",
    "ntp",
    "old",
    "older",
    "oldest",
    "official",
    "only",
    "optional",
    "other",
    "outgoing",
    "parent",
    "partner",
    "peer",
    "pending",
    "postgres",
    "preview",
    "previous",
    "prior",
    "private",
    "prototype",
    "public",
    "python",
    "qa",
    "redis",
    "reference",
    "registry",
    "release",
    "remaining",
    "remote",
    "replacement",
    "reverse",
    "root",
    "same",
    "sample",
    "sandbox",
    "sdk",
    "second",
    "secondary",
    "side",
    "side-car",
    "sidecar",
    "similar",
    "slim",
    "slow",
    "smtp",
    "some",
    "source",
    "spare",
    "sso",
    "stage",
    "staging",
    "standby",
    "starting",
    "stub",
    "stopping",
    "support",
    "target",
    "temporary",
    "test",
    "testing",
    "tests",
    "third",
    "third-party",
    "tool",
    "toolchain",
    "toy",
    "traefik",
    "trial",
    "twin",
    "ubuntu",
    "unit",
    "upstream",
    "user",
    "variant",
    "vault",
    "vendor",
    "virtual",
    "vpn",
    "whole",
    "windows",
    "worker",
    "wrong",
];

/// Whether a word in front of a noun, or behind an `of`, names another thing than the service.
pub(crate) fn is_other(word: &str) -> bool {
    OTHERS.contains(&word) || ["proxy", "ingress", "orchestrator", "host"].contains(&word)
}

/// Words of the vocabulary that a service may be called by, too.
const OWN: &[&str] = &[
    "order",
    "session",
    "task",
    "message",
    "note",
    "web",
    "http",
    "rest",
    "data",
    "image",
    "service",
    "app",
    "application",
    "api",
    "server",
    "worker",
    "docker",
    "payment",
    "record",
    "event",
    "content",
    "link",
    "url",
    "job",
    "document",
    "connection",
    "cpu",
    "main",
    "book",
    "report",
    "location",
    "media",
    "key",
    "token",
    "spring",
    "go",
    "rust",
    "java",
    "backend",
    "telemetry",
    "inventory",
    "page",
    "time",
    "site",
    "website",
    "gateway",
    "portal",
    "chat",
];

/// Words in front of the last one, at most.
const MOST: usize = 3;

/// The sentence with `service` or `image` in the place of such phrases, where they are what a clause is about.
pub(crate) fn replaced(words: &[Token], title: Option<&[Token]>) -> Vec<Token> {
    let (mut at, mut kept) = (0, Vec::with_capacity(words.len()));
    while let Some(word) = words.get(at) {
        let found = begins_clause(words, at).then(|| phrase(&words[at..], at == 0, title)).flatten();
        let Some((length, noun)) = found else {
            kept.push(word.clone());
            at += 1;
            continue;
        };
        let text = words[at..at + length].iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        kept.push(Token::meaning(text, noun, word.start));
        at += length;
    }
    kept
}

/// Whether what a clause is about may stand here.
fn begins_clause(words: &[Token], at: usize) -> bool {
    const BEFORE: &[&str] = &[
        ",",
        ";",
        ":",
        ".",
        "(",
        "and",
        "then",
        "that",
        "sigterm",
        "sigint",
        "signal",
        "size",
        "please",
        "running",
        "is",
        "ensure",
        "plus",
        "while",
        "but",
        "otherwise",
    ];
    let Some(before) = at.checked_sub(1).map(|at| &words[at]) else { return true };
    let is_of = before.word == "of"
        && at > 1
        && ["size", "image", "footprint", "layers", "entrypoint", "filesystem", "usage"]
            .contains(&words[at - 2].word.as_str());
    BEFORE.contains(&before.word.as_str()) || is_dash(before) || is_setting(before) || is_of
}

/// How many words name the service or its image here, and as which of the two.
fn phrase(words: &[Token], is_first: bool, title: Option<&[Token]>) -> Option<(usize, &'static str)> {
    let first = words.first()?.word.as_str();
    let has_determiner = DETERMINERS.contains(&first);
    // `Every container` is about each one of this image, `every worker` about one of several.
    let is_every = ["every", "each"].contains(&first);
    if !has_determiner && !is_every && !is_first {
        return None;
    }
    let begin = usize::from(has_determiner || is_every);
    // `Each Tomcat` is one of several.
    if !is_every && SERVERS.contains(&words.get(begin)?.word.as_str()) {
        return Some((begin + 1, "service"));
    }
    let title = title.unwrap_or_default();
    let mut longest = None;
    for at in begin..words.len().min(begin + MOST + 1) {
        let (word, named) = (&words[at], &words[begin..at]);
        let is_box = BOXES.contains(&word.word.as_str());
        let is_service = NAMED.contains(&word.word.as_str()) && at > begin || ALONE.contains(&word.word.as_str());
        let is_of_title = |word: &Token| title.iter().any(|part| part.stem == word.stem);
        // Anything could be the name of another one, but the title's.
        let is_named = named.iter().all(|name| is_of_title(name) || PLAIN.contains(&name.word.as_str()));
        let is_generic = GENERIC.contains(&word.word.as_str()) || is_of_title(word) || is_box;
        let may_be = named.iter().all(|name| may_name(name, is_box)) && is_named && is_generic;
        if is_box && at > begin && may_be {
            longest = Some((at + 1, if word.word == "image" { "image" } else { "container" }));
        } else if is_service && may_be && !is_every {
            longest = Some((at + 1, "service"));
        }
        if !may_name(word, true) {
            break;
        }
    }
    longest
}

/// Whether a word in front of the last one tells which service it is, and names no other thing.
fn may_name(word: &Token, of_box: bool) -> bool {
    const STATES: &[&str] = &["ed", "able", "ible", "ful", "less", "ly", "'s", "s'", "n't"];
    let name = word.word.as_str();
    if is_other(name) && (of_box || name != "worker") {
        return false;
    }
    let is_state =
        STATES.iter().any(|end| name.ends_with(end)) && name.len() > 3 || name.starts_with("un") || name == "healthy";
    let is_known = word.numbers().next().is_some() && !OWN.contains(&name);
    let is_plain = name.chars().all(|c| c.is_alphabetic() || c == '-');
    // `The todo app` is one.
    is_plain && !is_state && !is_known && (is_plain_name(name) || name == "todo")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentence::tokens;

    #[track_caller]
    fn check(title: Option<&str>, text: &str, expected: &str) {
        let title = title.map(tokens);
        let words: Vec<String> =
            replaced(&tokens(text), title.as_deref()).into_iter().map(|token| token.word).collect();
        assert_eq!(words.join(" "), expected, "{text}");
    }

    #[test]
    fn a_phrase_that_names_the_service_is_the_service() {
        check(Some("Invoice Renderer"), "The invoice renderer starts", "service starts");
        check(Some("Bookshop"), "Bookshop API listens", "service listens");
        check(Some("Chat Worker"), "On SIGTERM the chat worker stops", "on sigterm service stops");
        check(Some("Order Service"), "The order service image is small", "image is small");
        check(Some("Parcel"), "Every parcel container is small", "container is small");
        check(Some("Pg Exporter"), "Size of the exporter image", "size of image");
        check(None, "The service container starts", "container starts");
        for other in [
            "The database server starts",
            "The flyway image is small",
            "Docker daemon starts",
            "The invoice renderer starts",
            "Bookshop API listens",
            "The old renderer image is small",
            "The mock payment server starts",
            "The worker image is small",
            "Every chat worker starts",
            "It talks to the payment gateway",
            "Starts once the login service is up",
            "Customer's app starts",
        ] {
            check(None, other, &other.to_lowercase());
        }
        check(Some("Order Service"), "The billing service starts", "the billing service starts");
        check(Some("Order Service"), "The order service starts", "service starts");
    }
}
