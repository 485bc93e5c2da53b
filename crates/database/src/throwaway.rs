//! A PostgreSQL server for one run.

use std::fmt;
use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::client::{Client, Found};
use crate::cluster::{self, Demand, NAME, last_lines};
use crate::journal::{Journal, Seen};
use crate::leftover::{self, Owned};
use crate::programs::Programs;
use crate::url::Target;
use crate::{ClientError, DatabaseError, certificate, template};

/// How long a server may take until it takes connections.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at something that takes milliseconds.
const POLL: Duration = Duration::from_millis(5);
/// How many free ports are tried.
const PORTS: usize = 3;
/// How long our own client waits for it.
const ANSWER: Duration = Duration::from_secs(10);

/// A running PostgreSQL with one role and one database of its own. Dropping it stops it and removes everything.
///
/// It lets in who comes by TLS with the password, and nobody else; as on Neon the role owns the database, may make others,
/// and is no superuser. When the owning process is killed, it ends too.
pub struct Throwaway {
    server: Server,
    address: SocketAddr,
    host: String,
    ca_pem: String,
    password: String,
    next_password: String,
    _folder: Owned,
}

/// The server's process and the shell that minds it.
struct Server {
    shell: Child,
    journal: Journal,
}

/// Runs the server, and ends it and removes its folder as soon as standard input ends: at the latest when the owner does, for
/// the other end of that pipe is nowhere else.
const MINDER: &str = r#"
folder=$1; shift
exec 3<&0
"$@" 3<&- & server=$!
{ read -r _ <&3; kill -QUIT "$server"; } 2>/dev/null & minder=$!
wait "$server"; status=$?
kill "$minder" 2>/dev/null
rm -rf "$folder"
exit "$status"
"#;

impl Throwaway {
    /// Starts a server on a free port of `listen`, with a certificate for `host`: the DNS name or IP address by which its
    /// client knows it. First removes what owners that are gone left behind.
    ///
    /// # Errors
    ///
    /// Fails where there is no PostgreSQL to start ([`DatabaseError::hint`] then says what to install), or it does not start.
    pub fn start(listen: IpAddr, host: &str) -> Result<Self, DatabaseError> {
        Self::start_demanding(Demand::Tls, listen, host)
    }

    /// As [`Throwaway::start`], letting in also who comes without TLS: for clients of which nobody knows how they connect.
    ///
    /// # Errors
    ///
    /// As [`Throwaway::start`].
    pub fn start_lenient(listen: IpAddr, host: &str) -> Result<Self, DatabaseError> {
        Self::start_demanding(Demand::Password, listen, host)
    }

    fn start_demanding(demand: Demand, listen: IpAddr, host: &str) -> Result<Self, DatabaseError> {
        let programs = Programs::find()?;
        leftover::clean(&programs);
        let template = template::place(&programs);
        let mut template = template.as_deref();
        let mut ports = PORTS;
        loop {
            let from_template = template.is_some_and(Path::exists);
            match Self::start_from(template, demand, listen, host, &programs) {
                // Somebody took the port between our looking and the server's listening.
                Err(DatabaseError::Failed { log, .. }) if ports > 1 && log.contains("Address already in use") => {
                    ports -= 1;
                }
                // A template can be damaged: the machine may have lost power while it was written.
                Err(DatabaseError::Failed { .. } | DatabaseError::NotReady { .. } | DatabaseError::Prepare { .. })
                    if from_template =>
                {
                    template.take().into_iter().for_each(template::forget);
                }
                result => return result,
            }
        }
    }

