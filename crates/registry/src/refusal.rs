//! What a registry says when it refuses: untrusted text, bounded and cleaned.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

/// A registry's answer that is not the one asked for (distribution specification, "error codes").
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusal {
    pub status: u16,
    /// `NAME_UNKNOWN`, `DENIED`, …; several where several are told.
    pub codes: Vec<String>,
    /// The registry's own words, shortened.
    pub message: String,
    /// How long the registry wants to be left alone.
    pub retry_after: Option<Duration>,
}

/// How much of an error's body is read.
pub(crate) const BODY_BYTES: u64 = 64 << 10;

const MESSAGE_CHARS: usize = 300;
const CODES: usize = 5;

#[derive(Deserialize)]
struct Body {
    errors: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    code: serde_json::Value,
    #[serde(default)]
    message: serde_json::Value,
    #[serde(default)]
    detail: serde_json::Value,
}

/// How token servers put it (RFC 6749, section 5.2; Docker's `details`).
#[derive(Deserialize)]
struct Plain {
    #[serde(alias = "error", alias = "details", alias = "detail")]
    message: Option<serde_json::Value>,
}

impl Refusal {
    pub(crate) fn new(status: u16, body: &[u8], retry_after: Option<Duration>) -> Self {
        let (codes, message) = read(body);
        Self { status, codes, message, retry_after }
    }

    /// Whether one of the codes or the message contains the word, whatever its case.
    pub(crate) fn speaks_of(&self, word: &str) -> bool {
        let contains = |text: &String| text.to_ascii_lowercase().contains(&word.to_ascii_lowercase());
        self.codes.iter().any(contains) || contains(&self.message)
    }

    pub fn has_code(&self, code: &str) -> bool {
        self.codes.iter().any(|told| told == code)
    }
}

fn read(body: &[u8]) -> (Vec<String>, String) {
    if let Ok(Body { errors }) = serde_json::from_slice(body) {
        let text = |value: &serde_json::Value| value.as_str().map(clean).filter(|text| !text.is_empty());
        let codes = errors.iter().take(CODES).filter_map(|item| text(&item.code)).collect();
        let said = errors.iter().take(CODES).map(|item| {
            let detail = match &item.detail {
                serde_json::Value::Null => None,
                serde_json::Value::String(detail) => Some(clean(detail)),
                other => Some(clean(&other.to_string())),
            };
            let detail = detail.filter(|detail| !detail.is_empty() && detail != "{}" && detail != "[]");
            match (text(&item.message), detail) {
                (Some(message), Some(detail)) => format!("{message} ({detail})"),
                (Some(text), None) | (None, Some(text)) => text,
                (None, None) => String::new(),
            }
        });
        let said: Vec<String> = said.filter(|said| !said.is_empty()).collect();
        return (codes, clean(&said.join("; ")));
    }
    if let Ok(Plain { message: Some(message) }) = serde_json::from_slice(body) {
        let message = message.as_str().map_or_else(|| message.to_string(), str::to_owned);
        return (Vec::new(), clean(&message));
    }
    let text = String::from_utf8_lossy(body);
    // A page for people says nothing here.
    let message = if text.trim_start().starts_with('<') { String::new() } else { clean(&text) };
    (Vec::new(), message)
}

/// One line, without control characters, not too long.
pub(crate) fn clean(text: &str) -> String {
    let mut line = String::new();
    for word in text.split(|char: char| char.is_whitespace() || char.is_control()).filter(|word| !word.is_empty()) {
        if line.chars().count() + word.chars().count() > MESSAGE_CHARS {
            let left = MESSAGE_CHARS.saturating_sub(line.chars().count());
            line.push_str(if line.is_empty() { "" } else { " " });
            line.extend(word.chars().filter(|char| !is_format(*char)).take(left));
            line.push('…');
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().filter(|char| !is_format(*char)));
    }
    line
}

/// Characters that change how the text around them is shown.
fn is_format(char: char) -> bool {
    matches!(char, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if !self.codes.is_empty() {
            write!(f, " {}", self.codes.join(", "))?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &str) {
        assert_eq!(Refusal::new(400, body.as_bytes(), None).to_string(), expected, "{body}");
    }

    #[test]
    fn a_refusal_is_one_clean_line() {
        check(
            r#"{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known"}]}"#,
            "400 NAME_UNKNOWN: repository name not known",
        );
        check(r#"{"errors":[{"code":"A","message":"a","detail":{"x":1}},{"code":"B"}]}"#, r#"400 A, B: a ({"x":1})"#);
        check(r#"{"errors":[{"code":7,"message":null,"detail":"why"}]}"#, "400: why");
        check(r#"{"errors":[]}"#, "400");
        check(r#"{"details":"incorrect username or password"}"#, "400: incorrect username or password");
        check("<html><body>Bad gateway</body></html>", "400");
        check("two\nlines \u{1b}[31mred\u{7}", "400: two lines [31mred");
        check("", "400");
        let long = check_length(&"word ".repeat(1_000));
        assert!(long <= MESSAGE_CHARS + 10, "{long}");
        assert!(check_length(&"w".repeat(10_000)) <= MESSAGE_CHARS + 10);
    }

    fn check_length(text: &str) -> usize {
        clean(text).chars().count()
    }
}
