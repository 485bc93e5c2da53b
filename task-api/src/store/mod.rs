//! Where tasks are kept: one [`Store`] over two databases that do the same.

mod batch;
mod connection;
mod failure;
mod link;
mod migrations;
mod postgres;
mod retry;
mod sqlite;
mod tls;
mod worker;

use std::error::Error as StdError;

use crate::{
    database_url::DatabaseUrl,
    task::{Change, Draft, Task, TaskId},
};
pub(crate) use postgres::Postgres;
pub(crate) use sqlite::Sqlite;

/// A database that is open, and whose tables are up to date.
#[derive(Debug)]
pub enum Store {
    Postgres(Box<Postgres>),
    Sqlite(Sqlite),
}

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The service has just started.
    #[error("the database has not answered yet")]
    NotYet,
    /// It is away, busy or broken; waiting may mend that.
    #[error("the database does not answer")]
    Unreachable { source: Box<dyn StdError + Send + Sync> },
    /// It went away while it changed something: whether it did is not known.
    #[error("the database was lost before it answered")]
    Unknown { source: Box<dyn StdError + Send + Sync> },
    /// It, or what is known about it, is wrong; waiting mends nothing.
    #[error("the database cannot be used")]
    Refused { source: Box<dyn StdError + Send + Sync>, hint: Option<&'static str> },
    /// It answered, and what it said was not foreseen.
    #[error("the database failed")]
    Query { source: Box<dyn StdError + Send + Sync> },
}

impl StoreError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Refused { hint, .. } => *hint,
            _ => None,
        }
    }

    /// Without the summary: the cause in one line.
    pub fn cause(&self) -> String {
        self.source().map_or_else(|| self.to_string(), crate::error::chain)
    }
}

impl Store {
    /// Opens the database and brings its tables up to date.
    ///
    /// # Errors
    ///
    /// Fails with [`StoreError::Unreachable`] where another try may succeed.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        match url {
            DatabaseUrl::Postgres(url) => Postgres::open(url).await.map(|store| Self::Postgres(Box::new(store))),
            DatabaseUrl::Sqlite(place) => Sqlite::open(place).await.map(Self::Sqlite),
        }
    }

    /// Keeps a new task, and gives it an id and a time.
    pub(crate) async fn create(&self, draft: Draft) -> Result<Task, StoreError> {
        match self {
            Self::Postgres(store) => store.create(draft).await,
            Self::Sqlite(store) => store.create(draft).await,
        }
    }

    /// Tasks by id, beginning behind `after`; at most `limit`.
    pub(crate) async fn list(&self, after: i64, limit: i64) -> Result<Vec<Task>, StoreError> {
        match self {
            Self::Postgres(store) => store.list(after, limit).await,
            Self::Sqlite(store) => store.list(after, limit).await,
        }
    }

    pub(crate) async fn read(&self, id: TaskId) -> Result<Option<Task>, StoreError> {
        match self {
            Self::Postgres(store) => store.read(id).await,
            Self::Sqlite(store) => store.read(id).await,
        }
    }

    /// Puts `draft` in the place of what the task said; `None` if there is no such task.
    pub(crate) async fn replace(&self, id: TaskId, draft: Draft) -> Result<Option<Task>, StoreError> {
        match self {
            Self::Postgres(store) => store.replace(id, draft).await,
            Self::Sqlite(store) => store.replace(id, draft).await,
        }
    }

    /// Changes what `change` names; `None` if there is no such task.
    pub(crate) async fn change(&self, id: TaskId, change: Change) -> Result<Option<Task>, StoreError> {
        match self {
            Self::Postgres(store) => store.change(id, change).await,
            Self::Sqlite(store) => store.change(id, change).await,
        }
    }

    /// Whether there was such a task.
    pub(crate) async fn delete(&self, id: TaskId) -> Result<bool, StoreError> {
        match self {
            Self::Postgres(store) => store.delete(id).await,
            Self::Sqlite(store) => store.delete(id).await,
        }
    }

    /// Asks the database for an answer, any answer.
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        match self {
            Self::Postgres(store) => store.ping().await,
            Self::Sqlite(store) => store.ping().await,
        }
    }

    /// The version of the tables.
    pub(crate) async fn version(&self) -> Result<i64, StoreError> {
        match self {
            Self::Postgres(store) => store.version().await,
            Self::Sqlite(store) => store.version().await,
        }
    }

    /// Lets go of the database. What was answered is already safe.
    pub(crate) async fn close(&self) {
        match self {
            Self::Postgres(store) => store.close(),
            Self::Sqlite(store) => store.close().await,
        }
    }
}
