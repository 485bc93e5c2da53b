//! Questions that wait while others like them are asked, and then go out together.
//!
//! A lane asks a batch, gives out the answers, and takes the next batch, until nobody waits. A batch holds only what was
//! waiting when it was taken, before it was sent: what it sees is never older than the question.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::oneshot::{Receiver, Sender, channel};

/// Who finds a lane at work waits for it, unless it has been away for longer than this: then the way is long, and
/// another lane starts.
const SOON: Duration = Duration::from_millis(1);

/// After that long without a batch taken, the lanes there are count as lost: whom they wait for may never answer.
const LOST: Duration = Duration::from_millis(500);

const LANES: usize = 8;

/// What waits, and who is at work.
#[derive(Debug)]
pub(super) struct Queue<Q, A> {
    state: Mutex<State<Q, A>>,
    most: Most,
}

/// What a batch may hold. A question that is larger by itself goes alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Most {
    pub(super) questions: usize,
    pub(super) bytes: usize,
}

#[derive(Debug)]
struct State<Q, A> {
    waiting: VecDeque<Asked<Q, A>>,
    lanes: usize,
    taken: Option<Instant>,
}

/// A question, and where its answer goes.
#[derive(Debug)]
pub(super) struct Asked<Q, A> {
    pub(super) question: Q,
    pub(super) answer: Sender<A>,
}

/// One who asks batches, to be set to work by whoever gets it.
#[derive(Debug)]
pub(super) struct Lane<Q, A> {
    queue: Arc<Queue<Q, A>>,
    is_over: bool,
}

impl<Q: Size, A> Queue<Q, A> {
    pub(super) fn new(most: Most) -> Arc<Self> {
        let state = State { waiting: VecDeque::new(), lanes: 0, taken: None };
        Arc::new(Self { state: Mutex::new(state), most })
    }

    /// Lets a question wait. If there comes a lane with its answer's place, it must be set to work.
    pub(super) fn ask(self: &Arc<Self>, question: Q) -> (Receiver<A>, Option<Lane<Q, A>>) {
        let (answer, answered) = channel();
        let mut state = self.state();
        state.waiting.push_back(Asked { question, answer });
        let away = state.taken.map(|taken| taken.elapsed()).unwrap_or_default();
        let starts = state.lanes == 0 || (away > SOON && state.lanes < LANES) || away > LOST;
        if starts {
            state.lanes += 1;
            state.taken = Some(Instant::now());
        }
        drop(state);
        (answered, starts.then(|| Lane { queue: Arc::clone(self), is_over: false }))
    }

    fn state(&self) -> MutexGuard<'_, State<Q, A>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Q: Size, A> Lane<Q, A> {
    /// All that waits, as far as one batch holds it; nothing, and the lane ends, if nobody does.
    pub(super) fn next(&mut self) -> Option<Vec<Asked<Q, A>>> {
        let most = self.queue.most;
        let mut state = self.queue.state();
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while let Some(first) = state.waiting.front() {
            if first.answer.is_closed() {
                // Nobody waits for it any more, and nothing of it was sent.
                state.waiting.pop_front();
                continue;
            }
            bytes += first.question.bytes();
            if !batch.is_empty() && (batch.len() >= most.questions || bytes > most.bytes) {
                break;
            }
            batch.extend(state.waiting.pop_front());
        }
        state.taken = Some(Instant::now());
        if batch.is_empty() {
            state.lanes -= 1;
            self.is_over = true;
            return None;
        }
        Some(batch)
    }
}

impl<Q, A> Drop for Lane<Q, A> {
    /// A lane that ends in a panic makes room for another one.
    fn drop(&mut self) {
        if !self.is_over {
            self.queue.state.lock().unwrap_or_else(PoisonError::into_inner).lanes -= 1;
        }
    }
}

/// How much of a batch a question takes up.
pub(super) trait Size {
    fn bytes(&self) -> usize;
}

impl Size for crate::task::Draft {
    fn bytes(&self) -> usize {
        let description = self.description.as_ref().map_or(0, |text| text.as_str().len());
        self.title.as_str().len() + description + self.status.as_str().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct TaskId(i64);

    impl Size for TaskId {
        fn bytes(&self) -> usize {
            1
        }
    }

    fn queue(questions: usize) -> Arc<Queue<TaskId, i64>> {
        Queue::new(Most { questions, bytes: 1000 })
    }

    fn ids(batch: &[Asked<TaskId, i64>]) -> Vec<i64> {
        batch.iter().map(|asked| asked.question.0).collect()
    }

    #[test]
    fn who_comes_while_a_batch_is_away_goes_with_the_next() {
        let queue = queue(2);
        let (_first, lane) = queue.ask(TaskId(1));
        let mut lane = lane.unwrap();
        assert_eq!(ids(&lane.next().unwrap()), [1]);
        let answers: Vec<_> = (2..5).map(|id| queue.ask(TaskId(id))).collect();
        assert!(answers.iter().all(|(_, lane)| lane.is_none()));
        assert_eq!(ids(&lane.next().unwrap()), [2, 3]);
        assert_eq!(ids(&lane.next().unwrap()), [4]);
        assert!(lane.next().is_none());
        assert!(queue.ask(TaskId(5)).1.is_some(), "who comes then starts anew");
    }

    #[test]
    fn who_went_away_is_not_asked_for() {
        let queue = queue(9);
        let (first, lane) = queue.ask(TaskId(1));
        drop(first);
        assert!(lane.unwrap().next().is_none());
    }

    #[test]
    fn a_lane_that_fails_makes_room_and_a_long_way_gets_more_of_them() {
        let queue = queue(9);
        drop(queue.ask(TaskId(1)).1.unwrap());
        let first = queue.ask(TaskId(2)).1.unwrap();
        queue.state().taken = Instant::now().checked_sub(SOON * 2);
        let second = queue.ask(TaskId(3)).1.unwrap();
        assert!(queue.ask(TaskId(4)).1.is_none());
        drop((first, second));
        assert_eq!(queue.state().lanes, 0);
    }

    #[test]
    fn lanes_that_never_come_back_do_not_stop_those_who_come_later() {
        let queue = queue(9);
        let ask_later = |later: Duration| {
            queue.state().taken = Instant::now().checked_sub(later);
            queue.ask(TaskId(1)).1
        };
        let lost: Vec<_> = (0..LANES).map(|_| ask_later(SOON * 2).unwrap()).collect();
        assert!(ask_later(SOON * 2).is_none());
        assert!(ask_later(LOST * 2).is_some());
        drop(lost);
    }
}
