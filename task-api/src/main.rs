//! `task-api`: one program that serves, and looks after itself in a container without a shell.

#![forbid(unsafe_code)]

use std::{
    io::{self, Write},
    process::ExitCode,
};

use task_api::command;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_str().unwrap_or_default()).collect();
    let result = match arguments.as_slice() {
        [] | ["serve"] => command::serve::run(),
        ["healthcheck"] => command::healthcheck::run(),
        ["doctor"] => command::doctor::run(&mut io::stdout().lock()),
        ["migrate"] => command::migrate::run(),
        ["restored"] => command::restored::run(),
        ["key", "new"] => command::key::new(&mut io::stdout(), "default", "read+write", None),
        ["key", "new", name] => command::key::new(&mut io::stdout(), name, "read+write", None),
        ["key", "new", name, scopes] => command::key::new(&mut io::stdout(), name, scopes, None),
        ["key", "new", name, scopes, until] => command::key::new(&mut io::stdout(), name, scopes, Some(until)),
        ["help" | "--help" | "-h"] => return told(&mut io::stdout(), command::help::TEXT, ExitCode::SUCCESS),
        ["version" | "--version" | "-V"] => {
            return told(&mut io::stdout(), concat!("task-api ", env!("CARGO_PKG_VERSION"), "\n"), ExitCode::SUCCESS);
        }
        _ => return told(&mut io::stderr(), command::help::TEXT, ExitCode::from(2)),
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
