//! An authority of the test's own, and a server's certificate from it.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

/// What a TLS server shows, and the authority that a client must trust for it; all in PEM.
#[derive(Debug, Clone)]
pub struct Identity {
    pub authority: String,
    pub chain: String,
    pub key: String,
}

impl Identity {
    /// For a DNS name or an IP address.
    ///
    /// # Errors
    ///
    /// Fails if `host` is neither.
    pub fn of_host(host: &str) -> anyhow::Result<Self> {
        Self::of_hosts(&[host])
    }

    /// For a server that is reached under several names or addresses.
    ///
    /// # Errors
    ///
    /// Fails if one is neither.
    pub fn of_hosts(hosts: &[&str]) -> anyhow::Result<Self> {
        let mut authority = CertificateParams::new(Vec::new())?;
        authority.distinguished_name.push(DnType::CommonName, "authority of a test");
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority_key = KeyPair::generate()?;
        let authority_pem = authority.self_signed(&authority_key)?.pem();
        let issuer = Issuer::new(authority, authority_key);

        let mut server = CertificateParams::new(hosts.iter().map(|&host| host.to_owned()).collect::<Vec<_>>())?;
        server.distinguished_name.push(DnType::CommonName, "registry of a test");
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        server.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let chain = server.signed_by(&key, &issuer)?.pem();
        Ok(Self { authority: authority_pem, chain, key: key.serialize_pem() })
    }

    pub(crate) fn server(&self) -> anyhow::Result<Arc<ServerConfig>> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(self.chain.as_bytes()).collect::<Result<_, _>>()?;
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(Arc::new(config))
    }
}
