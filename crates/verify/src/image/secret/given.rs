//! The secrets that the user gave for the run, looked for in the image as they are and in disguise.

use aho_corasick::{AhoCorasick, Input, MatchKind};
use percent_encoding::percent_decode_str;
use seaworthy_spec::is_secret_variable;

use super::connection::password_in_setting;
use super::plausible::distinct;
use crate::redact::{forms, passwords};

/// Shorter values stand in other people's bytes by chance.
const SHORTEST: usize = 8;
/// From this length on a value is looked for whatever it is made of.
const LONG: usize = 12;
/// What is looked for of a longer value.
const LONGEST: usize = 1024;
/// Words that people make passwords for tests of: together they stand in documentation and tests of others.
const COMMON: [&str; 36] = [
    "",
    "password",
    "passwd",
    "pass",
    "secret",
    "token",
    "key",
    "test",
    "testing",
    "tests",
    "dev",
    "development",
    "local",
    "localhost",
    "example",
    "change",
    "changeme",
    "me",
    "admin",
    "administrator",
    "root",
    "user",
    "my",
    "super",
    "the",
    "db",
    "database",
    "postgres",
    "postgresql",
    "mysql",
    "redis",
    "app",
    "your",
    "default",
    "please",
    "this",
];

/// How much of the end of a file that is no text is looked for.
const FILE_END: usize = 64;

/// What is looked for, and what is not.
#[derive(Debug, Default)]
pub struct Given {
    values: Vec<Value>,
    automaton: Option<AhoCorasick>,
    /// For each pattern of the automaton, its value.
    owners: Vec<usize>,
    /// Variables whose secret is too short or too common to be looked for.
    skipped: Vec<String>,
}

#[derive(Debug)]
struct Value {
    variable: String,
}

impl Given {
    /// The secrets among variables and their values: a value behind a secret's name, and the password in a URL or another connection string.
    pub fn of(variables: &[(String, String)]) -> Self {
        Self::with_files(variables, &[])
    }

    /// The same, and files whose content is a secret and no text: their last bytes, for what keys begin with is often alike.
    pub fn with_files(variables: &[(String, String)], files: &[(&str, &[u8])]) -> Self {
        let mut given = Self::default();
        let mut patterns: Vec<Vec<u8>> = Vec::new();
        for (name, content) in files {
            let end = &content[content.len().saturating_sub(FILE_END)..];
            if distinct(end) < 4 || end.len() < SHORTEST {
                given.skipped.push((*name).to_owned());
                continue;
            }
            given.owners.push(given.values.len());
            given.values.push(Value { variable: (*name).to_owned() });
            patterns.push(end.to_vec());
        }
        for (variable, value) in variables {
            for secret in secrets(variable, value) {
                if !is_worth_looking_for(&secret) {
                    if !given.skipped.contains(variable) {
                        given.skipped.push(variable.clone());
                    }
                    continue;
                }
                let index = given.values.len();
                given.values.push(Value { variable: variable.clone() });
                let secret = &secret[..secret.floor_char_boundary(secret.len().min(LONGEST))];
                for form in forms(secret) {
                    patterns.push(form.into_bytes());
                    given.owners.push(index);
                }
            }
        }
        // No automaton of a few hundred patterns is too large; without one nothing could be looked for.
        given.automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&patterns).ok();
        given
    }

    /// How many secrets are looked for.
    pub(crate) fn count(&self) -> usize {
        self.values.len()
    }

    /// Variables whose secret is not looked for.
    pub(crate) fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// The variable that a value was given in.
    pub(crate) fn variable(&self, value: usize) -> &str {
        self.values.get(value).map_or("", |value| value.variable.as_str())
    }

    /// Where in a text which values stand.
    pub(super) fn found<'a>(&'a self, span: Input<'a>) -> impl Iterator<Item = (usize, usize)> + 'a {
        let automaton = self.automaton.as_ref().filter(|_| !self.values.is_empty());
        automaton
            .into_iter()
            .flat_map(move |automaton| automaton.find_overlapping_iter(span.clone()))
            .filter_map(|found| Some((found.start(), *self.owners.get(found.pattern().as_usize())?)))
    }
}

