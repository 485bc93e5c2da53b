//! The front door of a hosted PostgreSQL, as Neon has it: encrypted, asked for by name, and there before the server behind
//! it is.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use rustls::ServerConfig;
use tokio::{
    io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    sync::watch,
    task::JoinHandle,
    time::sleep,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{middle::identity_of, program::lasting_port};

/// The server's own name, and the one that leads through the pooler.
pub(crate) const DIRECT: &str = "ep-cool-darkness-123456.eu-central-1.aws.neon.example";
pub(crate) const POOLED: &str = "ep-cool-darkness-123456-pooler.eu-central-1.aws.neon.example";

/// What it says to a client that did not name the server.
pub(crate) const NAMELESS: &str = "Endpoint ID is not specified. Either please upgrade the postgres client library (libpq) \
    for SNI support or pass the endpoint ID (first part of the domain name) as a parameter: '?options=endpoint%3D<endpoint-id>'. \
    See more at https://neon.tech/sni";

/// What the door does with a client that has named the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behind {
    /// Lets it in.
    Awake,
    /// Lets it in after this time.
    Waking(Duration),
    /// Says this instead, under the code of internal errors.
    Failing(&'static str),
}

/// Stands before a server until it is dropped.
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    /// Whom clients must believe.
    pub(crate) ca_pem: String,
    acceptor: TlsAcceptor,
    runtime: Runtime,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

struct Shared {
    to: SocketAddr,
    behind: watch::Sender<Behind>,
    met: AtomicUsize,
    told: AtomicUsize,
    let_in: AtomicUsize,
}

impl Door {
    /// Before the server at `to`, which is asleep: connections are refused.
    pub(crate) fn asleep(to: SocketAddr) -> Self {
        let (ca_pem, config): (String, ServerConfig) = identity_of(&[DIRECT, POOLED, "localhost"]);
        let shared = Shared {
            to,
            behind: watch::Sender::new(Behind::Awake),
            met: AtomicUsize::new(0),
            told: AtomicUsize::new(0),
            let_in: AtomicUsize::new(0),
        };
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], lasting_port())),
            ca_pem,
            acceptor: TlsAcceptor::from(Arc::new(config)),
            runtime: Runtime::new().expect("threads can be started"),
            shared: Arc::new(shared),
            listening: None,
        }
    }

    /// Takes connections, and does this with them.
    pub(crate) fn open(&mut self, behind: Behind) {
        self.shared.behind.send_replace(behind);
        if self.listening.is_some() {
            return;
        }
        let listener = self.runtime.block_on(TcpListener::bind(self.address)).expect("the port is free");
        let (shared, acceptor) = (Arc::clone(&self.shared), self.acceptor.clone());
        self.listening = Some(self.runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(receive(Arc::clone(&shared), client, acceptor.clone()));
            }
        }));
    }

    /// Refuses connections again. Those there are stay.
    pub(crate) fn close(&mut self) {
        if let Some(listening) = self.listening.take() {
            listening.abort();
            let _ = self.runtime.block_on(listening);
        }
    }

    /// How many clients have said who they are.
    pub(crate) fn met(&self) -> usize {
        self.shared.met.load(Relaxed)
    }

    /// How many were told an error.
    pub(crate) fn told(&self) -> usize {
        self.shared.told.load(Relaxed)
    }

    /// How many were let in.
    pub(crate) fn let_in(&self) -> usize {
        self.shared.let_in.load(Relaxed)
    }
}

async fn receive(shared: Arc<Shared>, mut client: TcpStream, acceptor: TlsAcceptor) -> io::Result<()> {
    let mut request = [0; 8];
    client.read_exact(&mut request).await?;
    assert_eq!(request, *b"\0\0\0\x08\x04\xd2\x16\x2f", "it asks for encryption first");
    client.write_all(b"S").await?;
    let mut client = acceptor.accept(client).await?;
    let start = start_up(&mut client).await?;
    let behind = *shared.behind.borrow();
    shared.met.fetch_add(1, Relaxed);
    if let Some((code, message)) = refusal(client.get_ref().1.server_name(), &start, behind) {
        shared.told.fetch_add(1, Relaxed);
        return say(&mut client, code, message).await;
    }
    if let Behind::Waking(time) = behind {
        sleep(time).await;
    }
    shared.let_in.fetch_add(1, Relaxed);
    let mut server = TcpStream::connect(shared.to).await?;
    let _ = server.set_nodelay(true);
    server.write_all(&start).await?;
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

/// Why a client is not let in: a code and a message.
fn refusal(name: Option<&str>, start: &[u8], behind: Behind) -> Option<(&'static str, &'static str)> {
    let has_options = start[8..].split(|byte| *byte == 0).step_by(2).any(|name| name == b"options");
    match (name, behind) {
        (Some(POOLED), _) if has_options => Some(("08P01", "unsupported startup parameter: options")),
        (Some(POOLED | DIRECT), Behind::Failing(message)) => Some(("XX000", message)),
        (Some(POOLED | DIRECT), _) => None,
        _ => Some(("XX000", NAMELESS)),
    }
}

/// The message that names user, database and parameters, whole.
async fn start_up(client: &mut TlsStream<TcpStream>) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    client.read_exact(&mut length).await?;
    let mut start = length.to_vec();
    start.resize(u32::from_be_bytes(length).clamp(8, 10_000) as usize, 0);
    client.read_exact(&mut start[4..]).await?;
    Ok(start)
}

/// Ends a conversation with an error.
async fn say(client: &mut (impl AsyncWrite + Unpin), code: &str, message: &str) -> io::Result<()> {
    let fields = format!("SFATAL\0VFATAL\0C{code}\0M{message}\0\0");
    let length = u32::try_from(fields.len() + 4).expect("it is short");
    client.write_all(&[b"E", length.to_be_bytes().as_slice(), fields.as_bytes()].concat()).await?;
    client.shutdown().await
}
