//! Private keys in text form: PEM, OpenSSH, PGP, and PEM inside base 64.

use super::place::Place;
use super::plausible::{base64, distinct};
use super::{Hit, Strength};

/// How every such block begins.
pub(super) const BEGIN: &str = "-----BEGIN ";
/// The same, three ways, behind base 64: how Kubernetes and CI systems carry it.
pub(super) const BEGIN_BASE64: &str = "LS0tLS1CRUdJTi";

/// Characters of the body that are looked at.
const BODY: usize = 64;
/// An Ed25519 key, the shortest, has 64.
const LEAST: usize = 60;

/// A private key whose block begins here. A beginning without a body, as it stands in every TLS library, is none.
pub(super) fn block(place: &Place) -> Option<Hit> {
    let text = place.rest();
    let (hit, after) = read(text);
    place.spend(text.len() - after.len());
    hit
}

/// A private key behind base 64.
pub(super) fn block_in_base64(place: &Place) -> Option<Hit> {
    // Most such blocks are certificates: the label tells.
    let label = base64(place.ahead(0, 64));
    label.windows(11).any(|window| window == b"PRIVATE KEY").then_some(())?;
    read(&base64(place.ahead(0, 1024))).0
}

/// The key in a text that begins with [`BEGIN`], and what was not looked at.
fn read(begin: &[u8]) -> (Option<Hit>, &[u8]) {
    let Some(after) = begin.strip_prefix(BEGIN.as_bytes()) else { return (None, begin) };
    let label = &after[..after.iter().take(48).position(|&byte| byte == b'-').unwrap_or(0)];
    let (Some(kind), Some(text)) = (kind(label), after[label.len()..].strip_prefix(b"-----")) else {
        return (None, after);
    };
    let mut encrypted = label.starts_with(b"ENCRYPTED");
    let mut text = skip_separators(text);
    while let Some((header, rest)) = header(text) {
        encrypted |= header.windows(9).any(|window| window == b"ENCRYPTED");
        text = skip_separators(rest);
    }
    let (body, text) = body(text);
    if body.len() < LEAST || distinct(&body) < 12 {
        return (None, text);
    }
    let known = match label {
        b"OPENSSH PRIVATE KEY" => body.starts_with(b"b3BlbnNzaC1rZXkt"),
        b"PGP PRIVATE KEY BLOCK" => base64(&body).first().is_some_and(|byte| byte & 0x80 != 0),
        // ASN.1: a sequence.
        _ => encrypted || base64(&body).first() == Some(&0x30),
    };
    let kind = if encrypted { "encrypted private key" } else { kind };
    (Some(Hit { kind, strength: if known { Strength::Certain } else { Strength::Doubtful } }), text)
}

fn kind(label: &[u8]) -> Option<&'static str> {
    Some(match label {
        b"RSA PRIVATE KEY" => "RSA private key",
        b"EC PRIVATE KEY" => "EC private key",
        b"DSA PRIVATE KEY" => "DSA private key",
        b"OPENSSH PRIVATE KEY" => "OpenSSH private key",
        b"PGP PRIVATE KEY BLOCK" => "PGP private key",
        b"ENCRYPTED PRIVATE KEY" => "encrypted private key",
        _ if label.ends_with(b"PRIVATE KEY") => "private key",
        _ => return None,
    })
}

/// Line ends, real or escaped, and what stands around lines in source code.
fn skip_separators(mut text: &[u8]) -> &[u8] {
    loop {
        text = match text {
            [b'\\', b'n' | b'r' | b't' | b'\\' | b'\n', rest @ ..]
            | [b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b',' | b'+' | b'|' | b'#', rest @ ..] => rest,
            _ => return text,
        };
    }
}

/// `Proc-Type: 4,ENCRYPTED`, `Version: GnuPG v2`, up to its line's end.
fn header(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = text.iter().take(32).position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-')?;
    if text[colon] != b':' || text.get(colon + 1) != Some(&b' ') {
        return None;
    }
    let end = text.iter().take(200).position(|&byte| matches!(byte, b'\n' | b'\\' | b'"'))?;
    Some(text.split_at(end))
}

