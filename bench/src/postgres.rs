//! A PostgreSQL for one measurement: over loopback TCP without TLS, with the durability that PostgreSQL has by default.
//!
//! Not the throwaway server of the tests: that one forgets everything when the machine does, and so writes faster than
//! any server that keeps tasks.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use tempfile::TempDir;

/// What differs from a fresh server: room for the data and for the clients of all contestants.
const SETTINGS: &str = "\
shared_buffers = '4GB'
max_wal_size = '4GB'
max_connections = 400
unix_socket_directories = ''
";

/// The same for whoever reads the figures.
pub(crate) const CONDITIONS: &str =
    "loopback TCP, no TLS, fsync and synchronous_commit on as by default, 4 GB of shared buffers";

/// Stops the server as soon as standard input ends: at the latest when its owner does.
const MINDER: &str = r#"
exec 3<&0
"$@" 3<&- & server=$!
{ read -r _ <&3; kill -INT "$server"; } 2>/dev/null & minder=$!
wait "$server"; status=$?
kill "$minder" 2>/dev/null
exit "$status"
"#;

/// A running server. Dropping it stops it and removes what it kept.
pub(crate) struct Postgres {
    minder: Child,
    port: u16,
    programs: PathBuf,
    _folder: TempDir,
}

/// What `pgbench` did.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pgbench {
    /// Transactions a second.
    pub(crate) rate: f64,
    pub(crate) mean_ms: f64,
    pub(crate) failed: u64,
}

impl Postgres {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let programs = programs()?;
        let folder = tempfile::tempdir()?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let data = folder.path().join("data");
        fs::create_dir(&data)?;
        let user =
            if rustix::process::geteuid().is_root() { Some(user(&fs::read_to_string("/etc/passwd")?)?) } else { None };
        let command = |program: &Path| {
            let mut command = Command::new(program);
            if let Some((uid, gid)) = user {
                command.uid(uid).gid(gid);
            }
            command.current_dir("/").stdout(Stdio::null());
            command
        };
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(&data, Some(uid), Some(gid))?;
        }
        let made = command(&programs.join("initdb"))
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--pgdata"])
            .arg(&data)
            .output()?;
        succeeded("initdb", &made)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let conf = data.join("postgresql.conf");
        let text = fs::read_to_string(&conf)?;
        fs::write(&conf, format!("{text}\nlisten_addresses = '127.0.0.1'\nport = {port}\n{SETTINGS}"))?;
        let log = fs::File::create(folder.path().join("log"))?;
        let minder = command(Path::new("/bin/sh"))
            .args(["-c", MINDER, "sh"])
            .arg(programs.join("postgres"))
            .arg("-D")
            .arg(&data)
            .stdin(Stdio::piped())
            .stderr(log)
            .process_group(0)
            .spawn()?;
        let mut postgres = Self { minder, port, programs, _folder: folder };
        postgres.wait_until_ready()?;
        Ok(postgres)
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            if self.sql("postgres", "SELECT 1").is_ok() {
                return Ok(());
            }
            ensure!(self.minder.try_wait()?.is_none(), "PostgreSQL did not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("PostgreSQL was not ready within 30 s");
    }

    /// Makes a database.
    pub(crate) fn database(&self, name: &str) -> anyhow::Result<()> {
        self.sql("postgres", &format!("CREATE DATABASE {name}")).map(drop)
    }

    /// Where a client finds a database.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// Runs statements, each in a transaction of its own. Returns what they say.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> anyhow::Result<String> {
        let mut command = self.client("psql", database);
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]);
        for statement in sql.split(";\n") {
            command.args(["-c", statement]);
        }
        let output = command.output().context("cannot run `psql`")?;
        succeeded("psql", &output)?;
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Runs a script with prepared statements, by so many clients.
    pub(crate) fn pgbench(
        &self,
        database: &str,
        script: &str,
        clients: usize,
        time: Duration,
    ) -> anyhow::Result<Pgbench> {
        let mut file = tempfile::NamedTempFile::new()?;
        std::io::Write::write_all(&mut file, script.as_bytes())?;
        let mut command = self.client("pgbench", "");
        command
            .args(["-n", "-M", "prepared", "-j", "2", "-c", &clients.to_string()])
            .args(["-T", &time.as_secs().max(1).to_string(), "-f"])
            .arg(file.path())
            .arg(database);
        let output = command.output().context("cannot run `pgbench`")?;
        succeeded("pgbench", &output)?;
        Pgbench::read(std::str::from_utf8(&output.stdout)?)
    }

    fn client(&self, program: &str, database: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.args(["-h", "127.0.0.1", "-U", "postgres", "-p", &self.port.to_string()]);
        if !database.is_empty() {
            command.args(["-d", database]);
        }
        command.stdin(Stdio::null());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.minder.stdin.take());
        let _ = self.minder.wait();
    }
}

impl Pgbench {
    /// Reads its report.
    fn read(report: &str) -> anyhow::Result<Self> {
        let value = |name: &str| {
            let rest =
                report.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no `{name}`"))?;
            rest.split_whitespace().next().unwrap_or_default().parse::<f64>().context("not a number")
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let failed = value("number of failed transactions: ")? as u64;
        Ok(Self { rate: value("tps = ")?, mean_ms: value("latency average = ")?, failed })
    }
}

fn succeeded(program: &str, output: &Output) -> anyhow::Result<()> {
    ensure!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}

/// The newest of Debian's servers.
fn programs() -> anyhow::Result<PathBuf> {
    let missing = "there is no PostgreSQL server: apt-get install postgresql";
    let versions = fs::read_dir("/usr/lib/postgresql").context(missing)?.flatten();
    let version =
        versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).max().context(missing)?;
    Ok(format!("/usr/lib/postgresql/{version}/bin").into())
}

/// Who runs a server that must not run as root.
fn user(passwd: &str) -> anyhow::Result<(u32, u32)> {
    let line = passwd.lines().find(|line| line.starts_with("postgres:")).context("there is no user `postgres`")?;
    let mut fields = line.split(':').skip(2).map(str::parse);
    match (fields.next(), fields.next()) {
        (Some(Ok(uid)), Some(Ok(gid))) => Ok((uid, gid)),
        _ => bail!("the user `postgres` has no number"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_of_pgbench_is_read() {
        let report = "transaction type: x.sql\nnumber of failed transactions: 2 (0.000%)\nlatency average = 0.780 ms\n\
                      initial connection time = 50.1 ms\ntps = 41035.117526 (without initial connection time)\n";
        let pgbench = Pgbench::read(report).unwrap();
        assert_eq!(format!("{pgbench:?}"), "Pgbench { rate: 41035.117526, mean_ms: 0.78, failed: 2 }");
        assert!(Pgbench::read("").is_err());
    }
}
