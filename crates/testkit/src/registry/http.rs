//! As much of an HTTP/1.1 server as a registry needs, with answers that are wrong on purpose.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What a client asked for; its body is read from [`Request::body`].
pub(crate) struct Request<'a> {
    pub(crate) method: String,
    /// Without the query.
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    pub(crate) body: Body<'a>,
}

impl Request<'_> {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All values of a header that may come several times.
    pub(crate) fn joined(&self, name: &str) -> String {
        let values = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        values.map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(",")
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Path and query, as they came.
    pub(crate) fn target(&self) -> String {
        let query: Vec<String> = self.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, query.join("&")) }
    }
}

/// What a server says.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    #[must_use]
    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("Content-Type", media_type)
    }

    /// An error in the form of the distribution specification.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let body = serde_json::json!({"errors": [{"code": code, "message": message}]});
        Self::new(status).body("application/json", body.to_string())
    }
}

/// How a request ends.
pub(crate) enum Reply {
    Answer(Response),
    /// The head is whole, and the connection breaks after so many bytes of the body.
    Cut(Response, usize),
    /// The head is whole, and so many bytes of the body come; then nothing, for as long as the client waits.
    Trickle(Response, usize),
    /// Whatever this writes, then the connection breaks.
    Raw(Raw),
    /// Nothing, for as long as the client waits.
    Stall,
    /// The connection breaks.
    Drop,
}

/// Writes what is no HTTP.
pub(crate) type Raw = Arc<dyn Fn(&mut dyn Write) -> io::Result<()> + Send + Sync>;

type Handler = dyn Fn(&mut Request<'_>) -> Reply + Send + Sync;

/// A listener on loopback; it ends, with all its connections, when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    ends: AtomicBool,
    accepted: AtomicUsize,
    open: Mutex<Vec<TcpStream>>,
}

impl Server {
    pub(crate) fn start(tls: Option<Arc<ServerConfig>>, handler: Arc<Handler>) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if of_thread.ends.load(Ordering::SeqCst) {
                    return;
                }
                of_thread.accepted.fetch_add(1, Ordering::SeqCst);
                if let Ok(copy) = stream.try_clone() {
                    of_thread.open.lock().unwrap_or_else(PoisonError::into_inner).push(copy);
                }
                let (tls, handler) = (tls.clone(), Arc::clone(&handler));
                std::thread::spawn(move || {
                    let _ = serve(&stream, tls, &*handler);
                    let _ = stream.shutdown(Shutdown::Both);
                });
            }
        });
        Ok(Self { address, shared, thread: Some(thread) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections were made.
    pub(crate) fn accepted(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        for stream in self.shared.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Plain or encrypted, read and written in turns.
trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

fn serve(stream: &TcpStream, tls: Option<Arc<ServerConfig>>, handler: &Handler) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let stream = stream.try_clone()?;
    let mut reader: BufReader<Box<dyn Stream>> = match tls {
        None => BufReader::new(Box::new(stream)),
        Some(config) => {
            let connection = ServerConnection::new(config).map_err(io::Error::other)?;
            BufReader::new(Box::new(StreamOwned::new(connection, stream)))
        }
    };
    while exchange(&mut reader, handler)? {}
    Ok(())
}

/// The first byte of a client that speaks TLS.
const TLS_HANDSHAKE: u8 = 0x16;

/// One request and its answer; whether another may follow.
fn exchange(reader: &mut BufReader<Box<dyn Stream>>, handler: &Handler) -> io::Result<bool> {
    // A client that tries TLS first would wait for an answer to it.
    if reader.fill_buf()?.first() == Some(&TLS_HANDSHAKE) {
        return Ok(false);
    }
    let Some((start, headers)) = read_head(reader)? else { return Ok(false) };
    let mut words = start.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(false) };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let header = |name: &str| {
        headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_ascii_lowercase())
    };
    let length = match header("transfer-encoding") {
        Some(coding) if coding.contains("chunked") => BodyLength::Chunked { left: 0, first: true },
        _ => BodyLength::Left(header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)),
    };
    if header("expect").is_some_and(|expected| expected.contains("100-continue")) {
        reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        reader.get_mut().flush()?;
    }
    let closes = header("connection").is_some_and(|word| word.contains("close"));
    let method = method.to_owned();
    let (path, query) = (decoded(path), pairs(query));
    let mut request =
        Request { method, path, query, headers, body: Body { reader, length, received: 0, breaks_after: None } };
    let reply = handler(&mut request);
    let is_head = request.method == "HEAD";
    match reply {
        Reply::Answer(response) => {
            // What the handler did not want must go, or the next request begins in it.
            let drained = io::copy(&mut request.body, &mut io::sink()).is_ok();
            let stream = reader.get_mut();
            stream.write_all(&head(&response)?)?;
            if !is_head {
                stream.write_all(&response.body)?;
            }
            stream.flush()?;
            Ok(drained && !closes)
        }
        Reply::Cut(response, after) => {
            let _ = io::copy(&mut request.body, &mut io::sink());
            let stream = reader.get_mut();
            stream.write_all(&head(&response)?)?;
            stream.write_all(&response.body[..after.min(response.body.len())])?;
            stream.flush()?;
            Ok(false)
        }
        Reply::Trickle(response, after) => {
            let stream = reader.get_mut();
            stream.write_all(&head(&response)?)?;
            stream.write_all(&response.body[..after.min(response.body.len())])?;
            stream.flush()?;
            let _ = io::copy(reader, &mut io::sink());
            Ok(false)
        }
        Reply::Raw(write) => {
            let _ = io::copy(&mut request.body, &mut io::sink());
            write(reader.get_mut())?;
            reader.get_mut().flush()?;
            Ok(false)
        }
        Reply::Stall => {
            let _ = io::copy(reader, &mut io::sink());
            Ok(false)
        }
        Reply::Drop => Ok(false),
    }
}

