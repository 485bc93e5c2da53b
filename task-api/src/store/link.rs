//! The way to PostgreSQL: few connections, opened when they are needed, shared by all requests, and made anew when they
//! break.
//!
//! **Invariant:** nothing is kept in a session, and no statement is prepared by name unless the operator says that every
//! statement reaches the same server process: behind a pooler, the next one may reach another.
//!
//! **Invariant:** what is sent is sent for a request. Nobody asks the database whether it is still there.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use tokio::{
    sync::Notify,
    time::{Instant as Clock, sleep, timeout, timeout_at},
};
use tokio_postgres::Row;

use super::{
    connection::{Connection, Parameter, Place, Rows},
    failure::Failure,
    retry::jittered,
};

/// Connections that statements share, and as many for those that need one alone.
const CONNECTIONS: usize = 2;

/// The same, with those that give no answer.
const MOST_CONNECTIONS: usize = 2 * CONNECTIONS;

/// How long a failure to connect is the answer for all, before the next try.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// How long one attempt to connect is waited for before another one is made beside it.
const SLOW: Duration = Duration::from_secs(1);

/// Attempts at a time. With one every second, those that are given up make room for the next.
const ATTEMPTS: usize = 10;

/// How long a statement waits for a connection of its own.
const QUEUE_TIME: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Link {
    place: Arc<Place>,
    shared: Arc<Pool>,
    alone: Arc<Pool>,
}

/// What a statement does, and who else may use its connection at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It waits for nobody. Others may: their answers come when this one is through.
    Reading,
    /// It shares its connection too, and may wait for a lock, with all who come behind it.
    Changing,
    /// Nobody: its answer is long.
    Alone,
}

impl Link {
    /// A link that has `first` as its first connection.
    pub(super) fn new(place: Place, first: Connection) -> Self {
        let place = Arc::new(place);
        let shared = Pool::new(true, Arc::clone(&place));
        let alone = Pool::new(false, Arc::clone(&place));
        shared.add(first);
        Self { place, shared, alone }
    }

    /// How long there has been no database.
    pub(super) fn away(&self) -> Option<Duration> {
        self.place.away()
    }

