//! What a service keeps: `tasks`, `uploaded pictures`.

use super::{NO_NAMES, Value, is_weak};
use crate::sentence::Token;

/// What persists: `tasks`, `data`, `loan records`. A word that takes some of them out is no part of it.
pub(super) fn things(tokens: &[Token]) -> Vec<(usize, Value)> {
    const BEFORE: &[&str] = &["all", "the", "created", "stored", "saved", "existing"];
    /// Words in front of the noun, at most.
    const MOST: usize = 2;
    if !tokens.iter().take(MOST + 3).any(|token| looks_like_many(&token.word)) {
        return Vec::new();
    }
    let skipped = tokens.iter().take(2).take_while(|token| BEFORE.contains(&token.word.as_str())).count();
    let mut ways = Vec::new();
    for (at, token) in tokens.iter().enumerate().skip(skipped).take(MOST + 1) {
        if is_weak(&token.word) {
            break;
        }
        if is_many(&token.word) {
            let words: Vec<&str> = tokens[skipped..=at].iter().map(|token| token.word.as_str()).collect();
            ways.push((at + 1, Value::Text(words.join(" "))));
        }
        if !may_describe(&token.word) {
            break;
        }
    }
    ways.reverse();
    ways
}

/// One of them for all: `short link` as `short links`.
pub(super) fn thing(tokens: &[Token]) -> Vec<(usize, Value)> {
    const MOST: usize = 3;
    let mut ways = Vec::new();
    for (at, token) in tokens.iter().enumerate().take(MOST) {
        let plural = plural(&token.word);
        let is_one = token.word.len() > 2 && !looks_like_many(&token.word) && !token.word.ends_with('s');
        if is_weak(&token.word)
            || !may_describe(&token.word)
            || token.numbers().next().is_some() && !ITEMS.contains(&token.word.as_str())
        {
            break;
        }
        if is_one && is_many(&plural) {
            let before = tokens[..at].iter().map(|token| token.word.as_str());
            let words: Vec<&str> = before.chain([plural.as_str()]).collect();
            ways.push((at + 1, Value::Text(words.join(" "))));
        }
    }
    ways.reverse();
    ways
}

/// Words of the vocabulary that may be such a thing.
const ITEMS: &[&str] = &[
    "task", "note", "book", "link", "order", "record", "message", "document", "event", "item", "entry", "url", "post",
];

fn plural(word: &str) -> String {
    match word.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o']) => format!("{stem}ies"),
        _ if word.ends_with("ch") || word.ends_with('x') => format!("{word}es"),
        _ => format!("{word}s"),
    }
}

/// What runs, or passes by: nothing keeps it.
pub(super) const NO_STORE: &[&str] = &[
    "services",
    "servers",
    "apps",
    "applications",
    "processes",
    "pods",
    "workers",
    "clients",
    "requests",
    "connections",
    "endpoints",
    "ports",
    "logs",
    "builds",
    "errors",
    "restarts",
    "instances",
    "replicas",
];

/// Whether a word is a noun for many things.
pub(super) fn is_many(word: &str) -> bool {
    let is_noun = word.len() <= 40 && word.chars().all(char::is_alphabetic);
    looks_like_many(word) && is_noun && !NO_NAMES.contains(&word) && !NO_STORE.contains(&word)
}

/// Whether a word has the form of a plural, or names a mass.
pub(super) fn looks_like_many(word: &str) -> bool {
    const MASSES: &[&str] = &["data", "state", "information", "inventory", "content", "history", "telemetry", "media"];
    let plural = word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("less");
    plural || MASSES.contains(&word)
}

/// Whether a word may stand before such a noun without taking some of the things out, or naming others.
pub(super) fn may_describe(word: &str) -> bool {
    const NARROW: &[&str] = &[
        "again",
        "across",
        "after",
        "before",
        "cache",
        "cached",
        "caches",
        "completed",
        "corrupt",
        "critical",
        "debug",
        "deleted",
        "essential",
        "expired",
        "failed",
        "future",
        "half-finished",
        "important",
        "in-memory",
        "incomplete",
        "invalid",
        "kept",
        "log",
        "logs",
        "lost",
        "necessary",
        "new",
        "newest",
        "old",
        "older",
        "partial",
        "permanent",
        "persist",
        "persists",
        "recent",
        "relevant",
        "removed",
        "sample",
        "seed",
        "session",
        "survive",
        "survives",
        "temp",
        "temporary",
        "test",
        "unfinished",
        "unsaved",
        "valuable",
        "was",
        "were",
        "across",
        "lose",
        "loses",
        "keep",
        "keeps",
        "during",
        "between",
        "while",
        "until",
        "retain",
        "retains",
    ];
    let plain = word.len() <= 40 && word.chars().all(|c| c.is_alphabetic() || c == '-' || c == '\'');
    plain && !NARROW.contains(&word) && !NO_NAMES.contains(&word)
}
