//! A certificate authority for one run, and the server's certificate from it.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

/// What a server needs to be believed by a client that has `authority`, all in PEM. The authority's own key is forgotten at once.
pub(crate) struct Certificate {
    pub(crate) authority: String,
    pub(crate) chain: String,
    pub(crate) key: String,
}

/// For `host`, a DNS name or an IP address.
pub(crate) fn for_host(host: &str) -> Result<Certificate, rcgen::Error> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.distinguished_name = named("seaworthy throwaway authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority_key = KeyPair::generate()?;
    let authority_pem = authority.self_signed(&authority_key)?.pem();
    let issuer = Issuer::new(authority, authority_key);

    let mut server = CertificateParams::new(vec![host.to_owned()])?;
    server.distinguished_name = named("seaworthy throwaway database");
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Tells a client that holds another run's authority that this is not it.
    server.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let chain = server.signed_by(&key, &issuer)?.pem();

    Ok(Certificate { authority: authority_pem, chain, key: key.serialize_pem() })
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}
