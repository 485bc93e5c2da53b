//! An HTTP client that sends exactly what it is told and shows exactly what comes back.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the service listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket has a timeout");
    stream
}

/// Sends a request of these lines and this body, and closes the connection behind it.
pub(crate) fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&[u8]>,
) -> Answer {
    let mut head = vec![format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n")];
    if !headers.iter().any(|(name, _)| *name == "host") {
        head.push(format!("host: {address}\r\n"));
    }
    head.extend(headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")));
    let body = match body {
        Some(body) if headers.contains(&("transfer-encoding", "chunked")) => {
            [format!("{:x}\r\n", body.len()).as_bytes(), body, b"\r\n0\r\n\r\n"].concat()
        }
        Some(body) => {
            head.push(format!("content-length: {}\r\n", body.len()));
            body.to_vec()
        }
        None => Vec::new(),
    };
    head.push("\r\n".to_owned());
    send_raw(address, &[head.concat().as_bytes(), &body].concat(), method == "HEAD")
}

/// A connection that is kept, for tests that send very many requests: it looks at statuses and bodies alone.
pub(crate) struct Talk {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Talk {
    pub(crate) fn with(address: SocketAddr) -> Self {
        Self { stream: connect(address), unread: Vec::new() }
    }

    /// Sends requests at once, and reads an answer to each.
    pub(crate) fn ask<const N: usize>(&mut self, requests: [(&str, &str, &str); N]) -> io::Result<[(u16, String); N]> {
        let text = requests.map(|(method, path, body)| {
            format!("{method} {path} HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        });
        self.stream.write_all(text.concat().as_bytes())?;
        let answers = [(); N].map(|()| self.answer());
        match answers.iter().find_map(|answer| answer.as_ref().err().map(io::Error::kind)) {
            Some(kind) => Err(kind.into()),
            None => Ok(answers.map(Result::unwrap)),
        }
    }

    fn answer(&mut self) -> io::Result<(u16, String)> {
        let mut piece = [0; 16 * 1024];
        loop {
            let text = str::from_utf8(&self.unread).map_err(io::Error::other)?;
            if let Some((head, rest)) = text.split_once("\r\n\r\n") {
                let line = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                let length = line.and_then(|length| length.parse().ok()).unwrap_or(0);
                if let Some(body) = rest.get(..length) {
                    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
                    let answer = (status.ok_or(io::ErrorKind::InvalidData)?, body.to_owned());
                    let end = head.len() + 4 + length;
                    self.unread.drain(..end);
                    return Ok(answer);
                }
            }
            match self.stream.read(&mut piece)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.unread.extend_from_slice(&piece[..count]),
            }
        }
    }
}

/// A client's connection, which is kept, and made anew when it breaks.
pub(crate) struct Caller {
    address: SocketAddr,
    stream: Option<TcpStream>,
}

impl Caller {
    pub(crate) fn of(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    /// Sends one request. If there is no answer, nobody can tell what came of it.
    pub(crate) fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> io::Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => TcpStream::connect(self.address)?,
        };
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_mins(1)))?;
        let length = body.len();
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n");
        for (name, value) in headers {
            request.extend([name, ": ", value, "\r\n"]);
        }
        stream.write_all((request + "\r\n" + body).as_bytes())?;
        let answer = read(&mut stream, method == "HEAD")?;
        if answer.header("connection") != Some("close") {
            self.stream = Some(stream);
        }
        Ok(answer)
    }
}

pub(crate) fn get(address: SocketAddr, path: &str) -> Answer {
    send(address, "GET", path, &[], None)
}

pub(crate) fn send_json(address: SocketAddr, method: &str, path: &str, body: &str) -> Answer {
    send(address, method, path, &[("content-type", "application/json")], Some(body.as_bytes()))
}

pub(crate) fn send_raw(address: SocketAddr, request: &[u8], is_head: bool) -> Answer {
    let mut stream = connect(address);
    // A service that has answered may stop reading; the answer is what counts.
    let _ = stream.write_all(request);
    read(&mut stream, is_head).expect("the service answers")
}

/// A body in chunks, which must come to its end.
fn chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut size = String::new();
        reader.read_line(&mut size)?;
        let size = usize::from_str_radix(size.trim_end(), 16).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let begin = body.len();
        body.resize(begin + size, 0);
        reader.read_exact(&mut body[begin..])?;
        reader.read_exact(&mut [0; 2])?;
        if size == 0 {
            return Ok(body);
        }
    }
}

pub(crate) fn read(stream: &mut TcpStream, is_head: bool) -> io::Result<Answer> {
    let mut reader = BufReader::new(stream);
    let mut line = || -> io::Result<String> {
        let mut line = String::new();
        match reader.read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    };
    let status = line()?.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    let mut headers = Vec::new();
    loop {
        let line = line()?;
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.push((name.to_owned(), value.to_owned()));
    }
    let mut answer = Answer { status, headers, body: Vec::new() };
    if !is_head {
        match answer.header("content-length").map(|length| length.parse().expect("a length is a number")) {
            Some(length) => {
                answer.body.resize(length, 0);
                reader.read_exact(&mut answer.body)?;
            }
            None if answer.status == 204 => {}
            None if answer.header("transfer-encoding") == Some("chunked") => answer.body = chunks(&mut reader)?,
            None => drop(reader.read_to_end(&mut answer.body)?),
        }
    }
    Ok(answer)
}
