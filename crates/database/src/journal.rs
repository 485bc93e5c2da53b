//! What a throwaway server says of those who come to it: read from its log while it runs, kept as counts.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::client::APPLICATION;

/// How each line of the log begins: the process, and what calls itself the application.
pub(crate) const PREFIX: &str = "%p|%a|";
/// The longest part of a line that is looked at, in bytes: statements may be of any length.
const LINE: usize = 1 << 10;
/// How many of the last lines are kept.
const LINES: usize = 20;
/// How long the end of a log is waited for once its server has ended.
const END: Duration = Duration::from_secs(1);
/// The most sessions of ours that are remembered.
const OURS: usize = 10_000;
/// The most databases whose logins are counted each.
const DATABASES: usize = 1000;

/// What was seen of a service, our own sessions aside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// TCP connections, whatever came of them.
    pub connections: u64,
    /// Logins by the password of the run.
    pub logins: u64,
    /// Statements of those sessions.
    pub statements: u64,
    /// Why the server turned somebody away, the last time.
    pub refusal: Option<String>,
}

#[derive(Default)]
struct State {
    seen: Seen,
    /// How many of the logins each database got.
    logins: HashMap<String, u64>,
    ours: HashSet<u32>,
    last: VecDeque<String>,
    is_whole: bool,
}

/// A server's log as it comes.
#[derive(Clone, Default)]
pub(crate) struct Journal {
    shared: Arc<(Mutex<State>, Condvar)>,
}

impl Journal {
    /// Reads until the server ends, in a thread of its own.
    pub(crate) fn follow(&self, log: impl Read + Send + 'static) {
        let journal = self.clone();
        std::thread::spawn(move || journal.read(log));
    }

    pub(crate) fn seen(&self) -> Seen {
        self.state().seen.clone()
    }

    /// As [`Journal::seen`], once it is as `wanted`, or when the time is over.
    pub(crate) fn seen_when(&self, wanted: impl Fn(&Seen) -> bool, within: Duration) -> Seen {
        self.when(|state| wanted(&state.seen), within).seen.clone()
    }

    /// Logins to this database, as soon as there is one, or when the time is over.
    pub(crate) fn logins_to(&self, database: &str, within: Duration) -> u64 {
        self.when(|state| state.logins.contains_key(database), within).logins.get(database).copied().unwrap_or_default()
    }

    fn when(&self, wanted: impl Fn(&State) -> bool, within: Duration) -> MutexGuard<'_, State> {
        let deadline = Instant::now() + within;
        let mut state = self.state();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || wanted(&state) {
                return state;
            }
            state = self.shared.1.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The last lines, statements aside: of a server that has ended, all of them.
    pub(crate) fn last_lines(&self, has_ended: bool) -> Vec<u8> {
        let deadline = Instant::now() + END;
        let mut state = self.state();
        while has_ended && !state.is_whole && Instant::now() < deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            state = self.shared.1.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.last.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, mut log: impl Read) {
        let mut piece = [0; 8 << 10];
        let mut line: Vec<u8> = Vec::new();
        while let Ok(length @ 1..) = log.read(&mut piece) {
            for part in piece[..length].split_inclusive(|byte| *byte == b'\n') {
                let room = LINE.saturating_sub(line.len());
                line.extend_from_slice(&part[..part.len().min(room)]);
                if part.ends_with(b"\n") {
                    self.take(String::from_utf8_lossy(&line).trim_end());
                    line.clear();
                }
            }
        }
        self.take(String::from_utf8_lossy(&line).trim_end());
        self.state().is_whole = true;
        self.shared.1.notify_all();
    }

