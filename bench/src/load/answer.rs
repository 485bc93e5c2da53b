//! One answer of an HTTP service, as far as a load generator must understand it.

/// An answer that has arrived in full.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
    /// Its head.
    pub(crate) head: &'a [u8],
    /// Whether the service closes the connection behind it.
    pub(crate) is_last: bool,
}

impl<'a> Answer<'a> {
    /// Reads an answer; `None` if more of it must come.
    ///
    /// # Errors
    ///
    /// Fails if it is none, or says not how long it is.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Option<Self>, &'static str> {
        let Some(head_end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
        let (head, rest) = (&bytes[..head_end], &bytes[head_end + 4..]);
        let status = head.strip_prefix(b"HTTP/1.1 ").and_then(|rest| number(rest.get(..3)?)).ok_or("no HTTP answer")?;
        let (mut length, mut is_last) = (None, false);
        for line in head.split(|byte| *byte == b'\n').skip(1) {
            if let Some(value) = value(line, b"content-length:") {
                length = number(value);
            } else if let Some(value) = value(line, b"connection:") {
                is_last = value.eq_ignore_ascii_case(b"close");
            }
        }
        let length = length.ok_or("an answer without its length")?;
        let status = u16::try_from(status).unwrap_or_default();
        match rest.len().cmp(&length) {
            std::cmp::Ordering::Less => Ok(None),
            std::cmp::Ordering::Equal => Ok(Some(Self { status, body: rest, head, is_last })),
            std::cmp::Ordering::Greater => Err("more than one answer"),
        }
    }

    /// The value of one of its headers.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        let name = format!("{name}:");
        let value = self.head.split(|byte| *byte == b'\n').skip(1).find_map(|line| value(line, name.as_bytes()))?;
        std::str::from_utf8(value).ok()
    }
}

fn value<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = line.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then(|| rest.trim_ascii())
}

fn number(digits: &[u8]) -> Option<usize> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| usize::from(byte - b'0'));
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    digits.iter().try_fold(0, |sum, byte| Some(sum * 10 + digit(byte)?))
}

/// Whether `text` has `part` in it.
pub(crate) fn has(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<Option<(u16, &str, bool)>, &'static str>) {
        let read = Answer::read(text.as_bytes());
        let seen = read.map(|answer| answer.map(|it| (it.status, std::str::from_utf8(it.body).unwrap(), it.is_last)));
        assert_eq!(seen, expected, "{text}");
    }

    #[test]
    fn an_answer_is_whole_when_its_body_is() {
        check("", Ok(None));
        check("HTTP/1.1 200 OK\r\nContent-Le", Ok(None));
        check("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfive", Ok(None));
        check("HTTP/1.1 200 OK\r\nCONTENT-LENGTH:4\r\n\r\nfour", Ok(Some((200, "four", false))));
        check("HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", Ok(Some((404, "", true))));
    }

    #[test]
    fn what_is_no_answer_is_told() {
        check("HTTP/1.1 200 OK\r\n\r\n", Err("an answer without its length"));
        check("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", Err("an answer without its length"));
        check("SSH-2.0\r\n\r\n", Err("no HTTP answer"));
        check("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\ntwo", Err("more than one answer"));
    }

    #[test]
    fn a_header_is_found_by_its_name() {
        let answer = Answer::read(b"HTTP/1.1 200 OK\r\nLink: </x>; rel=\"next\"\r\ncontent-length: 0\r\n\r\n");
        let answer = answer.unwrap().unwrap();
        assert_eq!((answer.header("link"), answer.header("etag")), (Some("</x>; rel=\"next\""), None));
    }
}
