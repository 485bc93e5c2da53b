//! What a container writes, taken as it comes: the end of each stream, in memory. The daemon keeps nothing of it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::query_parameters::AttachContainerOptionsBuilder;
use futures_util::StreamExt as _;
use tokio::task::JoinHandle;

use super::client::Client;
use crate::Logs;

/// What is kept of each stream.
pub(crate) const STREAM_BYTES: usize = 1 << 20;

/// The end of both streams.
#[derive(Default)]
pub(crate) struct Kept {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Kept {
    pub(crate) fn add(&mut self, piece: &LogOutput) {
        let (kept, more) = match piece {
            LogOutput::StdErr { message } => (&mut self.stderr, message),
            LogOutput::StdOut { message } | LogOutput::Console { message } => (&mut self.stdout, message),
            LogOutput::StdIn { .. } => return,
        };
        kept.extend_from_slice(more);
        if kept.len() > 2 * STREAM_BYTES {
            kept.drain(..kept.len() - STREAM_BYTES);
        }
    }

    pub(crate) fn logs(&self) -> Logs {
        let text = |kept: &[u8]| String::from_utf8_lossy(&kept[kept.len().saturating_sub(STREAM_BYTES)..]).into_owned();
        Logs { stdout: text(&self.stdout), stderr: text(&self.stderr) }
    }
}

/// Follows the streams of one container.
pub(crate) struct Output {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    kept: Mutex<(Kept, bool)>,
    ended: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, (Kept, bool)> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Output {
    /// Of a container that has not started yet, so that nothing is missed.
    pub(crate) fn attach(client: &Client, id: &str) -> Result<Self, Error> {
        let options = AttachContainerOptionsBuilder::default().stream(true).stdout(true).stderr(true).build();
        let mut attached = client.block(client.docker.attach_container(id, Some(options)))?;
        let shared = Arc::<Shared>::default();
        let following = Arc::clone(&shared);
        let task = client.spawn(async move {
            while let Some(Ok(piece)) = attached.output.next().await {
                following.lock().0.add(&piece);
            }
            following.lock().1 = true;
            following.ended.notify_all();
        });
        Ok(Self { shared, task })
    }

    /// What came so far.
    pub(crate) fn logs(&self) -> Logs {
        self.shared.lock().0.logs()
    }

    /// All of it, of a container that has exited; at most so long.
    pub(crate) fn wait_for_end(&self, patience: Duration) {
        drop(self.shared.ended.wait_timeout_while(self.shared.lock(), patience, |(_, ended)| !*ended));
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn the_end_of_each_stream_is_kept() {
        let mut kept = Kept::default();
        let piece = Bytes::from(vec![b'x'; 64 << 10]);
        for _ in 0..100 {
            kept.add(&LogOutput::StdOut { message: piece.clone() });
            assert!(kept.stdout.len() <= 2 * STREAM_BYTES + piece.len());
        }
        kept.add(&LogOutput::StdOut { message: Bytes::from_static(b"the end") });
        kept.add(&LogOutput::StdErr { message: Bytes::from_static(b"oh") });
        let logs = kept.logs();
        assert_eq!(logs.stdout.len(), STREAM_BYTES);
        assert!(logs.stdout.ends_with("xthe end"));
        assert_eq!(logs.stderr, "oh");
    }
}
