//! `seaworthy push`: an image to a registry, under its tags.

use std::path::PathBuf;

use clap::Args;
use seaworthy_build::Project;
use seaworthy_image::{Platform, Source};
use seaworthy_publish::origin;
use seaworthy_report::clean;

use crate::destination::Destination;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::output::Output;
use crate::publication::{self, Publication};
use crate::source::Opened;
use crate::tags_args::TagsArgs;
use crate::{interrupt, source};

/// Push an image to a registry under its tags; no proof is attached, `ship --to` does that
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seaworthy push --to ghcr.io/acme/app --dry-run         what would be pushed under which tags, and why
  seaworthy push --to localhost:5000/acme/app --tag demo  the image built last for the project
  seaworthy push docker-daemon:app:1.4.2 --to ghcr.io/acme/app

Tags are made from the version and the commit: 1.4.2, 1.4, 1, sha-<12>, latest. A pre-release or a dirty tree never
moves 1.4, 1 and latest; a version or commit tag never moves without --move-tags.

It exits 0 when everything is in the registry, or 2.")]
pub(crate) struct PushArgs {
    /// The image: `oci:PATH`, `docker-archive:FILE`, `oci-archive:FILE`, `docker-daemon:NAME:TAG` or a registry's
    /// `HOST/REPO:TAG` [default: the one built last for the project]
    image: Option<String>,

    /// The repository, such as `ghcr.io/acme/app`
    #[arg(long, value_name = "HOST/REPO")]
    to: Destination,

    /// Which of an image's platforms, such as `linux/arm64` [default: this machine's]
    #[arg(long, value_name = "P")]
    platform: Option<Platform>,

    /// Ask the registry, say what would be done and why, and write nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    tags: TagsArgs,
}

pub(crate) fn run(args: PushArgs, directory: Option<PathBuf>, out: &mut Output) -> anyhow::Result<Exit> {
    let folder = Folder::new(directory, None)?;
    let source = args.image.as_deref().map(source::parse).transpose()?;

    // A copy of the image may lie in a temporary folder.
    let (told, refusal) = interrupt::making(|| push(args, source.as_ref(), &folder, out))?;

    out.data(&told)?;
    refusal.map_or(Ok(Exit::Success), |refusal| Err(refusal.into()))
}

/// What was done, or would be; and what stands against it, where it was only asked for.
fn push(
    args: PushArgs,
    source: Option<&Source>,
    folder: &Folder,
    out: &mut Output,
) -> anyhow::Result<(String, Option<Failure>)> {
    let PushArgs { image: _, to, platform, dry_run, tags } = args;
    let opened = source::open_or_last_built(source, folder, platform.as_ref(), out)?;
    let image = opened.packed()?;
    let Opened { reference, record, .. } = &opened;
    let project = if source.is_none() { Some(Project::find(folder.path())?) } else { None };
    let origin = origin(image, record.as_ref(), project.as_ref());

    let mut publication = Publication::plan(&to, image, origin, tags, out)?;
    let place = format!("{}@{}", publication.repository, image.digest());
    let tags = publication.table(out.stdout_style());
    let refusal = publication.refusal();
    if dry_run {
        let to_send = publication::to_send(&publication.repository.missing(image)?);
        return Ok((format!("would push {} as\n  {place}\n{tags}{to_send}\n", clean(reference)), refusal));
    }
    if let Some(refusal) = refusal {
        return Err(refusal.into());
    }
    let sent = publication::sent(&publication.send(image, out)?);
    let no_proof = format!("no proof is attached: `ship --to {to}` verifies first, and attaches one");
    Ok((format!("pushed {} as\n  {place}\n{tags}{sent}\n{no_proof}\n", clean(reference)), None))
}
