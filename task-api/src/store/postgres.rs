//! Tasks in PostgreSQL.

use std::{
    collections::{HashMap, VecDeque},
    slice,
    sync::Arc,
    time::Duration,
};

use tokio::time::timeout;
use tokio_postgres::{Client, Error, Row, error::SqlState, types::Type};
use tracing::{info, warn};

use super::{
    StoreError,
    batch::{Asked, Lane, Most, Queue},
    connection::{Parameter, Place},
    failure::{Failure, Kind},
    link::{Link, Use},
    migrations,
    retry::Tries,
};
use crate::{
    database_url::PostgresUrl,
    task::{Change, Description, Draft, Edit, Status, Task, TaskId, Title},
};

const CREATE: &str = "INSERT INTO task (title, description, status) SELECT * FROM unnest($1, $2, $3)
    RETURNING id, title, description, status, created_at";
const LIST: &str = "SELECT id, title, description, status, created_at FROM task WHERE id > $1 ORDER BY id LIMIT $2";
const READ: &str = "SELECT id, title, description, status, created_at FROM task WHERE id = ANY($1)";
const REPLACE: &str = "UPDATE task SET title = $2, description = $3, status = $4, version = version + 1 WHERE id = $1
    RETURNING id, title, description, status, created_at";
const CHANGE: &str = "UPDATE task SET title = COALESCE($2, title), status = COALESCE($3, status),
    description = CASE WHEN $4 THEN $5 ELSE description END, version = version + 1 WHERE id = $1
    RETURNING id, title, description, status, created_at";
const DELETE: &str = "DELETE FROM task WHERE id = $1 RETURNING id";
const VERSION: &str = "SELECT version FROM task_api_schema WHERE id = 1";

/// How long a replica waits for another one that is changing the tables.
const MIGRATION_TIME: Duration = Duration::from_mins(1);

/// Tasks that are read in one statement, and created in one: what a server answers within a moment.
const READS: Most = Most { questions: 512, bytes: usize::MAX };
const CREATES: Most = Most { questions: 256, bytes: 1_000_000 };

/// Longer lists keep others from their answers, and so use a connection alone.
const LONG: i64 = 101;

#[derive(Debug)]
pub struct Postgres(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    link: Link,
    reads: Arc<Queue<TaskId, Read>>,
    creates: Arc<Queue<Draft, Created>>,
}

type Read = Result<Option<Task>, Failure>;

/// A draft that was not kept is given back, for another try.
type Created = Result<Task, (Draft, Failure)>;

impl Postgres {
    pub(super) async fn open(url: &PostgresUrl) -> Result<Self, StoreError> {
        let place = Place::new(url)?;
        let connection = place.connect().await.map_err(Failure::of_read)?;
        match timeout(MIGRATION_TIME, migrate(&connection.client)).await {
            Ok(migrated) => migrated.map_err(|error| Failure::of_connection(error).of_read())?,
            Err(_) => return Err(StoreError::Unreachable { source: "its tables stay locked".into() }),
        }
        let link = Link::new(place, connection);
        Ok(Self(Arc::new(Inner { link, reads: Queue::new(READS), creates: Queue::new(CREATES) })))
    }

    /// Connects, and touches nothing.
    pub(crate) async fn probe(url: &PostgresUrl) -> Result<Option<i64>, StoreError> {
        let connection = Place::new(url)?.connect().await.map_err(Failure::of_read)?;
        version(&connection.client).await.map_err(|error| Failure::of_connection(error).of_read())
    }

    pub(super) async fn create(&self, draft: Draft) -> Result<Task, StoreError> {
        let (mut draft, mut tries) = (draft, Tries::write());
        loop {
            let (answer, lane) = self.0.creates.ask(draft);
            if let Some(lane) = lane {
                tokio::spawn(Arc::clone(&self.0).create_batches(lane));
            }
            match answer.await {
                Ok(Ok(task)) => return Ok(task),
                Ok(Err((back, failure))) => {
                    tries.after(failure, self.0.link.away()).await?;
                    draft = back;
                }
                Err(_) => return Err(Failure::unanswered(GIVEN_UP).of_write()),
            }
        }
    }

