//! Regular expressions in a step, between slashes: found in linear time, and bounded.

use std::fmt;

use regex::{Regex, RegexBuilder};

/// The most bytes of an expression, and of what it is compiled to.
const MOST_BYTES: usize = 1000;
const MOST_COMPILED: usize = 1 << 20;

/// A regular expression that does not match the empty text.
#[derive(Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// Compiles it, or says what is wrong with it.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        if text.len() > MOST_BYTES {
            return Err(format!("this expression is longer than {MOST_BYTES} bytes"));
        }
        let compiled = RegexBuilder::new(text).size_limit(MOST_COMPILED).build().map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "this expression is too large when compiled".to_owned(),
            error => {
                let told = error.to_string();
                let why = told.lines().last().unwrap_or_default();
                format!("not a regular expression: {}", why.strip_prefix("error: ").unwrap_or(why))
            }
        })?;
        if compiled.is_match("") {
            return Err("this expression matches the empty text, so it says nothing".to_owned());
        }
        Ok(Self(compiled))
    }

    /// Whether it matches somewhere in the text.
    pub fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.0.as_str())
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.0.as_str())
    }
}
