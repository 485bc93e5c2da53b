//! Single tasks: those that are asked for together are read by one statement.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio_postgres::types::Type;

use super::{Inner, row};
use crate::{
    request::owner::Owner,
    store::{
        MOST_BYTES, StoreError,
        batch::{Asked, Lane, Most, Queue, Size},
        connection::{Parameter, Rows},
        failure::Failure,
        link::Use,
    },
    task::{Task, TaskId},
};

const READ: &str = concat!("SELECT ", row::columns!(), " FROM task WHERE id = ANY($1) AND owner = ANY($2)");

/// Tasks that are read in one statement: what a server answers within a moment.
const MOST: Most = Most { questions: 512, bytes: usize::MAX };

/// The same, while nobody knows how large they are.
const FIRST: usize = 16;

/// Those who ask for tasks.
#[derive(Debug)]
pub(super) struct Reads {
    queue: Arc<Queue<Wanted, Read>>,
    /// How many tasks there is likely room for in one answer: what comes beyond is sent for nothing.
    at_once: AtomicUsize,
}

impl Default for Reads {
    fn default() -> Self {
        Self { queue: Queue::new(MOST), at_once: AtomicUsize::new(FIRST) }
    }
}

/// A task, who asks for it, and how long the answer may take.
#[derive(Debug)]
struct Wanted {
    id: i64,
    owner: Owner,
    time: Duration,
}

impl Size for Wanted {
    fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}

type Read = Result<Option<Arc<Task>>, Failure>;

/// What one statement found, by id.
struct Found {
    tasks: Vec<Arc<Task>>,
    is_cut: bool,
}

impl Found {
    fn get(&self, wanted: &Wanted) -> Option<&Arc<Task>> {
        let at = self.tasks.binary_search_by_key(&wanted.id, |task| task.id).ok()?;
        // It may be here for somebody else, who asked at the same time.
        self.tasks.get(at).filter(|task| task.owner == wanted.owner.as_str())
    }

    /// Whether it says all there is to say to this one.
    fn answers(&self, wanted: &Wanted) -> bool {
        !self.is_cut || self.tasks.binary_search_by_key(&wanted.id, |task| task.id).is_ok()
    }
}

impl Inner {
    pub(super) async fn read(self: &Arc<Self>, owner: &Owner, id: TaskId) -> Result<Option<Arc<Task>>, StoreError> {
        let wanted = |time| Wanted { id: id.0, owner: owner.clone(), time };
        self.ask(&self.reads.queue, wanted, Self::read_batches).await
    }

    async fn read_batches(self: Arc<Self>, mut lane: Lane<Wanted, Read>) {
        while let Some(mut waiting) = lane.next() {
            waiting.sort_unstable_by_key(|asked| asked.question.id);
            while !waiting.is_empty() {
                let at_once = self.reads.at_once.load(Relaxed);
                let mut later = waiting.split_off(waiting.len().min(at_once));
                let found = self.read_all(&waiting).await;
                if let Ok(Found { tasks, is_cut }) = &found {
                    self.reads.learn(at_once, waiting.len(), is_cut.then_some(tasks.len()));
                }
                for asked in waiting {
                    let read = match &found {
                        Ok(found) if found.answers(&asked.question) => Ok(found.get(&asked.question).cloned()),
                        // There was no room for it.
                        Ok(_) => {
                            later.push(asked);
                            continue;
                        }
                        Err(failure) => Err(failure.clone()),
                    };
                    let _ = asked.answer.send(read);
                }
                waiting = later;
            }
        }
    }

    async fn read_all(&self, asked: &[Asked<Wanted, Read>]) -> Result<Found, Failure> {
        let wanted = || asked.iter().map(|asked| &asked.question);
        let mut ids: Vec<_> = wanted().map(|wanted| wanted.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut owners: Vec<_> = wanted().map(|wanted| wanted.owner.as_str()).collect();
        owners.sort_unstable();
        owners.dedup();
        let time = wanted().map(|wanted| wanted.time).max().unwrap_or_default();
        let parameters: [Parameter; 2] = [(&ids, Type::INT8_ARRAY), (&owners, Type::TEXT_ARRAY)];
        let Rows { rows, is_cut } = self.link.query_some(Use::Reading, time, READ, &parameters, MOST_BYTES).await?;
        let mut tasks = rows.iter().map(|row| row::task(row).map(Arc::new)).collect::<Result<Vec<_>, _>>()?;
        tasks.sort_unstable_by_key(|task| task.id);
        Ok(Found { tasks, is_cut })
    }
}

impl Reads {
    /// Remembers for how many tasks there was room, if not for all: and tries more of them again, little by little.
    fn learn(&self, at_once: usize, asked: usize, room: Option<usize>) {
        match room {
            Some(room) => self.at_once.store(room.max(1), Relaxed),
            None if asked == at_once && at_once < MOST.questions => {
                self.at_once.store((at_once * 2).min(MOST.questions), Relaxed);
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_tasks_are_asked_for_by_as_many_as_there_is_room_for() {
        let reads = Reads::default();
        let after = |at_once, asked, room| {
            reads.learn(at_once, asked, room);
            reads.at_once.load(Relaxed)
        };
        assert_eq!(after(FIRST, FIRST, None), 2 * FIRST);
        assert_eq!(after(512, 300, Some(4)), 4);
        assert_eq!(after(4, 3, None), 4, "that was no try");
        assert_eq!(after(4, 4, None), 8);
        assert_eq!(after(8, 8, Some(0)), 1);
        assert_eq!(after(300, 300, None), 512);
    }
}
