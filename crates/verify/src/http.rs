//! HTTP over the stream that a container's engine gives: one request a connection, no redirects, a bound on everything.

use std::io::{self, Read as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use seaworthy_engine::Container;
use serde_json::Value;

/// The longest body that is read, in bytes.
pub(crate) const BODY_BYTES: usize = 1 << 20;
/// How long one of several connections may take to be made before the others are used: a short backlog takes no more until then.
const CONNECT: Duration = Duration::from_millis(250);
/// Between the last of several connections and the first request: a worker that serves one connection at a time has taken one by then.
const TAKEN: Duration = Duration::from_millis(10);

/// What requests name as their host unless the user says otherwise.
pub(crate) const HOST: &str = "localhost";

/// A client of containers.
pub(crate) struct Client {
    runtime: tokio::runtime::Runtime,
    /// What requests name as their host, unless they name another.
    host: String,
}

/// What is asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// With the query, as it goes on the wire.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Vec<u8>>,
    /// The longest body to accept; [`BODY_BYTES`] when zero.
    pub(crate) body_bytes: usize,
}

/// What was answered.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// From the connect call to the last byte.
    pub(crate) took: Duration,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("no connection: {0}")]
    Connect(io::Error),
    #[error("no whole answer within {} ms", .0.as_millis())]
    Late(Duration),
    #[error("no HTTP answer: {0}")]
    Broken(String),
    #[error("an answer of more than {0} bytes")]
    TooLarge(usize),
    #[error("cannot be asked for: {0}")]
    Request(String),
    #[error("an answer that cannot be decoded: {0}")]
    Coding(String),
}

impl Request {
    pub(crate) fn get(path: &str) -> Self {
        Self { method: "GET".to_owned(), path: path.to_owned(), ..Self::default() }
    }

    /// With another bound on the answer's body.
    pub(crate) fn at_most(self, body_bytes: usize) -> Self {
        Self { body_bytes, ..self }
    }
}

