//! The environment of a run: `--env K[=V]` and `--env-file F`. No value ever stands in an error.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::files::{self, ReadError};

/// The largest file of variables that is read.
const LIMIT_BYTES: u64 = 1 << 20;

/// Why the environment of a run cannot be put together.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnvError {
    #[error(
        "the {nth}. `--env` is neither `K` nor `K=V`: a name is letters, digits and `_`, and does not begin with a digit"
    )]
    Name { nth: usize },
    #[error("`--env {name}` takes the value from the environment, and `{name}` is not set there")]
    NotSet { name: String },
    #[error("the value of `{name}` is not UTF-8 or holds a zero byte")]
    Value { name: String },
    #[error(transparent)]
    File(#[from] ReadError),
    #[error("`{path}`, line {line}: {problem}")]
    Line { path: String, line: usize, problem: LineProblem },
}

/// What is wrong with a line of a file of variables.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LineProblem {
    #[error("neither `KEY=VALUE` nor `KEY`: a name is letters, digits and `_`, and does not begin with a digit")]
    Name,
    #[error("a quote is not closed")]
    Unclosed,
    #[error("only a comment may stand behind a closing quote")]
    BehindQuote,
    #[error("it is not UTF-8 or holds a zero byte")]
    Text,
    #[error("`{0}` takes the value from the environment, and is not set there")]
    NotSet(String),
}

/// Where a name without a value finds it: the caller's environment.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The variables of a file and of `--env`, which goes before; each name once, in the order of their first appearance.
pub(crate) fn resolve(
    arguments: &[OsString],
    file: Option<&Path>,
    lookup: Lookup<'_>,
) -> Result<Vec<(String, String)>, EnvError> {
    resolve_by(arguments, file, lookup, parse_line)
}

/// As [`resolve`]; a line's value is what stands behind its `=`, quotes and all, as `docker run --env-file` takes it.
pub(crate) fn resolve_raw(
    arguments: &[OsString],
    file: Option<&Path>,
    lookup: Lookup<'_>,
) -> Result<Vec<(String, String)>, EnvError> {
    resolve_by(arguments, file, lookup, parse_raw_line)
}

fn resolve_by(
    arguments: &[OsString],
    file: Option<&Path>,
    lookup: Lookup<'_>,
    line: Line,
) -> Result<Vec<(String, String)>, EnvError> {
    let mut all = Vec::new();
    if let Some(path) = file {
        let bytes = files::read(path, LIMIT_BYTES)?;
        let placed = |(line, problem)| EnvError::Line { path: path.display().to_string(), line, problem };
        all.extend(parse_file_by(&bytes, lookup, line).map_err(placed)?);
    }
    for (index, argument) in arguments.iter().enumerate() {
        all.push(argument_pair(argument, index + 1, lookup)?);
    }
    Ok(last_of_each(all))
}

fn argument_pair(argument: &OsStr, nth: usize, lookup: Lookup<'_>) -> Result<(String, String), EnvError> {
    let bytes = argument.as_encoded_bytes();
    let (name, value) = match bytes.iter().position(|&byte| byte == b'=') {
        Some(at) => (&bytes[..at], Some(&bytes[at + 1..])),
        None => (bytes, None),
    };
    let name = std::str::from_utf8(name).ok().filter(|name| is_name(name)).ok_or(EnvError::Name { nth })?.to_owned();
    let value = match value {
        Some(value) => text(value),
        None => text(lookup(&name).ok_or_else(|| EnvError::NotSet { name: name.clone() })?.as_encoded_bytes()),
    };
    match value {
        Some(value) => Ok((name, value)),
        None => Err(EnvError::Value { name }),
    }
}

/// `KEY=VALUE` lines, `KEY` alone takes the caller's value; blank lines and comments are skipped. The number of a bad line comes with what is wrong.
#[cfg(test)]
fn parse_file(bytes: &[u8], lookup: Lookup<'_>) -> Result<Vec<(String, String)>, (usize, LineProblem)> {
    parse_file_by(bytes, lookup, parse_line)
}

