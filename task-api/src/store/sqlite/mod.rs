//! Tasks in `SQLite`.

mod feed;
mod migrate;
mod once;
mod row;

use std::{fs, path::Path, sync::Arc, time::Duration};

use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use tokio::task::spawn_blocking;

use super::{
    Listed, MOST_BYTES, Once, Outcome, Seen, StoreError,
    select::{Dialect, Select, count, select},
    worker::{Worker, judge},
};
use crate::{
    budget::Budget,
    config::database_url::SqlitePlace,
    epoch::{Epoch, Standing},
    feed::{Changed, Position},
    request::{
        etag::Conditions,
        idempotency::Key,
        owner::Owner,
        selection::{Filter, Selection},
    },
    task::{Change, CreatedAt, Description, Draft, Edit, Status, Task, TaskId, Title},
};
use row::{columns, position, task};

const CREATE: &str = concat!(
    "INSERT INTO task (title, description, status, owner, created_at, changed_at, feed_position) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6) RETURNING ",
    columns!()
);
const READ: &str = concat!("SELECT ", columns!(), " FROM task WHERE id = ?1 AND owner = ?2");
const REPLACE: &str = concat!(
    "UPDATE task SET title = ?4, description = ?5, status = ?6, \
     version = version + 1, changed_at = ?2, feed_position = ?3 WHERE id = ?1 RETURNING ",
    columns!()
);
const CHANGE: &str = concat!(
    "UPDATE task SET title = COALESCE(?4, title), description = CASE WHEN ?5 THEN ?6 ELSE description END, \
     status = COALESCE(?7, status), version = version + 1, changed_at = ?2, feed_position = ?3 WHERE id = ?1 RETURNING ",
    columns!()
);

const SQLITE: Dialect = Dialect { parameter: '?', like: "LIKE" };

/// How long another process may hold the file.
const BUSY_TIME: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub struct Sqlite {
    worker: Worker,
    budget: Arc<Budget>,
    seen: Seen,
}

impl Sqlite {
    pub(super) async fn open(place: &SqlitePlace, budget: &Arc<Budget>) -> Result<Self, StoreError> {
        let place = place.clone();
        let opened = spawn_blocking(move || {
            let mut connection = connect(&place)?;
            migrate::migrate(&mut connection)?;
            Ok(connection)
        });
        let connection = opened.await.map_err(|error| StoreError::Query { source: error.into() })??;
        let worker = Worker::start(connection).map_err(|error| StoreError::Unreachable { source: error.into() })?;
        Ok(Self { worker, budget: Arc::clone(budget), seen: Seen::default() })
    }

    /// Opens the file, and changes nothing in it.
    pub(crate) fn probe(place: &SqlitePlace) -> Result<Option<i64>, StoreError> {
        if let SqlitePlace::File(path) = place {
            check_path(path)?;
            if !path.exists() {
                return Ok(None);
            }
        }
        connect(place).and_then(|connection| migrate::version(&connection).map(Some).map_err(judge))
    }

    pub(super) async fn create(&self, owner: &Owner, draft: Draft) -> Result<Task, StoreError> {
        let owner = owner.clone();
        self.worker.write(move |db| create(db, &owner, &draft, CreatedAt::now())).await
    }

    pub(super) async fn create_many(&self, owner: &Owner, drafts: Vec<Draft>) -> Result<Vec<Task>, StoreError> {
        let owner = owner.clone();
        let work = move |db: &Connection| {
            let now = CreatedAt::now();
            drafts.iter().map(|draft| create(db, &owner, draft, now)).collect()
        };
        self.worker.write(work).await
    }

    pub(super) async fn create_once(&self, owner: &Owner, key: Key, drafts: Vec<Draft>) -> Result<Once, StoreError> {
        let owner = owner.clone();
        self.worker.write(move |db| once::create(db, &owner, &key, &drafts)).await
    }

