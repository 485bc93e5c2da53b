//! What a container tries to reach, seen in its network namespace.

use std::collections::BTreeSet;
use std::io::{self, IoSliceMut, PipeReader, PipeWriter};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::num::NonZeroU32;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};
use rustix::event::{PollFd, PollFlags};
use rustix::net::{AddressFamily, Protocol, SocketFlags, SocketType};

use super::network::{ADDRESS, LOOPBACK};
use super::services::Placed;

/// More targets than this are not remembered: the first ones tell enough.
const TARGETS_MAX: usize = 1000;
/// Room for a burst of packets while this machine is busy.
const BUFFER_BYTES: usize = 64 << 20;
/// An IPv6 header, some extensions of it, and the part of TCP's that has the flags.
const HEAD_BYTES: usize = 512;

/// Every packet of a network namespace, from its network layer on.
pub(crate) struct Tap {
    socket: OwnedFd,
}

impl Tap {
    /// In the calling thread's network namespace.
    pub(crate) fn new() -> io::Result<Self> {
        const ALL_PROTOCOLS: u16 = 3;
        let protocol = NonZeroU32::new(u32::from(ALL_PROTOCOLS.to_be())).map(Protocol::from_raw);
        let socket =
            rustix::net::socket_with(AddressFamily::PACKET, SocketType::DGRAM, SocketFlags::CLOEXEC, protocol)?;
        setsockopt(&socket, sockopt::RxqOvfl, &1)?;
        if rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, BUFFER_BYTES).is_err() {
            // Allowed to root alone; without it a burst is noticed, and then nothing is claimed.
            rustix::net::sockopt::set_socket_recv_buffer_size(&socket, BUFFER_BYTES)?;
        }
        Ok(Self { socket })
    }

    /// One that was made in another process.
    pub(crate) fn of(socket: OwnedFd) -> Self {
        Self { socket }
    }

    pub(crate) fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// What the next packet tries to reach. The count is of packets that were lost since the beginning.
    fn next(&self) -> io::Result<(Option<String>, u32)> {
        let mut head = [0; HEAD_BYTES];
        let mut slices = [IoSliceMut::new(&mut head)];
        let mut control = nix::cmsg_space!(u32);
        let message = recvmsg::<()>(self.socket.as_raw_fd(), &mut slices, Some(&mut control), MsgFlags::MSG_DONTWAIT)?;
        let lost = message
            .cmsgs()?
            .find_map(|message| match message {
                ControlMessageOwned::RxqOvfl(count) => Some(count),
                _ => None,
            })
            .unwrap_or(0);
        let count = message.bytes.min(HEAD_BYTES);
        Ok((target(&head[..count]), lost))
    }
}

/// What was seen so far. The threads that look end when it is dropped.
pub(crate) struct Seen {
    record: Arc<Record>,
    _end: PipeWriter,
}

struct Record {
    tap: Tap,
    /// Closed at the other end when nobody looks any more.
    end: PipeReader,
    services: Vec<Placed>,
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    targets: BTreeSet<String>,
    lost: bool,
}

impl Noted {
    fn add(&mut self, target: String) {
        if self.targets.len() < TARGETS_MAX {
            self.targets.insert(target);
        }
    }
}

impl Record {
    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the packets that are there; nobody else holds one that is not noted yet.
    fn drain(&self) -> MutexGuard<'_, Noted> {
        let mut noted = self.noted();
        // A container that sends without end does not keep us here.
        let until = Instant::now() + Duration::from_secs(1);
        while Instant::now() < until {
            match self.tap.next() {
                Ok((target, lost)) => {
                    noted.lost |= lost > 0;
                    if let Some(target) = target.filter(|target| !self.leads_to_service(target)) {
                        noted.add(target);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    noted.lost = true;
                    break;
                }
            }
        }
        noted
    }

    /// Whether this is where a service with an address for a name is found.
    fn leads_to_service(&self, target: &str) -> bool {
        self.services.iter().any(|service| target == format!("tcp {}", service.inside))
    }

    fn watch(&self) {
        while self.wait_for(self.tap.socket()) {
            drop(self.drain());
        }
    }

