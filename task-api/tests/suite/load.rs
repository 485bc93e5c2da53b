//! Clients that write and read, remember each answer, and know what the table must say in the end.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::atomic::{
        AtomicBool, AtomicUsize,
        Ordering::{Acquire, Relaxed, Release},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    http::{Answer, Caller},
    program::wait_for,
};

/// How long a client asks again for one thing.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long it waits in between. It is less patient than `Retry-After` asks it to be.
const PAUSE: Duration = Duration::from_millis(20);

/// What one who answers for a service that is not there says.
pub(crate) const BALANCER: &str = "from the balancer";

/// A load on a service, and what has come of it so far.
pub(crate) struct Load {
    address: SocketAddr,
    /// Whether an answer may fail to come: somebody ends what would give it.
    may_break: bool,
    /// Whether each request comes on a connection of its own.
    is_fresh: bool,
    is_over: AtomicBool,
    has_failed: AtomicBool,
    pub(crate) counts: Counts,
}

/// How many requests were answered, told to come back by the service, among them that nobody knows what came of them,
/// told to come back by the balancer, left without an answer, and sent again.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) answered: AtomicUsize,
    pub(crate) refused: AtomicUsize,
    pub(crate) unknown: AtomicUsize,
    pub(crate) bounced: AtomicUsize,
    pub(crate) broken: AtomicUsize,
    pub(crate) repeated: AtomicUsize,
}

/// A task, as far as the client that made it knows.
#[derive(Debug)]
pub(crate) struct Memory {
    title: String,
    fate: Fate,
}

#[derive(Debug)]
enum Fate {
    /// It was said that nothing was done.
    Refused,
    /// It was said, or is so, that nobody knows.
    Unknown,
    Kept {
        id: i64,
        version: i64,
    },
    Gone {
        id: i64,
        version: i64,
    },
}

/// Ends the load, whatever else happens: a test that fails must end.
struct Ending<'a>(&'a Load);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.has_failed.fetch_or(thread::panicking(), Release);
        self.0.is_over.store(true, Release);
    }
}

impl Load {
    /// On a service that always answers.
    pub(crate) fn on(address: SocketAddr) -> Self {
        let (is_over, has_failed, counts) = Default::default();
        Self { address, may_break: false, is_fresh: false, is_over, has_failed, counts }
    }

    /// On one that is ended now and then.
    pub(crate) fn on_mortal(address: SocketAddr) -> Self {
        Self { may_break: true, ..Self::on(address) }
    }

    /// On one that always answers, also who comes anew with each request.
    pub(crate) fn on_fresh(address: SocketAddr) -> Self {
        Self { is_fresh: true, ..Self::on(address) }
    }

    /// Lets clients work while `fate` does what it does. What they remember is whole: none leaves in the middle.
    pub(crate) fn run(&self, clients: usize, fate: impl FnOnce()) -> Vec<Memory> {
        thread::scope(|scope| {
            let clients: Vec<_> = (0..clients).map(|number| scope.spawn(move || self.client(number))).collect();
            let ending = Ending(self);
            fate();
            drop(ending);
            clients.into_iter().flat_map(|client| client.join().expect("every answer is as it must be")).collect()
        })
    }

    fn client(&self, number: usize) -> Vec<Memory> {
        let _ending = Ending(self);
        let mut client = Client { load: self, caller: Caller::of(self.address), memories: Vec::new() };
        for round in 0.. {
            if self.is_over.load(Acquire) {
                break;
            }
            client.round(round, &format!("client {number} round {round}"));
        }
        client.memories
    }

    /// Waits until that many more requests have been answered.
    #[track_caller]
    pub(crate) fn goes_on(&self, count: usize) {
        self.wait(&self.counts.answered, count);
    }

    /// Waits until that many more have been told to come back.
    #[track_caller]
    pub(crate) fn is_refused(&self, count: usize) {
        self.wait(&self.counts.refused, count);
    }

