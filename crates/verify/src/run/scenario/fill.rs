//! Saved values and variables of the run in the place of their names.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use seaworthy_spec::{Answer, Body, HeaderWanted, Login, Request as Wanted, TextTest, TextWanted, templates};
use serde_json::Value;

use super::judge::{Expected, HeaderExpected, Test};
use super::{Bounds, Play};
use crate::Finding;
use crate::crud::SEGMENT;
use crate::http::Request;
use crate::run::basic;

/// What cannot stand in a request's first line.
const LINE: &AsciiSet = &CONTROLS.add(b' ');

/// A value in a path.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// The path of a path or a URL.
fn path_of(text: &str) -> Option<String> {
    let path = match text.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            rest.find('/').map_or("/", |at| &rest[at..])
        }
        _ => text,
    };
    let path = path.split('#').next().unwrap_or_default();
    path.starts_with('/').then(|| utf8_percent_encode(path, LINE).to_string())
}

impl Play<'_, '_> {
    /// The request as it is sent now.
    pub(super) fn filled(&self, wanted: &Wanted) -> Result<Request, Finding> {
        let path = self.filled_path(&wanted.path)?;
        let mut headers = Vec::new();
        for (name, value) in &wanted.headers {
            headers.push((name.clone(), self.filled_text(value, str::to_owned)?));
        }
        let body = match &wanted.body {
            None => None,
            Some(Body::Json(value)) => Some((self.filled_value(value)?.to_string(), "application/json")),
            Some(Body::Form(fields)) => Some((self.filled_form(fields)?, "application/x-www-form-urlencoded")),
        };
        let names = |headers: &[(String, String)], name: &str| {
            headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        if let Some((_, kind)) = body
            && !names(&headers, "content-type")
        {
            headers.push(("content-type".to_owned(), kind.to_owned()));
        }
        if let Some(value) = self.authorization(wanted.login.as_ref())? {
            headers.push(("authorization".to_owned(), value));
        }
        if wanted.login != Some(Login::Nobody)
            && !names(&headers, "cookie")
            && let Some(cookies) = self.jar.header(&path)
        {
            headers.push(("cookie".to_owned(), cookies));
        }
        let body = body.map(|(text, _)| text.into_bytes());
        Ok(Request { method: wanted.method.clone(), path, headers, body, body_bytes: 0 })
    }

    /// Values are encoded; one that the path begins with is a path itself, such as a saved `Location`.
    pub(super) fn filled_path(&self, path: &str) -> Result<String, Finding> {
        let first = templates(path).first().filter(|(at, _)| *at == 0).map(|(_, name)| *name);
        let Some(name) = first else { return self.filled_text(path, encoded) };
        let (name, rest) = path.split_at(name.len() + 2);
        let value = self.filled_text(name, str::to_owned)?;
        let Some(begin) = path_of(&value) else {
            let value = self.runs.redactor.quote(&value);
            return Err(Finding::unproven(format!("`{name}` is `{value}`, which is no path")));
        };
        Ok(begin + &self.filled_text(rest, encoded)?)
    }

    fn authorization(&self, login: Option<&Login>) -> Result<Option<String>, Finding> {
        Ok(match login {
            None | Some(Login::Nobody) => None,
            Some(Login::Bearer(token)) => Some(format!("Bearer {}", self.filled_text(token, str::to_owned)?)),
            Some(Login::Basic { user, password }) => {
                let user = self.filled_text(user, str::to_owned)?;
                let password = self.filled_text(password, str::to_owned)?;
                let encoded = basic(&user, &password);
                self.runs.redactor.learn(encoded.trim_end_matches('='));
                Some(format!("Basic {encoded}"))
            }
        })
    }

    fn filled_form(&self, fields: &[(String, String)]) -> Result<String, Finding> {
        let mut pairs = Vec::new();
        for (name, value) in fields {
            pairs.push(format!("{}={}", encoded(name), encoded(&self.filled_text(value, str::to_owned)?)));
        }
        Ok(pairs.join("&"))
    }

    /// What the answer must be.
    pub(super) fn expected<'w>(&self, wanted: &'w Answer) -> Result<Expected<'w>, Finding> {
        let body = wanted.body.as_ref().map(|body| self.filled_value(body)).transpose()?;
        let texts = wanted.texts.iter().map(|test| self.filled_test(test)).collect::<Result<_, _>>()?;
        let mut headers = Vec::new();
        for header in &wanted.headers {
            let expected = match &header.wanted {
                HeaderWanted::Is(value) => {
                    HeaderExpected::Is { written: value, value: self.filled_text(value, str::to_owned)? }
                }
                HeaderWanted::Text(test) => HeaderExpected::Text(self.filled_test(test)?),
            };
            headers.push((header.name.as_str(), expected));
        }
        Ok(Expected {
            status: wanted.status,
            body,
            texts,
            headers,
            within: wanted.within.filter(|_| self.bounds == Bounds::Judged),
        })
    }

    pub(super) fn filled_test<'w>(&self, written: &'w TextTest) -> Result<Test<'w>, Finding> {
        let text = match &written.wanted {
            TextWanted::Contains(text) => Some(self.filled_part(text)?),
            TextWanted::Matches(_) => None,
        };
        Ok(Test { written, text })
    }

    /// A text that another one must contain.
    pub(super) fn filled_part(&self, text: &str) -> Result<String, Finding> {
        let filled = self.filled_text(text, str::to_owned)?;
        if filled.is_empty() {
            return Err(Finding::unproven("what was saved is empty, and every text contains an empty one"));
        }
        Ok(filled)
    }

    /// With saved values and variables in the place of their names in braces. What was saved is not read again.
    pub(super) fn filled_text(&self, text: &str, form: impl Fn(&str) -> String) -> Result<String, Finding> {
        let (mut filled, mut from) = (String::new(), 0);
        for (at, name) in templates(text) {
            let Some(value) = self.value(name)? else { continue };
            filled.push_str(&text[from..at]);
            filled.push_str(&form(&value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
            from = at + name.len() + 2;
        }
        filled.push_str(&text[from..]);
        Ok(filled)
    }

    /// `None` where nothing has this name.
    fn value(&self, name: &str) -> Result<Option<Value>, Finding> {
        let Some(variable) = name.strip_prefix("env.") else { return Ok(self.saved.get(name).cloned()) };
        let known = self.run.env.iter().rev().chain(self.runs.options.env.iter().rev());
        match known.clone().find(|(known, _)| known == variable) {
            Some((_, value)) if !value.is_empty() => Ok(Some(Value::from(value.as_str()))),
            Some(_) => {
                Err(Finding::unproven(format!("the value of {variable} is empty: give one with `--env {variable}=…`")))
            }
            None => Err(Finding::unproven(format!("{variable} has no value: give one with `--env {variable}=…`"))),
        }
    }

    /// A string that is one name alone becomes the saved value itself, a number for a number.
    pub(super) fn filled_value(&self, value: &Value) -> Result<Value, Finding> {
        Ok(match value {
            Value::String(text) => {
                let alone = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
                match alone.and_then(|name| self.saved.get(name)) {
                    Some(saved) => saved.clone(),
                    None => Value::String(self.filled_text(text, str::to_owned)?),
                }
            }
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.filled_value(item)).collect::<Result<_, _>>()?)
            }
            Value::Object(members) => {
                let filled = |(name, value): (&String, &Value)| Ok((name.clone(), self.filled_value(value)?));
                Value::Object(members.iter().map(filled).collect::<Result<_, Finding>>()?)
            }
            other => other.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_an_answer_leads_is_asked_as_a_path() {
        for (text, expected) in [
            ("/notes/5", Some("/notes/5")),
            ("/notes/5?from=1#top", Some("/notes/5?from=1")),
            ("http://127.0.0.1:8000/notes/5", Some("/notes/5")),
            ("http://127.0.0.1:8000", Some("/")),
            ("/a b\r\nHost: x", Some("/a%20b%0D%0AHost:%20x")),
            ("notes/5", None),
            ("5", None),
            ("", None),
        ] {
            assert_eq!(path_of(text).as_deref(), expected, "{text}");
        }
    }
}
