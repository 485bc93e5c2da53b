//! The feed of changes, and those who follow it.
//!
//! Every task that is or was there stands in the feed once, where its last change put it. Whoever follows it from the
//! beginning has all tasks first, and then every change.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{self, Notify, watch},
    time::sleep,
};
use tracing::debug;

use crate::{
    app::AppState,
    request::{cursor::Seal, owner::Owner},
    resource::events,
    store::StoreError,
    task::{CreatedAt, Task},
};

/// Changes that are read at a time. A page ends early where tasks are large.
const PAGE: i64 = 100;

/// How long changes that other replicas made may go unseen by those who follow.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long nobody looks again after a look: what changes meanwhile is seen with one look.
const PAUSE: Duration = Duration::from_millis(25);

/// Where a change stands in the feed. Tasks that are older than the feed have the number 0, and stand there by their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) number: i64,
    pub(crate) id: i64,
}

impl Position {
    /// Before all.
    pub(crate) const START: Self = Self { number: 0, id: i64::MIN };

    /// Behind all of this number.
    pub(crate) fn behind(number: i64) -> Self {
        Self { number, id: i64::MAX }
    }
}

impl Default for Position {
    fn default() -> Self {
        Self::START
    }
}

/// A task as its last change left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed {
    /// A later change of the task moves it to the end.
    pub(crate) position: Position,
    pub(crate) id: i64,
    pub(crate) version: i64,
    pub(crate) at: CreatedAt,
    /// None once it was deleted.
    pub(crate) task: Option<Task>,
}

impl Changed {
    /// About how long it is as JSON: escapes are not looked for.
    pub(crate) fn bytes(&self) -> usize {
        const ALL_ELSE: usize = 192;
        self.task.as_ref().map_or(0, Task::bytes) + ALL_ELSE
    }
}

/// A change as all who follow are sent it.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) position: Position,
    pub(crate) text: Bytes,
}

/// All of an owner's changes between two positions: behind `from`, up to `to`.
#[derive(Debug, Default)]
pub(crate) struct News {
    pub(crate) from: Position,
    pub(crate) to: Position,
    pub(crate) events: Vec<Event>,
}

impl News {
    /// What was told stays beside what comes next, for those who were busy: as many events as this, and as many bytes.
    const KEPT: usize = 400;
    const KEPT_BYTES: usize = 4_000_000;

    /// These, and the last ones before them as far as they are kept.
    fn behind(self, last: &Self) -> Self {
        if self.from != last.to {
            return self;
        }
        let mut bytes = 0;
        let is_kept = |event: &&Event| {
            bytes += event.text.len();
            bytes <= Self::KEPT_BYTES
        };
        let kept = last.events.iter().rev().take(Self::KEPT).take_while(is_kept).count();
        let (gone, kept) = last.events.split_at(last.events.len() - kept);
        let from = gone.last().map_or(last.from, |event| event.position);
        Self { from, to: self.to, events: kept.iter().cloned().chain(self.events).collect() }
    }

    /// Those behind a position.
    pub(crate) fn after(&self, position: Position) -> &[Event] {
        let known = self.events.partition_point(|event| event.position <= position);
        &self.events[known..]
    }
}

pub(crate) type Follower = watch::Receiver<Arc<News>>;

/// What the followers of one replica share: for each owner one who looks. While nobody follows, nobody looks, and the
/// database may sleep.
#[derive(Debug)]
pub(crate) struct Feeds {
    followed: Mutex<HashMap<Owner, Followed>>,
    /// Whose turn it is to read: one at a time, so that however many follow, others get to the database too.
    turn: sync::Mutex<()>,
    is_over: watch::Sender<bool>,
}

/// An owner whose tasks are followed.
#[derive(Debug, Clone, Default)]
struct Followed {
    news: watch::Sender<Arc<News>>,
    touched: Arc<Notify>,
}

impl Default for Feeds {
    fn default() -> Self {
        Self { followed: Mutex::default(), turn: sync::Mutex::default(), is_over: watch::Sender::new(false) }
    }
}

impl Feeds {
    /// Says that this replica has changed something of an owner's.
    pub(crate) fn touch(&self, owner: &Owner) {
        let followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(followed) = followed.get(owner) {
            followed.touched.notify_one();
        }
    }