    pub(super) async fn list(&self, after: i64, limit: i64) -> Result<Vec<Task>, StoreError> {
        let (how, tries) = if limit > LONG { (Use::Alone, Tries::long_read()) } else { (Use::Shared, Tries::read()) };
        let rows = self.0.query(how, tries, LIST, &[(&after, Type::INT8), (&limit, Type::INT8)]).await?;
        rows.iter().map(task).collect::<Result<_, _>>().map_err(Failure::of_read)
    }

    pub(super) async fn read(&self, id: TaskId) -> Result<Option<Task>, StoreError> {
        let mut tries = Tries::read();
        loop {
            let (answer, lane) = self.0.reads.ask(id);
            if let Some(lane) = lane {
                tokio::spawn(Arc::clone(&self.0).read_batches(lane));
            }
            let failure = match answer.await {
                Ok(Ok(task)) => return Ok(task),
                Ok(Err(failure)) => failure,
                Err(_) => Failure::unanswered(GIVEN_UP),
            };
            tries.after(failure, self.0.link.away()).await?;
        }
    }

    pub(super) async fn replace(&self, id: TaskId, draft: Draft) -> Result<Option<Task>, StoreError> {
        let description = draft.description.as_ref().map(Description::as_str);
        let parameters: [Parameter; 4] = [
            (&id.0, Type::INT8),
            (&draft.title.as_str(), Type::TEXT),
            (&description, Type::TEXT),
            (&draft.status.as_str(), Type::TEXT),
        ];
        self.0.write(REPLACE, &parameters).await
    }

    pub(super) async fn change(&self, id: TaskId, change: Change) -> Result<Option<Task>, StoreError> {
        let title = change.title.as_ref().map(Title::as_str);
        let status = change.status.as_ref().map(Status::as_str);
        let described = change.description != Edit::Keep;
        let description = change.description.as_ref().value().map(Description::as_str);
        let parameters: [Parameter; 5] = [
            (&id.0, Type::INT8),
            (&title, Type::TEXT),
            (&status, Type::TEXT),
            (&described, Type::BOOL),
            (&description, Type::TEXT),
        ];
        self.0.write(CHANGE, &parameters).await
    }

    pub(super) async fn delete(&self, id: TaskId) -> Result<bool, StoreError> {
        let rows = self.0.query(Use::Shared, Tries::write(), DELETE, &[(&id.0, Type::INT8)]).await?;
        Ok(!rows.is_empty())
    }

    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        self.0.query(Use::Shared, Tries::glance(), "SELECT 1", &[]).await.map(drop)
    }

    pub(super) async fn version(&self) -> Result<i64, StoreError> {
        let rows = self.0.query(Use::Shared, Tries::read(), VERSION, &[]).await?;
        rows.first().map_or(Ok(0), |row| row.try_get(0)).map_err(|error| StoreError::Query { source: error.into() })
    }

    pub(super) fn close(&self) {
        self.0.link.close();
    }
}

const GIVEN_UP: &str = "the statement was given up";