/// How a line is read.
type Line = fn(&str, Lookup<'_>) -> Result<Option<(String, String)>, LineProblem>;

fn parse_file_by(bytes: &[u8], lookup: Lookup<'_>, read: Line) -> Result<Vec<(String, String)>, (usize, LineProblem)> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut pairs = Vec::new();
    for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let pair = text(line).ok_or(LineProblem::Text).and_then(|line| read(&line, lookup));
        pairs.extend(pair.map_err(|problem| (index + 1, problem))?);
    }
    Ok(pairs)
}

fn parse_line(line: &str, lookup: Lookup<'_>) -> Result<Option<(String, String)>, LineProblem> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = line.strip_prefix("export ").map_or(line, str::trim_start);
    let (name, value) = match line.split_once('=') {
        Some((name, value)) => (name.trim_end(), Some(value.trim_start())),
        None => (line, None),
    };
    if !is_name(name) {
        return Err(LineProblem::Name);
    }
    let value = if let Some(value) = value {
        unquoted(value)?
    } else {
        let found = lookup(name).ok_or_else(|| LineProblem::NotSet(name.to_owned()))?;
        text(found.as_encoded_bytes()).ok_or(LineProblem::Text)?
    };
    Ok(Some((name.to_owned(), value)))
}

/// A line as Docker reads it: nothing behind `=` is changed.
fn parse_raw_line(line: &str, lookup: Lookup<'_>) -> Result<Option<(String, String)>, LineProblem> {
    let begun = line.strip_suffix('\r').unwrap_or(line).trim_start();
    match begun.split_once('=') {
        Some((name, value)) if !begun.starts_with('#') => {
            if is_name(name) {
                Ok(Some((name.to_owned(), value.to_owned())))
            } else {
                Err(LineProblem::Name)
            }
        }
        _ => parse_line(line, lookup),
    }
}

/// A value without its quotes: between `'` everything stands for itself, between `"` a backslash escapes; without quotes ` #` begins a comment.
fn unquoted(value: &str) -> Result<String, LineProblem> {
    let (inner, rest) = match value.chars().next() {
        Some('\'') => {
            let (inner, rest) = value[1..].split_once('\'').ok_or(LineProblem::Unclosed)?;
            (inner.to_owned(), rest)
        }
        Some('"') => double_quoted(&value[1..])?,
        _ => {
            let end = if value.starts_with('#') { Some(0) } else { value.find(" #").or_else(|| value.find("\t#")) };
            return Ok(value[..end.unwrap_or(value.len())].trim_end().to_owned());
        }
    };
    let rest = rest.trim_start();
    if rest.is_empty() || rest.starts_with('#') { Ok(inner) } else { Err(LineProblem::BehindQuote) }
}

/// The text up to the closing quote, and what stands behind it.
fn double_quoted(value: &str) -> Result<(String, &str), LineProblem> {
    let mut inner = String::new();
    let mut characters = value.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((inner, &value[at + 1..])),
            '\\' => match characters.next() {
                Some((_, 'n')) => inner.push('\n'),
                Some((_, 'r')) => inner.push('\r'),
                Some((_, 't')) => inner.push('\t'),
                Some((_, escaped @ ('"' | '\\' | '$' | '`'))) => inner.push(escaped),
                Some((_, other)) => inner.extend(['\\', other]),
                None => return Err(LineProblem::Unclosed),
            },
            other => inner.push(other),
        }
    }
    Err(LineProblem::Unclosed)
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    (!text.contains('\0')).then(|| text.to_owned())
}

