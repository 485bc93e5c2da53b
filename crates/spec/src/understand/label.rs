//! What stands before a sentence: a subject, a topic, a promise of its own.

use std::sync::LazyLock;

use super::entry::{entries, entry_of};
use super::join::{add, conjoined, conjoined_entries, may_follow};
use crate::Check;
use crate::cover::Form;
use crate::sentence::{Token, is_dash};

/// See [`is_synonym`].
pub(super) const SYNONYMS: &[&str] = &["target", "choice", "requirement", "limit", "dod", "acceptance", "fixed"];

/// The same in several words.
const PHRASES: &[&str] = &["done when", "definition of done", "acceptance criterion", "acceptance criteria"];

/// A sentence with or without a label before it.
pub(super) fn labelled(words: &[Token], heading: Option<&[Token]>) -> Option<Vec<Check>> {
    if let Some(checks) = unlabelled(words, heading) {
        return Some(checks);
    }
    let (label, text) = label_of(words).filter(|(_, text)| !text.is_empty())?;
    if is_part(label) {
        return None;
    }
    if is_synonym(label) {
        return unlabelled(text, heading);
    }
    if let Some((entry, checks)) = entry_of(text)
        && entry.has_topic(label)
    {
        return Some(checks);
    }
    // A promise of its own in front of another one.
    if let Some((entry, mut all)) = conjoined_entries(label) {
        let (next, others) = conjoined_entries(text)?;
        add(&mut all, others);
        return may_follow(entry, next, text).then_some(all);
    }
    if !entries().iter().any(|entry| entry.is_subject(label)) {
        return None;
    }
    conjoined_entries(text).filter(|(entry, _)| entry.is_subject(label)).map(|(_, checks)| checks)
}

/// Whether a label names one of several containers or images: `Database container`.
pub(super) fn is_part(label: &[Token]) -> bool {
    let is_whole = label.first().is_some_and(|word| {
        ["container", "docker", "image", "final", "production", "runtime", "resulting"].iter().any(|name| word.is(name))
    });
    let is_name = label.len() <= 3 && !label.iter().any(|word| ["no", "in", "of", "not"].contains(&word.word.as_str()));
    is_name
        && !is_whole
        && label.last().is_some_and(|word| ["container", "service", "image"].iter().any(|name| word.is(name)))
}

/// Whether a label says "this is the promise" and nothing more.
pub(super) fn is_synonym(label: &[Token]) -> bool {
    matches!(label, [name] if SYNONYMS.contains(&name.word.as_str()))
        || PHRASES.iter().any(|phrase| {
            phrase.split(' ').count() == label.len()
                && phrase.split(' ').zip(label).all(|(word, token)| token.word == word)
        })
}

/// A sentence by itself, else with the heading as its subject.
pub(super) fn unlabelled(words: &[Token], heading: Option<&[Token]>) -> Option<Vec<Check>> {
    // A bare measure is about what the heading says.
    if let Some(heading) = heading {
        let mut with_subject = heading.to_vec();
        with_subject.push(Token::new(":", 0));
        with_subject.extend_from_slice(words);
        if let Some((_, checks)) = entry_of(&with_subject) {
            return Some(checks);
        }
        if is_bare_measure(words) {
            return None;
        }
    }
    conjoined(words)
}

/// Whether a sentence names nothing but a size: of what, its heading says.
pub(super) fn is_bare_measure(words: &[Token]) -> bool {
    static MEASURE: LazyLock<Form> = LazyLock::new(|| Form::new(&["<at-most-size>"]));
    MEASURE.covers(&[], words).is_some()
}

/// The label before a sentence's first colon or dash, and what follows it.
pub(super) fn label_of(words: &[Token]) -> Option<(&[Token], &[Token])> {
    let colon =
        words.iter().take(12).position(|token| token.is(":")).or_else(|| words.iter().take(12).position(is_dash));
    let colon = colon.filter(|at| *at > 0)?;
    Some((&words[..colon], &words[colon + 1..]))
}
