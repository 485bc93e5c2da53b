//! The vocabulary: every sentence that is understood, as data.
//!
//! An entry is a concept: the parts that its sentences need, and the parts that they may have besides. The parts may come in any order, and
//! every word of a sentence must belong to one of them ([`crate::cover`]). The reference page, `explain` and the parser are made from it.
//! How a part is written: [`crate::pattern`].

mod binaries;
mod build;
mod config;
mod contents;
mod health;
mod publishing;
mod running;
mod service;
mod settings;

use std::time::Duration;

use crate::parameter::Value;
use crate::pattern::Found;
use crate::{Check, CheckKind};

/// How long a health check may take to turn healthy where the sentence names no time. Docker first asks after 30 s.
pub(crate) const HEALTHY_WITHIN: Duration = Duration::from_mins(1);

/// How long a stop may take where the sentence names no time: what `docker stop` waits.
pub(crate) const STOP_WITHIN: Duration = Duration::from_secs(10);

/// One row of the vocabulary.
#[derive(Debug)]
pub struct Entry {
    /// The check that its sentences promise.
    pub kind: CheckKind,
    /// The sentence in its plainest form, parameters in braces.
    pub sentence: &'static str,
    /// What is promised, exactly.
    pub description: &'static str,
    /// Sentences that are understood so, as people write them. The first one is plain.
    pub examples: &'static [&'static str],
    /// The parts that a sentence needs: all of one of these forms.
    pub forms: &'static [&'static [&'static str]],
    /// Parts that a sentence may have besides.
    pub extras: &'static [&'static str],
    /// Labels that only name the subject of its sentences.
    pub topics: &'static [&'static str],
    /// The checks of what was found; none where it makes no promise.
    pub(crate) checks: fn(&Found) -> Option<Vec<Check>>,
}

/// Every entry, in the order of the design.
pub fn vocabulary() -> impl Iterator<Item = &'static Entry> {
    let areas = [
        build::ENTRIES,
        contents::ENTRIES,
        binaries::ENTRIES,
        config::ENTRIES,
        health::ENTRIES,
        service::ENTRIES,
        settings::ENTRIES,
        running::ENTRIES,
        publishing::ENTRIES,
    ];
    areas.into_iter().flatten()
}

#[expect(clippy::unnecessary_wraps, reason = "entries answer with an option: some have parameters that must fit")]
fn one(check: Check) -> Option<Vec<Check>> {
    Some(vec![check])
}

fn size(found: &Found) -> Option<u64> {
    match found.get("size")? {
        Value::Size(bytes) => Some(*bytes),
        _ => None,
    }
}

fn time(found: &Found) -> Option<Duration> {
    match found.get("time")? {
        Value::Time(time) => Some(*time),
        _ => None,
    }
}

fn number(found: &Found, name: &str) -> Option<u64> {
    match found.get(name)? {
        Value::Number(number) => Some(*number),
        _ => None,
    }
}

fn text(found: &Found, name: &str) -> Option<String> {
    match found.get(name)? {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn list(found: &Found, name: &str) -> Option<Vec<String>> {
    match found.get(name)? {
        Value::List(list) => Some(list.clone()),
        _ => None,
    }
}
