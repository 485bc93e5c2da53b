//! A real PostgreSQL, asked by PostgreSQL's own client.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use seaworthy_database::{Client, Throwaway};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A database, and its authority's certificate in a file.
struct Database {
    server: Throwaway,
    ca: tempfile::TempPath,
}

fn database(host: &str) -> Result<Database> {
    let server = Throwaway::start(LOOPBACK, host)
        .map_err(|error| anyhow::anyhow!("{error}; {}", error.hint().unwrap_or_default()))?;
    let ca = tempfile::NamedTempFile::new()?.into_temp_path();
    std::fs::write(&ca, server.ca_pem())?;
    Ok(Database { server, ca })
}

impl Database {
    fn url(&self) -> String {
        self.server.url(self.ca.to_str().unwrap_or_default())
    }
}

/// What `psql` answers: the rows, or the first line of what it complains about.
fn psql(url: &str, sql: &str) -> Result<String> {
    let output = Command::new("psql")
        .args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, url])
        .env("PGCONNECT_TIMEOUT", "10")
        .output()
        .context("psql is missing; `apt-get install postgresql-client` installs it")?;
    let text = String::from_utf8(if output.status.success() { output.stdout } else { output.stderr })?;
    Ok(text.trim().to_owned())
}

#[track_caller]
fn refused(answer: &str, because: &str) {
    assert!(answer.contains(because), "{answer}");
}

