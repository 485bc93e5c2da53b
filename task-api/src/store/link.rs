//! The way to PostgreSQL: a few connections that all requests share, made anew when they break.
//!
//! **Invariant:** no statement is ever prepared by name, and nothing is kept in a session: behind a pooler, the next
//! statement may reach another server process.

use std::{
    error::Error as StdError,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{sync::Mutex, time::timeout};
use tokio_postgres::{
    Client, Error, Row,
    error::{DbError, SqlState},
    types::{ToSql, Type},
};
use tokio_postgres_rustls::MakeRustlsConnect;
use tracing::{debug, info, warn};

use super::{StoreError, tls};
use crate::database_url::PostgresUrl;

/// Requests wait for each other on a connection only as long as the database computes, so few are enough.
const CONNECTIONS: usize = 4;

/// A statement that takes longer is given up, and its connection with it.
const STATEMENT_TIME: Duration = Duration::from_secs(10);

/// How long a failure to connect is the answer for all, before the next try.
const RETRY_AFTER: Duration = Duration::from_millis(500);

pub(super) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

#[derive(Debug)]
pub(super) struct Link {
    place: Place,
    slots: [Mutex<Slot>; CONNECTIONS],
    next: AtomicUsize,
    lost: AtomicBool,
}

/// A connection, or when and why there is none.
#[derive(Debug, Default)]
enum Slot {
    #[default]
    Empty,
    Open(Arc<Client>),
    Failed(Instant, String),
}

/// Whether a statement may be sent again when its connection broke before the answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    Yes,
    No,
}

impl Link {
    /// A link that has `first` as its first connection.
    pub(super) fn new(place: Place, first: Client) -> Self {
        let slots: [Mutex<Slot>; CONNECTIONS] = Default::default();
        let link = Self { place, slots, next: AtomicUsize::new(0), lost: AtomicBool::new(false) };
        if let Ok(mut slot) = link.slots[0].try_lock() {
            *slot = Slot::Open(Arc::new(first));
        }
        link
    }

    /// Sends one statement, in one round trip.
    pub(super) async fn query(
        &self,
        again: Again,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let mut result = self.query_once(sql, parameters).await;
        if again == Again::Yes && matches!(&result, Err(Lost::Broken(error)) if is_away(error)) {
            result = self.query_once(sql, parameters).await;
        }
        result.map_err(|lost| match lost {
            Lost::NotConnected(error) => error,
            Lost::Broken(error) => judge_statement(error),
            Lost::Slow => unreachable(&format!("no answer within {} s", STATEMENT_TIME.as_secs())),
        })
    }

    async fn query_once(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, Lost> {
        let slot = &self.slots[self.next.fetch_add(1, Ordering::Relaxed) % CONNECTIONS];
        let client = self.client(slot).await.map_err(Lost::NotConnected)?;
        if let Ok(answer) = timeout(STATEMENT_TIME, client.query_typed(sql, parameters)).await {
            answer.map_err(Lost::Broken)
        } else {
            let mut slot = slot.lock().await;
            if matches!(&*slot, Slot::Open(open) if Arc::ptr_eq(open, &client)) {
                *slot = Slot::Empty;
            }
            Err(Lost::Slow)
        }
    }

    async fn client(&self, slot: &Mutex<Slot>) -> Result<Arc<Client>, StoreError> {
        let mut slot = slot.lock().await;
        match &*slot {
            Slot::Open(client) if !client.is_closed() => return Ok(Arc::clone(client)),
            Slot::Failed(at, cause) if at.elapsed() < RETRY_AFTER => return Err(unreachable(cause)),
            _ => {}
        }
        match self.place.connect().await {
            Ok(client) => {
                if self.lost.swap(false, Ordering::Relaxed) {
                    info!("database is back");
                }
                let client = Arc::new(client);
                *slot = Slot::Open(Arc::clone(&client));
                Ok(client)
            }
            Err(error) => {
                if !self.lost.swap(true, Ordering::Relaxed) {
                    warn!(cause = error.cause(), "database lost");
                }
                *slot = Slot::Failed(Instant::now(), error.cause());
                Err(error)
            }
        }
    }
}

enum Lost {
    NotConnected(StoreError),
    Broken(Error),
    Slow,
}

/// A server, and how it is reached.
#[derive(Clone)]
pub(super) struct Place {
    url: PostgresUrl,
    tls: MakeRustlsConnect,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.url.fmt(f)
    }
}