    /// Ends all streams: the service stops.
    pub(crate) fn end(&self) {
        self.is_over.send_replace(true);
    }

    /// Waits for the end.
    pub(crate) async fn over(&self) {
        let _ = self.is_over.subscribe().wait_for(|is_over| *is_over).await;
    }

    /// News of an owner's tasks from now on.
    pub(crate) fn follow(state: &AppState, owner: &Owner) -> Follower {
        let mut followed = state.feeds.followed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(followed) = followed.get(owner) {
            return followed.news.subscribe();
        }
        let new = Followed::default();
        let news = new.news.subscribe();
        followed.insert(owner.clone(), new.clone());
        tokio::spawn(look(state.clone(), owner.clone(), new));
        news
    }

    /// Ends an owner's streams.
    fn forget(&self, owner: &Owner) {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner).remove(owner);
    }

    /// Whether nobody follows any more. Then somebody else must look for those who come later.
    fn leave(&self, owner: &Owner) -> bool {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let is_alone = followed.get(owner).is_none_or(|followed| followed.news.receiver_count() == 0);
        if is_alone {
            followed.remove(owner);
        }
        is_alone
    }
}

/// The cursor of a place in an owner's feed.
pub(crate) fn cursor(seal: &Seal, position: Position) -> String {
    seal.cursor([position.number, position.id])
}

/// What changed behind `after`, in its order; nothing is the end for now. It is read when there is room for it.
///
/// # Errors
///
/// Fails if the database does.
pub(crate) async fn page(state: &AppState, owner: &Owner, after: Position) -> Result<Vec<Event>, StoreError> {
    let _turn = state.feeds.turn.lock().await;
    state.load.budget.room().await;
    let store = state.store()?;
    let (changes, epoch) = (store.changes(owner, after, PAGE).await?, store.epoch());
    let seal = store.seal(owner);
    let event = |changed: Changed| Event {
        position: changed.position,
        text: state.load.budget.counted(events::text(changed, &seal, epoch)),
    };
    Ok(changes.into_iter().map(event).collect())
}

/// Tells an owner's followers what changes, as long as there are any.
async fn look(state: AppState, owner: Owner, followed: Followed) {
    let Followed { news, touched } = followed;
    let (mut seen, epoch) = (None, state.epoch());
    loop {
        if state.epoch() != epoch {
            // Who follows comes back, and is told that it must begin anew.
            return state.feeds.forget(&owner);
        }
        if state.load.budget.is_crowded() {
            let_go(&news);
        }
        let mut may_be_more = false;
        match look_once(&state, &owner, seen).await {
            Ok(found) => {
                may_be_more = i64::try_from(found.events.len()).is_ok_and(|count| count >= PAGE);
                let is_first = seen.replace(found.to).is_none();
                // The first time also that it was nothing: what was committed before is no news, and who has read up
                // to an earlier end must read on.
                if is_first || !found.events.is_empty() {
                    news.send_modify(|last| *last = Arc::new(found.behind(last)));
                }
            }
            Err(error) => debug!(cause = error.cause(), "cannot look for changes"),
        }
        if !may_be_more {
            sleep(PAUSE).await;
            tokio::select! {
                () = touched.notified() => {}
                () = sleep(LOOK_EVERY) => {}
                () = news.closed() => {}
            }
        }
        if news.is_closed() && state.feeds.leave(&owner) {
            return;
        }
    }
}

/// Keeps the last news no more: who has not seen them by now reads for itself.
fn let_go(news: &watch::Sender<Arc<News>>) {
    news.send_if_modified(|last| {
        *last = Arc::new(News { from: last.to, to: last.to, events: Vec::new() });
        false
    });
}

async fn look_once(state: &AppState, owner: &Owner, seen: Option<Position>) -> Result<News, StoreError> {
    let Some(from) = seen else {
        let _turn = state.feeds.turn.lock().await;
        let to = state.store()?.last_position().await?;
        return Ok(News { from: to, to, events: Vec::new() });
    };
    let events = page(state, owner, from).await?;
    let to = events.last().map_or(from, |last| last.position);
    Ok(News { from, to, events })
}

