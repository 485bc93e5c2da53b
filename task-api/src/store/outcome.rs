//! What came of a change of tasks that must be there, in a state that the client knows.

use crate::{budget::Held, task::Task};

/// Whether a change of one task was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome<T> {
    Done(T),
    /// There is no such task.
    Missing,
    /// It is there, and not as the client's conditions want it.
    Stale,
}

impl<T> Outcome<T> {
    /// Of a task that was looked at and perhaps changed. One that was not, without any condition, has gone meanwhile.
    pub(super) fn of(done: Option<T>, was_there: bool, has_conditions: bool) -> Self {
        match done {
            Some(done) => Self::Done(done),
            None if was_there && has_conditions => Self::Stale,
            None => Self::Missing,
        }
    }
}

/// What came of making tasks under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Once {
    Made(Vec<Task>),
    /// They were made before, and looked like this then.
    Again(Vec<Task>),
    /// The key came with another request before.
    Taken,
}

/// A page of a list.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) tasks: Vec<Task>,
    /// The list goes on behind the last one.
    pub(crate) has_more: bool,
    /// As long as anybody has it.
    _held: Held,
}

impl Listed {
    /// From what was read: one task more than the page has, if there is one, or less where there was no room for more.
    /// `None` if there is no room to `hold` the bytes of the page.
    pub(super) fn of(
        mut tasks: Vec<Task>,
        limit: i64,
        is_cut: bool,
        hold: impl FnOnce(usize) -> Option<Held>,
    ) -> Option<Self> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = is_cut || tasks.len() > limit;
        tasks.truncate(limit);
        let bytes = tasks.iter().map(Task::bytes).sum();
        Some(Self { tasks, has_more, _held: hold(bytes)? })
    }
}
