//! Literal values behind a secret's name, in the files that an author writes to configure a program.

use std::sync::LazyLock;

use regex::Regex;
use seaworthy_spec::is_secret_variable;

use super::connection::password_in_setting;
use super::url::is_documentation;
use super::value::{is_placeholder, value_strength};

use super::{Hit, NAMED, PASSWORD_URL, Strength};

/// How a file says `name = value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// `name = value`, `name: value`, quoted or not: INI, properties, TOML, YAML.
    Plain,
    /// `name value`, as Redis and mail programs have it.
    Spaced,
    /// Only what is quoted is literal: Python, JavaScript, PHP, Ruby, JSON.
    Quoted,
    /// `<name>value</name>`, `name="value"`.
    Xml,
}

/// `<name>value</name>`
static ELEMENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"<([A-Za-z][A-Za-z0-9_.:-]{0,99})>([^<>]+)</").ok());
/// Calls whose first argument is the name of what the second is, or is where nothing else says it.
const WITH_DEFAULT: [&str; 4] = ["define(", "getenv(", "environ.get(", "env("];
/// How far before a value its name may begin.
const BEFORE: usize = 200;

/// Reads lines of one syntax; some values stand on the line after their name.
#[derive(Debug)]
pub(super) struct Literals {
    syntax: Syntax,
    /// The last `name:` of a list of variables, whose `value:` follows (Kubernetes, Compose).
    name: Option<String>,
}

impl Literals {
    pub(super) fn new(syntax: Syntax) -> Self {
        Self { syntax, name: None }
    }

    /// What a line gives away.
    pub(super) fn line(&mut self, line: &str, found: &mut Vec<Hit>) {
        match self.syntax {
            Syntax::Plain => self.plain(line, found),
            Syntax::Spaced => found.extend(spaced(line)),
            Syntax::Quoted => in_quotes(line, found),
            Syntax::Xml => {
                in_quotes(line, found);
                let elements =
                    ELEMENT.iter().filter(|_| line.contains("</")).flat_map(|regex| regex.captures_iter(line));
                found.extend(
                    elements.filter_map(|captures| quoted(captures.get(1)?.as_str(), captures.get(2)?.as_str())),
                );
            }
        }
    }

    fn plain(&mut self, line: &str, found: &mut Vec<Hit>) {
        let line = line.trim_start_matches("- ").trim_start();
        let Some(at) = line.find([':', '=']) else { return };
        let (name, value) = (line[..at].trim(), line[at + 1..].trim_start_matches(['>', '=', ':']).trim());
        let name = name.strip_prefix("export ").unwrap_or(name).trim_matches(['"', '\'']);
        let value = without_remark(value);
        if name == "name" {
            self.name = Some(value.trim_matches(['"', '\'']).to_owned());
            return;
        }
        let name = if name == "value" { self.name.take().unwrap_or_default() } else { name.to_owned() };
        if name.len() <= 100
            && name.bytes().all(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b':' | b'[' | b']')
            })
        {
            found.extend(literal(&name, value));
        }
    }
}

/// Values in quotes behind their names: `NAME = "…"`, `"name": "…"`, `'name' => '…'`, `name: str = "…"`, `define('NAME', '…')`. Each byte is
/// looked at a few times, however many quotes there are.
fn in_quotes(line: &str, found: &mut Vec<Hit>) {
    let bytes = line.as_bytes();
    let mut unclosed: Vec<u8> = Vec::new();
    // `key="ApiKey" value="…"`: the name is a value itself.
    let mut key = "";
    let mut at = 0;
    while let Some(open) = bytes[at..].iter().position(|byte| matches!(byte, b'"' | b'\'' | b'`')).map(|next| at + next)
    {
        let quote = bytes[open];
        at = open + 1;
        if unclosed.contains(&quote) {
            continue;
        }
        let mut close = at;
        while close < bytes.len() && bytes[close] != quote {
            close += if bytes[close] == b'\\' { 2 } else { 1 };
        }
        let Some(value) = line.get(at..close).filter(|_| close < bytes.len()) else {
            unclosed.push(quote);
            continue;
        };
        let start = line.ceil_char_boundary(open.saturating_sub(BEFORE));
        match name_before(&line[start..open]) {
            Some("key" | "name" | "id") => key = value,
            Some("value" | "connectionString") => found.extend(quoted(key, value)),
            Some(name) => found.extend(quoted(name, value)),
            None => found.extend(variable(value)),
        }
        at = close + 1;
    }
}

