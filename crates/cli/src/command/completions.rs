//! `seaworthy completions`: what a shell needs to complete this command line.

use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate};

use crate::args::Cli;
use crate::exit::Exit;
use crate::output::Output;

/// Print the completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seaworthy completions bash >/etc/bash_completion.d/seaworthy
  seaworthy completions zsh >\"${fpath[1]}/_seaworthy\"
  seaworthy completions fish >~/.config/fish/completions/seaworthy.fish

It exits 0, or 2 when the completions cannot be written.")]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs, out: &mut Output) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "seaworthy", &mut script);
    out.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Success)
}
