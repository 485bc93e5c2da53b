//! Names: of variables, and of what was saved, in braces.

use super::Saved;
use crate::cursor::{Fault, fault};

/// Every `{name}` in a text must have been saved by an earlier line.
pub(super) fn known(saved: &Saved, at: usize, text: &str) -> Result<(), Fault> {
    let unknown = templates(text).into_iter().find(|(_, name)| !saved.contains(*name));
    unknown.map_or(Ok(()), |(offset, name)| {
        let hint = format!("an earlier line has to end with `save {name}`; a literal brace in JSON is `\\u007b`");
        Err(fault(at + offset, format!("`{{{name}}}` was not saved before"), hint))
    })
}

/// Every `{name}` in a text: where, and the name.
pub(super) fn templates(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (open, _) in text.match_indices('{') {
        let rest = &text[open + 1..];
        let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())];
        if rest[name.len()..].starts_with('}') && is_name(name) {
            found.push((open, name));
        }
    }
    found
}

pub(super) fn is_name(text: &str) -> bool {
    let letter = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    letter && text.len() <= 100 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
