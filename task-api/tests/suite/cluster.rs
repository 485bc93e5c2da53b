//! A PostgreSQL that may be stopped and started, and that takes plain connections from this machine.

use std::{
    fs,
    io::{self, Read, Write},
    net::TcpStream,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use crate::program::{lasting_port, psql, wait_for};

/// Sessions that others than the superuser may have.
const SESSIONS: usize = 24;

/// It keeps what it has committed, whatever its end: only a loss of power would take it, and there is none.
const SETTINGS: &str = "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nfsync = off\n\
    superuser_reserved_connections = 3\nshared_buffers = '16MB'\nmax_wal_senders = 0\nwal_level = minimal\n";

pub(crate) struct Cluster {
    pub(crate) port: u16,
    programs: PathBuf,
    folder: TempDir,
}

/// Of a cluster that is reached at this port.
pub(crate) fn url(port: u16) -> String {
    format!("postgresql://app@127.0.0.1:{port}/app?sslmode=disable")
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let programs = versions.map(|version| version.path().join("bin")).find(|bin| bin.join("initdb").exists());
        let programs = programs.expect("a PostgreSQL server is there: apt-get install -y postgresql");
        let folder = tempfile::tempdir().expect("a folder can be made");
        let home = fs::metadata("/var/lib/postgresql").expect("it has a user: apt-get install -y postgresql");
        chown(folder.path(), Some(home.uid()), None).expect("this is root");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).expect("the folder is ours");
        let cluster = Self { port: lasting_port(), programs, folder };
        cluster.make();
        let settings = format!("{SETTINGS}port = {}\nmax_connections = {}\n", cluster.port, SESSIONS + 3);
        fs::write(Path::new(&cluster.data()).join("postgresql.conf"), settings).expect("a file can be written");
        cluster.control("start", "fast");
        cluster.psql("CREATE ROLE app LOGIN");
        cluster.psql("CREATE DATABASE app OWNER app");
        cluster
    }

    /// Makes the data folder, or copies one that was made before: that takes a tenth of the time.
    fn make(&self) {
        let version = self.programs.parent().and_then(Path::file_name).expect("a version has a folder");
        let template = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cluster").with_extension(version);
        let copy = |from: &Path, to: &Path| {
            assert!(Command::new("cp").arg("-a").args([from, to]).status().expect("cp runs").success());
        };
        let data = self.data();
        if template.exists() {
            return copy(&template, Path::new(&data));
        }
        let made = ["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
        self.run("initdb", &[made.as_slice(), &["--wal-segsize=1"]].concat());
        let new = template.with_extension(std::process::id().to_string());
        copy(Path::new(&data), &new);
        if fs::rename(&new, &template).is_err() {
            fs::remove_dir_all(&new).expect("the folder is ours");
        }
    }

    /// As whom the service logs in, and where.
    pub(crate) fn url(&self) -> String {
        url(self.port)
    }

    /// `start`, `stop` or `restart`; how to stop is `fast` or `immediate`.
    pub(crate) fn control(&self, what: &str, mode: &str) {
        let log = self.folder.path().join("log").display().to_string();
        self.run("pg_ctl", &[what, "-D", &self.data(), "-w", "-s", "-m", mode, "-l", &log]);
    }

    /// What its owner is told.
    #[track_caller]
    pub(crate) fn psql(&self, sql: &str) -> String {
        let database = if sql.contains("ROLE") || sql.contains("DATABASE") { "postgres" } else { "app" };
        psql(&format!("postgresql://postgres@127.0.0.1:{}/{database}", self.port), sql)
    }

    /// Ends all sessions of the service.
    pub(crate) fn end_sessions(&self) {
        self.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'task-api'");
    }

    /// How many sessions the service has.
    pub(crate) fn sessions(&self) -> usize {
        let count = self.psql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'task-api'");
        count.parse().expect("a count is a number")
    }

    /// The sessions of the service that wait for what somebody else holds, by the numbers of their processes.
    pub(crate) fn waiting(&self) -> Vec<u32> {
        let sql = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'task-api' \
            ORDER BY backend_start";
        self.psql(sql).lines().map(|pid| pid.parse().expect("a process has a number")).collect()
    }

    /// These, once there are so many of them.
    #[track_caller]
    pub(crate) fn wait_until_waiting(&self, count: usize) -> Vec<u32> {
        let waiting = wait_for(|| Some(self.waiting()).filter(|waiting| waiting.len() >= count));
        waiting.unwrap_or_else(|| panic!("{:?} wait, and not {count}", self.waiting()))
    }

    /// What the server has written into its log.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).expect("it writes a log")
    }

    /// Takes all sessions that others than the superuser may have, also those of the service.
    pub(crate) fn take_all(&self) -> Vec<TcpStream> {
        let mut taken = Vec::new();
        loop {
            match self.take() {
                Some(session) => taken.push(session),
                None if self.sessions() == 0 => return taken,
                None => self.end_sessions(),
            }
        }
    }

    /// A session that does nothing; none if there is no room.
    fn take(&self) -> Option<TcpStream> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket has a timeout");
        stream.write_all(b"\0\0\0\x1f\0\x03\0\0user\0app\0database\0app\0\0").expect("it reads");
        let said = |stream: &mut TcpStream| -> io::Result<u8> {
            let mut head = [0; 5];
            stream.read_exact(&mut head)?;
            let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
            io::copy(&mut stream.take(u64::from(length) - 4), &mut io::sink())?;
            Ok(head[0])
        };
        loop {
            match said(&mut stream) {
                Ok(b'Z') => return Some(stream),
                Ok(b'E') | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// A session of the owner's.
    pub(crate) fn talk(&self) -> Talk {
        let url = format!("postgresql://postgres@127.0.0.1:{}/app", self.port);
        let mut command = Command::new("psql");
        command.args(["-X", "-q", "-d", &url]).stdin(Stdio::piped()).stdout(Stdio::piped());
        Talk(command.spawn().expect("psql runs: apt-get install -y postgresql"))
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(self.programs.join(program)).args(arguments);
        // The server keeps what it is given open.
        let command = command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        assert!(command.status().expect("runuser runs").success(), "{program} {arguments:?}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(self.programs.join("pg_ctl"));
        let command = command.args(["stop", "-s", "-m", "immediate", "-D", &self.data()]).current_dir("/");
        let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// A session in which statements are said one after the other. Dropping it ends it.
pub(crate) struct Talk(Child);

impl Talk {
    /// Returns when it is done.
    pub(crate) fn say(&mut self, sql: &str) {
        let input = self.0.stdin.as_mut().expect("stdin is a pipe");
        writeln!(input, "{sql};\n\\echo done").expect("psql reads");
        let output = self.0.stdout.as_mut().expect("stdout is a pipe");
        let mut said = Vec::new();
        while !said.ends_with(b"done\n") {
            let mut byte = [0];
            output.read_exact(&mut byte).expect("psql answers");
            said.extend(byte);
        }
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
