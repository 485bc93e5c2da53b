//! One client: a connection, and the request that is under way on it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::answer::Answer;
use super::operation::{Care, Operation, Random};

/// Of so many answers one is looked at in full.
const FULL_EVERY: u64 = 16;

pub(super) struct Client {
    pub(super) stream: TcpStream,
    random: Random,
    request: Vec<u8>,
    /// What has come of an answer that is not whole yet.
    begun: Vec<u8>,
    number: u64,
    count: u64,
    /// When the request that is under way was sent.
    pub(super) since: Option<Instant>,
}

/// What an event on a connection brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// More of the answer must come.
    Unfinished,
    Right,
    Wrong(String),
    /// The connection is of no more use.
    Broken(String),
}

impl Client {
    pub(super) fn connect(address: SocketAddr, seed: usize) -> std::io::Result<Self> {
        let stream = open(address)?;
        let (request, begun) = (Vec::with_capacity(512), Vec::new());
        Ok(Self { stream, random: Random::new(seed), request, begun, number: 0, count: 0, since: None })
    }

    /// A connection in place of the one that broke.
    pub(super) fn reconnect(&mut self, address: SocketAddr) -> std::io::Result<()> {
        self.stream = open(address)?;
        self.begun.clear();
        Ok(())
    }

    /// Sends the next request.
    pub(super) fn send(&mut self, operation: &Operation) -> Result<(), String> {
        self.number = operation.write(&mut self.random, &mut self.request);
        self.since = Some(Instant::now());
        // A request is small: there is room for it, for the one before has been answered.
        match self.stream.write(&self.request) {
            Ok(count) if count == self.request.len() => Ok(()),
            Ok(_) => Err("a request left in part".to_owned()),
            Err(error) => Err(format!("cannot send: {}", error.kind())),
        }
    }

    /// Takes what has arrived.
    pub(super) fn receive(&mut self, operation: &Operation, buffer: &mut [u8]) -> Progress {
        let count = match self.stream.read(buffer) {
            Ok(0) => return Progress::Broken("closed by the service".to_owned()),
            Ok(count) => count,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                return Progress::Unfinished;
            }
            Err(error) => return Progress::Broken(format!("cannot receive: {}", error.kind())),
        };
        let bytes = if self.begun.is_empty() {
            &buffer[..count]
        } else {
            self.begun.extend_from_slice(&buffer[..count]);
            &self.begun[..]
        };
        let progress = match Answer::read(bytes) {
            Ok(None) => {
                if self.begun.is_empty() {
                    self.begun.extend_from_slice(&buffer[..count]);
                }
                return Progress::Unfinished;
            }
            Ok(Some(answer)) if self.since.is_some() => {
                self.count += 1;
                let care = if self.count.is_multiple_of(FULL_EVERY) { Care::Full } else { Care::Usual };
                match operation.check(self.number, &answer, care) {
                    Ok(()) => Progress::Right,
                    Err(what) => Progress::Wrong(what),
                }
            }
            Ok(Some(_)) => Progress::Broken("an answer to nothing".to_owned()),
            Err(what) => Progress::Broken(what.to_owned()),
        };
        self.begun.clear();
        progress
    }
}

fn open(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}
