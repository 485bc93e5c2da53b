//! The holders of a prepared image: some are made before they are needed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::holder::{Holder, Maker, Waiting};
use crate::{EngineError, Service};

/// How many are made beforehand at most.
const MOST: usize = 6;

/// Gives each container a holder.
pub(crate) struct Holders {
    maker: Arc<Maker>,
    /// Those that wait for a container; the first was made when the image was prepared, to see that it can be.
    spare: Mutex<VecDeque<Spare>>,
}

enum Spare {
    Made(Waiting),
    Begun(JoinHandle<Result<Waiting, EngineError>>),
}

impl Holders {
    /// # Errors
    ///
    /// Fails where this machine's programs do not run in the daemon's containers: it is on another machine, or in a virtual one.
    pub(crate) fn new(maker: Maker) -> Result<Self, EngineError> {
        let maker = Arc::new(maker);
        let first = Spare::Made(maker.wait_for_new()?);
        Ok(Self { maker, spare: Mutex::new(VecDeque::from([first])) })
    }

    /// The network of a container that reaches these services and nothing else.
    pub(crate) fn hold(&self, services: &[Service]) -> Result<Holder, EngineError> {
        // One that was begun is waited for without the others.
        let spare = self.spare().pop_front();
        let waiting = match spare.and_then(Spare::made) {
            Some(waiting) => waiting,
            None => self.maker.wait_for_new()?,
        };
        waiting.hold(services)
    }

    /// Begins one more.
    pub(crate) fn expect_another(&self) {
        let mut spare = self.spare();
        if spare.len() < MOST {
            let maker = Arc::clone(&self.maker);
            let begun = thread::Builder::new().name("holder".to_owned()).spawn(move || maker.wait_for_new());
            // Where there is no thread, it is made when it is needed.
            spare.extend(begun.ok().map(Spare::Begun));
        }
    }

    /// Waits until all that were begun are made.
    pub(crate) fn rest(&self) {
        let mut spare = self.spare();
        *spare = spare.drain(..).filter_map(Spare::made).map(Spare::Made).collect();
    }

    fn spare(&self) -> MutexGuard<'_, VecDeque<Spare>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spare {
    /// `None` where it could not be made: whoever then makes another learns why.
    fn made(self) -> Option<Waiting> {
        match self {
            Self::Made(waiting) => Some(waiting),
            Self::Begun(thread) => thread.join().ok()?.ok(),
        }
    }
}

impl Drop for Holders {
    fn drop(&mut self) {
        // Containers first, all at once.
        let spare = std::mem::take(self.spare.get_mut().unwrap_or_else(PoisonError::into_inner));
        thread::scope(|scope| {
            for one in spare {
                scope.spawn(|| drop(one.made()));
            }
        });
        self.maker.remove_image();
    }
}
