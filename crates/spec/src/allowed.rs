//! Exceptions that a promise makes: `Allowed: /app/tests/key.pem (a test key; opens nothing)`.

use crate::document::clip;
use crate::problem::Problem;
use crate::source::{Place, Source};

/// A secret that may lie in the image, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    pub place: AllowedPlace,
    /// Never empty.
    pub reason: String,
    /// 1-based line in the source.
    pub line: usize,
}

/// Where the secret lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedPlace {
    /// An absolute path; of an archive, with everything in it.
    File(String),
    /// A variable or a label of the config.
    Variable(String),
}

impl AllowedPlace {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::File(path) => path,
            Self::Variable(name) => name,
        }
    }
}

/// Whether a bullet makes an exception.
pub(crate) fn is_allowed(text: &str) -> bool {
    text.split_once(':').is_some_and(|(label, _)| label.trim().eq_ignore_ascii_case("allowed"))
}

/// Reads the text of a bullet that [`is_allowed`].
pub(crate) fn read(source: &Source<'_>, text: &str, at: Place) -> Result<Allowed, Problem> {
    let rest = text.split_once(':').map_or("", |(_, rest)| rest).trim().trim_end_matches('.');
    let (place, reason) = rest.split_once(" (").unwrap_or((rest, ""));
    let (place, reason) = (place.trim(), reason.trim().trim_end_matches(')').trim());
    let is_path = place.len() > 1 && place.starts_with('/') && !place.contains('*');
    let is_name = !place.is_empty() && place.chars().all(|sign| sign.is_ascii_alphanumeric() || "_.-".contains(sign));
    let where_it_lies = match (is_path, is_name) {
        (true, _) => AllowedPlace::File(place.to_owned()),
        (false, true) => AllowedPlace::Variable(place.to_owned()),
        (false, false) => {
            let hint = "name one file by its whole path, or a variable or label of the config";
            return Err(source.problem(
                at,
                format!("`{}` is no place of a secret", clip(place)),
                Some(hint.to_owned()),
            ));
        }
    };
    if reason.is_empty() {
        let hint = format!("write it behind the place: `Allowed: {} (a test key; opens nothing)`", clip(place));
        return Err(source.problem(at, "this exception has no reason", Some(hint)));
    }
    Ok(Allowed { place: where_it_lies, reason: reason.to_owned(), line: at.line })
}
