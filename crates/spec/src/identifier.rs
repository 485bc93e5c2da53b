//! Identifiers that authors put in front of a promise: `SC-1:`, `[SC-5]`, `**CON-001**:`, `CRS-0042-010`.

/// Words of the same form that are no identifiers.
const WORDS: &[&str] = &[
    "UTF-8", "UTF-16", "SHA-1", "SHA-256", "SHA-512", "ISO-8601", "TLS-1", "HTTP-1", "HTTP-2", "X86-64", "UTF8",
    "SHA256", "SHA1", "HTTP2", "HTTP3", "TLS1", "IPV4", "IPV6", "AMD64", "ARM64", "BASE64", "S3", "K8S", "OAUTH2",
    "H2", "MD5", "EC2", "P50", "P95", "P99", "LOG4J",
];
const LONGEST: usize = 24;

/// The identifier and the sentence behind it; `None` where the text begins with none.
pub(crate) fn split(text: &str) -> Option<(&str, &str)> {
    let (open, inside) = match text.strip_prefix(['[', '(']) {
        Some(inside) => (text.chars().next(), inside),
        None => (None, text),
    };
    let length = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '.').unwrap_or(inside.len());
    let (id, rest) = inside.split_at(length);
    let (id, rest) = match id.strip_suffix(['.', '-']) {
        Some(shorter) if open.is_none() => (shorter, &inside[shorter.len()..]),
        _ => (id, rest),
    };
    let rest = match open {
        Some('[') => rest.strip_prefix(']')?,
        Some(_) => rest.strip_prefix(')')?,
        None => rest,
    };
    if !is_identifier(id) {
        return None;
    }
    let sentence = rest.trim_start().trim_start_matches([':', '.', '-', '–', '—', '|']).trim_start();
    let is_marked =
        open.is_some() || rest.trim_start().starts_with([':', '-', '–', '—', '.', '|']) || id.contains(['-', '.']);
    (is_marked && !sentence.is_empty()).then_some((id, sentence))
}

/// Capitals, then numbers, perhaps with hyphens between them.
pub(crate) fn is_identifier(id: &str) -> bool {
    let letters = id.len() - id.trim_start_matches(|c: char| c.is_ascii_uppercase()).len();
    let numbers = &id[letters..];
    let digits = numbers.bytes().filter(u8::is_ascii_digit).count();
    let plain = numbers.chars().all(|c| c.is_ascii_digit() || c == '-' || c == '.' || c.is_ascii_uppercase());
    let most = if numbers.starts_with('-') { 8 } else { 4 };
    (1..=most).contains(&letters)
        && digits > 0
        && plain
        && id.len() <= LONGEST
        && !WORDS.iter().any(|word| id.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_known_by_their_form() {
        #[track_caller]
        fn check(text: &str, expected: Option<(&str, &str)>) {
            assert_eq!(split(text), expected, "{text}");
        }
        check("SC-1: No secrets in image", Some(("SC-1", "No secrets in image")));
        check("[SC-5] No secrets in image", Some(("SC-5", "No secrets in image")));
        check("(SC-4) No secrets in image", Some(("SC-4", "No secrets in image")));
        check("CON-001: x", Some(("CON-001", "x")));
        check("CRS-0042-010: x", Some(("CRS-0042-010", "x")));
        check("AC1: image builds", Some(("AC1", "image builds")));
        check("AC1. image builds", Some(("AC1", "image builds")));
        check("FR-003 no secrets", Some(("FR-003", "no secrets")));
        check("R2 — no secrets", Some(("R2", "no secrets")));
        check("NFR-SEC-02: x", Some(("NFR-SEC-02", "x")));
        check("C.3 The image is small", Some(("C.3", "The image is small")));
        check("PORT: 3000 by default", None);
        check("UTF-8: yes", None);
        check("IPV6: yes", None);
        check("AC1", None);
        check("SC-1:", None);
        check("A container", None);
        check("Image: x", None);
    }
}
