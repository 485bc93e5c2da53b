//! Tasks in PostgreSQL.

mod adopt;
mod create;
mod feed;
mod list;
mod measured;
mod migrate;
mod once;
mod read;
mod row;

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio_postgres::{Row, types::Type};

use super::{
    Listed, MOST_BYTES, Once, Outcome, Seen, StoreError,
    batch::{Lane, Most, Queue, Size},
    connection::{Parameter, Place, Rows},
    failure::Failure,
    link::{Link, Use},
    retry::Tries,
};
use crate::{
    budget::{Budget, Held},
    config::database_url::PostgresUrl,
    epoch::{Epoch, Standing},
    feed::{Changed, Position},
    request::{
        etag::Conditions,
        idempotency::Key,
        owner::Owner,
        selection::{Filter, Selection},
    },
    task::{Change, Description, Draft, Edit, Status, Task, TaskId, Title},
};
use create::{Created, New};
use list::{Lists, lists};
use measured::{Large, fitting};
use read::Reads;

/// One task, whether it is there, and what is done to it if the conditions are met.
macro_rules! change {
    ($set:literal) => {
        concat!(
            "WITH ",
            row::patience!(),
            "found AS (SELECT id AS found FROM task WHERE id = $1 AND owner = $2), \
             done AS (UPDATE task SET ",
            $set,
            ", version = version + 1, feed_position = NULL, changed_at = ",
            row::now!(),
            " WHERE id = $1 AND owner = $2 AND ($3 IS NULL OR version = ANY($3)) \
             AND ($4 IS NULL OR version <> ALL($4)) AND ",
            row::is_epoch!(),
            " AND ",
            row::is_patient!(),
            " RETURNING ",
            row::columns!(),
            ") SELECT ",
            row::columns!(),
            " FROM found LEFT JOIN done ON TRUE"
        )
    };
}

const REPLACE: &str = change!("title = $6, description = $7, status = $8");
const CHANGE: &str = change!(
    "title = COALESCE($6, title), description = CASE WHEN $7 THEN $8 ELSE description END, status = COALESCE($9, status)"
);
const DELETE: &str = concat!(
    "WITH ",
    row::patience!(),
    "found AS (SELECT id AS found FROM task WHERE id = $1 AND owner = $2), \
     gone AS (DELETE FROM task WHERE id = $1 AND owner = $2 AND ($3 IS NULL OR version = ANY($3)) \
     AND ($4 IS NULL OR version <> ALL($4)) AND ",
    row::is_epoch!(),
    " AND ",
    row::is_patient!(),
    " RETURNING id, owner, version), buried AS (",
    row::bury!(),
    ") SELECT id FROM found LEFT JOIN gone ON TRUE"
);
const VERSION: &str = "SELECT version FROM task_api_schema WHERE id = 1";

/// Tasks that are created in one statement: what a server answers within a moment.
const CREATES: Most = Most { questions: 256, bytes: 1_000_000 };

const GIVEN_UP: &str = "the statement was given up";

#[derive(Debug)]
pub struct Postgres(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    link: Link,
    budget: Arc<Budget>,
    reads: Reads,
    lists: Lists,
    creates: Arc<Queue<New, Created>>,
    large: Large,
    seen: Seen,
    /// When this replica last looked for keys that have been kept long enough.
    forgot: Mutex<Option<Instant>>,
}

impl Postgres {
    pub(super) async fn open(url: &PostgresUrl, budget: &Arc<Budget>) -> Result<Self, StoreError> {
        let place = Place::new(url)?;
        let connection = place.connect().await.map_err(Failure::of_read)?;
        migrate::migrate(&connection.client).await?;
        let link = Link::new(place, connection);
        let (reads, lists, creates) = (Reads::default(), lists(), Queue::new(CREATES));
        let (large, seen, forgot) = Default::default();
        Ok(Self(Arc::new(Inner { link, budget: Arc::clone(budget), reads, lists, creates, large, seen, forgot })))
    }

