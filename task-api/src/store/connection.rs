//! One connection to PostgreSQL, and the place it leads to.

use std::{
    collections::HashMap,
    future::poll_fn,
    pin::pin,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use futures_core::Stream;
use tokio::{
    runtime::Handle,
    task::AbortHandle,
    time::{sleep, timeout},
};
use tokio_postgres::{
    Client, Error, Row, RowStream, Statement,
    types::{ToSql, Type},
};
use tokio_postgres_rustls::MakeRustlsConnect;
use tracing::{debug, info, warn};

use super::{StoreError, failure::Failure, tls};
use crate::{config::database_url::PostgresUrl, error::chain};

pub(super) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// How long a connection that owes answers may give none before it gets no more questions.
const SILENCE: Duration = Duration::from_secs(1);

/// How long a server is asked to give up a statement that nobody waits for.
const CANCEL_TIME: Duration = Duration::from_secs(2);

/// How long answers that nobody waits for are read. A pooler that sees its client leave before the last of several answers may give the
/// server to another client, which is then answered with them (`PgBouncer` before 1.22.1).
const DRAIN_TIME: Duration = Duration::from_mins(1);

/// A server, how it is reached, and since when it is not.
pub(super) struct Place {
    pub(super) url: PostgresUrl,
    tls: MakeRustlsConnect,
    presence: Mutex<Presence>,
}

/// Whether there is a database, as those found who tried to connect.
#[derive(Debug, Default)]
struct Presence {
    seen: Option<Instant>,
    away: Option<Instant>,
}

impl Presence {
    /// Somebody has connected. Says whether it was away.
    fn found(&mut self) -> bool {
        self.seen = Some(Instant::now());
        self.away.take().is_some()
    }

    /// Somebody who began then has not. Says whether that is news: others may have come through meanwhile.
    fn missed(&mut self, began: Instant) -> bool {
        let is_news = self.away.is_none() && self.seen.is_none_or(|seen| seen < began);
        if is_news {
            self.away = Some(Instant::now());
        }
        is_news
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.url.fmt(f)
    }
}

impl Place {
    pub(super) fn new(url: &PostgresUrl) -> Result<Self, StoreError> {
        let tls = tls::connector(url).map_err(|error| StoreError::Refused { source: error.into(), hint: None })?;
        Ok(Self { url: url.clone(), tls, presence: Mutex::default() })
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> Result<Connection, Failure> {
        let time = self.connect_time();
        let renewed = self.url.renewed();
        let (url, tls) = match &renewed {
            None => (&self.url, self.tls.clone()),
            Some(url) => (url, tls::connector(url).map_err(|error| Failure::unconnected(chain(&error)))?),
        };
        let (client, connection) = match timeout(time, url.config.connect(tls.clone())).await {
            Ok(connected) => connected.map_err(Failure::of_connection)?,
            Err(_) => return Err(Failure::unconnected(format!("no connection within {} s", time.as_secs()))),
        };
        let task = tokio::spawn(async move {
            if let Err(error) = connection.await {
                debug!(cause = chain(&error), "connection to the database broken");
            }
        });
        Ok(Connection::new(client, task.abort_handle(), tls, self.url.is_prepared))
    }

    /// The configured time is for each address to accept; this one is for all of it.
    pub(super) fn connect_time(&self) -> Duration {
        self.url.config.get_connect_timeout().copied().unwrap_or_default() + Duration::from_secs(5)
    }

    /// A new connection. Says so once when the database is lost and when it is back.
    pub(super) async fn reconnect(&self) -> Result<Connection, Failure> {
        let began = Instant::now();
        let connected = self.connect().await;
        let mut presence = self.presence();
        match &connected {
            Ok(_) if presence.found() => info!("database is back"),
            Err(failure) if presence.missed(began) => {
                warn!(cause = failure.clone().of_read().cause(), "database lost");
            }
            _ => {}
        }
        connected
    }

    /// How long there has been no database, as far as anybody asked.
    pub(super) fn away(&self) -> Option<Duration> {
        self.presence().away.map(|since| since.elapsed())
    }

    fn presence(&self) -> MutexGuard<'_, Presence> {
        self.presence.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that any number of statements may share: they are answered one after the other.
pub(super) struct Connection {
    pub(super) client: Client,
    task: AbortHandle,
    /// For the connection that asks the server to give up what this one sent.
    tls: MakeRustlsConnect,
    /// Statements prepared in this session; `None` where there may be none.
    prepared: Option<Mutex<HashMap<String, Statement>>>,
    leases: AtomicUsize,
    /// Those of them that may wait for a lock.
    changes: AtomicUsize,
    is_condemned: AtomicBool,
    born: Instant,
    /// When it last began to owe an answer or gave one, in milliseconds of its life.
    progress: AtomicU64,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("leases", &self.leases).finish_non_exhaustive()
    }
}

impl Connection {
    fn new(client: Client, task: AbortHandle, tls: MakeRustlsConnect, is_prepared: bool) -> Self {
        let prepared = is_prepared.then(Mutex::default);
        let (leases, changes, is_condemned, progress) = Default::default();
        Self { client, task, tls, prepared, leases, changes, is_condemned, born: Instant::now(), progress }
    }

    /// Sends one statement, in one round trip, and takes rows until they hold `most_bytes`: what comes behind is thrown away.
    pub(super) async fn query(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
        most_bytes: usize,
    ) -> Result<Rows, Error> {
        let answer = match self.send(sql, parameters).await {
            Ok(rows) => taken(rows, most_bytes).await,
            Err(error) => Err(error),
        };
        self.moved();
        answer
    }

    async fn send(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<RowStream, Error> {
        match &self.prepared {
            None => {
                let parameters = parameters.iter().map(|(value, kind)| (*value, kind.clone()));
                self.client.query_typed_raw(sql, parameters).await
            }
            Some(prepared) => {
                let known = prepared.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned();
                let statement = if let Some(statement) = known {
                    statement
                } else {
                    let types: Vec<_> = parameters.iter().map(|(_, kind)| kind.clone()).collect();
                    let statement = self.client.prepare_typed(sql, &types).await?;
                    prepared.lock().unwrap_or_else(PoisonError::into_inner).insert(sql.to_owned(), statement.clone());
                    statement
                };
                self.client.query_raw(&statement, parameters.iter().map(|(value, _)| *value)).await
            }
        }
    }

    /// How many statements use it.
    pub(super) fn leases(&self) -> usize {
        self.leases.load(Relaxed)
    }

    /// Whether one of them may wait for a lock.
    pub(super) fn has_changes(&self) -> bool {
        self.changes.load(Relaxed) > 0
    }

    pub(super) fn lease(&self, is_change: bool) {
        self.changes.fetch_add(usize::from(is_change), Relaxed);
        if self.leases.fetch_add(1, Relaxed) == 0 {
            self.moved();
        }
    }

    /// Whether that was the last one.
    pub(super) fn give_back(&self, is_change: bool) -> bool {
        self.changes.fetch_sub(usize::from(is_change), Relaxed);
        self.leases.fetch_sub(1, Relaxed) == 1
    }

    /// Nobody gets it any more. It ends when those who are at it are done.
    pub(super) fn condemn(&self) {
        self.is_condemned.store(true, Relaxed);
    }

    /// Whether it is of no more use to anybody.
    pub(super) fn is_over(&self) -> bool {
        self.client.is_closed() || (self.is_condemned.load(Relaxed) && self.leases() == 0)
    }

    /// Whether it may get another statement.
    pub(super) fn is_well(&self) -> bool {
        let is_silent = || self.leases() > 0 && self.idle() > SILENCE;
        !self.client.is_closed() && !self.is_condemned.load(Relaxed) && !is_silent()
    }

    /// How long nothing has come of it.
    pub(super) fn idle(&self) -> Duration {
        self.born.elapsed().saturating_sub(Duration::from_millis(self.progress.load(Relaxed)))
    }

    fn moved(&self) {
        self.progress.store(u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX), Relaxed);
    }
}

impl Drop for Connection {
    /// One that answers is told to end; one that does not would wait for its answers for ever. Its server would too, and do
    /// what nobody waits for: it is asked to stop, on a connection of its own and while this one is still there, for a
    /// pooler knows by it which server is meant. This one stays until all answers that it is owed have come.
    fn drop(&mut self) {
        if !*self.is_condemned.get_mut() {
            return;
        }
        let (task, token, tls) = (self.task.clone(), self.client.cancel_token(), self.tls.clone());
        let Ok(runtime) = Handle::try_current() else { return task.abort() };
        runtime.spawn(async move {
            let _ = timeout(CANCEL_TIME, token.cancel_query(tls)).await;
            // It ends by itself after the last answer.
            sleep(DRAIN_TIME).await;
            task.abort();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_that_fails_late_does_not_make_a_database_lost_that_others_have_found() {
        let mut presence = Presence::default();
        let began = Instant::now();
        assert!(!presence.found());
        assert!(!presence.missed(began) && presence.away.is_none());
        let later = Instant::now() + Duration::from_secs(1);
        assert!(presence.missed(later));
        assert!(!presence.missed(later), "that is no news");
        assert!(presence.found() && presence.away.is_none());
    }
}

/// What a statement answers.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    /// There were more, and there was no room for them.
    pub(super) is_cut: bool,
}

async fn taken(rows: RowStream, most_bytes: usize) -> Result<Rows, Error> {
    let (mut stream, mut taken, mut bytes) = (pin!(rows), Vec::new(), 0);
    while let Some(row) = poll_fn(|context| stream.as_mut().poll_next(context)).await.transpose()? {
        bytes += row.raw_size_bytes();
        // One that is larger by itself comes alone.
        if bytes > most_bytes && !taken.is_empty() {
            return Ok(Rows { rows: taken, is_cut: true });
        }
        taken.push(row);
    }
    Ok(Rows { rows: taken, is_cut: false })
}
