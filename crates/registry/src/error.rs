//! What can go wrong between here and a registry.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use seaworthy_image::{CorruptError, Digest, OpenError};

use crate::credentials::CredentialsError;
use crate::refusal::Refusal;
use crate::tls::TlsProblem;

/// Why something could not be asked of a registry, or was refused by it.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Nobody's request was refused.
    #[error("`{host}` wants a login for `{repository}`")]
    NotLoggedIn { host: String, repository: String },
    #[error("`{host}` does not accept the login of `{user}` in `{found_in}`")]
    WrongCredentials { host: String, user: String, found_in: String },
    #[error("`{host}` permits no {access} `{repository}`: {refusal}")]
    NoPermission { host: String, repository: String, access: &'static str, refusal: Box<Refusal> },
    #[error("`{host}` has no repository `{repository}`")]
    NoSuchRepository { host: String, repository: String },
    #[error("`{repository}` has no `{identifier}`")]
    NoSuchManifest { repository: String, identifier: String },
    #[error("`{repository}` has no blob `{digest}`")]
    NoSuchBlob { repository: String, digest: String },
    #[error("`{host}` takes no repository named `{repository}`: {refusal}")]
    NameInvalid { host: String, repository: String, refusal: Box<Refusal> },
    #[error("the tag `{tag}` of `{repository}` cannot be moved: {refusal}")]
    TagImmutable { repository: String, tag: String, refusal: Box<Refusal> },
    #[error("`{host}` has no space left: {refusal}")]
    RegistryFull { host: String, refusal: Box<Refusal> },
    #[error("`{host}` answers too many requests{}", again(.refusal.retry_after))]
    RateLimit { host: String, refusal: Box<Refusal> },
    /// Any other answer that is not the one asked for.
    #[error("`{host}` refuses `{asked}`: {refusal}")]
    Refused { host: String, asked: String, refusal: Box<Refusal> },
    #[error("`{host}` answers `{asked}` with {what}")]
    Answer { host: String, asked: String, what: String },
    #[error("no host `{host}` is known")]
    HostNotFound { host: String },
    #[error("nothing listens at `{host}`")]
    NothingThere { host: String },
    #[error("the connection to `{host}` broke")]
    Broken { host: String, source: io::Error },
    #[error("`{host}` was silent for too long")]
    Silent { host: String },
    #[error("no TLS with `{host}`: {problem}")]
    Tls { host: String, problem: TlsProblem },
    #[error("`{}` holds no certificate that can be read: {why}", .path.display())]
    Authority { path: PathBuf, why: String },
    #[error("`{host}` is not reached over plain HTTP: only this machine is")]
    Plain { host: String },
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The bytes are not those that were asked for.
    #[error("`{host}` sent something else than what was asked for")]
    Corrupt { host: String, source: CorruptError },
    #[error("the manifest received as `{want}` hashes to `{got}`")]
    OtherManifest { want: Digest, got: Digest },
    #[error("{what} takes more than {limit} bytes")]
    TooLarge { what: &'static str, limit: u64 },
    /// It answers, and would go on for longer than anybody waits.
    #[error("`{host}` is too slow in telling {what}")]
    Slow { host: String, what: &'static str },
    #[error("`{repository}` has more than {limit} tags")]
    TooManyTags { repository: String, limit: usize },
    /// Somebody else sets it at the same time.
    #[error("the tag `{tag}` of `{repository}` was set, and names `{names}`")]
    TagElsewhere { repository: String, tag: String, names: Digest },
    /// Where an index of what is attached should be.
    #[error("the tag `{tag}` of `{repository}` names something else than an index of what is attached: it stays")]
    NoIndex { repository: String, tag: String },
    #[error("`{identifier}` is neither a tag nor a digest")]
    Identifier { identifier: String },
    /// What is to be sent cannot be read here.
    #[error("what should be sent cannot be read")]
    Source(#[source] io::Error),
    #[error("no space left for `{}`", .path.display())]
    DiskFull { path: PathBuf },
    #[error("cannot write `{}`", .path.display())]
    Write { path: PathBuf, source: io::Error },
    /// Somebody called [`crate::Client::stop`].
    #[error("stopped, as asked")]
    Interrupted,
    /// Another part of the same work failed first, and tells why.
    #[error("stopped, since another part failed")]
    Stopped,
    /// What the registry holds is no image that can be used here.
    #[error(transparent)]
    Image(#[from] Box<OpenError>),
}

fn again(after: Option<Duration>) -> String {
    match after {
        Some(after) if after.as_secs() > 0 => format!(", and asks to wait for {} s", after.as_secs()),
        _ => String::new(),
    }
}

impl From<OpenError> for RegistryError {
    fn from(error: OpenError) -> Self {
        Self::Image(Box::new(error))
    }
}

impl RegistryError {
    /// What the registry said, where it is what went wrong.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::NoPermission { refusal, .. }
            | Self::NameInvalid { refusal, .. }
            | Self::TagImmutable { refusal, .. }
            | Self::RegistryFull { refusal, .. }
            | Self::RateLimit { refusal, .. }
            | Self::Refused { refusal, .. } => Some(refusal),
            _ => None,
        }
    }

    /// The HTTP status of the registry's refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::NotLoggedIn { .. } | Self::WrongCredentials { .. } => Some(401),
            Self::NoSuchRepository { .. } | Self::NoSuchManifest { .. } | Self::NoSuchBlob { .. } => Some(404),
            other => other.refusal().map(|refusal| refusal.status),
        }
    }

    /// Whether the same request may well succeed a little later.
    pub(crate) fn passes(&self) -> bool {
        match self {
            Self::Broken { .. } | Self::Silent { .. } | Self::RateLimit { .. } => true,
            Self::Refused { refusal, .. } => matches!(refusal.status, 408 | 425 | 500 | 502 | 503 | 504),
            _ => false,
        }
    }

    /// Whether nobody answered at all: worth another try only where somebody did before.
    pub(crate) fn is_absence(&self) -> bool {
        matches!(self, Self::NothingThere { .. } | Self::HostNotFound { .. })
    }

    /// What to try.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotLoggedIn { host, .. } | Self::WrongCredentials { host, .. } => {
                format!(
                    "log in with `docker login {host}`, or check that the name is right: many registries hide what is not there behind a login"
                )
            }
            Self::NoPermission { host, repository, .. } => {
                format!(
                    "the account needs rights on `{repository}`, and the repository may have to be created first at `{host}`"
                )
            }
            Self::NoSuchRepository { .. } => {
                "check the name; some registries want a repository to be created before the first push".to_owned()
            }
            Self::NoSuchManifest { .. } => "check the tag or the digest".to_owned(),
            Self::NameInvalid { .. } => {
                "most registries want an owner or a project before the name, all in lower case: `HOST/OWNER/NAME`"
                    .to_owned()
            }
            Self::TagImmutable { .. } => "push under another tag, or change the repository's rule for tags".to_owned(),
            Self::TagElsewhere { .. } => {
                "somebody else sets it at the same time: find out who, then push again".to_owned()
            }
            Self::NoIndex { .. } => {
                "what was attached is found by its own tag; other programs look under this one, which somebody else uses".to_owned()
            }
            Self::RegistryFull { .. } => {
                "free some space or raise the quota there, then do it again: what was sent is kept".to_owned()
            }
            Self::RateLimit { host, .. } => format!("wait, or log in with `docker login {host}` for a higher limit"),
            Self::Refused { refusal, .. } if refusal.status >= 500 => {
                "the registry has a fault of its own: try again later".to_owned()
            }
            Self::HostNotFound { host } => format!("check the spelling of `{host}`, and the network"),
            Self::NothingThere { .. } => "check host and port, and that the registry runs".to_owned(),
            Self::Broken { .. } | Self::Silent { .. } => {
                "check the network, then do it again: what was sent is kept".to_owned()
            }
            Self::Tls { host, problem } => return problem.hint(host),
            Self::Authority { .. } => "the file should hold certificates in PEM form".to_owned(),
            Self::Plain { .. } => {
                "give the registry a certificate, or reach it through a tunnel on `localhost`".to_owned()
            }
            Self::Credentials(error) => return error.hint(),
            Self::DiskFull { .. } => "free some space, or set `TMPDIR` to a folder with more".to_owned(),
            Self::Corrupt { .. } | Self::OtherManifest { .. } => {
                "the registry's storage or something on the way is damaged; nothing of it was used".to_owned()
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, seconds: Option<u64>) -> Refusal {
        Refusal { status, retry_after: seconds.map(Duration::from_secs), ..Refusal::default() }
    }

    #[track_caller]
    fn check(error: &RegistryError, expected: &str, hint: &str) {
        assert_eq!(error.to_string(), expected);
        let told = error.hint().unwrap_or_default();
        assert!(told.contains(hint), "{told}");
    }

    #[test]
    fn an_error_says_what_to_try() {
        let host = || "r.example:5000".to_owned();
        let problem = TlsProblem::UnknownAuthority;
        check(
            &RegistryError::Tls { host: host(), problem },
            "no TLS with `r.example:5000`: its certificate was issued by an authority that is not trusted here",
            "`/etc/docker/certs.d/r.example:5000/ca.crt`",
        );
        check(
            &RegistryError::NotLoggedIn { host: host(), repository: "a/b".to_owned() },
            "`r.example:5000` wants a login for `a/b`",
            "`docker login r.example:5000`",
        );
        for (seconds, expected) in [(None, ""), (Some(0), ""), (Some(90), ", and asks to wait for 90 s")] {
            check(
                &RegistryError::RateLimit { host: host(), refusal: refusal(429, seconds).into() },
                &format!("`r.example:5000` answers too many requests{expected}"),
                "wait",
            );
        }
        check(
            &RegistryError::Refused { host: host(), asked: "GET /v2/".to_owned(), refusal: refusal(502, None).into() },
            "`r.example:5000` refuses `GET /v2/`: 502",
            "try again later",
        );
        check(&RegistryError::HostNotFound { host: host() }, "no host `r.example:5000` is known", "spelling");
    }

    #[test]
    fn only_what_passes_is_tried_again() {
        let refused = |status| RegistryError::Refused {
            host: String::new(),
            asked: String::new(),
            refusal: refusal(status, None).into(),
        };
        assert!([500, 502, 503, 504].into_iter().all(|status| refused(status).passes()));
        assert!(![400, 404, 405, 409, 413, 501].into_iter().any(|status| refused(status).passes()));
        assert!(RegistryError::Silent { host: String::new() }.passes());
        assert!(!RegistryError::RegistryFull { host: String::new(), refusal: refusal(507, None).into() }.passes());
        assert!(!RegistryError::HostNotFound { host: String::new() }.passes());
    }
}
