//! PEM: a label, and bytes as base64 between two lines.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Characters of a line.
const LINE: usize = 64;

/// The bytes of the first block that has one of the labels, and which label that is.
///
/// # Errors
///
/// Fails with the label that was found instead, or with nothing where the text holds no whole block.
pub(crate) fn decode(
    text: &str,
    labels: &[&'static str],
) -> Result<(&'static str, Zeroizing<Vec<u8>>), Option<String>> {
    let mut other = None;
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let Some((label, after)) = after.split_once("-----") else { break };
        let Some((body, after)) = after.split_once(&format!("-----END {label}-----")) else { break };
        if let Some(known) = labels.iter().find(|known| **known == label) {
            return match bytes(body) {
                Some(bytes) => Ok((known, bytes)),
                None => Err(None),
            };
        }
        other.get_or_insert_with(|| label.chars().take(60).collect());
        rest = after;
    }
    Err(other)
}

fn bytes(body: &str) -> Option<Zeroizing<Vec<u8>>> {
    let packed: Zeroizing<Vec<u8>> = Zeroizing::new(body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect());
    STANDARD.decode(&*packed).ok().map(Zeroizing::new)
}

/// The bytes under a label.
pub(crate) fn encode(label: &str, bytes: &[u8]) -> Zeroizing<String> {
    let packed = Zeroizing::new(STANDARD.encode(bytes));
    let mut out = Zeroizing::new(String::with_capacity(packed.len() * 2 + 2 * label.len() + 64));
    out.extend(["-----BEGIN ", label, "-----\n"]);
    let mut rest = packed.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    out.extend(["-----END ", label, "-----\n"]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_behind_other_blocks() {
        let bytes: Vec<u8> = (0..=200).collect();
        let text = format!("words\n{}{}", &*encode("EC PARAMETERS", b"x"), &*encode("PRIVATE KEY", &bytes));
        assert!(text.lines().all(|line| line.len() <= LINE));
        let (label, read) = decode(&text.replace('\n', "\r\n"), &["EC PRIVATE KEY", "PRIVATE KEY"]).unwrap();
        assert_eq!((label, &*read), ("PRIVATE KEY", &bytes));
    }

    #[test]
    fn what_is_not_a_wanted_block_is_told() {
        #[track_caller]
        fn check(text: &str, expected: Option<&str>) {
            assert_eq!(decode(text, &["PRIVATE KEY"]).unwrap_err().as_deref(), expected);
        }
        check("", None);
        check("-----BEGIN PRIVATE KEY-----\nAAAA\n", None);
        check("-----BEGIN PRIVATE KEY", None);
        check("-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----", None);
        check("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", Some("PUBLIC KEY"));
    }
}
