//! Secrets in the Dockerfile itself: by the names of variables, and by their form. No value is ever shown.

use std::ops::Range;

use seaworthy_spec::is_secret_variable;

use super::super::file::{Step, What};
use super::super::pairs::Pair;
use super::super::scene::{Found, Scene};
use super::Check;
use crate::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check { rule: &SECRET_IN_ENV, find: secret_in_env },
    Check { rule: &SECRET_IN_ARG, find: secret_in_arg },
    Check { rule: &SECRET_IN_COMMAND, find: secret_in_command },
];

static SECRET_IN_ENV: Rule = Rule {
    id: "secret-in-env",
    severity: Severity::Error,
    title: "ENV holds a secret",
    why: "The value stands in the image's config: `docker inspect` shows it to whoever pulls the image.",
    bad: "ENV DATABASE_PASSWORD=…",
    good: "docker run --env DATABASE_PASSWORD …",
};

static SECRET_IN_ARG: Rule = Rule {
    id: "secret-in-arg",
    severity: Severity::Error,
    title: "ARG takes a secret",
    why: "Values of build arguments stand in the image's history: `docker history` shows them to whoever pulls the image.",
    bad: "ARG NPM_TOKEN\nRUN npm ci",
    good: "RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci",
};

static SECRET_IN_COMMAND: Rule = Rule {
    id: "secret-in-command",
    severity: Severity::Error,
    title: "A command holds a secret",
    why: "The line stands in the image's history, and in the repository: whoever reads one of them has the key.",
    bad: "RUN git clone https://ann:…@github.com/acme/app",
    good: "RUN --mount=type=ssh git clone git@github.com:acme/app",
};

/// Whether a variable of this name holds a secret, or half of one.
pub fn is_secret_name(name: &str) -> bool {
    is_secret_variable(name) || name.eq_ignore_ascii_case("AWS_ACCESS_KEY_ID")
}

/// Beginnings of keys that their issuers give a form of their own.
const FORMS: &[(&str, usize)] = &[
    ("ghp_", 36),
    ("gho_", 36),
    ("ghs_", 36),
    ("github_pat_", 40),
    ("glpat-", 20),
    ("sk_live_", 16),
    ("rk_live_", 16),
    ("sk-ant-", 20),
    ("sk-proj-", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 35),
    ("npm_", 36),
    ("pypi-", 40),
    ("dckr_pat_", 20),
    ("SG.", 40),
    ("hvs.", 20),
];

/// Whether a text holds a key of a known form, a private key, or a login in a URL.
fn has_secret_form(text: &str) -> bool {
    FORMS.iter().any(|(start, length)| has_form(text, start, *length))
        || text.contains("-----BEGIN") && text.contains("PRIVATE KEY-----")
        || has_login(text)
}

fn has_form(text: &str, start: &str, length: usize) -> bool {
    text.match_indices(start).any(|(at, _)| key_at(text, at, start, length).is_some())
}

/// The bytes of a key that begins at `at`, if it is one.
fn key_at(text: &str, at: usize, start: &str, length: usize) -> Option<Range<usize>> {
    let is_key = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if text[..at].chars().next_back().is_some_and(is_key) {
        return None;
    }
    let rest = &text[at + start.len()..];
    let found = rest.find(|c| !is_key(c)).unwrap_or(rest.len());
    (found >= length).then_some(at..at + start.len() + found)
}

/// A text for a message: keys of known forms and logins in URLs are hidden.
pub(in crate::dockerfile) fn redacted(text: &str) -> String {
    let mut hidden: Vec<Range<usize>> = FORMS
        .iter()
        .flat_map(|(start, length)| text.match_indices(start).filter_map(|(at, _)| key_at(text, at, start, *length)))
        .chain(logins(text))
        .collect();
    hidden.sort_by_key(|range| range.start);
    let (mut result, mut at) = (String::new(), 0);
    for range in hidden.into_iter().filter(|range| !range.is_empty()) {
        if range.start >= at {
            result.push_str(&text[at..range.start]);
            result.push_str("***");
            at = range.end;
        }
    }
    result + &text[at..]
}

/// Whether lines hold what must not be shown: no diff is made of them.
pub(in crate::dockerfile) fn holds_secret(text: &str) -> bool {
    let is_named = |word: &str| {
        let word = word.trim_matches(['"', '\'', '`', ';', '\\']);
        let (name, value) = word.split_once('=').unwrap_or((word, "x"));
        let is_option = word.starts_with("--") || word.contains('=');
        is_option && !value.is_empty() && !value.starts_with('$') && is_secret_name(name.trim_start_matches('-'))
    };
    has_secret_form(text)
        || text.contains("Bearer ")
        || text.contains("Authorization:")
        || text.split_whitespace().any(is_named)
}

