//! What may stand between the service and its database: a way that can break, and somebody who listens.

use std::{io, net::SocketAddr, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Passes bytes on from `from` to `to` until it is dropped, which breaks all connections.
pub(crate) fn forward(from: SocketAddr, to: SocketAddr) -> Runtime {
    let runtime = Runtime::new().expect("threads can be started");
    let listener = runtime.block_on(TcpListener::bind(from)).expect("the port is free");
    runtime.spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut server = TcpStream::connect(to).await?;
                copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    runtime
}

/// Somebody with a certificate for `localhost` that the client believes, who passes on what both say.
pub(crate) struct Eavesdropper {
    pub(crate) address: SocketAddr,
    /// Whom the client believes.
    pub(crate) ca_pem: String,
    _runtime: Runtime,
}

impl Eavesdropper {
    /// Stands before the server at `to`, whose authority is `to_ca_pem`.
    pub(crate) fn before(to: SocketAddr, to_ca_pem: &str) -> Self {
        let (ca_pem, server) = identity_of(&["localhost"]);
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(to_ca_pem.as_bytes()).expect("it is PEM"))
            .expect("it is a certificate");
        let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has them")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let (acceptor, connector) = (TlsAcceptor::from(Arc::new(server)), TlsConnector::from(Arc::new(client)));
        let runtime = Runtime::new().expect("threads can be started");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(listen_in(client, to, acceptor.clone(), connector.clone()));
            }
        });
        Self { address, ca_pem, _runtime: runtime }
    }
}

async fn listen_in(
    mut client: TcpStream,
    to: SocketAddr,
    acceptor: TlsAcceptor,
    connector: TlsConnector,
) -> io::Result<()> {
    let mut request = [0; 8];
    client.read_exact(&mut request).await?;
    let mut server = TcpStream::connect(to).await?;
    server.write_all(&request).await?;
    let mut answer = [0];
    server.read_exact(&mut answer).await?;
    client.write_all(&answer).await?;
    let name = ServerName::try_from("localhost").expect("it is a name");
    let mut server = connector.connect(name, server).await?;
    let mut client = acceptor.accept(client).await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// A way to somebody who does not encrypt, by the name `localhost`.
#[cfg(feature = "otlp")]
pub(crate) struct Encrypted {
    pub(crate) address: SocketAddr,
    /// Whom a client must believe.
    pub(crate) ca_pem: String,
    _runtime: Runtime,
}

/// Takes encrypted connections, and passes on what they say to `to`.
#[cfg(feature = "otlp")]
pub(crate) fn encrypt(to: SocketAddr) -> Encrypted {
    let (ca_pem, server) = identity_of(&["localhost"]);
    let acceptor = TlsAcceptor::from(Arc::new(server));
    let runtime = Runtime::new().expect("threads can be started");
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    runtime.spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let (mut client, mut server) = (acceptor.accept(client).await?, TcpStream::connect(to).await?);
                copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    Encrypted { address, ca_pem, _runtime: runtime }
}

/// An authority's certificate, and a server of these names that has one from it.
pub(crate) fn identity_of(names: &[&str]) -> (String, ServerConfig) {
    let mut authority = CertificateParams::new(Vec::new()).expect("no names are fine");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("keys can be made");
    let ca_pem = authority.self_signed(&key).expect("it can be signed").pem();
    let issuer = Issuer::new(authority, key);
    let key = KeyPair::generate().expect("keys can be made");
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let server = CertificateParams::new(names).expect("they are names");
    let certificate = server.signed_by(&key, &issuer).expect("it can be signed");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("it is a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has them")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("the key is the certificate's");
    (ca_pem, config)
}
