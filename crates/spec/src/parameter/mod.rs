//! Parameters: the parts of a sentence that vary, each with a kind that says what may stand there.

mod file;
mod image;
mod measure;
mod program;
mod registry;
mod service;
mod things;
mod user;
mod variable;

use std::time::Duration;

use crate::sentence::Token;

pub use image::is_known_image;
pub(crate) use program::program;
pub(crate) use variable::is_setting;

use file::{any_file_name, file_name, file_path, path, path_name};
use image::{image_reference, label, platform, system_reference};
use measure::{begins_with_figure, docker_memory, number, port, port_name, size, time};
use program::{absence, examples, tools};
use registry::{hub_repository, known_registry, registry, repository_name, tag};
use service::{database, dependency, end_signal, host, signal};
use things::{thing, things};
use user::{known_user, owner, service_user, user, user_and_group, user_id, user_name, who};
use variable::{setting, value, variable, variable_of_list};

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

/// Words that weaken, postpone or turn round what is said of a thing: they are no part of its name.
const WEAK: &[&str] = &[
    "hopefully",
    "maybe",
    "perhaps",
    "todo",
    "tbd",
    "wip",
    "tomorrow",
    "today",
    "now",
    "soon",
    "later",
    "someday",
    "sometimes",
    "once",
    "often",
    "seldom",
    "rarely",
    "zero",
    "no",
    "few",
    "some",
    "several",
    "half",
    "half-written",
    "most",
    "another",
    "other",
    "others",
    "someone",
    "somebody",
    "nobody",
    "everybody",
    "ignores",
    "ignore",
    "refuses",
    "refuse",
    "drops",
    "drop",
    "loses",
    "lose",
    "forgets",
    "forget",
    "deletes",
    "if",
    "unless",
    "until",
    "when",
    "while",
    "not",
    "never",
    "without",
    "almost",
    "about",
    "around",
    "up",
    "at",
    "least",
    "one",
    "two",
    "three",
    "ten",
    "hundred",
    "thousand",
    "next",
    "year",
    "future",
    "old",
    "previous",
    "former",
    "builder",
    "test",
];

/// Whether a word weakens, or says whose the thing is: `eventually`, `proxy's`.
fn is_weak(word: &str) -> bool {
    const OWN: &[&str] =
        &["service's", "app's", "application's", "container's", "server's", "api's", "user's", "users'"];
    let is_adverb =
        word.ends_with("ly") && !["daily", "weekly", "monthly", "hourly", "family", "supply", "reply"].contains(&word);
    let is_of_other = (word.ends_with("'s") || word.ends_with('\'')) && !OWN.contains(&word);
    WEAK.contains(&word) || is_adverb || is_of_other
}

/// Whether a word may be a part of a name: it says nothing of how much, when or whose.
pub(crate) fn is_plain_name(word: &str) -> bool {
    !NO_NAMES.contains(&word) && !is_weak(word)
}

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
        "user-and-group" => user_and_group,
        "uid" | "user-id" | "gid" => |tokens| one(tokens, user_id),
        "known-user" => |tokens| one(tokens, known_user),
        "user" => |tokens| one(tokens, user),
        "user-name" => |tokens| one(tokens, user_name),
        "service-user" => |tokens| one(tokens, service_user),
        "owner" => |tokens| one(tokens, owner),
        "setting" => setting,
        "vars" => |tokens| list(tokens, variable_of_list, &[",", "and", "&", "+"]),
        "docker-memory" => docker_memory,
        "file" => |tokens| one(tokens, any_file_name),
        "tools" => tools,
        "absences" | "more-absences" => |tokens| list(tokens, absence, &[",", "or", "and", "nor", "/"]),
        "examples" => examples,
        "file-names" => |tokens| list(tokens, file_name, &[",", "or", "and", "nor"]),
        "file-paths" => |tokens| list(tokens, file_path, &[",", "and"]),
        "folder" => |tokens| one(tokens, path_name),
        "ports" => |tokens| list(tokens, port_name, &[",", "and", "/"]),
        "os-ref" => |tokens| list(tokens, system_reference, &[]),
        "labels" => |tokens| list(tokens, label, &[",", "and"]),
        "known-registries" | "more-known-registries" => |tokens| list(tokens, known_registry, &[","]),
        "figure" => |tokens| value(tokens).into_iter().filter(|_| begins_with_figure(tokens)).collect(),
        "repositories" | "more-repositories" => |tokens| list(tokens, repository_name, &[","]),
        "registries" | "more-registries" => |tokens| list(tokens, registry, &[",", "or", "/"]),
        "hub-repository" => |tokens| list(tokens, hub_repository, &[]),
        "tags" | "more-tags" => |tokens| list(tokens, tag, &[",", "and"]),
        "hosts" => |tokens| list(tokens, host, &[",", "and"]),
        "database" => |tokens| one(tokens, database),
        "things" => things,
        "thing" => thing,
        "who" => |tokens| one(tokens, who),
        "platforms" | "more-platforms" => |tokens| list(tokens, platform, &[",", "and", "/", "&", "+"]),
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
