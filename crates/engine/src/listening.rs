//! Where a container listens: the sockets of a process's network namespace, as `/proc` shows them.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The state of a listening socket, in hexadecimal.
const LISTEN: &str = "0A";

/// The TCP sockets that listen in the network namespace of a process of this machine; `None` where they cannot be read.
pub(crate) fn of(pid: u32) -> Option<Vec<SocketAddr>> {
    let read = |family: &str| fs::read_to_string(format!("/proc/{pid}/net/{family}"));
    let mut found = parse(&read("tcp").ok()?);
    // There is no such file where IPv6 is off.
    found.extend(parse(&read("tcp6").unwrap_or_default()));
    found.sort_unstable();
    found.dedup();
    Some(found)
}

/// The rows of `/proc/net/tcp` or `tcp6` that listen.
fn parse(table: &str) -> Vec<SocketAddr> {
    let listening = |row: &str| {
        let mut fields = row.split_whitespace().skip(1);
        let local = fields.next()?;
        (fields.nth(1)? == LISTEN).then_some(())?;
        let (address, port) = local.split_once(':')?;
        Some(SocketAddr::new(address_of(address)?, u16::from_str_radix(port, 16).ok()?))
    };
    table.lines().skip(1).filter_map(listening).collect()
}

/// Words of 32 bits in this machine's byte order, in hexadecimal.
fn address_of(digits: &str) -> Option<IpAddr> {
    let mut bytes = Vec::with_capacity(16);
    for at in (0..digits.len()).step_by(8) {
        let word = u32::from_str_radix(digits.get(at..at + 8)?, 16).ok()?;
        bytes.extend(word.to_ne_bytes());
    }
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(|bytes| Ipv4Addr::from(bytes).into()),
        16 => <[u8; 16]>::try_from(bytes).ok().map(|bytes| Ipv6Addr::from(bytes).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn listening_sockets_are_read_and_connected_ones_are_not() {
        let table = "  sl  local_address rem_address   st tx_queue\n\
                        0: 0100007F:1F40 00000000:0000 0A 00000000:00000000\n\
                        1: 00000000:0050 00000000:0000 0A 00000000:00000000\n\
                        2: 0100007F:1F41 0100007F:9999 01 00000000:00000000\n\
                        3: nonsense\n";
        #[cfg(target_endian = "little")]
        assert_eq!(parse(table), ["127.0.0.1:8000".parse().unwrap(), "0.0.0.0:80".parse().unwrap()]);
        #[cfg(target_endian = "little")]
        assert_eq!(address_of("00000000000000000000000001000000"), Some(Ipv6Addr::LOCALHOST.into()));
        assert_eq!(address_of("0100"), None);
    }

    #[test]
    fn a_listener_of_this_process_is_seen() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        assert!(of(std::process::id()).unwrap().contains(&listener.local_addr().unwrap()));
    }
}
