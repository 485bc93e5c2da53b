//! `seaworthy ship`: build the project's image, hold it to its specification, and send it with its proof where it is wanted.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use seaworthy_proof::SigningKey;
use seaworthy_publish::origin;
use seaworthy_report::Report;
use seaworthy_spec::Spec;
use seaworthy_verify::{Subject, settle};

use crate::destination::Destination;
use crate::dockerfile_args::DockerfileArgs;
use crate::exit::Exit;
use crate::folder::Folder;
use crate::keys;
use crate::output::Output;
use crate::project::{self, Built, Wish};
use crate::publication::{self, Publication};
use crate::run_args::RunArgs;
use crate::tags_args::TagsArgs;
use crate::{proofs, specification, verification};

/// Build the project's image, hold it to its specification, and push it with its tags and its proof
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seaworthy ship                               the project in this folder: nothing leaves this machine
  seaworthy ship task-api --engine docker --report markdown=checklist.md
  seaworthy ship --to ghcr.io/acme/app         verified first, then pushed with tags and proof
  seaworthy ship --to ghcr.io/acme/app --sign-key seaworthy.key

With --to, an image that breaks a promise, or leaves one unproven, is not pushed. Tags are made from the version and
the commit: 1.4.2, 1.4, 1, sha-<12>, latest.

It exits 0 when nothing is broken and nothing unproven, 1 when a promise is broken, 3 when one was not shown,
2 when the work could not be done, 130 when interrupted.")]
pub(crate) struct ShipArgs {
    /// The project's folder: short for `-C DIR`
    #[arg(value_hint = ValueHint::DirPath)]
    dir: Option<PathBuf>,

    /// Push what was verified to this repository, such as `ghcr.io/acme/app`, and attach the proof
    #[arg(long, value_name = "HOST/REPO")]
    to: Option<Destination>,

    /// Sign the proof with this private key (ECDSA P-256, as `seaworthy keygen` and cosign make them)
    #[arg(long, value_name = "F", value_hint = ValueHint::FilePath, requires = "to")]
    sign_key: Option<PathBuf>,

    /// Push even what is broken or unproven; the proof says so, and the exit code stays
    #[arg(long, requires = "to")]
    push_anyway: bool,

    #[command(flatten)]
    tags: TagsArgs,

    #[command(flatten)]
    dockerfile: DockerfileArgs,

    #[command(flatten)]
    run: RunArgs,
}

pub(crate) fn run(args: ShipArgs, directory: Option<PathBuf>, out: &mut Output) -> anyhow::Result<Exit> {
    let ShipArgs { dir, to, sign_key, push_anyway, tags, dockerfile, run } = args;
    let folder = Folder::new(directory, dir)?;
    let options = dockerfile.options()?;
    let mut settings = run.resolve(out)?;
    let key = sign_key.as_deref().map(|path| keys::signing(path, out)).transpose()?;
    let (path, spec) = specification::of_project(&folder, None)?;

    let mut built = project::build(&folder, Wish { options, ..Wish::default() }, out)?;
    settings.options.build_args = built.secret_args();
    let mut publication = to.map(|to| planned(&to, &built, tags, out)).transpose()?;
    if specification::promises_reproducible(&spec) {
        project::reproduce(&mut built, out)?;
    }
    let mut subject = verification::subject(&built.image, built.place.to_string(), Some(&built.record), &folder);
    let mut report = verification::run(&spec, &path, &subject, &settings, out)?;

    let held = report.summary.fail == 0 && report.summary.unproven == 0;
    let sent = match &mut publication {
        Some(publication) if held || push_anyway => {
            Some(send(publication, &spec, &mut subject, &mut report, !held, key.as_ref(), out))
        }
        _ => None,
    };

    // What was found is told, whatever became of the push.
    out.report(&report, &settings.reports)?;
    if settings.tick {
        let count = specification::tick(&path, &spec.source, &report)?;
        out.note(&specification::ticked(count, &path));
    }
    match sent {
        Some(told) => out.aside(&told?),
        None => publication.iter().for_each(|publication| {
            out.note(&format!("nothing was pushed to {}: `--push-anyway` would", publication.repository));
        }),
    }
    Ok(Exit::of(&report.summary, settings.demand))
}

/// Which tags the image gets. What stands against them is told before the work of verifying begins.
fn planned(to: &Destination, built: &Built, tags: TagsArgs, out: &mut Output) -> anyhow::Result<Publication> {
    let origin = origin(&built.image, Some(&built.record), Some(built.project()));
    let publication = Publication::plan(to, &built.image, origin, tags, out)?;
    match publication.refusal() {
        Some(refusal) => Err(refusal.into()),
        None => Ok(publication),
    }
}

/// Sends the image, lets the registry decide what it decides, and attaches the proof last. Tells what was done.
fn send(
    publication: &mut Publication,
    spec: &Spec,
    subject: &mut Subject<'_>,
    report: &mut Report,
    anyway: bool,
    key: Option<&SigningKey>,
    out: &mut Output,
) -> anyhow::Result<String> {
    let image = subject.image;
    let pushed = publication.send(image, out)?;
    subject.travel.registry = Some(publication.seen(image, spec)?);
    // What is signed here repeats nothing that anybody may have written.
    let own = key.map(SigningKey::verifying_key);
    let attached = proofs::read(&publication.repository, image.digest(), own.as_ref(), out)?.demanding(&spec.source);
    subject.travel.witness = attached.witness(report.built.as_ref());
    settle(report, spec, subject);
    report.took_ms = u64::try_from(out.since().elapsed().as_millis()).unwrap_or(u64::MAX);
    report.pushed = Some(publication.told(anyway));
    let proof = proofs::attach(&publication.repository, image, report, spec, key, out)?;
    let tags: Vec<&str> = publication.plan.named().collect();
    let tags = if tags.is_empty() { "no tag".to_owned() } else { tags.join(", ") };
    Ok(format!(
        "pushed {}@{}\n  as {tags}; {}\n{proof}",
        publication.repository,
        image.digest(),
        publication::sent(&pushed)
    ))
}
