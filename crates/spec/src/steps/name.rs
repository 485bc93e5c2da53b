//! Names: of variables, and of what was saved, in braces. `{env.NAME}` is a variable of the run, which nobody has to save.

use super::Saved;
use crate::cursor::{Fault, fault};

/// What the name of a variable of the run begins with.
const ENV: &str = "env.";

/// Every `{name}` in a text must have been saved by an earlier line.
pub(super) fn known(saved: &Saved, at: usize, text: &str) -> Result<(), Fault> {
    let unknown = templates(text).into_iter().find(|(_, name)| !name.starts_with(ENV) && !saved.contains(*name));
    unknown.map_or(Ok(()), |(offset, name)| {
        let hint = format!("an earlier line has to end with `save {name}`; a literal brace in JSON is `\\u007b`");
        Err(fault(at + offset, format!("`{{{name}}}` was not saved before"), hint))
    })
}

/// Every `{name}` and `{env.NAME}` in a text: where, and what stands between the braces.
///
/// ```
/// assert_eq!(seaworthy_spec::templates("/t/{id}?k={env.KEY}&{no one}"), [(3, "id"), (10, "env.KEY")]);
/// ```
pub fn templates(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (open, _) in text.match_indices('{') {
        let rest = &text[open + 1..];
        let begin = if rest.starts_with(ENV) { ENV.len() } else { 0 };
        let tail = &rest[begin..];
        let length = tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len());
        if tail[length..].starts_with('}') && is_name(&tail[..length]) {
            found.push((open, &rest[..begin + length]));
        }
    }
    found
}

pub(super) fn is_name(text: &str) -> bool {
    let letter = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    letter && text.len() <= 100 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
