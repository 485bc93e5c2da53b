//! `seaworthy verify`: hold an image to its specification.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use seaworthy_image::Platform;

use crate::exit::Exit;
use crate::folder::Folder;
use crate::output::Output;
use crate::run_args::RunArgs;
use crate::source::{self, Opened};
use crate::{interrupt, project, specification, verification};

/// Hold an image to its specification: run it, check every sentence, show the evidence
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seaworthy verify                                 the image built last, against ./containerization-spec.md
  seaworthy verify docker-archive:app.tar --spec spec.md --env DATABASE_URL --report json=report.json

It exits 0 when nothing is broken and nothing unproven, 1 when a promise is broken, 3 when one was not shown,
2 when the work could not be done, 130 when interrupted.")]
pub(crate) struct VerifyArgs {
    /// The image: `oci:PATH`, `docker-archive:FILE`, `oci-archive:FILE` or `docker-daemon:NAME:TAG`
    /// [default: the one built last for the project]
    image: Option<String>,

    /// The specification [default: containerization-spec.md in the project's folder]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    spec: Option<PathBuf>,

    /// Which of an image's platforms, such as `linux/arm64` [default: this machine's]
    #[arg(long, value_name = "P")]
    platform: Option<Platform>,

    #[command(flatten)]
    run: RunArgs,
}

pub(crate) fn run(args: VerifyArgs, directory: Option<PathBuf>, out: &mut Output) -> anyhow::Result<Exit> {
    let VerifyArgs { image, spec: path, platform, run } = args;
    let folder = Folder::new(directory, None)?;
    let settings = run.resolve(out)?;
    let source = image.as_deref().map(source::parse).transpose()?;
    let (path, spec) = specification::of_project(&folder, path)?;

    // A copy of the image may lie in a temporary folder.
    let report = interrupt::making(|| {
        let opened = match source {
            Some(source) => source::open(&source, platform.as_ref())?,
            None => project::last_built(&folder, platform.as_ref())?,
        };
        let Opened { image, reference, record, copy: _ } = &opened;
        let subject = verification::subject(image, reference.clone(), record.as_ref(), &folder);
        verification::run(&spec, &path, &subject, &settings, out)
    })?;

    out.report(&report, &settings.reports)?;
    Ok(Exit::of(&report.summary, settings.complete))
}
