//! A sentence to what it promises: whole, or not at all.

mod entry;
mod join;
mod label;
mod rest;

use std::thread;

use join::add;
use label::{label_of, labelled};
use rest::rest_of;

use crate::Check;
use crate::aside::without_asides;
use crate::normalise::normalise;
use crate::reason::without_reasons;
use crate::sentence::{Token, is_dash, tokens};
use crate::{name, subject, suggest};

/// Words in a sentence, at most: longer ones are prose that nothing understands.
const MOST_WORDS: usize = 80;

/// Bytes in a sentence, at most.
const MOST_BYTES: usize = 2000;

/// Labels that mark prose.
const PROSE: &[&str] = &["rationale", "alternative", "alternatives", "why", "note", "notes"];

/// How a sentence was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reading {
    /// Its label says that it promises nothing.
    Prose,
    Promises {
        /// Never empty.
        checks: Vec<Check>,
        /// Parts of the sentence that say why.
        reasons: Vec<String>,
    },
    NotUnderstood {
        rest: Option<String>,
        suggestion: Option<String>,
    },
}

/// What a sentence is about, where it does not say so itself.
#[derive(Clone, Copy, Default)]
pub(crate) struct Subject<'a> {
    /// What it stands under.
    pub(crate) heading: Option<&'a str>,
    /// The service's own name.
    pub(crate) name: Option<&'a [Token]>,
    /// What it calls the servers that it needs.
    pub(crate) servers: &'a [Vec<Token>],
}

