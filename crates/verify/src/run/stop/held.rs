//! A request that stays half-sent while the service stops.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use seaworthy_engine::Container;

use crate::http::{Request, Response};

/// How long the service has to show that it took up the request.
const TAKEN_UP: Duration = Duration::from_millis(300);
/// The longest answer that is read, in bytes.
const ANSWER_BYTES: u64 = 1 << 16;

/// A request whose body is half-sent.
pub(in crate::run) struct Held {
    stream: TcpStream,
    rest: Vec<u8>,
}

/// How the held request began.
pub(in crate::run) enum Begun {
    Held(Held),
    /// Answered before its body was whole.
    Early(u16),
}

/// Sends a request but for the second half of its body.
pub(in crate::run) fn begin(container: &dyn Container, port: u16, host: &str, request: &Request) -> io::Result<Begun> {
    match send_half(container, port, host, request, true)? {
        Begun::Early(417) => send_half(container, port, host, request, false),
        begun => Ok(begun),
    }
}

fn send_half(container: &dyn Container, port: u16, host: &str, request: &Request, expect: bool) -> io::Result<Begun> {
    let body = request.body.clone().unwrap_or_default();
    let mut stream = container.connect(port, Duration::from_secs(5))?;
    let mut head = vec![format!("{} {} HTTP/1.1", request.method, request.path), format!("Host: {host}")];
    head.extend(request.headers.iter().map(|(name, value)| format!("{name}: {value}")));
    head.push(format!("Content-Length: {}\r\nConnection: close", body.len()));
    if expect {
        // A service that asks for the rest has shown that it took up the request.
        head.push("Expect: 100-continue".to_owned());
    }
    let head = format!("{}\r\n\r\n", head.join("\r\n"));
    let half = body.len() / 2;
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body[..half])?;
    stream.set_read_timeout(Some(TAKEN_UP))?;
    let mut interim = [0; 4096];
    match stream.read(&mut interim) {
        Ok(0) => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection was closed")),
        Ok(length) => match status_of(&interim[..length]) {
            Some(100) => {}
            Some(status) => return Ok(Begun::Early(status)),
            None => return Err(io::Error::new(io::ErrorKind::InvalidData, "no HTTP answer")),
        },
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
        Err(error) => return Err(error),
    }
    Ok(Begun::Held(Held { stream, rest: body[half..].to_vec() }))
}

impl Held {
    /// Sends the rest and reads the whole answer.
    pub(in crate::run) fn finish(&mut self, within: Duration) -> io::Result<Response> {
        let deadline = Instant::now() + within;
        self.stream.write_all(&self.rest)?;
        let mut answer = Vec::new();
        let mut piece = [0; 4096];
        loop {
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            self.stream.set_read_timeout(Some(left))?;
            let length = self.stream.read(&mut piece)?;
            answer.extend_from_slice(&piece[..length]);
            if let Some(answer) = whole(&answer, length == 0) {
                return Ok(answer);
            }
            if length == 0 {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "the connection was closed before a whole answer",
                ));
            }
            if answer.len() as u64 > ANSWER_BYTES {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "an answer without end"));
            }
            if Instant::now() >= deadline {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "no whole answer in time"));
            }
        }
    }
}

fn status_of(answer: &[u8]) -> Option<u16> {
    let line = answer.split(|byte| *byte == b'\r').next()?;
    let line = std::str::from_utf8(line).ok()?;
    line.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()
}

/// An answer that has come whole; interim answers before it are passed over.
fn whole(answer: &[u8], ended: bool) -> Option<Response> {
    let head_end = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let status = status_of(answer)?;
    if (100..200).contains(&status) {
        return whole(&answer[head_end..], ended);
    }
    let head = String::from_utf8_lossy(&answer[..head_end]);
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let headers: Vec<(String, String)> =
        lines.map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned())).collect();
    let header = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let body = &answer[head_end..];
    let chunked = header("transfer-encoding").is_some_and(|coding| coding.to_ascii_lowercase().contains("chunked"));
    let complete = match (header("content-length"), chunked) {
        _ if matches!(status, 204 | 304) => true,
        (_, true) => body.ends_with(b"0\r\n\r\n"),
        (Some(length), _) => length.parse().is_ok_and(|length: usize| body.len() >= length),
        (None, _) => ended,
    };
    let body = if chunked { unchunked(body) } else { body.to_vec() };
    complete.then_some(Response { status, headers, body, took: Duration::ZERO })
}

/// The body behind its chunks' lengths; extensions of chunks are passed over.
fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|two| two == b"\r\n") {
        let line = String::from_utf8_lossy(&body[..end]);
        let digits = line.split(';').next().unwrap_or_default().trim();
        let Ok(length @ 1..) = usize::from_str_radix(digits, 16) else { break };
        let Some(chunk) = (end + 2).checked_add(length).and_then(|until| body.get(end + 2..until)) else { break };
        whole.extend_from_slice(chunk);
        body = body.get(end + 2 + length + 2..).unwrap_or_default();
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_in_chunks_is_put_together() {
        for (body, expected) in [
            ("2\r\n{}\r\n0\r\n\r\n", "{}"),
            ("3;a=b\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde"),
            ("ffffffffffffffff\r\nabc\r\n0\r\n\r\n", ""),
            ("nonsense", ""),
        ] {
            assert_eq!(unchunked(body.as_bytes()), expected.as_bytes(), "{body}");
        }
    }

    #[test]
    fn the_headers_of_a_held_answer_are_read() {
        let answer = whole(b"HTTP/1.1 302 Found\r\nLocation:  /Notes/7 \r\nContent-Length: 0\r\n\r\n", false).unwrap();
        assert_eq!(answer.header("location"), Some("/Notes/7"));
    }

    #[test]
    fn an_answer_counts_when_it_is_whole() {
        for (answer, ended, expected) in [
            ("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}", false, Some(201)),
            ("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{", true, None),
            ("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", false, Some(201)),
            ("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", true, None),
            ("HTTP/1.0 200 OK\r\n\r\nabc", false, None),
            ("HTTP/1.0 200 OK\r\n\r\nabc", true, Some(200)),
            ("HTTP/1.1 204 No Content\r\n\r\n", false, Some(204)),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", false, Some(204)),
            ("HTTP/1.1 100 Continue\r\n\r\n", true, None),
            ("HTTP/1.1 200 OK\r\nContent", true, None),
            ("nonsense\r\n\r\n", true, None),
        ] {
            assert_eq!(whole(answer.as_bytes(), ended).map(|answer| answer.status), expected, "{answer}");
        }
    }
}
