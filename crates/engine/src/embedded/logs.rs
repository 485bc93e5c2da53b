//! The end of what a program writes.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read as _};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

const BYTES_MAX: usize = 1 << 20;

/// The last MiB of a stream, read as it comes.
#[derive(Clone)]
pub(crate) struct Tail(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    bytes: VecDeque<u8>,
    ended: bool,
}

impl Tail {
    pub(crate) fn of(mut stream: File) -> io::Result<Self> {
        let tail = Self(Arc::default());
        let inner = Arc::clone(&tail.0);
        thread::Builder::new().name("logs".to_owned()).spawn(move || {
            let mut buffer = vec![0; 64 << 10];
            while let Ok(count) = stream.read(&mut buffer) {
                if count == 0 {
                    break;
                }
                let mut state = inner.state.lock().unwrap_or_else(PoisonError::into_inner);
                state.bytes.extend(&buffer[..count]);
                let surplus = state.bytes.len().saturating_sub(BYTES_MAX);
                state.bytes.drain(..surplus);
            }
            inner.state.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
            inner.ended.notify_all();
        })?;
        Ok(tail)
    }

    /// What is there now.
    pub(crate) fn text(&self) -> String {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, second) = state.bytes.as_slices();
        String::from_utf8_lossy(&[first, second].concat()).into_owned()
    }

    /// Waits until the stream's last writer is gone, for a moment.
    pub(crate) fn wait_for_end(&self) {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.0.ended.wait_timeout_while(state, Duration::from_secs(1), |state| !state.ended));
    }
}