    /// Sends one statement, once, in one round trip, and waits that long for its answer.
    pub(super) async fn query(
        &self,
        how: Use,
        time: Duration,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, Failure> {
        self.query_some(how, time, sql, parameters, usize::MAX).await.map(|answer| answer.rows)
    }

    /// As [`Link::query`], and takes no more rows than `most_bytes` hold.
    pub(super) async fn query_some(
        &self,
        how: Use,
        time: Duration,
        sql: &str,
        parameters: &[Parameter<'_>],
        most_bytes: usize,
    ) -> Result<Rows, Failure> {
        self.query_if(how, time, sql, parameters, most_bytes, || Ok(())).await.map(|(answer, ())| answer)
    }

    /// As [`Link::query_some`], if there is `room` for the answer once a connection is there for the statement.
    pub(super) async fn query_if<T>(
        &self,
        how: Use,
        time: Duration,
        sql: &str,
        parameters: &[Parameter<'_>],
        most_bytes: usize,
        room: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<(Rows, T), Failure> {
        let pool = if how == Use::Alone { &self.alone } else { &self.shared };
        let mut lease = pool.lease(how).await?;
        let room = room().inspect_err(|_| lease.is_done = true)?;
        let Ok(answer) = timeout(time, lease.connection.query(sql, parameters, most_bytes)).await else {
            lease.connection.condemn();
            return Err(Failure::unanswered(format!("no answer within {} s", time.as_secs())));
        };
        // The rest of one that is cut is still on its way.
        lease.is_done = answer.as_ref().map_or_else(|error| error.as_db_error().is_some(), |answer| !answer.is_cut);
        let answer = answer.map_err(Failure::of_statement);
        if answer.as_ref().is_err_and(Failure::is_last) {
            lease.connection.condemn();
        }
        answer.map(|answer| (answer, room))
    }

    /// How many connections are open, and how many of those owe an answer: those that are shared, and those used alone.
    pub(super) fn connections(&self) -> [(&'static str, usize, usize); 2] {
        [("shared", &self.shared), ("alone", &self.alone)].map(|(name, pool)| {
            let state = pool.state();
            let busy = state.open.iter().filter(|connection| connection.leases() > 0).count();
            (name, state.open.len(), busy)
        })
    }

    /// Lets go of all connections.
    pub(super) fn close(&self) {
        self.shared.state().open.clear();
        self.alone.state().open.clear();
    }
}

#[derive(Debug)]
struct Pool {
    is_shared: bool,
    place: Arc<Place>,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    open: Vec<Arc<Connection>>,
    /// When each attempt to connect that is under way began.
    opening: Vec<Instant>,
    failed: Option<(Instant, Duration, Failure)>,
}

/// A connection that is in use.
struct Lease {
    pool: Arc<Pool>,
    connection: Arc<Connection>,
    is_change: bool,
    /// All of the answer has come.
    is_done: bool,
}

impl Drop for Lease {
    /// A connection that somebody gave back before its answer was through is of no use to the next one, who wants it alone.
    fn drop(&mut self) {
        let Self { pool, connection, is_change, is_done } = self;
        if !pool.is_shared && !*is_done {
            connection.condemn();
        }
        if !connection.give_back(*is_change) {
            return;
        }
        if connection.is_over() {
            pool.state().open.retain(|open| !Arc::ptr_eq(open, connection));
        }
        if !pool.is_shared {
            pool.changed.notify_waiters();
        }
    }
}

/// What somebody who wants a connection finds.
enum Found {
    Connection(Arc<Connection>),
    Failure(Failure),
    Nothing,
}

impl Pool {
    fn new(is_shared: bool, place: Arc<Place>) -> Arc<Self> {
        Arc::new(Self { is_shared, place, state: Mutex::default(), changed: Notify::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection, as soon as there is one.
    async fn lease(self: &Arc<Self>, how: Use) -> Result<Lease, Failure> {
        let end = Clock::now() + QUEUE_TIME + self.place.connect_time();
        loop {
            let changed = self.changed.notified();
            match self.look(how) {
                Found::Connection(connection) => {
                    return Ok(Lease {
                        pool: Arc::clone(self),
                        connection,
                        is_change: how == Use::Changing,
                        is_done: false,
                    });
                }
                Found::Failure(failure) => return Err(failure),
                Found::Nothing if Clock::now() >= end => {
                    return Err(Failure::unconnected("all connections are busy"));
                }
                Found::Nothing => drop(timeout_at(end.min(Clock::now() + SLOW), changed).await),
            }
        }
    }

    /// The connection with the least to do. If all have something to do, another one is opened beside them.
    fn look(self: &Arc<Self>, how: Use) -> Found {
        let mut state = self.state();
        state.open.retain(|connection| !connection.is_over());
        let well = || state.open.iter().filter(|connection| connection.is_well());
        let count = well().count();
        // A connection that is silent, or has a change on it, may give no answer for long. The last one that there may be
        // is kept for reading: another change joins those that have changes already.
        let is_open_to_readers = |connection: &&Arc<Connection>| connection.is_well() && !connection.has_changes();
        let taken = state.open.len() - state.open.iter().filter(is_open_to_readers).count();
        let joins = how == Use::Changing && taken + 1 >= MOST_CONNECTIONS;
        let free = well().filter(|connection| !joins || connection.has_changes());
        let free = free.min_by_key(|connection| connection.leases());
        if joins && free.is_none() {
            return Found::Failure(Failure::unconnected("other changes wait for locks, or get no answer"));
        }
        let free = free.filter(|connection| self.is_shared || connection.leases() == 0).cloned();
        let is_wanted = free.as_ref().is_none_or(|connection| connection.leases() > 0);
        let failure = state.failed.as_ref().filter(|(at, pause, _)| at.elapsed() < *pause);
        let failure = failure.map(|(_, _, failure)| failure.clone());
        // Those that give no answer do not count, or they would keep others from getting one: but not without end.
        let has_room = count < CONNECTIONS && state.open.len() < MOST_CONNECTIONS && state.opening.len() < ATTEMPTS;
        let is_slow = state.opening.iter().all(|since| since.elapsed() >= SLOW);
        if is_wanted && has_room && is_slow && failure.is_none() {
            let since = Instant::now();
            state.opening.push(since);
            tokio::spawn(Arc::clone(self).open(since));
        }
        match (free, failure) {
            (Some(connection), _) => {
                connection.lease(how == Use::Changing);
                Found::Connection(connection)
            }
            (None, Some(failure)) if count == 0 && state.opening.is_empty() => Found::Failure(failure),
            (None, _) => Found::Nothing,
        }
    }

    /// Opens a connection. A task of its own: who asked for it may go away.
    async fn open(self: Arc<Self>, since: Instant) {
        let opened = self.place.reconnect().await;
        let mut state = self.state();
        if let Some(at) = state.opening.iter().position(|began| *began == since) {
            state.opening.swap_remove(at);
        }
        match opened {
            Ok(connection) => {
                state.failed = None;
                // Of several attempts beside each other, others may have come first.
                let is_wanted = state.open.iter().filter(|open| open.is_well()).count() < CONNECTIONS;
                drop(state);
                if is_wanted {
                    self.add(connection);
                }
            }
            Err(failure) => state.failed = Some((Instant::now(), jittered(RETRY_AFTER), failure)),
        }
        self.changed.notify_waiters();
    }

    fn add(self: &Arc<Self>, connection: Connection) {
        let connection = Arc::new(connection);
        tokio::spawn(watch(Arc::downgrade(self), Arc::downgrade(&connection)));
        self.state().open.push(connection);
    }
}

/// Closes a connection that nobody has used for long: what stands in between may have forgotten it, and the server has
/// better use for it.
async fn watch(pool: Weak<Pool>, connection: Weak<Connection>) {
    loop {
        let Some(pool) = pool.upgrade() else { return };
        let Some(seen) = connection.upgrade() else { return };
        let time = pool.place.url.idle_time;
        if seen.leases() == 0 && seen.idle() >= time {
            pool.state().open.retain(|open| !Arc::ptr_eq(open, &seen));
            return;
        }
        let pause = time.saturating_sub(seen.idle()).max(SLOW);
        drop((pool, seen));
        sleep(pause).await;
    }
}
