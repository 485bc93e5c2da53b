//! Patterns: the form in which the vocabulary writes its sentences.
//!
//! A pattern is words with `{parameters}`, `[optional parts]` and `(one|of|these)`; `<name>` stands for a shared part,
//! and `!flag` is no word but a note for the entry that this way was taken.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::parameter::{self, Value};
use crate::sentence::Token;
use crate::vocabulary::vocabulary;

/// Parts that many entries share, in normalised words ([`crate::normalise`]): no articles, no `must` or `is`, plurals as singulars.
const SHARED: &[(&str, &str)] = &[
    (
        "<container>",
        "[docker|running|whole] (container|service|app|application|api|server|process|program|worker|daemon|backend|web server|web app|web application|workload|it|<image>)",
    ),
    (
        "<service>",
        "[docker] (container|service|app|application|api|server|process|program|worker|daemon|backend|web server|web app|web application|it)",
    ),
    (
        "<image>",
        "[final|last] [docker|container|built|production|resulting|runtime|release|shipped|published|oci] image",
    ),
    (
        "<in-image>",
        "(in|inside|within|into|from|of|inside of) (<image>|[any|<image>] layer|container|any layer of <image>|layer of <image>)",
    ),
    ("<not>", "not"),
    (
        "<under>",
        "(under|below|at most|less than or equal to|less or equal to|not cross|not weigh more than|not pass|occupy at most|not be larger than|fit in|fit into|fit within|less than|lesser than|smaller than|lower than|no more than|not more than|no larger than|not larger than|no bigger than|not bigger than|up to|no fatter than|max|maximum|maximal|maximum of|inferior to|max of|not exceed|not above|not over|limited to|capped at|<|<=|≤)",
    ),
    (
        "<at-most-size>",
        "(<under> {size}|{size} [,] (max|maximum|or less|or smaller|or below|at most|at very most|tops|not more|no more|and no more))",
    ),
    (
        "<within>",
        "(within|in <=|in <|in ≤|no later than|not later than|inside of|inside|in under|in less than|in at most|in no more than|in max|in maximum|in|under|below|less than|at most|not more than|no more than|no longer than|not longer than|max|maximum|<|<=|≤)",
    ),
    ("<health-check>", "(health check|healthcheck|health-check)"),
    ("<env>", "(environment|env) [variable|var]"),
    ("<by-env>", "(via|through|by|with|from|using|in|over) <env>"),
    ("<given>", "(passed|provided|given|set|supplied|furnished|handed over|injected|read|taken|loaded|come|passed in)"),
    ("<runtime>", "(runtime|run time|run-time)"),
    (
        "<from-env>",
        "(<given> [only] [as|by|via|through|from|in|with] <env>|[only] [from|via|through] <env>) [only] [at <runtime>]",
    ),
    (
        "<hardcoded>",
        "(hardcoded|hard-coded|hard-wired|embedded in <image>|in code|written into <image>|baked in|baked into <image>|baked|in <image>)",
    ),
    ("<using>", "(with|using|via|through|by|from|given|at|in) [provided|given|configured|supplied]"),
    ("<root-fs>", "(root filesystem|root file system|rootfs|root fs|filesystem|file system|root|fs) [of <service>]"),
    ("<read-only>", "(read-only|read only|readonly)"),
    (
        "<writable>",
        "([,] (except|except for|apart from|but|save for) [only|one] [writable|tmpfs on|tmpfs at|tmpfs for|writable tmpfs at] {paths} [writable|as tmpfs]|[,] (with|and|plus) [only|one] ((writable|tmpfs on|tmpfs at|tmpfs for|writable tmpfs at) {paths} [writable]|{paths} (writable|as tmpfs)))",
    ),
    (
        "<without-var>",
        "(without|if no|when no|in absence of) [variable|environment variable] {var} [set|being set|in environment]",
    ),
    (
        "<missing-var>",
        "(when|if) {var} (missing|not set|unset|absent|not given|not provided|not defined|undefined|not there|not present)",
    ),
    ("<unless-var>", "unless {var} (set|given|provided)"),
    ("<no-var>", "(<without-var>|<missing-var>|<unless-var>)"),
    (
        "<refuse>",
        "((refuse|fail|decline) (to start|to run|to boot|startup|at startup|on startup)|not (start|run|boot|come up)|cannot (start|run)|can't (start|run)|can not (start|run)|exit|stop|terminate|crash|abort|fail|fail fast !fast|quit)",
    ),
    (
        "<with-default>",
        "(default to|default|default value|defaulting to|with default|with default of|with default value|with default value of|by default) [:] {value}",
    ),
    (
        "<requests>",
        "(request in flight|request in progress|request still in progress|request already in flight|in-flight request|in flight request|open request|running request|request|outstanding request|pending request|active request|active connection|open connection)",
    ),
    ("<stop>", "(stop|shut down|shutdown|shutting down)"),
    (
        "<on-signal>",
        "(on|after|of|upon|to|at|with|following receipt of|upon reception of|on reception of|when receiving|when it receive|on receiving|after receiving|upon receiving|after receipt of|on receipt of|upon receipt of|in response to) {signals} [signal] [and on {more-signals}]",
    ),
    (
        "<ca>",
        "((ca|root|root ca|trusted root) (certificates|certs|certificate bundle|cert bundle|bundle)|ca-certificates|ca-bundle)",
    ),
    (
        "<binary>",
        "[all !all|every !all] [final|service|server|app|application|main|go|rust|compiled|release|single|own] (binary|executable)",
    ),
    ("<own-binary>", "[service|server|app|application|main|go|rust|compiled|release] (binary|executable)"),
    (
        "<multi-arch>",
        "(multi-arch|multiarch|multi-architecture|multi-platform|multi arch|multi platform) [docker|container] [image|manifest|index]",
    ),
    ("<sbom>", "[spdx !spdx|cyclonedx !cyclonedx] (sbom|software bill of material) [attestation|document]"),
    ("<command-part>", "(<part>|<part> (and|or|/) <part>|(entrypoint/cmd|cmd/entrypoint) !entrypoint !command)"),
    ("<part>", "(entrypoint !entrypoint|(cmd|command|start command) !command)"),
    ("<memory>", "[main|system|resident] (memory|ram)"),
    ("<stdout>", "[to|on|in|go to|goes to] (stdout|standard output|standard out)"),
    (
        "<transfer>",
        "[when|as|once|after being] (transfer|to transfer|transferred|compressed|download|downloaded|to download|gzipped) !transfer",
    ),
    ("<unpacked>", "[when|once|counted|after being] (unpacked|uncompressed|decompressed|on disk|extracted) !unpacked"),
    ("<measure>", "(<transfer>|<unpacked>)"),
    ("<secret>", "(secret|credential|password|api key|key|token|private key|sensitive value)"),
    ("<secrets>", "<secret> [[,] (or|and|,|nor) <secret>] [[,] (or|and|,) <secret>] [[,] (or|and|,) <secret>]"),
    ("<non-root>", "(non-root|nonroot|non root)"),
    ("<works>", "(work|working|functional|function|succeed|pass) [fine]"),
    (
        "<restart>",
        "[even] [across|through|over|after|between|a|any|on|upon|when|although|beyond] [container|service|server|app|pod] (restart|restarted|restarting|recreation|recreated|restart of <service>|restarting <service>|recreating <service>)",
    ),
];

