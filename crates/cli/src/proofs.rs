//! The proofs attached to an image, as the commands show them.

use std::path::PathBuf;

use seaworthy_image::{Digest, Image};
use seaworthy_proof::account::Refused;
use seaworthy_proof::{SigningKey, VerifyingKey};
use seaworthy_publish::{NotCounted, Proofs, signed};
use seaworthy_registry::Repository;
use seaworthy_report::{Report, clean, short_digest};
use seaworthy_spec::Spec;

use crate::failure::{self, Failure};
use crate::interrupt;
use crate::output::Output;
use crate::specification::Problems;

/// Reads all proofs of an image; with a key, only what that key signed counts.
///
/// # Errors
///
/// As [`Proofs::read`].
pub(crate) fn read(
    repository: &Repository,
    image: &Digest,
    key: Option<&VerifyingKey>,
    out: &mut Output,
) -> anyhow::Result<Proofs> {
    out.begins("reading the proofs");
    Ok(Proofs::read(repository, image, key, &mut interrupt::check)?)
}

/// What is attached and does not count, and why.
pub(crate) fn refused(proofs: &Proofs) -> Vec<Refused> {
    let refused = |one: &NotCounted| Refused { proof: one.proof.clone(), reason: failure::words(&one.reason) };
    proofs.not_counted.iter().map(refused).collect()
}

/// Notes each artifact that does not count, and why.
pub(crate) fn note_refused(proofs: &Proofs, out: &mut Output) {
    for Refused { proof, reason } in refused(proofs) {
        out.note(&format!("not counted: {}: {}", clean(&short_digest(&proof)), clean(&reason)));
    }
}

/// The specification of the newest proof, and the name of its file.
///
/// # Errors
///
/// Fails if no proof counts, or this program does not understand its specification.
pub(crate) fn specification(proofs: &Proofs, image: &str, out: &mut Output) -> anyhow::Result<(PathBuf, Spec)> {
    let Some(proof) = proofs.newest() else {
        let what = match proofs.not_counted.len() {
            0 => format!("`{image}` has no proof attached, so nothing says what it promises"),
            _ => format!("`{image}` has no proof that can be believed, so nothing says what it promises"),
        };
        return Err(Failure::new(what).hint("name the specification with `--spec FILE`").into());
    };
    let machine = proof.report.machine.id.as_deref().map_or("a machine without id".to_owned(), |id| short(id, 12));
    out.note(&format!(
        "the specification is that of the proof of {} by {machine} ({}): {}",
        short(&proof.report.started_at, 40),
        signed(&proof.signature),
        short(&proof.report.spec.title, 200)
    ));
    let path = PathBuf::from(short(proof.report.spec.path.rsplit('/').next().unwrap_or_default(), 200));
    let problems = |error| Problems { path: format!("{} in the proof", path.display()), error };
    let spec = Spec::from_bytes(proof.spec.as_bytes()).map_err(problems)?;
    Ok((path, spec))
}

/// Attaches a report to the image in its repository, and says so in one line.
///
/// # Errors
///
/// As [`seaworthy_publish::attach`].
pub(crate) fn attach(
    repository: &Repository,
    image: &Image,
    report: &Report,
    spec: &Spec,
    key: Option<&SigningKey>,
    out: &mut Output,
) -> anyhow::Result<String> {
    out.begins("attaching the proof");
    let attached = seaworthy_publish::attach(repository, image, report, &spec.source, key)?;
    let signed = attached.key_id.map_or("not signed".to_owned(), |id| format!("signed by key {}", short(&id, 12)));
    let digest = short_digest(attached.digest.as_str());
    Ok(format!("proof {digest} attached to {repository}@{}, {signed}\n", image.digest()))
}

/// Text from a proof in one line, of at most `most` characters.
fn short(text: &str, most: usize) -> String {
    clean(&text.chars().take(most).collect::<String>()).replace('\n', " ")
}