    fn start_from(
        template: Option<&Path>,
        demand: Demand,
        listen: IpAddr,
        host: &str,
        programs: &Programs,
    ) -> Result<Self, DatabaseError> {
        let certificate = certificate::for_host(host)
            .map_err(|source| DatabaseError::Certificate { host: host.to_owned(), source })?;
        let (password, next_password) = (random_password()?, random_password()?);
        let address = free_port(listen).map_err(|source| DatabaseError::Listen { address: listen, source })?;
        let owned = leftover::owned_folder(programs)
            .map_err(|source| DatabaseError::Prepare { path: std::env::temp_dir(), source })?;
        let folder = owned.folder.path();
        let data = folder.join("data");

        cluster::create(&data, template, programs)?;
        cluster::secure(&data, demand, address, &certificate, &password, programs)?;
        let mut server = Server::spawn(folder, programs)?;
        server.until_ready(&data, &password)?;

        let host = host.to_owned();
        let ca_pem = certificate.authority;
        Ok(Self { server, address, host, ca_pem, password, next_password, _folder: owned })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate of the run's own authority.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Made at random for this server. To be replaced wherever text may be shown.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// What [`Throwaway::rotate`] will make the password; as secret.
    pub fn next_password(&self) -> &str {
        &self.next_password
    }

    /// Gives the role the next password, and ends its sessions: from now on the one it had is refused.
    ///
    /// # Errors
    ///
    /// Fails if the server does not do it.
    pub fn rotate(&mut self) -> Result<(), DatabaseError> {
        let client = self.client()?;
        for statement in cluster::rotation(&self.next_password) {
            client.ask(&statement, ANSWER)?;
        }
        let next = random_password()?;
        self.password = std::mem::replace(&mut self.next_password, next);
        Ok(())
    }

    /// Makes another, empty database of the same role; [`Throwaway::url_of`] leads there.
    ///
    /// # Errors
    ///
    /// Fails if the server does not make it: a database of this name is there, or it does not answer.
    pub fn make_database(&self, name: &str) -> Result<(), DatabaseError> {
        self.client()?.ask(&format!("CREATE DATABASE \"{}\"", name.replace('"', "")), ANSWER)?;
        Ok(())
    }

    /// How many rows of all tables have `text` in them; tables whose name resembles `like` are searched first.
    ///
    /// # Errors
    ///
    /// Fails if the server does not answer.
    pub fn rows_with(&self, text: &str, like: &str) -> Result<Found, DatabaseError> {
        Ok(self.client()?.rows_with(text, like, ANSWER)?)
    }

    /// Who came to the server so far, our own sessions aside.
    pub fn seen(&self) -> Seen {
        self.server.journal.seen()
    }

    /// As [`Throwaway::seen`], once it is as `wanted`, or when the time is over.
    pub fn seen_when(&self, wanted: impl Fn(&Seen) -> bool, within: Duration) -> Seen {
        self.server.journal.seen_when(wanted, within)
    }

    /// How many logins came to one of its databases, our own aside; waits for the first one, at most so long.
    pub fn logins_to(&self, database: &str, within: Duration) -> u64 {
        self.server.journal.logins_to(database, within)
    }

    /// The server is ours, so that nobody has to be believed: what is asked for is that nobody reads along.
    fn client(&self) -> Result<Client, ClientError> {
        let address = self.address;
        let url = format!("postgresql://{NAME}:{}@{address}/{NAME}?sslmode=require", self.password);
        Client::to(&Target::of(&url)?, ANSWER)
    }

    /// What a client connects with; the file `ca_path` must hold [`Throwaway::ca_pem`]. Holds the password.
    pub fn url(&self, ca_path: &str) -> String {
        self.url_with(&self.password, NAME, self.address.port(), ca_path)
    }

    /// What a client connects with that says nothing of TLS. Holds the password.
    pub fn plain_url(&self) -> String {
        let url = self.url("");
        url.split('?').next().unwrap_or_default().to_owned()
    }

    /// Its role, and the database that it has from the start.
    pub fn user(&self) -> &'static str {
        NAME
    }

    /// The name by which its certificate and its URLs know it.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// As [`Throwaway::url`], for a database that was made later, and a port at which the server is reached in another way.
    pub fn url_of(&self, database: Option<&str>, port: u16, ca_path: &str) -> String {
        self.url_with(&self.password, database.unwrap_or(NAME), port, ca_path)
    }

    /// What a client will connect with after [`Throwaway::rotate`].
    pub fn next_url(&self, ca_path: &str) -> String {
        self.url_with(&self.next_password, NAME, self.address.port(), ca_path)
    }

    fn url_with(&self, password: &str, database: &str, port: u16, ca_path: &str) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let ca = percent_encoded(ca_path);
        format!(
            "postgresql://{NAME}:{password}@{host}:{port}/{database}?sslmode=require&channel_binding=require&sslrootcert={ca}"
        )
    }
}

impl fmt::Debug for Throwaway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throwaway").field("address", &self.address).field("host", &self.host).finish_non_exhaustive()
    }
}

impl Server {
    fn spawn(folder: &Path, programs: &Programs) -> Result<Self, DatabaseError> {
        let mut shell = programs
            .command("/bin/sh")
            .args(["-c", MINDER, "sh"])
            .arg(folder)
            .arg(programs.path("postgres"))
            .arg("-D")
            .arg(folder.join("data"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Ctrl-C is for the owner, who still needs its database to clean up.
            .process_group(0)
            .spawn()
            .map_err(|source| DatabaseError::Run { program: "/bin/sh".into(), source })?;
        let journal = Journal::default();
        if let Some(log) = shell.stderr.take() {
            journal.follow(log);
        }
        Ok(Self { shell, journal })
    }

    /// Waits for the word that the server itself writes once it takes connections.
    fn until_ready(&mut self, data: &Path, password: &str) -> Result<(), DatabaseError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
            if status.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
                return Ok(());
            }
            if let Ok(Some(_)) = self.shell.try_wait() {
                return Err(DatabaseError::Failed { program: "postgres", log: self.said(password, true) });
            }
            if Instant::now() > deadline {
                return Err(DatabaseError::NotReady { seconds: PATIENCE.as_secs(), log: self.said(password, false) });
            }
            std::thread::sleep(POLL);
        }
    }

    /// The end of its log.
    fn said(&self, password: &str, has_ended: bool) -> String {
        last_lines(&self.journal.last_lines(has_ended), password)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let deadline = Instant::now() + Duration::from_secs(5);
        while matches!(self.shell.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                if let Some(group) = i32::try_from(self.shell.id()).ok().and_then(Pid::from_raw) {
                    let _ = kill_process_group(group, Signal::KILL);
                }
                let _ = self.shell.wait();
            }
            std::thread::sleep(POLL);
        }
    }
}

fn random_password() -> Result<String, DatabaseError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(DatabaseError::Random)?;
    Ok(hex::encode(bytes))
}

fn free_port(listen: IpAddr) -> io::Result<SocketAddr> {
    TcpListener::bind((listen, 0))?.local_addr()
}

/// For a value in a URL's query.
fn percent_encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => encoded.push(byte.into()),
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_a_url_is_encoded() {
        assert_eq!(percent_encoded("/run/seaworthy/ca.pem"), "/run/seaworthy/ca.pem");
        assert_eq!(percent_encoded("/a b&c=é"), "/a%20b%26c%3D%C3%A9");
    }
}
