//! What the container wrote.

use std::time::{Duration, Instant};

use super::{POLL, Play};
use crate::Finding;

/// How long a log line may take to arrive.
const LOG: Duration = Duration::from_secs(2);

impl Play<'_, '_> {
    pub(super) fn log_contains(&mut self, text: &str) -> Result<(), Finding> {
        let text = self.filled_text(text, str::to_owned);
        let container = self.container()?;
        let deadline = Instant::now() + LOG.min(self.runs.options.timeout);
        loop {
            let logs = container.logs().map_err(|error| self.runs.engine_failed(&error))?;
            if logs.stdout.contains(&text) || logs.stderr.contains(&text) {
                self.seen.push("found in the log".to_owned());
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(Finding::fail(format!("not in the log{}", self.runs.last_words(container))));
            }
            std::thread::sleep(POLL);
        }
    }
}
