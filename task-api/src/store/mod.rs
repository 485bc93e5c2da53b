//! Where tasks are kept: one [`Store`] over two databases that do the same.

mod batch;
mod connection;
mod failure;
mod link;
mod migrations;
mod outcome;
mod postgres;
mod retry;
mod select;
mod sqlite;
pub(crate) mod tls;
mod worker;

use std::{
    error::Error as StdError,
    sync::{Arc, PoisonError, RwLock},
};

use tracing::warn;

use crate::{
    budget::Budget,
    config::database_url::DatabaseUrl,
    epoch::{Epoch, Standing},
    feed::{Changed, Position},
    request::{
        cursor::Seal,
        etag::Conditions,
        idempotency::Key,
        owner::Owner,
        selection::{Filter, Selection},
    },
    task::{Change, Draft, Task, TaskId},
    traces,
};
pub(crate) use migrations::LATEST;
pub(crate) use outcome::{Listed, Once, Outcome};
pub(crate) use postgres::Postgres;
pub(crate) use sqlite::Sqlite;

/// What is read at a time: lists end early where tasks are large. In bytes of the database's answer.
const MOST_BYTES: usize = 2_000_000;

/// What was last seen of the feed.
#[derive(Debug, Default)]
struct Seen(RwLock<Arc<Standing>>);

