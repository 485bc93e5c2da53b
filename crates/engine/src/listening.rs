//! Where a container listens: the sockets of a process's network namespace, as `/proc` shows them.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::{fs, io};

/// More sockets are not told apart.
const MOST_SOCKETS: usize = 100_000;
/// The state of a listening socket, in hexadecimal.
const LISTEN: &str = "0A";

/// The TCP sockets with which these processes of this machine listen; `None` where they cannot be read. An engine may listen in their network
/// namespace too, as a forwarder does: what none of them holds is left out.
pub(crate) fn of(pids: &[u32]) -> Option<Vec<SocketAddr>> {
    let sockets = pids.iter().find_map(|&pid| of_namespace(pid))?;
    let held = held(pids);
    let is_theirs = |socket: &Socket| held.as_ref().is_none_or(|held| held.contains(&socket.inode));
    let mut found: Vec<SocketAddr> = sockets.into_iter().filter(is_theirs).map(|socket| socket.address).collect();
    found.sort_unstable();
    found.dedup();
    Some(found)
}

/// What listens in the network namespace of a process.
fn of_namespace(pid: u32) -> Option<Vec<Socket>> {
    let read = |family: &str| fs::read_to_string(format!("/proc/{pid}/net/{family}"));
    let mut found = parse(&read("tcp").ok()?);
    // There is no such file where IPv6 is off.
    found.extend(parse(&read("tcp6").unwrap_or_default()));
    Some(found)
}

/// The inodes of the sockets that these processes hold; `None` where they cannot be told.
fn held(pids: &[u32]) -> Option<HashSet<u64>> {
    let mut inodes = HashSet::new();
    for pid in pids {
        let descriptors = match fs::read_dir(format!("/proc/{pid}/fd")) {
            Ok(descriptors) => descriptors,
            // It has ended.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(_) => return None,
        };
        for descriptor in descriptors.flatten() {
            let Ok(target) = fs::read_link(descriptor.path()) else { continue };
            let target = target.to_string_lossy();
            let inode: Option<u64> =
                target.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']')?.parse().ok());
            inodes.extend(inode);
            if inodes.len() > MOST_SOCKETS {
                return None;
            }
        }
    }
    Some(inodes)
}

/// A row of `/proc/net/tcp` or `tcp6` that listens.
#[derive(Debug, PartialEq)]
struct Socket {
    address: SocketAddr,
    inode: u64,
}

fn parse(table: &str) -> Vec<Socket> {
    let listening = |row: &str| {
        let mut fields = row.split_whitespace().skip(1);
        let local = fields.next()?;
        (fields.nth(1)? == LISTEN).then_some(())?;
        let (address, port) = local.split_once(':')?;
        let address = SocketAddr::new(address_of(address)?, u16::from_str_radix(port, 16).ok()?);
        Some(Socket { address, inode: fields.nth(5)?.parse().ok()? })
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
    use std::process::Command;

    use super::*;

    #[test]
    fn listening_sockets_are_read_and_connected_ones_are_not() {
        let table = "  sl  local_address rem_address   st tx_queue tr tm->when retrnsmt uid timeout inode\n\
                        0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 4711 1 0\n\
                        1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4712 1 0\n\
                        2: 0100007F:1F41 0100007F:9999 01 00000000:00000000 00:00000000 00000000 0 0 4713 1 0\n\
                        3: nonsense\n";
        let listening = |address: &str, inode| Socket { address: address.parse().unwrap(), inode };
        #[cfg(target_endian = "little")]
        assert_eq!(parse(table), [listening("127.0.0.1:8000", 4711), listening("0.0.0.0:80", 4712)]);
        #[cfg(target_endian = "little")]
        assert_eq!(address_of("00000000000000000000000001000000"), Some(Ipv6Addr::LOCALHOST.into()));
        assert_eq!(address_of("0100"), None);
    }

    #[test]
    fn what_other_processes_of_the_namespace_listen_at_is_left_out() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        // It inherits no socket.
        let mut other = Command::new("sleep").arg("60").spawn().unwrap();
        let (alone, both) = (of(&[other.id()]), of(&[other.id(), std::process::id()]));
        other.kill().unwrap();
        other.wait().unwrap();
        assert!(both.unwrap().contains(&address));
        assert!(!alone.unwrap().contains(&address));
    }
}
