//! The command line. Each command's own arguments stand in its file, what several share in `run_args.rs`.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueHint};

use crate::command::build::BuildArgs;
use crate::command::completions::CompletionsArgs;
use crate::command::doctor::DoctorArgs;
use crate::command::explain::ExplainArgs;
use crate::command::init::InitArgs;
use crate::command::keygen::KeygenArgs;
use crate::command::man::ManArgs;
use crate::command::proof::ProofArgs;
use crate::command::push::PushArgs;
use crate::command::review::ReviewArgs;
use crate::command::ship::ShipArgs;
use crate::command::verify::VerifyArgs;

const EXAMPLES: &str = "\
Examples:
  seaworthy init                              a first specification and Dockerfile, from what the project's files tell
  seaworthy explain containerization-spec.md  what each sentence was understood to promise
  seaworthy ship                              build the project, and hold it to its specification

Exit codes:
  0    nothing is broken and nothing unproven
  1    a promise is broken
  2    the work could not be done
  3    nothing is broken, and something was not shown
  130  interrupted";

/// Build a container image, run it, and show that it keeps every promise of its specification
#[derive(Debug, Parser)]
#[command(name = "seaworthy", version, after_help = EXAMPLES, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// The project's folder, which holds `containerization-spec.md` [default: .]
    #[arg(short = 'C', value_name = "DIR", global = true, value_hint = ValueHint::DirPath)]
    pub(crate) project: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// One command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Ship(ShipArgs),
    Build(BuildArgs),
    Verify(VerifyArgs),
    Push(PushArgs),
    Proof(ProofArgs),
    Keygen(KeygenArgs),
    Explain(ExplainArgs),
    Init(InitArgs),
    Review(ReviewArgs),
    Doctor(DoctorArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_of_the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