/// Polls until `done`.
fn eventually(what: &str, mut done: impl FnMut() -> bool) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !done() {
        ensure!(Instant::now() < deadline, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// The folder that a server works in, told by the kernel.
fn folder_of(database: &Throwaway) -> Result<(i32, PathBuf)> {
    let port = database.address().port().to_string();
    for process in std::fs::read_dir("/proc")?.flatten() {
        let Ok(data) = std::fs::read_link(process.path().join("cwd")) else { continue };
        let pidfile = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        let lines: Vec<&str> = pidfile.lines().collect();
        if lines.get(3) == Some(&port.as_str()) && process.file_name().to_str() == lines.first().copied() {
            return Ok((lines[0].parse()?, data.parent().context("no folder")?.to_owned()));
        }
    }
    anyhow::bail!("no server on port {port}")
}

#[test]
fn it_takes_a_client_by_tls_with_scram_and_channel_binding() -> Result<()> {
    let database = database("localhost")?;
    assert!(database.url().contains("?sslmode=require&channel_binding=require&sslrootcert="));
    let sql = "SELECT current_user, current_database(), ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert_eq!(psql(&database.url(), sql)?, "app|app|t|TLSv1.3");
    assert_eq!(
        psql(&database.url(), "CREATE TABLE t (v text); INSERT INTO t VALUES ('é') RETURNING v")?,
        "CREATE TABLE\né\nINSERT 0 1"
    );
    assert_eq!(psql(&database.url(), "CREATE DATABASE another")?, "CREATE DATABASE");
    Ok(())
}

#[test]
fn its_password_changes_and_sessions_of_the_old_one_end() -> Result<()> {
    let mut database = database("localhost")?;
    let (old, next) = (database.url(), database.server.next_url(database.ca.to_str().unwrap_or_default()));
    refused(&psql(&next, "SELECT 1")?, "password authentication failed");
    let mut session = Command::new("psql").args(["-X", &old]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let is_there = || psql(&old, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'").is_ok_and(|n| n == "2");
    eventually("a second session", is_there)?;

    database.server.rotate()?;
    assert_eq!(database.url(), next);
    refused(&psql(&old, "SELECT 1")?, "password authentication failed");
    let is_alone =
        || psql(&next, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'").is_ok_and(|n| n == "1");
    eventually("an end of every other session", is_alone)?;
    assert_ne!(database.server.next_password(), database.server.password());
    drop(session.stdin.take());
    session.wait()?;
    Ok(())
}

#[test]
fn a_login_is_told_from_a_connection_and_from_a_refusal() -> Result<()> {
    let database = database("localhost")?;
    let within = Duration::from_secs(10);
    drop(TcpStream::connect(database.server.address())?);
    let seen = database.server.seen_when(|seen| seen.connections == 1, within);
    assert_eq!((seen.connections, seen.logins), (1, 0));

    let plain = database.url().replace("sslmode=require&channel_binding=require", "sslmode=disable");
    refused(&psql(&plain, "SELECT 1")?, "no encryption");
    let seen = database.server.seen_when(|seen| seen.refusal.is_some(), within);
    assert!(seen.refusal.unwrap_or_default().contains("no encryption"));

    // What we ask ourselves does not count.
    assert_eq!(database.server.rows_with("a", "")?.rows, 0);
    assert_eq!(database.server.seen().logins, 0);
    assert_eq!(psql(&database.url(), "SELECT 1")?, "1");
    let seen = database.server.seen_when(|seen| seen.statements > 0, within);
    assert_eq!((seen.connections, seen.logins, seen.statements), (3, 1, 1));

    database.server.make_database("scenario_7")?;
    assert_eq!(database.server.logins_to("scenario_7", Duration::ZERO), 0);
    let fresh = database.url().replace("/app?", "/scenario_7?");
    assert_eq!(psql(&fresh, "SELECT current_database()")?, "scenario_7");
    assert_eq!(database.server.logins_to("scenario_7", within), 1);
    Ok(())
}

#[test]
fn our_client_logs_in_as_the_url_says() -> Result<()> {
    let database = database("localhost")?;
    let within = Duration::from_secs(10);
    let since = Instant::now();
    psql(&database.url(), "CREATE TABLE task (title text); INSERT INTO task VALUES ('seaworthy ab12')")?;
    let verified = database.url().replace("sslmode=require", "sslmode=verify-full");
    let client = Client::connect(&verified, within)?;
    assert_eq!(client.rows_with("seaworthy ab12", "tasks", within)?.rows, 1);
    assert_eq!(client.sessions(since.elapsed(), within)?, 0);

    let mut session = Command::new("psql").args(["-X", &database.url()]).stdin(Stdio::piped()).spawn()?;
    if let Some(input) = &mut session.stdin {
        input.write_all(b"SELECT 1;\n")?;
    }
    let is_seen = || client.sessions(since.elapsed(), within).is_ok_and(|sessions| sessions == 1);
    eventually("a session with a statement", is_seen)?;
    drop(session.stdin.take());
    session.wait()?;

    let other = verified.replace("localhost", "127.0.0.1");
    let told = Client::connect(&other, within).err().context("a certificate for another name")?.to_string();
    assert!(told.contains("certificate"), "{told}");
    let plain = database.url().replace("sslmode=require&channel_binding=require", "sslmode=disable");
    let told = Client::connect(&plain, within).err().context("no encryption")?.to_string();
    assert!(told.contains("no encryption"), "{told}");
    Ok(())
}

#[test]
fn rows_are_counted_by_what_is_in_them() -> Result<()> {
    let database = database("localhost")?;
    assert_eq!(database.server.rows_with("a", "")?.rows, 0);
    let rows = r#"CREATE TABLE one (v text); INSERT INTO one VALUES ('x_1'), ('xy1'), ('it''s %');
        CREATE SCHEMA s; CREATE TABLE s."Two" (n int, v jsonb); INSERT INTO s."Two" VALUES (7, '{"k": "x_1"}')"#;
    psql(&database.url(), rows)?;
    for (text, count) in [("x_1", 2), ("'s %", 1), ("x", 3), ("\\", 0)] {
        assert_eq!(database.server.rows_with(text, "")?.rows, count, "{text}");
    }
    let found = database.server.rows_with("x_1", "two")?;
    assert_eq!((found.table.as_deref(), found.searched, found.unsearched), (Some("s.\"Two\""), 2, 0));
    Ok(())
}

#[test]
fn the_role_is_no_superuser() -> Result<()> {
    let database = database("localhost")?;
    assert_eq!(psql(&database.url(), "SELECT rolsuper, rolreplication FROM pg_roles WHERE rolname = 'app'")?, "f|f");
    refused(&psql(&database.url(), "COPY (SELECT 1) TO PROGRAM 'true'")?, "must be superuser");
    Ok(())
}

#[test]
fn plain_text_is_refused() -> Result<()> {
    let database = database("localhost")?;
    let plain = database.url().replace("sslmode=require", "sslmode=disable").replace("channel_binding=require&", "");
    refused(&psql(&plain, "SELECT 1")?, "no encryption");
    Ok(())
}

#[test]
fn a_wrong_password_is_refused() -> Result<()> {
    let database = database("localhost")?;
    let wrong = database.url().replace(database.server.password(), "wrong");
    refused(&psql(&wrong, "SELECT 1")?, "password authentication failed");
    Ok(())
}

#[test]
fn other_roles_are_refused() -> Result<()> {
    let database = database("localhost")?;
    let superuser = database.url().replace("//app:", "//postgres:");
    refused(&psql(&superuser, "SELECT 1")?, "password authentication failed");
    Ok(())
}

#[test]
fn the_certificate_is_for_the_host_that_was_named_and_no_other() -> Result<()> {
    let database = database("db.seaworthy.internal")?;
    let named = database.url().replace("sslmode=require", "sslmode=verify-full&hostaddr=127.0.0.1");
    assert_eq!(psql(&named, "SELECT 1")?, "1");
    let other = named.replace("@db.seaworthy.internal:", "@other.seaworthy.internal:");
    refused(&psql(&other, "SELECT 1")?, "does not match host name");
    Ok(())
}

#[test]
fn the_host_may_be_an_address() -> Result<()> {
    let database = database("127.0.0.1")?;
    assert_eq!(psql(&database.url().replace("sslmode=require", "sslmode=verify-full"), "SELECT 1")?, "1");
    Ok(())
}

#[test]
fn two_know_nothing_of_each_other() -> Result<()> {
    let (one, two) = (database("localhost")?, database("localhost")?);
    assert_ne!(one.server.password(), two.server.password());
    psql(&one.url(), "CREATE TABLE only_here ()")?;
    refused(&psql(&two.url(), "TABLE only_here")?, "does not exist");
    let crossed = Database { server: one.server, ca: two.ca };
    refused(&psql(&crossed.url(), "SELECT 1")?, "certificate verify failed");
    Ok(())
}

#[test]
fn a_database_made_later_is_empty_and_of_the_same_role() -> Result<()> {
    let database = database("localhost")?;
    psql(&database.url(), "CREATE TABLE only_here ()")?;
    database.server.make_database("scenario_1")?;
    let ca = database.ca.to_str().unwrap_or_default();
    let url = database.server.url_of(Some("scenario_1"), database.server.address().port(), ca);
    refused(&psql(&url, "TABLE only_here")?, "does not exist");
    assert_eq!(psql(&url, "CREATE TABLE there (); SELECT current_database()")?, "CREATE TABLE\nscenario_1");
    refused(&database.server.make_database("scenario_1").unwrap_err().to_string(), "already exists");
    Ok(())
}

#[test]
fn the_password_is_not_shown() -> Result<()> {
    let database = database("localhost")?;
    assert!(!format!("{:?}", database.server).contains(database.server.password()));
    let (pid, _) = folder_of(&database.server)?;
    let arguments = std::fs::read(format!("/proc/{pid}/cmdline"))?;
    assert!(!String::from_utf8_lossy(&arguments).contains(database.server.password()));
    Ok(())
}

#[test]
fn it_does_not_run_as_root() -> Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let database = database("localhost")?;
    let (pid, folder) = folder_of(&database.server)?;
    assert_ne!(std::fs::metadata(format!("/proc/{pid}"))?.uid(), 0);
    assert_eq!(std::fs::metadata(folder)?.mode() & 0o777, 0o700);
    Ok(())
}

#[test]
fn nothing_is_left_after_drop() -> Result<()> {
    let database = database("localhost")?;
    let address = database.server.address();
    let (pid, folder) = folder_of(&database.server)?;
    drop(database);
    assert!(!folder.exists());
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
    assert!(TcpStream::connect(address).is_err());
    Ok(())
}

#[test]
fn an_address_of_another_machine_is_an_error() {
    let error = Throwaway::start("192.0.2.1".parse().unwrap(), "localhost").unwrap_err();
    assert_eq!(error.to_string(), "cannot listen on `192.0.2.1`");
}

#[test]
fn a_host_that_no_certificate_can_carry_is_an_error() {
    let error = Throwaway::start(LOOPBACK, "ünïcode").unwrap_err();
    assert_eq!(error.to_string(), "cannot make a certificate for `ünïcode`");
}

/// Set for the process that plays the owner in the tests below: this program again, with one test chosen.
const OWNER: &str = "SEAWORTHY_TEST_DATABASE_OWNER";

/// Owns a database until it is killed.
#[test]
fn owner() -> Result<()> {
    if std::env::var_os(OWNER).is_none() {
        return Ok(());
    }
    let database = Throwaway::start(LOOPBACK, "localhost")?;
    let (pid, folder) = folder_of(&database)?;
    println!("\nowns {pid} {}", folder.display());
    loop {
        std::thread::park();
    }
}

/// Starts an owner; its server's process, the folder.
fn spawn_owner() -> Result<(std::process::Child, i32, PathBuf)> {
    let mut owner = Command::new(std::env::current_exe()?)
        .args(["--exact", "owner", "--nocapture"])
        .env(OWNER, "1")
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = BufReader::new(owner.stdout.take().context("no output")?).lines();
    for line in lines {
        let line = line?;
        if let Some((pid, folder)) = line.strip_prefix("owns ").and_then(|rest| rest.split_once(' ')) {
            return Ok((owner, pid.parse()?, folder.into()));
        }
    }
    anyhow::bail!("the owner ended: {}", owner.wait()?)
}

fn kill(pid: u32) -> Result<()> {
    let pid = rustix::process::Pid::from_raw(pid.try_into()?).context("no process")?;
    Ok(rustix::process::kill_process(pid, rustix::process::Signal::KILL)?)
}

#[test]
fn a_killed_owners_server_ends_by_itself() -> Result<()> {
    let (mut owner, pid, folder) = spawn_owner()?;
    assert!(folder.exists());
    owner.kill()?;
    owner.wait()?;
    eventually("the end of the server", || !Path::new(&format!("/proc/{pid}")).exists())?;
    eventually("the end of the folder", || !folder.exists())
}

#[test]
fn what_a_crash_left_behind_is_gone_after_the_next_start() -> Result<()> {
    let (mut owner, pid, folder) = spawn_owner()?;
    // The shell between them is killed first, so nobody is left to clean up.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let shell = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)).context("no parent")?;
    let minder = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children"))?;
    kill(shell.parse()?)?;
    for child in minder.split_whitespace().filter(|child| *child != pid.to_string()) {
        kill(child.parse()?)?;
    }
    drop(database("localhost")?);
    assert!(folder.exists(), "a living owner keeps its folder");
    owner.kill()?;
    owner.wait()?;
    assert!(Path::new(&format!("/proc/{pid}")).exists());

    drop(database("localhost")?);

    assert!(!folder.exists());
    eventually("the end of the server", || !Path::new(&format!("/proc/{pid}")).exists())
}
