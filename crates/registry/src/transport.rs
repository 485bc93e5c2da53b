//! One request over HTTP: connections, redirects, and what can go wrong on the way.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use ureq::http::{Method, Request as HttpRequest, Uri, header};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, SendBody};

use crate::early::{self, Listening};
use crate::host::is_loopback;
use crate::request::{Body, Request, Response, drain};
use crate::secret::Secret;
use crate::stop::Stop;
use crate::tls::TlsProblem;
use crate::{RegistryError, Settings, tls, url};

/// Sends requests. Connections are kept and shared.
pub(crate) struct Transport {
    settings: Settings,
    /// By the host they are for; one for all hosts that need nothing of their own.
    agents: Mutex<HashMap<String, Agent>>,
    stop: Stop,
}

/// How often an answer may send elsewhere.
const REDIRECTS: usize = 5;

/// All headers of an answer.
const HEAD_BYTES: usize = 64 << 10;

const USER_AGENT: &str = concat!("seaworthy/", env!("CARGO_PKG_VERSION"));

impl Transport {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, agents: Mutex::default(), stop: Stop::default() }
    }

    /// Shuts down every connection, and makes none any more.
    pub(crate) fn stop(&self) {
        self.stop.set();
        let agents = std::mem::take(&mut *self.agents.lock().unwrap_or_else(PoisonError::into_inner));
        agents.into_values().for_each(Agent::shutdown);
    }

    /// Whether that was asked for.
    pub(crate) fn stopped(&self) -> &Stop {
        &self.stop
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Sends a request to `url` and follows redirects; the answer may have any status.
    ///
    /// `authorization` goes to the origin of `url` and nowhere else, and nothing goes from HTTPS to HTTP.
    pub(crate) fn exchange(
        &self,
        request: &Request,
        url: &Uri,
        authorization: Option<&Secret>,
    ) -> Result<Response, RegistryError> {
        let mut method = request.method.clone();
        let mut at = url.clone();
        let mut with_body = true;
        for _ in 0..=REDIRECTS {
            let authorization = authorization.filter(|_| url::same_origin(url, &at));
            let body = if with_body { &request.body } else { &Body::Empty };
            let mut response = self.once(request, &method, &at, body, authorization)?;
            if !matches!(response.status, 301 | 302 | 303 | 307 | 308) || response.header("location").is_none() {
                return Ok(response);
            }
            let next: Uri = response.location()?.parse().map_err(|_| response.odd("a `Location` that is no URL"))?;
            if at.scheme_str() == Some("https") && next.scheme_str() != Some("https") {
                return Err(response.odd("a redirect from HTTPS to HTTP"));
            }
            let safe = method == Method::GET || method == Method::HEAD;
            match response.status {
                303 if !safe => (method, with_body) = (Method::GET, false),
                // It may hold what a login is exchanged for.
                307 | 308 if method == Method::POST && body.is_some() && !url::same_origin(&at, &next) => {
                    return Err(response.odd("a redirect that would tell another host what was sent"));
                }
                301 | 302 if !safe => return Err(response.odd("a redirect that loses what was sent")),
                _ => {}
            }
            drain(&mut response.body);
            at = next;
        }
        Err(RegistryError::Answer {
            host: host_of(url),
            asked: request.label(),
            what: format!("more than {REDIRECTS} redirects"),
        })
    }

    fn once(
        &self,
        request: &Request,
        method: &Method,
        at: &Uri,
        body: &Body,
        authorization: Option<&Secret>,
    ) -> Result<Response, RegistryError> {
        let host = host_of(at);
        if at.scheme_str() != Some("https") && !is_loopback(&host) {
            return Err(RegistryError::Plain { host });
        }
        let agent = self.agent(at, &host)?;
        let mut head = HttpRequest::builder().method(method.clone()).uri(at.clone());
        for (name, value) in &request.headers {
            head = head.header(*name, value);
        }
        if let Some(authorization) = authorization {
            let mut value =
                header::HeaderValue::from_str(authorization.expose()).map_err(|_| RegistryError::Answer {
                    host: host.clone(),
                    asked: request.label(),
                    what: "a token that is no text".to_owned(),
                })?;
            value.set_sensitive(true);
            head = head.header(header::AUTHORIZATION, value);
        }
        let mut source = Source::open(body).map_err(RegistryError::Source)?;
        let has_body = matches!(*method, Method::POST | Method::PUT | Method::PATCH);
        let sent = match &mut source {
            Some(source) => {
                head = head.header(header::CONTENT_LENGTH, source.left);
                head.body(SendBody::from_reader(source)).map(|request| self.run(&agent, request, true))
            }
            None if has_body => {
                head = head.header(header::CONTENT_LENGTH, 0);
                let mut nothing = io::empty();
                head.body(SendBody::from_reader(&mut nothing)).map(|request| self.run(&agent, request, true))
            }
            None => head.body(SendBody::none()).map(|request| self.run(&agent, request, false)),
        };
        let answer = match sent {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                if let Some(failed) = source.and_then(|source| source.failed) {
                    return Err(RegistryError::Source(failed));
                }
                self.stop.check()?;
                return Err(self.failed(&host, request, error));
            }
            Err(error) => {
                return Err(RegistryError::Answer {
                    host,
                    asked: request.label(),
                    what: format!("what no request can be made of: {error}"),
                });
            }
        };
        let (parts, body) = answer.into_parts();
        Ok(Response {
            status: parts.status.as_u16(),
            headers: parts.headers,
            host,
            label: request.label(),
            url: at.clone(),
            body,
        })
    }

    /// A registry that stores what was sent may be silent for longer than one that only answers.
    fn run(
        &self,
        agent: &Agent,
        request: HttpRequest<SendBody>,
        stores: bool,
    ) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let idle = self.settings.patience.idle * if stores { 5 } else { 1 };
        let request =
            agent.configure_request(request).timeout_per_read(Some(idle)).timeout_recv_response(Some(idle * 2)).build();
        early::begin();
        agent.run(request)
    }

    fn agent(&self, at: &Uri, host: &str) -> Result<Agent, RegistryError> {
        let settings = &self.settings;
        let secure = at.scheme_str() == Some("https");
        let own = if secure { tls::own_authorities(settings, host) } else { Vec::new() };
        let key = match (secure, is_loopback(host)) {
            (false, _) => "http:".to_owned(),
            (true, false) if own.is_empty() => "https:".to_owned(),
            (true, _) => format!("https:{host}"),
        };
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        // Nothing is added behind the back of `stop`, which takes them away.
        self.stop.check()?;
        if let Some(agent) = agents.get(&key) {
            return Ok(agent.clone());
        }
        let tls = if secure { tls::config(settings, &own)? } else { tls::no_config() };
        let patience = &settings.patience;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(settings.proxy.clone().filter(|_| !is_loopback(host)))
            .tls_config(tls)
            .user_agent(USER_AGENT)
            .accept("*/*")
            .accept_encoding("identity")
            .max_response_header_size(HEAD_BYTES)
            .max_idle_connections_per_host(8)
            .timeout_resolve(Some(patience.connect))
            .timeout_connect(Some(patience.connect))
            .timeout_per_read(Some(patience.idle))
            .timeout_per_write(Some(patience.idle))
            .build();
        let agent = Agent::with_parts(config, Listening(DefaultConnector::new()), Names(DefaultResolver::default()));
        agents.insert(key, agent.clone());
        Ok(agent)
    }

    fn failed(&self, host: &str, request: &Request, error: ureq::Error) -> RegistryError {
        let tls = |problem| RegistryError::Tls { host: host.to_owned(), problem };
        let odd =
            |what: &str| RegistryError::Answer { host: host.to_owned(), asked: request.label(), what: what.to_owned() };
        match error {
            ureq::Error::Io(error) => match &self.settings.proxy {
                Some(proxy) if error.kind() == io::ErrorKind::ConnectionRefused && !is_loopback(host) => {
                    RegistryError::NothingThere { host: format!("{}:{} (the proxy)", proxy.host(), proxy.port()) }
                }
                _ => broken(host, error),
            },
            ureq::Error::HostNotFound => RegistryError::HostNotFound { host: host.to_owned() },
            ureq::Error::Timeout(_) => RegistryError::Silent { host: host.to_owned() },
            ureq::Error::Rustls(error) => tls(TlsProblem::from(&error)),
            ureq::Error::Tls(what) => tls(TlsProblem::Other(what.to_owned())),
            ureq::Error::TlsRequired => tls(TlsProblem::NotTls),
            ureq::Error::ConnectProxyFailed(why) => {
                let why = crate::refusal::clean(&why);
                broken(host, io::Error::other(format!("the proxy makes no connection: {why}")))
            }
            ureq::Error::Protocol(_) | ureq::Error::Http(_) => odd("something that is no HTTP"),
            ureq::Error::LargeResponseHeader(..) => odd("headers that take too much"),
            other => broken(host, io::Error::other(other)),
        }
    }
}