impl Inner {
    /// Sends one statement as often as it takes and may be.
    async fn query(
        &self,
        how: Use,
        mut tries: Tries,
        sql: &'static str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        loop {
            match self.link.query(how, tries.time(), sql, parameters).await {
                Ok(rows) => return Ok(rows),
                Err(failure) => tries.after(failure, self.link.away()).await?,
            }
        }
    }

    /// Changes one task, if it is there.
    async fn write(&self, sql: &'static str, parameters: &[Parameter<'_>]) -> Result<Option<Task>, StoreError> {
        let rows = self.query(Use::Shared, Tries::write(), sql, parameters).await?;
        rows.first().map(task).transpose().map_err(Failure::of_read)
    }

    async fn read_batches(self: Arc<Self>, mut lane: Lane<TaskId, Read>) {
        while let Some(batch) = lane.next() {
            let mut ids: Vec<_> = batch.iter().map(|asked| asked.question.0).collect();
            ids.sort_unstable();
            ids.dedup();
            let tasks = self.read_all(&ids).await;
            for Asked { question, answer } in batch {
                let task = tasks.as_ref().map(|tasks| tasks.get(&question.0).cloned()).map_err(Clone::clone);
                let _ = answer.send(task);
            }
        }
    }

    async fn read_all(&self, ids: &[i64]) -> Result<HashMap<i64, Task>, Failure> {
        let rows = self.link.query(Use::Shared, Tries::read().time(), READ, &[(&ids, Type::INT8_ARRAY)]).await?;
        rows.iter().map(|row| task(row).map(|task| (task.id, task))).collect()
    }

    async fn create_batches(self: Arc<Self>, mut lane: Lane<Draft, Created>) {
        while let Some(batch) = lane.next() {
            match self.create_all(&batch).await {
                Ok(tasks) => {
                    for (asked, task) in batch.into_iter().zip(tasks) {
                        let _ = asked.answer.send(Ok(task));
                    }
                }
                // One of them cannot be kept, and none was: each for itself, then.
                Err(failure) if failure.kind == Kind::Statement && failure.is_undone && batch.len() > 1 => {
                    for asked in batch {
                        tokio::spawn(Arc::clone(&self).create_one(asked));
                    }
                }
                Err(failure) => {
                    for Asked { question, answer } in batch {
                        let _ = answer.send(Err((question, failure.clone())));
                    }
                }
            }
        }
    }

    async fn create_one(self: Arc<Self>, asked: Asked<Draft, Created>) {
        let created = self.create_all(slice::from_ref(&asked)).await.map(|mut tasks| tasks.pop());
        let created = match created {
            Ok(Some(task)) => Ok(task),
            Ok(None) => Err((asked.question, Failure::unanswered(NO_ROW))),
            Err(failure) => Err((asked.question, failure)),
        };
        let _ = asked.answer.send(created);
    }

    /// The tasks are in the order of the drafts.
    async fn create_all(&self, batch: &[Asked<Draft, Created>]) -> Result<Vec<Task>, Failure> {
        let drafts = || batch.iter().map(|asked| &asked.question);
        let titles: Vec<_> = drafts().map(|draft| draft.title.as_str()).collect();
        let descriptions: Vec<_> = drafts().map(|draft| draft.description.as_ref().map(Description::as_str)).collect();
        let statuses: Vec<_> = drafts().map(|draft| draft.status.as_str()).collect();
        let parameters: [Parameter; 3] =
            [(&titles, Type::TEXT_ARRAY), (&descriptions, Type::TEXT_ARRAY), (&statuses, Type::TEXT_ARRAY)];
        let rows = self.link.query(Use::Shared, Tries::write().time(), CREATE, &parameters).await?;
        let tasks = rows.iter().map(task).collect::<Result<Vec<_>, _>>()?;
        if tasks.len() == batch.len() { Ok(dealt(tasks, drafts())) } else { Err(Failure::unanswered(NO_ROW)) }
    }
}

const NO_ROW: &str = "it returned no row for a new task";

/// Gives each draft a task that says the same. They come in the order of the drafts, but no database promises that.
fn dealt<'a>(tasks: Vec<Task>, drafts: impl Iterator<Item = &'a Draft>) -> Vec<Task> {
    let mut left = VecDeque::from(tasks);
    let is_of = |task: &Task, draft: &Draft| {
        let description = draft.description.as_ref().map(Description::as_str);
        (task.title.as_str(), task.description.as_deref(), task.status.as_str())
            == (draft.title.as_str(), description, draft.status.as_str())
    };
    // A trigger may have changed what they say: then the order is all there is.
    let deal = |draft| left.iter().position(|task| is_of(task, draft)).or(Some(0)).and_then(|at| left.remove(at));
    drafts.filter_map(deal).collect()
}

fn task(row: &Row) -> Result<Task, Failure> {
    let read = || -> Result<Task, Error> {
        Ok(Task {
            id: row.try_get(0)?,
            title: row.try_get(1)?,
            description: row.try_get(2)?,
            status: row.try_get(3)?,
            created_at: row.try_get::<_, jiff::civil::DateTime>(4)?.into(),
        })
    };
    read().map_err(Failure::of_statement)
}

