//! A cluster's data folder: made, locked down, and given its password, all before the server first listens.

use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::certificate::Certificate;
use crate::journal::PREFIX;
use crate::programs::Programs;
use crate::{DatabaseError, template};

/// The role and the database that a run gets. As on Neon it may make databases and roles, and is no superuser.
pub(crate) const NAME: &str = "app";

/// What a client must do to be let in, beside knowing the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Demand {
    Tls,
    Password,
}

/// Makes a cluster with the role and the database, nobody able to log in yet.
pub(crate) fn create(data: &Path, template: Option<&Path>, programs: &Programs) -> Result<(), DatabaseError> {
    let taken = template.map_or(Ok(false), |template| template::take(template, data, programs));
    if taken.map_err(|source| DatabaseError::Prepare { path: data.to_owned(), source })? {
        return Ok(());
    }
    initdb(data, programs)?;
    single_user(
        data,
        programs,
        &format!("CREATE ROLE {NAME} NOLOGIN CREATEDB CREATEROLE\nCREATE DATABASE {NAME} OWNER {NAME}\n"),
    )?;
    if let Some(template) = template {
        template::keep(template, data);
    }
    Ok(())
}

/// Lets the role in with `password` at `address`, with SCRAM, over TLS where that is demanded, and in no other way.
pub(crate) fn secure(
    data: &Path,
    demand: Demand,
    address: SocketAddr,
    certificate: &Certificate,
    password: &str,
    programs: &Programs,
) -> Result<(), DatabaseError> {
    let write = |name: &str, text: &str| {
        write_private(&data.join(name), text, programs)
            .map_err(|source| DatabaseError::Prepare { path: data.join(name), source })
    };
    let way = match demand {
        Demand::Tls => "hostssl",
        Demand::Password => "host",
    };
    write("pg_hba.conf", &format!("{way} all all all scram-sha-256\n"))?;
    write("pg_ident.conf", "")?;
    write("postgresql.auto.conf", "")?;
    write("server.crt", &certificate.chain)?;
    write("server.key", &certificate.key)?;
    let listen =
        format!("listen_addresses = '{}'\nport = {}\nlog_line_prefix = '{PREFIX}'\n", address.ip(), address.port());
    write("postgresql.conf", &(listen + SETTINGS))?;
    single_user(data, programs, &format!("ALTER ROLE {NAME} LOGIN PASSWORD '{password}'\n"))
}

/// What changes the role's password, as the role itself, and ends all its other sessions.
pub(crate) fn rotation(new: &str) -> [String; 2] {
    [
        format!("ALTER ROLE {NAME} PASSWORD '{new}'"),
        format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{NAME}' AND pid <> pg_backend_pid()"
        ),
    ]
}

/// Nothing here is to survive a crash, so nothing waits for a disk; nothing lies outside the data folder.
const SETTINGS: &str = "\
ssl = on
password_encryption = 'scram-sha-256'
unix_socket_directories = ''
dynamic_shared_memory_type = mmap
shared_buffers = '16MB'
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_min_error_statement = panic
log_connections = on
log_statement = 'all'
log_parameter_max_length = 0
";

fn initdb(data: &Path, programs: &Programs) -> Result<(), DatabaseError> {
    let program = programs.path("initdb");
    let output = programs
        .command(&program)
        .args(["--no-sync", "--no-instructions", "--encoding=UTF8", "--locale=C", "--wal-segsize=1"])
        .args(["--username=postgres", "--auth=reject", "--pgdata"])
        .arg(data)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| DatabaseError::Run { program, source })?;
    succeeded("initdb", &output)
}

/// Runs statements, a line each, without a server that anyone could connect to. They go in by standard input: what is an
/// argument, the whole machine can read.
fn single_user(data: &Path, programs: &Programs, statements: &str) -> Result<(), DatabaseError> {
    let program = programs.path("postgres");
    let mut command = programs.command(&program);
    command
        .args(["--single", "-F", "-c", "exit_on_error=on", "-c", "log_min_error_statement=panic", "-D"])
        .arg(data)
        .arg("postgres");
    fed("postgres --single", command, &program, statements)
}

/// Runs a program that reads statements from standard input.
fn fed(name: &'static str, mut command: Command, program: &Path, statements: &str) -> Result<(), DatabaseError> {
    let failed = |source| DatabaseError::Run { program: program.to_owned(), source };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // It may have ended already; then its own words say more than a broken pipe.
        let _ = stdin.write_all(statements.as_bytes());
    }
    let output = child.wait_with_output().map_err(failed)?;
    succeeded(name, &output)
}

fn succeeded(program: &'static str, output: &Output) -> Result<(), DatabaseError> {
    if output.status.success() {
        return Ok(());
    }
    Err(DatabaseError::Failed { program, log: last_lines(&output.stderr, "") })
}

fn write_private(path: &Path, text: &str, programs: &Programs) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    programs.own(path)
}

/// The end of a log on one line, without `secret`.
pub(crate) fn last_lines(log: &[u8], secret: &str) -> String {
    const LINES: usize = 5;
    let text = String::from_utf8_lossy(log);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let end = lines[lines.len().saturating_sub(LINES)..].join("; ");
    match (end.is_empty(), secret.is_empty()) {
        (true, _) => "it said nothing".to_owned(),
        (false, true) => end,
        (false, false) => end.replace(secret, "(password)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_shown_by_its_last_lines_without_the_password() {
        assert_eq!(last_lines(b"", "x"), "it said nothing");
        assert_eq!(last_lines(b"one\n\n two \n", ""), "one; two");
        assert_eq!(
            last_lines(b"1\n2\n3\n4\n5\n6\npassword is s3cret\n", "s3cret"),
            "3; 4; 5; 6; password is (password)"
        );
        assert_eq!(last_lines(b"\xff\n", ""), "\u{fffd}");
    }
}