/// `https://ann:password@host`: a password that is no variable and no example.
fn has_login(text: &str) -> bool {
    logins(text).any(|range| text[range].split_once(':').is_some_and(|(_, password)| is_value(password)))
}

/// The bytes between `://` and `@`.
fn logins(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices("://").filter_map(|(at, _)| {
        let start = at + 3;
        let rest = &text[start..];
        // A login ends before the path: what is longer is none.
        let end = rest.find(|c: char| c.is_whitespace() || "/\"'`".contains(c)).unwrap_or(rest.len()).min(1_000);
        let at = rest.get(..end)?.rfind('@')?;
        Some(start..start + at)
    })
}

/// Whether this is a value, and neither a variable nor a stand-in for one.
fn is_value(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let stand_ins = [
        "changeme",
        "change-me",
        "change_me",
        "password",
        "secret",
        "xxx",
        "***",
        "…",
        "placeholder",
        "dummy",
        "example",
        "none",
        "null",
        "todo",
        "build-time",
    ];
    let is_stand_in = stand_ins.contains(&lower.as_str()) || (text.starts_with('<') && text.ends_with('>'));
    !text.is_empty() && !text.contains('$') && !is_stand_in
}

fn secret_in_env(scene: &Scene<'_>, found: &mut Found) {
    tell(
        scene,
        found,
        |what| if let What::Env(pairs) = what { Some(pairs) } else { None },
        "give it to the container: `docker run --env NAME`, or a mounted file",
    );
}

fn secret_in_arg(scene: &Scene<'_>, found: &mut Found) {
    tell(
        scene,
        found,
        |what| if let What::Arg(pairs) = what { Some(pairs) } else { None },
        "mount it for the step that needs it: `RUN --mount=type=secret`",
    );
}

fn tell(scene: &Scene<'_>, found: &mut Found, pairs: fn(&What) -> Option<&Vec<Pair>>, advice: &str) {
    for step in scene.file.globals.iter().chain(scene.file.steps()) {
        let Some(pairs) = pairs(&step.what) else { continue };
        // An empty value, or another variable's, is none.
        let is_arg = matches!(step.what, What::Arg(_));
        let by_name = |pair: &&Pair| {
            is_secret_name(&pair.name)
                && (is_arg || pair.value.as_deref().is_some_and(|value| !value.is_empty() && !value.starts_with('/')))
        };
        let by_form = |pair: &&Pair| pair.value.as_deref().is_some_and(has_secret_form);
        if let Some(pair) = pairs.iter().find(|pair| by_name(pair) || by_form(pair)) {
            let how = if by_name(&pair) {
                "is a secret by its name"
            } else {
                "has a value that looks like a key or a password"
            };
            found.at(step, format!("`{}` {how}", pair.name), advice);
        }
    }
}

fn secret_in_command(scene: &Scene<'_>, found: &mut Found) {
    let is_told = |step: &&Step| !matches!(step.what, What::Env(_) | What::Arg(_));
    for step in scene.file.steps().filter(is_told) {
        let range = scene.file.lines.range(step.first, step.last);
        if has_secret_form(&scene.file.lines.text[range]) {
            found.at(
                step,
                "it holds what looks like a key or a password",
                "mount it for this step: `RUN --mount=type=secret`; and replace the key, it is no longer secret",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_hides_keys_and_logins() {
        assert_eq!(
            redacted("pip install git+https://ann:s3cr3t@host/x and `b`"),
            "pip install git+https://***@host/x and `b`"
        );
        assert_eq!(redacted(&format!("a ghp_{} b", "a1".repeat(18))), "a *** b");
        assert_eq!(redacted("nothing https://host/@x"), "nothing https://host/@x");
        assert!(holds_secret("RUN TOKEN=abc npm ci") && holds_secret("RUN login --password=abc"));
        assert!(!holds_secret("RUN npm ci --omit=dev && A=1 b"));
    }

    #[test]
    fn names_and_forms_of_secrets_are_known() {
        for name in [
            "DATABASE_PASSWORD",
            "NPM_TOKEN",
            "API_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "db_pass",
            "DBPASSWORD",
            "AWS_ACCESS_KEY_ID",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "PASSWORD_FILE",
            "TOKEN_TTL",
            "KEYBOARD",
            "PATH",
            "MONKEY",
            "COMPASS",
            "SECRET_NAME",
            "SSH_KEY_PATH",
            "BYPASS_CACHE",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
        let token = format!("ghp_{}", "a1".repeat(18));
        for text in [token.as_str(), "https://ann:s3cr3t@host/x", "postgresql://a:b1@h/d"] {
            assert!(has_secret_form(text), "{text}");
        }
        for text in [
            "https://ann:$TOKEN@host",
            "https://host/a@b",
            "git@github.com:acme/app",
            "ghp_short",
            "https://user:password@host",
        ] {
            assert!(!has_secret_form(text), "{text}");
        }
    }
}