    /// Waits until a socket has something; `false` when nobody looks any more.
    fn wait_for(&self, socket: BorrowedFd<'_>) -> bool {
        loop {
            let mut sockets = [PollFd::from_borrowed_fd(socket, PollFlags::IN), PollFd::new(&self.end, PollFlags::IN)];
            match rustix::event::poll(&mut sockets, None) {
                Ok(_) => return sockets[1].revents().is_empty(),
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => {
                    self.noted().lost = true;
                    return false;
                }
            }
        }
    }
}

impl Seen {
    pub(crate) fn new(tap: Tap, names: UdpSocket, services: Vec<Placed>) -> io::Result<Self> {
        let (end, still_looking) = io::pipe()?;
        let record = Arc::new(Record { tap, end, services, noted: Mutex::default() });
        let watching = Arc::clone(&record);
        thread::Builder::new().name("watch".to_owned()).spawn(move || watching.watch())?;
        let noting = Arc::clone(&record);
        thread::Builder::new().name("names".to_owned()).spawn(move || answer_names(&names, &noting))?;
        Ok(Self { record, _end: still_looking })
    }

    /// `None` when packets were lost.
    pub(crate) fn targets(&self) -> Option<Vec<String>> {
        let noted = self.record.drain();
        (!noted.lost).then(|| noted.targets.iter().cloned().collect())
    }
}

/// What a packet tries to reach beyond the container: the beginning of a TCP connection, or anything by another protocol but for what the
/// kernel itself sends to keep a network.
fn target(packet: &[u8]) -> Option<String> {
    const ICMP: u8 = 1;
    const IGMP: u8 = 2;
    const TCP: u8 = 6;
    const UDP: u8 = 17;
    const ICMP_V6: u8 = 58;
    const SCTP: u8 = 132;
    let (to, protocol, payload) = match packet.first()? >> 4 {
        4 => {
            let header_bytes = usize::from(packet[0] & 15) * 4;
            let to: [u8; 4] = packet.get(16..20)?.try_into().ok()?;
            (IpAddr::from(to), *packet.get(9)?, packet.get(header_bytes..)?)
        }
        6 => {
            let to: [u8; 16] = packet.get(24..40)?.try_into().ok()?;
            let (protocol, payload) = behind_extensions(*packet.get(6)?, packet.get(40..)?);
            (IpAddr::from(to), protocol, payload)
        }
        _ => return None,
    };
    if is_own(to) {
        return None;
    }
    let port = || Some(u16::from_be_bytes(payload.get(2..4)?.try_into().ok()?));
    let at = |port| std::net::SocketAddr::new(to, port);
    match protocol {
        TCP => {
            const SYN_AND_ACK: u8 = 0x12;
            const SYN: u8 = 0x02;
            (payload.get(13)? & SYN_AND_ACK == SYN).then_some(())?;
            Some(format!("tcp {}", at(port()?)))
        }
        UDP => Some(format!("udp {}", at(port()?))),
        ICMP => match payload.first()? {
            8 => Some(format!("ping {to}")),
            // Unreachable: the kernel's answer.
            3 => None,
            _ => Some(format!("icmp {to}")),
        },
        ICMP_V6 => match payload.first()? {
            128 => Some(format!("ping {to}")),
            // Unreachable, and what finds neighbours, routers and groups.
            1 | 130..=137 | 143 => None,
            _ => Some(format!("icmp {to}")),
        },
        IGMP => Some(format!("igmp {to}")),
        SCTP => Some(format!("sctp {}", at(port()?))),
        other => Some(format!("ip protocol {other} {to}")),
    }
}

/// The protocol and what it carries, behind the extensions of an IPv6 header.
fn behind_extensions(mut protocol: u8, mut rest: &[u8]) -> (u8, &[u8]) {
    const OPTIONS_AND_ROUTING: [u8; 5] = [0, 43, 60, 135, 140];
    const FRAGMENT: u8 = 44;
    loop {
        let header_bytes = match (protocol, rest.get(1)) {
            (FRAGMENT, _) => 8,
            (other, Some(eights)) if OPTIONS_AND_ROUTING.contains(&other) => (usize::from(*eights) + 1) * 8,
            _ => return (protocol, rest),
        };
        let Some(behind) = rest.get(header_bytes..) else { return (protocol, rest) };
        (protocol, rest) = (rest[0], behind);
    }
}