/// An error of a connection.
pub(crate) fn broken(host: &str, error: io::Error) -> RegistryError {
    let host = host.to_owned();
    if let Some(problem) = TlsProblem::of(&error) {
        return RegistryError::Tls { host, problem };
    }
    // Of the client's own errors, the limit of a wait is what a reader should see.
    let silent = error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>());
    if let Some(ureq::Error::Timeout(_)) = silent {
        return RegistryError::Silent { host };
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => RegistryError::NothingThere { host },
        _ => RegistryError::Broken { host, source: error },
    }
}

/// `host` or `host:port`
pub(crate) fn host_of(url: &Uri) -> String {
    url.authority().map(ToString::to_string).unwrap_or_default()
}

/// Gives exactly the bytes that were promised, and remembers why it could not.
struct Source<'a> {
    inner: Box<dyn Read + 'a>,
    left: u64,
    failed: Option<io::Error>,
}

impl<'a> Source<'a> {
    fn open(body: &'a Body<'_>) -> io::Result<Option<Self>> {
        Ok(match body {
            Body::Empty => None,
            Body::Bytes(bytes) => Some(Self { inner: Box::new(*bytes), left: bytes.len() as u64, failed: None }),
            Body::Stream { size_bytes, open } => Some(Self { inner: open()?, left: *size_bytes, failed: None }),
        })
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if early::is_cut() {
            // It goes nowhere; what counts is the answer behind it.
            self.left -= most as u64;
            return Ok(most);
        }
        let read = match self.inner.read(&mut buffer[..most]) {
            Ok(0) if most > 0 => Err(io::ErrorKind::UnexpectedEof.into()),
            other => other,
        };
        match read {
            Ok(count) => {
                self.left -= count as u64;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.failed = Some(error);
                Err(io::Error::other("what should be sent cannot be read"))
            }
        }
    }
}

/// Looks up names; `localhost` is this machine, whatever a name server says.
#[derive(Debug)]
struct Names(DefaultResolver);

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.0.resolve(uri, config, timeout).map_err(|error| match error {
            ureq::Error::Io(_) => ureq::Error::HostNotFound,
            other => other,
        })?;
        if !uri.authority().is_some_and(|authority| is_loopback(authority.as_str())) {
            return Ok(found);
        }
        let mut here = self.empty();
        for address in found.iter().filter(|address| address.ip().is_loopback()) {
            here.push(*address);
        }
        if here.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(here) }
    }
}
