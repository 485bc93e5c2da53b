//! Random, or typed by a person who wrote an example?

/// Words that stand in examples where a secret would stand.
const EXAMPLE_WORDS: [&[u8]; 9] =
    [b"example", b"xxxx", b"placeholder", b"redacted", b"changeme", b"your", b"dummy", b"sample", b"0000000"];

/// Whether bytes that have the form of a token may be one: many different characters, no example's words, no alphabet.
pub(super) fn is_random(bytes: &[u8]) -> bool {
    let wanted = match bytes.len() {
        0..=15 => 6,
        16..=39 => 8,
        _ => 10,
    };
    distinct(bytes) >= wanted && !is_example(bytes) && !is_sequence(bytes)
}

/// How many different bytes there are.
pub(super) fn distinct(bytes: &[u8]) -> usize {
    let mut seen = [false; 256];
    for &byte in bytes {
        seen[usize::from(byte)] = true;
    }
    seen.iter().filter(|&&seen| seen).count()
}

/// Whether a word of examples is in it, in any case.
pub(super) fn is_example(bytes: &[u8]) -> bool {
    EXAMPLE_WORDS.iter().any(|word| contains_ignoring_case(bytes, word))
}

pub(super) fn contains_ignoring_case(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

/// `abcdefgh12345678`: most characters follow the one before them.
fn is_sequence(bytes: &[u8]) -> bool {
    let steps = bytes.windows(2).filter(|pair| pair[1] == pair[0].wrapping_add(1)).count();
    steps * 2 > bytes.len()
}

/// The CRC-32 that GitHub and npm put behind the random part of their tokens (IEEE 802.3, reflected).
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// Base 62 as GitHub writes it, six digits.
pub(super) fn base62(mut number: u32) -> [u8; 6] {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = [b'0'; 6];
    for digit in text.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    text
}

/// Whether the Bech32 checksum of `AGE-SECRET-KEY-1…` is right (BIP 173).
pub(super) fn is_bech32(text: &[u8]) -> bool {
    const CHARSET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let text = text.to_ascii_lowercase();
    let Some(split) = text.iter().rposition(|&byte| byte == b'1') else { return false };
    let (prefix, data) = (&text[..split], &text[split + 1..]);
    let Some(data) = data
        .iter()
        .map(|byte| CHARSET.iter().position(|known| known == byte).and_then(|value| u32::try_from(value).ok()))
        .collect::<Option<Vec<_>>>()
    else {
        return false;
    };
    let high = prefix.iter().map(|&byte| u32::from(byte >> 5));
    let low = prefix.iter().map(|&byte| u32::from(byte & 31));
    let checksum = high.chain([0]).chain(low).chain(data).fold(1_u32, |sum, value| {
        const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
        let top = sum >> 25;
        let sum = ((sum & 0x01ff_ffff) << 5) ^ value;
        (0..5).filter(|bit| top >> bit & 1 == 1).fold(sum, |sum, bit| sum ^ GENERATOR[bit])
    });
    checksum == 1
}

/// Base 64 of either alphabet, with or without padding; stops at the first byte that is none.
pub(crate) fn base64(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for &byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => break,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_and_alphabets_are_not_random() {
        for (text, expected) in [
            ("AKIAIOSFODNN7EXAMPLE", false),
            ("xxxxxxxxxxxxxxxxxxxx", false),
            ("abcdefghijklmnop1234", false),
            ("1111222211112222", false),
            ("your-token-goes-here-9x", false),
            ("q8Zt1vPs0LmWx7RbN3cK", true),
            ("3f9a1c07be52d486", true),
        ] {
            assert_eq!(is_random(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn checksums_are_those_of_the_formats() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(&base62(0), b"000000");
        assert_eq!(&base62(62), b"000010");
        // From BIP 173.
        assert!(is_bech32(b"A12UEL5L"));
        assert!(is_bech32(b"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"));
        assert!(!is_bech32(b"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxx"));
        assert!(!is_bech32(b"none"));
    }

    #[test]
    fn base64_is_read_in_both_alphabets() {
        assert_eq!(base64(b"aGVsbG8="), b"hello");
        assert_eq!(base64(b"-_8"), base64(b"+/8="));
    }
}
