//! Reading one line from left to right.

use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::document::clip;
use crate::quantity;

/// The most bytes of one JSON value in a line, and how deep it may be nested.
const MOST_JSON: usize = 64 * 1024;
const DEEPEST_JSON: usize = 32;

/// What is wrong with a line, and the byte where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

pub(crate) fn fault(at: usize, message: impl Into<String>, hint: impl Into<String>) -> Fault {
    Fault { at, message: message.into(), hint: Some(hint.into()) }
}

/// A line and how far it was read.
pub(crate) struct Cursor<'l> {
    line: &'l str,
    at: usize,
}

impl<'l> Cursor<'l> {
    pub(crate) fn new(line: &'l str) -> Self {
        Self { line, at: 0 }
    }

    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn rest(&self) -> &'l str {
        &self.line[self.at..]
    }

    pub(crate) fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    pub(crate) fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Skips blanks; where the next thing stands.
    pub(crate) fn skip_blank(&mut self) -> usize {
        self.at = self.line.len() - self.rest().trim_start().len();
        self.at
    }

    pub(crate) fn is_at_end(&mut self) -> bool {
        self.skip_blank() == self.line.len()
    }

    /// The next word, up to a blank or a comma; empty at the end.
    pub(crate) fn word(&mut self) -> (usize, &'l str) {
        let at = self.skip_blank();
        let word = self.peek_word();
        self.at += word.len();
        (at, word)
    }

    pub(crate) fn peek_word(&self) -> &'l str {
        let rest = self.rest().trim_start();
        &rest[..rest.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(rest.len())]
    }

    /// The next word, up to a blank.
    pub(crate) fn spaced_word(&mut self) -> (usize, &'l str) {
        self.skip_blank();
        self.word_here()
    }

    /// What stands here, up to a blank.
    pub(crate) fn word_here(&mut self) -> (usize, &'l str) {
        let (at, rest) = (self.at, self.rest());
        let word = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
        self.at += word.len();
        (at, word)
    }

    /// The text up to one of the marks, trimmed.
    pub(crate) fn until(&mut self, ends: &[&str]) -> &'l str {
        let rest = self.rest();
        let length = ends.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
        self.at += length;
        rest[..length].trim()
    }

    pub(crate) fn comma(&mut self) -> bool {
        self.skip_blank();
        let found = self.rest().starts_with(',');
        self.at += usize::from(found);
        found
    }

    pub(crate) fn keyword(&mut self, keyword: &str) -> Result<(), Fault> {
        let (at, word) = self.word();
        if word == keyword { Ok(()) } else { Err(expected(at, &format!("`{keyword}`"), word)) }
    }

    pub(crate) fn arrow(&mut self) -> Result<(), Fault> {
        let at = self.skip_blank();
        if self.rest().starts_with("->") {
            self.at += 2;
            return Ok(());
        }
        Err(expected(at, "`->`", self.peek_word()))
    }

    pub(crate) fn end(&mut self) -> Result<(), Fault> {
        let at = self.skip_blank();
        if self.rest().is_empty() {
            return Ok(());
        }
        Err(Fault { at, message: format!("unexpected `{}`", clip(self.rest())), hint: None })
    }

    /// `within T`.
    pub(crate) fn within(&mut self) -> Result<Duration, Fault> {
        self.keyword("within")?;
        let (at, word) = self.word();
        let (number, mut unit) = quantity::split(word);
        if unit.is_empty() {
            unit = self.word().1;
        }
        quantity::time(number, unit).ok_or_else(|| {
            fault(at, format!("expected a time, found {}", shown(word)), "as in `50ms`, `1s` or `2 min`, at most 24 h")
        })
    }

    /// Whether JSON begins here.
    pub(crate) fn at_json(&mut self) -> bool {
        self.skip_blank();
        let scalar = ["true", "false", "null"].contains(&self.peek_word());
        let rest = self.rest();
        let negative = rest.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        scalar || negative || rest.starts_with(['{', '[', '"']) || rest.starts_with(|c: char| c.is_ascii_digit())
    }

    /// A JSON value: where, its text, and itself.
    pub(crate) fn json(&mut self) -> Result<(usize, &'l str, Value), Fault> {
        let at = self.skip_blank();
        // A bare number or word ends like a word does; JSON's reader would not have it end at a comma.
        let rest = if self.rest().starts_with(['{', '[', '"']) { self.rest() } else { self.peek_word() };
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Strict>();
        let value = match values.next() {
            Some(Ok(Strict(value))) => value,
            Some(Err(error)) => return Err(not_json(at, rest, &error)),
            None => return Err(fault(at, "expected JSON", "as in `{\"title\": \"kept\"}`")),
        };
        let raw = &rest[..values.byte_offset()];
        if raw.len() > MOST_JSON || depth(&value) > DEEPEST_JSON {
            let hint = format!("at most {MOST_JSON} bytes and {DEEPEST_JSON} levels");
            return Err(fault(at, "this JSON is too large", hint));
        }
        self.at += raw.len();
        Ok((at, raw, value))
    }

    /// A text in double quotes, written as in JSON.
    pub(crate) fn quoted(&mut self) -> Result<String, Fault> {
        match self.json()? {
            (_, _, Value::String(text)) => Ok(text),
            (at, raw, _) => Err(expected(at, "a text in double quotes", raw)),
        }
    }

    /// `$.items[0]["a name"]` as its members; else where it stops being one.
    pub(crate) fn json_path(&mut self) -> Result<Vec<String>, usize> {
        let mut members = Vec::new();
        self.at += self.rest().strip_prefix('$').map(|_| 1).ok_or(self.at)?;
        loop {
            let rest = self.rest();
            if let Some(name) = rest.strip_prefix('.') {
                let name = &name[..name.find(|c: char| c.is_whitespace() || ".[],".contains(c)).unwrap_or(name.len())];
                if name.is_empty() {
                    return Err(self.at);
                }
                members.push(name.to_owned());
                self.at += 1 + name.len();
            } else if rest.starts_with("[\"") {
                let begin = self.at;
                self.at += 1;
                members.push(self.quoted().map_err(|fault| fault.at)?);
                self.at += self.rest().strip_prefix(']').map(|_| 1).ok_or(begin)?;
            } else if let Some((index, _)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                if index.is_empty() || index.len() > 9 || !index.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(self.at);
                }
                members.push(index.to_owned());
                self.at += index.len() + 2;
            } else if rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace() || c == ',') {
                return Ok(members);
            } else {
                return Err(self.at);
            }
        }
    }
}

fn expected(at: usize, what: &str, found: &str) -> Fault {
    Fault { at, message: format!("expected {what}, found {}", shown(found)), hint: None }
}

/// What was found, for a message.
pub(crate) fn shown(found: &str) -> String {
    if found.is_empty() { "the end of the line".to_owned() } else { format!("`{}`", clip(found)) }
}

fn not_json(at: usize, text: &str, error: &serde_json::Error) -> Fault {
    let mut column = error.column().saturating_sub(1).min(text.len());
    while !text.is_char_boundary(column) {
        column -= 1;
    }
    let said = error.to_string();
    let said = said.split(" at line ").next().unwrap_or_default();
    let bare = text.contains(": {") || text.contains(":{");
    let hint = bare.then(|| "a saved value in JSON stands in quotes, as in `{\"id\": \"{id}\"}`".to_owned());
    Fault { at: at + column, message: format!("not JSON: {said}"), hint }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// JSON in which no member is written twice: the first of two would be lost unsaid.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!("`{}` is written twice", clip(&name))));
            }
            let Strict(value) = members.next_value()?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}
