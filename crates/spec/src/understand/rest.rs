//! The part of a sentence that nothing understands, for the answer to its author.

use super::entry::entries;
use super::join::conjoined;
use super::label::{is_bare_measure, is_synonym, label_of, labelled};
use super::{is_balanced, parts, without_period};
use crate::cover::{KnownPlaces, MOST_REST};
use crate::pattern::Words;
use crate::sentence::{Token, is_dash};

/// Part of a text, in bytes, that was not understood where the rest of its sentence was.
pub(super) type Rest = Option<(usize, usize)>;

/// The rest of a text that is not understood.
pub(super) fn rest_of(words: &[Token], heading: Option<&[Token]>) -> Rest {
    let words = without_period(words);
    if !is_balanced(words) {
        return None;
    }
    let parts = parts(words);
    let understood = parts.iter().take_while(|part| labelled(part, heading).is_some()).count();
    match parts.get(understood) {
        Some(part) if understood > 0 => rest_of_labelled(part, heading).or_else(|| span(part)),
        _ => rest_of_labelled(words, heading),
    }
}

pub(super) fn rest_of_labelled(words: &[Token], heading: Option<&[Token]>) -> Rest {
    match label_of(words).filter(|(_, text)| !text.is_empty()) {
        Some((label, text)) if is_synonym(label) => rest_of_unlabelled(text, heading),
        Some((label, text)) if conjoined(label).is_some() => rest_of_sentence(text).or_else(|| span(text)),
        _ => rest_of_unlabelled(words, heading),
    }
}

pub(super) fn rest_of_unlabelled(words: &[Token], heading: Option<&[Token]>) -> Rest {
    if heading.is_some() && is_bare_measure(words) { None } else { rest_of_sentence(words) }
}

/// The words that the nearest entry does not account for.
pub(super) fn rest_of_sentence(words: &[Token]) -> Rest {
    if !is_balanced(words) {
        return None;
    }
    // Where nothing is left but the rest, there was no sentence.
    let mut most = words.len().div_ceil(2);
    let mut nearest: Option<Vec<usize>> = None;
    let present = Words::of(words);
    let mut known = KnownPlaces::new(words, &present);
    for entry in entries() {
        if !entry.may_cover(words, most.min(MOST_REST)) {
            continue;
        }
        let mut forms = entry.forms.iter().filter(|form| form.may_be_in(&present)).peekable();
        if forms.peek().is_none() {
            continue;
        }
        let extras: Vec<_> = entry.extras.iter().map(|part| known.of(part)).collect();
        for form in forms {
            let Some(cover) = form.cover(&extras, &mut known, most) else { continue };
            if (entry.entry.checks)(&cover.found).is_some() {
                most = cover.rest.len().checked_sub(1)?;
                nearest = Some(cover.rest);
            }
        }
    }
    nearest.and_then(|rest| span(&words[*rest.first()?..=*rest.last()?]))
}

/// Where words stand in the text.
pub(super) fn span(words: &[Token]) -> Rest {
    let mark = words.first().is_some_and(|word| word.is(",") || word.is(":") || is_dash(word));
    let words = if mark { &words[1..] } else { words };
    let (first, last) = (words.first()?, words.last()?);
    Some((first.start, last.end()))
}
