//! `seaworthy proof`: who proved what about an image in a registry, where and when.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueHint};
use seaworthy_image::{Platform, Source};
use seaworthy_proof::account::Account;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::keys;
use crate::output::Output;
use crate::proofs::Proofs;
use crate::report_to::{ReportTo, Reports};
use crate::{publication, source};

/// Show who proved what about an image in a registry, where and when, and where each promise stands
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seaworthy proof ghcr.io/acme/app:1.4.2
  seaworthy proof ghcr.io/acme/app:1.4.2 --verify-key acme.pub --report json=-

A promise stands broken if any machine's newest result breaks it, else kept if any result keeps it. Without --verify-key
damage is found, and a consistent forgery is not.

It exits 0 when nothing stands broken or unproven, 1 when a promise stands broken, 3 when one stands unproven, there is
no result or there are more than are read, 2 when the work could not be done.")]
pub(crate) struct ProofArgs {
    /// The image in its registry: `HOST/REPO:TAG` or `HOST/REPO@DIGEST`
    image: String,

    /// Which of an image's platforms, such as `linux/arm64` [default: this machine's]
    #[arg(long, value_name = "P")]
    platform: Option<Platform>,

    /// Count only proofs that are signed with the key to which this public key belongs
    #[arg(long, value_name = "F", value_hint = ValueHint::FilePath)]
    verify_key: Option<PathBuf>,

    /// Write the account, as `json` or `markdown`; `-` is stdout, and the table goes to stderr (repeatable)
    #[arg(long, value_name = "FORMAT=PATH")]
    report: Vec<ReportTo>,
}

pub(crate) fn run(args: ProofArgs, out: &mut Output) -> anyhow::Result<Exit> {
    let ProofArgs { image, platform, verify_key, report } = args;
    let reports = Reports::new(report)?;
    let Source::Registry(reference) = source::parse(&image)? else {
        return Err(Failure::new(format!("`{image}` is not in a registry, and only what is there has proofs"))
            .hint("name the image as HOST/REPO:TAG")
            .into());
    };
    let key = verify_key.as_deref().map(keys::verifying).transpose()?;
    let what = || format!("cannot read the proofs of `{}`", reference.familiar());

    out.begins(&format!("asking {}", reference.registry()));
    let repository = publication::client().repository(&reference).with_context(what)?;
    let digest = repository.find(reference.identifier(), platform.as_ref()).with_context(what)?;
    let proofs = Proofs::read(&repository, &digest, key.as_ref(), out).with_context(what)?;

    let standing = proofs.standing();
    let key = key.map(|key| key.id());
    let account = Account {
        reference: &reference.familiar(),
        repository: &repository.to_string(),
        image: &digest,
        key: key.as_deref(),
        standing: &standing,
        refused: &proofs.refused,
    };
    out.report(&account, &reports)?;
    Ok(match Exit::of(&standing.summary, false) {
        // What was not read may say that a promise is broken.
        Exit::Success if proofs.cut => Exit::Unproven,
        exit => exit,
    })
}
