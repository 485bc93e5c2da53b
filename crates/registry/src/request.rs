//! What is sent to a registry, and what comes back.

use std::io::{self, Read};
use std::time::Instant;

use seaworthy_image::Digest;
use ureq::http::{HeaderMap, Method, Uri};

use crate::{RegistryError, url};

/// One request. Whoever it is sent by adds what proves who is asking.
pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    /// A path with its query (`/v2/…`) at the registry, or a whole URL as the registry named it.
    pub(crate) target: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body<'a>,
    /// What must be permitted; the first is what the request is about.
    pub(crate) scopes: Vec<Scope>,
    /// Whether it is sent again after an answer that passes, or none.
    pub(crate) repeat: Repeat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// As often as the settings say.
    Patiently,
    Never,
}

pub(crate) enum Body<'a> {
    Empty,
    Bytes(&'a [u8]),
    /// Opened anew for each sending; has exactly so many bytes.
    Stream {
        size_bytes: u64,
        open: &'a Open<'a>,
    },
}

impl Body<'_> {
    pub(crate) fn is_some(&self) -> bool {
        !matches!(self, Self::Empty)
    }
}

/// Opens what is to be sent at its first byte.
pub(crate) type Open<'a> = dyn Fn() -> io::Result<Box<dyn Read + 'a>> + 'a;

/// What must be permitted on one repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Scope {
    pub(crate) repository: String,
    pub(crate) push: bool,
}

impl Scope {
    pub(crate) fn pull(repository: &str) -> Self {
        Self { repository: repository.to_owned(), push: false }
    }

    pub(crate) fn push(repository: &str) -> Self {
        Self { repository: repository.to_owned(), push: true }
    }

    /// Whether a scope in the words of a token server asks for no more than this.
    pub(crate) fn covers(&self, text: &str) -> bool {
        let mut parts = text.rsplitn(2, ':');
        let (Some(actions), Some(name)) = (parts.next(), parts.next()) else { return false };
        let permitted = |action: &str| action == "pull" || action == "push" && self.push;
        name.strip_prefix("repository:") == Some(&self.repository) && actions.split(',').all(permitted)
    }

    /// As token servers want it.
    pub(crate) fn text(&self) -> String {
        format!("repository:{}:{}", self.repository, if self.push { "pull,push" } else { "pull" })
    }
}

impl<'a> Request<'a> {
    pub(crate) fn new(method: Method, target: impl Into<String>, scope: Scope) -> Self {
        Self {
            method,
            target: target.into(),
            headers: Vec::new(),
            body: Body::Empty,
            scopes: vec![scope],
            repeat: Repeat::Patiently,
        }
    }

    /// What the request is about.
    pub(crate) fn repository(&self) -> &str {
        self.scopes.first().map(|scope| scope.repository.as_str()).unwrap_or_default()
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn body(mut self, body: Body<'a>) -> Self {
        self.body = body;
        self
    }

    /// Adds a repository on which something must be permitted too.
    pub(crate) fn also(mut self, scope: Scope) -> Self {
        self.scopes.push(scope);
        self
    }

    pub(crate) fn never_repeated(mut self) -> Self {
        self.repeat = Repeat::Never;
        self
    }

    /// For errors: `GET /v2/…`, without what a URL may hide in its query.
    pub(crate) fn label(&self) -> String {
        format!("{} {}", self.method, url::path(&self.target))
    }
}

/// An answer that is a success (2xx).
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// Of the registry, for errors.
    pub(crate) host: String,
    /// Of the request.
    pub(crate) label: String,
    /// What answered in the end, after redirects.
    pub(crate) url: Uri,
    pub(crate) body: ureq::Body,
}

impl Response {
    /// The header's value; `None` where it is missing or no text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }

    /// `Location`, made whole.
    pub(crate) fn location(&self) -> Result<String, RegistryError> {
        let location = self.header("location").ok_or_else(|| self.odd("no `Location`"))?;
        self.join(location)
    }

    /// A URL in the answer, made whole.
    pub(crate) fn join(&self, reference: &str) -> Result<String, RegistryError> {
        match url::join(&self.url, reference) {
            Some(url) => Ok(url.to_string()),
            None => Err(self.odd("a URL that is none")),
        }
    }

    /// `Docker-Content-Digest`, where it is a digest. It is a claim, nothing more.
    pub(crate) fn claimed_digest(&self) -> Option<Digest> {
        self.header("docker-content-digest")?.parse().ok()
    }

    /// The size that is told for the body, also where there is none (HEAD).
    pub(crate) fn content_length(&self) -> Option<u64> {
        self.header("content-length")?.parse().ok()
    }

    /// An answer that cannot be used.
    pub(crate) fn odd(&self, what: &str) -> RegistryError {
        RegistryError::Answer { host: self.host.clone(), asked: self.label.clone(), what: what.to_owned() }
    }

    /// The whole body, if it is not too large.
    pub(crate) fn bytes(self, what: &'static str, limit: u64) -> Result<Vec<u8>, RegistryError> {
        let Self { host, body, .. } = self;
        bounded(body, limit)
            .map_err(|error| crate::transport::broken(&host, error))?
            .ok_or(RegistryError::TooLarge { what, limit })
    }

    /// The body as it comes.
    pub(crate) fn reader(self) -> impl Read + Send + 'static {
        self.body.into_reader()
    }

    /// Reads away what is left, so that the connection can be used again.
    pub(crate) fn finish(mut self) {
        drain(&mut self.body);
    }
}

/// How long a whole small body may take.
const SMALL_BODY_SECONDS: u64 = 300;

/// The body, or `None` if it is larger than the limit.
pub(crate) fn bounded(body: ureq::Body, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let begun = Instant::now();
    let mut reader = body.into_reader();
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 16 << 10];
    loop {
        let count = reader.read(&mut buffer)?;
        if count == 0 {
            return Ok(Some(bytes));
        }
        if (bytes.len() + count) as u64 > limit {
            return Ok(None);
        }
        if begun.elapsed().as_secs() > SMALL_BODY_SECONDS {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the answer comes too slowly"));
        }
        bytes.extend_from_slice(&buffer[..count]);
    }
}

/// Reads at most a little of a body that nobody wants.
pub(crate) fn drain(body: &mut ureq::Body) {
    let mut left = body.as_reader().take(crate::refusal::BODY_BYTES);
    // A failure shows itself with the next request on the connection.
    let _ = io::copy(&mut left, &mut io::sink());
}
