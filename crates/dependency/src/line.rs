//! The way from a service's containers to a server, which counts what is said and can be cut: the server itself has other guests.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// The most connections at once; what comes beyond is refused.
const MOST: usize = 256;
/// Between two looks for a connection.
const POLL: Duration = Duration::from_millis(2);
/// How long a server may take to accept.
const CONNECT: Duration = Duration::from_secs(5);
/// How many of this machine's loopback addresses are tried for a port.
const ADDRESSES: usize = 8;

/// Connects to the server.
type Dial = Arc<dyn Fn() -> io::Result<TcpStream> + Send + Sync>;

/// A forwarder. Dropping it ends its connections.
pub struct Line {
    address: SocketAddr,
    dial: Dial,
    counted: Arc<Counted>,
    open: Option<Open>,
}

/// What was said on a line so far, before a cut and after it was mended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Connections on which the client said something: who only looks whether the port is open says nothing.
    pub connections: u64,
    /// Connections on which both ends said something.
    pub answered: u64,
    pub sent_bytes: u64,
    pub received_bytes: u64,
}

#[derive(Default)]
struct Counted {
    connections: AtomicU64,
    answered: AtomicU64,
    sent_bytes: AtomicU64,
    received_bytes: AtomicU64,
}

struct Open {
    stop: Arc<AtomicBool>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
    thread: JoinHandle<()>,
}

impl Line {
    /// Listens beside a server of this machine, on a port of its own.
    ///
    /// # Errors
    ///
    /// Fails if there is no port; so [`Line::at_port`].
    pub fn to(server: SocketAddr) -> io::Result<Self> {
        let dial = move || TcpStream::connect_timeout(&server, CONNECT);
        Self::on(TcpListener::bind((server.ip(), 0))?, Arc::new(dial))
    }

    /// Listens at `port` of `listen`, of 127.0.0.1 at that port of another loopback address, so that several runs have room; where it is taken,
    /// at another port.
    ///
    /// # Errors
    ///
    /// Fails if the system gives no port.
    pub fn at_port(
        listen: IpAddr,
        port: u16,
        dial: impl Fn() -> io::Result<TcpStream> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let wanted = std::iter::repeat_with(|| other_loopback(listen)).take(ADDRESSES);
        let listener = wanted.flatten().find_map(|address| TcpListener::bind((address, port)).ok());
        let listener = listener.map_or_else(|| TcpListener::bind((listen, 0)), Ok)?;
        Self::on(listener, Arc::new(dial))
    }

    fn on(listener: TcpListener, dial: Dial) -> io::Result<Self> {
        let (address, counted) = (listener.local_addr()?, Arc::default());
        let open = Open::on(listener, &dial, &counted)?;
        Ok(Self { address, dial, counted, open: Some(open) })
    }

    /// Where the server is reached by it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn traffic(&self) -> Traffic {
        let read = |count: &AtomicU64| count.load(Ordering::SeqCst);
        let Counted { connections, answered, sent_bytes, received_bytes } = &*self.counted;
        Traffic {
            connections: read(connections),
            answered: read(answered),
            sent_bytes: read(sent_bytes),
            received_bytes: read(received_bytes),
        }
    }

    /// Ends every connection, and refuses new ones.
    pub fn cut(&mut self) {
        if let Some(open) = self.open.take() {
            open.close();
        }
    }

    /// Lets connections through again, at the same address.
    ///
    /// # Errors
    ///
    /// Fails if the address was taken meanwhile.
    pub fn mend(&mut self) -> io::Result<()> {
        if self.open.is_none() {
            self.open = Some(Open::on(TcpListener::bind(self.address)?, &self.dial, &self.counted)?);
        }
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.cut();
    }
}

/// Of 127.0.0.1 an address by chance that is this machine's too.
fn other_loopback(listen: IpAddr) -> Option<IpAddr> {
    if listen != IpAddr::V4(Ipv4Addr::LOCALHOST) {
        return Some(listen);
    }
    let mut chance = [0; 3];
    getrandom::fill(&mut chance).ok()?;
    // Not where /etc/hosts and name servers of this machine usually are.
    Some(Ipv4Addr::new(127, 64 + chance[0] % 64, chance[1], chance[2].max(2)).into())
}

