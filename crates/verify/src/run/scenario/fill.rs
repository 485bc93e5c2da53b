//! Saved values in the place of their names.

use percent_encoding::utf8_percent_encode;
use seaworthy_spec::Request as Wanted;
use serde_json::Value;

use super::Play;
use crate::crud::SEGMENT;
use crate::http::Request;

/// A saved value in a path.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

impl Play<'_, '_> {
    pub(super) fn filled(&self, wanted: &Wanted) -> Request {
        let mut headers: Vec<(String, String)> =
            wanted.headers.iter().map(|(name, value)| (name.clone(), self.filled_text(value, str::to_owned))).collect();
        let body = wanted.body.as_ref().map(|body| self.filled_value(body).to_string().into_bytes());
        if body.is_some() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        Request {
            method: wanted.method.clone(),
            path: self.filled_text(&wanted.path, encoded),
            headers,
            body,
            body_bytes: 0,
        }
    }

    /// With saved values in the place of their names in braces.
    pub(super) fn filled_text(&self, text: &str, form: impl Fn(&str) -> String) -> String {
        self.saved.iter().fold(text.to_owned(), |text, (name, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text.replace(&format!("{{{name}}}"), &form(&value))
        })
    }

    /// A string that is one name alone becomes the saved value itself, a number for a number.
    pub(super) fn filled_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let alone = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
                match alone.and_then(|name| self.saved.get(name)) {
                    Some(saved) => saved.clone(),
                    None => Value::String(self.filled_text(text, str::to_owned)),
                }
            }
            Value::Array(items) => items.iter().map(|item| self.filled_value(item)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), self.filled_value(value))).collect()
            }
            other => other.clone(),
        }
    }
}
