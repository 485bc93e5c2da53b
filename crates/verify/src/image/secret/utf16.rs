//! Text in UTF-16, as PowerShell and Windows' editors write it, to bytes that the search reads.

/// Reads UTF-16 piece by piece.
#[derive(Debug)]
pub(crate) struct Utf16 {
    big_endian: bool,
    /// The first byte of a pair that is not whole yet.
    half: Option<u8>,
    /// The first of two units that are one character.
    high: Option<u16>,
}

impl Utf16 {
    /// By a file's first bytes: a byte order mark, or letters of ASCII with a zero beside each.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        let new = |big_endian| Some(Self { big_endian, half: None, high: None });
        match head {
            // Four bytes a character: not met in files that people write.
            [0xff, 0xfe, 0, 0, ..] => return None,
            [0xff, 0xfe, ..] => return new(false),
            [0xfe, 0xff, ..] => return new(true),
            _ => {}
        }
        let head = &head[..head.len().min(64) / 2 * 2];
        let is_text = |byte: u8| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let all = |text: usize| head.chunks(2).all(|pair| is_text(pair[text]) && pair[1 - text] == 0);
        match head.len() {
            0..16 => None,
            _ if all(0) => new(false),
            _ if all(1) => new(true),
            _ => None,
        }
    }

    /// The next bytes as UTF-8. What is no character is left out.
    pub(crate) fn push(&mut self, bytes: &[u8], text: &mut String) {
        for &byte in bytes {
            let Some(first) = self.half.take() else {
                self.half = Some(byte);
                continue;
            };
            let unit =
                if self.big_endian { u16::from_be_bytes([first, byte]) } else { u16::from_le_bytes([first, byte]) };
            match (self.high.take(), unit) {
                (_, 0xd800..0xdc00) => self.high = Some(unit),
                (Some(high), 0xdc00..0xe000) => {
                    text.extend(char::decode_utf16([high, unit]).filter_map(Result::ok));
                }
                (_, 0xfeff) => {}
                _ => text.extend(char::from_u32(u32::from(unit))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_are_read_with_and_without_a_mark() {
        let text = "DB_PASSWORD=hünter2🔑\r\n";
        for mark in ["\u{feff}", ""] {
            let units: Vec<u16> = format!("{mark}{text}").encode_utf16().collect();
            for bytes in [
                units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<u8>>(),
                units.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
            ] {
                let mut reader = Utf16::of(&bytes[..20]).unwrap();
                let mut read = String::new();
                bytes.chunks(3).for_each(|piece| reader.push(piece, &mut read));
                assert_eq!(read, text);
            }
        }
    }

    #[test]
    fn other_files_are_not_utf_16() {
        for head in [
            &b""[..],
            b"\xff",
            b"DB_PASSWORD=hunter2\n",
            b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0",
            b"\xff\xfe\0\0a\0\0\0",
            &[0; 64],
        ] {
            assert!(Utf16::of(head).is_none(), "{head:?}");
        }
    }
}
