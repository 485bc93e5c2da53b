//! Whether a registry on this machine speaks TLS.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, ClientConnection, RootCertStore};
use rustls_pki_types::ServerName;

use crate::RegistryError;
use crate::host::without_port;

/// How long an answer to the first words of TLS may take: what speaks something else may wait for more.
const PATIENCE: Duration = Duration::from_secs(3);

/// `https` or `http`, for a host on this machine: HTTPS is asked for first, by nothing but the first words of TLS.
///
/// Without a port they are two different ones, 443 and 80.
pub(crate) fn scheme(host: &str) -> Result<&'static str, RegistryError> {
    let name = without_port(host);
    let port = host.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    match (connect(name, port.unwrap_or(443)), port) {
        (Ok(stream), _) => Ok(if speaks_tls(stream, name) { "https" } else { "http" }),
        (Err(_), None) => connect(name, 80).map(|_| "http"),
        (Err(error), Some(_)) => Err(error),
    }
    .map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => RegistryError::HostNotFound { host: host.to_owned() },
        _ => crate::transport::broken(host, error),
    })
}

fn connect(name: &str, port: u16) -> io::Result<TcpStream> {
    let mut failed = io::Error::from(io::ErrorKind::NotFound);
    let addresses = (name, port).to_socket_addrs().map_err(|_| io::Error::from(io::ErrorKind::NotFound))?;
    for address in addresses.filter(|address| address.ip().is_loopback()) {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// Only an answer in TLS, be it a refusal, counts as one.
fn speaks_tls(stream: TcpStream, name: &str) -> bool {
    // A record of TLS begins with its type: 21 an alert, 22 a handshake.
    matches!(first_byte(stream, name), Some(21 | 22))
}

fn first_byte(mut stream: TcpStream, name: &str) -> Option<u8> {
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).ok()?;
    let mut hello = Vec::new();
    ClientConnection::new(Arc::new(config), name).ok()?.write_tls(&mut hello).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(&hello).ok()?;
    let mut first = [0];
    stream.read_exact(&mut first).ok()?;
    Some(first[0])
}