    fn take(&self, line: &str) {
        let mut state = self.state();
        let mut parts = line.splitn(3, '|');
        let (process, application, said) = (parts.next(), parts.next(), parts.next());
        let Some((process, said)) = process.and_then(|process| process.parse::<u32>().ok()).zip(said) else {
            // The lines of a long statement, or of a program before it reads its settings.
            if !line.starts_with('\t') && !line.is_empty() {
                state.keep(line);
            }
            return;
        };
        let is_ours = application == Some(APPLICATION) || state.ours.contains(&process);
        if let Some(login) = said.strip_prefix("LOG:  connection authorized: ") {
            if login.split(' ').any(|part| part == format!("application_name={APPLICATION}")) {
                // Its connection was counted when nobody knew yet whose it is.
                state.seen.connections = state.seen.connections.saturating_sub(1);
                if state.ours.len() >= OURS {
                    state.ours.clear();
                }
                state.ours.insert(process);
            } else {
                state.ours.remove(&process);
                state.seen.logins += 1;
                let database = login.split(' ').find_map(|part| part.strip_prefix("database="));
                if let Some(database) = database
                    && (state.logins.len() < DATABASES || state.logins.contains_key(database))
                {
                    *state.logins.entry(database.to_owned()).or_default() += 1;
                }
            }
        } else if said.starts_with("LOG:  connection received: ") {
            state.ours.remove(&process);
            state.seen.connections += 1;
        } else if said.starts_with("LOG:  statement: ") || said.starts_with("LOG:  execute ") {
            if !is_ours {
                state.seen.statements += 1;
            }
        } else {
            if let Some(refusal) = said.strip_prefix("FATAL:  ").filter(|_| !is_ours) {
                state.seen.refusal = Some(refusal.to_owned());
            }
            state.keep(said);
        }
        self.shared.1.notify_all();
    }
}

impl State {
    fn keep(&mut self, line: &str) {
        if self.last.len() >= LINES {
            self.last.pop_front();
        }
        self.last.push_back(line.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(log: &str) -> Journal {
        let journal = Journal::default();
        journal.read(log.as_bytes());
        journal
    }

    #[test]
    fn a_login_is_told_from_a_connection_and_from_one_of_ours() {
        let log = "10|[unknown]|LOG:  connection received: host=127.0.0.1 port=1\n\
             11|[unknown]|LOG:  connection received: host=127.0.0.1 port=2\n\
             11|[unknown]|LOG:  connection authenticated: identity=\"app\" method=scram-sha-256 (x)\n\
             11|[unknown]|LOG:  connection authorized: user=app database=app SSL enabled (protocol=TLSv1.3)\n\
             11|web|LOG:  statement: SELECT 1\n\
             11|web|LOG:  execute <unnamed>: INSERT INTO t\n\tVALUES (1)\n\
             12|[unknown]|LOG:  connection received: host=127.0.0.1 port=3\n\
             12|[unknown]|LOG:  connection authorized: user=app database=app application_name=seaworthy SSL enabled (x)\n\
             12|seaworthy|LOG:  statement: SELECT 2\n\
             13|[unknown]|FATAL:  password authentication failed for user \"app\"\n";
        let journal = journal(log);
        let seen = journal.seen();
        assert_eq!(["app", "scenario_1"].map(|name| journal.logins_to(name, Duration::ZERO)), [1, 0]);
        let refusal = Some("password authentication failed for user \"app\"".to_owned());
        assert_eq!(seen, Seen { connections: 2, logins: 1, statements: 2, refusal });
    }

    #[test]
    fn a_log_is_kept_short_and_without_statements() {
        let long = format!("1|x|LOG:  statement: {}\n", "secret".repeat(1_000_000));
        let lines = (0..100).map(|n| format!("1|x|LOG:  line {n}\n")).collect::<Vec<_>>().concat();
        let journal = journal(&(long + &lines));
        let last = String::from_utf8(journal.last_lines(false)).unwrap();
        assert_eq!(last.lines().count(), LINES);
        assert!(last.starts_with("LOG:  line 80\n") && !last.contains("secret"));
        assert_eq!(journal.seen().statements, 1);
    }
}
