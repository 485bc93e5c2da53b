//! Patterns of what is taken out.

use std::sync::OnceLock;

use memchr::memmem;
use regex::Regex;

/// A pattern that is compiled for the first text that it may be found in: compiling all takes longer than reading a Dockerfile.
pub(super) struct Pattern {
    /// In lower case: each find has one of them. Empty, where a find may be anything.
    parts: &'static [&'static str],
    /// Nothing of a word goes on where a part begins or ends.
    is_words: bool,
    make: fn() -> Result<Regex, regex::Error>,
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(super) const fn new(parts: &'static [&'static str], make: fn() -> Result<Regex, regex::Error>) -> Self {
        Self { parts, is_words: false, make, regex: OnceLock::new() }
    }

    /// One of which each find has one of these words.
    pub(super) const fn of_words(words: &'static [&'static str], make: fn() -> Result<Regex, regex::Error>) -> Self {
        Self { parts: words, is_words: true, make, regex: OnceLock::new() }
    }

    /// The pattern, unless nothing of it can be in the text.
    pub(super) fn within(&self, text: &str) -> Option<&Regex> {
        let lower = text.to_ascii_lowercase();
        let may_be = self.parts.is_empty() || self.parts.iter().any(|part| self.is_part(&lower, part));
        may_be.then(|| self.regex.get_or_init(|| (self.make)().ok()).as_ref()).flatten()
    }

    fn is_part(&self, text: &str, part: &str) -> bool {
        memmem::find_iter(text.as_bytes(), part).any(|at| {
            let goes_on = |sign: char| sign.is_alphanumeric() || sign == '_';
            let is_inside = text[..at].ends_with(goes_on) || text[at + part.len()..].starts_with(goes_on);
            !self.is_words || !is_inside
        })
    }
}
