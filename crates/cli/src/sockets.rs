//! Connections to containers, so that a signal can end a wait for an answer.

use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsRawFd as _, OwnedFd, RawFd};
use std::sync::{Mutex, PoisonError};

use rustix::process::{PidfdFlags, PidfdGetfdFlags};

/// A socket of this process, by number and identity: the number alone may have been given to another file since.
struct Socket {
    number: RawFd,
    inode: u64,
}

static SOCKETS: Mutex<Vec<Socket>> = Mutex::new(Vec::new());

/// Remembers a connection. It is not kept open by that.
pub(crate) fn remember(stream: &TcpStream) {
    let Ok(stat) = rustix::fs::fstat(stream) else { return };
    let number = stream.as_raw_fd();
    let mut sockets = SOCKETS.lock().unwrap_or_else(PoisonError::into_inner);
    sockets.retain(|socket| socket.number != number);
    sockets.push(Socket { number, inode: stat.st_ino });
}

/// Shuts down every remembered connection that is still open: whoever reads from one reads its end.
pub(crate) fn shut_down() {
    let sockets = std::mem::take(&mut *SOCKETS.lock().unwrap_or_else(PoisonError::into_inner));
    for socket in sockets {
        if let Some(stream) = socket.reopened() {
            // An error means that it is closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Socket {
    /// A second descriptor of the socket, if its number still stands for it.
    fn reopened(&self) -> Option<TcpStream> {
        let this = rustix::process::pidfd_open(rustix::process::getpid(), PidfdFlags::empty()).ok()?;
        let file: OwnedFd = rustix::process::pidfd_getfd(this, self.number, PidfdGetfdFlags::empty()).ok()?;
        let stat = rustix::fs::fstat(&file).ok()?;
        (stat.st_ino == self.inode).then(|| TcpStream::from(file))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::net::TcpListener;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_wait_for_an_answer_ends_and_a_closed_connection_is_left_alone() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let closed = TcpStream::connect(address).unwrap();
        remember(&closed);
        drop(closed);
        let mut open = TcpStream::connect(address).unwrap();
        open.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        remember(&open);
        let reader = std::thread::spawn(move || open.read(&mut [0]));
        shut_down();
        assert_eq!(reader.join().unwrap().unwrap(), 0);
    }
}