    pub(super) async fn list(&self, owner: &Owner, selection: &Selection) -> Result<Arc<Listed>, StoreError> {
        let Select { sql, values, .. } = select(selection, owner, SQLITE);
        let (limit, budget) = (selection.limit, Arc::clone(&self.budget));
        let work = move |db: &Connection| {
            let mut statement = db.prepare_cached(&sql)?;
            let (tasks, is_cut) = taken(statement.query_map(params_from_iter(&values), task)?, Task::bytes)?;
            Ok(Listed::of(tasks, limit, is_cut, |bytes| budget.hold_beyond_free(bytes)).map(Arc::new))
        };
        self.worker.read(work).await?.ok_or(StoreError::NoRoom)
    }

    pub(super) async fn count(&self, owner: &Owner, filter: &Filter) -> Result<i64, StoreError> {
        let (sql, values) = count(filter, owner, SQLITE);
        let work =
            move |db: &Connection| db.prepare_cached(&sql)?.query_row(params_from_iter(&values), |row| row.get(0));
        self.worker.read(work).await
    }

    pub(super) async fn read(&self, owner: &Owner, id: TaskId) -> Result<Option<Arc<Task>>, StoreError> {
        let owner = owner.clone();
        self.worker.read(move |db| Ok(read(db, &owner, id.0)?.map(Arc::new))).await
    }

    pub(super) async fn replace(
        &self,
        owner: &Owner,
        id: TaskId,
        conditions: &Conditions,
        draft: Draft,
    ) -> Result<Outcome<Task>, StoreError> {
        let work = move |db: &Connection| {
            let description = draft.description.as_ref().map(Description::as_str);
            let (title, status) = (draft.title.as_str(), draft.status.as_str());
            let values = params![id.0, CreatedAt::now(), position(db)?, title, description, status];
            db.prepare_cached(REPLACE)?.query_row(values, task)
        };
        self.write_one(owner, id, conditions, work).await
    }

    pub(super) async fn change(
        &self,
        owner: &Owner,
        id: TaskId,
        conditions: &Conditions,
        edit: Change,
    ) -> Result<Outcome<Task>, StoreError> {
        self.write_one(owner, id, conditions, move |db| change(db, id.0, &edit)).await
    }

    pub(super) async fn delete(
        &self,
        owner: &Owner,
        id: TaskId,
        conditions: &Conditions,
    ) -> Result<Outcome<()>, StoreError> {
        self.write_one(owner, id, conditions, move |db| delete(db, id.0)).await
    }

    pub(super) async fn changes(&self, owner: &Owner, after: Position, limit: i64) -> Result<Vec<Changed>, StoreError> {
        let owner = owner.clone();
        self.worker.read(move |db| feed::read(db, &owner, after, limit)).await
    }

    pub(super) async fn last_position(&self) -> Result<Position, StoreError> {
        self.worker.read(feed::standing).await.map(|standing| Position::behind(standing.newest))
    }

    pub(super) async fn standing(&self) -> Result<Standing, StoreError> {
        self.worker.read(feed::standing).await
    }

    pub(super) async fn renew(&self, epoch: Epoch, next: Epoch) -> Result<(), StoreError> {
        self.worker.write(move |db| feed::renew(db, epoch, next)).await
    }

    pub(super) fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Does `work` on a task that is there and as it should be.
    async fn write_one<T, F>(
        &self,
        owner: &Owner,
        id: TaskId,
        conditions: &Conditions,
        work: F,
    ) -> Result<Outcome<T>, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (owner, conditions) = (owner.clone(), conditions.clone());
        let work = move |db: &Connection| match read(db, &owner, id.0)? {
            None => Ok(Outcome::Missing),
            Some(found) if !conditions.are_met_by(found.version) => Ok(Outcome::Stale),
            Some(_) if !conditions.is_none() && feed::standing(db)?.epoch != conditions.epoch => Ok(Outcome::Stale),
            Some(_) => work(db).map(Outcome::Done),
        };
        self.worker.write(work).await
    }

    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        self.worker.read(|db| db.prepare_cached("SELECT id FROM task LIMIT 1")?.exists([])).await.map(drop)
    }

    pub(super) async fn version(&self) -> Result<i64, StoreError> {
        self.worker.read(migrate::version).await
    }

    pub(super) async fn close(&self) {
        self.worker.close().await;
    }
}

