//! `NAME=value`, `name: value` and their kin, where the name speaks of a secret or a host.

use regex::Regex;
use seaworthy_spec::may_be_secret_variable;

use super::pattern::Pattern;
use super::{Kind, LONGEST, Span, host, name};

/// A name, what may close it, and what gives it a value.
static NAMED: Pattern = Pattern::new(&["=", ":", "->", ">"], || {
    Regex::new(
        r#"(?P<name>[A-Za-z_][A-Za-z0-9_.\-]*)(?P<end>["'`\]*)}\\]{0,4})(?P<sign>[ \t]*(?:=>|:=|==?|\?\?=|->|:|>)[ \t]*)"#,
    )
});
/// `ENV NAME value`, `export NAME value`, `requirepass value`
static SPACED: Pattern = Pattern::new(&[], || {
    Regex::new(
        r"(?im)^[ \t#>*-]*(?:(?:ENV|LABEL|ARG|export|set|setx|setenv)[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.\-]*)[ \t]+",
    )
});
/// `--api-key value`, `"--password", "value"`
static FLAG: Pattern = Pattern::new(&["-"], || {
    Regex::new(r#"(?:^|[\s"'\[=(])--?(?P<name>[A-Za-z][A-Za-z0-9_\-.]+)(?P<sign>["']?[,]?[ \t]+|["'],["']?)"#)
});
/// `- name: DB_PASSWORD` and `value: …` on the next line, or in one object.
static PAIR: Pattern = Pattern::new(&["value"], || {
    Regex::new(
        r#"(?i)["']?\b(?:name|key|id)["']?\s*[:=]\s*["']?(?P<name>[A-Za-z_][A-Za-z0-9_.\-]*)["']?\s*,?\s*["']?value["']?\s*[:=]\s*"#,
    )
});
/// `${NAME:-default}`
static DEFAULT: Pattern =
    Pattern::new(&["${"], || Regex::new(r"^\$\{[A-Za-z_][A-Za-z0-9_]*:?[-=+?]?(?P<value>[^}]*)\}"));

/// How a sentence goes on after the name of a variable: what is said of it, and not its value.
const SAYS: &[&str] = &[
    "environment",
    "secret",
    "connection",
    "env",
    "required",
    "optional",
    "passed",
    "given",
    "set",
    "not",
    "never",
    "is",
    "must",
    "may",
    "can",
    "comes",
    "read",
    "provided",
    "injected",
    "supplied",
    "via",
    "from",
    "configurable",
    "the",
    "a",
    "an",
    "no",
    "any",
    "none",
    "with",
    "without",
    "rotated",
    "stored",
    "kept",
    "mounted",
    "database",
    "built-in",
    "used",
    "for",
    "it",
    "should",
    "will",
    "at",
    "by",
    "in",
    "only",
    "where",
    "who",
    "what",
    "see",
    "as",
    "has",
    "have",
    "all",
    "are",
    "be",
    "defaults",
    "default",
    "runtime",
    "unset",
    "absent",
    "container",
    "image",
    "each",
    "every",
    "this",
    "that",
];

/// Values of settings whose names say that they are secrets, and hosts.
pub(super) fn assignments(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    for captures in NAMED.within(text).into_iter().flat_map(|regex| regex.captures_iter(text)) {
        let (Some(all), Some(named), Some(sign)) = (captures.get(0), captures.name("name"), captures.name("sign"))
        else {
            continue;
        };
        if found.last().is_some_and(|last: &Span| all.end() < last.end) {
            continue;
        }
        let form = form(text, all.end(), sign.as_str(), named.start());
        found.extend(of(text, named.as_str(), all.end(), form));
    }
    for captures in PAIR.within(text).into_iter().flat_map(|regex| regex.captures_iter(text)) {
        if let (Some(all), Some(named)) = (captures.get(0), captures.name("name")) {
            found.extend(of(text, named.as_str(), all.end(), Form::Line));
        }
    }
    for captures in FLAG.within(text).into_iter().flat_map(|regex| regex.captures_iter(text)) {
        let (Some(all), Some(named)) = (captures.get(0), captures.name("name")) else { continue };
        let value = text[all.end()..].trim_start_matches(['"', '\'']);
        if !value.starts_with(['-', '\\']) && !value.starts_with("id=") {
            found.extend(of(text, named.as_str(), all.end(), Form::Word));
        }
    }
    for captures in SPACED.within(text).into_iter().flat_map(|regex| regex.captures_iter(text)) {
        let (Some(all), Some(named)) = (captures.get(0), captures.name("name")) else { continue };
        let is_instruction =
            captures[0].trim_start().len() > named.as_str().len() + 1 && all.as_str().contains([' ', '\t']);
        let has_prefix = all.as_str().trim_start().len() - named.as_str().len() > 2;
        let is_one_word = line(text, all.end()).split_whitespace().take(2).count() == 1;
        let is_written = !text[all.end()..].starts_with(['=', ':']);
        if is_written && is_instruction && (has_prefix || is_one_word) {
            found.extend(of(text, named.as_str(), all.end(), if has_prefix { Form::Line } else { Form::Word }));
        }
    }
    found
}

/// How far a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// To the next blank, quotes taken whole.
    Word,
    /// To the end of the line.
    Line,
    /// To the next `<`.
    Element,
    /// As a line, unless it reads like a sentence.
    Sentence,
}