    /// Connects, and touches nothing.
    pub(crate) async fn probe(url: &PostgresUrl) -> Result<Option<i64>, StoreError> {
        let connection = Place::new(url)?.connect().await.map_err(Failure::of_read)?;
        migrate::version(&connection.client).await.map_err(|error| Failure::of_connection(error).of_read())
    }

    pub(super) async fn create(&self, owner: &Owner, draft: Draft) -> Result<Task, StoreError> {
        self.0.create(owner.clone(), draft).await
    }

    pub(super) async fn create_many(&self, owner: &Owner, drafts: &[Draft]) -> Result<Vec<Task>, StoreError> {
        self.0.create_many(owner, drafts).await
    }

    pub(super) async fn create_once(&self, owner: &Owner, key: &Key, drafts: &[Draft]) -> Result<Once, StoreError> {
        self.0.create_once(owner, key, drafts).await
    }

    pub(super) async fn list(&self, owner: &Owner, selection: &Selection) -> Result<Arc<Listed>, StoreError> {
        self.0.list(owner, selection).await
    }

    pub(super) async fn count(&self, owner: &Owner, filter: &Filter) -> Result<i64, StoreError> {
        self.0.count(owner, filter).await
    }

    pub(super) async fn read(&self, owner: &Owner, id: TaskId) -> Result<Option<Arc<Task>>, StoreError> {
        self.0.read(owner, id).await
    }

    pub(super) async fn replace(
        &self,
        owner: &Owner,
        id: TaskId,
        conditions: &Conditions,
        draft: Draft,
    ) -> Result<Outcome<Task>, StoreError> {
        let description = draft.description.as_ref().map(Description::as_str);
        let parameters: [Parameter; 3] =
            [(&draft.title.as_str(), Type::TEXT), (&description, Type::TEXT), (&draft.status.as_str(), Type::TEXT)];
        self.0.write(REPLACE, owner, id, conditions, &parameters).await
    }

    pub(super) async fn change(
        &self,
        owner: &Owner,
        id: TaskId,
        conditions: &Conditions,
        change: Change,
    ) -> Result<Outcome<Task>, StoreError> {
        let title = change.title.as_ref().map(Title::as_str);
        let status = change.status.as_ref().map(Status::as_str);
        let is_described = change.description != Edit::Keep;
        let description = change.description.as_ref().value().map(Description::as_str);
        let parameters: [Parameter; 4] =
            [(&title, Type::TEXT), (&is_described, Type::BOOL), (&description, Type::TEXT), (&status, Type::TEXT)];
        self.0.write(CHANGE, owner, id, conditions, &parameters).await
    }

    pub(super) async fn delete(
        &self,
        owner: &Owner,
        id: TaskId,
        conditions: &Conditions,
    ) -> Result<Outcome<()>, StoreError> {
        let rows = self.0.query_one(DELETE, Tries::write(), owner, id, conditions, &[]).await?;
        let gone: Option<Option<i64>> = rows
            .first()
            .map(|row| row.try_get(0))
            .transpose()
            .map_err(|error| Failure::of_statement(error).of_write())?;
        Ok(Outcome::of(gone.flatten().map(drop), gone.is_some(), !conditions.is_none()))
    }

    pub(super) async fn changes(&self, owner: &Owner, after: Position, limit: i64) -> Result<Vec<Changed>, StoreError> {
        self.0.changes(owner, after, limit).await
    }

    pub(super) async fn last_position(&self) -> Result<Position, StoreError> {
        self.0.last_position().await
    }

    pub(super) async fn standing(&self) -> Result<Standing, StoreError> {
        self.0.standing(Tries::read()).await
    }

    pub(super) async fn renew(&self, epoch: Epoch, next: Epoch) -> Result<(), StoreError> {
        self.0.renew(epoch, next).await
    }

    pub(super) fn seen(&self) -> &Seen {
        &self.0.seen
    }

    pub(super) async fn ping(&self) -> Result<Standing, StoreError> {
        self.0.standing(Tries::glance()).await
    }

