//! Tokens: what a login is exchanged for (distribution specification of Docker, "token authentication").

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use seaworthy_image::limits;
use serde::Deserialize;
use ureq::http::{Method, Uri};

use crate::credentials::{Credential, Login};
use crate::judge::{Case, Presented};
use crate::request::{Body, Request, Scope};
use crate::secret::Secret;
use crate::transport::Transport;
use crate::url::encode;
use crate::{RegistryError, session};

/// Where tokens are given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Realm {
    pub(crate) url: Uri,
    pub(crate) service: Option<String>,
}

/// A token that is good for a while.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) value: Secret,
    /// Whether a login stands behind it.
    pub(crate) logged_in: bool,
    ends: Instant,
}

impl Token {
    pub(crate) fn is_good(&self) -> bool {
        Instant::now() < self.ends
    }
}

#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

/// What a token server means where it does not say.
const LIFE: u64 = 60;
const LONGEST_LIFE: u64 = 24 * 60 * 60;

/// `Authorization` of a user and a password.
pub(crate) fn basic(user: &str, password: &Secret) -> Secret {
    Secret::new(format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.expose()))))
}

/// Asks for a token that permits what `scopes` say.
pub(crate) fn fetch(
    transport: &Transport,
    host: &str,
    realm: &Realm,
    scope: Option<&Scope>,
    scopes: &[String],
    login: Option<&Login>,
) -> Result<Token, RegistryError> {
    let begun = Instant::now();
    let service = realm.service.as_deref();
    let response = match login {
        Some(Login { credential: Credential::IdentityToken(token), .. }) => {
            let mut form =
                format!("grant_type=refresh_token&client_id=seaworthy&refresh_token={}", encode(token.expose()));
            for (name, value) in [("service", service.unwrap_or_default()), ("scope", &scopes.join(" "))] {
                form.extend(["&", name, "=", &encode(value)]);
            }
            let request = request(Method::POST)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::Bytes(form.as_bytes()));
            transport.exchange(&request, &realm.url, None)?
        }
        other => {
            let password = other.and_then(|login| match &login.credential {
                Credential::Password(password) => Some(basic(&login.user, password)),
                Credential::IdentityToken(_) => None,
            });
            let mut url = realm.url.to_string();
            let questions = service.map(|service| ("service", service)).into_iter();
            let questions = questions.chain(scopes.iter().map(|scope| ("scope", scope.as_str())));
            for (name, value) in questions {
                let mark = if url.contains('?') { "&" } else { "?" };
                url.extend([mark, name, "=", &encode(value)]);
            }
            let url: Uri = url.parse().map_err(|_| RegistryError::Answer {
                host: host.to_owned(),
                asked: "GET /v2/".to_owned(),
                what: "a realm that is no URL".to_owned(),
            })?;
            transport.exchange(&request(Method::GET), &url, password.as_ref())?
        }
    };
    if response.status != 200 {
        let presented = match login {
            Some(login) => Presented::Login { user: login.user.clone(), found_in: login.found_in.clone() },
            None => Presented::Nobody,
        };
        let label = format!("GET {}", realm.url.path());
        let sent = login.and_then(|login| match &login.credential {
            Credential::Password(password) => Some(basic(&login.user, password)),
            Credential::IdentityToken(_) => None,
        });
        let refusal = session::refusal(response, &session::secrets(sent.as_ref(), login));
        return Err(Case { host, label: &label, scope, presented: &presented, token_server: true, elsewhere: None }
            .error(refusal));
    }
    let host = response.host.clone();
    let asked = response.label.clone();
    let odd = |what: &str| RegistryError::Answer { host, asked, what: what.to_owned() };
    let bytes = response.bytes("a token", limits::JSON_BYTES)?;
    let Ok(answer) = serde_json::from_slice::<Answer>(&bytes) else { return Err(odd("something that holds no token")) };
    let token = answer.token.or(answer.access_token).filter(|token| !token.is_empty());
    let Some(token) = token.filter(|token| token.bytes().all(|byte| byte.is_ascii_graphic())) else {
        return Err(odd("something that holds no token"));
    };
    let life = Duration::from_secs(answer.expires_in.unwrap_or(LIFE).min(LONGEST_LIFE));
    let margin = (life / 4).min(Duration::from_secs(10));
    Ok(Token {
        value: Secret::new(format!("Bearer {token}")),
        logged_in: login.is_some(),
        ends: begun + life.saturating_sub(margin),
    })
}

fn request<'a>(method: Method) -> Request<'a> {
    let mut request = Request::new(method, "/token", Scope::pull(""));
    request.scopes.clear();
    request
}