impl Seen {
    fn get(&self) -> Arc<Standing> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn see(&self, standing: Standing) -> Arc<Standing> {
        let standing = Arc::new(standing);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&standing);
        standing
    }
}

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
    /// What it would answer finds no room.
    #[error("there is no room for what the database answers")]
    NoRoom,
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
    /// Opens the database and brings its tables up to date. What is read from it counts in `budget`.
    ///
    /// # Errors
    ///
    /// Fails with [`StoreError::Unreachable`] where another try may succeed.
    pub async fn open(url: &DatabaseUrl, budget: &Arc<Budget>) -> Result<Self, StoreError> {
        let store = match url {
            DatabaseUrl::Postgres(url) => {
                Postgres::open(url, budget).await.map(|store| Self::Postgres(Box::new(store)))
            }
            DatabaseUrl::Sqlite(place) => Sqlite::open(place, budget).await.map(Self::Sqlite),
        }?;
        store.standing().await?;
        Ok(store)
    }

    /// Keeps a new task, and gives it an id and a time.
    pub(crate) async fn create(&self, owner: &Owner, draft: Draft) -> Result<Task, StoreError> {
        let asked = async {
            match self {
                Self::Postgres(store) => store.create(owner, draft).await,
                Self::Sqlite(store) => store.create(owner, draft).await,
            }
        };
        self.tell("INSERT", asked).await
    }

    /// Keeps new tasks, all or none, in the order of the drafts.
    pub(crate) async fn create_many(&self, owner: &Owner, drafts: Vec<Draft>) -> Result<Vec<Task>, StoreError> {
        let asked = async {
            match self {
                Self::Postgres(store) => store.create_many(owner, &drafts).await,
                Self::Sqlite(store) => store.create_many(owner, drafts).await,
            }
        };
        self.tell("INSERT", asked).await
    }

    /// The same, once for each key.
    pub(crate) async fn create_once(&self, owner: &Owner, key: Key, drafts: Vec<Draft>) -> Result<Once, StoreError> {
        let asked = async {
            match self {
                Self::Postgres(store) => store.create_once(owner, &key, &drafts).await,
                Self::Sqlite(store) => store.create_once(owner, key, drafts).await,
            }
        };
        self.tell("INSERT", asked).await
    }

    /// A page of a list. It has fewer tasks than it may have where they are large, and at least one. Others who read it at the same time may share
    /// it.
    pub(crate) async fn list(&self, owner: &Owner, selection: &Selection) -> Result<Arc<Listed>, StoreError> {
        let asked = async {
            match self {
                Self::Postgres(store) => store.list(owner, selection).await,
                Self::Sqlite(store) => store.list(owner, selection).await,
            }
        };
        self.tell("SELECT", asked).await
    }

    /// How many tasks a filter lets through. It looks at each of them.
    pub(crate) async fn count(&self, owner: &Owner, filter: &Filter) -> Result<i64, StoreError> {
        let asked = async {
            match self {
                Self::Postgres(store) => store.count(owner, filter).await,
                Self::Sqlite(store) => store.count(owner, filter).await,
            }
        };
        self.tell("SELECT", asked).await
    }

    /// A task, which others who read it at the same time may share.
    pub(crate) async fn read(&self, owner: &Owner, id: TaskId) -> Result<Option<Arc<Task>>, StoreError> {
        let asked = async {
            match self {
                Self::Postgres(store) => store.read(owner, id).await,
                Self::Sqlite(store) => store.read(owner, id).await,
            }
        };
        self.tell("SELECT", asked).await
    }

    /// Puts `draft` in the place of what the task said.
    pub(crate) async fn replace(
        &self,
        owner: &Owner,
        id: TaskId,
        conditions: &Conditions,
        draft: Draft,
    ) -> Result<Outcome<Task>, StoreError> {
        let asked = async {
            match self {
                Self::Postgres(store) => store.replace(owner, id, conditions, draft).await,
                Self::Sqlite(store) => store.replace(owner, id, conditions, draft).await,
            }
        };
        self.heeded(self.tell("UPDATE", asked).await?).await
    }

    /// Changes what `change` names.
    pub(crate) async fn change(
        &self,
        owner: &Owner,
        id: TaskId,
        conditions: &Conditions,
        change: Change,
    ) -> Result<Outcome<Task>, StoreError> {
        let asked = async {
            match self {
                Self::Postgres(store) => store.change(owner, id, conditions, change).await,
                Self::Sqlite(store) => store.change(owner, id, conditions, change).await,
            }
        };
        self.heeded(self.tell("UPDATE", asked).await?).await
    }

    pub(crate) async fn delete(
        &self,
        owner: &Owner,
        id: TaskId,
        conditions: &Conditions,
    ) -> Result<Outcome<()>, StoreError> {
        let asked = async {
            match self {
                Self::Postgres(store) => store.delete(owner, id, conditions).await,
                Self::Sqlite(store) => store.delete(owner, id, conditions).await,
            }
        };
        self.heeded(self.tell("DELETE", asked).await?).await
    }

    /// What changed behind `after`, in the feed, in its order; at most `limit`, and fewer where tasks are large.
    pub(crate) async fn changes(&self, owner: &Owner, after: Position, limit: i64) -> Result<Vec<Changed>, StoreError> {
        let asked = async {
            match self {
                Self::Postgres(store) => store.changes(owner, after, limit).await,
                Self::Sqlite(store) => store.changes(owner, after, limit).await,
            }
        };
        self.tell("SELECT", asked).await
    }

    /// Where the feed ends at this moment.
    pub(crate) async fn last_position(&self) -> Result<Position, StoreError> {
        match self {
            Self::Postgres(store) => store.last_position().await,
            Self::Sqlite(store) => store.last_position().await,
        }
    }

    /// The epoch and the end of the feed, as the database has them.
    pub(crate) async fn standing(&self) -> Result<Arc<Standing>, StoreError> {
        let standing = match self {
            Self::Postgres(store) => store.standing().await,
            Self::Sqlite(store) => store.standing().await,
        };
        standing.map(|standing| self.seen().see(standing))
    }

    /// Begins another epoch, if this one is not over yet.
    pub(crate) async fn renew(&self, epoch: Epoch) -> Result<Arc<Standing>, StoreError> {
        let next = Epoch::another();
        match self {
            Self::Postgres(store) => store.renew(epoch, next).await?,
            Self::Sqlite(store) => store.renew(epoch, next).await?,
        }
        let standing = self.standing().await?;
        warn!(epoch = %standing.epoch, "the database was restored: cursors and tags of before mean nothing any more");
        Ok(standing)
    }

    /// As it was last seen.
    pub(crate) fn epoch(&self) -> Epoch {
        self.seen().get().epoch
    }

    /// For cursors of an owner's feed, in this epoch.
    pub(crate) fn seal(&self, owner: &Owner) -> Seal {
        Seal::of(owner, &self.seen().get())
    }

    fn seen(&self) -> &Seen {
        match self {
            Self::Postgres(store) => store.seen(),
            Self::Sqlite(store) => store.seen(),
        }
    }

    /// Looks whether conditions are not met because they are of another epoch.
    async fn heeded<T>(&self, outcome: Outcome<T>) -> Result<Outcome<T>, StoreError> {
        if matches!(outcome, Outcome::Stale) {
            self.standing().await?;
        }
        Ok(outcome)
    }

    /// Lets the trace of the request, if it is kept, tell of what is asked.
    async fn tell<T>(
        &self,
        operation: &'static str,
        asked: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let system = match self {
            Self::Postgres(_) => "postgresql",
            Self::Sqlite(_) => "sqlite",
        };
        traces::query(system, operation, asked).await
    }

    /// Asks the database for an answer, any answer.
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        match self {
            Self::Postgres(store) => store.ping().await.map(|standing| drop(self.seen().see(standing))),
            Self::Sqlite(store) => store.ping().await,
        }
    }

    /// What connections there are to a server: how they are used, how many are open, how many of those owe an answer.
    pub(crate) fn connections(&self) -> Option<[(&'static str, usize, usize); 2]> {
        match self {
            Self::Postgres(store) => Some(store.connections()),
            Self::Sqlite(_) => None,
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
