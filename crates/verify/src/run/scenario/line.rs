//! The way from a scenario's containers to the throwaway server, which can be cut: the server itself has other guests.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::run::held;

/// The most connections at once; what comes beyond is refused.
const MOST: usize = 256;
/// Between two looks for a connection.
const POLL: Duration = Duration::from_millis(2);
/// How long the server may take to accept.
const CONNECT: Duration = Duration::from_secs(5);

/// A forwarder. Dropping it ends its connections.
pub(super) struct Line {
    address: SocketAddr,
    server: SocketAddr,
    /// Connections that came so far.
    came: Arc<AtomicU64>,
    open: Option<Open>,
}

struct Open {
    stop: Arc<AtomicBool>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
    thread: JoinHandle<()>,
}

impl Line {
    /// Listens beside the server, on a port of its own.
    pub(super) fn to(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((server.ip(), 0))?;
        let address = listener.local_addr()?;
        let came = Arc::default();
        let open = Open::on(listener, server, &came)?;
        Ok(Self { address, server, came, open: Some(open) })
    }

    /// Where the server is reached by it.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections came, before a cut and after it was mended.
    pub(super) fn connections(&self) -> u64 {
        self.came.load(Ordering::SeqCst)
    }

    /// Ends every connection, and refuses new ones.
    pub(super) fn cut(&mut self) {
        if let Some(open) = self.open.take() {
            open.close();
        }
    }

    /// Lets connections through again, at the same address.
    pub(super) fn mend(&mut self) -> io::Result<()> {
        if self.open.is_none() {
            self.open = Some(Open::on(TcpListener::bind(self.address)?, self.server, &self.came)?);
        }
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.cut();
    }
}

impl Open {
    fn on(listener: TcpListener, server: SocketAddr, came: &Arc<AtomicU64>) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let (stop, streams) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (stopped, kept, came) = (Arc::clone(&stop), Arc::clone(&streams), Arc::clone(came));
        let thread = std::thread::Builder::new().spawn(move || {
            while !stopped.load(Ordering::SeqCst) {
                match listener.accept() {
                    Ok((client, _)) => {
                        // One that fails is refused, as by a server that is full.
                        let _ = forward(client, server, &kept, &came);
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

fn forward(
    client: TcpStream,
    server: SocketAddr,
    streams: &Mutex<Vec<TcpStream>>,
    came: &Arc<AtomicU64>,
) -> io::Result<()> {
    let mut streams = held(streams);
    streams.retain(|stream| stream.peer_addr().is_ok());
    if streams.len() >= 2 * MOST {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    client.set_nonblocking(false)?;
    let server = TcpStream::connect_timeout(&server, CONNECT)?;
    streams.extend([client.try_clone()?, server.try_clone()?]);
    let came = Arc::clone(came);
    copy(Spoken { stream: client.try_clone()?, came: Some(came) }, server.try_clone()?)?;
    copy(Spoken { stream: server, came: None }, client)
}

/// A stream that counts itself as soon as something is said on it: who only looks whether the port is open says nothing.
struct Spoken {
    stream: TcpStream,
    came: Option<Arc<AtomicU64>>,
}

impl io::Read for Spoken {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let length = self.stream.read(bytes)?;
        if length > 0
            && let Some(came) = self.came.take()
        {
            came.fetch_add(1, Ordering::SeqCst);
        }
        Ok(length)
    }
}

/// Passes on what one end sends until it sends no more, then ends both.
fn copy(mut from: Spoken, mut to: TcpStream) -> io::Result<()> {
    std::thread::Builder::new().spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
        let _ = from.stream.shutdown(Shutdown::Both);
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
        assert_eq!(line.connections(), 0);
        let (mut client, _inside, read) = ask(&line).unwrap();
        assert_eq!(&read, b"ping");

        line.cut();
        assert_eq!(client.read(&mut [0]).unwrap_or_default(), 0);
        assert_eq!(TcpStream::connect(line.address()).unwrap_err().kind(), io::ErrorKind::ConnectionRefused);

        line.mend().unwrap();
        assert_eq!(&ask(&line).unwrap().2, b"ping");
        assert_eq!(line.connections(), 2);
    }
}