fn form(text: &str, value: usize, sign: &str, name: usize) -> Form {
    match sign.trim() {
        ">" => Form::Element,
        ":" if text[value..].starts_with("//") => Form::Word,
        ":" => Form::Sentence,
        // `password = correct horse`
        _ if sign.starts_with([' ', '\t']) && is_first(text, name) => Form::Line,
        _ => Form::Word,
    }
}

/// Whether nothing but blanks, dashes and comment marks stands before it in its line.
fn is_first(text: &str, at: usize) -> bool {
    let before = before(text, at);
    before.chars().all(|sign| !sign.is_alphanumeric())
}

/// What stands before it in its line, as far as anybody indents.
fn before(text: &str, at: usize) -> &str {
    let window = &text[text.ceil_char_boundary(at.saturating_sub(1000))..at];
    window.rsplit('\n').next().unwrap_or_default()
}

fn of(text: &str, named: &str, at: usize, form: Form) -> Option<Span> {
    let is_secret = may_be_secret_variable(named);
    if !is_secret && !name::is_host(named) {
        return None;
    }
    let (start, end) = value(text, at, form)?;
    let value = &text[start..end];
    if is_secret {
        let (start, end) = literal(value).map(|(from, to)| (start + from, start + to))?;
        return Some(Span { start, end, kind: Kind::Setting });
    }
    let word = value.trim_matches(['"', '\'', ',', ' ']);
    let is_name = !word.contains(char::is_whitespace) && host::is_private(word);
    is_name.then(|| Span { start, end: start + value.trim_end_matches([',', ' ', '"', '\'']).len(), kind: Kind::Host })
}

/// Where the value stands; `None` where there is none.
fn value(text: &str, at: usize, form: Form) -> Option<(usize, usize)> {
    let line = line(text, at);
    let end = match form {
        Form::Element => at + line.find('<').unwrap_or(line.len()),
        Form::Word => at + word(&text[at..]),
        Form::Line | Form::Sentence if line.trim().is_empty() || is_block(line) => return block(text, at),
        Form::Line | Form::Sentence if line.starts_with(['"', '\'', '`']) => at + word(&text[at..]),
        Form::Sentence if is_said(line) => return None,
        // A step goes on with what is expected: `header Authorization: … -> 200`.
        Form::Line | Form::Sentence => at + line.split(" -> ").next().unwrap_or(line).trim_end().len(),
    };
    (end > at).then_some((at, end))
}

fn line(text: &str, at: usize) -> &str {
    let window = &text[at..text.floor_char_boundary(text.len().min(at + LONGEST))];
    window.split('\n').next().unwrap_or_default()
}

