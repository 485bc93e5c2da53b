//! New tasks: those that come together go out as one statement.

use std::{collections::VecDeque, sync::Arc};

use tokio_postgres::types::Type;

use super::{GIVEN_UP, Inner, row};
use crate::{
    request::owner::Owner,
    store::{
        StoreError,
        batch::{Asked, Lane, Size},
        connection::Parameter,
        failure::{Failure, Kind},
        link::Use,
        retry::Tries,
    },
    task::{CreatedAt, Description, Draft, Task},
};

const CREATE: &str = concat!(
    "INSERT INTO task (title, description, status, owner) SELECT * FROM unnest($1, $2, $3, $4) RETURNING ",
    row::columns!()
);

/// The same of one, which is not sent back: it may be large, and is there already.
const CREATE_ONE: &str =
    "INSERT INTO task (title, description, status, owner) VALUES ($1, $2, $3, $4) RETURNING id, created_at";

const NO_ROW: &str = "it returned no row for a new task";

/// A draft, and whose task it is to be.
pub(super) type New = (Owner, Draft);

/// What was not kept is given back, for another try.
pub(super) type Created = Result<Task, (New, Failure)>;

impl Size for New {
    fn bytes(&self) -> usize {
        self.1.bytes()
    }
}

/// The question of a batch that has no other.
fn only<T>(batch: &mut Vec<T>) -> Option<T> {
    if batch.len() == 1 { batch.pop() } else { None }
}

impl Inner {
    pub(super) async fn create(self: &Arc<Self>, owner: Owner, draft: Draft) -> Result<Task, StoreError> {
        let (mut new, mut tries) = ((owner, draft), Tries::write());
        loop {
            let (answer, lane) = self.creates.ask(new);
            if let Some(lane) = lane {
                tokio::spawn(Arc::clone(self).create_batches(lane));
            }
            match answer.await {
                Ok(Ok(task)) => return Ok(task),
                Ok(Err((back, failure))) => {
                    tries.after(failure, self.link.away()).await?;
                    new = back;
                }
                Err(_) => return Err(Failure::unanswered(GIVEN_UP).of_write()),
            }
        }
    }

    /// All of them, or none: in the order of the drafts.
    pub(super) async fn create_many(&self, owner: &Owner, drafts: &[Draft]) -> Result<Vec<Task>, StoreError> {
        let mut tries = Tries::write();
        loop {
            match self.create_all(Use::Alone, drafts.iter().map(|draft| (owner, draft))).await {
                Ok(tasks) => return Ok(tasks),
                Err(failure) => tries.after(failure, self.link.away()).await?,
            }
        }
    }

