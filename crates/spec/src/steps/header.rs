//! `header NAME: VALUE`, and tests of a header's value.

use super::Saved;
use super::form::form;
use super::name::known;
use super::text;
use crate::cursor::{Cursor, Fault, fault};
use crate::scenario::{HeaderTest, HeaderWanted};

/// `header NAME: VALUE`; the value ends at one of the marks, or is a JSON string.
pub(super) fn header(cursor: &mut Cursor<'_>, saved: &Saved, ends: &[&str]) -> Result<(String, String), Fault> {
    cursor.keyword("header")?;
    let at = cursor.skip_blank();
    let name = cursor.rest().split_once(':').map(|(name, _)| name);
    let Some(name) = name.filter(|name| !name.is_empty() && name.bytes().all(is_token)) else {
        return Err(fault(at, "expected `NAME: VALUE` after `header`", form("GET")));
    };
    let name = name.to_owned();
    cursor.skip(name.len() + 1);
    let begin = cursor.skip_blank();
    let value = if cursor.rest().starts_with('"') {
        cursor.quoted()?
    } else {
        let value = cursor.until(ends).to_owned();
        if let Some(offset) = value.find(['"', '[', ']']) {
            return Err(fault(begin + offset, "a header value with this in it stands in double quotes", form("GET")));
        }
        value
    };
    if value.is_empty() || !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(fault(begin, "a header value is one line of ASCII", form("GET")));
    }
    known(saved, begin, &value)?;
    Ok((name, value))
}

/// `header NAME: VALUE`, `header NAME [not] contains "…"` or `header NAME [not] matches /…/`.
pub(super) fn header_test(cursor: &mut Cursor<'_>, saved: &Saved) -> Result<HeaderTest, Fault> {
    let begin = cursor.position();
    cursor.keyword("header")?;
    let (_, name) = cursor.word();
    if text::is_test(cursor.peek_word()) && !name.is_empty() && name.bytes().all(is_token) {
        let name = name.to_owned();
        return Ok(HeaderTest { name, wanted: HeaderWanted::Text(text::test(cursor, saved)?) });
    }
    cursor.go_to(begin);
    let (name, value) = header(cursor, saved, &[" header ", " body ", " within ", " save ", ","])?;
    Ok(HeaderTest { name, wanted: HeaderWanted::Is(value) })
}

/// Of a header's name.
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_|~`".contains(&byte)
}