/// The secrets in one variable's value.
fn secrets(variable: &str, value: &str) -> Vec<String> {
    let mut secrets = passwords(value);
    if password_in_setting(value).is_some() {
        let pieces = value.split([' ', ';', '?', '&', ',']).filter_map(|piece| piece.split_once('='));
        let named =
            pieces.filter(|(name, _)| is_secret_variable(name.trim()) || name.trim().eq_ignore_ascii_case("pwd"));
        secrets.extend(named.map(|(_, password)| password.trim().trim_matches(['\'', '"']).to_owned()));
    } else if is_secret_variable(variable) && !value.contains("://") {
        secrets.push(value.trim().to_owned());
    }
    let decoded: Vec<String> =
        secrets.iter().map(|secret| percent_decode_str(secret).decode_utf8_lossy().into_owned()).collect();
    secrets.extend(decoded);
    secrets.retain(|secret| !secret.is_empty());
    secrets.sort_unstable();
    secrets.dedup();
    secrets
}

/// Whether finding it says something: it is long, or short and neither word, number nor path.
fn is_worth_looking_for(secret: &str) -> bool {
    if secret.len() < SHORTEST || distinct(secret.as_bytes()) < 4 || is_common(secret) {
        return false;
    }
    secret.len() >= LONG || !secret.contains('/') && changes(secret) >= 2
}

/// How often letters, digits and signs take turns: `hunter22` once, `q8Zt1vPs` five times.
fn changes(secret: &str) -> usize {
    let kind = |byte: u8| match byte {
        b'a'..=b'z' | 0x80.. => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let pairs = secret.as_bytes().windows(2).enumerate();
    // A word that begins with a capital is a word.
    pairs
        .filter(|(at, pair)| kind(pair[0]) != kind(pair[1]) && !(*at == 0 && kind(pair[0]) == 1 && kind(pair[1]) == 0))
        .count()
}

fn is_common(secret: &str) -> bool {
    let lower = secret.to_ascii_lowercase();
    lower.split(|sign: char| !sign.is_ascii_alphabetic()).all(|word| COMMON.contains(&word))
        && !lower.bytes().all(|byte| byte.is_ascii_digit())
        && lower.bytes().filter(u8::is_ascii_digit).count() <= 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::secret::Scanner;

    fn given(variable: &str, value: &str) -> Given {
        Given::of(&[(variable.to_owned(), value.to_owned())])
    }

    #[track_caller]
    fn check(variable: &str, value: &str, file: &str, expected: bool) {
        let given = given(variable, value);
        let mut scanner = Scanner::looking_for(&given);
        scanner.push(file.as_bytes());
        assert_eq!(!scanner.finish().given.is_empty(), expected, "{variable}={value} in {file}");
    }

    #[test]
    fn a_given_secret_is_found_as_it_is_and_in_disguise() {
        for file in [
            "key = 'correct-horse/battery+1'",
            "x=correct-horse%2Fbattery%2B1",
            "x=correct-horse%2fbattery%2b1",
            // `correct-horse/battery+1` alone, behind one and behind two other bytes.
            "Y29ycmVjdC1ob3JzZS9iYXR0ZXJ5KzE=",
            "eGNvcnJlY3QtaG9yc2UvYmF0dGVyeSsx",
            "eHhjb3JyZWN0LWhvcnNlL2JhdHRlcnkrMQ==",
        ] {
            check("API_TOKEN", "correct-horse/battery+1", file, true);
            check("DATABASE_URL", "postgres://app:correct-horse%2Fbattery%2B1@db/tasks", file, true);
            check("DSN", "host=db user=app password=correct-horse/battery+1", file, true);
        }
        check("API_TOKEN", "correct-horse/battery+1", "correct-horse/battery+2", false);
        check("GREETING", "correct-horse/battery+1", "correct-horse/battery+1", false);
        check("DATABASE_URL", "postgres://app:correct-horse@db/tasks", "postgres://app@db/tasks", false);
    }

    #[test]
    fn short_and_common_secrets_are_not_looked_for() {
        for (value, expected) in [
            ("q8Zt1vPs", true),
            ("correct-horse-battery", true),
            ("a1-b2-c3", true),
            ("123456789012", true),
            ("short1", false),
            ("postgres", false),
            ("Password", false),
            ("hunter22", false),
            ("12345678", false),
            ("/run/x1y", false),
            ("test-password", false),
            ("changeme-please", false),
            ("my-super-secret-key", false),
            ("postgres-password1", false),
            ("aaaaaaaaaaaaaa", false),
        ] {
            let given = given("DB_PASSWORD", value);
            assert_eq!(given.count() == 1, expected, "{value}");
            assert_eq!(given.skipped().is_empty(), expected, "{value}");
        }
    }
}
