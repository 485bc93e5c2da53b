//! What breaks between the service and PostgreSQL: no accepted write is lost, none is doubled, and the service needs no
//! restart.

use std::{
    net::SocketAddr,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use crate::{
    cluster::{Cluster, url},
    http::{Answer, get, send, send_json},
    load::{Load, TABLE, Table},
    program::{Api, wait_for},
    way::{Fault, Way},
};

fn before(cluster: &Cluster) -> Way {
    Way::to(SocketAddr::from(([127, 0, 0, 1], cluster.port)))
}

fn create(address: SocketAddr, title: &str) -> Answer {
    send_json(address, "POST", "/tasks", &format!(r#"{{"title":"{title}"}}"#))
}

#[test]
fn a_write_is_done_once_or_its_outcome_is_said_to_be_unknown() {
    let cluster = Cluster::start();
    let way = before(&cluster);
    let api = Api::ready_with(&url(way.address.port()), &[("LOG_LEVEL", "debug")]);
    let count = |title: &str| cluster.psql(&format!("SELECT count(*) FROM task WHERE title = '{title}'"));
    let id = create(api.address, "first").json()["id"].clone();
    let path = format!("/tasks/{id}");

    // Connections that broke while nobody used them are no trouble at all.
    let all_are_broken = || {
        let broken = || api.log().iter().filter(|line| line.contains("connection to the database broken")).count();
        assert!(wait_for(|| (broken() == way.connections()).then_some(())).is_some());
    };
    way.cut();
    all_are_broken();
    assert_eq!(create(api.address, "after a cut").status, 201);
    cluster.end_sessions();
    all_are_broken();
    assert_eq!(create(api.address, "after an end").status, 201);

    // A read is sent again, whenever its connection breaks.
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        for path in [&path, "/tasks", "/tasks?limit=500", "/tasks/changes"] {
            way.fail(fault);
            assert_eq!(get(api.address, path).status, 200, "{fault:?} {path}");
            assert!(way.has_failed(), "{fault:?} {path}");
        }
    }

    // A write is not, since it may have been done: and here it was.
    for (fault, title, done) in [(Fault::CutBefore, "cut before", "0"), (Fault::CutAfter, "cut after", "1")] {
        way.fail(fault);
        let answer = create(api.address, title);
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{}", answer.text());
        assert!(answer.text().contains("whether the change was made is not known"), "{}", answer.text());
        assert_eq!(count(title), done);
    }
    for method in ["PUT", "PATCH"] {
        let version = cluster.psql(&format!("SELECT version FROM task WHERE id = {id}"));
        way.fail(Fault::CutAfter);
        assert_eq!(send_json(api.address, method, &path, r#"{"title":"changed"}"#).status, 503);
        let after = cluster.psql(&format!("SELECT version FROM task WHERE id = {id}"));
        assert_eq!(after.parse::<u64>().unwrap(), version.parse::<u64>().unwrap() + 1, "{method}");
    }

    // With a key it is sent again, and done once all the same. Beside the first one, old keys are forgotten.
    cluster.psql(
        "INSERT INTO task_idempotency (owner, key, hash, ids, created_at) VALUES ('', 'old', '', '{}', '2001-02-03')",
    );
    assert_eq!(send(api.address, "POST", "/tasks", &[("idempotency-key", "k")], Some(br#"{"title":"k"}"#)).status, 201);
    let old = "SELECT count(*) FROM task_idempotency WHERE key = 'old'";
    assert!(wait_for(|| (cluster.psql(old) == "0").then_some(())).is_some());
    for (fault, title) in [(Fault::CutBefore, "key, cut before"), (Fault::CutAfter, "key, cut after")] {
        let body = format!(r#"{{"title":"{title}"}}"#);
        let key = title.replace([' ', ','], "-");
        let keyed = || send(api.address, "POST", "/tasks", &[("idempotency-key", &key)], Some(body.as_bytes()));
        way.fail(fault);
        let answer = keyed();
        assert_eq!(answer.status, 201, "{}", answer.text());
        assert!(way.has_failed(), "{title}");
        assert_eq!((keyed().text(), count(title).as_str()), (answer.text(), "1"));
    }
}

#[test]
fn a_write_that_the_server_ended_is_made_again() {
    let cluster = Cluster::start();
    let api = Api::ready(&cluster.url());
    let mut holder = cluster.talk();
    holder.say("BEGIN; LOCK TABLE task IN SHARE MODE");
    let status = thread::scope(|scope| {
        let writing = scope.spawn(|| create(api.address, "ended by the server").status);
        let first = cluster.wait_until_waiting(1);
        cluster.psql(&format!("SELECT pg_terminate_backend({})", first[0]));
        let is_sent_again = wait_for(|| cluster.waiting().into_iter().find(|pid| *pid != first[0]));
        assert!(is_sent_again.is_some());
        holder.say("COMMIT");
        writing.join().expect("it is answered")
    });
    assert_eq!(status, 201);
    assert_eq!(cluster.psql("SELECT count(*) FROM task WHERE title = 'ended by the server'"), "1");
}

#[test]
fn a_write_whose_way_is_cut_while_the_server_is_at_it_is_sent_once_unless_a_key_makes_that_safe() {
    let cluster = Cluster::start();
    let way = before(&cluster);
    let api = Api::ready(&url(way.address.port()));
    let count = |title: &str| cluster.psql(&format!("SELECT count(*) FROM task WHERE title = '{title}'"));
    let mut holder = cluster.talk();
    holder.say("BEGIN; LOCK TABLE task IN SHARE MODE");
    let (sent, answer) = thread::scope(|scope| {
        let writing = scope.spawn(|| create(api.address, "without a key"));
        let sent = cluster.wait_until_waiting(1);
        way.cut();
        (sent, writing.join().expect("it is answered"))
    });
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{}", answer.text());
    assert!(answer.text().contains("whether the change was made is not known"), "{}", answer.text());

    // The server is still at it, and has not noticed. With a key it is sent again at once, beside the first or in its place.
    assert_eq!(cluster.waiting(), sent);
    let keyed = || send(api.address, "POST", "/tasks", &[("idempotency-key", "k")], Some(br#"{"title":"with a key"}"#));
    let (cut_off, answer) = thread::scope(|scope| {
        let writing = scope.spawn(keyed);
        let cut_off = cluster.wait_until_waiting(2);
        way.cut();
        let is_new = |pid: &u32| !cut_off.contains(pid);
        assert!(wait_for(|| cluster.waiting().into_iter().find(is_new)).is_some());
        holder.say("COMMIT");
        (cut_off, writing.join().expect("it is answered"))
    });
    assert_eq!(answer.status, 201, "{}", answer.text());

    // What reached the server is done, though there is nobody left to be told.
    let (one, other) = (cut_off[0], cut_off[1]);
    let left = format!("SELECT count(*) FROM pg_stat_activity WHERE pid IN ({one}, {other})");
    assert!(wait_for(|| (cluster.psql(&left) == "0").then_some(())).is_some());
    assert_eq!([count("without a key"), count("with a key")], ["1", "1"]);
    assert_eq!(keyed().text(), answer.text());
}

/// How long a request may take here.
const TIME: Duration = Duration::from_secs(4);

/// Of those that may be used alone, without end.
const ALONE: usize = 4;

#[test]
fn while_all_connections_for_long_work_are_busy_those_who_need_one_are_told_and_all_others_are_answered() {
    let cluster = Cluster::start();
    let api = Api::ready_with(&cluster.url(), &[("REQUEST_TIMEOUT", &TIME.as_secs().to_string())]);
    let path = format!("/tasks/{}", create(api.address, "first").json()["id"]);
    let mut holder = cluster.talk();
    holder.say("BEGIN; LOCK TABLE task IN SHARE MODE");
    let made = thread::scope(|scope| {
        let make = |n: usize| {
            let body = format!(r#"{{"tasks":[{{"title":"made {n}"}}]}}"#);
            send_json(api.address, "POST", "/tasks:batchCreate", &body)
        };
        let makers: Vec<_> = (0..ALONE).map(|n| scope.spawn(move || make(n))).collect();
        cluster.wait_until_waiting(ALONE);
        let lists: Vec<_> = (0..8).map(|_| scope.spawn(|| timed(|| get(api.address, "/tasks?limit=500")))).collect();
        for path in [&path, "/tasks", "/ready", "/health"] {
            let (answer, time) = timed(|| get(api.address, path));
            assert!(answer.status == 200 && time < TIME / 2, "{path}: {} after {time:?}", answer.status);
        }
        for list in lists {
            let (answer, time) = list.join().expect("it is answered");
            let is_honest = answer.status == 200 || (answer.status >= 503 && answer.header("retry-after").is_some());
            assert!(is_honest && time < TIME * 2, "{} after {time:?}: {}", answer.status, answer.text());
        }
        holder.say("COMMIT");
        makers.into_iter().map(|maker| maker.join().expect("it is answered").status).collect::<Vec<_>>()
    });
    recovery(api.address, "having been busy");
    let back = wait_for(|| Some(get(api.address, "/tasks?limit=500")).filter(|list| list.status == 200));
    assert!(back.is_some());
    for (n, status) in made.into_iter().enumerate() {
        let count = cluster.psql(&format!("SELECT count(*) FROM task WHERE title = 'made {n}'"));
        assert!(count == "1" || (count == "0" && status != 201), "{count} of {n}, answered {status}");
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    (work(), start.elapsed())
}

/// The message that ends a session, in bytes.
const GOODBYE: usize = 5;

#[test]
fn nothing_is_prepared_and_nothing_is_sent_unless_asked_for() {
    let cluster = Cluster::start();
    let way = before(&cluster);
    let url = url(way.address.port());
    let work = |environment: &[(&str, &str)]| {
        let api = Api::ready_with(&url, environment);
        for n in 0..3 {
            let task = create(api.address, &n.to_string()).json();
            assert_eq!(get(api.address, &format!("/tasks/{}", task["id"])).json(), task);
            assert_eq!(get(api.address, "/tasks?limit=1").json()[0]["title"], "0");
        }
        api
    };
    drop(work(&[]));
    assert_eq!(way.prepared(), 0);
    drop(work(&[("DATABASE_PREPARED", "true")]));
    assert_eq!(way.prepared(), 4, "a statement each, once, and one at the start");

    // Idle, it says nothing for as long as its connections lie there, and then that it goes.
    let api = work(&[("DATABASE_IDLE_TIME", "2")]);
    let (passed, connections) = (way.passed(), way.connections());
    assert!(wait_for(|| (cluster.sessions() == 0).then_some(())).is_some());
    assert!(way.passed() <= passed + 4 * GOODBYE, "{} bytes", way.passed() - passed);
    assert_eq!(way.connections(), connections);
    assert_eq!(create(api.address, "woken").status, 201);
}

/// How long it takes from now until a task can be written and a list be read, for somebody who asks anew every 50 ms: a
/// request that was caught by the fault may wait longer until it is told that its outcome is not known.
fn recovery(address: SocketAddr, title: &'static str) -> Duration {
    let start = Instant::now();
    let (works, worked) = mpsc::channel();
    let mut last = None;
    let back = wait_for(|| {
        if last.is_none_or(|last: Instant| last.elapsed() > Duration::from_millis(50)) {
            last = Some(Instant::now());
            let works = works.clone();
            thread::spawn(move || {
                if create(address, title).status == 201 && get(address, "/tasks?limit=1").status == 200 {
                    let _ = works.send(());
                }
            });
        }
        worked.try_recv().ok()
    });
    assert!(back.is_some(), "it does not recover from {title}");
    start.elapsed()
}

/// Two seconds are promised. On a machine that is busy with other things they take longer.
const RECOVERY: Duration = Duration::from_secs(10);

/// A service behind a way that fails, under load, and the times it took to recover.
struct Trial {
    cluster: Cluster,
    way: Way,
    api: Api,
    times: Vec<(&'static str, Duration)>,
}

impl Trial {
    fn new() -> Self {
        let cluster = Cluster::start();
        let way = before(&cluster);
        // Who asked over a connection that has gone silent is told so by then.
        let api = Api::ready_with(&url(way.address.port()), &[("REQUEST_TIMEOUT", "4")]);
        Self { cluster, way, api, times: Vec::new() }
    }

    /// Sees to it that all is well again.
    fn time(&mut self, load: &Load, name: &'static str) {
        let time = recovery(self.api.address, name);
        self.times.push((name, time));
        load.goes_on(40);
    }

    /// Lets it happen three times, and then until a client has been told that nobody knows: some of those who are met only
    /// read, or have a key.
    fn strike(&self, load: &Load, fault: Fault, name: &str) {
        let (before, mut strikes) = (load.unknown(), 0);
        let is_told = wait_for(|| {
            self.way.fail(fault);
            assert!(wait_for(|| self.way.has_failed().then_some(())).is_some(), "{name}");
            strikes += 1;
            (strikes >= 3 && load.unknown() > before).then_some(())
        });
        assert!(is_told.is_some(), "{name}: {:?}", load.counts);
    }

    /// Cuts the way while the server is at a change, among others, of which it is not told that nobody waits for it.
    fn cut_mid_query(&self, load: &Load) {
        let before = load.unknown();
        let mut holder = self.cluster.talk();
        holder.say("BEGIN; LOCK TABLE task IN SHARE MODE");
        let without_a_key = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
            AND application_name = 'task-api' AND query NOT LIKE '%task_idempotency%'";
        thread::scope(|scope| {
            // All clients may be at changes with a key.
            let writing = scope.spawn(|| create(self.api.address, "caught").text());
            let waits = wait_for(|| (self.cluster.psql(without_a_key) != "0").then_some(()));
            self.way.cut();
            let is_told = wait_for(|| (writing.is_finished() || load.unknown() > before).then_some(()));
            holder.say("COMMIT");
            assert!(waits.is_some() && is_told.is_some(), "{:?}", load.counts);
            let said = writing.join().expect("it is answered");
            assert!(["caught", "is not known", "may have been done"].iter().any(|text| said.contains(text)), "{said}");
        });
    }

    fn has_lost(&self) -> usize {
        self.api.log().iter().filter(|line| line.contains("database lost")).count()
    }

    /// Lets it happen under load.
    #[expect(clippy::print_stdout, reason = "the times are for those who ask for the output of tests")]
    fn run(mut self, faults: impl FnOnce(&mut Self, &Load)) {
        let load = Load::on(self.api.address);
        let memories = load.run(8, || {
            load.goes_on(40);
            faults(&mut self, &load);
        });
        Table::of(self.cluster.psql(TABLE).lines()).bears_out(&memories);
        println!("{} tasks, {:?}, recovered: {:?}", memories.len(), load.counts, self.times);
        let slow: Vec<_> = self.times.iter().filter(|(_, time)| *time > RECOVERY).collect();
        assert!(slow.is_empty(), "{slow:?}");
        self.api.stop("TERM");
    }
}

#[test]
fn under_load_a_way_that_breaks_loses_no_write_and_doubles_none() {
    Trial::new().run(|trial, load| {
        trial.way.cut();
        trial.time(load, "cut");
        trial.cut_mid_query(load);
        trial.time(load, "cut mid-query");
        for (fault, name) in [(Fault::CutBefore, "cut before the query"), (Fault::CutAfter, "cut after the commit")] {
            trial.strike(load, fault, name);
            trial.time(load, name);
        }
        trial.way.fail(Fault::Late(Duration::from_millis(200)));
        load.goes_on(30);
        trial.way.fail(Fault::None);
        trial.time(load, "200 ms late");
        trial.way.silence();
        trial.time(load, "half-open");
        let lost = trial.has_lost();
        trial.way.refuse();
        assert!(wait_for(|| (trial.has_lost() > lost).then_some(())).is_some());
        trial.way.accept();
        trial.time(load, "refused, then accepted");
    });
}

#[test]
fn under_load_a_server_that_ends_sessions_restarts_or_is_full_loses_no_write_and_doubles_none() {
    Trial::new().run(|trial, load| {
        for _ in 0..3 {
            trial.cluster.end_sessions();
            trial.time(load, "all sessions ended");
        }
        for mode in ["fast", "immediate"] {
            trial.cluster.control("restart", mode);
            trial.time(load, mode);
        }
        // All that others may have.
        let taken = trial.cluster.take_all();
        trial.api.wait_for_log("connection slots are reserved");
        drop(taken);
        trial.time(load, "no session left");
    });
}