fn head(response: &Response) -> io::Result<Vec<u8>> {
    let mut text = format!("HTTP/1.1 {} Answer\r\n", response.status).into_bytes();
    for (name, value) in &response.headers {
        write!(text, "{name}: {value}\r\n")?;
    }
    let has_length = response.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    if !has_length && response.status != 204 {
        write!(text, "Content-Length: {}\r\n", response.body.len())?;
    }
    text.extend(b"\r\n");
    Ok(text)
}

type Head = (String, Vec<(String, String)>);

fn read_head(reader: &mut impl BufRead) -> io::Result<Option<Head>> {
    let start = read_line(reader)?;
    if start.is_empty() {
        return Ok(None);
    }
    let mut headers = Vec::new();
    loop {
        let line = read_line(reader)?;
        if line.is_empty() {
            return Ok(Some((start, headers)));
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        if headers.len() > 200 {
            return Err(io::Error::other("too many headers"));
        }
    }
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    reader.take(64 << 10).read_until(b'\n', &mut line)?;
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

/// A request's body; ends in an error where the client or a fault breaks it.
pub(crate) struct Body<'a> {
    reader: &'a mut dyn BufRead,
    length: BodyLength,
    pub(crate) received: u64,
    pub(crate) breaks_after: Option<u64>,
}

enum BodyLength {
    Left(u64),
    Chunked { left: u64, first: bool },
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let broken = || io::Error::from(io::ErrorKind::UnexpectedEof);
        if let BodyLength::Chunked { left: 0, first } = self.length {
            if !first {
                read_line(&mut self.reader)?;
            }
            let line = read_line(&mut self.reader)?;
            let size = u64::from_str_radix(line.split(';').next().unwrap_or_default(), 16).map_err(|_| broken())?;
            if size == 0 {
                while !read_line(&mut self.reader)?.is_empty() {}
                self.length = BodyLength::Left(0);
            } else {
                self.length = BodyLength::Chunked { left: size, first: false };
            }
        }
        let (BodyLength::Left(left) | BodyLength::Chunked { left, .. }) = &mut self.length;
        if *left == 0 {
            return Ok(0);
        }
        let mut most = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
        if let Some(end) = self.breaks_after {
            most = most.min(usize::try_from(end.saturating_sub(self.received)).unwrap_or(usize::MAX));
            if most == 0 {
                return Err(broken());
            }
        }
        let count = self.reader.read(&mut buffer[..most])?;
        if count == 0 {
            return Err(broken());
        }
        *left -= count as u64;
        self.received += count as u64;
        Ok(count)
    }
}

/// `a=b&c=d` without its percent signs.
pub(crate) fn pairs(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(&name.replace('+', " ")), decoded(&value.replace('+', " ")))
        })
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = || u8::from_str_radix(std::str::from_utf8(after.get(..2)?).ok()?, 16).ok();
        if let (b'%', Some(byte)) = (first, code()) {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
