//! What the runs left: rows in the user's database, and what the containers' logs showed.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use seaworthy_engine::{Container, Logs};
use seaworthy_report::Verdict;
use seaworthy_spec::About;

use super::bounds::Bounded;
use super::{Main, Runs, held, logs};
use crate::Finding;
use crate::crud::Rows;
use crate::lanes::Place;

/// How long nothing may come before a log is taken to be all there is, and how long that is waited for.
const QUIET: Duration = Duration::from_millis(60);
const SETTLES: Duration = Duration::from_millis(500);
/// Between two looks.
const POLL: Duration = Duration::from_millis(20);

/// What the runs of a verification left.
#[derive(Default)]
pub(crate) struct Ledger {
    /// Created in the user's own database and not removed yet.
    rows: Mutex<Rows>,
    /// That the rows were removed, as far as they could be.
    closed: AtomicBool,
    /// How many secrets stood in the logs of which container.
    leaks: Mutex<Vec<(String, usize)>>,
    logs_read: AtomicUsize,
    /// A container that wrote more than is kept.
    logs_cut: Mutex<Option<String>>,
}

impl Ledger {
    /// Ends it; false where that was done before.
    pub(crate) fn close(&self) -> bool {
        !self.closed.swap(true, Ordering::Relaxed)
    }

    /// Held by whoever writes into the user's own database.
    pub(crate) fn rows(&self) -> MutexGuard<'_, Rows> {
        held(&self.rows)
    }

    /// The first container whose log showed secrets, and how many.
    pub(crate) fn leak(&self) -> Option<(String, usize)> {
        held(&self.leaks).first().cloned()
    }

    /// How many logs were read.
    pub(crate) fn logs_read(&self) -> usize {
        self.logs_read.load(Ordering::Relaxed)
    }

    /// A container that wrote more than is kept.
    pub(crate) fn cut_log(&self) -> Option<String> {
        held(&self.logs_cut).clone()
    }
}

impl Runs<'_> {
    /// Looks for secrets in raw logs.
    pub(crate) fn search(&self, logs: &Logs, whose: &str) {
        let ledger = &self.ledger;
        ledger.logs_read.fetch_add(1, Ordering::Relaxed);
        if logs::is_cut(&logs.stdout) || logs::is_cut(&logs.stderr) {
            held(&ledger.logs_cut).get_or_insert_with(|| whose.to_owned());
        }
        let found = self.redactor.count_in(&logs.stdout) + self.redactor.count_in(&logs.stderr);
        if found > 0 {
            held(&ledger.leaks).push((whose.to_owned(), found));
        }
    }

    /// Ends a container that is no longer needed, reads its logs to their last line, and has it removed.
    pub(crate) fn retire(&self, container: Bounded, whose: &str) {
        let container = container.ended();
        if let Ok(logs) = container.logs() {
            self.search(&logs, whose);
            self.latest.replace(self.lines_since(&logs, self.at_start.get()));
        }
        self.remover.remove(Box::new(container));
    }

    /// The newest container has logged nothing yet.
    pub(super) fn nothing_logged(&self) {
        self.at_start.set((0, 0));
    }

    /// Notes how much a container has logged now that it is up.
    pub(super) fn note_start(&self, container: &dyn Container) {
        self.at_start.set(lengths(&container.logs().unwrap_or_default()));
    }

    /// A promise about the service that fails is told with what the container logged at that moment: the one that was looked at last,
    /// else the main one.
    pub(crate) fn with_log(&self, main: &Main, about: About, decide: impl FnOnce() -> Finding) -> Finding {
        let logs = || main.up.container.logs().unwrap_or_default();
        let before = lengths(&logs());
        self.latest.take();
        let finding = decide();
        let is_told = finding.evidence.contains("last log line") || finding.evidence.contains("it logged nothing");
        if finding.verdict != Verdict::Fail || !matches!(about, About::Service | About::Container) || is_told {
            return finding;
        }
        let lines = match self.latest.take() {
            // What the main one logs meanwhile is about other promises.
            none if none.is_empty() && !matches!(self.place, Place::Apart | Place::Memory) => {
                let logs = settled_logs(main.up.container.as_ref()).unwrap_or_default();
                self.lines_since(&logs, before)
            }
            lines => lines,
        };
        if lines.is_empty() { finding } else { finding.with(&format!("last log lines: {lines}")) }
    }

    fn lines_since(&self, logs: &Logs, (stdout, stderr): (usize, usize)) -> String {
        // A stream that is full moves: then its last lines are what there is.
        let rest = |text: &str, from: usize| {
            if logs::is_cut(text) { text.to_owned() } else { text.get(from..).unwrap_or_default().to_owned() }
        };
        self.last_lines(&rest(&logs.stdout, stdout), &rest(&logs.stderr, stderr))
    }

    /// Keeps in mind what was created in the user's own database.
    pub(crate) fn remember(&self, path: &str) {
        if self.database.is_given_server() {
            self.ledger.rows().push(path.to_owned());
        }
    }
}

/// The logs when nothing more comes: what a service writes before it answers may arrive behind the answer.
/// `None` where the engine does not tell.
pub(super) fn settled_logs(container: &dyn Container) -> Option<Logs> {
    let started = Instant::now();
    let mut logs = container.logs().ok()?;
    let mut quiet_since = Instant::now();
    while quiet_since.elapsed() < QUIET && started.elapsed() < SETTLES {
        std::thread::sleep(POLL);
        let now = container.logs().ok()?;
        if lengths(&now) != lengths(&logs) {
            quiet_since = Instant::now();
        }
        logs = now;
    }
    Some(logs)
}

fn lengths(logs: &Logs) -> (usize, usize) {
    (logs.stdout.len(), logs.stderr.len())
}
