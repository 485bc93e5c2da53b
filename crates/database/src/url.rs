//! A database URL as clients of many languages write it, and how it says that the way is to be encrypted.

use std::fs;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Why a URL cannot be followed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum UrlError {
    /// Of another database, or of none.
    #[error("its scheme is `{0}`, which is not PostgreSQL's")]
    Scheme(String),
    /// No host, or a port that is none.
    #[error("{0}")]
    Form(String),
    /// A value of `sslmode` that is none.
    #[error("`sslmode={0}` is not known")]
    Mode(String),
    /// The authorities are not here, or are none.
    #[error("cannot read the authorities in `{path}`: {reason}")]
    Authorities { path: String, reason: String },
}

/// Whom the way to the server trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Trust {
    /// Whoever answers: `require` promises encryption alone.
    Anyone,
    /// An authority, whatever name the certificate is for.
    Authority(Option<String>),
    /// An authority and the host's name.
    Name(Option<String>),
}

/// Where to log in, and how.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) config: Config,
    trust: Trust,
}

impl Target {
    pub(crate) fn of(url: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| UrlError::Scheme("none".to_owned()))?;
        if !matches!(scheme.split('+').next(), Some("postgres" | "postgresql")) {
            return Err(UrlError::Scheme(scheme.to_owned()));
        }
        let rest = rest.split('#').next().unwrap_or_default();
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = place.split_once('/').unwrap_or((place, ""));
        let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let mut config = Config::new();
        let (name, password) = user.split_once(':').map_or((user, None), |(name, password)| (name, Some(password)));
        if !name.is_empty() {
            config.user(decoded(name));
        }
        if let Some(password) = password {
            config.password(decoded(password));
        }
        if !database.is_empty() {
            config.dbname(decoded(database));
        }
        let (mut mode, mut roots) = ("prefer".to_owned(), None);
        for (name, value) in query.split('&').filter_map(|part| part.split_once('=')) {
            let value = decoded(value);
            match name {
                "sslmode" => mode = value,
                // asyncpg and node-postgres call it so.
                "ssl" if mode == "prefer" => mode = if value == "true" { "require".to_owned() } else { value },
                "sslrootcert" if !value.is_empty() => roots = Some(value),
                "user" => drop(config.user(value)),
                "password" => drop(config.password(value)),
                "dbname" => drop(config.dbname(value)),
                // Neon finds the endpoint by it where a client sends no server name.
                "options" => drop(config.options(value)),
                "channel_binding" if value == "require" => drop(config.channel_binding(ChannelBinding::Require)),
                "channel_binding" if value == "disable" => drop(config.channel_binding(ChannelBinding::Disable)),
                // What a client's language does with the rest is no business of a login's.
                _ => {}
            }
        }
        add_hosts(&mut config, hosts, query)?;
        let (ssl, trust) = match mode.as_str() {
            "disable" | "false" => (SslMode::Disable, Trust::Anyone),
            "allow" | "prefer" => (SslMode::Prefer, Trust::Anyone),
            "require" | "no-verify" => (SslMode::Require, Trust::Anyone),
            "verify-ca" => (SslMode::Require, Trust::Authority(roots)),
            "verify-full" => (SslMode::Require, Trust::Name(roots)),
            _ => return Err(UrlError::Mode(mode)),
        };
        config.ssl_mode(ssl);
        Ok(Self { config, trust })
    }

    pub(crate) fn connector(&self) -> Result<MakeRustlsConnect, UrlError> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| UrlError::Form(error.to_string()))?;
        let config = match &self.trust {
            Trust::Name(path) => builder.with_root_certificates(roots(path.as_deref())?).with_no_client_auth(),
            Trust::Authority(path) => {
                let verifier = WebPkiServerVerifier::builder_with_provider(
                    Arc::new(roots(path.as_deref())?),
                    Arc::clone(&provider),
                )
                .build()
                .map_err(|error| UrlError::Form(error.to_string()))?;
                let verifier = Lenient { authority: Some(verifier), provider };
                builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
            }
            Trust::Anyone => {
                let verifier = Lenient { authority: None, provider };
                builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
            }
        };
        Ok(MakeRustlsConnect::new(config))
    }
}

