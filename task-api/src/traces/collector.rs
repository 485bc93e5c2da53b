//! The collector: one connection, kept as long as it is good.

use std::{fmt, io, sync::Arc, time::Duration};

use axum::http::{HeaderName, HeaderValue, Request, StatusCode, Uri, header, uri::Scheme};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::AbortHandle,
};
use tokio_rustls::TlsConnector;

use super::config::TracesConfig;
use crate::{error::chain, store::tls};

/// What is read of an answer, to keep its connection.
const ANSWER_BYTES: usize = 64 * 1024;

pub(super) struct Collector {
    uri: Uri,
    host: String,
    port: u16,
    headers: Vec<(HeaderName, HeaderValue)>,
    tls: Option<TlsConnector>,
    way: Option<Way>,
}

/// A connection, which ends when it is dropped, whatever the other side does.
struct Way {
    sender: SendRequest<Full<Bytes>>,
    task: AbortHandle,
}

impl Drop for Way {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Why a batch was not taken.
#[derive(Debug)]
pub(super) struct NotSent {
    pub(super) cause: String,
    /// It may be sent again, after this.
    pub(super) again: Option<Duration>,
}

impl NotSent {
    pub(super) fn later(cause: impl fmt::Display) -> Self {
        Self { cause: cause.to_string(), again: Some(Duration::ZERO) }
    }
}

impl Collector {
    pub(super) fn new(config: &TracesConfig) -> io::Result<Self> {
        let uri = config.uri.clone();
        let is_encrypted = uri.scheme() == Some(&Scheme::HTTPS);
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = uri.port_u16().unwrap_or(if is_encrypted { 443 } else { 80 });
        let tls = is_encrypted.then(|| tls::client(&config.roots)).transpose()?;
        let tls = tls.map(|config| TlsConnector::from(Arc::new(config)));
        Ok(Self { uri, host, port, headers: config.headers.clone(), tls, way: None })
    }

    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Sends a batch.
    ///
    /// # Errors
    ///
    /// Fails if it is not taken.
    pub(super) async fn post(&mut self, body: &Bytes) -> Result<(), NotSent> {
        // Whoever gives this up, gives up the connection too.
        let mut kept = self.way.take();
        if let Some(way) = &mut kept
            && way.sender.ready().await.is_err()
        {
            kept = None;
        }
        let mut way = match kept {
            Some(way) => way,
            None => self.connect().await.map_err(NotSent::later)?,
        };
        let request = self.request(body.clone()).map_err(|error| NotSent { cause: error.to_string(), again: None })?;
        let failed = |error: hyper::Error| NotSent::later(chain(&error));
        let response = way.sender.send_request(request).await.map_err(failed)?;
        let (status, wish) = (response.status(), pause(response.headers().get(header::RETRY_AFTER)));
        if Limited::new(response.into_body(), ANSWER_BYTES).collect().await.is_ok() {
            self.way = Some(way);
        }
        judged(status, wish)
    }

    fn request(&self, body: Bytes) -> Result<Request<Full<Bytes>>, axum::http::Error> {
        let authority = self.uri.authority().map_or("", |authority| authority.as_str());
        let path = self.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = Request::post(path)
            .header(header::HOST, authority)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, concat!("task-api/", env!("CARGO_PKG_VERSION")));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(Full::new(body))
    }

    async fn connect(&self) -> Result<Way, String> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(|error| error.to_string())?;
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else { return speak(stream).await };
        let name = ServerName::try_from(self.host.clone()).map_err(|error| error.to_string())?;
        speak(tls.connect(name, stream).await.map_err(|error| chain(&error))?).await
    }
}

async fn speak(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Result<Way, String> {
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| chain(&error))?;
    let task = tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(Way { sender, task: task.abort_handle() })
}

/// What OTLP says about answers: these four may be tried again, and no others.
fn judged(status: StatusCode, wish: Duration) -> Result<(), NotSent> {
    if status.is_success() {
        return Ok(());
    }
    let again = matches!(status.as_u16(), 429 | 502 | 503 | 504).then_some(wish);
    Err(NotSent { cause: format!("the collector answers {}", status.as_u16()), again })
}

fn pause(retry_after: Option<&HeaderValue>) -> Duration {
    let seconds = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Duration::from_secs(seconds.unwrap_or(0))
}
