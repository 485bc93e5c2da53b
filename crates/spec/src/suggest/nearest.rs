//! The sentence of the vocabulary that is nearest to one that was not understood: one of the same kind, for "did you mean".

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::letters::is_near;
use crate::quantity;
use crate::sentence::{Token, singular, tokens};
use crate::understand::is_understood;
use crate::vocabulary::vocabulary;

/// A word more, less or instead; a word that is only misspelt costs less.
const WORD: usize = 10;
const TYPO: usize = 3;

/// Words that turn a sentence round: a sentence without them is never suggested for one with them.
const NEGATIONS: &[&str] =
    &["no", "not", "never", "without", "nothing", "none", "cannot", "nor", "neither", "non-root"];

/// Words that a sentence of the same kind may lack: they name no subject, no deed and no object.
const FREE: &[&str] = &[
    "a",
    "an",
    "all",
    "and",
    "any",
    "app",
    "application",
    "are",
    "as",
    "at",
    "be",
    "by",
    "can",
    "container",
    "docker",
    "does",
    "each",
    "every",
    "for",
    "from",
    "has",
    "have",
    "in",
    "is",
    "it",
    "its",
    "most",
    "of",
    "on",
    "only",
    "or",
    "service",
    "successfully",
    "than",
    "that",
    "the",
    "this",
    "to",
    "under",
    "when",
    "where",
    "which",
    "with",
    "within",
    "working",
    "(",
    ")",
    ",",
    ":",
    ";",
    ".",
];

/// Whether a sentence made from an example has the values of the one that was written, and none that only the example has.
fn names_values(sentence: &str, example: &[Unit], written: &[Unit]) -> bool {
    let is_named = |value: &Unit| sentence.contains(&value.text);
    let mut values = example.iter().filter(|unit| unit.kind.is_some());
    values.all(|value| {
        let mut alike = written.iter().filter(|unit| unit.kind == value.kind);
        alike.any(is_named)
    })
}

/// The nearest sentence of the same kind, with the parameters of the one that was written.
pub(crate) fn nearest(words: &[Token]) -> Option<String> {
    let colon = words.iter().position(|word| word.is(":"));
    let text = colon.map(|at| &words[at + 1..]).filter(|text| !text.is_empty());
    let written = [Some(words), text].into_iter().flatten().map(units).filter(|words| words.len() <= 24);
    let written: Vec<Vec<Unit>> = written.collect();
    let written: Vec<(Vec<Unit>, usize)> = written.into_iter().map(with_negations).collect();
    let mut best: Option<(usize, String)> = None;
    for (example, denied) in examples() {
        for (words, negations) in &written {
            let most = words.len().max(example.len()) * WORD / 3;
            if words.len().abs_diff(example.len()) * WORD > most || negations != denied {
                continue;
            }
            if !example.iter().all(|unit| unit.is_free || unit.is_in(words)) {
                continue;
            }
            let (cost, sentence) = align(words, example);
            let is_own = names_values(&sentence, example, words);
            if is_own && cost <= most && best.as_ref().is_none_or(|(least, _)| cost < *least) {
                best = Some((cost, sentence));
            }
        }
    }
    // With other parameters a sentence may promise nothing: `port 80000`.
    best.map(|(_, sentence)| sentence).filter(|sentence| is_understood(sentence))
}

/// The sentences that may be suggested, with their negations.
fn examples() -> &'static [(Vec<Unit>, usize)] {
    static EXAMPLES: LazyLock<Vec<(Vec<Unit>, usize)>> = LazyLock::new(|| {
        let examples = vocabulary().flat_map(|entry| entry.examples);
        examples.map(|example| with_negations(units(&tokens(example)))).collect()
    });
    &EXAMPLES
}

/// The words, and how many of them turn the sentence round.
fn with_negations(words: Vec<Unit>) -> (Vec<Unit>, usize) {
    let negations = negations(&words);
    (words, negations)
}

/// The words of the examples, in the singular: none of them is another one misspelt.
fn known() -> &'static HashSet<String> {
    static KNOWN: LazyLock<HashSet<String>> = LazyLock::new(|| {
        let words = vocabulary().flat_map(|entry| entry.examples).flat_map(|example| tokens(example));
        words.map(|token| singular(&token.word)).collect()
    });
    &KNOWN
}

/// A word, or a quantity that is written in two.
struct Unit {
    text: String,
    word: String,
    /// The word in the singular.
    stem: String,
    letters: usize,
    is_free: bool,
    /// `restarts` is a word of its own, and not `starts` misspelt.
    is_known: bool,
    kind: Option<Kind>,
}

/// What makes two words the same parameter with another value.
#[derive(PartialEq, Eq, Clone, Copy)]
enum Kind {
    Size,
    Time,
    Number,
    Path,
    Variable,
}