fn is_own(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address == ADDRESS || address == Ipv4Addr::UNSPECIFIED,
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => is_own(IpAddr::V4(address)),
            None => address.is_loopback() || address == Ipv6Addr::UNSPECIFIED,
        },
    }
}

/// The container's name server: services' names are known, any other is noted and does not exist.
fn answer_names(socket: &UdpSocket, record: &Record) {
    let mut query = [0; 1500];
    while record.wait_for(socket.as_fd()) {
        let (count, from) = match socket.recv_from(&mut query) {
            Ok(received) => received,
            // A client that went away before its answer.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
            Err(_) => {
                record.noted().lost = true;
                return;
            }
        };
        let Some(question) = Question::parse(&query[..count]) else { continue };
        let of_name = |service: &&Placed| question.name.eq_ignore_ascii_case(&service.name);
        let known = match record.services.iter().find(of_name) {
            Some(service) => Some(service.inside.ip()),
            None if question.name.eq_ignore_ascii_case("localhost") => Some(LOOPBACK.into()),
            None => None,
        };
        if known.is_none() && !question.is_about_own_address() {
            record.noted().add(format!("name {}", question.name));
        }
        let _ = socket.send_to(&question.answer(&query[..count], known), from);
    }
}

struct Question {
    name: String,
    kind: u16,
    /// Where it ends in the query.
    end: usize,
}

impl Question {
    const ADDRESS: u16 = 1;
    const HEADER_BYTES: usize = 12;

    /// RFC 1035, section 4.1.
    fn parse(query: &[u8]) -> Option<Self> {
        let is_query = query.get(2)? & 0x80 == 0;
        let questions = u16::from_be_bytes(query.get(4..6)?.try_into().ok()?);
        if !is_query || questions != 1 {
            return None;
        }
        let mut labels = Vec::new();
        let mut at = Self::HEADER_BYTES;
        loop {
            let length = usize::from(*query.get(at)?);
            at += 1;
            if length == 0 {
                break;
            }
            let label = query.get(at..at + length).filter(|_| length < 64)?;
            labels
                .push(String::from_utf8_lossy(label).chars().filter(|letter| !letter.is_control()).collect::<String>());
            at += length;
        }
        let kind = u16::from_be_bytes(query.get(at..at + 2)?.try_into().ok()?);
        Some(Self { name: labels.join("."), kind, end: at + 4 })
    }

    /// Programs ask for the name of the address they are called from: nothing outside is asked for.
    fn is_about_own_address(&self) -> bool {
        let Some(reversed) = self.name.strip_suffix(".in-addr.arpa") else { return self.name.ends_with(".ip6.arpa") };
        let octets: Vec<u8> = reversed.split('.').rev().filter_map(|octet| octet.parse().ok()).collect();
        <[u8; 4]>::try_from(octets).is_ok_and(|octets| is_own(IpAddr::from(octets)))
    }

