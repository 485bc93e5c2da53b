//! Patterns: the form in which the vocabulary writes its sentences.
//!
//! A pattern is words with `{parameters}`, `[optional parts]` and `(one|of|these)`; `<name>` stands for a shared part,
//! and `!flag` is no word but a note for the entry that this way was taken.

use crate::parameter::{self, Value};
use crate::sentence::Token;

/// A part that many patterns share.
const SHARED: &[(&str, &str)] = &[
    ("<container>", "[the|this|our] [docker] (container|service|app|application|api|server|process|image)"),
    ("<image>", "[the|this|our] [final|docker|container|built|production] image"),
    ("<in-image>", "(in|inside|within) <image>"),
    ("<must>", "[must|should|shall|will]"),
    ("<is>", "(is|are|must be|should be|shall be|will be)"),
    (
        "<under>",
        "(under|below|at most|less than|smaller than|lower than|no more than|not more than|no larger than|not larger than|up to|max|maximum|<|<=|≤)",
    ),
    ("<within>", "(within|in under|in less than|in at most|in no more than|in|under|below|less than)"),
    ("<health-check>", "(health check|healthcheck|health-check)"),
    ("<by-env>", "(via|through|by|with|from) [the|an|a] (environment|env) [variable|var]"),
    ("<root-fs>", "(root filesystem|root file system|rootfs|filesystem|file system|root)"),
    (
        "<writable>",
        "[,] (with|and|except|except for|apart from|plus) [a|only|only a|one] [writable|tmpfs on|tmpfs at|a tmpfs on|a tmpfs at] {paths} [writable|as tmpfs]",
    ),
    ("<without-var>", "(without|if no|when no) [a|the|its] {var} [set|is set|being set|in the environment]"),
    (
        "<missing-var>",
        "(when|if) [the] {var} (is missing|is not set|isn't set|is unset|is absent|is not given|is not provided)",
    ),
    ("<unless-var>", "unless [the] {var} is (set|given|provided)"),
    ("<no-var>", "(<without-var>|<missing-var>|<unless-var>)"),
    (
        "<with-default>",
        "(defaults to|default to|default|default is|default :|defaulting to|with default|with a default of|by default) {value}",
    ),
    (
        "<requests>",
        "(requests in flight|in-flight requests|in flight requests|open requests|running requests|requests|outstanding requests)",
    ),
    ("<transfer>", "(transfer|to transfer|compressed|download) !transfer"),
    ("<unpacked>", "(unpacked|uncompressed|on disk) !unpacked"),
    ("<measure>", "(<transfer>|<unpacked>)"),
    ("<secrets>", "(secrets|credentials|secrets or credentials|credentials or secrets|passwords or keys)"),
    ("<not-hardcoded>", "(not|never) (hardcoded|hard-coded|baked in|baked into <image>)"),
    ("<praise>", "(small|secure|minimal|lightweight|slim)"),
    ("<non-root>", "(non-root|nonroot|non root)"),
    ("<uid>", "(uid|user id) {uid}"),
    ("<as-json>", "(as|in) [structured] json !json [lines]"),
    (
        "<finishing>",
        "[,] [after|while|and] (finishing|finishes|completing|completes|draining|drains) [all|the] <requests>",
    ),
];

