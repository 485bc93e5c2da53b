//! What the container wrote.

use std::time::{Duration, Instant};

use super::{POLL, Play};
use crate::Finding;
use crate::run::{logs, seconds};

/// How long a log line may take to arrive.
const LOG: Duration = Duration::from_secs(2);

impl Play<'_, '_> {
    pub(super) fn log_contains(&mut self, text: &str) -> Result<(), Finding> {
        let deadline = Instant::now() + LOG.min(self.runs.options.timeout);
        if !self.is_logged(text, deadline)? {
            let words = self.runs.last_words(self.container()?);
            return Err(Finding::fail(format!("not in the log{words}")));
        }
        self.seen.push("found in the log".to_owned());
        Ok(())
    }

    /// Looks again and again, from the container's start where the step before made it.
    pub(super) fn wait_log(&mut self, text: &str, within: Duration) -> Result<(), Finding> {
        let from = if self.just_started { self.container()?.started_at() } else { Instant::now() };
        if !self.is_logged(text, from + within)? {
            let words = self.runs.last_words(self.container()?);
            return Err(Finding::fail(format!("not in the log within {}{words}", seconds(within))));
        }
        self.seen.push(format!("found in the log after {} ms", from.elapsed().as_millis()));
        Ok(())
    }

    fn is_logged(&self, text: &str, deadline: Instant) -> Result<bool, Finding> {
        let text = self.filled_part(text)?;
        let container = self.container()?;
        loop {
            // The last look is after the end: what came in time may be read late.
            let is_late = Instant::now() >= deadline;
            let logs = container.logs().map_err(|error| self.runs.engine_failed(&error))?;
            let is_cut = logs::is_cut(&logs.stdout) || logs::is_cut(&logs.stderr);
            if is_cut && self.since != (0, 0) {
                return Err(Finding::unproven("the log is longer than what is kept: what is new in it cannot be told"));
            }
            let new = |stream: &str, since: usize| stream.get(since..).is_some_and(|new| new.contains(&text));
            if new(&logs.stdout, self.since.0) || new(&logs.stderr, self.since.1) {
                return Ok(true);
            }
            if is_late {
                return Ok(false);
            }
            std::thread::sleep(POLL);
        }
    }
}
