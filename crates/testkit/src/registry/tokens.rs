//! A token server, as Docker Hub and GHCR have one: tokens for the asked scope, signed so that Debian's registry takes them.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

use super::http::{Reply, Request, Response, Server, pairs};
use super::record::{Record, Seen};

/// Who may do what.
#[derive(Debug, Clone)]
pub struct Tokens {
    pub user: &'static str,
    pub password: &'static str,
    /// Exchanged for tokens as Docker Hub does after `docker login` in a browser.
    pub identity_token: Option<&'static str>,
    /// Whether anybody may pull, without a password.
    pub is_public: bool,
    /// What the user may do: `pull`, `push`.
    pub actions: &'static [&'static str],
    /// The member of the answer that holds the token: `token` or `access_token`.
    pub member: &'static str,
    /// A token is refused after so many requests, as if its time were over.
    pub uses: Option<usize>,
    /// Said in the answer; nothing where it is left out.
    pub expires_in: Option<u64>,
}

impl Default for Tokens {
    /// One user, who may do all.
    fn default() -> Self {
        Self {
            user: super::USER,
            password: super::PASSWORD,
            identity_token: None,
            is_public: false,
            actions: &["pull", "push", "delete"],
            member: "token",
            uses: None,
            expires_in: Some(300),
        }
    }
}

/// The server; the registries beside it know its tokens.
pub struct TokenServer {
    server: Server,
    state: Arc<State>,
}

struct State {
    tokens: Tokens,
    key: Vec<u8>,
    /// Of the key, in PEM and as the token shows it.
    certificate: (String, String),
    given: Mutex<BTreeMap<String, Given>>,
    record: Record,
}

struct Given {
    scopes: Vec<Scope>,
    used: usize,
}

/// `repository:acme/app:pull,push`
#[derive(Debug, Clone, PartialEq, Eq)]
struct Scope {
    name: String,
    actions: Vec<String>,
}

impl TokenServer {
    /// The name of the service that tokens are for.
    pub const SERVICE: &'static str = "registry.test";
    /// Who signs them.
    pub const ISSUER: &'static str = "tokens.test";

    /// # Errors
    ///
    /// Fails if no port or key can be had.
    pub fn start(tokens: Tokens) -> anyhow::Result<Self> {
        let key = rcgen::KeyPair::generate()?;
        let mut certificate = rcgen::CertificateParams::new(Vec::new())?;
        certificate.distinguished_name.push(rcgen::DnType::CommonName, Self::ISSUER);
        let certificate = certificate.self_signed(&key)?;
        let state = Arc::new(State {
            tokens,
            key: key.serialize_der(),
            certificate: (certificate.pem(), BASE64_STANDARD.encode(certificate.der())),
            given: Mutex::default(),
            record: Record::default(),
        });
        let of_handler = Arc::clone(&state);
        let server = Server::start(None, Arc::new(move |request| Reply::Answer(of_handler.answer(request))))?;
        Ok(Self { server, state })
    }

    /// Where tokens are had.
    pub fn realm(&self) -> String {
        format!("http://{}/token", self.server.address())
    }

    /// The certificate of the key that signs, for a registry to trust.
    pub fn certificate(&self) -> &str {
        &self.state.certificate.0
    }

    /// The requests for tokens.
    pub fn seen(&self) -> Vec<Seen> {
        self.state.record.all()
    }

    /// Whether the token lets its bearer do `action` in a repository; counts as a use. `None`: it is unknown or worn out.
    pub(crate) fn permits(&self, token: &str, repository: &str, action: &str) -> Option<bool> {
        let mut given = self.state.given.lock().unwrap_or_else(PoisonError::into_inner);
        let given = given.get_mut(token)?;
        given.used += 1;
        if self.state.tokens.uses.is_some_and(|uses| given.used > uses) {
            return None;
        }
        let of_scope = |scope: &Scope| scope.name == repository && scope.actions.iter().any(|known| known == action);
        Some(given.scopes.iter().any(of_scope))
    }

    /// The same without counting, for a second right of one request.
    pub(crate) fn also_permits(&self, token: &str, repository: &str, action: &str) -> bool {
        let given = self.state.given.lock().unwrap_or_else(PoisonError::into_inner);
        let of_scope = |scope: &Scope| scope.name == repository && scope.actions.iter().any(|known| known == action);
        given.get(token).is_some_and(|given| given.scopes.iter().any(of_scope))
    }

