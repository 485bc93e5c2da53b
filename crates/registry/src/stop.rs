//! Whether a client's work is to end.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::RegistryError;

/// Told once, heard by all that wait or are about to ask for something more. Clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<(Mutex<bool>, Condvar)>);

impl Stop {
    pub(crate) fn set(&self) {
        *self.lock() = true;
        self.0.1.notify_all();
    }

    pub(crate) fn is_set(&self) -> bool {
        *self.lock()
    }

    /// Fails if the work is to end.
    pub(crate) fn check(&self) -> Result<(), RegistryError> {
        if self.is_set() { Err(RegistryError::Interrupted) } else { Ok(()) }
    }

    /// Waits for so long, or fails as soon as the work is to end.
    pub(crate) fn wait(&self, pause: Duration) -> Result<(), RegistryError> {
        let deadline = Instant::now() + pause;
        let mut is_set = self.lock();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if *is_set {
                return Err(RegistryError::Interrupted);
            }
            if left.is_zero() {
                return Ok(());
            }
            is_set = self.0.1.wait_timeout(is_set, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_when_the_work_is_to_end() {
        let stop = Stop::default();
        assert!(stop.wait(Duration::from_millis(1)).is_ok() && stop.check().is_ok());
        let other = stop.clone();
        let waiting = std::thread::spawn(move || other.wait(Duration::from_hours(1)));
        stop.set();
        assert!(matches!(waiting.join().unwrap(), Err(RegistryError::Interrupted)));
        assert!(stop.check().is_err());
    }
}
