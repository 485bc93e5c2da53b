//! What is never shown: the values of variables, and pieces of passwords that a driver took for something else.

use std::cell::RefCell;
use std::sync::LazyLock;

use regex::Regex;
use seaworthy_verify::Redactor;

use crate::subject::Subject;
use crate::value;

/// Names whose values are secret whatever they look like.
const SECRET_NAMES: &[&str] = &["SECRET", "TOKEN", "PASS", "KEY", "CRED", "PWD", "AUTH", "DSN", "URL", "URI", "CONN"];
/// What is in the names of options that take a secret.
const SECRET_OPTIONS: &[&str] = &["pass", "secret", "token", "key", "credential"];
/// Shorter pieces stand in any text.
const SHORTEST_PIECE: usize = 3;

/// Takes secrets out of text.
pub(crate) struct Veil {
    redactor: Redactor,
    pieces: RefCell<Vec<String>>,
}

impl Veil {
    /// For a subject: what the user gives, and what the container and the image set.
    pub(crate) fn of(subject: &Subject<'_>) -> Self {
        let mut veil = Self { redactor: Redactor::default(), pieces: RefCell::default() };
        let image = subject.image.config.env();
        for (name, value) in image.iter().filter(|(name, value)| is_secret_name(name) || value.contains("://")) {
            veil.add(name, value);
        }
        let container = subject.container.iter().flat_map(|container| &container.env);
        for (name, value) in subject.settings.env.iter().chain(container) {
            if !image.contains(&(name.clone(), value.clone())) && !is_plain(name, value) {
                veil.add(name, value);
            }
        }
        for pair in words(subject).windows(2) {
            if is_secret_option(&pair[0]) && !pair[1].starts_with('-') && pair[1].len() > SHORTEST_PIECE {
                veil.redactor.add_password(&pair[1]);
            }
        }
        veil
    }

    fn add(&mut self, name: &str, value: &str) {
        self.redactor.add_value(name, value);
        let inner = value::unquoted(value.trim());
        self.redactor.add_value(name, inner);
        let Some((_, rest)) = inner.split_once("://") else { return };
        let Some((user, _)) = rest.rsplit_once('@') else { return };
        let Some((_, password)) = user.split_once(':') else { return };
        self.redactor.add_password(password);
        let signs = ['@', '/', '#', '?', '%', ':', '[', ']'];
        let pieces = password.split(signs).filter(|piece| *piece != password && piece.len() >= SHORTEST_PIECE);
        self.pieces.get_mut().extend(pieces.map(str::to_owned));
    }

    /// Takes a password that was made for this examination.
    pub(crate) fn add_password(&self, password: &str) {
        self.pieces.borrow_mut().push(password.to_owned());
    }

    /// The text without secrets.
    pub(crate) fn over(&self, text: &str) -> String {
        let text = without_assigned(&self.redactor.redact(text));
        self.pieces.borrow().iter().fold(text, |text, piece| text.replace(piece.as_str(), "***"))
    }

    /// What a container said, on one line.
    pub(crate) fn quote(&self, text: &str) -> String {
        self.redactor.quote(&self.over(text))
    }
}

/// The command, word by word.
fn words(subject: &Subject<'_>) -> Vec<String> {
    let config = &subject.image.config;
    match &subject.container {
        Some(container) => [container.entrypoint.clone(), container.arguments.clone()].concat(),
        None => [config.entrypoint(), config.cmd()].concat(),
    }
}

fn is_secret_option(word: &str) -> bool {
    word.starts_with('-') && SECRET_OPTIONS.iter().any(|name| word.to_ascii_lowercase().contains(name))
}

/// The text without what is said to be a password or a key: `password=x`, `--token=x`, `"secret": "x"`, `Bearer x`.
fn without_assigned(text: &str) -> String {
    static ASSIGNED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(concat!(
            r#"(?i)(?P<name>(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|requirepass)["']?\s?=\s?["']?"#,
            r#"|(?:password|passwd|secret|token|api[_-]?key)["']\s*:\s*["']"#,
            r#"|\bBearer\s|--?(?:requirepass|password|passwd|secret|token|api-key)\s)(?P<value>[^\s"'`,;&…]{4,})"#,
        ))
        .ok()
    });
    ASSIGNED.as_ref().map_or_else(|| text.to_owned(), |assigned| assigned.replace_all(text, "$name***").into_owned())
}

fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    SECRET_NAMES.iter().any(|word| name.contains(word))
}

/// A path, a short lower-case word or a number, under a name that is not a secret's.
fn is_plain(name: &str, value: &str) -> bool {
    let is_word = value.len() <= 15
        && value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:_".contains(&byte));
    !is_secret_name(name) && (value.starts_with('/') || value.starts_with("./") || is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_to_be_a_secret_is_hidden() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(without_assigned(text), expected);
        }
        check("login failed: user=admin password=oar-66", "login failed: user=admin password=***");
        check("redis-server --requirepass hunter2", "redis-server --requirepass ***");
        check("{\"token\": \"oar-66\"}", "{\"token\": \"***\"}");
        check("Authorization: Bearer eyJhbGciOi.x", "Authorization: Bearer ***");
        check("/entry.sh: 3: TOKEN: parameter not set", "/entry.sh: 3: TOKEN: parameter not set");
        check("password authentication failed for user", "password authentication failed for user");
        check("start it with `--env API_TOKEN=…`", "start it with `--env API_TOKEN=…`");
    }
}
