//! What a sentence may mean that was not understood, as sentences of the vocabulary: one that is near it, or those that its words are about.
//!
//! A table says which words a promise is made of ([`topics`]), [`values`] finds the sentence's own values, and [`sense`] what it denies.
//! Nothing here decides anything: whoever wrote the sentence has to choose.

mod nearest;
mod sense;
mod topics;
mod values;

pub(crate) use nearest::nearest;

use crate::normalise::normalise;
use crate::sentence::tokens;
use crate::understand::checks_of;
use crate::{Check, CheckKind};
use sense::Written;
use topics::{Sense, TOPICS, Topic};

/// Readings that a person is asked about, at most.
const READINGS: usize = 3;

/// Words of a sentence that is worth a suggestion, at most.
const MOST_WORDS: usize = 60;

/// Up to three sentences that may be meant, the likeliest first. They have the values of the one that was written, and nothing is
/// promised that it denies, doubts or only tells. A sentence with several promises has several of them.
///
/// ```
/// let found = seaworthy_spec::readings("The service is up within 25 seconds with 1 GB of memory");
/// assert_eq!(found, ["Starts within 25 seconds", "Uses at most 1 GB of memory"]);
/// assert!(seaworthy_spec::readings("We might run it as another user some day").is_empty());
/// ```
pub fn readings(sentence: &str) -> Vec<String> {
    let written = Written::new(normalise(&tokens(&sentence.replace('`', ""))));
    if written.words.len() > MOST_WORDS || written.is_doubted() {
        return Vec::new();
    }
    let mut found: Vec<Reading> = TOPICS.iter().flat_map(|topic| topic.readings(&written)).collect();
    found.sort_by(|a, b| b.weight.cmp(&a.weight).then(a.at.cmp(&b.at)));
    let mut kept: Vec<(Reading, CheckKind)> = Vec::new();
    for reading in found {
        let Some(kind) = checks_of(&reading.sentence).as_deref().and_then(|checks| checks.first()).map(Check::kind)
        else {
            continue;
        };
        // Another value of the same topic is another promise; the same check by another topic is a worse reading of the first.
        let is_other = |(known, other): &(Reading, CheckKind)| {
            *other != kind || std::ptr::eq(known.topic, reading.topic) && known.sentence != reading.sentence
        };
        if kept.iter().all(is_other) {
            kept.push((reading, kind));
        }
        if kept.len() == READINGS {
            break;
        }
    }
    kept.into_iter().map(|(reading, _)| reading.sentence).collect()
}

/// The nearest sentence of the same kind, where there is one, before the other readings.
pub(crate) fn with_nearest(nearest: Option<&str>, sentence: &str) -> Vec<String> {
    let known = nearest.and_then(checks_of);
    let others = readings(sentence).into_iter().filter(|reading| known.is_none() || checks_of(reading) != known);
    nearest.map(str::to_owned).into_iter().chain(others).take(READINGS).collect()
}

/// A sentence that may be meant.
struct Reading {
    sentence: String,
    topic: &'static Topic,
    /// How much of what was written speaks for it.
    weight: usize,
    /// Where the words that speak for it begin.
    at: usize,
}

impl Topic {
    /// What the sentence may mean, if it is about this: once for each value.
    fn readings(&'static self, written: &Written) -> Vec<Reading> {
        let Some(places) = self.places(written) else { return Vec::new() };
        let first = places.iter().flatten().copied().min().unwrap_or_default();
        let weight = 10 * self.has.len() + 12 * self.meaning.matches('{').count();
        let near = places.first().map_or(&[][..], Vec::as_slice);
        let filled = self.filled(written, near);
        filled.into_iter().map(|sentence| Reading { sentence, topic: self, weight, at: first }).collect()
    }

    /// Where the words of each set are, as far as they are promised or denied as the topic is.
    fn places(&self, written: &Written) -> Option<Vec<Vec<usize>>> {
        if !written.places(self.never).is_empty() {
            return None;
        }
        let is_promised = |at: &usize| self.sense != Sense::Promised || !written.is_denied(*at);
        let places = |set: &&str| written.places(set).into_iter().filter(is_promised).collect::<Vec<_>>();
        let all: Vec<Vec<usize>> = self.has.iter().map(places).collect();
        let is_meant = self.sense != Sense::Denied || all.iter().flatten().any(|at| written.denies(*at));
        (is_meant && all.iter().all(|set| !set.is_empty())).then_some(all)
    }

    /// Its sentence with the values that stand near these places.
    fn filled(&self, written: &Written, near: &[usize]) -> Vec<String> {
        let Some((before, rest)) = self.meaning.split_once('{') else { return vec![self.meaning.to_owned()] };
        let Some((name, behind)) = rest.split_once('}') else { return Vec::new() };
        let distance = |places: &[usize], at: usize| places.iter().map(|place| place.abs_diff(at)).min();
        let others = written.places(self.unless);
        let mut values = values::all(name, written);
        values.retain(|value| {
            let own = distance(near, value.at);
            let is_own = distance(&others, value.at).is_none_or(|other| own < Some(other) && own > Some(0))
                || own == Some(0) && !others.iter().any(|other| written.is_together(*other, value.at));
            is_own
                && match self.sense {
                    Sense::Promised => !written.is_denied(value.at),
                    Sense::Denied => written.denies(value.at),
                    Sense::Either => true,
                }
        });
        values.sort_by_key(|value| distance(near, value.at));
        let is_of_clause = |value: &values::Value| near.iter().any(|place| written.is_together(*place, value.at));
        let several = match name {
            "var" => values.iter().take_while(|value| is_of_clause(value)).count().clamp(1, READINGS),
            name if values::may_be_several(name) => READINGS,
            _ => 1,
        };
        values.truncate(several);
        values.sort_by_key(|value| value.at);
        let with = |value: &values::Value| {
            let Some((between, rest)) = behind.split_once('{') else {
                return Some(format!("{before}{}{behind}", value.text));
            };
            let (name, behind) = rest.split_once('}')?;
            let second = values::all(name, written);
            let second = second.into_iter().filter(|other| other.text != value.text);
            let second = second.min_by_key(|other| {
                let is_behind = name == "value" && other.at < value.at;
                (values::is_of_other(&other.text, &value.text), is_behind, other.at.abs_diff(value.at))
            })?;
            Some(format!("{before}{}{between}{}{behind}", value.text, second.text))
        };
        values.iter().filter_map(with).collect()
    }
}