fn add_hosts(config: &mut Config, hosts: &str, query: &str) -> Result<(), UrlError> {
    let by_query = query.split('&').find_map(|part| part.strip_prefix("host=")).map(decoded);
    if hosts.is_empty() {
        let host = by_query.ok_or_else(|| UrlError::Form("it names no host".to_owned()))?;
        config.host(host);
        return Ok(());
    }
    for host in hosts.split(',') {
        let end = host.rfind(']').map_or(0, |end| end + 1);
        let (name, port) = match host[end..].find(':') {
            Some(at) => (&host[..end + at], &host[end + at + 1..]),
            None => (host, ""),
        };
        let port = if port.is_empty() { Ok(5432) } else { port.parse::<u16>() };
        config.host(decoded(name.trim_start_matches('[').trim_end_matches(']')));
        config.port(port.map_err(|_| UrlError::Form("its port is no number".to_owned()))?);
    }
    Ok(())
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The authorities of a file, or the public ones.
fn roots(path: Option<&str>) -> Result<RootCertStore, UrlError> {
    let mut store = RootCertStore::empty();
    let Some(path) = path.filter(|path| *path != "system") else {
        store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        return Ok(store);
    };
    let failed = |reason: String| UrlError::Authorities { path: path.to_owned(), reason };
    let pem = fs::read(path).map_err(|error| failed(error.to_string()))?;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| failed(format!("{error:?}")))?;
        store.add(certificate).map_err(|error| failed(error.to_string()))?;
    }
    if store.is_empty() { Err(failed("it holds no certificate in PEM form".to_owned())) } else { Ok(store) }
}

/// Believes an authority whatever the name, or anyone at all.
#[derive(Debug)]
struct Lenient {
    authority: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(authority) = &self.authority else { return Ok(ServerCertVerified::assertion()) };
        // The name is the last thing that is looked at.
        match authority.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::Host;

    use super::*;

    #[test]
    fn a_url_says_where_and_how_to_log_in() {
        let target = Target::of(
            "postgresql+asyncpg://us%40er:p%3Aw@ep.neon.tech/app?sslmode=require&channel_binding=require&pool_size=5",
        )
        .unwrap();
        assert_eq!((target.config.get_user(), target.config.get_dbname()), (Some("us@er"), Some("app")));
        assert_eq!(target.config.get_password(), Some(&b"p:w"[..]));
        assert_eq!(target.config.get_hosts(), [Host::Tcp("ep.neon.tech".to_owned())]);
        assert_eq!(target.config.get_ports(), [5432]);
        assert_eq!(target.config.get_channel_binding(), ChannelBinding::Require);
        let several = Target::of("postgres://u@a:1,[::1]:2/d").unwrap();
        assert_eq!(several.config.get_ports(), [1, 2]);
        assert_eq!(several.config.get_hosts()[1], Host::Tcp("::1".to_owned()));
    }

    #[test]
    fn sslmode_is_respected() {
        for (query, ssl, trust) in [
            ("", SslMode::Prefer, Trust::Anyone),
            ("?sslmode=disable", SslMode::Disable, Trust::Anyone),
            ("?sslmode=require", SslMode::Require, Trust::Anyone),
            ("?ssl=true", SslMode::Require, Trust::Anyone),
            ("?sslmode=verify-ca&sslrootcert=/ca.pem", SslMode::Require, Trust::Authority(Some("/ca.pem".to_owned()))),
            ("?sslmode=verify-full", SslMode::Require, Trust::Name(None)),
        ] {
            let target = Target::of(&format!("postgres://u:p@h/d{query}")).unwrap();
            assert_eq!((target.config.get_ssl_mode(), target.trust), (ssl, trust), "{query}");
        }
    }

    #[test]
    fn what_cannot_be_followed_is_told_without_the_password() {
        for (url, expected) in [
            ("mysql://u:secret@h/d", "its scheme is `mysql`, which is not PostgreSQL's"),
            ("postgres://u:secret@h:x/d", "its port is no number"),
            ("postgres:///d", "it names no host"),
            ("postgres://u:secret@h/d?sslmode=maybe", "`sslmode=maybe` is not known"),
        ] {
            assert_eq!(Target::of(url).unwrap_err().to_string(), expected, "{url}");
        }
        let missing = Target::of("postgres://u:p@h/d?sslmode=verify-ca&sslrootcert=/no/such.pem").unwrap();
        let error = missing.connector().err().unwrap().to_string();
        assert!(error.starts_with("cannot read the authorities in `/no/such.pem`"), "{error}");
    }
}