impl Unit {
    fn new(text: String, word: String, kind: Option<Kind>) -> Self {
        let stem = singular(&word);
        let (letters, is_free) = (word.chars().count(), FREE.contains(&word.as_str()));
        Self { is_known: known().contains(&stem), text, word, stem, letters, is_free, kind }
    }

    /// Whether it was probably meant to be another word.
    fn is_misspelt(&self, meant: &Self) -> bool {
        !self.is_known && self.letters.abs_diff(meant.letters) <= 2 && is_near(&self.word, &meant.word)
    }

    /// Whether one of these says the same: the word itself, one that is misspelt, or another value.
    fn is_in(&self, others: &[Self]) -> bool {
        let same = |other: &Self| match self.kind {
            Some(_) => other.kind == self.kind,
            None => other.stem == self.stem,
        };
        others.iter().any(same) || self.kind.is_none() && others.iter().any(|other| other.is_misspelt(self))
    }
}

fn units(words: &[Token]) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    for token in words.iter().filter(|token| !token.is(".")) {
        let two_words =
            units.last().filter(|last| last.kind == Some(Kind::Number)).map(|last| (last.text.clone(), &token.word));
        if let Some((number, unit)) = two_words
            && let Some(kind) = quantity_kind(&number, unit)
        {
            units.pop();
            let text = format!("{number} {}", token.text);
            units.push(Unit::new(text.clone(), text.to_lowercase(), Some(kind)));
            continue;
        }
        units.push(Unit::new(token.text.clone(), token.word.clone(), kind(token)));
    }
    units
}

fn quantity_kind(number: &str, unit: &str) -> Option<Kind> {
    let size = quantity::size(number, unit).map(|_| Kind::Size);
    size.or_else(|| quantity::time(number, unit).map(|_| Kind::Time))
}

fn kind(token: &Token) -> Option<Kind> {
    let (number, unit) = quantity::split(&token.word);
    if !number.is_empty() && unit.is_empty() {
        return Some(Kind::Number);
    }
    let upper = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if token.text.len() > 3 && token.text.bytes().all(upper) && token.text.contains('_') || token.text == "PORT" {
        return Some(Kind::Variable);
    }
    if token.text.starts_with('/') {
        return Some(Kind::Path);
    }
    quantity_kind(number, unit)
}

fn negations(words: &[Unit]) -> usize {
    let misspelt = |word: &str| NEGATIONS.iter().any(|negation| negation.len() > 5 && is_near(word, negation));
    let negates =
        |unit: &&Unit| NEGATIONS.contains(&unit.word.as_str()) || unit.word.ends_with("n't") || misspelt(&unit.word);
    words.iter().filter(negates).count()
}

/// What it costs to make the example of the words, and the example with their parameters.
fn align(words: &[Unit], example: &[Unit]) -> (usize, String) {
    let mut costs = vec![vec![0; example.len() + 1]; words.len() + 1];
    for (i, row) in costs.iter_mut().enumerate() {
        row[0] = i * WORD;
    }
    for (j, cost) in costs[0].iter_mut().enumerate() {
        *cost = j * WORD;
    }
    for i in 1..=words.len() {
        for j in 1..=example.len() {
            let instead = costs[i - 1][j - 1] + difference(&words[i - 1], &example[j - 1]);
            costs[i][j] = instead.min(costs[i - 1][j] + WORD).min(costs[i][j - 1] + WORD);
        }
    }
    let mut filled: Vec<&str> = example.iter().map(|unit| unit.text.as_str()).collect();
    let (mut i, mut j) = (words.len(), example.len());
    while i > 0 && j > 0 {
        let (word, meant) = (&words[i - 1], &example[j - 1]);
        if costs[i][j] == costs[i - 1][j] + WORD {
            i -= 1;
        } else if costs[i][j] == costs[i - 1][j - 1] + difference(word, meant) {
            if meant.kind.is_some() && word.kind == meant.kind {
                filled[j - 1] = &word.text;
            }
            (i, j) = (i - 1, j - 1);
        } else {
            j -= 1;
        }
    }
    let mut sentence = String::new();
    for text in filled {
        if !sentence.is_empty() && !sentence.ends_with('(') && !matches!(text, "," | ":" | ";" | ")") {
            sentence.push(' ');
        }
        sentence.push_str(text);
    }
    (costs[words.len()][example.len()], sentence)
}

fn difference(word: &Unit, meant: &Unit) -> usize {
    if word.word == meant.word || (word.kind.is_some() && word.kind == meant.kind) {
        0
    } else if word.is_misspelt(meant) {
        TYPO
    } else {
        WORD
    }
}