    /// With the address, where the name is known.
    fn answer(&self, query: &[u8], known: Option<IpAddr>) -> Vec<u8> {
        const NO_SUCH_NAME: u8 = 3;
        let mut answer = query[..self.end.min(query.len())].to_vec();
        let address = match known {
            Some(IpAddr::V4(address)) if self.kind == Self::ADDRESS => Some(address),
            _ => None,
        };
        answer[2] = 0x84 | (query[2] & 1); // an authoritative answer
        answer[3] = 0x80 | if known.is_some() { 0 } else { NO_SUCH_NAME };
        answer[6..12].copy_from_slice(&[0, u8::from(address.is_some()), 0, 0, 0, 0]);
        if let Some(address) = address {
            // The question's name, an address, of this network, to be kept for no time, of four bytes.
            answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
            answer.extend(address.octets());
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(to: [u8; 4], port: u16, flags: u8) -> Vec<u8> {
        let mut packet = vec![0; 40];
        packet[0] = 0x45;
        packet[9] = 6;
        packet[16..20].copy_from_slice(&to);
        packet[22..24].copy_from_slice(&port.to_be_bytes());
        packet[33] = flags;
        packet
    }

    #[test]
    fn only_the_beginning_of_a_connection_beyond_the_container_is_an_attempt() {
        assert_eq!(target(&tcp([192, 0, 2, 1], 443, 2)).as_deref(), Some("tcp 192.0.2.1:443"));
        assert_eq!(target(&tcp([192, 0, 2, 1], 443, 0x12)), None);
        assert_eq!(target(&tcp([127, 0, 0, 1], 443, 2)), None);
        assert_eq!(target(&tcp(ADDRESS.octets(), 443, 2)), None);
        for end in 0..40 {
            let _ = target(&tcp([192, 0, 2, 1], 443, 2)[..end]);
        }
        assert_eq!(target(&[]), None);
    }

    #[test]
    fn every_protocol_is_seen() {
        let of = |protocol: u8, first: u8| {
            let mut packet = tcp([192, 0, 2, 1], 7, first);
            packet[9] = protocol;
            packet[20] = first;
            target(&packet)
        };
        assert_eq!(of(132, 0).as_deref(), Some("sctp 192.0.2.1:7"));
        assert_eq!(of(47, 0).as_deref(), Some("ip protocol 47 192.0.2.1"));
        assert_eq!(of(136, 0).as_deref(), Some("ip protocol 136 192.0.2.1"));
        assert_eq!(of(2, 0x22).as_deref(), Some("igmp 192.0.2.1"));
        assert_eq!(of(1, 8).as_deref(), Some("ping 192.0.2.1"));
        assert_eq!(of(1, 13).as_deref(), Some("icmp 192.0.2.1"));
        assert_eq!(of(1, 3), None, "the kernel's answer");
    }

    #[test]
    fn extensions_of_an_ipv6_header_hide_nothing() {
        let mut packet = vec![0; 40 + 8 + 24 + 8];
        packet[0] = 0x60;
        packet[6] = 0;
        packet[24..40].copy_from_slice(&Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).octets());
        packet[40..42].copy_from_slice(&[60, 0]);
        packet[48..50].copy_from_slice(&[17, 2]);
        packet[74..76].copy_from_slice(&53_u16.to_be_bytes());
        assert_eq!(target(&packet).as_deref(), Some("udp [2001:db8::1]:53"));
        for end in 0..packet.len() {
            let _ = target(&packet[..end]);
        }
        packet[48] = 58;
        packet[72] = 143;
        assert_eq!(target(&packet), None, "the kernel joins a group");
    }

    fn query(name: &str) -> Vec<u8> {
        let mut query = vec![7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            query.push(u8::try_from(label.len()).unwrap());
            query.extend(label.as_bytes());
        }
        query.extend([0, 0, 1, 0, 1]);
        query
    }

    #[test]
    fn a_service_has_an_address_and_another_name_does_not_exist() {
        let bytes = query("db.example.com");
        let question = Question::parse(&bytes).unwrap();
        assert_eq!(question.name, "db.example.com");
        let known = question.answer(&bytes, Some(Ipv4Addr::new(127, 0, 0, 2).into()));
        assert_eq!(known[3] & 15, 0);
        assert!(known.ends_with(&[127, 0, 0, 2]));
        assert_eq!(question.answer(&bytes, None)[3] & 15, 3);
    }

    #[test]
    fn a_broken_query_is_no_question() {
        let whole = query("db.example.com");
        for end in 0..whole.len() - 2 {
            assert!(Question::parse(&whole[..end]).is_none(), "{end}");
        }
        assert!(Question::parse(&[0xff; 40]).is_none());
    }

    #[test]
    fn asking_for_the_name_of_the_own_address_reaches_nothing() {
        assert!(Question::parse(&query("2.0.18.198.in-addr.arpa")).unwrap().is_about_own_address());
        assert!(!Question::parse(&query("8.8.8.8.in-addr.arpa")).unwrap().is_about_own_address());
    }
}