impl Response {
    /// 200 to 299.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Every header of this name, in the order in which they came.
    pub(crate) fn headers_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Where it sends the client instead of answering.
    pub(crate) fn redirects_to(&self) -> Option<&str> {
        (300..400).contains(&self.status).then(|| self.header("location")).flatten()
    }

    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Client {
    /// A client whose requests are for this host.
    pub(crate) fn new(host: &str) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        Ok(Self { runtime, host: host.to_owned() })
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Connects, asks, and reads the whole answer, all within `within`.
    pub(crate) fn send(
        &self,
        container: &dyn Container,
        port: u16,
        request: &Request,
        within: Duration,
    ) -> Result<Response, HttpError> {
        let started = Instant::now();
        let stream = container.connect(port, within).map_err(HttpError::Connect)?;
        let left = within.saturating_sub(started.elapsed());
        let mut response = self.exchange(stream, request, left).map_err(|error| match error {
            HttpError::Late(_) => HttpError::Late(within),
            error => error,
        })?;
        response.took = started.elapsed();
        Ok(response)
    }

    /// The same request over `many` connections that are open at once, so that several workers have to share them.
    pub(crate) fn send_many(
        &self,
        container: &dyn Container,
        port: u16,
        request: &Request,
        within: Duration,
        many: usize,
    ) -> Vec<Result<Response, HttpError>> {
        let mut streams = Vec::with_capacity(many);
        while streams.len() < many {
            match container.connect(port, CONNECT.min(within)) {
                Ok(stream) => streams.push(stream),
                Err(_) => break,
            }
        }
        std::thread::sleep(TAKEN);
        let left = many - streams.len();
        let mut answers = self.exchange_all(streams, request, within);
        answers.extend((0..left).map(|_| self.send(container, port, request, within)));
        answers
    }

    fn exchange_all(
        &self,
        streams: Vec<TcpStream>,
        request: &Request,
        within: Duration,
    ) -> Vec<Result<Response, HttpError>> {
        self.runtime.block_on(async {
            let exchanges: Vec<_> = streams
                .into_iter()
                .map(|stream| tokio::spawn(timed(stream, request.clone(), self.host.clone(), within)))
                .collect();
            let mut answers = Vec::with_capacity(exchanges.len());
            for exchange in exchanges {
                answers.push(exchange.await.unwrap_or_else(|error| Err(HttpError::Broken(error.to_string()))));
            }
            answers
        })
    }

    fn exchange(&self, stream: TcpStream, request: &Request, within: Duration) -> Result<Response, HttpError> {
        self.runtime.block_on(timed(stream, request.clone(), self.host.clone(), within))
    }
}

async fn timed(stream: TcpStream, request: Request, host: String, within: Duration) -> Result<Response, HttpError> {
    let message = message(&request, &host)?;
    let most = if request.body_bytes == 0 { BODY_BYTES } else { request.body_bytes };
    match tokio::time::timeout(within, converse(stream, message, most)).await {
        Ok(answer) => answer.and_then(|answer| decoded(answer, most)),
        Err(_) => Err(HttpError::Late(within)),
    }
}

/// The answer with its content codings undone, the last one first, within the same bound as a plain body.
fn decoded(mut answer: Response, most: usize) -> Result<Response, HttpError> {
    let codings: Vec<String> = answer
        .headers_named("content-encoding")
        .flat_map(|codings| codings.split(','))
        .map(|coding| coding.trim().to_ascii_lowercase())
        .filter(|coding| !coding.is_empty() && coding != "identity")
        .collect();
    if answer.body.is_empty() {
        return Ok(answer);
    }
    for coding in codings.iter().rev() {
        answer.body = match coding.as_str() {
            "gzip" | "x-gzip" => bounded(flate2::read::MultiGzDecoder::new(answer.body.as_slice()), most)?,
            // By the book it is zlib; some send bare deflate, whose first byte is no zlib header.
            "deflate" if answer.body[0] & 0x0f == 8 => {
                bounded(flate2::read::ZlibDecoder::new(answer.body.as_slice()), most)?
            }
            "deflate" => bounded(flate2::read::DeflateDecoder::new(answer.body.as_slice()), most)?,
            other => return Err(HttpError::Coding(format!("its content coding is `{other}`"))),
        };
    }
    Ok(answer)
}

fn bounded(decoder: impl io::Read, most: usize) -> Result<Vec<u8>, HttpError> {
    let mut body = Vec::new();
    let bound = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(bound).read_to_end(&mut body).map_err(|error| HttpError::Coding(error.to_string()))?;
    if body.len() > most { Err(HttpError::TooLarge(most)) } else { Ok(body) }
}

fn message(request: &Request, host: &str) -> Result<hyper::Request<Full<Bytes>>, HttpError> {
    let path = if request.path.starts_with('/') { request.path.clone() } else { format!("/{}", request.path) };
    let mut builder = hyper::Request::builder().method(request.method.as_str()).uri(path);
    let names = |name: &str| request.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    for (name, value) in [("host", host), ("user-agent", "seaworthy"), ("accept", "application/json, */*")] {
        if !names(name) {
            builder = builder.header(name, value);
        }
    }
    for (name, value) in &request.headers {
        builder = builder.header(name.as_str(), value.as_str());
    }
    builder
        .header("connection", "close")
        .body(Full::new(Bytes::from(request.body.clone().unwrap_or_default())))
        .map_err(|error| HttpError::Request(error.to_string()))
}

async fn converse(stream: TcpStream, message: hyper::Request<Full<Bytes>>, most: usize) -> Result<Response, HttpError> {
    stream.set_nonblocking(true).map_err(HttpError::Connect)?;
    let stream = tokio::net::TcpStream::from_std(stream).map_err(HttpError::Connect)?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| broken(&error))?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(message).await.map_err(|error| broken(&error))?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, most).collect().await.map_err(|error| {
        if error.is::<http_body_util::LengthLimitError>() {
            HttpError::TooLarge(most)
        } else {
            HttpError::Broken(error.to_string())
        }
    })?;
    connection.abort();
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    Ok(Response { status: head.status.as_u16(), headers, body: body.to_bytes().to_vec(), took: Duration::ZERO })
}

