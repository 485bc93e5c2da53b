//! `[not] contains "…"` and `[not] matches /…/`: what a text holds.

use serde_json::Value;

use super::Saved;
use super::name::known;
use crate::cursor::{Cursor, Fault, fault, shown};
use crate::regular::Pattern;
use crate::scenario::{TextTest, TextWanted};

const HINT: &str = "as in `contains \"…\"`, `matches /…/`, `not contains \"…\"`, `not matches /…/`";

/// Whether a test of a text begins here.
pub(super) fn is_test(word: &str) -> bool {
    ["not", "contains", "matches"].contains(&word)
}

pub(super) fn test(cursor: &mut Cursor<'_>, saved: &Saved) -> Result<TextTest, Fault> {
    let is_negated = cursor.peek_word() == "not";
    if is_negated {
        cursor.keyword("not")?;
    }
    let (at, word) = cursor.word();
    let wanted = match word {
        "contains" => TextWanted::Contains(contained(cursor, saved, HINT)?),
        "matches" => TextWanted::Matches(pattern(cursor)?),
        other => return Err(fault(at, format!("expected `contains` or `matches`, found {}", shown(other)), HINT)),
    };
    Ok(TextTest { is_negated, wanted })
}

/// A text in double quotes that is not empty; every `{name}` in it was saved.
pub(super) fn contained(cursor: &mut Cursor<'_>, saved: &Saved, hint: &str) -> Result<String, Fault> {
    let at = cursor.skip_blank();
    if !cursor.rest().starts_with('"') {
        return Err(fault(at, "expected a text in double quotes", hint));
    }
    let (at, raw, value) = cursor.json()?;
    match value {
        Value::String(text) if !text.is_empty() => {
            known(saved, at + 1, &raw[1..raw.len() - 1])?;
            Ok(text)
        }
        _ => Err(fault(at, "every text contains an empty one", hint)),
    }
}

/// `/…/`; a slash in it is written `\/`.
fn pattern(cursor: &mut Cursor<'_>) -> Result<Pattern, Fault> {
    let at = cursor.skip_blank();
    let Some(rest) = cursor.rest().strip_prefix('/') else {
        return Err(fault(at, format!("expected `/…/`, found {}", shown(cursor.peek_word())), HINT));
    };
    let mut is_escaped = false;
    let end = rest.bytes().position(|byte| {
        let ends = byte == b'/' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    let Some(end) = end else {
        return Err(fault(at, "this expression is not closed", "it ends with `/`; a slash in it is written `\\/`"));
    };
    let pattern = Pattern::new(&rest[..end]).map_err(|message| fault(at, message, HINT))?;
    cursor.skip(end + 2);
    Ok(pattern)
}
