//! Trying again: who may, how soon, and how long.

use std::{
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::{
    StoreError,
    failure::{Failure, Kind},
};

/// How long a request waits for a database that went away. One that has been away for longer is not waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// How long the server may compute before the statement is given up, and its connection with it.
pub(super) const STATEMENT_TIME: Duration = Duration::from_secs(10);

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// The tries of one request. Its deadline ends them too: who is not waited for any more does not try.
#[derive(Debug)]
pub(super) struct Tries {
    purpose: Purpose,
    since: Instant,
    pause: Duration,
    patience: Duration,
    time: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Read,
    Write,
    SafeWrite,
}

impl Tries {
    /// What changes nothing may be sent any number of times. A first try that gets no answer is given up soon: its
    /// connection may be dead, and another one may not.
    pub(super) fn read() -> Self {
        Self::new(Purpose::Read, PATIENCE, Duration::from_secs(1))
    }

    /// The same, where an answer may take its time.
    pub(super) fn long_read() -> Self {
        Self::new(Purpose::Read, PATIENCE, Duration::from_secs(3))
    }

    /// What changes something may be sent again only while it is known that nothing was done.
    pub(super) fn write() -> Self {
        Self::new(Purpose::Write, PATIENCE, STATEMENT_TIME)
    }

    /// What changes something once, however often it is sent, may be sent any number of times.
    pub(super) fn safe_write() -> Self {
        Self::new(Purpose::SafeWrite, PATIENCE, Duration::from_secs(3))
    }

    /// For those who want to know how the database is at this moment.
    pub(super) fn glance() -> Self {
        Self::new(Purpose::Read, Duration::from_millis(250), Duration::from_secs(1))
    }

    fn new(purpose: Purpose, patience: Duration, time: Duration) -> Self {
        Self { purpose, since: Instant::now(), pause: FIRST_PAUSE, patience, time }
    }

    /// How long the next try may wait for its answer.
    pub(super) fn time(&self) -> Duration {
        self.time
    }

    /// Waits until it is time for another try, if there may be one. `away` is how long there has been no database.
    ///
    /// # Errors
    ///
    /// Fails with what the request is to be told.
    pub(super) async fn after(&mut self, failure: Failure, away: Option<Duration>) -> Result<(), StoreError> {
        let may_help = failure.kind == Kind::Passing && (failure.is_undone || self.purpose != Purpose::Write);
        let waited = self.since.elapsed().max(away.unwrap_or_default());
        if !may_help || waited >= self.patience {
            return Err(match self.purpose {
                Purpose::Read => failure.of_read(),
                Purpose::Write | Purpose::SafeWrite => failure.of_write(),
            });
        }
        sleep(jittered(self.pause)).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        if self.purpose != Purpose::Write {
            self.time = (self.time * 2).min(STATEMENT_TIME);
        }
        Ok(())
    }
}

/// Between half of `pause` and all of it, so that those who failed together do not come back together.
pub(super) fn jittered(pause: Duration) -> Duration {
    let random = RandomState::new().hash_one(pause);
    #[expect(clippy::cast_precision_loss, reason = "any fraction will do")]
    let fraction = random as f64 / u64::MAX as f64;
    pause.mul_f64(0.5 + fraction / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_write_is_tried_again_only_if_nothing_was_done() {
        let lost = || Failure::unanswered("lost");
        assert!(Tries::read().after(lost(), None).await.is_ok());
        assert!(matches!(Tries::write().after(lost(), None).await, Err(StoreError::Unknown { .. })));
        assert!(Tries::write().after(Failure::unconnected("refused"), None).await.is_ok());
        assert!(Tries::safe_write().after(lost(), None).await.is_ok());
    }

    #[tokio::test]
    async fn a_database_that_is_away_for_long_is_not_waited_for() {
        let refused = Tries::write().after(Failure::unconnected("refused"), Some(PATIENCE)).await;
        assert!(matches!(refused, Err(StoreError::Unreachable { .. })));
    }

    #[test]
    fn pauses_differ() {
        let pauses: Vec<_> = (0..64).map(|_| jittered(LONGEST_PAUSE)).collect();
        assert!(pauses.iter().all(|pause| *pause >= LONGEST_PAUSE / 2 && *pause <= LONGEST_PAUSE));
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
    }
}
