//! `seaworthy build`: the project's image.

use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, ValueEnum, ValueHint};
use seaworthy_image::{FileTree, Format};
use seaworthy_report::{clean, duration, size};

use crate::dockerfile_args::DockerfileArgs;
use crate::exit::Exit;
use crate::folder::Folder;
use crate::output::Output;
use crate::place::Place;
use crate::project::{self, Wish};

/// Build the project's image: a Rust project without a daemon, any other one with its Dockerfile
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seaworthy build                                     into target/seaworthy/NAME, an OCI image layout
  seaworthy build task-api -o docker-archive:app.tar  for `docker load`
  seaworthy build --file docker/prod.Dockerfile --target web --build-arg VERSION=1.4.2

It prints the image's digest, its sizes and the time it took. It exits 0, or 2 when there is no image.")]
pub(crate) struct BuildArgs {
    /// The project's folder: short for `-C DIR`
    #[arg(value_hint = ValueHint::DirPath)]
    dir: Option<PathBuf>,

    /// Where the image goes: `oci:PATH` or a plain path, `docker-archive:FILE`, `oci-archive:FILE`
    /// [default: oci:target/seaworthy/NAME]
    #[arg(short, long = "output", value_name = "DEST")]
    output: Option<Place>,

    /// The media types; Podman ignores a health check in an image with OCI's
    #[arg(long, value_enum, default_value_t = FormatChoice::Docker)]
    format: FormatChoice,

    #[command(flatten)]
    dockerfile: DockerfileArgs,
}

/// Which media types an image is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatChoice {
    Docker,
    Oci,
}

impl From<FormatChoice> for Format {
    fn from(choice: FormatChoice) -> Self {
        match choice {
            FormatChoice::Docker => Self::Docker,
            FormatChoice::Oci => Self::Oci,
        }
    }
}

pub(crate) fn run(args: BuildArgs, directory: Option<PathBuf>, out: &mut Output) -> anyhow::Result<Exit> {
    let BuildArgs { dir, output, format, dockerfile } = args;
    let folder = Folder::new(directory, dir)?;
    let wish = Wish { place: output, format: format.into(), options: dockerfile.options()? };
    let begun = Instant::now();

    let built = project::build(&folder, wish, out)?;

    let image = &built.image;
    let (unpacked, transfer) = (FileTree::of(image)?.unpacked_bytes(), image.transfer_bytes());
    let rows = [
        ("image", clean(&built.place.to_string())),
        ("digest", image.digest().to_string()),
        ("platform", clean(&image.config.platform())),
        ("size", format!("{} unpacked, {} to transfer", size(unpacked), size(transfer))),
        ("time", duration(begun.elapsed())),
    ];
    out.data(&rows.map(|(name, value)| format!("{name:<9} {value}\n")).concat())?;
    Ok(Exit::Success)
}
