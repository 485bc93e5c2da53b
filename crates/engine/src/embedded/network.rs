//! A container's network: loopback, the services it may reach, and eyes on what else it tries.

use std::fs::File;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use rustix::thread::LinkNameSpaceType;

use super::netlink;
use super::services::Placed;
use super::watch::{Seen, Tap};

/// The container's own address. Programs that listen on 127.0.0.1 alone are not reached there, as from outside a Docker container.
pub(crate) const ADDRESS: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 2);
/// Where the container finds its name server; its services are beside it.
pub(crate) const LOOPBACK: Ipv4Addr = Ipv4Addr::LOCALHOST;

const DIAL_TIMEOUT: Duration = Duration::from_secs(10);

/// A thread that lives in the container's network namespace: sockets made there stay there, whoever uses them.
pub(crate) struct Network {
    jobs: Sender<Job>,
    seen: Option<Seen>,
}

struct Job {
    port: u16,
    timeout: Duration,
    answer: Sender<io::Result<TcpStream>>,
}

/// The sockets of a container's network: they stay in its namespace, whoever uses them.
pub(crate) struct Made {
    /// Of each service that has one, by its number.
    pub(crate) listeners: Vec<(usize, TcpListener)>,
    pub(crate) names: UdpSocket,
    pub(crate) tap: Option<Tap>,
}

impl Network {
    /// Makes the network of the process's namespace, before the image's program runs.
    pub(crate) fn of(namespace: File, services: &[Placed]) -> io::Result<Self> {
        let (jobs, todo) = channel();
        let (made, answer) = channel();
        let places: Vec<_> = services.iter().map(|service| service.inside).collect();
        thread::Builder::new().name("network".to_owned()).spawn(move || inside(&namespace, &places, &made, &todo))?;
        let made = answer.recv().map_err(|_| io::Error::other("the network thread ended"))??;

        for (number, listener) in made.listeners {
            let outside = services[number].outside;
            thread::Builder::new().name("forward".to_owned()).spawn(move || forward(&listener, outside))?;
        }
        let seen = made.tap.map(|tap| Seen::new(tap, made.names, services.to_vec())).transpose()?;
        Ok(Self { jobs, seen })
    }

    /// Connects as a client outside would.
    pub(crate) fn connect(&self, port: u16, timeout: Duration) -> io::Result<TcpStream> {
        let (answer, connected) = channel();
        let gone = || io::Error::from(io::ErrorKind::ConnectionRefused);
        self.jobs.send(Job { port, timeout, answer }).map_err(|_| gone())?;
        connected.recv().map_err(|_| gone())?
    }

    /// What the container tried to reach; `None` when not all of it could be seen.
    pub(crate) fn attempts(&self) -> Option<Vec<String>> {
        self.seen.as_ref()?.targets()
    }
}

fn inside(namespace: &File, places: &[SocketAddr], made: &Sender<io::Result<Made>>, todo: &Receiver<Job>) {
    let namespace = std::os::fd::AsFd::as_fd(namespace);
    let entered = rustix::thread::move_into_link_name_space(namespace, Some(LinkNameSpaceType::Network));
    let result = entered.map_err(io::Error::from).and_then(|()| make(places));
    let failed = result.is_err();
    if made.send(result).is_err() || failed {
        return;
    }
    for job in todo {
        let result = TcpStream::connect_timeout(&SocketAddr::from((ADDRESS, job.port)), job.timeout);
        let _ = job.answer.send(result);
    }
}

/// Makes the network of the calling thread's namespace, with a listener at each of these places.
pub(crate) fn make(places: &[SocketAddr]) -> io::Result<Made> {
    netlink::loopback_up()?;
    netlink::add_address(ADDRESS)?;
    // Before anything is sent: what the container does first is seen too.
    let tap = match netlink::own_every_address(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) {
        Ok(()) => Tap::new().ok(),
        Err(_) => None,
    };
    // Without IPv6 there is nothing to refuse there.
    let _ = netlink::own_every_address(IpAddr::V6(Ipv6Addr::UNSPECIFIED));

    let mut listeners = Vec::new();
    for (number, place) in places.iter().enumerate() {
        match TcpListener::bind(place) {
            Ok(listener) => listeners.push((number, listener)),
            // Without IPv6 nobody looks for it there.
            Err(_) if place.ip() == Ipv6Addr::LOCALHOST && places.iter().any(|other| other.ip() == LOOPBACK) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Made { listeners, names: UdpSocket::bind((LOOPBACK, 53))?, tap })
}

/// Why a connection was not made, as the kernel names it.
pub(crate) fn errno_of(error: &io::Error) -> i32 {
    let by_kind = match error.kind() {
        io::ErrorKind::TimedOut => nix::errno::Errno::ETIMEDOUT,
        _ => nix::errno::Errno::ECONNREFUSED,
    };
    error.raw_os_error().unwrap_or(by_kind as i32)
}

/// What a container's `/etc/hosts` holds.
pub(crate) fn hosts(hostname: &str, services: &[Placed]) -> String {
    let mut hosts = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n".to_owned();
    let mut add = |address: IpAddr, name: &str| hosts.extend([&address.to_string(), "\t", name, "\n"]);
    add(ADDRESS.into(), hostname);
    for (address, name) in services.iter().filter_map(Placed::host_entry) {
        add(address, name);
    }
    hosts
}

/// What a container's `/etc/resolv.conf` holds.
pub(crate) fn resolver() -> String {
    format!("nameserver {LOOPBACK}\noptions ndots:0\n")
}

/// Runs outside: only the listener is the container's. Ends when the listener is shut down.
pub(crate) fn forward(listener: &TcpListener, outside: SocketAddr) {
    for inner in listener.incoming() {
        let Ok(inner) = inner else { return };
        // A connection for which no thread can be had is closed: the client sees it.
        let _ = thread::Builder::new().name("pipe".to_owned()).spawn(move || pipe(&inner, outside));
    }
}

fn pipe(inner: &TcpStream, outside: SocketAddr) {
    let Ok(outer) = TcpStream::connect_timeout(&outside, DIAL_TIMEOUT) else {
        // Refused outside: reset inside, not an orderly end.
        let _ = rustix::net::sockopt::set_socket_linger(inner, Some(Duration::ZERO));
        return;
    };
    let _ = (inner.set_nodelay(true), outer.set_nodelay(true));
    let (Ok(inner_read), Ok(outer_write)) = (inner.try_clone(), outer.try_clone()) else { return };
    let up = thread::Builder::new().name("pipe".to_owned()).spawn(move || copy(&inner_read, &outer_write));
    copy(&outer, inner);
    if let Ok(up) = up {
        let _ = up.join();
    }
}

fn copy(mut from: &TcpStream, mut to: &TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}
