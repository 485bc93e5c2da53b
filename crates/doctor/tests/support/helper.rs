//! The helper program of this crate's tests; `seaworthy` is its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    seaworthy_engine::helper(std::env::args_os()).unwrap_or(ExitCode::FAILURE)
}
