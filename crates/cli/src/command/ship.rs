//! `seaworthy ship`: build the project's image and hold it to its specification.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::exit::Exit;
use crate::folder::Folder;
use crate::output::Output;
use crate::project::{self, Wish};
use crate::run_args::RunArgs;
use crate::{specification, verification};

/// Build the project's image and hold it to its specification
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seaworthy ship                               the project in this folder
  seaworthy ship task-api --engine docker --report markdown=checklist.md

It exits 0 when nothing is broken and nothing unproven, 1 when a promise is broken, 3 when one was not shown,
2 when the work could not be done, 130 when interrupted.")]
pub(crate) struct ShipArgs {
    /// The project's folder: short for `-C DIR`
    #[arg(value_hint = ValueHint::DirPath)]
    dir: Option<PathBuf>,

    #[command(flatten)]
    run: RunArgs,
}

pub(crate) fn run(args: ShipArgs, directory: Option<PathBuf>, out: &mut Output) -> anyhow::Result<Exit> {
    let ShipArgs { dir, run } = args;
    let folder = Folder::new(directory, dir)?;
    let settings = run.resolve(out)?;
    let (path, spec) = specification::of_project(&folder, None)?;

    let mut built = project::build(&folder, Wish::default(), out)?;
    if specification::promises_reproducible(&spec) {
        project::reproduce(&mut built, out)?;
    }
    let subject = verification::subject(&built.image, built.place.to_string(), Some(&built.record), &folder);
    let report = verification::run(&spec, &path, &subject, &settings, out)?;

    out.report(&report, &settings.reports)?;
    Ok(Exit::of(&report.summary, settings.complete))
}
