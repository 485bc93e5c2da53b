//! `task-api`: one program that serves, and looks after itself in a container without a shell.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use task_api::command;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "\
usage: task-api [serve | healthcheck | doctor | migrate | key new [NAME [SCOPES]]]

  serve        answer requests (the default)
  healthcheck  ask the service on this machine for /health; exit 0 if it is well
  doctor       check the configuration and the way to the database, step by step
  migrate      bring the database's tables up to date, and nothing else
  key new      make an API key for NAME (default) with SCOPES (read, write or read+write)

Environment, or `.env` in the working directory:
  DATABASE_URL       postgresql://user:password@host/database?sslmode=require
                     or sqlite:///data/tasks.db
  DATABASE_URL_FILE  a file that holds it
  PORT               8000
  HOST               0.0.0.0
  LOG_LEVEL          off, error, warn, info, debug or trace; info
  REQUEST_TIMEOUT    seconds; 30
  MAX_REQUESTS       answered at the same time; 2048
  MAX_CONNECTIONS    served at the same time; 2048
  API_KEYS           entries that `key new` printed; without any, everybody may do everything
  API_KEYS_FILE      a file that holds them
  RATE_LIMIT         requests/seconds of a key or an address, in this process; without it, no limit
  TRUSTED_PROXIES    how many of your own add to X-Forwarded-For before it; 0
  OTEL_EXPORTER_OTLP_ENDPOINT
                     a collector of traces, http://localhost:4318; without it, none are sent
";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_str().unwrap_or_default()).collect();
    let result = match arguments.as_slice() {
        [] | ["serve"] => command::serve::run(),
        ["healthcheck"] => command::healthcheck::run(),
        ["doctor"] => command::doctor::run(&mut io::stdout().lock()),
        ["migrate"] => command::migrate::run(),
        ["key", "new"] => command::key::new(&mut io::stdout(), "default", "read+write"),
        ["key", "new", name] => command::key::new(&mut io::stdout(), name, "read+write"),
        ["key", "new", name, scopes] => command::key::new(&mut io::stdout(), name, scopes),
        ["help" | "--help" | "-h"] => return told(&mut io::stdout(), USAGE, ExitCode::SUCCESS),
        ["version" | "--version" | "-V"] => {
            return told(&mut io::stdout(), concat!("task-api ", env!("CARGO_PKG_VERSION"), "\n"), ExitCode::SUCCESS);
        }
        _ => return told(&mut io::stderr(), USAGE, ExitCode::from(2)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => told(&mut io::stderr(), &format!("task-api: {failure}\n"), ExitCode::FAILURE),
    }
}

/// Writes, and does not mind if nobody reads.
fn told(stream: &mut dyn Write, text: &str, code: ExitCode) -> ExitCode {
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    code
}
