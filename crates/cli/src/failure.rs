//! How the program says that the work could not be done: one line, then advice.

use std::fmt;

use seaworthy_build::ProjectError;
use seaworthy_build::dockerfile::DockerfileError;
use seaworthy_build::rust::BuildError;
use seaworthy_engine::{EngineError, SaveError};
use seaworthy_init::SurveyError;
use seaworthy_proof::KeyError;
use seaworthy_publish::{ReadError, Reason, SeenError};
use seaworthy_registry::RegistryError;
use seaworthy_report::clean;

/// What is said, and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// With advice, printed last.
    #[must_use]
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// The error and its causes in one line: `cannot read `x`: no such file or directory`.
pub(crate) fn message(error: &anyhow::Error) -> String {
    words(error.as_ref())
}

/// As [`message`], of an error that a library returned.
pub(crate) fn words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in std::iter::successors(Some(error), |error| error.source()) {
        let text = one_line(&plain(cause));
        // Some libraries repeat their cause in their own text.
        if !parts.iter().any(|part| part.ends_with(&text)) {
            parts.push(text);
        }
    }
    without_passwords(&parts.join(": "))
}

/// The error and its advice in one line.
pub(crate) fn in_words(error: &anyhow::Error) -> String {
    match hint(error) {
        Some(hint) => format!("{}; {hint}", message(error)),
        None => message(error),
    }
}

/// The advice of the first cause that has some.
pub(crate) fn hint(error: &anyhow::Error) -> Option<String> {
    let of_cause = |cause: &(dyn std::error::Error + 'static)| {
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            return failure.hint.clone();
        }
        if let Some(error) = cause.downcast_ref::<ProjectError>() {
            return error.hint();
        }
        if let Some(error) = cause.downcast_ref::<SurveyError>() {
            return error.hint();
        }
        if let Some(error) = cause.downcast_ref::<BuildError>() {
            return error.hint();
        }
        if let Some(error) = cause.downcast_ref::<DockerfileError>() {
            return error.hint();
        }
        if let Some(error) = cause.downcast_ref::<SaveError>() {
            return error.hint();
        }
        if let Some(error) = cause.downcast_ref::<RegistryError>() {
            return error.hint();
        }
        // Errors that pass on another's text have no source of their own.
        match cause.downcast_ref::<SeenError>() {
            Some(SeenError::Registry(error)) => return error.hint(),
            Some(error) => return error.hint().map(str::to_owned),
            None => {}
        }
        if let Some(ReadError::Registry(error) | ReadError::Unread { source: Reason::Registry(error), .. }) =
            cause.downcast_ref::<ReadError>()
        {
            return error.hint();
        }
        if let Some(error) = cause.downcast_ref::<KeyError>() {
            return error.hint().map(str::to_owned);
        }
        match cause.downcast_ref::<EngineError>() {
            Some(EngineError::Unavailable { hint, .. }) => hint.clone(),
            _ => None,
        }
    };
    error.chain().find_map(of_cause).map(|hint| without_passwords(&one_line(&hint)))
}

/// An operating system's error without its number.
fn plain(cause: &(dyn std::error::Error + 'static)) -> String {
    let text = cause.to_string();
    match cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::raw_os_error) {
        Some(number) => {
            let text = text.replace(&format!(" (os error {number})"), "");
            let mut characters = text.chars();
            characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
        }
        None => text,
    }
}

fn one_line(text: &str) -> String {
    clean(text.trim()).replace('\n', " ")
}

/// `postgresql://user:secret@host` as `postgresql://user:***@host`, wherever it stands.
pub(crate) fn without_passwords(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        // A password may hold an unescaped `@` or `/`: everything up to the last `@` of the word is taken for it.
        let word = after.find(|c: char| c.is_whitespace() || matches!(c, '`' | '"' | '<' | '>')).unwrap_or(after.len());
        rest = after;
        let Some(host) = after[..word].rfind('@') else { continue };
        if let Some(colon) = after[..host].find(':') {
            out.push_str(&after[..=colon]);
            out.push_str("***");
            rest = &after[host..];
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn causes_are_folded_into_one_line() {
        let error = std::fs::read("/none").context("cannot read `/none`").unwrap_err();
        assert_eq!(message(&error), "cannot read `/none`: no such file or directory");
        let hinted = anyhow::Error::new(Failure::new("one\n\x1b[31mtwo").hint("go\non")).context("three");
        assert_eq!(message(&hinted), "three: one �[31mtwo");
        assert_eq!(hint(&hinted).as_deref(), Some("go on"));
    }

    #[test]
    fn passwords_in_urls_are_not_shown() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(without_passwords(text), expected);
        }
        check("no url", "no url");
        check("see `https://host/path`: gone", "see `https://host/path`: gone");
        check("postgresql://u:s3cr3t@h/d", "postgresql://u:***@h/d");
        check("a postgresql://u:p@ss/w@h:5/d b http://x:y@z", "a postgresql://u:***@h:5/d b http://x:***@z");
        check("redis://:secret@h", "redis://:***@h");
        check("u://user@h:80/x", "u://user@h:80/x");
    }
}
