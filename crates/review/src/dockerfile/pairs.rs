//! `NAME=value` lists of `ENV`, `ARG` and `LABEL`, and variables in words.

use std::collections::HashMap;

/// What variables are expanded to, about: each may name the one before it twice.
const LONGEST: usize = 4_096;

/// A name, and its value where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) name: String,
    pub(crate) value: Option<String>,
}

/// `A=1 B="2 3"`; `A 1 2` where `may_be_old`.
pub(crate) fn pairs(text: &str, may_be_old: bool) -> Vec<Pair> {
    let text = text.trim();
    let first = text.split_whitespace().next().unwrap_or_default();
    if may_be_old && !first.contains('=') {
        let value = text[first.len()..].trim();
        return vec![Pair { name: first.to_owned(), value: Some(unquoted(value)) }];
    }
    words(text)
        .into_iter()
        .map(|word| match split(&word) {
            Some((name, value)) => Pair { name: unquoted(name), value: Some(unquoted(value)) },
            None => Pair { name: unquoted(&word), value: None },
        })
        .collect()
}

/// At the first `=` outside quotes.
fn split(word: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    for (at, c) in word.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '=') => return Some((&word[..at], &word[at + 1..])),
            _ => {}
        }
    }
    None
}

/// Words with their quotes.
fn words(text: &str) -> Vec<String> {
    let (mut found, mut word) = (Vec::new(), String::new());
    let (mut quote, mut escaped) = (None, false);
    for c in text.chars() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (Some(open), c) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, c) if c.is_whitespace() => {
                if !word.is_empty() {
                    found.push(std::mem::take(&mut word));
                }
                continue;
            }
            _ => {}
        }
        word.push(c);
    }
    if !word.is_empty() {
        found.push(word);
    }
    found
}

/// Without quotes and escapes.
pub(crate) fn unquoted(word: &str) -> String {
    let (mut text, mut quote, mut escaped) = (String::new(), None, false);
    for c in word.chars() {
        match (quote, c) {
            _ if escaped => {
                escaped = false;
                text.push(c);
            }
            (None | Some('"'), '\\') => escaped = true,
            (Some(open), c) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            _ => text.push(c),
        }
    }
    text
}

/// `$NAME`, `${NAME}`, `${NAME:-default}` replaced where the value is known; the rest stays as it is written.
pub(crate) fn expanded(text: &str, values: &HashMap<String, String>) -> String {
    let (mut result, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('$').filter(|_| result.len() < LONGEST) {
        result.push_str(&rest[..at]);
        rest = &rest[at..];
        let (whole, name, default) = reference(rest);
        match values.get(name).map(String::as_str).or(default) {
            Some(value) if !name.is_empty() && value.len() < LONGEST => result.push_str(value),
            _ => result.push_str(&rest[..whole]),
        }
        rest = &rest[whole..];
    }
    result + rest
}

/// The names of variables in a text.
pub(crate) fn references(text: &str) -> Vec<&str> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find('$') {
        rest = &rest[at..];
        let (whole, name, _) = reference(rest);
        if !name.is_empty() {
            found.push(name);
        }
        rest = &rest[whole..];
    }
    found
}

/// Of a text that begins with `$`: the reference's length, name and default.
fn reference(text: &str) -> (usize, &str, Option<&str>) {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if let Some(inner) = text.strip_prefix("${") {
        let Some(end) = inner.find('}') else { return (2, "", None) };
        let inner = &inner[..end];
        let length = inner.find(|c| !is_name(c)).unwrap_or(inner.len());
        let default = inner[length..].strip_prefix(":-").or_else(|| inner[length..].strip_prefix('-'));
        return (end + 3, &inner[..length], default);
    }
    let length = text[1..].find(|c| !is_name(c)).unwrap_or(text.len() - 1);
    (length + 1, &text[1..=length], None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, Option<&str>)]) {
        let found = pairs(text, true);
        let found: Vec<_> = found.iter().map(|pair| (pair.name.as_str(), pair.value.as_deref())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn pairs_are_read_as_docker_reads_them() {
        check(
            "A=1 B=\"2 3\" C='4=5' D=6\\ 7",
            &[("A", Some("1")), ("B", Some("2 3")), ("C", Some("4=5")), ("D", Some("6 7"))],
        );
        check("A 1 2", &[("A", Some("1 2"))]);
        check("A", &[("A", Some(""))]);
        assert_eq!(pairs("A B=2", false)[0], Pair { name: "A".into(), value: None });
    }

    #[test]
    fn variables_are_expanded_where_they_are_known() {
        let values = HashMap::from([("V".to_owned(), "3.12".to_owned())]);
        for (text, expected) in [
            ("a:$V-x", "a:3.12-x"),
            ("${V}", "3.12"),
            ("${W:-1}", "1"),
            ("$W", "$W"),
            ("${V", "${V"),
            ("$", "$"),
            ("$$V", "$3.12"),
        ] {
            assert_eq!(expanded(text, &values), expected);
        }
        assert_eq!(references("$A ${B:-$C} $"), ["A", "B"]);
    }
}