/// The name that a value in quotes is given to, at the end of what stands before it.
fn name_before(text: &str) -> Option<&str> {
    let text = text.trim_end();
    // What is taken where the environment has nothing: `os.environ.get('X') or '…'`, `process.env.X || '…'`.
    if let Some(text) = ["or", "||", "??", "?:"].iter().find_map(|sign| text.strip_suffix(sign)) {
        let at = text.rfind(['=', ':'])?;
        return name_before(&text[..=at]).filter(|_| text[at..].to_ascii_lowercase().contains("env"));
    }
    let is_argument = text.ends_with(',') && WITH_DEFAULT.iter().any(|call| text.contains(call));
    let before = ["=>", ":=", "=", ":"].iter().find_map(|sign| text.strip_suffix(sign));
    let before = before.or_else(|| text.strip_suffix(',').filter(|_| is_argument))?;
    if before.ends_with(['=', '!', '<', '>']) {
        return None;
    }
    let is_type = |text: &str| {
        !text.trim().is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_[]|. ".contains(&byte))
    };
    let typed = before.rsplit_once(':').filter(|(_, kind)| text.ends_with('=') && kind.len() <= 40 && is_type(kind));
    let before = typed.map_or(before, |(before, _)| before).trim_end().trim_end_matches(['"', '\'', ']']);
    let is_part = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '-' | '.');
    let name = &before[before.trim_end_matches(is_part).len()..];
    (name.len() <= 100 && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')).then_some(name)
}

/// `'DB_PASSWORD=…'`, as lists of variables have it.
fn variable(text: &str) -> Option<Hit> {
    let (name, value) = text.split_once('=')?;
    let is_name =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    is_name.then(|| quoted(name, value))?
}

/// `PASSWORD '…'` and `IDENTIFIED BY '…'`; not the hashes that dumps have there.
pub(super) fn in_sql(line: &str, found: &mut Vec<Hit>) {
    let lower = line.to_ascii_lowercase();
    for word in ["password ", "identified by "] {
        for (at, _) in lower.match_indices(word) {
            let Some(rest) = line[at + word.len()..].trim_start().strip_prefix('\'') else { continue };
            let value = rest.split('\'').next().unwrap_or_default();
            let is_hash = ["md5", "SCRAM-SHA-256$", "*"].iter().any(|mark| value.starts_with(mark));
            found.extend(literal("password", value).filter(|_| !is_hash));
        }
    }
}

/// A value without the remark behind it: ` # …`, unless it is in quotes.
fn without_remark(value: &str) -> &str {
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => value[1..].find(quote).map_or(value, |end| &value[..end + 2]),
        _ => value.split_once(" #").map_or(value, |(value, _)| value.trim_end()),
    }
}

/// `requirepass hunter2`
fn spaced(line: &str) -> Option<Hit> {
    let mut words = line.split_whitespace();
    let (name, value) = (words.next()?, words.next()?);
    let ends = words.next().is_none();
    (ends && is_secret_variable(name)).then(|| literal(name, value))?
}

/// A value in quotes; texts for people and words that are names are none.
fn quoted(name: &str, value: &str) -> Option<Hit> {
    if value.contains(' ') && password_in_setting(value).is_none() {
        return None;
    }
    literal(name, value)
}

