//! One server for one run: its container, its password, and the way to it.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use seaworthy_engine::{Container, Instead, Logs, Prepared, Run, Service, Status};
use seaworthy_image::HealthCheck;
use seaworthy_spec::{Dependency, Protocol, Values};

use crate::{Line, StartError, Traffic, mysql, redis};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Who the service is there.
const USER: &str = "app";
/// What it has there.
const DATABASE: &str = "app";
/// How long one connection to the server may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long it may take for one answer.
const ANSWER: Duration = Duration::from_secs(2);
/// How long an accepted connection must stay open to count.
const ACCEPTED: Duration = Duration::from_millis(20);
/// Between two looks at a server that starts: the first, and the longest.
const POLL: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(250));
/// How much of an answer is read.
const LARGEST_ANSWER: usize = 4096;
/// How many of its last lines are told, and how much of them where there is more than one.
const LINES: usize = 3;
const LOGGED: usize = 135;
/// How long its last lines may take to arrive once it has ended.
const SETTLES: Duration = Duration::from_millis(100);

/// A server that takes work. Dropping it removes its container.
pub struct Server {
    line: Line,
    /// For clients of ours.
    own_line: Line,
    container: Arc<dyn Container>,
    dependency: Dependency,
    /// A name that no other server has, and that no service can know beforehand.
    host: String,
    password: String,
    /// What it had done before the service came.
    before: Vec<(String, u64)>,
}

/// What the server itself says that it was asked, beside what only makes a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Commands {
    /// Each with how often, the most frequent first.
    Seen(Vec<(String, u64)>),
    /// No client of ours speaks with servers of this kind, or this one does not let it look.
    Hidden,
}

impl Server {
    /// Starts one of `prepared`, and waits until it takes work, at most `within`. `taken` is a port that the service itself listens on.
    ///
    /// # Errors
    ///
    /// Fails if it does not start; what it logged is told, and its password may stand there.
    pub fn start(
        dependency: &Dependency,
        password: String,
        prepared: &dyn Prepared,
        taken: Option<u16>,
        disk_bytes: u64,
        within: Duration,
    ) -> Result<Self, StartError> {
        let port = dependency.port;
        let started: Arc<OnceLock<Arc<dyn Container>>> = Arc::default();
        let there = Arc::clone(&started);
        let dial = move || match there.get() {
            Some(container) => container.connect(port, CONNECT),
            None => Err(io::ErrorKind::ConnectionRefused.into()),
        };
        let own_line = Line::at_port(LOOPBACK, 0, dial.clone()).map_err(StartError::Line)?;
        // The service's own port would be taken by the way to the server.
        let outside = if taken == Some(port) { 0 } else { port };
        let line = Line::at_port(prepared.gateway(), outside, dial).map_err(StartError::Line)?;
        let host = unlike_any(&dependency.host())?;
        if dependency.has_fixed_port() && line.address().port() != port {
            return Err(StartError::Port { port, is_services: taken == Some(port) });
        }
        let values = values(&host, line.address().port(), &password);
        let run = Run {
            env: dependency.env().iter().map(|(name, value)| ((*name).to_owned(), values.fill(value))).collect(),
            arguments: dependency.arguments().map(|words| words.iter().map(|word| values.fill(word)).collect()),
            port: Some(port),
            disk_bytes,
            // Its own check would be taken for the service's commands.
            instead: Instead { health_check: Some(no_check()), ..Instead::default() },
            ..Run::default()
        };
        let container: Arc<dyn Container> = Arc::from(prepared.start(&run, None)?);
        let _ = started.set(Arc::clone(&container));
        let (dependency, before) = (dependency.clone(), Vec::new());
        let mut server = Self { line, own_line, container, dependency, host, password, before };
        server.until_ready(disk_bytes, within)?;
        if let Commands::Seen(before) = server.all_commands() {
            server.before = before;
        }
        Ok(server)
    }

