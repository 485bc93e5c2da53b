//! `seaworthy`: builds a container image, runs it, and shows that it keeps every promise of its specification.

mod answer;
mod args;
mod bars;
mod build_folder;
mod command;
mod destination;
mod dockerfile_args;
mod env;
mod exit;
mod failure;
mod files;
mod fix;
mod folder;
mod interrupt;
mod interruptible;
mod keys;
mod output;
mod password;
mod place;
mod progress;
mod project;
mod proofs;
mod publication;
#[cfg(test)]
mod reference;
mod report_to;
mod reviewed;
mod run_args;
mod sockets;
mod source;
mod specification;
mod start_args;
mod table;
mod tags_args;
mod trial;
mod usage;
mod verification;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::Cli;
use crate::exit::Exit;
use crate::output::Output;

fn main() -> ExitCode {
    // The embedded engine starts this program again, as the parent of a container: then nothing of the command line is meant.
    if let Some(code) = seaworthy_engine::helper(std::env::args_os()) {
        return code;
    }
    let mut out = Output::from_environment();
    let exit = match Cli::try_parse() {
        Ok(cli) => run(cli, &mut out),
        Err(error) => usage::explain(error, &mut out),
    };
    exit.into()
}

fn run(cli: Cli, out: &mut Output) -> Exit {
    if let Err(error) = interrupt::listen(|| std::process::exit(Exit::Interrupted.code().into())) {
        out.failure(&anyhow::Error::new(error).context("cannot listen for signals"));
        return Exit::Failure;
    }
    match interrupt::catch(|| command::run(cli, out)) {
        Some(Ok(exit)) => exit,
        Some(Err(error)) => {
            out.failure(&error);
            Exit::Failure
        }
        None => Exit::Interrupted,
    }
}