    async fn create_batches(self: Arc<Self>, mut lane: Lane<New, Created>) {
        while let Some(mut batch) = lane.next() {
            if let Some(asked) = only(&mut batch) {
                Arc::clone(&self).create_one(asked).await;
                continue;
            }
            match self.create_batch(&batch).await {
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

    async fn create_one(self: Arc<Self>, asked: Asked<New, Created>) {
        let Asked { question: (owner, draft), answer } = asked;
        let created = match self.insert_one(&owner, &draft).await {
            Ok((id, created_at)) => Ok(Task::made(id, created_at, &owner, draft)),
            Err(failure) => Err(((owner, draft), failure)),
        };
        let _ = answer.send(created);
    }

    async fn insert_one(&self, owner: &Owner, draft: &Draft) -> Result<(i64, CreatedAt), Failure> {
        let (title, status, owner) = (draft.title.as_str(), draft.status.as_str(), owner.as_str());
        let description = draft.description.as_ref().map(Description::as_str);
        let parameters: [Parameter; 4] =
            [(&title, Type::TEXT), (&description, Type::TEXT), (&status, Type::TEXT), (&owner, Type::TEXT)];
        let rows = self.link.query(Use::Changing, Tries::write().time(), CREATE_ONE, &parameters).await?;
        let row = rows.first().ok_or_else(|| Failure::unanswered(NO_ROW))?;
        let read = || Ok((row.try_get(0)?, row.try_get(1)?));
        read().map_err(Failure::of_statement)
    }

    async fn create_batch(&self, batch: &[Asked<New, Created>]) -> Result<Vec<Task>, Failure> {
        self.create_all(Use::Changing, batch.iter().map(|asked| (&asked.question.0, &asked.question.1))).await
    }

    async fn create_all<'a, I>(&self, how: Use, news: I) -> Result<Vec<Task>, Failure>
    where
        I: Iterator<Item = (&'a Owner, &'a Draft)> + Clone,
    {
        let columns = Columns::of(news.clone().map(|(_, draft)| draft));
        let owners: Vec<_> = news.clone().map(|(owner, _)| owner.as_str()).collect();
        let [titles, descriptions, statuses] = columns.parameters();
        let parameters: [Parameter; 4] = [titles, descriptions, statuses, (&owners, Type::TEXT_ARRAY)];
        let rows = self.link.query(how, Tries::write().time(), CREATE, &parameters).await?;
        let tasks = dealt(rows.iter().map(row::task).collect::<Result<Vec<_>, _>>()?, news);
        if tasks.len() == owners.len() { Ok(tasks) } else { Err(Failure::unanswered(NO_ROW)) }
    }
}

/// What drafts say, an array for each column.
pub(super) struct Columns<'a> {
    titles: Vec<&'a str>,
    descriptions: Vec<Option<&'a str>>,
    statuses: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(drafts: impl Iterator<Item = &'a Draft> + Clone) -> Self {
        Self {
            titles: drafts.clone().map(|draft| draft.title.as_str()).collect(),
            descriptions: drafts.clone().map(|draft| draft.description.as_ref().map(Description::as_str)).collect(),
            statuses: drafts.map(|draft| draft.status.as_str()).collect(),
        }
    }

    pub(super) fn parameters(&self) -> [Parameter<'_>; 3] {
        [(&self.titles, Type::TEXT_ARRAY), (&self.descriptions, Type::TEXT_ARRAY), (&self.statuses, Type::TEXT_ARRAY)]
    }
}

/// Gives each draft a task of its owner that says the same. They come in the order of the drafts, but no database promises that.
pub(super) fn dealt<'a>(tasks: Vec<Task>, news: impl Iterator<Item = (&'a Owner, &'a Draft)>) -> Vec<Task> {
    let mut left = VecDeque::from(tasks);
    let says = |task: &Task, draft: &Draft| {
        let description = draft.description.as_ref().map(Description::as_str);
        (task.title.as_str(), task.description.as_deref(), task.status.as_str())
            == (draft.title.as_str(), description, draft.status.as_str())
    };
    let deal = |(owner, draft): (&Owner, &Draft)| {
        let is_of = |task: &Task| task.owner == owner.as_str();
        let same = left.iter().position(|task| is_of(task) && says(task, draft));
        // A trigger may have changed what they say: then the order is all there is.
        same.or_else(|| left.iter().position(is_of)).and_then(|at| left.remove(at))
    };
    news.filter_map(deal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::{Status, Title};

    fn new(title: &str) -> New {
        let (owner, title) = title.split_once('/').unwrap_or(("", title));
        let title = Title::new(title.to_owned()).unwrap();
        (Owner::new(owner.into()), Draft { title, description: None, status: Status::default() })
    }

    fn task(id: i64, title: &str) -> Task {
        let (owner, title) = title.split_once('/').unwrap_or(("", title));
        let (title, status, owner) = (title.to_owned(), "pending".to_owned(), owner.to_owned());
        let created_at = CreatedAt::parse("2026-01-31T12:00:00").unwrap();
        Task { id, title, description: None, status, created_at, version: 1, owner }
    }

    #[track_caller]
    fn check(tasks: &[(i64, &str)], drafts: &[&str], expected: &[i64]) {
        let tasks = tasks.iter().map(|(id, title)| task(*id, title)).collect();
        let news: Vec<_> = drafts.iter().map(|title| new(title)).collect();
        let ids: Vec<_> =
            dealt(tasks, news.iter().map(|(owner, draft)| (owner, draft))).iter().map(|task| task.id).collect();
        assert_eq!(ids, expected);
    }

    #[test]
    fn everyone_gets_the_task_that_says_what_was_sent() {
        check(&[(1, "a"), (2, "b"), (3, "a")], &["a", "b", "a"], &[1, 2, 3]);
        check(&[(3, "b"), (2, "a"), (1, "c")], &["a", "b", "c"], &[2, 3, 1]);
        check(&[(1, "changed"), (2, "by a trigger")], &["a", "b"], &[1, 2]);
    }

    #[test]
    fn nobody_gets_a_task_of_another_owner() {
        check(&[(1, "x/a"), (2, "y/a")], &["y/a", "x/a"], &[2, 1]);
        check(&[(1, "x/changed"), (2, "y/by a trigger")], &["y/a", "x/a"], &[2, 1]);
        check(&[(1, "x/a"), (2, "x/a")], &["y/a", "x/a"], &[1]);
    }
}
