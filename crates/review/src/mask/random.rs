//! Text that looks random: keys without a name and without a known form.

use std::collections::BTreeSet;

use regex::Regex;

use super::pattern::Pattern;
use super::{Kind, Span};

static RUN: Pattern = Pattern::new(&[], || Regex::new(r"[A-Za-z0-9+/=_\-.~!%^#$&*@]{10,}"));

static UUID: Pattern =
    Pattern::new(&["-"], || Regex::new(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"));

/// What stands before a checksum that everybody may read.
const SUMS: &[&str] = &["sha256:", "sha512:", "sha384:", "sha1:", "sha512-", "sha256-", "sha384-", "md5:", "h1:"];

/// Runs of characters that no person would have written.
pub(super) fn random(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    for run in RUN.within(text).into_iter().flat_map(|regex| regex.find_iter(text)) {
        let before = &text[text.floor_char_boundary(run.start().saturating_sub(8))..run.start()];
        let is_sum = SUMS.iter().any(|sum| before.ends_with(sum) || run.as_str().starts_with(sum));
        if is_sum || !is_random(run.as_str()) {
            continue;
        }
        // Of a URL, the parts that look so.
        let is_url = run.as_str().starts_with("//");
        let parts = run.as_str().split_inclusive(|sign| is_url && matches!(sign, '/' | '@' | '?' | '&'));
        let mut at = run.start();
        for part in parts {
            if !is_url || is_random(part) {
                let end = at + part.trim_end_matches(['/', '@', '?', '&']).len().max(usize::from(!is_url) * part.len());
                found.push(Span { start: at, end, kind: Kind::Random });
            }
            at += part.len();
        }
    }
    found
}

/// Whether a part of it mixes its signs as words, versions and paths do not.
fn is_random(run: &str) -> bool {
    let parts = run.split(|sign: char| !sign.is_ascii_alphanumeric());
    let mixed = parts.filter(|part| part.len() >= 6).any(is_mixed);
    mixed || is_mixed_as_a_whole(run) || UUID.within(run).is_some_and(|regex| regex.is_match(run))
}

fn is_mixed(part: &str) -> bool {
    let bytes = part.as_bytes();
    let distinct = bytes.iter().collect::<BTreeSet<_>>().len();
    let has = |is: fn(&u8) -> bool| bytes.iter().any(is);
    let (lower, upper, digit) = (has(u8::is_ascii_lowercase), has(u8::is_ascii_uppercase), has(u8::is_ascii_digit));
    let changes = changes(bytes);
    let is_hex = bytes.iter().all(u8::is_ascii_hexdigit);
    if is_hex && part.len() >= 16 && distinct >= 5 && (digit && (lower || upper)) {
        return true;
    }
    if digit && lower && upper {
        return part.len() >= 8 && changes >= 3 && distinct >= 6;
    }
    if digit && (lower || upper) {
        return part.len() >= 8 && changes >= 4 && distinct >= 6;
    }
    if lower && upper {
        // `getElementsByTagName` has few changes for its length.
        return part.len() >= 12 && changes * 2 >= part.len();
    }
    (lower || upper) && part.len() >= 16 && is_unspeakable(part)
}

/// `aB3_dE5-gH7`: each part is too short to tell.
fn is_mixed_as_a_whole(run: &str) -> bool {
    let letters: Vec<u8> = run.bytes().filter(u8::is_ascii_alphanumeric).collect();
    let has = |is: fn(&u8) -> bool| letters.iter().any(is);
    let changes = changes(&letters) * 5;
    let is_dense =
        letters.len() >= 16 && changes >= letters.len() * 2 || letters.len() >= 9 && changes >= letters.len() * 3;
    is_dense && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit)
}

/// How often small letters, capitals and digits follow each other.
fn changes(bytes: &[u8]) -> usize {
    let class = |byte: u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    bytes.windows(2).filter(|pair| class(pair[0]) != class(pair[1])).count()
}

/// Fewer vowels than any word has.
fn is_unspeakable(word: &str) -> bool {
    let vowels = word.bytes().filter(|byte| b"aeiouyAEIOUY".contains(byte)).count();
    vowels * 6 < word.len() && word.bytes().collect::<BTreeSet<_>>().len() >= 6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_look_random_and_names_do_not() {
        for (text, expected) in [
            ("q8Zt1vPs0LmW", true),
            ("550e8400-e29b-41d4-a716-446655440000", true),
            ("3f9a1c07be52d4863f9a1c07", true),
            ("kJhGfDsAqWeRtYuIoPzX", true),
            ("qmzpxkvjwqhgtbcd", true),
            ("python3.12-alpine3.20", false),
            ("x86_64-unknown-linux-musl", false),
            ("PYTHONDONTWRITEBYTECODE", false),
            ("getElementsByTagName", false),
            ("org.opencontainers.image.source", false),
            ("containerization-spec.md", false),
            ("psycopg2-binary==2.9.9", false),
            ("nginxinc/nginx-unprivileged", false),
            ("debian:bookworm-20240110-slim", false),
            ("x-request-id", false),
            ("libgssapi-krb5-2", false),
            ("eclipse-temurin:21-jre-alpine", false),
        ] {
            let found = random(text);
            assert_eq!(!found.is_empty(), expected, "{text}");
        }
        assert!(random("@sha256:3f9a1c07be52d4863f9a1c073f9a1c07be52d4863f9a1c07").is_empty());
    }
}