/// The parts that many patterns share, for the reference page.
pub(crate) fn shared_parts() -> &'static [(&'static str, &'static str)] {
    SHARED
}

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Word(String),
    Parameter(&'static str, parameter::Read),
    Flag(&'static str),
    OneOf(Vec<Vec<Part>>),
}

/// What a pattern found in a sentence.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Found(Vec<(&'static str, Value)>);

impl Found {
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Adds what another part of the sentence said; false where it says something else about the same thing.
    pub(crate) fn join(&mut self, other: Self) -> bool {
        for (name, value) in other.0 {
            match self.get(name) {
                Some(known) if *known != value => return false,
                Some(_) => {}
                None => self.0.push((name, value)),
            }
        }
        true
    }
}

impl Pattern {
    /// Compiles a pattern of the vocabulary.
    ///
    /// # Panics
    ///
    /// On a pattern with a mistake in it; a test compiles them all.
    pub(crate) fn new(pattern: &'static str) -> Self {
        let mut words = Vec::new();
        split(pattern, &mut words);
        let mut at = 0;
        let parts = sequence(&words, &mut at);
        assert!(at == words.len(), "unbalanced pattern: {pattern}");
        Self { parts }
    }

    /// What the pattern finds in the whole of a sentence.
    pub(crate) fn whole(&self, tokens: &[Token]) -> Option<Found> {
        self.ends(tokens).into_iter().find(|(end, _)| *end == tokens.len()).map(|(_, found)| found)
    }

    /// The ends of all beginnings of the sentence that are the pattern's, and what was found there.
    pub(crate) fn ends(&self, tokens: &[Token]) -> Vec<(usize, Found)> {
        follow(&self.parts, tokens, vec![(0, Found::default())])
    }
}

fn follow(parts: &[Part], tokens: &[Token], mut ways: Vec<(usize, Found)>) -> Vec<(usize, Found)> {
    for part in parts {
        let mut next: Vec<(usize, Found)> = Vec::new();
        let mut keep = |end: usize, found: Found| {
            if !next.iter().any(|(known, _)| *known == end) {
                next.push((end, found));
            }
        };
        for (at, found) in ways {
            match part {
                Part::Word(word) if tokens.get(at).is_some_and(|token| token.is(word)) => keep(at + 1, found),
                Part::Word(_) => {}
                Part::Flag(name) => {
                    let mut found = found;
                    if found.join(Found(vec![(name, Value::Flag)])) {
                        keep(at, found);
                    }
                }
                Part::Parameter(name, read) => {
                    for (length, value) in read(&tokens[at..]) {
                        let mut found = found.clone();
                        if found.join(Found(vec![(name, value)])) {
                            keep(at + length, found);
                        }
                    }
                }
                Part::OneOf(branches) => {
                    for branch in branches {
                        for (end, found) in follow(branch, tokens, vec![(at, found.clone())]) {
                            keep(end, found);
                        }
                    }
                }
            }
        }
        ways = next;
        if ways.is_empty() {
            break;
        }
    }
    ways
}

/// The pieces of a pattern: words, and the marks `[`, `]`, `(`, `)` and `|`; shared parts are put in.
fn split(pattern: &'static str, words: &mut Vec<&'static str>) {
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let length = if "[]()|".contains(first) {
            1
        } else if first == ' ' {
            rest = &rest[1..];
            continue;
        } else {
            rest.find([' ', '[', ']', '(', ')', '|']).unwrap_or(rest.len())
        };
        let (word, after) = rest.split_at(length);
        rest = after;
        match SHARED.iter().find(|(name, _)| *name == word) {
            Some((_, part)) => split(part, words),
            None => words.push(word),
        }
    }
}

fn sequence(words: &[&'static str], at: &mut usize) -> Vec<Part> {
    let mut parts = Vec::new();
    while let Some(word) = words.get(*at) {
        match *word {
            "]" | ")" | "|" => break,
            "[" | "(" => parts.push(choice(words, at)),
            word => {
                *at += 1;
                parts.push(if let Some(flag) = word.strip_prefix('!') {
                    Part::Flag(flag)
                } else if let Some(name) = word.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                    Part::Parameter(name, parameter::named(name))
                } else {
                    Part::Word(word.to_owned())
                });
            }
        }
    }
    parts
}

fn choice(words: &[&'static str], at: &mut usize) -> Part {
    let optional = words[*at] == "[";
    let mut branches = Vec::new();
    loop {
        *at += 1;
        branches.push(sequence(words, at));
        match words.get(*at).copied() {
            Some("|") => {}
            Some(end) if (end == "]") == optional => break,
            end => panic!("unbalanced pattern at {end:?}"),
        }
    }
    *at += 1;
    if optional {
        branches.push(Vec::new());
    }
    Part::OneOf(branches)
}
