//! Whether a service uses the database that it was given. The Task API's rows show it passing.

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use seaworthy_testkit::Recipe;
use tempfile::TempDir;

use crate::row::{Row, row};

const CONNECTS: &str = "Container can connect to PostgreSQL database with provided DATABASE_URL";

#[test]
fn a_service_that_never_asks_its_database_is_seen() -> anyhow::Result<()> {
    row!(Recipe::fault("--own-file"))
        .promise(CONNECTS)
        .runs("fail database.connects: POST /notes 201, and nobody came to the database")
}

#[test]
fn a_connection_is_no_login() -> anyhow::Result<()> {
    row!(Recipe::fault("--dials"))
        .promise(CONNECTS)
        .runs("fail database.connects: POST /notes 201, and no login came to the database, 1 connection without one")
}

#[test]
fn without_a_login_and_an_api_nothing_is_shown() -> anyhow::Result<()> {
    row!(Recipe::fault("--no-openapi")).promise(CONNECTS).runs("unproven database.connects: …")
}

/// A PostgreSQL of the user's own, as far as the program can tell: it asks for no password.
struct Given {
    server: Child,
    port: u16,
    _folder: TempDir,
}

impl Given {
    fn start() -> anyhow::Result<Self> {
        let versions = std::fs::read_dir("/usr/lib/postgresql").context("apt-get install postgresql")?;
        let programs = versions.flatten().map(|version| version.path().join("bin")).max().context("no PostgreSQL")?;
        let folder = tempfile::Builder::new().prefix("seaworthy-given-").tempdir()?;
        let owner = owner()?;
        chown(folder.path(), owner, owner)?;
        let run = |program: &str| {
            let mut command = Command::new(programs.join(program));
            command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
            as_owner(&mut command, owner);
            command
        };
        let data: PathBuf = folder.path().join("data");
        let made =
            run("initdb").args(["--auth", "trust", "--username", "notes", "--no-sync", "-D"]).arg(&data).output()?;
        ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = free_port()?;
        let settings = ["-F", "-h", "127.0.0.1", "-k", "", "-p", &port.to_string()].map(str::to_owned);
        let server = run("postgres").arg("-D").arg(&data).args(settings).stderr(Stdio::null()).spawn()?;
        Self { server, port, _folder: folder }.listening()
    }

    /// A pooler before it, which gives each transaction to a connection of its choice.
    fn pooled(&self) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("seaworthy-pooler-").tempdir()?;
        let (owner, port) = (owner()?, free_port()?);
        let (settings, users) = (folder.path().join("pgbouncer.ini"), folder.path().join("users"));
        std::fs::write(&users, "\"notes\" \"\"\n")?;
        std::fs::write(
            &settings,
            format!(
                "[databases]\npostgres = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
                 unix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = transaction\n",
                self.port,
                users.display()
            ),
        )?;
        chown(folder.path(), owner, owner)?;
        let mut command = Command::new("pgbouncer");
        command.arg(&settings).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        as_owner(&mut command, owner);
        let server = command.spawn().context("apt-get install pgbouncer")?;
        Self { server, port, _folder: folder }.listening()
    }

    /// Once it takes connections.
    fn listening(self) -> anyhow::Result<Self> {
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            ensure!(started.elapsed() < Duration::from_secs(20), "nothing listens on port {}", self.port);
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(self)
    }

    fn row(&self, row: Row) -> Row {
        row.env(&format!("DATABASE_URL=postgres://notes@127.0.0.1:{}/postgres", self.port)).promise(CONNECTS)
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn as_owner(command: &mut Command, owner: Option<u32>) {
    if let Some(uid) = owner {
        command.uid(uid).gid(uid);
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        if let Ok(pid) = i32::try_from(self.server.id()) {
            let _ = Pid::from_raw(pid).map(|pid| kill_process(pid, Signal::QUIT));
        }
        let _ = self.server.wait();
    }
}

/// Who may run the server: it refuses root.
fn owner() -> anyhow::Result<Option<u32>> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let users = std::fs::read_to_string(Path::new("/etc/passwd"))?;
    let user = users.lines().find_map(|line| line.strip_prefix("postgres:")?.split(':').nth(1)?.parse().ok());
    Ok(Some(user.context("there is no user `postgres`")?))
}

