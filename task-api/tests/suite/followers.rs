//! Those who follow the feed of changes, and what they must know in the end.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Mutex,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::{
    http::Caller,
    program::{psql, wait_for},
};

/// What somebody who follows the feed knows of each task: its version, and what it says if it is there.
type View = BTreeMap<i64, (i64, Option<String>)>;

/// How long a follower waits before it comes back for more.
const PAUSE: Duration = Duration::from_millis(10);

/// One who follows the feed, comes back when it breaks, and goes on where it was left.
pub(crate) struct Follower {
    address: SocketAddr,
    /// Whether an answer may fail to come: somebody ends what would give it.
    may_break: bool,
    view: Mutex<View>,
    /// What to ask with for what comes next.
    cursor: Mutex<String>,
    returns: AtomicUsize,
}

impl Follower {
    /// Of a service that always answers.
    pub(crate) fn of(address: SocketAddr) -> Self {
        let (view, cursor, returns) = Default::default();
        Self { address, may_break: false, view, cursor, returns }
    }

    /// Of one that is ended now and then.
    pub(crate) fn of_mortal(address: SocketAddr) -> Self {
        Self { may_break: true, ..Self::of(address) }
    }

    /// How often it came back.
    pub(crate) fn returns(&self) -> usize {
        self.returns.load(Relaxed)
    }

    /// Takes note of a change, which must be news.
    fn learn(&self, change: &Value) {
        let number = |name: &str| change[name].as_i64().expect("a number");
        let (id, version, task) = (number("id"), number("version"), &change["task"]);
        let text = |name: &str| task[name].as_str().unwrap_or_default().to_owned();
        let says = task.is_object().then(|| format!("{} {}", text("title"), text("status")));
        assert_eq!(says.is_none(), change["deleted"].as_bool().expect("it says"));
        let before = self.view.lock().expect("nobody fails with it").insert(id, (version, says));
        let is_news = before.as_ref().is_none_or(|(before, _)| *before < version);
        assert!(is_news, "task {id} goes from {before:?} to version {version}");
        self.reach(change["cursor"].as_str().expect("a cursor"));
    }

    fn reach(&self, cursor: &str) {
        cursor.clone_into(&mut self.cursor.lock().expect("nobody fails with it"));
    }

    fn cursor(&self) -> String {
        self.cursor.lock().expect("nobody fails with it").clone()
    }

    /// A page at a time.
    pub(crate) fn turn_pages(&self, is_over: &AtomicBool) {
        let mut caller = Caller::of(self.address);
        while !is_over.load(Acquire) {
            let cursor = self.cursor();
            let query = if cursor.is_empty() { String::new() } else { format!("&cursor={cursor}") };
            match caller.ask("GET", &format!("/tasks/changes?limit=100{query}"), &[], "") {
                Ok(page) if page.status == 200 => {
                    let page = page.json();
                    page["changes"].as_array().expect("a list").iter().for_each(|change| self.learn(change));
                    self.reach(page["cursor"].as_str().expect("a cursor"));
                }
                Ok(answer) => self.check(answer.status),
                Err(error) => assert!(self.may_break, "{error}"),
            }
            self.come_back();
        }
    }

    /// As it happens.
    pub(crate) fn listen(&self, is_over: &AtomicBool) {
        while !is_over.load(Acquire) {
            if let Err(error) = self.listen_once(is_over) {
                let is_quiet = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
                assert!(is_quiet || self.may_break, "{error}");
            }
            self.come_back();
        }
    }

    fn listen_once(&self, is_over: &AtomicBool) -> io::Result<()> {
        let mut stream = TcpStream::connect(self.address)?;
        // Who hears nothing for that long comes back, as who hears nothing for ever must.
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        let last = self.cursor();
        let last = if last.is_empty() { String::new() } else { format!("last-event-id: {last}\r\n") };
        // In the older protocol a stream has no frames, and ends with the connection.
        write!(stream, "GET /tasks/changes HTTP/1.0\r\naccept: text/event-stream\r\n{last}\r\n")?;
        let mut lines = BufReader::new(stream).lines();
        let Some(first) = lines.next().transpose()? else { return Err(io::ErrorKind::UnexpectedEof.into()) };
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("an answer has a status");
        if status != 200 {
            self.check(status);
            return Ok(());
        }
        let mut data = String::new();
        for line in lines {
            let line = line?;
            if let Some(text) = line.strip_prefix("data: ") {
                text.clone_into(&mut data);
            } else if line.is_empty() && !data.is_empty() {
                self.learn(&serde_json::from_str(&data).expect("it says JSON"));
                data.clear();
            }
            if is_over.load(Acquire) {
                return Ok(());
            }
        }
        Err(io::ErrorKind::UnexpectedEof.into())
    }

    /// What a service or a balancer may say that is not there: to come back.
    fn check(&self, status: u16) {
        assert!(self.may_break && matches!(status, 502..=504), "{status}");
    }

    fn come_back(&self) {
        self.returns.fetch_add(1, Relaxed);
        thread::sleep(PAUSE);
    }

    /// Waits until it knows what the tables say.
    #[track_caller]
    pub(crate) fn wait_for_truth(&self, url: &str) {
        let truth = truth(url);
        let knows = || *self.view.lock().expect("nobody fails with it") == truth;
        assert!(wait_for(|| knows().then_some(())).is_some(), "{}", self.difference(&truth));
    }

    fn difference(&self, truth: &View) -> String {
        let view = self.view.lock().expect("nobody fails with it");
        let missed = truth.iter().filter(|(id, said)| view.get(id) != Some(said));
        let wrong: Vec<_> = missed.map(|(id, said)| (id, said, view.get(id))).take(5).collect();
        format!("{} of {} tasks; {wrong:?}", view.len(), truth.len())
    }
}

/// What the tables say.
fn truth(url: &str) -> View {
    let sql = "SELECT id || '|' || version || '|' || title || ' ' || status FROM task \
        UNION ALL SELECT id || '|' || version FROM task_tombstone";
    let line = |line: &str| {
        let mut parts = line.split('|');
        let mut number = || parts.next().and_then(|part| part.parse().ok()).expect("a number");
        let (id, version) = (number(), number());
        (id, (version, parts.next().map(str::to_owned)))
    };
    psql(url, sql).lines().map(line).collect()
}

/// Ends the followers, whatever else happens.
pub(crate) struct Over<'a>(pub(crate) &'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Release);
    }
}
