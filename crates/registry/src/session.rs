//! One registry: who asks, as what, and how often.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use seaworthy_image::Digest;
use ureq::http::{Method, Uri};

use crate::challenge::Challenge;
use crate::credentials::{Credential, Login};
use crate::host::Host;
use crate::judge::{Case, Presented};
use crate::refusal::{self, Refusal};
use crate::request::{Repeat, Request, Response, Scope, bounded};
use crate::retry::{Tries, now, retry_after};
use crate::secret::Secret;
use crate::settings::Patience;
use crate::stop::Stop;
use crate::token::{Realm, Token, basic};
use crate::transport::Transport;
use crate::{RegistryError, credentials, probe, token, url};

/// A registry, with what was learnt of it.
pub(crate) struct Session {
    host: Host,
    transport: Arc<Transport>,
    /// `https` or `http`, once it is known.
    scheme: Mutex<Option<&'static str>>,
    /// Whether it ever answered.
    met: AtomicBool,
    way: Mutex<Option<Way>>,
    /// By the repository; asked for once.
    logins: Mutex<HashMap<String, Option<Login>>>,
    tokens: Mutex<HashMap<Vec<Scope>, Slot>>,
    /// By the blob: a repository that had it.
    seen: Mutex<HashMap<Digest, String>>,
}

/// How many blobs are remembered.
const SEEN: usize = 10_000;

/// The token for some scopes; locked while it is fetched, so that it is fetched once.
type Slot = Arc<Mutex<Option<Token>>>;

/// How the registry wants to be told who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    Basic,
    Bearer(Realm),
}

/// What was sent along to show who asks.
struct Shown {
    value: Option<Secret>,
    presented: Presented,
    /// Whether it was known before this request, and so may be out of date.
    old: bool,
}

impl Session {
    pub(crate) fn new(host: Host, transport: Arc<Transport>) -> Self {
        Self {
            host,
            transport,
            scheme: Mutex::default(),
            met: AtomicBool::new(false),
            way: Mutex::default(),
            logins: Mutex::default(),
            tokens: Mutex::default(),
            seen: Mutex::default(),
        }
    }

    /// As references name it.
    pub(crate) fn host(&self) -> &str {
        self.host.name()
    }

    /// How long is waited for what.
    pub(crate) fn patience(&self) -> &Patience {
        &self.transport.settings().patience
    }

    /// Whether all of the client's work is to end.
    pub(crate) fn stopped(&self) -> &Stop {
        self.transport.stopped()
    }

    /// Remembers that a repository has a blob.
    pub(crate) fn saw(&self, blob: &Digest, repository: &str) {
        let mut seen = lock(&self.seen);
        if seen.len() < SEEN {
            seen.insert(blob.clone(), repository.to_owned());
        }
    }

    /// A repository that had a blob when it was last seen.
    pub(crate) fn seen_in(&self, blob: &Digest) -> Option<String> {
        lock(&self.seen).get(blob).cloned()
    }

    /// Sends a request, as often as it takes and is permitted. Every answer but a success is an error.
    pub(crate) fn send(&self, request: &Request) -> Result<Response, RegistryError> {
        let mut tries = Tries::new(self.patience(), self.stopped());
        loop {
            match self.try_once(request) {
                Ok(response) => return Ok(response),
                Err(error) if request.repeat == Repeat::Never => return Err(error),
                Err(error) => tries.after(error, self.met.load(Ordering::Relaxed))?,
            }
        }
    }

    fn try_once(&self, request: &Request) -> Result<Response, RegistryError> {
        let base = self.base()?;
        let url = self.url(&base, &request.target)?;
        let ours = url::same_origin(&base, &url);
        let known = lock(&self.way).clone().filter(|_| ours);
        let mut shown = match &known {
            Some(way) => self.show(way, request, &[], None)?,
            None => Shown { value: None, presented: Presented::Nobody, old: true },
        };
        let mut response = self.transport.exchange(request, &url, shown.value.as_ref())?;
        self.met.store(true, Ordering::Relaxed);
        if response.status == 401 && url::same_origin(&response.url, &base) {
            let asked = way_of(&response)?;
            if let Some((way, scopes)) = asked
                && (shown.old || known.as_ref() != Some(&way) || wants_more(&scopes, request))
            {
                *lock(&self.way) = Some(way.clone());
                shown = self.show(&way, request, &scopes, shown.value.as_ref())?;
                if shown.value.is_some() {
                    response.finish();
                    response = self.transport.exchange(request, &url, shown.value.as_ref())?;
                }
            }
        }
        if (200..300).contains(&response.status) {
            if request.method != Method::GET {
                crate::request::drain(&mut response.body);
            }
            return Ok(response);
        }
        let elsewhere = (!url::same_origin(&response.url, &base)).then(|| response.host.clone());
        let case = Case {
            host: self.host(),
            label: &response.label.clone(),
            scope: request.scopes.first(),
            presented: &shown.presented,
            token_server: false,
            elsewhere: elsewhere.as_deref(),
        };
        let login = lock(&self.logins).get(request.repository()).cloned().flatten();
        Err(case.error(refusal(response, &secrets(shown.value.as_ref(), login.as_ref()))))
    }

    /// Where the registry is reached.
    fn base(&self) -> Result<Uri, RegistryError> {
        let address = self.host.address();
        let scheme = if self.host.is_loopback() {
            let mut known = lock(&self.scheme);
            match *known {
                Some(scheme) => scheme,
                None => *known.insert(probe::scheme(address)?),
            }
        } else {
            "https"
        };
        let host = || RegistryError::HostNotFound { host: address.to_owned() };
        format!("{scheme}://{address}/").parse().map_err(|_| host())
    }

