//! The program as a process, and the databases it is given.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use seaworthy_database::Throwaway;
use serde_json::Value;
use tempfile::TempDir;

use crate::http::{Caller, get};

const PATIENCE: Duration = Duration::from_secs(20);

/// What the service says when it stops without having answered all that it was asked.
pub(crate) const UNANSWERED: &str = "stopping with requests unanswered";

/// A running `task-api serve` on a free port. Dropping it kills it.
pub(crate) struct Api {
    child: Child,
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
    /// Ends when the log does.
    reader: Option<JoinHandle<()>>,
    folder: TempDir,
}

/// A command that runs the program in `folder`, with no environment but what is given.
pub(crate) fn command(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_task-api"));
    command.args(arguments).current_dir(folder).env_clear().envs(environment.iter().copied());
    command
}

/// Runs the program, which must end by itself.
#[track_caller]
pub(crate) fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut command = command(folder.path(), arguments, environment);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    if wait_for(|| child.try_wait().expect("a child can be waited for")).is_none() {
        child.kill().expect("a child can be killed");
        panic!("it does not end: {:?}", child.wait_with_output());
    }
    child.wait_with_output().expect("it has ended")
}

/// Exit code and what stands on stderr.
pub(crate) fn told(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

impl Api {
    pub(crate) fn start(database_url: &str) -> Self {
        Self::start_in(tempfile::tempdir().expect("a folder can be made"), &[("DATABASE_URL", database_url)])
    }

    /// Starts with a database that is ready.
    pub(crate) fn ready(database_url: &str) -> Self {
        let api = Self::start(database_url);
        api.wait_for_log("database ready");
        api
    }

    /// Starts with this in its environment, and a database that is ready.
    pub(crate) fn ready_with(database_url: &str, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let api = Self::start_in(folder, &[&[("DATABASE_URL", database_url)], environment].concat());
        api.wait_for_log("database ready");
        api
    }

    pub(crate) fn start_in(folder: TempDir, environment: &[(&str, &str)]) -> Self {
        let mut api = Self::spawn(folder, environment);
        let line = api.wait_for_log("listening");
        let line: Value = serde_json::from_str(&line).expect("a line of the log is JSON");
        api.address = line["address"].as_str().expect("it names the address").parse().expect("which is one");
        api
    }

    /// Starts with a database that is ready, and writes no line a request: for tests that send very many.
    pub(crate) fn quiet(database_url: &str) -> Self {
        Self::quiet_with(database_url, &[])
    }

    /// The same, with this in its environment.
    pub(crate) fn quiet_with(database_url: &str, environment: &[(&str, &str)]) -> Self {
        let port = lasting_port();
        let ours = [("DATABASE_URL", database_url), ("LOG_LEVEL", "warn"), ("PORT", &port.to_string())];
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mut api = Self::spawn(folder, &[&ours, environment].concat());
        api.address.set_port(port);
        let is_ready = || TcpStream::connect(api.address).is_ok() && get(api.address, "/ready").status == 200;
        assert!(wait_for(|| is_ready().then_some(())).is_some(), "it reaches its database");
        api
    }

    fn spawn(folder: TempDir, environment: &[(&str, &str)]) -> Self {
        let environment = [&[("PORT", "0"), ("HOST", "127.0.0.1"), ("MEMORY_LIMIT", "none")], environment].concat();
        let mut command = command(folder.path(), &[], &environment);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let stdout = child.stdout.take().expect("stdout is a pipe");
        let log = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&log);
        let reader = thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                kept.lock().expect("nobody panics with the log").push(line);
            }
        });
        Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), log, reader: Some(reader), folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns once it is at that many requests.
    #[track_caller]
    pub(crate) fn wait_until_at(&self, count: usize) {
        // The one that asks is one of them.
        let line = format!("http_requests_in_flight {}\n", count + 1);
        let mut caller = Caller::of(self.address);
        let mut figures = || caller.ask("GET", "/metrics", &[], "").expect("the service answers").text();
        let is_at = wait_for(|| figures().contains(&line).then_some(()));
        assert!(is_at.is_some(), "no {line} in {}", figures());
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().expect("nobody panics with the log").clone()
    }

    /// The first line of the log that contains `text`, once it is there.
    #[track_caller]
    pub(crate) fn wait_for_log(&self, text: &str) -> String {
        let found = wait_for(|| self.log().into_iter().find(|line| line.contains(text)));
        found.unwrap_or_else(|| panic!("no `{text}` in the log:\n{}", self.log().join("\n")))
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Tells it to stop, which it must do in good order and with every request answered.
    #[track_caller]
    pub(crate) fn stop(&mut self, signal: &str) {
        self.signal(signal);
        assert_eq!(self.wait(), (Some(0), String::new()));
        let log = self.log().join("\n");
        assert!(!log.contains(UNANSWERED), "{log}");
    }

    /// Its exit code and what it said on stderr, once it ends. By then its log is whole.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> (Option<i32>, String) {
        let status = wait_for(|| self.child.try_wait().expect("a child can be waited for"));
        let status = status.expect("the program ends in time");
        if let Some(reader) = self.reader.take() {
            reader.join().expect("nobody panics with the log");
        }
        let mut text = String::new();
        self.child.stderr.take().expect("stderr is a pipe").read_to_string(&mut text).expect("stderr is text");
        (status.code(), text)
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that stays free while nobody listens on it: none of those that connections from here are given.
pub(crate) fn lasting_port() -> u16 {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    loop {
        let number = std::process::id() as usize * 64 + NEXT.fetch_add(1, Ordering::Relaxed);
        let port = u16::try_from(10_000 + number % 20_000).expect("it is small");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// What `look` finds, looked for until it is there or patience ends.
pub(crate) fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + PATIENCE;
    loop {
        match look() {
            None if Instant::now() < end => thread::sleep(Duration::from_millis(5)),
            found => return found,
        }
    }
}

/// A PostgreSQL for all tests of this process, each in a database of its own.
pub(crate) struct Server {
    pub(crate) throwaway: Throwaway,
    pub(crate) ca_path: String,
    _folder: TempDir,
}

pub(crate) fn server() -> &'static Server {
    static SERVER: LazyLock<Server> = LazyLock::new(|| {
        let throwaway = Throwaway::start(IpAddr::V4(Ipv4Addr::LOCALHOST), "localhost")
            .unwrap_or_else(|error| panic!("{error}: {}", error.hint().unwrap_or_default()));
        let folder = tempfile::tempdir().expect("a folder can be made");
        let ca_path = folder.path().join("ca.pem");
        fs::write(&ca_path, throwaway.ca_pem()).expect("a file can be written");
        Server { throwaway, ca_path: ca_path.display().to_string(), _folder: folder }
    });
    &SERVER
}

impl Server {
    /// The URL of a new database.
    pub(crate) fn database(&self) -> String {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let url = self.throwaway.url(&self.ca_path);
        psql(&url, &format!("CREATE DATABASE {name}"));
        let (before, query) = url.split_once('?').expect("the URL has parameters");
        let (before, _) = before.rsplit_once('/').expect("the URL names a database");
        format!("{before}/{name}?{query}")
    }
}

/// The name of the database in a URL.
pub(crate) fn database_name(url: &str) -> &str {
    url.split('?').next().and_then(|url| url.rsplit('/').next()).expect("the URL names a database")
}

/// What PostgreSQL's own client says to this, without headings.
#[track_caller]
pub(crate) fn psql(url: &str, sql: &str) -> String {
    let output = Command::new("psql")
        .args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql])
        .output()
        .expect("psql runs: apt-get install -y postgresql");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A running service on each kind of database.
pub(crate) fn on_every_database(test: impl Fn(&Api)) {
    on_every_database_with(&[], test);
}

/// The same, with this in its environment.
pub(crate) fn on_every_database_with(environment: &[(&str, &str)], test: impl Fn(&Api)) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    test(&Api::ready_with(&format!("sqlite://{}/tasks.db", folder.path().display()), environment));
    test(&Api::ready_with(&server().database(), environment));
}