    /// A password for a server that is to be started.
    ///
    /// # Errors
    ///
    /// Fails if the system gives no random bytes.
    pub fn new_password() -> Result<String, StartError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(StartError::Random)?;
        Ok(hex::encode(bytes))
    }

    fn until_ready(&self, disk_bytes: u64, within: Duration) -> Result<(), StartError> {
        let deadline = Instant::now() + within;
        let mut pause = POLL.0;
        loop {
            if self.is_ready() {
                return Ok(());
            }
            if let Status::Exited(exit) = self.container.status()? {
                std::thread::sleep(SETTLES);
                let log = self.last_lines();
                return Err(if exit.out_of_disk {
                    StartError::Disk { bytes: disk_bytes, log }
                } else {
                    StartError::Ended { code: exit.code, log }
                });
            }
            if Instant::now() > deadline {
                let (port, seconds) = (self.dependency.port, within.as_secs());
                return Err(StartError::NotReady { port, seconds, log: self.last_lines() });
            }
            std::thread::sleep(pause);
            pause = (pause * 3 / 2).min(POLL.1);
        }
    }

    /// Whether it answers as a server of its kind that takes work; one that is only known by its image, whether it takes connections.
    pub fn is_ready(&self) -> bool {
        let Ok(stream) = self.connect() else { return false };
        match self.dependency.kind {
            None => stays_open(&stream),
            Some(kind) => answers(&stream, kind.ready.says, kind.ready.hears),
        }
    }

    /// That it ended by itself, with its last lines; `None` where it runs, or its engine does not say. Its password may stand there.
    pub fn ended(&self) -> Option<String> {
        if self.connect().is_err() {
            // One that ends takes no connection, a moment before it is gone.
            std::thread::sleep(SETTLES);
        }
        let Ok(Status::Exited(exit)) = self.container.status() else { return None };
        let memory = if exit.out_of_memory { ", killed for memory" } else { "" };
        Some(format!("it ended during the run with exit {}{memory}; {}", exit.code, self.last_lines()))
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let stream = self.container.connect(self.dependency.port, CONNECT)?;
        stream.set_read_timeout(Some(ANSWER))?;
        stream.set_write_timeout(Some(ANSWER))?;
        Ok(stream)
    }

    /// `last log lines: …`
    pub fn last_lines(&self) -> String {
        let Logs { stdout, stderr } = self.container.logs().unwrap_or_default();
        let last = |text: &str| {
            let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            // The last one says why: what stands before it must leave it room.
            let last = lines.len().saturating_sub(1);
            let from = (lines.len().saturating_sub(LINES)..last).find(|from| length(&lines[*from..]) <= LOGGED);
            lines[from.unwrap_or(last)..].join(" | ")
        };
        let parts: Vec<String> = [last(&stdout), last(&stderr)].into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { "it logged nothing".to_owned() } else { format!("last log lines: {}", parts.join(" | ")) }
    }

    pub fn dependency(&self) -> &Dependency {
        &self.dependency
    }

    /// The value of its variable, for the service's containers. Holds the password.
    pub fn value(&self) -> String {
        self.value_at(self.line.address().port())
    }

    /// As [`Server::value`], by another way to it, at this port.
    pub fn value_at(&self, port: u16) -> String {
        values(&self.host, port, &self.password).fill(&self.dependency.form)
    }

    /// Its value in the kind's own form, for a client of ours on this machine: what that says is not the service's.
    pub fn value_outside(&self) -> String {
        let address = self.own_line.address();
        let form = self.dependency.kind.map_or(self.dependency.form.as_str(), |kind| kind.form);
        values(&address.ip().to_string(), address.port(), &self.password).fill(form)
    }

    /// How a container reaches it.
    pub fn service(&self) -> Service {
        Service { name: self.host.clone(), address: self.line.address() }
    }

    /// What the service's containers said to it.
    pub fn traffic(&self) -> Traffic {
        self.line.traffic()
    }

    /// Another way to it, at the same port where that is free: for containers from which it is to be taken away.
    ///
    /// # Errors
    ///
    /// Fails if the system gives no port, or not the one that its value needs.
    pub fn another_line(&self) -> io::Result<Line> {
        let (container, port) = (Arc::clone(&self.container), self.dependency.port);
        let address = self.line.address();
        let listen = if address.ip().is_loopback() { LOOPBACK } else { address.ip() };
        let line = Line::at_port(listen, address.port(), move || container.connect(port, CONNECT))?;
        if self.dependency.has_fixed_port() && line.address().port() != port {
            return Err(io::Error::new(io::ErrorKind::AddrInUse, StartError::Port { port, is_services: false }));
        }
        Ok(line)
    }

    /// What it was asked since it takes work, as it says itself.
    pub fn commands(&self) -> Commands {
        let Commands::Seen(all) = self.all_commands() else { return Commands::Hidden };
        let before = |name: &str| self.before.iter().find(|(known, _)| known == name).map_or(0, |(_, count)| *count);
        let since = all.into_iter().map(|(name, count)| {
            let count = count.saturating_sub(before(&name));
            (name, count)
        });
        let mut seen: Vec<(String, u64)> = since.filter(|(_, count)| *count > 0).collect();
        seen.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        Commands::Seen(seen)
    }

    fn all_commands(&self) -> Commands {
        let Some(kind) = self.dependency.kind else { return Commands::Hidden };
        let Ok(stream) = self.connect() else { return Commands::Hidden };
        let found = match kind.protocol {
            Protocol::Redis => redis::commands(&stream, (!self.dependency.is_open()).then_some(self.password.as_str())),
            Protocol::MySql => mysql::commands(&stream, USER, &self.password),
            Protocol::PostgreSql | Protocol::Opaque => return Commands::Hidden,
        };
        found.map_or(Commands::Hidden, Commands::Seen)
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("dependency", &self.dependency.name).finish_non_exhaustive()
    }
}