impl Place {
    pub(super) fn new(url: &PostgresUrl) -> Result<Self, StoreError> {
        let tls = tls::connector(url).map_err(|error| StoreError::Refused { source: error.into(), hint: None })?;
        Ok(Self { url: url.clone(), tls })
    }

    /// A new connection, which lives as long as what is returned.
    pub(super) async fn connect(&self) -> Result<Client, StoreError> {
        let config = &self.url.config;
        // The configured time is for each address to accept; this one is for all of it.
        let time = config.get_connect_timeout().copied().unwrap_or_default() + Duration::from_secs(5);
        let (client, connection) = match timeout(time, config.connect(self.tls.clone())).await {
            Ok(connected) => connected.map_err(judge_connection)?,
            Err(_) => return Err(unreachable(&format!("no connection within {} s", time.as_secs()))),
        };
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                debug!(cause = crate::error::chain(&error), "connection to the database broken");
            }
        });
        Ok(client)
    }
}

fn unreachable(cause: &str) -> StoreError {
    StoreError::Unreachable { source: cause.into() }
}

/// What a failure to connect or to migrate means for those who could wait.
pub(super) fn judge_connection(error: Error) -> StoreError {
    let hint = hint(&error);
    let is_lasting = match causes(&error).find_map(Cause::of) {
        Some(Cause::Server(error)) => is_lasting(error),
        Some(Cause::Certificate) => true,
        Some(Cause::Io(error)) => matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::PermissionDenied),
        None => !error.is_closed() && !error.to_string().contains("timeout"),
    };
    if is_lasting {
        StoreError::Refused { source: error.into(), hint }
    } else {
        StoreError::Unreachable { source: error.into() }
    }
}

/// What a failed statement means for the request that sent it.
fn judge_statement(error: Error) -> StoreError {
    if is_away(&error) {
        StoreError::Unreachable { source: error.into() }
    } else {
        StoreError::Query { source: error.into() }
    }
}

/// Whether the connection broke, or the server says that it cannot work now.
fn is_away(error: &Error) -> bool {
    match causes(error).find_map(Cause::of) {
        Some(Cause::Server(error)) => {
            let code = error.code().code();
            ["08", "25", "40", "53", "57", "58"].iter().any(|class| code.starts_with(class))
        }
        Some(Cause::Io(_) | Cause::Certificate) => true,
        None => error.is_closed(),
    }
}

enum Cause<'a> {
    Server(&'a DbError),
    Certificate,
    Io(&'a io::Error),
}

impl<'a> Cause<'a> {
    fn of(error: &'a (dyn StdError + 'static)) -> Option<Self> {
        if let Some(error) = error.downcast_ref::<DbError>() {
            return Some(Self::Server(error));
        }
        let error = error.downcast_ref::<io::Error>()?;
        let is_tls = error.get_ref().is_some_and(|inner| inner.downcast_ref::<rustls::Error>().is_some());
        Some(if is_tls { Self::Certificate } else { Self::Io(error) })
    }
}

fn causes(error: &Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(Some(error as &(dyn StdError + 'static)), |error| (*error).source())
}

/// Wrong passwords, unknown databases and parameters, missing rights and tables that are not ours. `PgBouncer` has one
/// code for all it says, which includes that its server is away.
fn is_lasting(error: &DbError) -> bool {
    let said = |text: &str| error.message().contains(text);
    match error.code() {
        code if *code == SqlState::PROTOCOL_VIOLATION => {
            said("authentication failed") || said("no such") || said("unsupported startup parameter")
        }
        code => ["0A", "22", "28", "3D", "3F", "42"].iter().any(|class| code.code().starts_with(class)),
    }
}

fn hint(error: &Error) -> Option<&'static str> {
    let text = crate::error::chain(error);
    if text.contains("does not support TLS") {
        Some("add `sslmode=disable` to `DATABASE_URL` if the way to it needs no encryption")
    } else if text.contains("no encryption") {
        Some("add `sslmode=require` to `DATABASE_URL`")
    } else if text.contains("UnknownIssuer") {
        Some("name the file of its authority with `sslrootcert=` in `DATABASE_URL`")
    } else {
        None
    }
}
