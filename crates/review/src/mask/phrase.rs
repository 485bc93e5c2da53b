//! Sentences that tell a password.

use regex::Regex;

use super::pattern::Pattern;
use super::{Kind, Span};

const SUBJECT: &str = r"(?:password|passwords|passwd|passphrase|passcode|passwort|kennwort|contraseña|senha|mot de passe|пароль|密码|pass|pwd|pw|secret|token|api[ _-]?key|access[ _-]?key|secret[ _-]?key|key|credentials?|creds|login|pin|otp)";
/// The words of [`SUBJECT`], or how the longer of them begin and end. Those that are not ASCII are in both cases.
const SUBJECTS: &[&str] = &[
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "passcode",
    "passwort",
    "kennwort",
    "contraseña",
    "contraseÑa",
    "senha",
    "passe",
    "пароль",
    "ПАРОЛЬ",
    "Пароль",
    "密码",
    "pass",
    "pwd",
    "pw",
    "secret",
    "token",
    "key",
    "apikey",
    "api_key",
    "accesskey",
    "access_key",
    "secretkey",
    "secret_key",
    "credential",
    "credentials",
    "creds",
    "login",
    "pin",
    "otp",
];

/// `the password is hunter2`, `token for CI → abc123`, `password of the admin: hunter2`
static IS: Pattern = Pattern::of_words(SUBJECTS, || {
    Regex::new(&format!(
        r#"(?i)\b{SUBJECT}\b[^\n.:=→&|;(]{{0,40}}?(?:\bis\b|\bist\b|\best\b|\breads\b|\bequals\b|\bremains\b|\bwas\b|\bare\b|\bbecomes?\b|=|:|->|→|⇒)\s*["'`*(]{{0,2}}([^\s"'`]{{3,}})"#
    ))
});
/// ``password `hunter2` ``, `password "hunter2"`, `password (hunter2)`
static QUOTED: Pattern = Pattern::of_words(SUBJECTS, || {
    let quoted = r#"(?:"([^"\n]{2,})"|'([^'\n]{2,})'|`([^`\n]{2,})`|\(([^()\n]{2,})\)|[“«]([^”»\n]{2,})[”»])"#;
    Regex::new(&format!(r"(?i)\b{SUBJECT}(?:\s*[:=]\s*|\s+){quoted}"))
});
/// `password hunter2`
static NEXT: Pattern = Pattern::of_words(
    &[
        "password",
        "passwd",
        "passphrase",
        "passcode",
        "passwort",
        "pwd",
        "pw",
        "pass",
        "token",
        "secret",
        "key",
        "pin",
        "otp",
        "requirepass",
        "masterauth",
    ],
    || {
        Regex::new(
            r#"(?i)\b(password|passwd|passphrase|passcode|passwort|pwd|pw|pass|token|secret|key|pin|otp|requirepass|masterauth)[ \t]+([^\s"'`]{3,})"#,
        )
    },
);
/// `Bearer abc`, `Basic dXNlcjpwYXNz`
static SCHEME: Pattern = Pattern::of_words(&["bearer", "basic", "digest", "negotiate", "apikey", "token"], || {
    Regex::new(
        r"(?i)(authorization\s*[:=]\s*)?\b(?:bearer|basic|digest|negotiate|apikey|token)\s+([A-Za-z0-9._~+/=:\-]{6,})",
    )
});
/// `admin / hunter2`, `admin:hunter2`, `as admin with hunter2`
static LOGIN: Pattern = Pattern::of_words(&["admin", "administrator", "root", "sa", "superuser", "demo"], || {
    Regex::new(
        r#"(?i)(?:^|[\s("'`])(?:admin|administrator|root|sa|superuser|demo)(?:\s*:\s*|\s+/\s+|\s+with\s+)["'`]?([^\s"'`,;)]{4,})"#,
    )
});

