//! The feed of changes, and those who follow it.
//!
//! Every task that is or was there stands in the feed once, where its last change put it. Whoever follows it from the
//! beginning has all tasks first, and then every change.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    time::sleep,
};
use tracing::debug;

use crate::{
    app::AppState,
    request::owner::Owner,
    store::StoreError,
    task::{CreatedAt, Task},
};

/// Changes that a follower is sent at a time: each may be as large as a body.
pub(crate) const PAGE: i64 = 20;

/// How long changes that other replicas made may go unseen by those who follow.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A task as its last change left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed {
    /// Where it stands in the feed. A later change of the task moves it to the end.
    pub(crate) position: i64,
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

/// All of an owner's changes between two positions: behind `from`, up to `to`.
#[derive(Debug, Default)]
pub(crate) struct News {
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) changes: Vec<Changed>,
}

pub(crate) type Follower = watch::Receiver<Arc<News>>;

/// What the followers of one replica share: for each owner one who looks. While nobody follows, nobody looks, and the
/// database may sleep.
#[derive(Debug)]
pub(crate) struct Feeds {
    followed: Mutex<HashMap<Owner, watch::Sender<Arc<News>>>>,
    touched: Notify,
    is_over: watch::Sender<bool>,
}

impl Default for Feeds {
    fn default() -> Self {
        Self { followed: Mutex::default(), touched: Notify::new(), is_over: watch::Sender::new(false) }
    }
}

impl Feeds {
    /// Says that this replica has changed something.
    pub(crate) fn touch(&self) {
        self.touched.notify_waiters();
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
        if let Some(sender) = followed.get(owner) {
            return sender.subscribe();
        }
        let (sender, receiver) = watch::channel(Arc::default());
        followed.insert(owner.clone(), sender.clone());
        tokio::spawn(look(state.clone(), owner.clone(), sender));
        receiver
    }

    /// Whether nobody follows any more. Then somebody else must look for those who come later.
    fn leave(&self, owner: &Owner) -> bool {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let is_alone = followed.get(owner).is_none_or(|sender| sender.receiver_count() == 0);
        if is_alone {
            followed.remove(owner);
        }
        is_alone
    }
}

/// Tells an owner's followers what changes, as long as there are any.
async fn look(state: AppState, owner: Owner, sender: watch::Sender<Arc<News>>) {
    let mut seen = None;
    loop {
        let touched = state.feeds.touched.notified();
        match look_once(&state, &owner, seen).await {
            Ok(news) => {
                seen = Some(news.to);
                if !news.changes.is_empty() {
                    sender.send_replace(Arc::new(news));
                    continue;
                }
            }
            Err(error) => debug!(cause = error.cause(), "cannot look for changes"),
        }
        tokio::select! {
            () = touched => {}
            () = sleep(LOOK_EVERY) => {}
            () = sender.closed() => {}
        }
        if sender.is_closed() && state.feeds.leave(&owner) {
            return;
        }
    }
}

async fn look_once(state: &AppState, owner: &Owner, seen: Option<i64>) -> Result<News, StoreError> {
    let store = state.store()?;
    let Some(from) = seen else {
        // Those who follow read for themselves what was there before.
        let to = store.last_position().await?;
        return Ok(News { from: to, to, changes: Vec::new() });
    };
    let changes = store.changes(owner, from, PAGE).await?;
    let to = changes.last().map_or(from, |last| last.position);
    Ok(News { from, to, changes })
}