impl Open {
    fn on(listener: TcpListener, dial: &Dial, counted: &Arc<Counted>) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let (stop, streams) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (stopped, kept, dial, counted) =
            (Arc::clone(&stop), Arc::clone(&streams), Arc::clone(dial), Arc::clone(counted));
        let thread = std::thread::Builder::new().name("line".to_owned()).spawn(move || {
            while !stopped.load(Ordering::SeqCst) {
                match listener.accept() {
                    Ok((client, _)) => {
                        // One that fails is refused, as by a server that is full.
                        let _ = forward(client, &dial, &kept, &counted);
                    }
                    Err(_) => std::thread::sleep(POLL),
                }
            }
        })?;
        Ok(Self { stop, streams, thread })
    }

    fn close(self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = self.thread.join();
        for stream in held(&self.streams).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Whoever panicked holding it left what can be used.
fn held<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn forward(client: TcpStream, dial: &Dial, streams: &Mutex<Vec<TcpStream>>, counted: &Arc<Counted>) -> io::Result<()> {
    let mut streams = held(streams);
    streams.retain(|stream| stream.peer_addr().is_ok());
    if streams.len() >= 2 * MOST {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    client.set_nonblocking(false)?;
    let server = dial()?;
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    streams.extend([client.try_clone()?, server.try_clone()?]);
    let ends = Arc::new(AtomicU8::new(0));
    let spoken =
        |stream: TcpStream, end: u8| Spoken { stream, end, ends: Arc::clone(&ends), counted: Arc::clone(counted) };
    copy(spoken(client.try_clone()?, CLIENT), server.try_clone()?)?;
    copy(spoken(server, SERVER), client)
}

const CLIENT: u8 = 1;
const SERVER: u8 = 2;

/// A stream that counts what is said on it.
struct Spoken {
    stream: TcpStream,
    end: u8,
    /// Which ends of the connection said something.
    ends: Arc<AtomicU8>,
    counted: Arc<Counted>,
}

impl io::Read for Spoken {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let length = self.stream.read(bytes)?;
        if length > 0 {
            let is_client = self.end == CLIENT;
            let count = if is_client { &self.counted.sent_bytes } else { &self.counted.received_bytes };
            count.fetch_add(length as u64, Ordering::SeqCst);
            let before = self.ends.fetch_or(self.end, Ordering::SeqCst);
            if is_client && before & CLIENT == 0 {
                self.counted.connections.fetch_add(1, Ordering::SeqCst);
            }
            if before != CLIENT | SERVER && before | self.end == CLIENT | SERVER {
                self.counted.answered.fetch_add(1, Ordering::SeqCst);
            }
        }
        Ok(length)
    }
}

/// Passes on what one end sends until it sends no more: the other end may still answer. Where one is broken, both end.
fn copy(mut from: Spoken, mut to: TcpStream) -> io::Result<()> {
    std::thread::Builder::new().name("line".to_owned()).spawn(move || match io::copy(&mut from, &mut to) {
        Ok(_) => {
            let _ = to.shutdown(Shutdown::Write);
        }
        Err(_) => {
            let _ = (to.shutdown(Shutdown::Both), from.stream.shutdown(Shutdown::Both));
        }
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    #[test]
    fn a_line_that_is_cut_ends_connections_and_refuses_new_ones_until_it_is_mended() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut line = Line::to(server.local_addr().unwrap()).unwrap();
        let ask = |line: &Line| {
            let mut client = TcpStream::connect(line.address())?;
            let (mut inside, _) = server.accept()?;
            client.write_all(b"ping")?;
            let mut read = [0; 4];
            inside.read_exact(&mut read)?;
            inside.write_all(&read)?;
            client.read_exact(&mut read)?;
            Ok::<_, io::Error>((client, inside, read))
        };
        assert_eq!(line.traffic(), Traffic::default());
        let (mut client, _inside, read) = ask(&line).unwrap();
        assert_eq!(&read, b"ping");

        line.cut();
        assert_eq!(client.read(&mut [0]).unwrap_or_default(), 0);
        assert_eq!(TcpStream::connect(line.address()).unwrap_err().kind(), io::ErrorKind::ConnectionRefused);

        line.mend().unwrap();
        assert_eq!(&ask(&line).unwrap().2, b"ping");
        let expected = Traffic { connections: 2, answered: 2, sent_bytes: 8, received_bytes: 8 };
        assert_eq!(line.traffic(), expected);
    }

    #[test]
    fn a_client_that_has_said_all_still_hears_the_answer() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let line = Line::to(server.local_addr().unwrap()).unwrap();
        let mut client = TcpStream::connect(line.address()).unwrap();
        let (mut inside, _) = server.accept().unwrap();
        client.write_all(b"all of it").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut asked = String::new();
        inside.read_to_string(&mut asked).unwrap();
        inside.write_all(b"heard").unwrap();
        drop(inside);
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert_eq!((asked.as_str(), answer.as_str()), ("all of it", "heard"));
    }

    #[test]
    fn who_only_looks_whether_the_port_is_open_says_nothing() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        let line =
            Line::at_port(Ipv4Addr::LOCALHOST.into(), address.port(), move || TcpStream::connect(address)).unwrap();
        assert_eq!(line.address().port(), address.port());
        assert_ne!(line.address().ip(), address.ip());
        let client = TcpStream::connect(line.address()).unwrap();
        let (mut inside, _) = server.accept().unwrap();
        inside.write_all(b"220 hello").unwrap();
        (&client).read_exact(&mut [0; 9]).unwrap();
        assert_eq!(line.traffic(), Traffic { received_bytes: 9, ..Traffic::default() });
    }
}
