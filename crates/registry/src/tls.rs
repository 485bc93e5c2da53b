//! Whom to trust, and why a peer was not.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::CertificateError;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::{RegistryError, Settings};

/// Why there is no TLS with a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsProblem {
    /// Its certificate was signed by nobody known here.
    UnknownAuthority,
    Expired,
    NotValidYet,
    /// Its certificate is for other names.
    OtherName(Vec<String>),
    /// Its certificate is an authority's own, not a server's.
    AuthorityItself,
    /// What answered speaks no TLS.
    NotTls,
    Other(String),
}

impl fmt::Display for TlsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownAuthority => {
                f.write_str("its certificate was issued by an authority that is not trusted here")
            }
            Self::Expired => f.write_str("its certificate has expired"),
            Self::NotValidYet => f.write_str("its certificate is not valid yet"),
            Self::OtherName(names) if names.is_empty() => f.write_str("its certificate is for another name"),
            Self::OtherName(names) => write!(f, "its certificate is for `{}`", names.join("`, `")),
            Self::AuthorityItself => f.write_str("its certificate is an authority's (`CA:TRUE`), not a server's"),
            Self::NotTls => f.write_str("what answers there speaks no TLS"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

impl TlsProblem {
    pub(crate) fn hint(&self, host: &str) -> Option<String> {
        Some(match self {
            Self::UnknownAuthority => format!(
                "put the authority's certificate into `/etc/docker/certs.d/{host}/ca.crt` or `~/.config/containers/certs.d/{host}/ca.crt`, or name its file in `SSL_CERT_FILE`"
            ),
            Self::Expired => format!("the certificate of `{host}` has to be renewed; check this machine's clock too"),
            Self::NotValidYet => "check this machine's clock".to_owned(),
            Self::OtherName(_) => "use the name that the certificate is for".to_owned(),
            Self::AuthorityItself => {
                "issue the server a certificate of its own (`openssl req -x509 … -addext basicConstraints=critical,CA:FALSE` makes a single one)".to_owned()
            }
            Self::NotTls => "plain HTTP is spoken with this machine only: give the registry a certificate".to_owned(),
            Self::Other(_) => return None,
        })
    }

    /// From the error inside an [`io::Error`], if it is one of TLS.
    pub(crate) fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref::<rustls::Error>().map(Self::from)
    }
}

impl From<&rustls::Error> for TlsProblem {
    fn from(error: &rustls::Error) -> Self {
        let certificate = match error {
            rustls::Error::InvalidCertificate(certificate) => certificate,
            rustls::Error::InvalidMessage(_) => return Self::NotTls,
            other => return Self::Other(other.to_string()),
        };
        match certificate {
            CertificateError::UnknownIssuer => Self::UnknownAuthority,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotValidYet,
            CertificateError::NotValidForName => Self::OtherName(Vec::new()),
            CertificateError::NotValidForNameContext { presented, .. } => {
                Self::OtherName(presented.iter().take(5).map(|name| crate::refusal::clean(&bare(name))).collect())
            }
            other if other.to_string().contains("CaUsedAsEndEntity") => Self::AuthorityItself,
            other => Self::Other(other.to_string()),
        }
    }
}

/// `DnsName("example.com")` → `example.com`
fn bare(name: &str) -> String {
    name.split_once('(').map_or(name, |(_, rest)| rest).trim_matches(['(', ')', '"']).to_owned()
}

/// The files that speak for one host alone: every `*.crt` in a folder of its name.
pub(crate) fn own_authorities(settings: &Settings, host: &str) -> Vec<PathBuf> {
    if host.contains('/') || host.starts_with('.') {
        return Vec::new();
    }
    let mut files: Vec<PathBuf> = settings
        .certificates
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder.join(host)).ok())
        .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "crt"))
        .collect();
    files.sort();
    files
}

/// TLS that trusts the system's authorities and those in `own`.
pub(crate) fn config(settings: &Settings, own: &[PathBuf]) -> Result<TlsConfig, RegistryError> {
    let mut roots = Vec::new();
    for path in &settings.authorities {
        roots.extend(certificates(path)?);
    }
    for path in own {
        roots.extend(certificates(path)?);
    }
    Ok(with_roots(&roots))
}

/// For connections without TLS.
pub(crate) fn no_config() -> TlsConfig {
    with_roots(&[])
}

fn with_roots(roots: &[Certificate<'static>]) -> TlsConfig {
    TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(roots))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build()
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, RegistryError> {
    let failed = |why: String| RegistryError::Authority { path: path.to_owned(), why };
    let found = CertificateDer::pem_file_iter(path).map_err(|error| failed(error.to_string()))?;
    let found: Result<Vec<_>, _> = found.collect();
    let found = found.map_err(|error| failed(error.to_string()))?;
    if found.is_empty() {
        return Err(failed("it is empty of them".to_owned()));
    }
    Ok(found.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect())
}
