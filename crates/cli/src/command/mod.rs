//! The commands, one file each: resolve what the user named, call a library, print.

pub(crate) mod build;
pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod init;
pub(crate) mod keygen;
pub(crate) mod man;
pub(crate) mod proof;
pub(crate) mod push;
pub(crate) mod review;
pub(crate) mod ship;
pub(crate) mod verify;

use crate::args::{Cli, Command};
use crate::exit::Exit;
use crate::output::Output;

/// Does what the command line says.
pub(crate) fn run(cli: Cli, out: &mut Output) -> anyhow::Result<Exit> {
    let Cli { project, command } = cli;
    match command {
        Command::Ship(args) => ship::run(args, project, out),
        Command::Build(args) => build::run(args, project, out),
        Command::Verify(args) => verify::run(args, project, out),
        Command::Proof(args) => proof::run(args, project, out),
        Command::Push(args) => push::run(args, project, out),
        Command::Keygen(args) => keygen::run(args, out),
        Command::Explain(args) => explain::run(args, out),
        Command::Init(args) => init::run(args, project, out),
        Command::Review(args) => review::run(args, project, out),
        Command::Doctor(args) => doctor::run(&args, out),
        Command::Completions(args) => completions::run(&args, out),
        Command::Man(args) => man::run(&args, out),
    }
}