    /// How many were told so far that nobody knows what came of them.
    pub(crate) fn unknown(&self) -> usize {
        self.counts.unknown.load(Relaxed)
    }

    #[track_caller]
    fn wait(&self, counter: &AtomicUsize, more: usize) {
        let end = counter.load(Relaxed) + more;
        // A client that has failed ends the load, and says why.
        let is_there = || counter.load(Relaxed) >= end || self.is_over.load(Acquire);
        assert!(wait_for(|| is_there().then_some(())).is_some(), "it goes on: {:?}", self.counts);
    }
}

struct Client<'a> {
    load: &'a Load,
    caller: Caller,
    memories: Vec<Memory>,
}

/// What one request came to.
enum Outcome {
    Answered(Answer),
    Undone,
    Unknown,
}

impl Client<'_> {
    /// A task is made, read, listed and changed, and sometimes deleted.
    fn round(&mut self, round: usize, title: &str) {
        let body = format!(r#"{{"title":"{title}"}}"#);
        let key = title.replace(' ', "-");
        let key = (!round.is_multiple_of(3)).then_some(("idempotency-key", key.as_str()));
        let made = if let Some(key) = key {
            self.insist("POST", "/tasks", &[key], &body).0
        } else {
            match self.ask("POST", "/tasks", &[], &body) {
                Outcome::Answered(answer) => answer,
                Outcome::Undone => return self.remember(title, Fate::Refused),
                Outcome::Unknown => return self.remember(title, Fate::Unknown),
            }
        };
        assert_eq!(made.status, 201, "{}", made.text());
        let id = made.json()["id"].as_i64().expect("a task has an id");
        let path = format!("/tasks/{id}");

        let (read, _) = self.insist("GET", &path, &[], "");
        assert_eq!((read.status, read.text()), (200, made.text()), "what was answered is there");
        assert_eq!(self.insist("GET", "/tasks?limit=3", &[], "").0.status, 200);
        self.change(&path, id);
        if let Some(key) = key.filter(|_| round.is_multiple_of(2)) {
            let (again, _) = self.insist("POST", "/tasks", &[key], &body);
            assert_eq!((again.status, again.text()), (201, made.text()), "a key makes one task");
        }
        if !round.is_multiple_of(4) {
            return self.remember(title, Fate::Kept { id, version: 2 });
        }
        self.delete(&path, id);
        self.remember(title, Fate::Gone { id, version: 3 });
    }

    /// Deletes a task. One that was deleted before is not there, or is about to go.
    fn delete(&mut self, path: &str, id: i64) {
        let tag = format!("\"{id}-2\"");
        let (mut gone, is_repeated) = self.insist("DELETE", path, &[("if-match", &tag)], "");
        if is_repeated && gone.status == 412 {
            gone = self.insist("DELETE", path, &[("if-match", &tag)], "").0;
        }
        assert!(gone.status == 204 || (gone.status == 404 && is_repeated), "{} {}", gone.status, gone.text());
    }

    /// Changes a task once: if it may have been done before, the tag of its state tells.
    fn change(&mut self, path: &str, id: i64) {
        let (tag, next) = (format!("\"{id}-1\""), format!("\"{id}-2\""));
        let (changed, is_repeated) = self.insist("PATCH", path, &[("if-match", &tag)], r#"{"status":"done"}"#);
        let seen = if is_repeated && changed.status == 412 { self.insist("GET", path, &[], "").0 } else { changed };
        assert_eq!((seen.status, seen.header("etag")), (200, Some(next.as_str())), "{}", seen.text());
        assert_eq!(seen.json()["status"], "done");
    }

    fn remember(&mut self, title: &str, fate: Fate) {
        self.memories.push(Memory { title: title.to_owned(), fate });
    }

    /// Asks until there is an answer; and whether an earlier try may have done it.
    fn insist(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (Answer, bool) {
        let (start, mut is_repeated) = (Instant::now(), false);
        loop {
            match self.ask(method, path, headers, body) {
                Outcome::Answered(answer) => return (answer, is_repeated),
                Outcome::Undone => {}
                Outcome::Unknown => is_repeated = true,
            }
            let is_awaited = start.elapsed() < PATIENCE && !self.load.has_failed.load(Acquire);
            assert!(is_awaited, "{method} {path} is answered in the end");
            self.load.counts.repeated.fetch_add(1, Relaxed);
            thread::sleep(PAUSE);
        }
    }

    /// Asks once. An answer that is neither good nor honest ends the test.
    fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Outcome {
        let counts = &self.load.counts;
        if self.load.is_fresh {
            self.caller = Caller::of(self.load.address);
        }
        let answer = match self.caller.ask(method, path, headers, body) {
            Ok(answer) => answer,
            Err(error) => {
                assert!(self.load.may_break, "{method} {path}: {error}");
                counts.broken.fetch_add(1, Relaxed);
                return Outcome::Unknown;
            }
        };
        let text = answer.text();
        match answer.status {
            200 | 201 | 204 | 404 | 412 => {
                counts.answered.fetch_add(1, Relaxed);
                return Outcome::Answered(answer);
            }
            502..=504 if self.load.may_break && text == BALANCER => {
                counts.bounced.fetch_add(1, Relaxed);
                return Outcome::Unknown;
            }
            409 | 503 | 504 if answer.header("retry-after").is_some() => {}
            status => panic!("{method} {path}: {status} {text}"),
        }
        counts.refused.fetch_add(1, Relaxed);
        if ["is not known", "may have been done"].iter().any(|said| text.contains(said)) {
            counts.unknown.fetch_add(1, Relaxed);
            return Outcome::Unknown;
        }
        Outcome::Undone
    }
}

/// All tasks there are by their titles, and the versions of those that were.
#[derive(Debug, Default)]
pub(crate) struct Table {
    tasks: HashMap<String, Vec<(i64, i64)>>,
    graves: HashMap<i64, i64>,
}

/// What lines of a [`Table`] are made of: an id, a version, and of tasks that are there a title.
pub(crate) const TABLE: &str = "SELECT id || '|' || version || '|' || title FROM task \
    UNION ALL SELECT id || '|' || version FROM task_tombstone";

impl Table {
    pub(crate) fn of<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut table = Self::default();
        for line in lines {
            let mut parts = line.split('|');
            let mut number = || parts.next().and_then(|part| part.parse().ok()).expect("a number");
            let (id, version) = (number(), number());
            match parts.next() {
                Some(title) => table.tasks.entry(title.to_owned()).or_default().push((id, version)),
                None => drop(table.graves.insert(id, version)),
            }
        }
        table
    }

    /// No accepted change is lost, none was made twice, and none that was refused was made.
    #[track_caller]
    pub(crate) fn bears_out(&self, memories: &[Memory]) {
        for memory in memories {
            let found = self.tasks.get(&memory.title).map(Vec::as_slice).unwrap_or_default();
            let is_right = match memory.fate {
                Fate::Refused => found.is_empty(),
                Fate::Unknown => found.len() <= 1,
                Fate::Kept { id, version } => found == [(id, version)],
                Fate::Gone { id, version } => found.is_empty() && self.graves.get(&id) == Some(&version),
            };
            assert!(is_right, "{memory:?}, and there is {found:?}");
        }
        let known = |memory: &&Memory| matches!(memory.fate, Fate::Kept { .. } | Fate::Gone { .. });
        let (least, most) = (
            memories.iter().filter(known).count(),
            memories.iter().filter(|memory| !matches!(memory.fate, Fate::Refused)).count(),
        );
        let there = self.graves.len() + self.tasks.iter().filter(|(title, _)| title.starts_with("client")).count();
        assert!((least..=most).contains(&there), "{least} <= {there} <= {most}");
    }
}