    pub(super) async fn version(&self) -> Result<i64, StoreError> {
        let rows = self.0.query(Use::Reading, Tries::read(), VERSION, &[]).await?;
        rows.first().map_or(Ok(0), |row| row.try_get(0)).map_err(|error| StoreError::Query { source: error.into() })
    }

    pub(super) fn connections(&self) -> [(&'static str, usize, usize); 2] {
        self.0.link.connections()
    }

    pub(super) fn close(&self) {
        self.0.link.close();
    }
}

impl Inner {
    /// Asks together with others who ask now, as often as it takes and may be. `work` is for whoever finds nobody at it.
    async fn ask<Q, T, W>(
        self: &Arc<Self>,
        queue: &Arc<Queue<Q, Result<T, Failure>>>,
        question: impl Fn(Duration) -> Q,
        work: impl Fn(Arc<Self>, Lane<Q, Result<T, Failure>>) -> W,
    ) -> Result<T, StoreError>
    where
        Q: Size,
        W: Future<Output = ()> + Send + 'static,
    {
        let mut tries = Tries::read();
        loop {
            let (answer, lane) = queue.ask(question(tries.time()));
            if let Some(lane) = lane {
                tokio::spawn(work(Arc::clone(self), lane));
            }
            let failure = match answer.await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(failure)) => failure,
                Err(_) => Failure::unanswered(GIVEN_UP),
            };
            tries.after(failure, self.link.away()).await?;
        }
    }

    /// Sends one statement as often as it takes and may be.
    async fn query(
        &self,
        how: Use,
        mut tries: Tries,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        loop {
            match self.link.query(how, tries.time(), sql, parameters).await {
                Ok(rows) => return Ok(rows),
                Err(failure) => tries.after(failure, self.link.away()).await?,
            }
        }
    }

    /// As [`Inner::query`], of a statement that is [`measured::measured`], with what its answer holds.
    async fn query_measured(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<(Rows, Held), StoreError> {
        // As rows, and as what is read from them.
        let room = || self.budget.hold(2 * MOST_BYTES).ok_or_else(Failure::no_room);
        let mut tries = Tries::long_read();
        loop {
            let asked = self.link.query_if(Use::Alone, tries.time(), sql, parameters, usize::MAX, room).await;
            match asked {
                Ok((answer, held)) => {
                    return fitting(answer.rows).map(|rows| (rows, held)).map_err(Failure::of_read);
                }
                Err(failure) => tries.after(failure, self.link.away()).await?,
            }
        }
    }

    /// Sends a statement about one task. `more` are its parameters behind the first five.
    async fn query_one(
        &self,
        sql: &'static str,
        tries: Tries,
        owner: &Owner,
        id: TaskId,
        conditions: &Conditions,
        more: &[Parameter<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let owner = owner.as_str();
        let epoch = (!conditions.is_none()).then(|| i64::from(conditions.epoch));
        let mut parameters: Vec<Parameter> = vec![
            (&id.0, Type::INT8),
            (&owner, Type::TEXT),
            (&conditions.only, Type::INT8_ARRAY),
            (&conditions.except, Type::INT8_ARRAY),
            (&epoch, Type::INT8),
        ];
        parameters.extend(more.iter().map(|(value, kind)| (*value, kind.clone())));
        self.query(Use::Changing, tries, sql, &parameters).await
    }

    /// Changes one task, if it is there and as it should be.
    async fn write(
        &self,
        sql: &'static str,
        owner: &Owner,
        id: TaskId,
        conditions: &Conditions,
        more: &[Parameter<'_>],
    ) -> Result<Outcome<Task>, StoreError> {
        let rows = self.query_one(sql, Tries::write(), owner, id, conditions, more).await?;
        let task = rows.first().map(row::task_if_any).transpose().map_err(Failure::of_write)?;
        Ok(Outcome::of(task.flatten(), !rows.is_empty(), !conditions.is_none()))
    }
}
