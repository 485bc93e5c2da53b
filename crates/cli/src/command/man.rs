//! `seaworthy man`: the manual pages, made from the definition of the command line.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, CommandFactory as _, ValueHint};
use clap_mangen::Man;

use crate::args::Cli;
use crate::exit::Exit;
use crate::output::Output;

/// Write the manual pages, one for each command
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seaworthy man /usr/local/share/man/man1    then `man seaworthy-verify`
  seaworthy man                              the first page, to stdout

Files of the same names are replaced. It exits 0, or 2 when a page cannot be written.")]
pub(crate) struct ManArgs {
    /// The folder for the pages; it is made if it is missing
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    folder: Option<PathBuf>,
}

pub(crate) fn run(args: &ManArgs, out: &mut Output) -> anyhow::Result<Exit> {
    let command = Cli::command();
    let Some(folder) = &args.folder else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page)?;
        out.data(&String::from_utf8_lossy(&page))?;
        return Ok(Exit::Success);
    };
    let pages = command.get_subcommands().count() + 1;
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    clap_mangen::generate_to(command, folder).with_context(|| format!("cannot write into `{}`", folder.display()))?;
    out.note(&format!("{pages} pages are in {}", folder.display()));
    Ok(Exit::Success)
}