    /// What a registry answers to a request that has no token, or one that does not do.
    pub(crate) fn challenge(&self, repository: &str, actions: &str, error: Option<&str>) -> Response {
        let error = error.map(|error| format!(",error=\"{error}\"")).unwrap_or_default();
        let challenge = format!(
            "Bearer realm=\"{}\",service=\"{}\",scope=\"repository:{repository}:{actions}\"{error}",
            self.realm(),
            Self::SERVICE
        );
        Response::error(401, "UNAUTHORIZED", "authentication required").header("WWW-Authenticate", challenge)
    }
}

impl State {
    fn answer(&self, request: &mut Request<'_>) -> Response {
        let mut form = Vec::new();
        if request.method == "POST" {
            let mut body = String::new();
            let _ = (&mut request.body).take(64 << 10).read_to_string(&mut body);
            form = pairs(&body);
        }
        let response = self.token(request, &form);
        self.record.add(request, response.status);
        response
    }

    fn token(&self, request: &Request<'_>, form: &[(String, String)]) -> Response {
        let all = |name: &str| {
            let of = |pairs: &[(String, String)]| {
                pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect::<Vec<_>>()
            };
            [of(&request.query), of(form)].concat()
        };
        if all("service") != [TokenServer::SERVICE] {
            return Response::error(400, "UNSUPPORTED", "unknown service");
        }
        let known = match (&*request.method, request.header("authorization")) {
            ("POST", _) => {
                let grant = all("grant_type");
                let by_token = grant == ["refresh_token"]
                    && all("refresh_token").first().map(String::as_str) == self.tokens.identity_token;
                let by_password = grant == ["password"]
                    && all("username") == [self.tokens.user]
                    && all("password") == [self.tokens.password];
                if !by_token && !by_password {
                    return Response::error(401, "UNAUTHORIZED", "incorrect username or password");
                }
                true
            }
            (_, Some(header)) => {
                if !is_basic(header, self.tokens.user, self.tokens.password) {
                    return Response::error(401, "UNAUTHORIZED", "incorrect username or password");
                }
                true
            }
            (_, None) => false,
        };
        let scopes: Vec<Scope> = all("scope")
            .iter()
            .flat_map(|scopes| scopes.split(' '))
            .filter_map(|scope| self.grant(scope, known))
            .collect();
        match self.sign(&scopes, known) {
            Ok(token) => {
                let mut answer = json!({ self.tokens.member: token });
                if let Some(seconds) = self.tokens.expires_in {
                    answer["expires_in"] = seconds.into();
                }
                let given = Given { scopes, used: 0 };
                self.given.lock().unwrap_or_else(PoisonError::into_inner).insert(token, given);
                Response::new(200).body("application/json", answer.to_string())
            }
            Err(error) => Response::error(500, "UNKNOWN", &error.to_string()),
        }
    }

    /// The part of an asked scope that is given.
    fn grant(&self, scope: &str, known: bool) -> Option<Scope> {
        let (name, actions) = scope.strip_prefix("repository:")?.rsplit_once(':')?;
        let given = |action: &&str| {
            if known { self.tokens.actions.contains(action) } else { self.tokens.is_public && *action == "pull" }
        };
        let actions = actions.split(',').filter(given).map(str::to_owned).collect();
        Some(Scope { name: name.to_owned(), actions })
    }

    fn sign(&self, scopes: &[Scope], known: bool) -> anyhow::Result<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let access: Vec<Value> = scopes
            .iter()
            .map(|scope| json!({"type": "repository", "name": scope.name, "actions": scope.actions}))
            .collect();
        let number = self.given.lock().unwrap_or_else(PoisonError::into_inner).len();
        let header = json!({"typ": "JWT", "alg": "ES256", "x5c": [self.certificate.1]});
        let claims = json!({
            "iss": TokenServer::ISSUER, "sub": if known { self.tokens.user } else { "" }, "aud": TokenServer::SERVICE,
            "exp": now + 600, "nbf": now - 10, "iat": now, "jti": number.to_string(), "access": access,
        });
        let encoded = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encoded(&header), encoded(&claims));
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.key, &random)
            .map_err(|error| anyhow::anyhow!("the key of the tokens: {error}"))?;
        let signature =
            key.sign(&random, signed.as_bytes()).map_err(|error| anyhow::anyhow!("cannot sign a token: {error}"))?;
        Ok(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.as_ref())))
    }
}

/// Whether an `Authorization` header is this user's password.
pub(crate) fn is_basic(header: &str, user: &str, password: &str) -> bool {
    header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, encoded)| BASE64_STANDARD.decode(encoded.trim()).ok())
        .is_some_and(|decoded| decoded == format!("{user}:{password}").into_bytes())
}
