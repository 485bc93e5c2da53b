//! What to do with a sentence that the vocabulary does not know.

use crate::quantity;

/// What to do with a sentence that no scenario says either.
pub const BY_HAND: &str = "no check knows this: put a scenario in a `check` block below it, or let a person judge it with \
                                  `<!-- check: by hand: WHO, WHEN, WHAT WAS SEEN, IMAGE -->`";

/// Words of a sentence about an answer: a path in it is one of requests, not of files.
const ANSWERS: &[&str] = &[
    "answer",
    "answers",
    "answered",
    "respond",
    "responds",
    "response",
    "return",
    "returns",
    "endpoint",
    "endpoints",
    "route",
    "url",
    "request",
    "requests",
    "serve",
    "serves",
    "served",
    "status",
    "page",
    "http",
    "reachable",
    "ok",
];

/// The scenario that a sentence may say: it names a path, and an answer.
///
/// ```
/// let hint = seaworthy_spec::scenario_for("The page /about answers 200").unwrap();
/// assert!(hint.ends_with("`<!-- check: GET /about -> 200 -->`"));
/// let hint = seaworthy_spec::scenario_for("GET /v1/status is answered in under 50 ms").unwrap();
/// assert!(hint.ends_with("`<!-- check: GET /v1/status -> 200 within 50ms -->`"));
/// ```
pub fn scenario_for(sentence: &str) -> Option<String> {
    let words = || sentence.split_whitespace().map(|word| word.trim_matches(|sign: char| "`'\",;:.()".contains(sign)));
    let is_status = |word: &&str| word.len() == 3 && word.parse().is_ok_and(|status: u16| (100..600).contains(&status));
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];
    // Of what is denied, the opposite would be shown.
    let is_denied = words().any(|word| {
        ["not", "no", "never", "without", "cannot"].contains(&word.to_lowercase().as_str()) || word.ends_with("n't")
    });
    let names_an_answer = |word: &str| is_status(&word) || ANSWERS.contains(&word.to_lowercase().as_str());
    let is_request = words().any(|word| methods.contains(&word) || names_an_answer(word));
    let is_meant = is_request && !is_denied;
    let path = words().find(|word| {
        word.starts_with('/') && word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_graphic()) && is_meant
    })?;
    let method = words().find(|word| methods.contains(word)).unwrap_or("GET");
    let status = words().find(is_status).unwrap_or("200");
    let limit = limit(words()).map(|limit| format!(" within {limit}")).unwrap_or_default();
    Some(format!("a scenario may say it: `<!-- check: {method} {path} -> {status}{limit} -->`"))
}

/// The time that a sentence limits: `under 50 ms` as `50ms`.
fn limit<'a>(words: impl Iterator<Item = &'a str>) -> Option<String> {
    const BEFORE: &[&str] =
        &["under", "below", "within", "than", "most", "max", "maximum", "in", "<", "≤", "<=", "over"];
    let words: Vec<&str> = words.collect();
    (1..words.len()).find_map(|at| {
        let (number, unit) = quantity::split(words[at]);
        let unit = if unit.is_empty() { *words.get(at + 1)? } else { unit };
        let is_limit = BEFORE.contains(&words[at - 1].to_lowercase().as_str());
        let time = quantity::time(number, unit).filter(|_| is_limit)?;
        Some(format!("{}ms", time.as_millis()))
    })
}