/// Brings the tables up to date, while other replicas that try the same wait.
///
/// Tables that are up to date are only looked at: a login that may not change them can still serve.
async fn migrate(client: &Client) -> Result<(), Error> {
    let mut found = version(client).await?;
    if found.is_none() {
        make_lock(client).await?;
        found = Some(0);
    }
    let latest = migrations::POSTGRES.len();
    let found = found.unwrap_or_default();
    if found > i64::try_from(latest).unwrap_or(i64::MAX) {
        warn!(found, latest, "the tables are newer than this program");
    }
    if migrations::after(found, &migrations::POSTGRES).is_empty() {
        return Ok(());
    }
    client.batch_execute("BEGIN").await?;
    let migrated = migrate_locked(client).await;
    let end = if migrated.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = client.batch_execute(end).await;
    migrated.and(ended)
}

async fn migrate_locked(client: &Client) -> Result<(), Error> {
    let locked = format!("{VERSION} FOR UPDATE");
    let row = client.query_typed(&locked, &[]).await?.into_iter().next();
    let version: i64 = row.map_or(Ok(0), |row| row.try_get(0))?;
    let steps = migrations::after(version, &migrations::POSTGRES);
    for step in steps {
        client.batch_execute(step).await?;
    }
    if !steps.is_empty() {
        let reached = version + i64::try_from(steps.len()).unwrap_or_default();
        let update = "UPDATE task_api_schema SET version = $1 WHERE id = 1";
        client.query_typed(update, &[(&reached, Type::INT8)]).await?;
        info!(version = reached, "tables brought up to date");
    }
    Ok(())
}

/// The version of the tables; `None` where there are none.
async fn version(client: &Client) -> Result<Option<i64>, Error> {
    match client.query_typed(VERSION, &[]).await {
        Ok(rows) => rows.first().map(|row| row.try_get(0)).transpose(),
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes the table of one row that holds the version, and is locked to change it.
///
/// `IF NOT EXISTS` alone is no lock: two replicas that find nothing both make it, and one fails on the catalogue's own
/// unique index. Then the other one has made it.
async fn make_lock(client: &Client) -> Result<(), Error> {
    let table = "CREATE TABLE IF NOT EXISTS task_api_schema (id BIGINT PRIMARY KEY, version BIGINT NOT NULL)";
    match client.batch_execute(table).await {
        Err(error) if !is_there_already(&error) => return Err(error),
        _ => {}
    }
    client.batch_execute("INSERT INTO task_api_schema (id, version) VALUES (1, 0) ON CONFLICT (id) DO NOTHING").await
}

fn is_there_already(error: &Error) -> bool {
    let codes = [SqlState::UNIQUE_VIOLATION, SqlState::DUPLICATE_TABLE, SqlState::DUPLICATE_OBJECT];
    error.code().is_some_and(|code| codes.contains(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::CreatedAt;

    fn draft(title: &str) -> Draft {
        Draft { title: Title::new(title.to_owned()).unwrap(), description: None, status: Status::default() }
    }

    fn task(id: i64, title: &str) -> Task {
        let (title, status) = (title.to_owned(), "pending".to_owned());
        Task { id, title, description: None, status, created_at: CreatedAt::parse("2026-01-31T12:00:00").unwrap() }
    }

    #[track_caller]
    fn check(tasks: &[(i64, &str)], drafts: &[&str], expected: &[i64]) {
        let tasks = tasks.iter().map(|(id, title)| task(*id, title)).collect();
        let drafts: Vec<_> = drafts.iter().map(|title| draft(title)).collect();
        let ids: Vec<_> = dealt(tasks, drafts.iter()).iter().map(|task| task.id).collect();
        assert_eq!(ids, expected);
    }

    #[test]
    fn everyone_gets_the_task_that_says_what_was_sent() {
        check(&[(1, "a"), (2, "b"), (3, "a")], &["a", "b", "a"], &[1, 2, 3]);
        check(&[(3, "b"), (2, "a"), (1, "c")], &["a", "b", "c"], &[2, 3, 1]);
        check(&[(1, "changed"), (2, "by a trigger")], &["a", "b"], &[1, 2]);
    }
}
