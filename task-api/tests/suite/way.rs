//! A way to PostgreSQL that fails on demand. What goes over it is plain, so that it sees the messages that pass.

use std::{
    io,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    sync::watch,
    task::JoinHandle,
    time::sleep,
};

use crate::program::lasting_port;

/// What the way does to all that is sent over it from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// Every answer comes that much later.
    Late(Duration),
    /// Once, a connection is cut as soon as a statement is sent over it, and the statement goes no further.
    CutBefore,
    /// Once, a connection is cut when the server has done a statement and before the client knows. Others that are in the
    /// middle of an answer by then share its fate.
    CutAfter,
}

/// A proxy that can be told to fail. Dropping it breaks all connections.
pub(crate) struct Way {
    pub(crate) address: SocketAddr,
    runtime: Runtime,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

struct Shared {
    to: SocketAddr,
    fault: watch::Sender<Fault>,
    /// A new number ends the connections that were made under another.
    cut: watch::Sender<usize>,
    /// Connections made under a number up to this one pass nothing on, and stay open.
    silent: watch::Sender<usize>,
    /// Bytes that either side sent, and what clients prepared by name.
    passed: AtomicUsize,
    prepared: AtomicUsize,
    connections: AtomicUsize,
}

impl Way {
    pub(crate) fn to(to: SocketAddr) -> Self {
        let runtime = Runtime::new().expect("threads can be started");
        let shared = Arc::new(Shared {
            to,
            fault: watch::Sender::new(Fault::None),
            cut: watch::Sender::new(0),
            silent: watch::Sender::new(0),
            passed: AtomicUsize::new(0),
            prepared: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
        });
        let address = SocketAddr::from(([127, 0, 0, 1], lasting_port()));
        let mut way = Self { address, runtime, shared, listening: None };
        way.accept();
        way
    }

    pub(crate) fn fail(&self, fault: Fault) {
        self.shared.fault.send_replace(fault);
    }

    /// Whether a fault that happens once has happened.
    pub(crate) fn has_failed(&self) -> bool {
        *self.shared.fault.borrow() == Fault::None
    }

    /// Cuts all connections there are.
    pub(crate) fn cut(&self) {
        self.shared.cut.send_modify(|number| *number += 1);
    }

    /// Lets all connections there are stay open and pass nothing on, for ever.
    pub(crate) fn silence(&self) {
        let number = *self.shared.cut.borrow();
        self.shared.silent.send_replace(number + 1);
        // Those of later are not silent.
        self.shared.cut.send_modify(|number| *number += 1);
    }

    /// Refuses new connections and cuts the old ones.
    pub(crate) fn refuse(&mut self) {
        if let Some(listening) = self.listening.take() {
            listening.abort();
            let _ = self.runtime.block_on(listening);
        }
        self.cut();
    }

    /// Takes connections, again at the same address.
    pub(crate) fn accept(&mut self) {
        let listener = self.runtime.block_on(TcpListener::bind(self.address)).expect("the port is free");
        let shared = Arc::clone(&self.shared);
        self.listening = Some(self.runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let number = *shared.cut.borrow();
                shared.connections.fetch_add(1, Relaxed);
                tokio::spawn(pass(Arc::clone(&shared), client, number));
            }
        }));
    }

    /// Bytes that either side has sent so far.
    pub(crate) fn passed(&self) -> usize {
        self.shared.passed.load(Relaxed)
    }

    /// Statements that they have prepared by name.
    pub(crate) fn prepared(&self) -> usize {
        self.shared.prepared.load(Relaxed)
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Relaxed)
    }
}

/// Passes on what both sides say, until one of them ends or the way is cut.
async fn pass(shared: Arc<Shared>, client: TcpStream, number: usize) -> io::Result<()> {
    let mut client = client;
    let mut server = TcpStream::connect(shared.to).await?;
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let mut silent = shared.silent.subscribe();
    let mut cut = shared.cut.subscribe();
    let mut is_silent = pin!(async { silent.wait_for(|silent| *silent > number).await.is_ok() });
    let is_cut = async { cut.wait_for(|cut| *cut > number).await.is_ok() };
    tokio::select! {
        // Silent ones are cut by number as well, and must not be.
        biased;
        true = &mut is_silent => {}
        true = is_cut => return Ok(()),
        ended = out(&shared, from_client, to_server) => return ended,
        ended = back(&shared, from_server, to_client) => return ended,
    }
    std::future::pending().await
}

async fn out(shared: &Shared, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> io::Result<()> {
    let mut start = message(&mut from, 0).await?;
    loop {
        let named = start.first() == Some(&b'P') && start.get(5).is_some_and(|byte| *byte != 0);
        shared.prepared.fetch_add(usize::from(named), Relaxed);
        shared.passed.fetch_add(start.len(), Relaxed);
        if *shared.fault.borrow() == Fault::CutBefore && matches!(start.first(), Some(b'P' | b'B' | b'Q')) {
            shared.fault.send_replace(Fault::None);
            return Ok(());
        }
        to.write_all(&start).await?;
        start = message(&mut from, 1).await?;
    }
}

async fn back(shared: &Shared, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> io::Result<()> {
    // What ends with the first `Z` is the log-in; what comes behind it answers statements.
    let (mut is_in, mut is_doomed) = (false, false);
    loop {
        let message = message(&mut from, 1).await?;
        shared.passed.fetch_add(message.len(), Relaxed);
        let (fault, is_end) = (*shared.fault.borrow(), message.first() == Some(&b'Z'));
        is_doomed |= is_in && fault == Fault::CutAfter;
        is_in |= is_end;
        if is_doomed && is_end {
            // By then the transaction has ended.
            shared.fault.send_replace(Fault::None);
            return Ok(());
        }
        if is_doomed {
            continue;
        }
        if let (Fault::Late(time), true) = (fault, is_end) {
            sleep(time).await;
        }
        to.write_all(&message).await?;
    }
}

/// A message whole: a letter, except at the very start, and a length that counts itself.
async fn message(from: &mut (impl AsyncRead + Unpin), letters: usize) -> io::Result<Vec<u8>> {
    let mut message = vec![0; letters + 4];
    from.read_exact(&mut message).await?;
    let length =
        u32::from_be_bytes([message[letters], message[letters + 1], message[letters + 2], message[letters + 3]]);
    message.resize(letters + length as usize, 0);
    from.read_exact(&mut message[letters + 4..]).await?;
    Ok(message)
}
