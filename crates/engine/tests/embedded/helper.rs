//! The helper program of the engine's own tests; `seaworthy` is its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    seaworthy_engine::helper(std::env::args_os()).unwrap_or(ExitCode::FAILURE)
}