/// What one value says. Documentation's values and those that are only words are doubtful: a name such as `token` is also given to other things.
fn literal(name: &str, value: &str) -> Option<Hit> {
    let value = value.trim().trim_matches(['"', '\'']);
    if let Some(hit) = password_in_setting(value) {
        let weak = hit.kind == PASSWORD_URL && super::url::is_documentation_url(value);
        return (!weak).then_some(hit);
    }
    let last = name.rsplit(['/', ':']).next().unwrap_or(name);
    if !is_secret_variable(last) || is_placeholder(last, value) || is_structure(value) {
        return None;
    }
    let strength = value_strength(value)?;
    let is_name = is_name_of_variable(value);
    if is_name && last.split(['_', '-', '.']).any(|word| matches!(word.to_ascii_lowercase().as_str(), "env" | "var")) {
        return None;
    }
    let only_words =
        value.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'/' | b' '));
    let doubtful = is_documentation(value) || only_words || is_name || value.len() < 4;
    Some(Hit { kind: NAMED, strength: if doubtful { Strength::Doubtful } else { strength } })
}

/// `AI21_API_KEY`: where the secret is, not the secret.
fn is_name_of_variable(value: &str) -> bool {
    value.contains('_')
        && value.starts_with(|first: char| first.is_ascii_uppercase())
        && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        && is_secret_variable(value)
}