/// `redis-3f1c.internal` of `redis.internal`.
fn unlike_any(host: &str) -> Result<String, StartError> {
    let mut mark = [0; 2];
    getrandom::fill(&mut mark).map_err(StartError::Random)?;
    let (name, domain) = host.split_once('.').unwrap_or((host, "internal"));
    Ok(format!("{name}-{}.{domain}", hex::encode(mark)))
}

/// `NONE` is no health check.
fn no_check() -> HealthCheck {
    let second = Duration::from_secs(1);
    HealthCheck {
        test: vec!["NONE".to_owned()],
        interval: second,
        timeout: second,
        start_period: Duration::ZERO,
        retries: 1,
    }
}

fn values<'a>(host: &'a str, port: u16, password: &'a str) -> Values<'a> {
    Values { host, port, user: USER, password, database: DATABASE }
}

/// Whether an answer holds one of these, after something was said.
fn answers(mut stream: &TcpStream, says: &[u8], hears: &[&[u8]]) -> bool {
    if stream.write_all(says).is_err() {
        return false;
    }
    let (mut answer, mut part) = (Vec::new(), [0; 1024]);
    while answer.len() < LARGEST_ANSWER {
        let Ok(length @ 1..) = stream.read(&mut part) else { return false };
        answer.extend_from_slice(&part[..length]);
        if hears.iter().any(|wanted| answer.windows(wanted.len()).any(|window| window == *wanted)) {
            return true;
        }
    }
    false
}

/// Of lines that are told one behind another.
fn length(lines: &[&str]) -> usize {
    lines.iter().map(|line| line.len() + 3).sum()
}

fn stays_open(stream: &TcpStream) -> bool {
    if stream.set_read_timeout(Some(ACCEPTED)).is_err() {
        return false;
    }
    match stream.peek(&mut [0]) {
        Ok(length) => length > 0,
        Err(error) => matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
    }
}
