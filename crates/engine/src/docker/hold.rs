//! What runs in a holder: it makes the sockets of its container's network and hands them over (see [`super::holder`]).

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::weigh;
use crate::embedded::network::{self, ADDRESS};
use crate::embedded::protocol::Channel;

/// First argument of the helper process in a holder.
pub(crate) const HOLD: &str = "--seaworthy-hold-network";
/// Where the holder finds the program's socket.
pub(crate) const SOCKET: &str = "/seaworthy.sock";

/// The network that a holder is to make: the first thing that it hears.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) hosts: String,
    pub(crate) resolver: String,
    /// Where forwarders to services listen.
    pub(crate) places: Vec<SocketAddr>,
}

/// What is asked of a holder afterwards; each gets one [`Told`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Ask {
    Connect { port: u16, timeout_ms: u64 },
}

/// What a holder says. A socket's descriptor comes with it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Told {
    /// A listener at the place of this number.
    Listener {
        number: usize,
    },
    Names,
    Tap,
    /// All of it is made.
    Ready,
    Failed {
        reason: String,
    },
    Connected,
    Refused {
        errno: i32,
    },
}

/// The helper process: serves until the program is gone. Of its two connections the first is for the network, the second for what the
/// container writes.
pub(crate) fn run() -> ExitCode {
    let connect = || UnixStream::connect(SOCKET).map(Channel::new);
    let served = connect().and_then(|mut network| {
        let mut disk = connect()?;
        thread::Builder::new().name("weigh".to_owned()).spawn(move || weigh::run(&mut disk))?;
        serve(&mut network)
    });
    if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn serve(channel: &mut Channel) -> io::Result<()> {
    let Some(order) = channel.receive::<Order>()? else { return Ok(()) };
    if let Err(error) = make(&order, channel) {
        return channel.send(&Told::Failed { reason: error.to_string() });
    }
    channel.send(&Told::Ready)?;
    while let Some(Ask::Connect { port, timeout_ms }) = channel.receive()? {
        let address = SocketAddr::from((ADDRESS, port));
        match TcpStream::connect_timeout(&address, Duration::from_millis(timeout_ms)) {
            Ok(stream) => channel.send_with(&Told::Connected, stream.as_fd())?,
            Err(error) => channel.send(&Told::Refused { errno: network::errno_of(&error) })?,
        }
    }
    Ok(())
}

fn make(order: &Order, channel: &mut Channel) -> io::Result<()> {
    // The daemon's own files, which it shares with the container that the network is held for.
    fs::write("/etc/hosts", &order.hosts)?;
    fs::write("/etc/resolv.conf", &order.resolver)?;
    let made = network::make(&order.places)?;
    for (number, listener) in &made.listeners {
        channel.send_with(&Told::Listener { number: *number }, listener.as_fd())?;
    }
    channel.send_with(&Told::Names, made.names.as_fd())?;
    match &made.tap {
        Some(tap) => channel.send_with(&Told::Tap, tap.socket()),
        None => Ok(()),
    }
}