/// The beginning of something nested, a reference, a number of a count, a call.
fn is_structure(value: &str) -> bool {
    value.starts_with(['{', '[', '|', '>', '&', '*', '!', '('])
        || value.contains('(') && value.ends_with([')', '(', ','])
        || value.ends_with(['{', '[', '('])
        || value.contains("os.environ")
        || value.contains("process.env")
        || value.contains("getenv")
        || value.contains("ENV[")
        || value.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(syntax: Syntax, text: &str, expected: Option<Strength>) {
        let mut literals = Literals::new(syntax);
        let mut found = Vec::new();
        text.lines().for_each(|line| literals.line(line.trim(), &mut found));
        assert_eq!(found.iter().map(|hit| hit.strength).min(), expected, "{text}: {found:?}");
    }

    const SURE: Option<Strength> = Some(Strength::Certain);
    const PERHAPS: Option<Strength> = Some(Strength::Doubtful);

    #[test]
    fn a_literal_value_behind_a_secrets_name_is_found() {
        for (syntax, text, expected) in [
            (Syntax::Plain, "spring.datasource.password=hunter2", SURE),
            (Syntax::Plain, "password: hunter2", SURE),
            (Syntax::Plain, "  password: \"hunter2\" # for now", SURE),
            (Syntax::Plain, "secret_key = \"q8Zt1vPs\"", SURE),
            (Syntax::Plain, "password=p#ss1word", SURE),
            (Syntax::Plain, "- name: DB_PASSWORD\n  value: hunter2", SURE),
            (Syntax::Plain, "- DB_PASSWORD=hunter2", SURE),
            (Syntax::Plain, "url: postgres://app:hunter2@db.internal/tasks", SURE),
            (Syntax::Plain, "dsn = host=db user=app password=hunter2", SURE),
            (Syntax::Plain, "extraheader = AUTHORIZATION: basic aHVudGVyMg==", None),
            (Syntax::Spaced, "requirepass hunter2", SURE),
            (Syntax::Quoted, "SECRET_KEY = 'q8Zt1vPs0LmW'", SURE),
            (Syntax::Quoted, "    \"PASSWORD\": \"hunter2\",", SURE),
            (Syntax::Quoted, "database_password: str = \"hunter2\"", SURE),
            (Syntax::Quoted, "'password' => 'hunter2',", SURE),
            (Syntax::Quoted, "define('DB_PASSWORD', 'hunter2');", SURE),
            (Syntax::Quoted, "{\"a\":1,\"apiKey\":\"q8Zt1vPs\",\"b\":\"c\"}", SURE),
            (Syntax::Quoted, "\"Default\": \"Server=db;Database=x;User Id=sa;Password=hunter2;\"", SURE),
            (Syntax::Quoted, "app.config['SECRET_KEY'] = 'hunter2'", SURE),
            (Syntax::Quoted, "SECRET_KEY = os.environ.get('SECRET_KEY', 'q8Zt1vPs')", SURE),
            (Syntax::Quoted, "SECRET_KEY = os.getenv(\"SECRET_KEY\", \"q8Zt1vPs\")", SURE),
            (Syntax::Quoted, "SECRET_KEY = os.environ.get('SECRET_KEY') or 'q8Zt1vPs'", SURE),
            (Syntax::Quoted, "  jwtSecret: process.env.JWT_SECRET || 'q8Zt1vPs',", SURE),
            (Syntax::Quoted, "'key' => env('APP_KEY', 'q8Zt1vPs'),", SURE),
            (Syntax::Quoted, "raw_env = ['DB_PASSWORD=q8Zt1vPs']", SURE),
            (Syntax::Quoted, "SECRET_KEY = os.getenv('SECRET_KEY', 'secret')", PERHAPS),
            (Syntax::Xml, "<password>hunter2</password>", SURE),
            (Syntax::Xml, "<add key=\"ApiKey\" value=\"q8Zt1vPs\" />", SURE),
            (Syntax::Xml, "<user username=\"app\" password=\"hunter2\"/>", SURE),
            (Syntax::Xml, "<add name=\"x\" connectionString=\"Server=db;User Id=sa;Password=hunter2\"/>", SURE),
            (Syntax::Plain, "password: supersecret", PERHAPS),
            (Syntax::Plain, "password: secret", PERHAPS),
            (Syntax::Quoted, "SECRET_KEY = 'change-me-9'", PERHAPS),
            (Syntax::Quoted, "API_KEY = 'AI21_API_KEY'", PERHAPS),
            (Syntax::Quoted, "API_KEY = 'AI21_Q8ZT1VPS'", SURE),
        ] {
            check(syntax, text, expected);
        }
    }

    #[test]
    fn what_is_read_from_elsewhere_is_no_literal() {
        for (syntax, text) in [
            (Syntax::Plain, "password=${DB_PASSWORD}"),
            (Syntax::Plain, "password: !secret db_password"),
            (Syntax::Plain, "password:"),
            (Syntax::Plain, "secret:\n  secretName: x"),
            (Syntax::Plain, "- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef: x"),
            (Syntax::Plain, "token_ttl = 3600"),
            (Syntax::Plain, "max_tokens: 4096"),
            (Syntax::Plain, "token: 4096"),
            (Syntax::Plain, "url: postgres://user:password@localhost/db"),
            (
                Syntax::Plain,
                "# password = hunter2 is a comment only for the reader of lines"
                    .trim_start_matches("# password = hunter2 is"),
            ),
            (Syntax::Quoted, "SECRET_KEY = os.environ['SECRET_KEY']"),
            (Syntax::Quoted, "SECRET_KEY = os.environ.get(\"SECRET_KEY\")"),
            (Syntax::Quoted, "SECRET_KEY = os.environ.get('SECRET_KEY', '')"),
            (Syntax::Quoted, "SECRET_KEY = os.environ.get('SECRET_KEY') or ''"),
            (Syntax::Quoted, "HOST = os.environ.get('HOST') or 'q8Zt1vPs'"),
            (Syntax::Quoted, "raw_env = ['DB_PASSWORD=${DB_PASSWORD}', 'PORT=8000']"),
            (Syntax::Quoted, "password = getpass(\"Password\")"),
            (Syntax::Quoted, "if password == \"hunter2\":"),
            (Syntax::Quoted, "\"password\": \"Enter your password\","),
            (Syntax::Quoted, "TOKEN = \"token\""),
            (Syntax::Quoted, "api_key_env: \"OPENAI_API_KEY\""),
            (Syntax::Quoted, "apiKey: process.env.API_KEY,"),
            (Syntax::Quoted, "_ENV_API_KEY = \"AI21_API_KEY\""),
            (Syntax::Quoted, "\"token\": \"\","),
            (Syntax::Quoted, "SECRET_KEY = f\"{prefix}\""),
            (Syntax::Xml, "<password>${db.password}</password>"),
        ] {
            check(syntax, text, None);
        }
    }
}