/// Reads sentences, many of them on every processor.
pub(crate) fn all(sentences: &[(&str, Subject<'_>)]) -> Vec<Reading> {
    const FEW: usize = 64;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = sentences.len().div_ceil(threads).max(FEW);
    let read = |part: &[(&str, Subject<'_>)]| -> Vec<Reading> {
        part.iter().map(|(text, subject)| understand(text, *subject)).collect()
    };
    thread::scope(|scope| {
        let mut parts = sentences.chunks(share);
        let first = parts.next().unwrap_or_default();
        let others: Vec<_> = parts.map(|part| scope.spawn(move || read(part))).collect();
        let mut all = read(first);
        for other in others {
            all.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        all
    })
}

/// Reads a sentence.
pub(crate) fn understand(text: &str, about: Subject<'_>) -> Reading {
    if is_prose(text) {
        return Reading::Prose;
    }
    let Some(words) = words_of(text) else { return Reading::NotUnderstood { rest: None, suggestion: None } };
    let heading = about.heading.map(tokens).filter(|heading| !heading.is_empty() && heading.len() <= 8);
    let heading = heading.map(|heading| normalise(&heading));
    let read = |words: &[Token]| sentences(&normalise(words), heading.as_deref());
    let promises = |checks, reasons| Reading::Promises { checks, reasons };
    if let Some(checks) = read(&words) {
        return promises(checks, Vec::new());
    }
    let listed = name::with_servers(words.clone(), about.servers);
    if let Some(checks) = Some(&listed).filter(|listed| **listed != words).and_then(|listed| read(listed)) {
        return promises(checks, Vec::new());
    }
    let named = about.name.map_or_else(|| words.clone(), |name| name::replaced(&words, name));
    let called = subject::replaced(&named, about.name);
    let mut last = words.clone();
    for next in [&named, &called] {
        if *next != last {
            if let Some(checks) = read(next) {
                return promises(checks, Vec::new());
            }
            last.clone_from(next);
        }
    }
    if let Some(checks) = without_asides(&called).and_then(|words| read(&words)) {
        return promises(checks, Vec::new());
    }
    if let Some(plain) = without_reasons(&called) {
        let checks = read(&plain.words).or_else(|| read(&without_asides(&plain.words)?));
        if let Some(checks) = checks {
            let said = |(start, end): &(usize, usize)| text.get(*start..*end).unwrap_or_default().to_owned();
            return promises(checks, plain.reasons.iter().map(said).collect());
        }
    }
    Reading::NotUnderstood {
        rest: rest_of(&normalise(&words), heading.as_deref()).map(|(start, end)| text[start..end].to_owned()),
        suggestion: suggest::nearest(&words),
    }
}

/// Whether a text's label marks it as prose.
pub(crate) fn is_prose(text: &str) -> bool {
    let first = text.split_whitespace().next().map(tokens);
    if !first.is_some_and(|first| first.first().is_some_and(|word| PROSE.contains(&word.word.as_str()))) {
        return false;
    }
    // A label is short: the rest of a long text need not be looked at.
    let beginning = text.char_indices().nth(200).map_or(text, |(end, _)| &text[..end]);
    label_of(&tokens(beginning)).is_some_and(|(label, _)| marks_prose(label))
}

/// What a sentence promises by itself.
pub(crate) fn checks_of(text: &str) -> Option<Vec<Check>> {
    sentences(&normalise(&words_of(text)?), None)
}

/// Whether a sentence is understood by itself.
pub(crate) fn is_understood(text: &str) -> bool {
    checks_of(text).is_some()
}

/// The words of a text that is short enough for a sentence.
fn words_of(text: &str) -> Option<Vec<Token>> {
    (text.len() <= MOST_BYTES).then(|| tokens(text)).filter(|words| words.len() <= MOST_WORDS)
}

/// Whether a text is nothing but what may stand beside the sentence: a prose label, or words that change nothing of what it promises.
pub(crate) fn is_remark_of(sentence: &str, note: &str) -> bool {
    if is_prose(note) {
        return true;
    }
    let (Some(sentence), Some(note)) = (words_of(sentence), words_of(note)) else { return false };
    if sentence.len() + note.len() > MOST_WORDS {
        return false;
    }
    let mut words = normalise(&sentence);
    let alone = sentences(&words, None);
    if words.last().is_some_and(|last| last.is(".")) {
        words.pop();
    }
    words.push(Token::new("(", 0));
    words.extend(normalise(&note).into_iter().filter(|token| !token.is(".")));
    words.push(Token::new(")", 0));
    // A remark that is a parameter would change what the sentence says: it has to stand in it.
    alone.is_some() && alone == sentences(&words, None)
}

/// The whole text as one sentence, else as several that are each understood.
fn sentences(words: &[Token], heading: Option<&[Token]>) -> Option<Vec<Check>> {
    let words = without_period(words);
    if !is_balanced(words) || denies_twice(words) {
        return None;
    }
    if let Some(checks) = labelled(words, heading) {
        return Some(checks);
    }
    let parts = parts(words);
    if parts.len() < 2 {
        return None;
    }
    let mut all = Vec::new();
    for part in parts {
        add(&mut all, labelled(part, heading)?);
    }
    Some(all)
}

fn without_period(words: &[Token]) -> &[Token] {
    match words {
        [words @ .., last] if last.is(".") || last.is("!") => words,
        words => words,
    }
}

/// What periods and semicolons separate.
fn parts(words: &[Token]) -> Vec<&[Token]> {
    words.split(|token| token.is(".") || token.is(";")).filter(|part| !part.is_empty()).collect()
}

/// `without no shell`: nobody knows which is meant.
fn denies_twice(words: &[Token]) -> bool {
    let denies = |word: &Token| ["no", "not", "without", "zero", "neither"].contains(&word.word.as_str());
    // `never contains no curl`, but `does not log, and has no shell`.
    let joins = |word: &Token| {
        ["and", ",", ";", "or", "nor", ".", ":", "(", ")", "but"].iter().any(|mark| word.is(mark)) || is_dash(word)
    };
    let mut earlier = false;
    for word in words {
        let again = ["no", "zero", "not"].contains(&word.word.as_str());
        if earlier && again {
            return true;
        }
        earlier = !joins(word) && (earlier || again);
    }
    let keeps = words.first().is_some_and(|word| ["keep", "leave", "strip", "remove"].contains(&word.word.as_str()));
    keeps && words.iter().any(|word| word.word == "no") || words.windows(2).any(|pair| pair.iter().all(denies))
}

/// Whether parentheses match and none is inside another.
fn is_balanced(words: &[Token]) -> bool {
    let mut open = false;
    words.iter().all(|token| match token.text.as_str() {
        "(" => !std::mem::replace(&mut open, true),
        ")" => std::mem::replace(&mut open, false),
        _ => true,
    }) && !open
}

fn marks_prose(label: &[Token]) -> bool {
    let first = label.first().is_some_and(|word| PROSE.contains(&word.word.as_str()));
    first && (label.len() == 1 || (label[1].is("(") && label.last().is_some_and(|last| last.is(")"))))
}