/// `|`, `>-`: the value stands in the lines below.
fn is_block(line: &str) -> bool {
    matches!(line.trim(), "|" | ">" | "|-" | ">-" | "|+" | ">+" | "\\" | "- |" | "!!binary |")
}

/// The lines below that are indented more, where they are no settings themselves.
fn block(text: &str, at: usize) -> Option<(usize, usize)> {
    let before = before(text, at);
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = indent(before);
    let first = at + text[at..].find('\n')? + 1;
    let is_marked = is_block(line(text, at));
    let mut end = first;
    for line in text[first..].split_inclusive('\n').take(200) {
        let is_setting =
            !is_marked && line.contains(": ") || line.trim_end().ends_with(':') || line.trim_start().starts_with('#');
        if indent(line) <= own || is_setting || line.trim().is_empty() || line.trim_start().starts_with("```") {
            break;
        }
        end += line.len();
    }
    let value = text[first..end].trim_end();
    let start = first + value.len() - value.trim_start().len();
    (start < first + value.len()).then_some((start, first + value.len()))
}

/// The length of a word: quotes are taken whole, and what stands behind them without a blank.
fn word(text: &str) -> usize {
    let text = &text[..text.floor_char_boundary(LONGEST.min(text.len()))];
    let mut at = 0;
    while let Some(sign) = text[at..].chars().next() {
        match sign {
            '"' | '\'' | '`' => {
                let inside = &text[at + 1..];
                match closing(inside, sign) {
                    Some(end) => at += end + 2,
                    None => return at + 1 + inside.find('\n').unwrap_or(inside.len()),
                }
            }
            '\\' => at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
            _ if sign.is_whitespace() => break,
            _ => at += sign.len_utf8(),
        }
    }
    at.min(text.len())
}

/// Where a quote closes, that no backslash hides.
fn closing(inside: &str, quote: char) -> Option<usize> {
    let mut is_hidden = false;
    for (at, sign) in inside.char_indices().take(8_000) {
        match sign {
            _ if is_hidden => is_hidden = false,
            '\\' => is_hidden = true,
            _ if sign == quote => return Some(at),
            _ => {}
        }
    }
    None
}

/// Whether a line tells of a variable: `Environment variable (not hardcoded)`.
fn is_said(line: &str) -> bool {
    let first =
        line.trim_start_matches(|c: char| !c.is_alphanumeric()).split(|c: char| !c.is_alphanumeric() && c != '-');
    let first = first.map(str::to_lowercase).next().unwrap_or_default();
    SAYS.contains(&first.as_str()) && line.split_whitespace().count() > 1
}

/// The part of a value that is literal; `None` where something else fills it in.
fn literal(value: &str) -> Option<(usize, usize)> {
    let inner = value.trim_matches(['"', '\'', '`', ',', ';', ' ']);
    let lower = inner.to_lowercase();
    let is_nothing = matches!(
        lower.as_str(),
        "" | "true"
            | "false"
            | "null"
            | "none"
            | "nil"
            | "yes"
            | "no"
            | "~"
            | "\\"
            | "|"
            | "{"
            | "["
            | "[]"
            | "{}"
            | "&&"
    );
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_variable =
        inner.strip_prefix('$').is_some_and(|name| is_name(name.trim_matches(['{', '}'])) && name.len() < 60);
    let is_template =
        inner.starts_with("{env.") || inner.starts_with("{{") || (inner.starts_with('<') && inner.ends_with('>'));
    let is_file = inner.starts_with("/run/secrets/") || inner.starts_with("/var/run/secrets/");
    if is_nothing || is_variable || is_template && inner.len() < 80 || is_file && inner.len() < 120 {
        return None;
    }
    // `${NAME:-hunter2}`: the default is literal.
    let lead = value.find(inner).unwrap_or_default();
    let default = DEFAULT.within(inner).and_then(|regex| regex.captures(inner)).and_then(|found| found.name("value"));
    if let Some(default) = default.filter(|default| !default.is_empty() && !default.as_str().starts_with('$')) {
        return Some((lead + default.start(), lead + default.end()));
    }
    Some((lead, lead + inner.len()))
}
