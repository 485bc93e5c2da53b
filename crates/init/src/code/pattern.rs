//! Patterns of source code.

use std::sync::OnceLock;

use regex::{Captures, Regex};

use super::Code;
use crate::found::{Found, Place};

/// An expression that is compiled once. A test compiles each.
pub(crate) struct Pattern {
    text: &'static str,
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { text, regex: OnceLock::new() }
    }

    fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| Regex::new(self.text).ok()).as_ref()
    }

    /// Every match with its place.
    pub(crate) fn all<'c>(&'c self, code: &'c Code) -> impl Iterator<Item = (Captures<'c>, Place)> {
        self.regex().into_iter().flat_map(|regex| regex.captures_iter(&code.text)).map(|captures| {
            let place = code.place(captures.get_match().start());
            (captures, place)
        })
    }

    /// The first group of the first match.
    pub(crate) fn first(&self, code: &Code) -> Option<Found<String>> {
        let (captures, place) = self.all(code).next()?;
        Some(Found::new(captures.get(1).map_or("", |group| group.as_str()).to_owned(), place))
    }

    pub(crate) fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        self.regex()?.captures(text)
    }

    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }

    #[cfg(test)]
    pub(crate) fn is_sound(&self) -> bool {
        self.regex().is_some()
    }
}
