//! A thread that owns an `SQLite` connection and does what it is given, one thing after the other.

use std::{
    io,
    sync::mpsc::{SyncSender, TrySendError, sync_channel},
    thread,
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::StoreError;

/// Requests that may wait for the thread. More are refused: they would wait too long.
const QUEUE: usize = 1024;

type Work = Box<dyn FnOnce(&mut Connection) + Send>;

enum Job {
    Work(Work),
    Close(oneshot::Sender<()>),
}

#[derive(Debug)]
pub(super) struct Worker {
    jobs: SyncSender<Job>,
}

impl Worker {
    pub(super) fn start(mut connection: Connection) -> io::Result<Self> {
        let (jobs, queue) = sync_channel::<Job>(QUEUE);
        thread::Builder::new().name("sqlite".to_owned()).spawn(move || {
            while let Ok(job) = queue.recv() {
                match job {
                    Job::Work(work) => work(&mut connection),
                    Job::Close(closed) => {
                        drop(connection);
                        let _ = closed.send(());
                        return;
                    }
                }
            }
        })?;
        Ok(Self { jobs })
    }

    /// Lets the thread do `work`, and waits for what comes of it.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |connection| drop(answer.send(work(connection))));
        self.jobs.try_send(Job::Work(work)).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Unreachable { source: "too many requests wait for it".into() },
            TrySendError::Disconnected(_) => StoreError::Unreachable { source: "it is closed".into() },
        })?;
        match answered.await {
            Ok(result) => result.map_err(judge),
            Err(_) => Err(StoreError::Unreachable { source: "it is closed".into() }),
        }
    }

    /// Closes the connection once all that waits is done.
    pub(super) async fn close(&self) {
        let (closed, is_closed) = oneshot::channel();
        if self.jobs.try_send(Job::Close(closed)).is_ok() {
            let _ = is_closed.await;
        }
    }
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