#[cfg(test)]
mod tests {
    use tokio::{task::yield_now, time::timeout};

    use super::*;
    use crate::{
        config::{key::Keys, limits::Limits},
        store::Store,
        task::{Draft, Status, Title},
    };

    const LONG: Duration = Duration::from_secs(20);

    fn owner(name: &str) -> Owner {
        Owner::new(name.into())
    }

    async fn state() -> AppState {
        let state = AppState::new(Limits::default(), Keys::default());
        state.set_store(Store::open(&"sqlite::memory:".parse().unwrap(), &state.load.budget).await.unwrap());
        state
    }

    #[tokio::test]
    async fn the_first_look_is_told_though_it_finds_nothing() {
        let mut follower = Feeds::follow(&state().await, &owner("a"));
        timeout(LONG, follower.changed()).await.expect("it comes").unwrap();
        assert!(follower.borrow().events.is_empty());
    }

    #[tokio::test]
    async fn news_are_kept_for_those_who_are_slow_until_others_need_the_room() {
        let (state, owner) = (state().await, owner("a"));
        let mut follower = Feeds::follow(&state, &owner);
        timeout(LONG, follower.changed()).await.expect("it comes").unwrap();
        let draft = Draft { title: Title::new("a".to_owned()).unwrap(), description: None, status: Status::default() };
        state.store().unwrap().create(&owner, draft).await.unwrap();
        state.feeds.touch(&owner);
        let told = follower.wait_for(|news| !news.events.is_empty());
        timeout(LONG, told).await.expect("it is told").unwrap();

        let _crowd = state.load.budget.counted(vec![0; 30_000_000]);
        let is_kept = || !follower.borrow().events.is_empty();
        let let_go = async {
            while is_kept() {
                yield_now().await;
            }
        };
        timeout(LONG, let_go).await.expect("it is let go of");
        assert_eq!(follower.borrow().from, follower.borrow().to);
    }

    fn news(from: i64, numbers: &[i64], bytes: usize) -> News {
        let event = |number: &i64| Event { position: Position::behind(*number), text: Bytes::from(vec![0; bytes]) };
        let [from, to] = [from, numbers.last().copied().unwrap_or(from)].map(Position::behind);
        News { from, to, events: numbers.iter().map(event).collect() }
    }

    #[track_caller]
    fn check(news: &News, from: i64, after: i64, expected: &[i64]) {
        let numbers: Vec<_> = news.after(Position::behind(after)).iter().map(|event| event.position.number).collect();
        assert_eq!((news.from.number, numbers.as_slice()), (from, expected));
    }

    #[test]
    fn news_stand_beside_later_ones_for_those_who_were_busy() {
        let first = news(3, &[], 0).behind(&News::default());
        assert_eq!(Position::START, News::default().to);
        check(&first, 3, 0, &[]);
        let second = news(3, &[5, 6], 1).behind(&first);
        let third = news(6, &[9], 1).behind(&second);
        check(&third, 3, 3, &[5, 6, 9]);
        check(&third, 3, 5, &[6, 9]);
        check(&third, 3, 9, &[]);
    }

    #[test]
    fn no_more_news_are_kept_than_there_is_a_page_of() {
        let large = news(0, &[1, 2, 3, 4, 5], 1_000_000);
        check(&news(5, &[6], 1_000_000).behind(&large), 1, 0, &[2, 3, 4, 5, 6]);
        let numbers: Vec<_> = (1..=500).collect();
        let after = news(500, &[501], 1).behind(&news(0, &numbers, 1));
        assert_eq!((after.from.number, after.events.len()), (100, 401));
    }

    #[tokio::test]
    async fn a_change_wakes_who_looks_for_its_owner_and_nobody_else() {
        let feeds = Feeds::default();
        let [a, b] = ["a", "b"].map(|name| {
            let followed = Followed::default();
            feeds.followed.lock().unwrap().insert(owner(name), followed.clone());
            followed.touched
        });
        feeds.touch(&owner("a"));
        feeds.touch(&owner("c"));
        timeout(LONG, a.notified()).await.expect("it is woken");
        assert!(timeout(Duration::ZERO, b.notified()).await.is_err());
    }
}