/// The first characters of the base 64 text, lines joined, and what follows them.
fn body(mut text: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut body = Vec::with_capacity(BODY);
    while body.len() < BODY {
        match text {
            [byte, rest @ ..] if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+' | b'=') => {
                body.push(*byte);
                text = rest;
            }
            _ => {
                let rest = skip_separators(text);
                if rest.len() == text.len() {
                    break;
                }
                text = rest;
            }
        }
    }
    (body, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "MIIEowIBAAKCAQEA3Tz2mr7SZiAMfQyuvBjM9Oi+Yt6Pm5xkZtRHqXvJ0dSQk7Wb\nq8Zt1vPs0LmWx7RbN3cK\n";

    #[track_caller]
    fn check(label: &str, body: &str, expected: Option<(&str, Strength)>) {
        let text = format!("{BEGIN}{label}-----{body}");
        let found = block(&Place::new(b"", text.as_bytes()));
        assert_eq!(found.map(|hit| (hit.kind, hit.strength)), expected, "{label} {body}");
        let wrapped = crate::image::tests::base64(text.as_bytes());
        assert!(wrapped.starts_with(BEGIN_BASE64));
        assert_eq!(block_in_base64(&Place::new(b"", wrapped.as_bytes())), found, "{label} {body}");
    }

    #[test]
    fn a_key_is_a_beginning_with_a_body() {
        let rsa = Some(("RSA private key", Strength::Certain));
        let openssh = format!("\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAA{BODY}");
        for (label, body, expected) in [
            ("RSA PRIVATE KEY", format!("\n{BODY}"), rsa),
            ("RSA PRIVATE KEY", format!("\r\n{BODY}"), rsa),
            ("RSA PRIVATE KEY", BODY.replace('\n', "\\n"), rsa),
            ("RSA PRIVATE KEY", format!("\\n{}", BODY.replace('\n', "\\n")), rsa),
            ("RSA PRIVATE KEY", format!(" {}", BODY.replace('\n', " ")), rsa),
            ("RSA PRIVATE KEY", format!("\\n\"\n  \"{}", BODY.replace('\n', "\\n\"\n  \"")), rsa),
            ("PRIVATE KEY", format!("\n{BODY}"), Some(("private key", Strength::Certain))),
            ("EC PRIVATE KEY", format!("\n{BODY}"), Some(("EC private key", Strength::Certain))),
            ("ENCRYPTED PRIVATE KEY", format!("\n{BODY}"), Some(("encrypted private key", Strength::Certain))),
            (
                "RSA PRIVATE KEY",
                format!("\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nq{BODY}"),
                Some(("encrypted private key", Strength::Certain)),
            ),
            ("OPENSSH PRIVATE KEY", openssh, Some(("OpenSSH private key", Strength::Certain))),
            (
                "PGP PRIVATE KEY BLOCK",
                format!("\nVersion: GnuPG v2\n\nlQOY{BODY}"),
                Some(("PGP private key", Strength::Certain)),
            ),
            ("RSA PRIVATE KEY", format!("\nq{BODY}"), Some(("RSA private key", Strength::Doubtful))),
            ("RSA PRIVATE KEY", "\n".to_owned(), None),
            ("RSA PRIVATE KEY", "\0-----END RSA PRIVATE KEY-----".to_owned(), None),
            ("RSA PRIVATE KEY", "\nMIIEowIBAAKCAQEA...\n-----END".to_owned(), None),
            ("RSA PRIVATE KEY", format!("\n{}", "A".repeat(200)), None),
            ("CERTIFICATE", format!("\n{BODY}"), None),
            ("RSA PUBLIC KEY", format!("\n{BODY}"), None),
        ] {
            check(label, &body, expected);
        }
    }
}
