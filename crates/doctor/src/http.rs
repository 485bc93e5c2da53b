//! One request to a copy, as a client outside would send it.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use seaworthy_engine::Container;

/// What is read of an answer.
const ANSWER_BYTES: u64 = 16 << 10;

/// The head of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
}

impl Answer {
    pub(crate) fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Asks; `None` where there is no answer of HTTP.
pub(crate) fn ask(container: &dyn Container, port: u16, method: &str, path: &str, within: Duration) -> Option<Answer> {
    let mut stream = container.connect(port, within).ok()?;
    stream.set_read_timeout(Some(within)).ok()?;
    stream.set_write_timeout(Some(within)).ok()?;
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\nAccept: */*\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut head = Vec::new();
    let mut piece = [0; 2048];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && (head.len() as u64) < ANSWER_BYTES {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => break,
            Ok(count) => head.extend_from_slice(&piece[..count]),
        }
    }
    parse(&String::from_utf8_lossy(&head))
}

fn parse(head: &str) -> Option<Answer> {
    let mut lines = head.lines();
    let status = lines.next()?.strip_prefix("HTTP/")?.split(' ').nth(1)?.parse().ok()?;
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("location").then(|| value.trim().to_owned())
    };
    let location = lines.take_while(|line| !line.is_empty()).find_map(header);
    Some(Answer { status, location })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_a_status_and_may_lead_elsewhere() {
        assert_eq!(parse("HTTP/1.1 200 OK\r\n\r\nlocation: x"), Some(Answer { status: 200, location: None }));
        let moved = parse("HTTP/1.0 301 Moved\r\nLocation: /x/\r\n\r\n");
        assert_eq!(moved, Some(Answer { status: 301, location: Some("/x/".to_owned()) }));
        assert_eq!(parse("SSH-2.0"), None);
    }
}
