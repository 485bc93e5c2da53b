//! Behind a pooler in transaction mode, as Neon's `-pooler` hosts are: the next statement may reach another server process.

use std::{
    fs,
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering::Acquire},
    thread,
};

use serde_json::json;
use tempfile::TempDir;

use crate::{
    followers::{Follower, Over},
    http::{Answer, Caller, Talk, get, send_json},
    program::{Api, database_name, lasting_port, psql, server, wait_for},
};

struct Pooler {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Pooler {
    /// Debian's, which does not know of prepared statements.
    fn start() -> Self {
        Self::start_as("pgbouncer", "")
    }

    fn start_as(program: &str, settings: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let port = lasting_port();
        let at = |name: &str| folder.path().join(name);
        let throwaway = &server().throwaway;
        fs::write(at("users"), format!("\"app\" \"{}\"\n", throwaway.password())).expect("a file can be written");
        let ini = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}\npool_mode = transaction\ndefault_pool_size = 4\n\
             server_tls_sslmode = require\nadmin_users = app\n{settings}",
            throwaway.address().port(),
            at("users").display()
        );
        fs::write(at("ini"), ini).expect("a file can be written");
        // It does not run as root.
        let open = |path| fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("the folder is ours");
        [folder.path().to_owned(), at("users"), at("ini")].into_iter().for_each(open);
        let child = Command::new("runuser")
            .args(["-u", "postgres", "--", program, "-q"])
            .arg(at("ini"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("pgbouncer runs: apt-get install -y pgbouncer");
        let pooler = Self { child, port, _folder: folder };
        assert!(
            wait_for(|| TcpStream::connect(("127.0.0.1", port)).ok()).is_some(),
            "pgbouncer listens: apt-get install -y pgbouncer"
        );
        pooler
    }
}

impl Pooler {
    fn url(&self, database: &str) -> String {
        let password = server().throwaway.password();
        format!("postgresql://app:{password}@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// How many queries it has passed on, or what else it counts.
    fn total(&self, what: &str) -> usize {
        let columns = psql(&self.url("pgbouncer"), "SHOW TOTALS");
        let line = columns.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix('|'));
        let line = line.unwrap_or_else(|| panic!("it counts: {columns}"));
        line.parse().expect("a count is a number")
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // The signal is passed on by `runuser`.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// Services over the pooler: each has two connections to share and two for long work, so that 24 clients of the pooler
/// meet four server processes.
const REPLICAS: usize = 6;
const CLIENTS: usize = 24;

/// What the pooler must have passed on in the end, by its own count.
const QUERIES: usize = 100_000;

/// More than that takes.
const MOST_ROUNDS: usize = 10_000;

/// Tasks that nobody changes, and all that can be read of them.
struct Known {
    tasks: Vec<(i64, String)>,
    /// Of the pages behind each task.
    cursors: Vec<String>,
    /// The feed of them: how each page is asked for, and what it says.
    feed: Vec<(String, String)>,
}

impl Known {
    fn make(api: &Api) -> Self {
        let make = |n: usize| {
            let (description, status) = ("x".repeat(n), "a".repeat(1 + n % 9));
            let body = json!({ "title": format!("task {n}"), "description": description, "status": status });
            let task = send_json(api.address, "POST", "/tasks", &body.to_string());
            (task.json()["id"].as_i64().expect("an id is a number"), task.text())
        };
        let tasks: Vec<_> = (0..120).map(make).collect();
        let cursors = (1..tasks.len()).map(|count| cursor(api, count)).collect();
        let (mut feed, mut next) = (Vec::new(), String::new());
        for _ in 0..tasks.len() / 3 {
            let path = format!("/tasks/changes?limit=3{next}");
            let page = get(api.address, &path);
            next = format!("&cursor={}", page.json()["cursor"].as_str().expect("a cursor"));
            feed.push((path, page.text()));
        }
        Self { tasks, cursors, feed }
    }

    /// A page of that many tasks, somewhere: how it is asked for, and what it says.
    fn page(&self, at: usize, limit: usize) -> (String, String) {
        let from = at % (self.tasks.len() - limit - 1);
        let texts: Vec<_> = self.tasks[from + 1..=from + limit].iter().map(|(_, text)| text.as_str()).collect();
        (format!("/tasks?limit={limit}&cursor={}", self.cursors[from]), format!("[{}]", texts.join(",")))
    }
}

/// Where the list goes on behind its first `count` tasks.
fn cursor(api: &Api, count: usize) -> String {
    let page = get(api.address, &format!("/tasks?limit={count}"));
    let link = page.header("link").expect("there are more");
    let (_, cursor) = link.split_once("cursor=").expect("a link has a cursor");
    cursor.split('>').next().expect("and ends").to_owned()
}

/// Somebody who asks one replica after the other, and is content only with the very bytes that are right.
struct Client<'a> {
    number: usize,
    talks: Vec<Talk>,
    callers: Vec<Caller>,
    known: &'a Known,
    made: usize,
    gone: usize,
}

impl<'a> Client<'a> {
    fn new(number: usize, replicas: &[Api], known: &'a Known) -> Self {
        let talks = replicas.iter().map(|api| Talk::with(api.address)).collect();
        let callers = replicas.iter().map(|api| Caller::of(api.address)).collect();
        Self { number, talks, callers, known, made: 0, gone: 0 }
    }

    /// Works until somebody says that it is enough. Says how many tasks it has made, and how many deleted.
    fn work(mut self, is_enough: &AtomicBool, enough: impl Fn() -> bool) -> [usize; 2] {
        let _ending = Over(is_enough);
        for round in (0..MOST_ROUNDS).take_while(|_| !is_enough.load(Acquire)) {
            self.round(round);
            if round.is_multiple_of(4) {
                self.life(round);
            }
            if self.number == 0 && round.is_multiple_of(16) && enough() {
                break;
            }
        }
        [self.made, self.gone]
    }

    /// A read, three lists, two pages of the feed, and a task that is created and read back.
    fn round(&mut self, round: usize) {
        let (known, at) = (self.known, round + self.number);
        let (id, text) = &known.tasks[at * 7 % known.tasks.len()];
        // One list in 48 is long.
        let long = if at.is_multiple_of(16) { 102 } else { 4 };
        let [some, more] = [at, at * 7].map(|at| known.feed[at % known.feed.len()].clone());
        let pages = [known.page(at, 1 + at % 3), some, known.page(at * 3, 2), more, known.page(at * 5, long)];
        let title = format!("client {} round {round}", self.number);

        let [one, two, three, four, five] = pages.each_ref().map(|(path, _)| ("GET", path.as_str(), ""));
        let (read, body) = (format!("/tasks/{id}"), format!(r#"{{"title":"{title}"}}"#));
        let requests = [one, two, ("GET", &read, ""), three, four, five, ("POST", "/tasks", &body)];
        let answers = self.talks[at % REPLICAS].ask(requests).expect("every request is answered");
        let [one, two, read, three, four, five, (status, created)] = answers;
        assert_eq!(read, (200, text.clone()));
        assert_eq!([one, two, three, four, five], pages.map(|(_, text)| (200, text)));
        assert!(status == 201 && created.contains(&title), "{status} {created}");
        self.made += 1;

        // From another replica, whose query must see what was answered.
        let (_, rest) = created.split_once(r#""id":"#).expect("a task has an id");
        let (id, _) = rest.split_once(',').expect("and more");
        let talk = &mut self.talks[(at + 1) % REPLICAS];
        let answer = talk.ask([("GET", &*format!("/tasks/{id}"), "")]).expect("every request is answered");
        assert_eq!(answer, [(200, created)]);
    }

    /// A task's whole life, each step of it at another replica.
    fn life(&mut self, round: usize) {
        let name = format!("life-{}-{round}", self.number);
        let (key, body) = ([("idempotency-key", name.as_str())], format!(r#"{{"title":"{name}"}}"#));
        let made = self.call(round, "POST", "/tasks", &key, &body, 201);
        let again = self.call(round + 1, "POST", "/tasks", &key, &body, 201);
        assert_eq!((again.text(), again.header("idempotency-replayed")), (made.text(), Some("true")));
        self.made += 1;

        let id = made.json()["id"].clone();
        let (path, tags) = (format!("/tasks/{id}"), [1, 2, 3].map(|version| format!("\"{id}-{version}\"")));
        let [first, second, third] = tags.each_ref().map(String::as_str);
        let changed = self.call(round + 2, "PATCH", &path, &[("if-match", first)], r#"{"status":"begun"}"#, 200);
        assert_eq!((changed.header("etag"), changed.json()["title"].as_str()), (Some(second), Some(name.as_str())));
        self.call(round + 3, "PATCH", &path, &[("if-match", first)], r#"{"status":"begun"}"#, 412);
        let update = json!({ "description": name }).to_string();
        let updated = self.call(round + 4, "PATCH", &path, &[("if-match", second)], &update, 200);
        let told = ["id", "title", "description", "status"].map(|member| updated.json()[member].clone());
        assert_eq!(told, [id, json!(name), json!(name), json!("begun")]);
        assert_eq!(updated.header("etag"), Some(third));
        if round.is_multiple_of(8) {
            self.call(round + 5, "DELETE", &path, &[("if-match", third)], "", 204);
            self.gone += 1;
        }
    }

    /// Asks a replica, which must give an answer of this status.
    fn call(
        &mut self,
        at: usize,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
        status: u16,
    ) -> Answer {
        let at = (at + self.number) % REPLICAS;
        let answer = self.callers[at].ask(method, path, headers, body).expect("every request is answered");
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        answer
    }
}

#[test]
fn behind_a_pooler_every_client_gets_its_own_rows() {
    every_client_gets_its_own_rows(&Pooler::start(), &[]);
}

#[test]
#[ignore = "needs PgBouncer 1.21 or later, whose path `PGBOUNCER` names"]
fn behind_a_pooler_that_tracks_statements_prepared_ones_are_right_too() {
    let program = std::env::var("PGBOUNCER").expect("`PGBOUNCER` names PgBouncer 1.21 or later");
    let pooler = Pooler::start_as(&program, "max_prepared_statements = 100\n");
    every_client_gets_its_own_rows(&pooler, &[("DATABASE_PREPARED", "true")]);
    let [asked, prepared, used] =
        ["client_parse", "server_parse", "bind"].map(|what| pooler.total(&format!("total_ps_{what}_count")));
    // Each client of the pooler prepares a statement once, and each server has it once.
    assert!(prepared < asked && asked * 10 < used, "{asked} asked for, {prepared} prepared, used {used} times");
}

fn every_client_gets_its_own_rows(pooler: &Pooler, environment: &[(&str, &str)]) {
    let database = server().database();
    let url = pooler.url(database_name(&database));
    let replicas: Vec<_> = (0..REPLICAS).map(|_| Api::quiet_with(&url, environment)).collect();
    let known = &Known::make(&replicas[0]);
    let logged: Vec<_> = replicas.iter().map(|api| api.log().len()).collect();
    let before = pooler.total("total_query_count");
    let passed = || pooler.total("total_query_count") - before;
    let enough = &|| passed() >= QUERIES;
    let (is_enough, is_over) = (&AtomicBool::new(false), &AtomicBool::new(false));
    let followers = [&replicas[0], &replicas[1]].map(|api| Follower::of(api.address));
    let [made, gone] = thread::scope(|scope| {
        let over = Over(is_over);
        scope.spawn(|| followers[0].turn_pages(is_over));
        scope.spawn(|| followers[1].listen(is_over));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| Client::new(number, &replicas, known))
            .map(|client| scope.spawn(move || client.work(is_enough, enough)))
            .collect();
        let counts = clients.into_iter().map(|client| client.join().expect("every answer is as it must be"));
        let sums = counts.fold([0, 0], |[made, gone], [more, less]| [made + more, gone + less]);
        for follower in &followers {
            follower.wait_for_truth(&database);
        }
        drop(over);
        sums
    });
    assert!(passed() >= QUERIES, "{} queries", passed());
    let servers = psql(&database, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'task-api'");
    assert_eq!(servers, "4");
    let count = psql(&database, "SELECT count(*), count(DISTINCT title) FROM task");
    assert_eq!(count, format!("{0}|{0}", known.tasks.len() + made - gone));
    assert_eq!(psql(&database, "SELECT count(*) FROM task_tombstone"), gone.to_string());
    assert_eq!(replicas.iter().map(|api| api.log().len()).collect::<Vec<_>>(), logged, "nothing went wrong");
}