fn broken(error: &hyper::Error) -> HttpError {
    use std::error::Error as _;
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    HttpError::Broken(format!("{error}{cause}"))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    /// Answers one connection with `bytes` and keeps it open.
    fn ask(bytes: &'static [u8], request: &Request, within: Duration) -> Result<Response, HttpError> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        server.write_all(bytes).unwrap();
        Client::new(HOST).unwrap().exchange(stream, request, within)
    }

    #[test]
    fn a_redirect_is_an_answer_and_is_not_followed() {
        let answer = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n";
        let response = ask(answer, &Request::get("/health"), Duration::from_secs(5)).unwrap();
        assert_eq!((response.status, response.header("location")), (307, Some("http://elsewhere/")));
        assert!(!response.is_success());
    }

    #[test]
    fn a_service_that_says_nothing_or_nonsense_cannot_hang_or_confuse_the_client() {
        let late = ask(b"", &Request::get("/"), Duration::from_millis(50)).unwrap_err();
        assert_eq!(late.to_string(), "no whole answer within 50 ms");
        let slow = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc";
        assert!(matches!(ask(slow, &Request::get("/"), Duration::from_millis(50)), Err(HttpError::Late(_))));
        let nonsense = ask(b"SSH-2.0-OpenSSH\r\n", &Request::get("/"), Duration::from_secs(5)).unwrap_err();
        assert!(matches!(nonsense, HttpError::Broken(_)), "{nonsense}");
    }

    #[test]
    fn a_body_beyond_the_bound_is_refused() {
        let request = Request { body_bytes: 4, ..Request::get("/") };
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde";
        let error = ask(answer, &request, Duration::from_secs(5)).unwrap_err();
        assert_eq!(error.to_string(), "an answer of more than 4 bytes");
    }

    #[test]
    fn a_compressed_body_is_decoded_within_its_bound() {
        fn compressed(coding: &str, text: &[u8]) -> Vec<u8> {
            use flate2::Compression;
            let mut body = Vec::new();
            match coding {
                "gzip" => drop(flate2::read::GzEncoder::new(text, Compression::default()).read_to_end(&mut body)),
                "zlib" => drop(flate2::read::ZlibEncoder::new(text, Compression::default()).read_to_end(&mut body)),
                _ => drop(flate2::read::DeflateEncoder::new(text, Compression::default()).read_to_end(&mut body)),
            }
            body
        }
        let of = |coding: &str, body: Vec<u8>| Response {
            status: 200,
            headers: vec![("content-encoding".to_owned(), coding.to_owned())],
            body,
            took: Duration::ZERO,
        };
        for (coding, body) in [
            ("gzip", compressed("gzip", b"{\"a\":1}")),
            ("deflate", compressed("zlib", b"{\"a\":1}")),
            ("deflate", compressed("bare", b"{\"a\":1}")),
            ("identity", b"{\"a\":1}".to_vec()),
            ("deflate, gzip", compressed("gzip", &compressed("zlib", b"{\"a\":1}"))),
        ] {
            assert_eq!(decoded(of(coding, body), 100).unwrap().text(), "{\"a\":1}", "{coding}");
        }
        let bomb = compressed("gzip", &vec![0; 10 << 20]);
        assert!(matches!(decoded(of("gzip", bomb), 1 << 20), Err(HttpError::TooLarge(_))));
        assert!(matches!(decoded(of("gzip", b"no gzip".to_vec()), 100), Err(HttpError::Coding(_))));
        let other = decoded(of("br", b"x".to_vec()), 100).unwrap_err();
        assert_eq!(other.to_string(), "an answer that cannot be decoded: its content coding is `br`");
    }

    #[test]
    fn what_cannot_be_asked_is_an_error_before_anything_is_sent() {
        let request = Request { headers: vec![("a".to_owned(), "b\r\nc".to_owned())], ..Request::get("/") };
        assert!(matches!(ask(b"", &request, Duration::from_secs(5)), Err(HttpError::Request(_))));
    }

    #[test]
    fn a_request_carries_its_body_and_closes() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let server = std::thread::spawn(move || {
            let (mut server, _) = listener.accept().unwrap();
            let mut asked = vec![0; 4096];
            let mut length = 0;
            while !asked[..length].ends_with(b"{\"a\":1}") {
                length += server.read(&mut asked[length..]).unwrap();
            }
            server.write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n").unwrap();
            String::from_utf8_lossy(&asked[..length]).into_owned()
        });
        let request = Request {
            method: "POST".to_owned(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: Some(br#"{"a":1}"#.to_vec()),
            ..Request::get("/tasks")
        };
        let response = Client::new(HOST).unwrap().exchange(stream, &request, Duration::from_secs(5)).unwrap();
        assert_eq!(response.status, 201);
        let asked = server.join().unwrap();
        assert!(asked.starts_with("POST /tasks HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains("content-type: application/json\r\n") && asked.contains("connection: close\r\n"));
    }
}
