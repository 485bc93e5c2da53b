//! `stop.graceful`: SIGTERM while a request is under way.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use seaworthy_engine::{Container, Exit, Signal, Status};

use super::{Main, Runs, seconds};
use crate::Finding;
use crate::crud::SCENARIO;
use crate::http::Request;

/// How long the service has to show that it took up the request.
const TAKEN_UP: Duration = Duration::from_millis(300);
/// How long the request stays half-sent after the signal.
const HELD: Duration = Duration::from_millis(100);
/// The longest answer that is read, in bytes.
const ANSWER_BYTES: u64 = 1 << 16;
/// What a shell reports of a process that SIGTERM ended.
const BY_SIGTERM: i32 = 143;

/// A request whose body is half-sent.
struct Held {
    stream: TcpStream,
    rest: Vec<u8>,
}

/// How the held request began.
enum Begun {
    Held(Held),
    /// Answered before its body was whole.
    Early(u16),
}

impl Runs<'_> {
    pub(crate) fn stops_within(&self, main: &Main, within: Duration) -> Finding {
        let creation = main.api.as_ref().ok().and_then(|api| self.requests(api).creation(6));
        let up = match self.up(&self.run(), None, self.until(), None) {
            Ok(up) => up,
            Err(down) => return down.finding("a container to be stopped", Finding::unproven),
        };
        let container = up.container.as_ref();
        let finding = match (&self.port, creation) {
            (Ok(port), Some((collection, request))) => {
                let what = format!("POST {}", collection.path);
                match begin(container, *port, &request) {
                    Ok(Begun::Held(held)) => self.stop_held(container, held, &what, within),
                    Ok(Begun::Early(status)) => self.stop_idle(
                        container,
                        within,
                        &format!("{what} answered {status} before its body was whole, so that none could be held open"),
                    ),
                    Err(error) => Finding::unproven(format!("{what} cannot be begun: {error}")),
                }
            }
            (Err(_), _) => self.stop_idle(container, within, &self.no_port()),
            (_, None) => {
                self.stop_idle(container, within, &format!("no request with a body is known to hold open; {SCENARIO}"))
            }
        };
        self.retire(up.container, "a container that was stopped");
        match self.config().stop_signal() {
            Some(signal) if !matches!(signal, "SIGTERM" | "TERM" | "15") => {
                finding.warn(format!("engines stop it with {signal}, which its config names, and not with SIGTERM"))
            }
            _ => finding,
        }
    }

    /// Without a request in flight only half of the promise can be seen.
    fn stop_idle(&self, container: &dyn Container, within: Duration, why: &str) -> Finding {
        let signalled = Instant::now();
        if let Err(error) = container.signal(Signal::Term) {
            return self.engine_failed(&error);
        }
        match self.end(container, signalled, within) {
            Ok(end) => Finding::unproven(format!("{end}; {why}")),
            Err(finding) => finding,
        }
    }

    fn stop_held(&self, container: &dyn Container, mut held: Held, what: &str, within: Duration) -> Finding {
        let signalled = Instant::now();
        if let Err(error) = container.signal(Signal::Term) {
            return self.engine_failed(&error);
        }
        match container.wait(HELD.min(within / 4)) {
            Ok(None) => {}
            Ok(Some(exit)) => {
                let after = signalled.elapsed().as_millis();
                return Finding::fail(format!(
                    "exit {} {after} ms after SIGTERM, while {what} was half-sent and had no answer",
                    exit.code
                ));
            }
            Err(error) => return self.engine_failed(&error),
        }
        let answer = held.finish(within.saturating_sub(signalled.elapsed()));
        let answered = signalled.elapsed().as_millis();
        let end = self.end(container, signalled, within);
        match (answer, end) {
            (_, Err(finding)) => finding,
            (Err(error), Ok(end)) => {
                Finding::fail(format!("{what}, begun before SIGTERM, was not answered: {error}; {end}"))
            }
            (Ok(status @ 200..=299), Ok(end)) => {
                Finding::pass(format!("{what}, half-sent at SIGTERM, answered {status} {answered} ms after it; {end}"))
            }
            (Ok(status @ 400..=499), Ok(end)) => {
                Finding::unproven(format!("{what}, half-sent at SIGTERM, answered {status}; {end}"))
            }
            (Ok(status), Ok(end)) => Finding::fail(format!("{what}, begun before SIGTERM, answered {status}; {end}")),
        }
    }

    /// `exit 0 120 ms after SIGTERM`; the error is the verdict.
    fn end(&self, container: &dyn Container, signalled: Instant, within: Duration) -> Result<String, Finding> {
        let exit =
            container.wait(within.saturating_sub(signalled.elapsed())).map_err(|error| self.engine_failed(&error))?;
        let after = signalled.elapsed();
        match exit {
            None => {
                let runs = matches!(container.status(), Ok(Status::Running));
                let state = if runs { "still running" } else { "ended too late" };
                Err(Finding::fail(format!("{state} {} after SIGTERM; it would have to be killed", seconds(within))))
            }
            Some(_) if after > within => {
                Err(Finding::fail(format!("ended {} ms after SIGTERM, which is too late", after.as_millis())))
            }
            Some(Exit { code: code @ (0 | BY_SIGTERM), .. }) => {
                Ok(format!("exit {code} {} ms after SIGTERM", after.as_millis()))
            }
            Some(Exit { code, .. }) => {
                let words = self.last_words(container);
                Err(Finding::fail(format!("exit {code} {} ms after SIGTERM{words}", after.as_millis())))
            }
        }
    }
}

/// Sends a request but for the second half of its body.
fn begin(container: &dyn Container, port: u16, request: &Request) -> io::Result<Begun> {
    match send_half(container, port, request, true)? {
        Begun::Early(417) => send_half(container, port, request, false),
        begun => Ok(begun),
    }
}

fn send_half(container: &dyn Container, port: u16, request: &Request, expect: bool) -> io::Result<Begun> {
    let body = request.body.clone().unwrap_or_default();
    let mut stream = container.connect(port, Duration::from_secs(5))?;
    let mut head = vec![format!("{} {} HTTP/1.1", request.method, request.path), "Host: localhost".to_owned()];
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
    fn finish(&mut self, within: Duration) -> io::Result<u16> {
        let deadline = Instant::now() + within;
        self.stream.write_all(&self.rest)?;
        let mut answer = Vec::new();
        let mut piece = [0; 4096];
        loop {
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            self.stream.set_read_timeout(Some(left))?;
            let length = self.stream.read(&mut piece)?;
            answer.extend_from_slice(&piece[..length]);
            if let Some(status) = whole(&answer, length == 0) {
                return Ok(status);
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

/// The status of an answer that has come whole; interim answers before it are passed over.
fn whole(answer: &[u8], ended: bool) -> Option<u16> {
    let head_end = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let status = status_of(answer)?;
    if (100..200).contains(&status) {
        return whole(&answer[head_end..], ended);
    }
    let head = String::from_utf8_lossy(&answer[..head_end]).to_ascii_lowercase();
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let body = &answer[head_end..];
    let complete = match (header("content-length:"), header("transfer-encoding:")) {
        _ if matches!(status, 204 | 304) => true,
        (_, Some(coding)) if coding.contains("chunked") => body.ends_with(b"0\r\n\r\n"),
        (Some(length), _) => length.parse().is_ok_and(|length: usize| body.len() >= length),
        (None, _) => ended,
    };
    complete.then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(whole(answer.as_bytes(), ended), expected, "{answer}");
        }
    }
}
