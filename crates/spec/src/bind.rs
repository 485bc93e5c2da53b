//! Lines of a `check:` comment that are no steps: a sentence of the vocabulary that says what is meant, or a person's word.

use crate::document::clip;
use crate::problem::Problem;
use crate::source::{Fragment, Source};
use crate::understand::is_understood;
use crate::{Vouched, steps};

/// What a line of a `check:` comment is.
pub(crate) enum Bound {
    /// A line of a scenario, or nothing that is known.
    Step,
    /// A sentence of the vocabulary.
    Sentence,
    /// `by hand: WHO, WHEN, WHAT WAS SEEN, IMAGE`
    ByHand,
}

impl Bound {
    pub(crate) fn of(line: &str) -> Self {
        if by_hand(line).is_some() {
            Self::ByHand
        } else if !steps::is_request(line) && is_understood(&sentence(line)) {
            Self::Sentence
        } else {
            Self::Step
        }
    }
}

/// A comment has no markup, but people write it all the same.
pub(crate) fn sentence(line: &str) -> String {
    line.replace(['`', '*'], "")
}

fn by_hand(line: &str) -> Option<&str> {
    let (label, rest) = line.split_once(':')?;
    let mut words = label.split_whitespace().map(str::to_ascii_lowercase);
    (words.next()? == "by" && words.next()? == "hand" && words.next().is_none()).then_some(rest)
}

/// Reads a person's word.
pub(crate) fn vouched(source: &Source<'_>, line: Fragment<'_>) -> Result<Vouched, Problem> {
    let problem = |message: String| {
        let hint = "write `by hand: WHO, WHEN, WHAT WAS SEEN, IMAGE`, as in `by hand: Ann, 2026-11-28, restored last night's backup, 1.4.2`";
        source.problem(line.place, message, Some(hint.to_owned()))
    };
    let parts: Vec<&str> = by_hand(line.text).unwrap_or_default().split(',').map(str::trim).collect();
    let [by, on, seen @ .., image] = parts.as_slice() else {
        return Err(problem("who, when, what was seen, and the image are needed".to_owned()));
    };
    let seen = seen.join(", ");
    if by.is_empty() || seen.trim_matches([',', ' ']).is_empty() {
        return Err(problem("who, when, what was seen, and the image are needed".to_owned()));
    }
    if !is_date(on) {
        return Err(problem(format!("`{}` is no date such as 2026-11-28", clip(on))));
    }
    if !is_image(image) {
        return Err(problem(format!("`{}` is neither an image's digest (`sha256:…`) nor its version", clip(image))));
    }
    let [by, on, image] = [by, on, image].map(|part| (*part).to_owned());
    Ok(Vouched { by, on, seen, image })
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is = |part: &str, length: usize, most: u32| {
        part.len() == length
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse().is_ok_and(|number| (1..=most).contains(&number))
    };
    let days = |year: &str, month: &str| match (month, year.parse::<u32>().unwrap_or(0)) {
        ("02", year) if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        ("02", _) => 28,
        ("04" | "06" | "09" | "11", _) => 30,
        _ => 31,
    };
    matches!(parts.as_slice(), [year, month, day] if is(year, 4, 9999) && is(month, 2, 12) && is(day, 2, days(year, month)))
}

/// Twelve digits of a digest are as many as people copy; a version has a digit and no space.
fn is_image(text: &str) -> bool {
    match text.strip_prefix("sha256:") {
        Some(hex) => {
            (12..=64).contains(&hex.len()) && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        }
        None => {
            text.len() <= 128 && !text.contains(char::is_whitespace) && text.bytes().any(|byte| byte.is_ascii_digit())
        }
    }
}