    /// Where a request goes. A registry behind a proxy may think that it is reached by HTTP: it is not.
    fn url(&self, base: &Uri, target: &str) -> Result<Uri, RegistryError> {
        let odd = |what: &str| RegistryError::Answer {
            host: self.host().to_owned(),
            asked: url::path(target).to_owned(),
            what: what.to_owned(),
        };
        let url = url::join(base, target).ok_or_else(|| odd("a URL that is none"))?;
        if base.scheme_str() == Some("https") && url.scheme_str() == Some("http") {
            if url.host() == base.host() {
                let path = url.path_and_query().map_or("/", |path| path.as_str());
                return url::join(base, path).ok_or_else(|| odd("a URL that is none"));
            }
            return Err(odd("a URL of plain HTTP"));
        }
        Ok(url)
    }

    /// What shows who asks; `more` are scopes that the registry asked for, `refused` is what it did not take.
    fn show(
        &self,
        way: &Way,
        request: &Request,
        more: &[String],
        refused: Option<&Secret>,
    ) -> Result<Shown, RegistryError> {
        let login = self.login(request.repository())?;
        match way {
            Way::Basic => Ok(match login {
                Some(Login { user, credential: Credential::Password(password), found_in }) => Shown {
                    value: Some(basic(&user, &password)),
                    presented: Presented::Login { user, found_in },
                    old: false,
                },
                _ => Shown { value: None, presented: Presented::Nobody, old: false },
            }),
            Way::Bearer(realm) => {
                let (token, old) = self.token(realm, request, more, refused, login.as_ref())?;
                let presented = if token.logged_in { Presented::Token } else { Presented::Nobody };
                Ok(Shown { value: Some(token.value), presented, old })
            }
        }
    }

    fn token(
        &self,
        realm: &Realm,
        request: &Request,
        more: &[String],
        refused: Option<&Secret>,
        login: Option<&Login>,
    ) -> Result<(Token, bool), RegistryError> {
        let mut wanted = request.scopes.clone();
        wanted.sort();
        wanted.dedup();
        let mut scopes: Vec<String> = wanted.iter().map(Scope::text).collect();
        scopes.extend(more.iter().filter(|scope| !scopes.contains(scope)).cloned().collect::<Vec<_>>());
        let slot = Arc::clone(lock(&self.tokens).entry(wanted).or_default());
        let mut held = lock(&slot);
        if let Some(token) = held.as_ref().filter(|token| token.is_good() && Some(&token.value) != refused) {
            return Ok((token.clone(), true));
        }
        *held = None;
        let token = token::fetch(&self.transport, self.host(), realm, request.scopes.first(), &scopes, login)?;
        *held = Some(token.clone());
        Ok((token, false))
    }

    fn login(&self, repository: &str) -> Result<Option<Login>, RegistryError> {
        let mut logins = lock(&self.logins);
        if let Some(login) = logins.get(repository) {
            return Ok(login.clone());
        }
        let login = credentials::find(self.transport.settings(), self.stopped(), self.host(), repository)?;
        logins.insert(repository.to_owned(), login.clone());
        Ok(login)
    }
}

/// How the registry wants to be told who asks, and for which scopes.
fn way_of(response: &Response) -> Result<Option<(Way, Vec<String>)>, RegistryError> {
    let values = response.headers.get_all("www-authenticate").iter();
    let challenges: Vec<Challenge> =
        values.filter_map(|value| value.to_str().ok()).flat_map(Challenge::parse).collect();
    if let Some(bearer) = challenges.iter().find(|challenge| challenge.scheme == "bearer")
        && let Some(realm) = bearer.parameter("realm")
    {
        let url = url::join(&response.url, realm).ok_or_else(|| response.odd("a realm that is no URL"))?;
        if response.url.scheme_str() == Some("https") && url.scheme_str() != Some("https") {
            return Err(response.odd("a realm that is not reached by HTTPS"));
        }
        let service = bearer.parameter("service").map(str::to_owned);
        let scopes = bearer.parameter("scope").unwrap_or_default();
        let scopes = scopes.split(' ').filter(|scope| !scope.is_empty()).take(10).map(str::to_owned).collect();
        return Ok(Some((Way::Bearer(Realm { url, service }), scopes)));
    }
    let basic = challenges.iter().any(|challenge| challenge.scheme == "basic");
    Ok(basic.then(|| (Way::Basic, Vec::new())))
}

/// Whether the registry asks for a scope that the request does not name.
fn wants_more(scopes: &[String], request: &Request) -> bool {
    let covered = |text: &String| request.scopes.iter().any(|scope| scope.covers(text));
    !scopes.iter().all(covered)
}

/// What was sent and must not be shown, even where it comes back in the answer.
pub(crate) fn secrets<'a>(sent: Option<&'a Secret>, login: Option<&'a Login>) -> Vec<&'a str> {
    let sent = sent.and_then(|sent| sent.expose().split_once(' ')).map(|(_, credentials)| credentials);
    let known = login.map(|login| match &login.credential {
        Credential::Password(secret) | Credential::IdentityToken(secret) => secret.expose(),
    });
    sent.into_iter().chain(known).filter(|secret| !secret.is_empty()).collect()
}

/// What a registry says when it refuses, without the secrets that it may repeat.
pub(crate) fn refusal(response: Response, secrets: &[&str]) -> Refusal {
    let wait = response.header("retry-after").and_then(|value| retry_after(value, now()));
    let Response { status, body, .. } = response;
    // What cannot be read says nothing, but the status stands.
    let said = bounded(body, refusal::BODY_BYTES).ok().flatten().unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let said = secrets.iter().fold(said.into_owned(), |said, secret| said.replace(secret, "***"));
    Refusal::new(status, said.as_bytes(), wait)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
