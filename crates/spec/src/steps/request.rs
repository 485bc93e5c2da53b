//! `METHOD PATH … -> STATUS …`: a request, and what its answer must be.

use serde_json::Value;

use super::Saved;
use super::form::form;
use super::header::{header, header_test};
use super::login::fields;
use super::name::{known, templates};
use super::save::save;
use super::text;
use crate::cursor::{Cursor, Fault, fault, shown};
use crate::document::clip;
use crate::scenario::{Answer, Body, Request, Save};

pub(super) fn request(cursor: &mut Cursor<'_>, method: &str, saved: &Saved) -> Result<Request, Fault> {
    let path = path(cursor, saved)?;
    let (mut body, mut headers, mut login) = (None, Vec::new(), None);
    loop {
        match cursor.peek_word() {
            "header" => headers.push(header(cursor, saved, &[" header ", " as ", " form ", " ->"])?),
            "as" if login.is_none() => login = Some(super::login::login(cursor, saved)?),
            "form" if body.is_none() => body = Some(Body::Form(fields(cursor, saved)?)),
            _ if body.is_none() && cursor.at_json() => body = Some(Body::Json(json(cursor, saved)?)),
            _ => break,
        }
    }
    let at = cursor.skip_blank();
    let names_who = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    if names_who && login.is_some() {
        return Err(fault(at, "`as` and `header Authorization` both say who asks", "write one of them"));
    }
    cursor.arrow()?;
    let mut answer =
        Answer { status: status(cursor)?, body: None, texts: Vec::new(), headers: Vec::new(), within: None };
    let (mut kept, mut repeat) = (Vec::<Save>::new(), None);
    loop {
        let comma = cursor.comma();
        let at = cursor.skip_blank();
        if repeat.is_none() && super::repeat::begins(cursor) {
            repeat = Some(super::repeat::repeat(cursor)?);
            continue;
        }
        match cursor.peek_word() {
            "" if comma => return Err(fault(at, "nothing follows the comma", form("GET"))),
            "" => break,
            "within" if answer.within.is_none() => answer.within = Some(cursor.within()?),
            "header" => answer.headers.push(header_test(cursor, saved)?),
            "body" => {
                cursor.keyword("body")?;
                if method == "HEAD" || matches!(answer.status, 100..200 | 204 | 304) {
                    return Err(fault(at, "this answer has no body", form("GET")));
                }
                answer.texts.push(text::test(cursor, saved)?);
            }
            "save" => {
                let save = save(cursor)?;
                if kept.iter().any(|other| other.name == save.name) {
                    return Err(fault(at, format!("`{}` is saved twice", save.name), "save each name once in a line"));
                }
                kept.push(save);
            }
            _ if cursor.at_json() && answer.body.is_none() => answer.body = Some(json(cursor, saved)?),
            other => return Err(fault(at, format!("unexpected `{}`", clip(other)), form("GET"))),
        }
    }
    if repeat.is_some() && !kept.is_empty() {
        let hint = "save it in a line before, or after";
        return Err(fault(cursor.position(), "of many answers none is saved", hint));
    }
    Ok(Request {
        method: method.to_owned(),
        path,
        headers,
        body,
        login,
        answer,
        saves: kept,
        repeat,
        on_another: false,
    })
}

pub(super) fn path(cursor: &mut Cursor<'_>, saved: &Saved) -> Result<String, Fault> {
    let (at, path) = cursor.spaced_word();
    // A saved `Location` is a path.
    let begins_with_name = templates(path).first().is_some_and(|(offset, _)| *offset == 0);
    if !path.starts_with('/') && !begins_with_name {
        let message = format!("expected a path that begins with `/`, found {}", shown(path));
        return Err(fault(at, message, form("GET")));
    }
    if path.len() > 2000 {
        return Err(fault(at, "this path is too long", "at most 2000 bytes"));
    }
    known(saved, at, path)?;
    let mut plain = path.to_owned();
    for (offset, name) in templates(path).into_iter().rev() {
        plain.replace_range(offset..offset + name.len() + 2, &"x".repeat(name.len() + 2));
    }
    let wrong = |c: char| !c.is_ascii_graphic() || "{}\"<>\\^`|#".contains(c);
    if let Some((offset, character)) = plain.char_indices().find(|(_, c)| wrong(*c)) {
        let message = format!("`{character}` cannot stand in a path");
        return Err(fault(at + offset, message, "percent-encode it; `{name}` stands for a saved value"));
    }
    Ok(path.to_owned())
}

pub(super) fn status(cursor: &mut Cursor<'_>) -> Result<u16, Fault> {
    let (at, word) = cursor.word();
    let status = word.parse().ok().filter(|status| word.len() == 3 && (100..=599).contains(status));
    status.ok_or_else(|| fault(at, format!("expected a status from 100 to 599, found {}", shown(word)), form("GET")))
}

/// JSON whose strings may hold `{name}`.
fn json(cursor: &mut Cursor<'_>, saved: &Saved) -> Result<Value, Fault> {
    let (at, raw, value) = cursor.json()?;
    // In JSON a brace inside a string is a template's, one outside is JSON's own.
    let (mut inside, mut begin, mut escaped) = (false, 0, false);
    for (offset, byte) in raw.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' if inside => {
                inside = false;
                known(saved, at + begin, &raw[begin..offset])?;
            }
            b'"' => (inside, begin) = (true, offset + 1),
            _ => {}
        }
    }
    Ok(value)
}
