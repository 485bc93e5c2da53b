//! `seaworthy proof`: who proved what about an image in a registry, where and when.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueHint};
use seaworthy_image::{Platform, Source};
use seaworthy_proof::account::Account;

use crate::exit::{Demand, Exit};
use crate::failure::Failure;
use crate::folder::Folder;
use crate::output::Output;
use crate::report_to::{ReportTo, Reports};
use crate::{keys, proofs, publication, source, specification};

/// Show who proved what about an image in a registry, where and when, and where each promise stands
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seaworthy proof ghcr.io/acme/app:1.4.2
  seaworthy proof ghcr.io/acme/app:1.4.2 --verify-key acme.pub --report json=-
  seaworthy proof ghcr.io/acme/app:1.4.2 --verify-key acme.pub --spec containerization-spec.md

A promise is broken if any machine's newest result breaks it, else kept if any result keeps it. Without --verify-key,
damage is found, and a consistent forgery is not.

--spec, or -C DIR, demands results for exactly that specification: a proof of a weaker one counts for nothing. Boxes may be
ticked or not. Without either, the newest result's specification counts, whoever wrote it.

It exits 0 when nothing is broken or unproven, 1 when a promise is broken, 3 when one is unproven, no result counts, or
there are more than are read, 2 when the work could not be done.")]
pub(crate) struct ProofArgs {
    /// The image in its registry: `HOST/REPO:TAG` or `HOST/REPO@DIGEST`
    image: String,

    /// Which of an image's platforms, such as `linux/arm64` [default: this machine's]
    #[arg(long, value_name = "P")]
    platform: Option<Platform>,

    /// Count only results for this specification [default: containerization-spec.md of `-C DIR`, else the newest result's]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    spec: Option<PathBuf>,

    /// Count only proofs that are signed with the key to which this public key belongs
    #[arg(long, value_name = "F", value_hint = ValueHint::FilePath)]
    verify_key: Option<PathBuf>,

    /// Write the account, as `json` or `markdown`; `-` is stdout, and the table goes to stderr (repeatable)
    #[arg(long, value_name = "FORMAT=PATH")]
    report: Vec<ReportTo>,
}

pub(crate) fn run(args: ProofArgs, directory: Option<PathBuf>, out: &mut Output) -> anyhow::Result<Exit> {
    let ProofArgs { image, platform, spec, verify_key, report } = args;
    let reports = Reports::new(report)?;
    let Source::Registry(reference) = source::parse(&image)? else {
        return Err(Failure::new(format!("`{image}` is not in a registry, and only what is there has proofs"))
            .hint("name the image as HOST/REPO:TAG")
            .into());
    };
    // The project in the current folder need not be that of the image: only a folder that was named demands its specification.
    let spec = match (spec, directory) {
        (None, None) => None,
        (spec, directory) => Some(specification::of_project(&Folder::new(directory, None)?, spec)?),
    };
    let key = verify_key.as_deref().map(keys::verifying).transpose()?;
    let what = || format!("cannot read the proofs of `{}`", reference.familiar());

    out.begins(&format!("asking {}", reference.registry()));
    let repository = publication::client().repository(&reference).with_context(what)?;
    let digest = repository.find(reference.identifier(), platform.as_ref()).with_context(what)?;
    let mut proofs = proofs::read(&repository, &digest, key.as_ref(), out).with_context(what)?;
    if let Some((_, spec)) = &spec {
        proofs = proofs.demanding(&spec.source);
    }
    let refused = proofs::refused(&proofs);

    let standing = proofs.standing();
    let key = key.map(|key| key.id());
    let account = Account {
        reference: &reference.familiar(),
        repository: &repository.to_string(),
        image: &digest,
        key: key.as_deref(),
        standing: &standing,
        refused: &refused,
    };
    out.report(&account, &reports)?;
    Ok(match Exit::of(&standing.summary, Demand::Nothing) {
        // What was not read may say that a promise is broken.
        Exit::Success if proofs.cut => Exit::Unproven,
        exit => exit,
    })
}