fn last_of_each(pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut places = HashMap::new();
    let mut kept: Vec<(String, String)> = Vec::new();
    for (name, value) in pairs {
        if let Some(&at) = places.get(&name) {
            kept[at] = (name, value);
        } else {
            places.insert(name.clone(), kept.len());
            kept.push((name, value));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;

    use super::*;

    fn caller(name: &str) -> Option<OsString> {
        match name {
            "UNSET" => None,
            "BINARY" => Some(OsString::from_vec(vec![0xff])),
            other => Some(format!("caller's {other}").into()),
        }
    }

    #[test]
    fn each_line_of_a_file_is_a_variable() {
        #[track_caller]
        fn check(line: &str, expected: Result<&str, LineProblem>) {
            let found = parse_line(line.trim(), &caller).map(|pair| match pair {
                Some((name, value)) => format!("{name}={value}"),
                None => "-".to_owned(),
            });
            assert_eq!(found, expected.map(str::to_owned), "{line}");
        }
        check("", Ok("-"));
        check("  # comment", Ok("-"));
        check("A=1", Ok("A=1"));
        check("A=", Ok("A="));
        check("export A=1", Ok("A=1"));
        check(" A = 1 ", Ok("A=1"));
        check("A=a=b", Ok("A=a=b"));
        check("A", Ok("A=caller's A"));
        check("A=one two # comment", Ok("A=one two"));
        check("A=#none", Ok("A="));
        check("A=p#ss", Ok("A=p#ss"));
        check("A=\"one # two\" # comment", Ok("A=one # two"));
        check("A='it is \"$X\" \\n'", Ok("A=it is \"$X\" \\n"));
        check(r#"A="a\nb\"c\\d\$e\f""#, Ok("A=a\nb\"c\\d$e\\f"));
        check("A=\"", Err(LineProblem::Unclosed));
        check("A='x", Err(LineProblem::Unclosed));
        check(r#"A="x\"#, Err(LineProblem::Unclosed));
        check("A='x' y", Err(LineProblem::BehindQuote));
        check("1A=x", Err(LineProblem::Name));
        check("postgresql://user:pass@host/db?a=b", Err(LineProblem::Name));
        check("=x", Err(LineProblem::Name));
        check("UNSET", Err(LineProblem::NotSet("UNSET".into())));
        check("BINARY", Err(LineProblem::Text));
    }

    #[test]
    fn a_bad_line_is_named_by_its_number() {
        assert_eq!(parse_file(b"A=1\n\nB C\n", &caller), Err((3, LineProblem::Name)));
        assert_eq!(parse_file(b"\xef\xbb\xbfA=1\r\nB=\xff\r\n", &caller), Err((2, LineProblem::Text)));
        assert_eq!(parse_file(b"A=\0\n", &caller), Err((1, LineProblem::Text)));
    }

    #[test]
    fn an_argument_goes_before_the_file_and_a_later_one_before_an_earlier() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        std::fs::write(&file, "A=file\nB=file\nC=file\n").unwrap();
        let arguments = ["B=one", "D", "B=two", "E="].map(OsString::from);
        let found = resolve(&arguments, Some(&file), &caller).unwrap();
        let found: Vec<String> = found.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(found, ["A=file", "B=two", "C=file", "D=caller's D", "E="]);
    }

    #[test]
    fn an_error_names_the_variable_and_never_its_value() {
        #[track_caller]
        fn check(argument: impl Into<OsString>, expected: &str) {
            let error = resolve(&["A=1".into(), argument.into()], None, &caller).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
        let name = "the 2. `--env` is neither `K` nor `K=V`: a name is letters, digits and `_`, and does not begin with a digit";
        check("hunter2-secret", name);
        check("postgresql://u:hunter2@h/d?sslmode=require", name);
        check("", name);
        check("=hunter2", name);
        check("UNSET", "`--env UNSET` takes the value from the environment, and `UNSET` is not set there");
        check("BINARY", "the value of `BINARY` is not UTF-8 or holds a zero byte");
        check(OsString::from_vec(b"A=\xff".to_vec()), "the value of `A` is not UTF-8 or holds a zero byte");
    }
}
