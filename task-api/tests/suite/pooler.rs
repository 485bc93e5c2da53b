//! Behind a pooler in transaction mode, as Neon's `-pooler` hosts are: the next statement may reach another server process.

use std::{
    fs,
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Stdio},
    thread,
};

use serde_json::json;
use tempfile::TempDir;

use crate::{
    http::{Talk, get, send_json},
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

/// Services over the pooler: each has two connections to share and two for long lists, so that 24 clients of the pooler
/// meet four server processes.
const REPLICAS: usize = 6;
const CLIENTS: usize = 24;
const ROUNDS: usize = 840;

/// What a round asks for: two reads, a list, and a task that is created and read back.
const REQUESTS: usize = CLIENTS * ROUNDS * 5;

/// Somebody who asks one replica after the other, and is content only with the very bytes that are right.
struct Client<'a> {
    number: usize,
    talks: Vec<Talk>,
    tasks: &'a [(i64, String)],
    /// Of the pages behind each task.
    cursors: &'a [String],
}

impl Client<'_> {
    fn round(&mut self, round: usize) {
        let tasks = self.tasks;
        let [first, second] =
            [round * 7 + self.number, round * 11 + self.number * 13].map(|at| &tasks[at % tasks.len()]);
        // One list in sixteen is long.
        let limit = if (round + self.number).is_multiple_of(16) { 102 } else { 1 + (round + self.number) % 7 };
        let from = (round * 3 + self.number) % (tasks.len() - limit - 1);
        let page: Vec<_> = tasks[from + 1..=from + limit].iter().map(|(_, text)| text.as_str()).collect();
        let title = format!("client {} round {round}", self.number);

        let requests = [
            ("GET", &*format!("/tasks/{}", first.0), ""),
            ("GET", &*format!("/tasks?limit={limit}&cursor={}", self.cursors[from]), ""),
            ("GET", &*format!("/tasks/{}", second.0), ""),
            ("POST", "/tasks", &*format!(r#"{{"title":"{title}"}}"#)),
        ];
        let answers = self.talks[round % REPLICAS].ask(requests).expect("every request is answered");
        let [one, list, other, (status, created)] = answers;
        assert_eq!(one, (200, first.1.clone()));
        assert_eq!(list, (200, format!("[{}]", page.join(","))));
        assert_eq!(other, (200, second.1.clone()));
        assert!(status == 201 && created.contains(&title), "{status} {created}");

        // From another replica, whose query must see what was answered.
        let (_, rest) = created.split_once(r#""id":"#).expect("a task has an id");
        let (id, _) = rest.split_once(',').expect("and more");
        let talk = &mut self.talks[(round + 1) % REPLICAS];
        let answer = talk.ask([("GET", &*format!("/tasks/{id}"), "")]).expect("every request is answered");
        assert_eq!(answer, [(200, created)]);
    }
}

/// Where the list goes on behind its first `count` tasks.
fn cursor(api: &Api, count: usize) -> String {
    let page = get(api.address, &format!("/tasks?limit={count}"));
    let link = page.header("link").expect("there are more");
    let (_, cursor) = link.split_once("cursor=").expect("a link has a cursor");
    cursor.split('>').next().expect("and ends").to_owned()
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
    let tasks: Vec<_> = (0..120)
        .map(|n| {
            let body =
                json!({ "title": format!("task {n}"), "description": "x".repeat(n), "status": "a".repeat(1 + n % 9) });
            let task = send_json(replicas[0].address, "POST", "/tasks", &body.to_string());
            (task.json()["id"].as_i64().expect("an id is a number"), task.text())
        })
        .collect();

    let cursors: Vec<_> = (1..tasks.len()).map(|count| cursor(&replicas[0], count)).collect();

    let logged: Vec<_> = replicas.iter().map(|api| api.log().len()).collect();
    let before = pooler.total("total_query_count");
    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let lines = replicas.iter().map(|api| Talk::with(api.address)).collect();
            let mut client = Client { number, talks: lines, tasks: &tasks, cursors: &cursors };
            scope.spawn(move || (0..ROUNDS).for_each(|round| client.round(round)));
        }
    });
    let queries = pooler.total("total_query_count") - before;
    assert!(REQUESTS >= 100_000 && queries >= 50_000, "{REQUESTS} requests, {queries} queries");
    let servers = psql(&database, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'task-api'");
    assert_eq!(servers, "4");
    let count = psql(&database, "SELECT count(*), count(DISTINCT title) FROM task");
    assert_eq!(count, format!("{0}|{0}", CLIENTS * ROUNDS + tasks.len()));
    assert_eq!(replicas.iter().map(|api| api.log().len()).collect::<Vec<_>>(), logged, "nothing went wrong");
}
