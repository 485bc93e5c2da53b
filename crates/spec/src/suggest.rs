//! "Did you mean": the sentence of the vocabulary that is nearest, where one is near.

use std::sync::LazyLock;

use crate::nearest::is_near;
use crate::quantity;
use crate::sentence::{Token, tokens};
use crate::understand::is_understood;
use crate::vocabulary::vocabulary;

/// A word more, less or instead; a word that is only misspelt costs less.
const WORD: usize = 10;
const TYPO: usize = 3;

/// Words that turn a sentence round: a sentence without them is never suggested for one with them.
const NEGATIONS: &[&str] =
    &["no", "not", "never", "without", "nothing", "none", "cannot", "nor", "neither", "non-root"];

/// The nearest sentence, with the parameters of the one that was written.
pub(crate) fn nearest(words: &[Token]) -> Option<String> {
    let colon = words.iter().position(|word| word.is(":"));
    let text = colon.map(|at| &words[at + 1..]).filter(|text| !text.is_empty());
    let written = [Some(words), text].into_iter().flatten().map(units).filter(|words| words.len() <= 24);
    let written: Vec<Vec<Unit>> = written.collect();
    let mut best: Option<(usize, String)> = None;
    for example in examples() {
        for words in &written {
            let most = words.len().max(example.len()) * WORD / 3;
            if words.len().abs_diff(example.len()) * WORD > most || negations(words) != negations(example) {
                continue;
            }
            let (cost, sentence) = align(words, example);
            if cost <= most && best.as_ref().is_none_or(|(least, _)| cost < *least) {
                best = Some((cost, sentence));
            }
        }
    }
    // With other parameters a sentence may promise nothing: `port 80000`.
    best.map(|(_, sentence)| sentence).filter(|sentence| is_understood(sentence))
}

/// The sentences that may be suggested.
fn examples() -> &'static [Vec<Unit>] {
    static EXAMPLES: LazyLock<Vec<Vec<Unit>>> = LazyLock::new(|| {
        vocabulary().flat_map(|entry| entry.examples).map(|example| units(&tokens(example))).collect()
    });
    &EXAMPLES
}

/// A word, or a quantity that is written in two.
struct Unit {
    text: String,
    word: String,
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
            units.push(Unit { word: text.to_lowercase(), text, kind: Some(kind) });
            continue;
        }
        units.push(Unit { text: token.text.clone(), word: token.word.clone(), kind: kind(token) });
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
    let negates = |word: &&Unit| NEGATIONS.contains(&word.word.as_str()) || word.word.ends_with("n't");
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
    } else if is_near(&word.word, &meant.word) {
        TYPO
    } else {
        WORD
    }
}
