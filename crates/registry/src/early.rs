//! Answers that come before all was sent.
//!
//! A registry that refuses an upload halfway (no space left, too large) answers and closes. What is still being sent
//! then fails, and the answer, which says why, would go unread: here a failure to send is kept back until it is clear
//! that there is no answer.

use std::cell::Cell;
use std::io;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport};

thread_local! {
    /// Whether the connection of this thread's request takes nothing more.
    static CUT: Cell<bool> = const { Cell::new(false) };
}

/// Before a request is sent on this thread.
pub(crate) fn begin() {
    CUT.set(false);
}

/// Whether it makes no sense to read on what is to be sent.
pub(crate) fn is_cut() -> bool {
    CUT.get()
}

/// Makes connections that still read when they cannot write any more.
#[derive(Debug)]
pub(crate) struct Listening(pub(crate) DefaultConnector);

impl Connector<()> for Listening {
    type Out = Connection;

    fn connect(&self, details: &ConnectionDetails, chained: Option<()>) -> Result<Option<Connection>, Error> {
        let inner = self.0.connect(details, chained)?;
        Ok(inner.map(|inner| Connection { inner, failed: None }))
    }
}

#[derive(Debug)]
pub(crate) struct Connection {
    inner: Box<dyn Transport>,
    /// Why nothing more can be sent.
    failed: Option<io::ErrorKind>,
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if self.failed.is_some() {
            return Ok(());
        }
        match self.inner.transmit_output(amount, timeout) {
            Err(Error::Io(error)) if is_closed(error.kind()) => {
                self.failed = Some(error.kind());
                CUT.set(true);
                Ok(())
            }
            other => other,
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let Some(kind) = self.failed else { return self.inner.await_input(timeout) };
        match self.inner.await_input(timeout) {
            Ok(true) => Ok(true),
            Ok(false) | Err(_) => Err(Error::Io(kind.into())),
        }
    }

    fn is_open(&mut self) -> bool {
        self.failed.is_none() && self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

fn is_closed(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::thread;

    use seaworthy_image::Reference;
    use ureq::http::Method;

    use crate::request::{Body, Open, Request, Scope};
    use crate::{Client, Settings};

    #[test]
    fn a_refusal_in_the_middle_of_an_upload_is_heard() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut head = [0; 1_000];
                // The first words of TLS are asked here too, and get what plain HTTP says to them.
                let count = stream.read(&mut head).unwrap();
                stream.write_all(b"HTTP/1.1 507 No\r\ncontent-length: 4\r\nconnection: close\r\n\r\nfull").unwrap();
                if head[..count].starts_with(b"PATCH") {
                    return;
                }
            }
        });
        let reference: Reference = format!("{host}/acme/app").parse().unwrap();
        let repository = Client::new(Settings::default()).repository(&reference).unwrap();
        let opened = Arc::new(std::sync::atomic::AtomicU64::new(0));
        let open: &Open = &|| {
            opened.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Ok(Box::new(std::io::repeat(7)))
        };
        let request = Request::new(Method::PATCH, "/v2/acme/app/blobs/uploads/1", Scope::push("acme/app"))
            .body(Body::Stream { size_bytes: 1 << 30, open })
            .never_repeated();
        let error = repository.session.send(&request).err().map(|error| error.to_string());
        assert_eq!(error, Some(format!("`{host}` has no space left: 507: full")));
        server.join().unwrap();
    }
}