fn create(db: &Connection, owner: &Owner, draft: &Draft, now: CreatedAt) -> rusqlite::Result<Task> {
    let description = draft.description.as_ref().map(Description::as_str);
    let (title, status) = (draft.title.as_str(), draft.status.as_str());
    let values = params![title, description, status, owner.as_str(), now, position(db)?];
    db.prepare_cached(CREATE)?.query_row(values, task)
}

fn read(db: &Connection, owner: &Owner, id: i64) -> rusqlite::Result<Option<Task>> {
    db.prepare_cached(READ)?.query_row(params![id, owner.as_str()], task).optional()
}

fn change(db: &Connection, id: i64, change: &Change) -> rusqlite::Result<Task> {
    let title = change.title.as_ref().map(Title::as_str);
    let status = change.status.as_ref().map(Status::as_str);
    let is_described = change.description != Edit::Keep;
    let description = change.description.as_ref().value().map(Description::as_str);
    let values = params![id, CreatedAt::now(), position(db)?, title, is_described, description, status];
    db.prepare_cached(CHANGE)?.query_row(values, task)
}

/// Deletes a task that is there, and keeps in mind that it was. An id that was there before came back in a way that is not
/// ours.
fn delete(db: &Connection, id: i64) -> rusqlite::Result<()> {
    let position = position(db)?;
    db.prepare_cached(
        "INSERT INTO task_tombstone (id, owner, version, changed_at, feed_position) \
         SELECT id, owner, version + 1, ?2, ?3 FROM task WHERE id = ?1 \
         ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, version = max(version + 1, excluded.version), \
         changed_at = excluded.changed_at, feed_position = excluded.feed_position",
    )?
    .execute(params![id, CreatedAt::now(), position])?;
    db.prepare_cached("DELETE FROM task WHERE id = ?1")?.execute([id]).map(drop)
}

/// What was answered must survive a loss of power: every commit reaches the disk.
fn connect(place: &SqlitePlace) -> Result<Connection, StoreError> {
    let connection = match place {
        SqlitePlace::Memory => Connection::open_in_memory(),
        SqlitePlace::File(path) => {
            check_path(path)?;
            Connection::open(path)
        }
    };
    let prepare = |connection: Connection| {
        connection.busy_timeout(BUSY_TIME)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        Ok(connection)
    };
    connection.and_then(prepare).map_err(judge)
}

/// `SQLite` only says that it cannot open the file; this says why.
fn check_path(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let refused = |cause: String| StoreError::Refused { source: cause.into(), hint: None };
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => match fs::metadata(path) {
            Ok(found) if !found.is_file() => Err(refused(format!("`{}` is not a file", path.display()))),
            _ => Ok(()),
        },
        Ok(_) => Err(refused(format!("`{}` is not a folder", folder.display()))),
        Err(error) => Err(refused(format!("cannot open folder `{}`: {error}", folder.display()))),
    }
}

/// What there is room for, and whether there was none for more. One that is larger by itself comes alone.
fn taken<T>(
    all: impl Iterator<Item = rusqlite::Result<T>>,
    bytes: fn(&T) -> usize,
) -> rusqlite::Result<(Vec<T>, bool)> {
    let (mut taken, mut sum) = (Vec::new(), 0);
    for one in all {
        let one = one?;
        sum += bytes(&one);
        if sum > MOST_BYTES && !taken.is_empty() {
            return Ok((taken, true));
        }
        taken.push(one);
    }
    Ok((taken, false))
}
