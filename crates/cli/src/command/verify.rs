//! `seaworthy verify`: hold an image to its specification.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use seaworthy_image::{Digest, Platform};
use seaworthy_proof::{SigningKey, VerifyingKey};
use seaworthy_publish::{in_registry, origin};
use seaworthy_registry::Repository;
use seaworthy_spec::Spec;
use seaworthy_verify::{Subject, Travel};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::output::Output;
use crate::run_args::RunArgs;
use crate::source::{self, Opened};
use crate::{folder, interrupt, keys, proofs, publication, specification, verification};

/// Hold an image to its specification: run it, check every sentence, show the evidence
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seaworthy verify                                 the image built last, against ./containerization-spec.md
  seaworthy verify docker-archive:app.tar --spec spec.md --env DATABASE_URL --report json=report.json
  seaworthy verify ghcr.io/acme/app:1.4.2          no file is needed: the specification comes from the proof
  seaworthy verify ghcr.io/acme/app:1.4.2 --verify-key acme.pub --attach

An image in a registry is pulled by digest. Without --spec the newest proof's specification counts, and everything it
promises is checked again here. --attach adds this machine's result to the image.

It exits 0 when nothing is broken and nothing unproven, 1 when a promise is broken, 3 when one was not shown,
2 when the work could not be done, 130 when interrupted.")]
pub(crate) struct VerifyArgs {
    /// The image: `oci:PATH`, `docker-archive:FILE`, `oci-archive:FILE`, `docker-daemon:NAME:TAG` or a registry's
    /// `HOST/REPO:TAG` [default: the one built last for the project]
    image: Option<String>,

    /// The specification [default: containerization-spec.md in the project's folder; of an image in a registry, the one
    /// in its newest proof]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    spec: Option<PathBuf>,

    /// Which of an image's platforms, such as `linux/arm64` [default: this machine's]
    #[arg(long, value_name = "P")]
    platform: Option<Platform>,

    /// Believe only proofs that are signed with the key to which this public key belongs
    #[arg(long, value_name = "F", value_hint = ValueHint::FilePath)]
    verify_key: Option<PathBuf>,

    /// Attach this result to the image in its registry, as one more proof
    #[arg(long)]
    attach: bool,

    /// Sign the attached proof with this private key
    #[arg(long, value_name = "F", value_hint = ValueHint::FilePath, requires = "attach")]
    sign_key: Option<PathBuf>,

    #[command(flatten)]
    run: RunArgs,
}

pub(crate) fn run(args: VerifyArgs, directory: Option<PathBuf>, out: &mut Output) -> anyhow::Result<Exit> {
    let VerifyArgs { image: argument, spec: path, platform, verify_key, attach, sign_key, run } = args;
    let folder = Folder::new(directory, None)?;
    let settings = run.resolve(out)?;
    let source = argument.as_deref().map(source::parse).transpose()?;
    if let Some(option) = [(attach, "--attach"), (verify_key.is_some(), "--verify-key")].iter().find(|given| given.0)
        && !source.as_ref().is_some_and(source::is_registry)
    {
        return Err(Failure::new(format!("`{}` is about an image in a registry", option.1))
            .hint("name the image as HOST/REPO:TAG")
            .into());
    }
    let keys = Keys {
        signing: sign_key.as_deref().map(|path| keys::signing(path, out)).transpose()?,
        verifying: verify_key.as_deref().map(keys::verifying).transpose()?,
    };
    // Of an image in a registry the proof has one.
    let spec = if path.is_some() || !source.as_ref().is_some_and(source::is_registry) {
        Some(specification::of_project(&folder, path)?)
    } else {
        None
    };

    let to_tick = spec.as_ref().filter(|_| settings.tick).map(|(path, spec)| (path.clone(), spec.source.clone()));
    if settings.tick && to_tick.is_none() {
        return Err(Failure::new("there are no boxes to tick: the specification comes from the proof")
            .hint("name a file with `--spec FILE`")
            .into());
    }

    // A copy of the image may lie in a temporary folder.
    let (report, attached) = interrupt::making(|| {
        let opened = source::open_or_last_built(source.as_ref(), &folder, platform.as_ref(), out)?;
        let Opened { image, deferred, reference, record, pulled, index, .. } = &opened;
        let mut subject = verification::subject(image, reference.clone(), record.as_ref(), &folder);
        subject.deferred = deferred.as_ref();
        subject.argument = argument.as_deref().map(folder::quoted);
        let (path, spec) = match pulled {
            Some(repository) => from_registry((repository, index.as_ref()), spec, &keys, &mut subject, out)?,
            None => spec.ok_or_else(|| Failure::new("there is no specification"))?,
        };
        let report = verification::run(&spec, &path, &subject, &settings, out)?;
        let attached = match pulled {
            Some(repository) if attach => {
                Some(proofs::attach(repository, image, &report, &spec, keys.signing.as_ref(), out))
            }
            _ => None,
        };
        anyhow::Ok((report, attached))
    })?;

    // What was found is told, whatever became of the proof.
    out.report(&report, &settings.reports)?;
    if let Some((path, source)) = to_tick {
        let count = specification::tick(&path, &source, &report)?;
        out.note(&specification::ticked(count, &path));
    }
    if let Some(attached) = attached {
        out.aside(&attached?);
    }
    Ok(Exit::of(&report.summary, settings.demand))
}

const UNCHECKED: &str = "this result will be signed, and nothing shows who wrote that specification: name it with \
    `--spec`, or check its proof with `--verify-key`";

/// The keys that the user named.
struct Keys {
    signing: Option<SigningKey>,
    verifying: Option<VerifyingKey>,
}

/// What the registry and the proofs there know of the image, and the specification that counts.
fn from_registry(
    (repository, index): (&Repository, Option<&Digest>),
    named: Option<(PathBuf, Spec)>,
    keys: &Keys,
    subject: &mut Subject<'_>,
    out: &mut Output,
) -> anyhow::Result<(PathBuf, Spec)> {
    // What is signed here repeats nothing that anybody may have written.
    let unchecked = keys.signing.is_some() && keys.verifying.is_none();
    let image = subject.image;
    let attached = proofs::read(repository, image.digest(), keys.verifying.as_ref(), out)?;
    proofs::note_refused(&attached, out);
    let spec = if let Some(named) = named {
        named
    } else {
        let spec = proofs::specification(&attached, &subject.reference, out)?;
        if unchecked {
            out.note(UNCHECKED);
        }
        spec
    };
    let attached = attached.demanding(&spec.1.source);
    subject.travel = Travel {
        registry: Some(in_registry(repository, origin(image, None, None), image, publication::asked(&spec.1, index))?),
        pulled: true,
        built: attached.built(),
        witness: if unchecked { None } else { attached.witness(None) },
    };
    Ok(spec)
}
