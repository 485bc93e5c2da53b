//! What limits something: sizes, times, counts.

use super::{Value, each, read};
use crate::quantity;
use crate::sentence::Token;
use crate::suggest::sense::is_one;

/// Words in front of a limit.
const LIMIT: &str = "under|below|than|<|<=|≤|most|max|max.|maximum|exceed|limit|within|inside|to|in|sub|after|until";

/// Words in front of what was, what comes again and again, and what is least.
const NO_LIMIT: &str = "was|from|currently|now|every|least|minimum";
const OTHER: &str = "last|interval|of|for|take|took|had|over|above";

/// Sizes or times: those that limit something where there are such, else all that are not of the past or of a rhythm.
pub(super) fn limits(parameter: &str, words: &[Token]) -> Vec<Value> {
    let is_behind =
        |value: &Value, set: &str| (value.at.saturating_sub(2)..value.at).any(|at| is_one(&words[at..], set));
    let mut found = each(words, |words, at| read(parameter, words, at));
    found.retain(|value| !is_behind(value, NO_LIMIT));
    let (limited, mut others): (Vec<Value>, Vec<Value>) = found.into_iter().partition(|value| is_behind(value, LIMIT));
    others.retain(|value| !is_behind(value, OTHER));
    if limited.is_empty() { others } else { limited }
}

/// How many layers: a number near that word.
pub(super) fn layers(words: &[Token], at: usize) -> Option<String> {
    let is_near = near(words, at, "layer");
    let is_quantity = words.get(at + 1).is_some_and(|next| quantity::is_unit(&next.word));
    read("n", words, at).filter(|_| is_near && !is_quantity)
}

/// Whether a word is among the next ones on both sides.
pub(super) fn near(words: &[Token], at: usize, noun: &str) -> bool {
    words[at.saturating_sub(4)..(at + 5).min(words.len())].iter().any(|word| word.is(noun))
}
