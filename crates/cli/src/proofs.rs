//! The proofs attached to an image: reading them, and adding one.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::Context as _;
use seaworthy_image::{Digest, Image};
use seaworthy_proof::account::Refused;
use seaworthy_proof::{
    Proof, SIGNED_MEDIA_TYPE, Signature, SigningKey, Standing, Statement, UNSIGNED_MEDIA_TYPE, VerifyingKey, limits,
    open, seal,
};
use seaworthy_registry::{Artifact, Attached, RegistryError, Repository};
use seaworthy_report::{Report, clean, short_digest};
use seaworthy_spec::Spec;
use seaworthy_verify::{BuiltElsewhere, Witness};

use crate::failure::{self, Failure};
use crate::output::Output;
use crate::specification::Problems;

/// When a result was found, as an annotation of what is attached.
const CREATED: &str = "org.opencontainers.image.created";

/// What is attached to one image as proof.
pub(crate) struct Proofs {
    pub(crate) held: Vec<Proof>,
    /// What else is attached as one, and why it is not believed.
    pub(crate) refused: Vec<Refused>,
    now: SystemTime,
}

impl Proofs {
    /// Reads all that is attached. With a key only what that key signed is believed.
    ///
    /// # Errors
    ///
    /// Fails if the registry cannot be asked. What is damaged is refused.
    pub(crate) fn read(
        repository: &Repository,
        image: &Digest,
        key: Option<&VerifyingKey>,
        out: &mut Output,
    ) -> anyhow::Result<Self> {
        out.begins("reading the proofs");
        let there = repository.attached(image)?;
        let mut proofs = Self { held: Vec::new(), refused: Vec::new(), now: SystemTime::now() };
        for skipped in &there.skipped {
            proofs.refused.push(Refused { proof: skipped.what.clone(), reason: skipped.why.clone() });
        }
        for attached in there.found.iter().filter(|attached| is_proof(attached)) {
            match read_one(repository, attached, image, key) {
                Ok(proof) => proofs.held.push(proof),
                Err(error) => proofs
                    .refused
                    .push(Refused { proof: attached.manifest.to_string(), reason: failure::message(&error) }),
            }
        }
        Ok(proofs)
    }

    /// Says of each proof that is not believed why.
    pub(crate) fn tell_refused(&self, out: &mut Output) {
        for Refused { proof, reason } in &self.refused {
            out.note(&format!("not counted: {}: {}", clean(&short_digest(proof)), clean(reason)));
        }
    }

    /// What they say together.
    pub(crate) fn standing(&self) -> Standing<'_> {
        Standing::of(&self.held, None, self.now)
    }

    /// The newest one.
    fn newest(&self) -> Option<&Proof> {
        self.standing().results.first().map(|entry| entry.proof)
    }

    /// The specification of the newest proof, and whose it is.
    ///
    /// # Errors
    ///
    /// Fails if there is no proof that can be believed, or this program does not understand its specification.
    pub(crate) fn specification(&self, image: &str, out: &mut Output) -> anyhow::Result<(PathBuf, Spec)> {
        let Some(proof) = self.newest() else {
            let what = match self.refused.len() {
                0 => format!("`{image}` has no proof attached, so nothing says what it promises"),
                _ => format!("`{image}` has no proof that can be believed, so nothing says what it promises"),
            };
            return Err(Failure::new(what).hint("name the specification with `--spec FILE`").into());
        };
        let machine = proof.report.machine.id.as_deref().map_or("a machine without id", |id| &id[..id.len().min(12)]);
        out.note(&format!(
            "the specification is that of the proof of {} by {machine} ({}): {}",
            clean(&proof.report.started_at),
            signed(&proof.signature),
            clean(&proof.report.spec.title)
        ));
        let path = PathBuf::from(clean(proof.report.spec.path.rsplit('/').next().unwrap_or_default()));
        let problems = |error| Problems { path: format!("{} in the proof", path.display()), error };
        let spec = Spec::from_bytes(proof.spec.as_bytes()).map_err(problems)?;
        Ok((path, spec))
    }

    /// Where the image was built, as the newest proof says that knows.
    pub(crate) fn built(&self) -> Option<BuiltElsewhere> {
        let standing = self.standing();
        let proof = standing.results.iter().map(|entry| entry.proof).find(|proof| proof.report.built.is_some())?;
        Some(BuiltElsewhere { built: proof.report.built.clone()?, signed: signed(&proof.signature) })
    }

    /// A result of another machine than the one that built the image.
    pub(crate) fn witness(&self) -> Option<Witness> {
        let standing = self.standing();
        let proof = standing.different_machine(&self.built()?.built)?;
        Some(Witness {
            machine: proof.report.machine.id.clone()?,
            engine: proof.report.machine.engine.clone(),
            at: proof.report.started_at.clone(),
            signed: signed(&proof.signature),
        })
    }
}

/// Attaches a report to the image in its repository; tells what was done.
///
/// # Errors
///
/// Fails if the registry does not take it.
pub(crate) fn attach(
    repository: &Repository,
    image: &Image,
    report: &Report,
    spec: &Spec,
    key: Option<&SigningKey>,
    out: &mut Output,
) -> anyhow::Result<String> {
    out.begins("attaching the proof");
    let statement = Statement::new(report, &spec.source, &repository.to_string())?;
    let sealed = seal(&statement, key)?;
    let artifact = Artifact {
        artifact_type: sealed.artifact_type.to_owned(),
        media_type: sealed.media_type.to_owned(),
        content: sealed.bytes,
        annotations: BTreeMap::from([(CREATED.to_owned(), report.started_at.clone())]),
    };
    let digest = repository
        .attach(&image.manifest.descriptor(), &artifact)
        .with_context(|| format!("cannot attach the proof to `{repository}@{}`", image.digest()))?;
    let signed =
        key.map_or("not signed".to_owned(), |key| format!("signed by key {}", &key.verifying_key().id()[..12]));
    Ok(format!("proof {} attached to {repository}@{}, {signed}\n", short_digest(digest.as_str()), image.digest()))
}

fn is_proof(attached: &Attached) -> bool {
    [UNSIGNED_MEDIA_TYPE, SIGNED_MEDIA_TYPE].contains(&attached.content.media_type.as_str())
}

fn read_one(
    repository: &Repository,
    attached: &Attached,
    image: &Digest,
    key: Option<&VerifyingKey>,
) -> anyhow::Result<Proof> {
    let content = &attached.content;
    let limit = limits::PROOF_BYTES as u64;
    if content.size > limit {
        return Err(RegistryError::TooLarge { what: "the proof", limit }.into());
    }
    let mut bytes = Vec::new();
    repository.blob(content)?.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(open(&bytes, &content.media_type, image, key)?)
}

/// How a proof is signed: `unsigned`, `signed by key 3f1c…`.
pub(crate) fn signed(signature: &Signature) -> String {
    let short = |id: &str| clean(&id.chars().take(12).collect::<String>());
    match signature {
        Signature::Unsigned => "unsigned".to_owned(),
        Signature::Unchecked { key_id } if key_id.is_empty() => "signed, not checked".to_owned(),
        Signature::Unchecked { key_id } => format!("says it is signed by key {}, not checked", short(key_id)),
        Signature::Checked { key_id } => format!("signed by key {}", short(key_id)),
    }
}