/// How a sentence goes on that tells no password.
const GOES_ON: &[&str] = &[
    "can",
    "ist",
    "est",
    "is",
    "was",
    "in",
    "for",
    "of",
    "and",
    "or",
    "at",
    "to",
    "by",
    "via",
    "from",
    "through",
    "that",
    "which",
    "must",
    "may",
    "should",
    "will",
    "not",
    "never",
    "has",
    "have",
    "with",
    "without",
    "passed",
    "provided",
    "given",
    "rotated",
    "changes",
    "changed",
    "file",
    "files",
    "hash",
    "hashes",
    "hashing",
    "policy",
    "reset",
    "manager",
    "based",
    "authentication",
    "protected",
    "stored",
    "leaked",
    "required",
    "needed",
    "only",
    "are",
    "the",
    "a",
    "an",
    "on",
    "as",
    "rotation",
    "there",
    "where",
    "when",
    "if",
    "then",
    "do",
    "does",
    "it",
    "its",
    "variable",
    "variables",
    "environment",
    "be",
    "used",
    "set",
    "read",
    "mounted",
    "kept",
    "taken",
    "url",
    "urls",
    "store",
    "management",
    "scan",
    "scanning",
    "out",
    "into",
    "per",
    "no",
    "any",
    "all",
    "this",
    "these",
    "so",
    "but",
    "nor",
    "too",
    "also",
    "names",
    "name",
    "value",
    "values",
    "check",
    "checks",
    "here",
    "found",
    "exists",
    "exposed",
    "logged",
    "printed",
    "baked",
    "hardcoded",
    "injected",
    "supplied",
    "stays",
    "remain",
    "remains",
    "than",
    "because",
    "since",
    "like",
    "such",
    "page",
    "server",
    "material",
    "access",
    "database",
    "goes",
    "comes",
    "lies",
    "<secret",
    "optional",
    "configurable",
    "rest",
    "mandatory",
    "unset",
    "empty",
    "missing",
    "absent",
    "present",
    "available",
    "always",
    "ever",
    "once",
    "again",
    "api",
    "endpoint",
    "endpoints",
    "signing",
    "encryption",
    "expires",
    "expiry",
    "auth",
    "login",
    "id",
    "ids",
    "form",
    "hidden",
    "pair",
    "pairs",
    "size",
    "length",
    "wrong",
    "right",
    "new",
    "old",
    "own",
    "good",
    "bad",
    "valid",
    "invalid",
    "ring",
];

pub(super) fn phrases(text: &str) -> Vec<Span> {
    let span = |found: regex::Match<'_>| Span { start: found.start(), end: found.end(), kind: Kind::Phrase };
    let mut all = Vec::new();
    for captures in IS.within(text).into_iter().flat_map(|regex| regex.captures_iter(text)) {
        // `/etc/passwd`
        let is_path = captures.get(0).is_some_and(|all| text[..all.start()].ends_with('/'));
        all.extend(captures.get(1).filter(|found| !is_path && is_told(found.as_str())).map(span));
    }
    for captures in QUOTED.within(text).into_iter().flat_map(|regex| regex.captures_iter(text)) {
        let value = captures.iter().skip(1).flatten().next();
        // `the key `Version``: keys are also what a table has.
        let is_weak = captures[0].to_lowercase().starts_with("key");
        let may_be = |value: &str| !is_weak || value.len() > 11 || value.bytes().any(|byte| byte.is_ascii_digit());
        let value = value.filter(|found| is_told(found.as_str()) && !is_name(found.as_str()) && may_be(found.as_str()));
        all.extend(value.map(span));
    }
    for captures in NEXT.within(text).into_iter().flat_map(|regex| regex.captures_iter(text)) {
        let (Some(subject), Some(value)) = (captures.get(1), captures.get(2)) else { continue };
        let is_weak = ["token", "secret", "key", "pass"].contains(&subject.as_str().to_lowercase().as_str());
        let has_digit = value.as_str().bytes().any(|byte| byte.is_ascii_digit());
        if is_told(value.as_str()) && !is_name(value.as_str()) && (!is_weak || has_digit) {
            all.push(span(value));
        }
    }
    for captures in SCHEME.within(text).into_iter().flat_map(|regex| regex.captures_iter(text)) {
        let is_header = captures.get(1).is_some();
        let is_word = |value: &str| value.bytes().all(|byte| byte.is_ascii_lowercase() || b"-.:".contains(&byte));
        all.extend(
            captures
                .get(2)
                .filter(|value| is_header || !is_word(value.as_str()))
                .filter(|value| is_told(value.as_str()))
                .map(span),
        );
    }
    for captures in LOGIN.within(text).into_iter().flat_map(|regex| regex.captures_iter(text)) {
        let is_group = |value: &str| {
            // `root:x:0:0:` is a line of a list of users.
            let is_listed = ["x:", "*:", "!:"].iter().any(|mark| value.starts_with(mark));
            is_listed
                || matches!(value, "root" | "admin" | "wheel" | "nogroup" | "users")
                || value.starts_with(['/', '$', '<'])
        };
        all.extend(captures.get(1).filter(|value| !is_group(value.as_str())).map(span));
    }
    all
}

/// Whether what stands there may be a password.
fn is_told(value: &str) -> bool {
    let word = value.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let is_reference = value.starts_with(['$', '{', '<', '/', '-', '|', '&', '\\', '=', '[']);
    !is_reference && !word.is_empty() && !GOES_ON.contains(&word.as_str())
}

/// `DATABASE_URL_FILE`, `make_password`: a name, in capitals or with underscores, and no digits.
fn is_name(value: &str) -> bool {
    let word = value.trim_matches(|c: char| !c.is_alphanumeric());
    word.contains('_') && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') && word.len() > 3
}
