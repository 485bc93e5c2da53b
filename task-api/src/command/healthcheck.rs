//! `task-api healthcheck`: ask the service on this machine how it is. Runs every few seconds in every container, so it
//! starts no runtime and uses nothing but a socket.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpStream, ToSocketAddrs},
    time::Duration,
};

use super::Failure;
use crate::config::Listen;

const TIME: Duration = Duration::from_secs(2);

/// # Errors
///
/// Fails if the service does not answer 200 in time.
pub fn run() -> Result<(), Failure> {
    let listen = to_ask(Listen::read()?);
    let status =
        ask(&listen).map_err(|error| Failure::new(&format!("no answer from `http://{listen}/health`"), &error))?;
    if status == "200" { Ok(()) } else { Err(Failure(format!("`http://{listen}/health` answers `{status}`"))) }
}

/// Where a service that listens on all addresses is reached.
fn to_ask(listen: Listen) -> Listen {
    let host = match listen.host.parse() {
        Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => Ipv4Addr::LOCALHOST.to_string(),
        Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => Ipv6Addr::LOCALHOST.to_string(),
        _ => listen.host,
    };
    Listen { host, ..listen }
}

fn ask(listen: &Listen) -> io::Result<String> {
    let address = (listen.host.as_str(), listen.port).to_socket_addrs()?.next();
    let mut stream = TcpStream::connect_timeout(&address.ok_or(io::ErrorKind::AddrNotAvailable)?, TIME)?;
    stream.set_read_timeout(Some(TIME))?;
    stream.set_write_timeout(Some(TIME))?;
    let request = format!("GET /health HTTP/1.1\r\nHost: {listen}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut line = [0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut line)?;
    Ok(String::from_utf8_lossy(&line[9..]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_on_all_addresses_is_asked_on_loopback() {
        for (host, expected) in
            [("0.0.0.0", "127.0.0.1:8000"), ("::", "[::1]:8000"), ("10.0.0.7", "10.0.0.7:8000"), ("db", "db:8000")]
        {
            assert_eq!(to_ask(Listen { host: host.to_owned(), port: 8000 }).to_string(), expected);
        }
    }
}
