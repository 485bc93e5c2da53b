//! The three things a container's network namespace needs of the kernel: loopback up, an address, routes.

use std::io;
use std::net::{IpAddr, Ipv4Addr};

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

/// Loopback is the first device of every network namespace.
const LOOPBACK: u32 = 1;

const NEW_LINK: u16 = 16;
const NEW_ADDRESS: u16 = 20;
const NEW_ROUTE: u16 = 24;
const REQUEST_AND_ACK: u16 = 1 | 4;
const CREATE: u16 = 0x400;

const INET: u8 = 2;
const INET6: u8 = 10;

/// Brings loopback up, in the calling thread's network namespace.
pub(crate) fn loopback_up() -> io::Result<()> {
    let mut body = vec![0, 0, 0, 0];
    body.extend(LOOPBACK.to_ne_bytes());
    body.extend(1_u32.to_ne_bytes()); // flags: up
    body.extend(1_u32.to_ne_bytes()); // change: up
    ask(NEW_LINK, 0, &body)
}

/// Gives loopback an address.
pub(crate) fn add_address(address: Ipv4Addr) -> io::Result<()> {
    let mut body = vec![INET, 32, 0, 0];
    body.extend(LOOPBACK.to_ne_bytes());
    attribute(&mut body, 2, &address.octets()); // local
    attribute(&mut body, 1, &address.octets()); // address
    ask(NEW_ADDRESS, CREATE, &body)
}

/// Makes every address of a family one of this namespace's own, so that what nobody listens on is refused at once, and seen.
pub(crate) fn own_every_address(of: IpAddr) -> io::Result<()> {
    const TABLE_LOCAL: u8 = 255;
    const BY_BOOT: u8 = 3;
    const KIND_LOCAL: u8 = 2;
    let (family, scope) = if of.is_ipv4() { (INET, 254) } else { (INET6, 0) };
    let mut body = vec![family, 0, 0, 0, TABLE_LOCAL, BY_BOOT, scope, KIND_LOCAL, 0, 0, 0, 0];
    attribute(&mut body, 4, &LOOPBACK.to_ne_bytes()); // output device
    ask(NEW_ROUTE, CREATE, &body)
}

fn attribute(body: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
    body.extend(length.to_ne_bytes());
    body.extend(kind.to_ne_bytes());
    body.extend(value);
}

fn ask(kind: u16, flags: u16, body: &[u8]) -> io::Result<()> {
    const HEADER_BYTES: usize = 16;
    const ERROR: u16 = 2;
    let socket = rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    let mut message = Vec::with_capacity(HEADER_BYTES + body.len());
    message.extend(u32::try_from(HEADER_BYTES + body.len()).unwrap_or(u32::MAX).to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend((REQUEST_AND_ACK | flags).to_ne_bytes());
    message.extend([0; 8]); // sequence, port
    message.extend(body);
    rustix::net::send(&socket, &message, SendFlags::empty())?;

    let mut answer = [0; 4096];
    let (count, _) = rustix::net::recv(&socket, &mut answer, RecvFlags::empty())?;
    let answer = &answer[..count];
    let unreadable = || io::Error::new(io::ErrorKind::InvalidData, "the kernel's answer is too short");
    let kind =
        answer.get(4..6).and_then(|bytes| bytes.try_into().ok()).map(u16::from_ne_bytes).ok_or_else(unreadable)?;
    let error =
        answer.get(16..20).and_then(|bytes| bytes.try_into().ok()).map(i32::from_ne_bytes).ok_or_else(unreadable)?;
    match (kind, error) {
        (ERROR, 0) => Ok(()),
        (ERROR, errno) => Err(io::Error::from_raw_os_error(-errno)),
        _ => Err(unreadable()),
    }
}
