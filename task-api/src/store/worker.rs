//! A thread that owns an `SQLite` connection and does what it is given.
//!
//! What waits while the disk is written to is done together, in one transaction: a commit that reaches the disk takes
//! far longer than the statements before it. Nothing is answered before the commit, so what one reads, nobody takes back.

use std::{
    io,
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread,
};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::StoreError;

/// Requests that may wait for the thread. More are refused: they would wait too long.
const QUEUE: usize = 1024;

/// What is done together at most.
const BATCH: usize = 128;

enum Job {
    Work(Box<dyn Work>),
    Close(oneshot::Sender<()>),
}

/// Something to do, and somebody who waits for it.
trait Work: Send {
    fn changes(&self) -> bool;
    /// Whether somebody still waits for it.
    fn is_wanted(&self) -> bool;
    /// Whether it went well.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Tells what came of it, or that it came to nothing.
    fn answer(self: Box<Self>, undone: Option<StoreError>);
}

struct Asked<T, F> {
    changes: bool,
    work: F,
    result: Option<rusqlite::Result<T>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, F: Fn(&Connection) -> rusqlite::Result<T> + Send> Work for Asked<T, F> {
    fn changes(&self) -> bool {
        self.changes
    }

    fn is_wanted(&self) -> bool {
        !self.answer.is_closed()
    }

    fn run(&mut self, connection: &Connection) -> bool {
        let result = (self.work)(connection);
        let went_well = result.is_ok();
        self.result = Some(result);
        went_well
    }

    fn answer(self: Box<Self>, undone: Option<StoreError>) {
        let never = || Err(StoreError::Unreachable { source: "it was not asked".into() });
        let result = self.result.map_or_else(never, |result| result.map_err(judge));
        let _ = self.answer.send(match undone {
            Some(undone) if result.is_ok() => Err(undone),
            _ => result,
        });
    }
}

#[derive(Debug)]
pub(super) struct Worker {
    jobs: SyncSender<Job>,
}

impl Worker {
    pub(super) fn start(mut connection: Connection) -> io::Result<Self> {
        let (jobs, queue) = sync_channel::<Job>(QUEUE);
        thread::Builder::new().name("sqlite".to_owned()).spawn(move || {
            while let Some(batch) = batch(&queue) {
                let (work, closed) = batch;
                run(&mut connection, work);
                if let Some(closed) = closed {
                    drop(connection);
                    let _ = closed.send(());
                    return;
                }
            }
        })?;
        Ok(Self { jobs })
    }

    /// Lets the thread read, and waits for what comes of it.
    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.ask(false, work).await
    }

    /// Lets the thread change something, and waits until that is on the disk. The work is done again if others that it
    /// was done together with fail.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.ask(true, work).await
    }

    async fn ask<T, F>(&self, changes: bool, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let asked = Asked { changes, work, result: None, answer };
        self.jobs.try_send(Job::Work(Box::new(asked))).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Unreachable { source: "too many requests wait for it".into() },
            TrySendError::Disconnected(_) => closed(),
        })?;
        answered.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Closes the connection once all that waits is done.
    pub(super) async fn close(&self) {
        let (closed, is_closed) = oneshot::channel();
        if self.jobs.try_send(Job::Close(closed)).is_ok() {
            let _ = is_closed.await;
        }
    }
}

fn closed() -> StoreError {
    StoreError::Unreachable { source: "it is closed".into() }
}

type Batch = (Vec<Box<dyn Work>>, Option<oneshot::Sender<()>>);

/// What waits, and whether it is the last; waited for.
fn batch(queue: &Receiver<Job>) -> Option<Batch> {
    let mut work = Vec::new();
    let mut next = queue.recv().ok();
    while let Some(job) = next {
        match job {
            Job::Work(asked) => work.push(asked),
            Job::Close(closed) => return Some((work, Some(closed))),
        }
        next = if work.len() < BATCH { queue.try_recv().ok() } else { None };
    }
    (!work.is_empty()).then_some((work, None))
}

fn run(connection: &mut Connection, mut batch: Vec<Box<dyn Work>>) {
    // Who has gone is asked nothing for.
    batch.retain(|work| work.is_wanted());
    // Changes that are not answered need not be seen yet; and a disk without room for them is still there to be read.
    let (mut changes, reads): (Vec<_>, Vec<_>) = batch.into_iter().partition(|work| work.changes());
    for mut work in reads {
        work.run(connection);
        work.answer(None);
    }
    match together(connection, &mut changes) {
        Ok(true) => changes.into_iter().for_each(|work| work.answer(None)),
        // One that fails takes none with it: each for itself, then.
        Ok(false) => {
            let mut failed = None;
            for mut work in changes {
                if failed.is_none() {
                    failed = together(connection, std::slice::from_mut(&mut work)).err().map(judge);
                }
                work.answer(failed.as_ref().map(again));
            }
        }
        Err(error) => {
            let failed = judge(error);
            for work in changes {
                work.answer(Some(again(&failed)));
            }
        }
    }
}

/// The same, for another one.
fn again(failed: &StoreError) -> StoreError {
    let source = failed.cause().into();
    match failed {
        StoreError::Refused { hint, .. } => StoreError::Refused { source, hint: *hint },
        StoreError::Query { .. } => StoreError::Query { source },
        _ => StoreError::Unreachable { source },
    }
}

/// Does all of it in one transaction. If one fails, nothing is done.
fn together(connection: &mut Connection, batch: &mut [Box<dyn Work>]) -> rusqlite::Result<bool> {
    if batch.is_empty() {
        return Ok(true);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for work in batch {
        if !work.run(&transaction) {
            // With it go those before.
            return Ok(false);
        }
    }
    transaction.commit().map(|()| true)
}

/// What a failure means for those who could wait.
pub(super) fn judge(error: rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode::{
        AuthorizationForStatementDenied, CannotOpen, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull,
        NotADatabase, PermissionDenied, ReadOnly, SystemIoFailure,
    };
    match error.sqlite_error_code() {
        Some(DatabaseBusy | DatabaseLocked | DiskFull | SystemIoFailure) => {
            StoreError::Unreachable { source: error.into() }
        }
        Some(
            CannotOpen | ReadOnly | PermissionDenied | AuthorizationForStatementDenied | NotADatabase | DatabaseCorrupt,
        ) => StoreError::Refused { source: error.into(), hint: None },
        _ => StoreError::Query { source: error.into() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_only_reads_is_answered_though_the_changes_beside_it_cannot_be_kept() {
        let mut db = Connection::open_in_memory().unwrap();
        let tables = "PRAGMA foreign_keys = ON; CREATE TABLE a (id INTEGER PRIMARY KEY);
            CREATE TABLE b (a INTEGER REFERENCES a DEFERRABLE INITIALLY DEFERRED)";
        db.execute_batch(tables).unwrap();
        // It fails when all is done, and is to be kept.
        let (answer, mut changed) = oneshot::channel();
        let work = |db: &Connection| db.execute("INSERT INTO b VALUES (1)", []);
        let change: Box<dyn Work> = Box::new(Asked { changes: true, work, result: None, answer });
        let (answer, mut counted) = oneshot::channel();
        let work = |db: &Connection| db.query_row("SELECT count(*) FROM b", [], |row| row.get::<_, i64>(0));
        let count: Box<dyn Work> = Box::new(Asked { changes: false, work, result: None, answer });
        run(&mut db, vec![change, count]);
        assert!(changed.try_recv().unwrap().is_err());
        assert_eq!(counted.try_recv().unwrap().unwrap(), 0, "nor is it told what was taken back");
    }
}
