//! Three replicas behind a load balancer, of which one is killed every second.

use std::{
    collections::BTreeMap,
    env,
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
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    balancer::Balancer,
    http::{Caller, get},
    load::{Load, TABLE, Table},
    program::{Api, lasting_port, psql, server, wait_for},
};

/// How long replicas are killed unless it is said: the whole story is a minute, see CONTRIBUTING.md.
const SECONDS: u64 = 8;

/// What somebody who follows the feed knows of each task: its version, and what it says if it is there.
type View = BTreeMap<i64, (i64, Option<String>)>;

/// One who follows the feed through the balancer, comes back when it breaks, and goes on where it was left.
struct Follower {
    address: SocketAddr,
    view: Mutex<View>,
    /// What to ask with for what comes next.
    cursor: Mutex<String>,
    /// How often it came back.
    returns: AtomicUsize,
}

impl Follower {
    fn new(address: SocketAddr) -> Self {
        let (view, cursor, returns) = Default::default();
        Self { address, view, cursor, returns }
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
    fn turn_pages(&self, is_over: &AtomicBool) {
        let mut caller = Caller::of(self.address);
        while !is_over.load(Acquire) {
            let cursor = self.cursor();
            let query = if cursor.is_empty() { String::new() } else { format!("&cursor={cursor}") };
            match caller.ask("GET", &format!("/tasks/changes?limit=20{query}"), &[], "") {
                Ok(page) if page.status == 200 => {
                    let page = page.json();
                    page["changes"].as_array().expect("a list").iter().for_each(|change| self.learn(change));
                    self.reach(page["cursor"].as_str().expect("a cursor"));
                }
                Ok(answer) => assert!(matches!(answer.status, 502..=504), "{} {}", answer.status, answer.text()),
                Err(_) => {}
            }
            self.returns.fetch_add(1, Relaxed);
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// As it happens.
    fn listen(&self, is_over: &AtomicBool) {
        while !is_over.load(Acquire) {
            let _ = self.listen_once(is_over);
            self.returns.fetch_add(1, Relaxed);
            thread::sleep(Duration::from_millis(10));
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
        let status = lines.next().transpose()?.unwrap_or_default();
        if !status.contains(" 200 ") {
            assert!(status.contains(" 50"), "{status}");
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
                break;
            }
        }
        Ok(())
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

/// Kills one after the other, one a second, and starts each again. Says how many.
fn kill_and_start(replicas: &mut [Option<Api>], start: impl Fn(usize) -> Api, time: Duration) -> usize {
    let begin = Instant::now();
    let mut kills = 0;
    while begin.elapsed() < time {
        let at = kills % replicas.len();
        drop(replicas[at].take()); // killed
        kills += 1;
        replicas[at] = Some(start(at));
        let next = Duration::from_secs(kills as u64);
        assert!(wait_for(|| (begin.elapsed() >= next).then_some(())).is_some());
    }
    kills
}

#[test]
fn replicas_that_are_killed_lose_no_task_double_none_and_every_follower_sees_all() {
    let seconds = env::var("FLEET_SECONDS").map_or(SECONDS, |text| text.parse().expect("it is a number of seconds"));
    let url = server().database();
    let addresses = [(); 3].map(|()| SocketAddr::from(([127, 0, 0, 1], lasting_port())));
    let start = |at: usize| Api::ready_with(&url, &[("PORT", &addresses[at].port().to_string())]);
    let mut replicas = [0, 1, 2].map(|at| Some(start(at)));
    let balancer = Balancer::before(&addresses);
    assert!(wait_for(|| (get(balancer.address, "/ready").status == 200).then_some(())).is_some());

    let load = Load::on_mortal(balancer.address);
    let followers = [(); 4].map(|()| Follower::new(balancer.address));
    let is_over = AtomicBool::new(false);
    let mut kills = 0;
    let memories = thread::scope(|scope| {
        let over = Over(&is_over);
        for (n, follower) in followers.iter().enumerate() {
            let is_over = &is_over;
            scope.spawn(move || if n % 2 == 0 { follower.turn_pages(is_over) } else { follower.listen(is_over) });
        }
        let memories = load.run(8, || {
            kills = kill_and_start(&mut replicas, start, Duration::from_secs(seconds));
            load.goes_on(100);
        });
        let truth = truth(&url);
        for follower in &followers {
            let knows = || *follower.view.lock().expect("nobody fails with it") == truth;
            assert!(wait_for(|| knows().then_some(())).is_some(), "{}", difference(&truth, &follower.view));
        }
        drop(over);
        memories
    });
    Table::of(psql(&url, TABLE).lines()).bears_out(&memories);
    let returns = followers.each_ref().map(|follower| follower.returns.load(Relaxed));
    println!(
        "{kills} kills in {seconds} s, {} tasks, {:?}, followers came back {returns:?}",
        memories.len(),
        load.counts
    );
}

/// Ends the followers, whatever else happens.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Release);
    }
}

fn difference(truth: &View, view: &Mutex<View>) -> String {
    let view = view.lock().expect("nobody fails with it");
    let missed = truth.iter().filter(|(id, said)| view.get(id) != Some(said));
    let wrong: Vec<_> = missed.map(|(id, said)| (id, said, view.get(id))).take(5).collect();
    format!("{} of {} tasks; {wrong:?}", view.len(), truth.len())
}
