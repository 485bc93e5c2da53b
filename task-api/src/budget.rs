//! The bytes that may be held at the same time: of bodies, rows and answers, by whoever holds them.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
};

use bytes::Bytes;
use tokio::sync::Notify;

use crate::config::limits::FREE_BYTES;

/// One for the whole process.
#[derive(Debug)]
pub struct Budget {
    limit: usize,
    held: AtomicUsize,
    refused: AtomicU64,
    /// There is room again.
    freed: Notify,
}

impl Budget {
    pub fn of(limit_bytes: usize) -> Arc<Self> {
        let (held, refused, freed) = Default::default();
        Arc::new(Self { limit: limit_bytes, held, refused, freed })
    }

    /// Bytes that are held from now on, as long as what is returned; `None` if there is no room for them.
    pub(crate) fn hold(self: &Arc<Self>, bytes: usize) -> Option<Held> {
        self.take(bytes).then(|| Held { budget: Arc::clone(self), bytes })
    }

    /// The same of what is made for one request, whose first bytes are free: small answers go on, however much others hold.
    pub(crate) fn hold_beyond_free(self: &Arc<Self>, bytes: usize) -> Option<Held> {
        self.hold(bytes.saturating_sub(FREE_BYTES))
    }

    /// Text that counts as held as long as anybody has it, however many do. It is there, so there is room for it.
    pub(crate) fn counted(self: &Arc<Self>, text: Vec<u8>) -> Bytes {
        self.add(text.capacity());
        let held = Held { budget: Arc::clone(self), bytes: text.capacity() };
        Bytes::from_owner(Counted { _held: held, text })
    }

    /// Counts bytes in, if there is room for them.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        let taken = |held: usize| held.checked_add(bytes).filter(|held| *held <= self.limit);
        let is_taken = bytes == 0 || self.held.fetch_update(Relaxed, Relaxed, taken).is_ok();
        self.refused.fetch_add(u64::from(!is_taken), Relaxed);
        is_taken
    }

    /// Counts bytes in that are there already.
    pub(crate) fn add(&self, bytes: usize) {
        self.held.fetch_add(bytes, Relaxed);
    }

    pub(crate) fn give_back(&self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        let before = self.held.fetch_sub(bytes, Relaxed);
        if before > self.limit && before - bytes <= self.limit {
            self.freed.notify_waiters();
        }
    }

    pub(crate) fn held(&self) -> usize {
        self.held.load(Relaxed)
    }

    /// How often there was no room.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    /// Whether more is held than there is room for.
    pub(crate) fn is_full(&self) -> bool {
        self.held() > self.limit
    }

    /// Whether there will soon be no room: time to let go of what can be had again.
    pub(crate) fn is_crowded(&self) -> bool {
        self.held() > self.limit / 4 * 3
    }

    /// Waits for room.
    pub(crate) async fn room(&self) {
        loop {
            let freed = self.freed.notified();
            if !self.is_full() {
                return;
            }
            freed.await;
        }
    }
}

/// Bytes that are held as long as this is.
#[derive(Debug)]
pub(crate) struct Held {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Held {
    /// Gives back what is more than this.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        let more = self.bytes.saturating_sub(bytes);
        self.budget.give_back(more);
        self.bytes -= more;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}

/// What lies behind text that is counted.
struct Counted {
    _held: Held,
    text: Vec<u8>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_given_back_by_whoever_has_it_last() {
        let budget = Budget::of(100);
        let mut first = budget.hold(90).unwrap();
        assert!(budget.hold(11).is_none() && budget.hold(usize::MAX).is_none());
        let second = budget.hold(10).unwrap();
        first.shrink(40);
        first.shrink(70);
        assert_eq!((budget.held(), budget.refused()), (50, 2));
        drop((first, second));
        assert_eq!(budget.held(), 0);
    }

    #[tokio::test]
    async fn text_is_counted_as_long_as_anybody_has_it_and_who_waits_for_room_gets_it_then() {
        let budget = Budget::of(1000);
        let text = budget.counted(vec![b'x'; 1001]);
        let last = text.slice(1000..);
        drop(text);
        assert!(budget.is_full());
        tokio::join!(budget.room(), async { drop(last) });
        assert_eq!(budget.held(), 0);
    }
}