/// The number of a word of the vocabulary.
pub(crate) fn number(word: &str) -> Option<u16> {
    static NUMBERS: LazyLock<HashMap<&'static str, u16>> = LazyLock::new(|| {
        let mut words = Vec::new();
        for part in vocabulary().flat_map(|entry| entry.forms.iter().copied().flatten().chain(entry.extras)) {
            split(part, &mut words);
        }
        words.sort_unstable();
        words.dedup();
        words.into_iter().zip(1..).collect()
    });
    NUMBERS.get(word).copied()
}

/// The parts that many patterns share, for the reference page.
pub(crate) fn shared_parts() -> &'static [(&'static str, &'static str)] {
    SHARED
}

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    parts: Vec<Part>,
    /// The words with which it can begin; `None` where a parameter can stand first.
    first: Option<Words>,
}

/// A set of words of the vocabulary, a bit for each number.
#[derive(Debug, Default)]
pub(crate) struct Words(Vec<u64>);

impl Words {
    /// The words of a sentence.
    pub(crate) fn of(tokens: &[Token]) -> Self {
        let mut words = Self::default();
        tokens.iter().flat_map(Token::numbers).for_each(|number| words.add(number));
        words
    }

    fn add(&mut self, number: u16) {
        let at = usize::from(number / 64);
        self.0.resize(self.0.len().max(at + 1), 0);
        self.0[at] |= 1 << (number % 64);
    }

    fn has(&self, number: u16) -> bool {
        self.0.get(usize::from(number / 64)).is_some_and(|bits| bits & (1 << (number % 64)) != 0)
    }

    pub(crate) fn has_word(&self, word: &Token) -> bool {
        word.numbers().any(|number| self.has(number))
    }

    fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }
}

#[derive(Debug)]
enum Part {
    /// By its number.
    Word(u16),
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
        let mut words = Words::default();
        let first = begins(&parts, &mut words).map(|_| words);
        Self { parts, first }
    }

    /// Whether it may begin at one of these words.
    pub(crate) fn may_begin(&self, words: &Words) -> bool {
        self.first.as_ref().is_none_or(|first| first.meets(words))
    }

    /// The ends of all beginnings of the sentence that are the pattern's, and what was found there.
    pub(crate) fn ends(&self, tokens: &[Token]) -> Vec<(usize, Found)> {
        if let (Some(first), Some(token)) = (&self.first, tokens.first())
            && !token.numbers().any(|number| first.has(number))
        {
            return Vec::new();
        }
        follow(&self.parts, tokens, vec![(0, Found::default())])
    }
}

/// Collects the words with which parts can begin. Returns whether they can be empty; `None` where a parameter can stand first.
fn begins(parts: &[Part], words: &mut Words) -> Option<bool> {
    for part in parts {
        match part {
            Part::Word(word) => {
                words.add(*word);
                return Some(false);
            }
            Part::Parameter(..) => return None,
            Part::Flag(_) => {}
            Part::OneOf(branches) => {
                let mut can_be_empty = false;
                for branch in branches {
                    can_be_empty |= begins(branch, words)?;
                }
                if !can_be_empty {
                    return Some(false);
                }
            }
        }
    }
    Some(true)
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
                Part::Word(word) if tokens.get(at).is_some_and(|token| token.has(*word)) => keep(at + 1, found),
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
                    Part::Word(number(word).unwrap_or_default())
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
