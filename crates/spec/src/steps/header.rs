//! `header NAME: VALUE`.

use super::Saved;
use super::form::form;
use super::name::known;
use crate::cursor::{Cursor, Fault, fault};

/// `header NAME: VALUE`; the value ends at one of the marks, or is a JSON string.
pub(super) fn header(cursor: &mut Cursor<'_>, saved: &Saved, ends: &[&str]) -> Result<(String, String), Fault> {
    cursor.keyword("header")?;
    let at = cursor.skip_blank();
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_|~`".contains(&byte);
    let name = cursor.rest().split_once(':').map(|(name, _)| name);
    let Some(name) = name.filter(|name| !name.is_empty() && name.bytes().all(token)) else {
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