#[test]
fn a_given_database_is_looked_into_for_the_row() -> anyhow::Result<()> {
    let given = Given::start()?;
    let found = "pass database.connects: POST /notes 201, its row found in the table notes (the given PostgreSQL)";
    given.row(row!(Recipe::fault("--postgres"))).runs(found)?;
    given.pooled()?.row(row!(Recipe::fault("--postgres"))).runs(found)?;
    // One that logs in, makes its table, and keeps its notes in a file.
    given
        .row(row!(Recipe::fault("--logs-in")))
        .runs("fail database.connects: POST /notes 201, its row is in none of 1 tables; …")
}

#[test]
fn a_given_database_that_is_not_at_neon_is_told() -> anyhow::Result<()> {
    let given = Given::start()?;
    given
        .row(row!(Recipe::fault("--postgres")).promise("Container can connect to Neon database with provided DATABASE_URL"))
        .runs(
            "
    pending database.connects: POST /notes 201, its row found in the table notes (the given PostgreSQL, whose host is not Neon's)
    pass database.connects: POST /notes 201, its row found in the table notes (the given PostgreSQL)
    ",
        )
}

#[test]
fn a_driver_that_takes_no_url_like_the_throwaway_servers_shows_nothing() -> anyhow::Result<()> {
    let promised = |row: Row| row.promise(CONNECTS).promise("All CRUD endpoints work").promise("Starts within 5s");
    promised(row!(Recipe::fault("--other-driver"))).runs(
        "
    unproven database.connects: its driver takes no URL in the form of the throwaway PostgreSQL's, postgresql://…; give one in its own form with `--env DATABASE_URL`: exit 1 within … ms of its start; last log lines: ModuleNotFoundError: No module named 'psycopg2'
    unproven api.crud: …
    unproven start.within: …
    ",
    )?;
    promised(row!(Recipe::fault("--other-parameters"))).runs(
        "
    unproven database.connects: its driver takes no URL in the form of the throwaway PostgreSQL's, …: POST /notes answered 500: …
    unproven api.crud: its driver takes no URL in the form of the throwaway PostgreSQL's, …: POST /notes answered 500: …
    pass start.within: …
    ",
    )?;
    // With data that was given, the same answer breaks the promise.
    row!(Recipe::fault("--other-parameters"))
        .with_data()
        .promise("All CRUD endpoints work")
        .runs("fail api.crud: POST /notes answered 500: …")
}

#[test]
fn a_dependency_on_postgresql_is_given_a_throwaway_server() -> anyhow::Result<()> {
    let spec = |dependency: &str| {
        format!(
            "# Notes\n\n## Success Criteria\n\n- [ ] Container is ready within 20s\n\n## Dependencies\n\n- {dependency}\n"
        )
    };
    row!(Recipe::default())
        .spec(&spec("PostgreSQL"))
        .runs("pass start.within: …\nwarning: no endpoint is promised, so that an open port had to do")?;
    row!(Recipe::default())
        .spec(&spec("none"))
        .runs("fail start.within: exit 1 within … ms of its start; last log lines: DATABASE_URL is not set")
}

/// Its container with another port drops the table while others work with it.
#[test]
fn a_service_that_makes_its_tables_anew_is_not_disturbed_by_its_other_containers() -> anyhow::Result<()> {
    let given = Given::start()?;
    let recipe = || Recipe::fault("--postgres").drafted(|draft| draft.entrypoint.push("--begins-anew".to_owned()));
    given.row(row!(recipe()).promise("All CRUD endpoints work").promise("PORT: Configurable, defaults to 8000")).runs(
        "
    pass api.crud: …
    pass env.configurable: …
    pass database.connects: …
    ",
    )
}
