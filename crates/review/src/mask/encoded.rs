//! Secrets in another dress: base 64, hexadecimal, percent-encoding.

use std::fmt::Write as _;

use regex::Regex;

use super::pattern::Pattern;
use super::{Kind, Span};

static BASE64: Pattern = Pattern::new(&[], || Regex::new(r"[A-Za-z0-9+/_\-]{8,}={0,2}"));
static HEX: Pattern = Pattern::new(&[], || {
    Regex::new(r"(?i)(?:0x)?[0-9a-f]{12,}|(?:\\x[0-9a-f]{2}){4,}|(?:[0-9a-f]{2}[: ]){5,}[0-9a-f]{2}")
});
/// Every sign escaped: nobody writes a plain word like that.
static ESCAPED: Pattern = Pattern::new(&["%", "\\u", "&#", "\\"], || {
    Regex::new(r"(?i)(?:%[0-9a-f]{2}){4,}|(?:\\u[0-9a-f]{4}){4,}|(?:&#x?[0-9a-f]+;){4,}|(?:\\[0-7]{3}){4,}")
});
/// A shorter secret would stand in base 64 of anything.
const SHORTEST: usize = 6;

/// Base 64 and hexadecimal that hold readable text.
pub(super) fn encoded(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    for run in BASE64.within(text).into_iter().flat_map(|regex| regex.find_iter(text)) {
        if is_hidden_text(run.as_str()) {
            found.push(Span { start: run.start(), end: run.end(), kind: Kind::Encoded });
        }
    }
    for run in HEX.within(text).into_iter().flat_map(|regex| regex.find_iter(text)) {
        if is_readable(&from_hex(run.as_str())) {
            found.push(Span { start: run.start(), end: run.end(), kind: Kind::Encoded });
        }
    }
    let escaped = ESCAPED.within(text).into_iter().flat_map(|regex| regex.find_iter(text));
    found.extend(escaped.map(|run| Span { start: run.start(), end: run.end(), kind: Kind::Encoded }));
    found
}

/// Whether it is base 64 of text, and no word itself.
fn is_hidden_text(run: &str) -> bool {
    let body = run.trim_end_matches('=');
    let is_padded = run.len() != body.len() && run.len().is_multiple_of(4);
    let has = |is: fn(&u8) -> bool| body.as_bytes().iter().any(is);
    let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    let bytes = from_base64(body);
    (is_padded || is_mixed && run.len().is_multiple_of(4) && run.len() >= 12) && is_readable(&bytes)
}

fn is_readable(bytes: &[u8]) -> bool {
    bytes.len() >= SHORTEST - 1 && bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t'))
}

/// A secret as it stands in base 64, wherever it begins there, in hexadecimal, in a URL and in JSON.
pub(super) fn forms(secret: &str) -> Vec<String> {
    let mut forms = Vec::new();
    if secret.len() >= SHORTEST {
        for offset in 0..3 {
            let inside = inside_base64(secret.as_bytes(), offset);
            forms.push(inside.replace('+', "-").replace('/', "_"));
            forms.push(inside);
        }
        let hex = secret.bytes().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        forms.push(hex.to_uppercase());
        forms.push(hex);
        forms.push(secret.chars().rev().collect());
    }
    let percent = |is_kept: fn(u8) -> bool| {
        secret.bytes().fold(String::new(), |mut text, byte| {
            if is_kept(byte) {
                text.push(char::from(byte));
            } else {
                let _ = write!(text, "%{byte:02X}");
            }
            text
        })
    };
    forms.push(percent(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)));
    forms.push(percent(|_| false));
    forms.push(percent_decoded(secret));
    forms.push(secret.replace('$', "$$"));
    forms.retain(|form| form.len() >= super::SHORTEST && form != secret);
    forms.sort();
    forms.dedup();
    forms
}

pub(super) fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        let value = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[at], value) {
            (b'%', Some(value)) => {
                decoded.push(value);
                at += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn from_hex(run: &str) -> Vec<u8> {
    let digits: Vec<u8> = run.trim_start_matches("0x").replace("\\x", "").replace([':', ' '], "").into_bytes();
    if digits.len() % 2 == 1 {
        return Vec::new();
    }
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(byte).collect::<Option<Vec<u8>>>().unwrap_or_default()
}

fn from_base64(body: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for byte in body.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            _ => 63,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    bytes
}

/// The characters that stand for these bytes and no others wherever the text is `offset` bytes into a group of three.
fn inside_base64(bytes: &[u8], offset: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |index: usize| bytes[(index / 8) - offset] >> (7 - index % 8) & 1;
    let (first, end) = ((offset * 8).div_ceil(6), (offset + bytes.len()) * 8 / 6);
    let sextet = |place: usize| (0..6).fold(0, |value, index| value << 1 | bit(place * 6 + index));
    (first..end).map(|place| char::from(ALPHABET[usize::from(sextet(place))])).collect()
}
