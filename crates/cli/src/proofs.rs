//! The proofs attached to an image: reading them, and adding one.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;
use seaworthy_engine::machine;
use seaworthy_image::{CorruptError, Digest, Image};
use seaworthy_proof::account::Refused;
use seaworthy_proof::{
    Proof, ProofError, SIGNED_MEDIA_TYPE, Signature, SigningKey, Standing, Statement, UNSIGNED_MEDIA_TYPE,
    VerifyingKey, limits, open, seal,
};
use seaworthy_registry::{Artifact, Attached, RegistryError, Repository};
use seaworthy_report::{Built, Report, Verdict, clean, short_digest};
use seaworthy_spec::Spec;
use seaworthy_verify::{BuiltElsewhere, Witness};

use crate::failure::{self, Failure};
use crate::interrupt;
use crate::output::Output;
use crate::specification::Problems;

/// When a result was found, as an annotation of what is attached.
const CREATED: &str = "org.opencontainers.image.created";

/// What is attached to one image as proof.
pub(crate) struct Proofs {
    pub(crate) held: Vec<Proof>,
    /// What else is attached as one, and why it is not believed.
    pub(crate) refused: Vec<Refused>,
    /// There is more than was read: nobody knows what the rest says.
    pub(crate) cut: bool,
    now: SystemTime,
}

/// All proofs of one image together: what is held takes a small multiple of that.
const ALL_BYTES: u64 = 64 << 20;

/// No proof is begun after so long, and none takes longer.
const LONGEST: Duration = Duration::from_mins(10);

impl Proofs {
    /// Reads all that is attached. With a key only what that key signed is believed.
    ///
    /// # Errors
    ///
    /// Fails if the registry cannot be asked, for one of them too: what is only out of reach may say that a promise is
    /// broken. What is damaged is refused.
    pub(crate) fn read(
        repository: &Repository,
        image: &Digest,
        key: Option<&VerifyingKey>,
        out: &mut Output,
    ) -> anyhow::Result<Self> {
        out.begins("reading the proofs");
        let there = repository.attached(image)?;
        let (held, refused, now) = (Vec::new(), Vec::new(), SystemTime::now());
        let mut proofs = Self { held, refused, cut: there.cut, now };
        let begun = Instant::now();
        let mut left = ALL_BYTES;
        for skipped in &there.skipped {
            proofs.refused.push(Refused { proof: skipped.what.clone(), reason: skipped.why.clone() });
        }
        for attached in there.found.iter().filter(|attached| is_proof(attached)) {
            interrupt::check();
            let refused = |reason| Refused { proof: attached.manifest.to_string(), reason };
            let Some(rest) = left.checked_sub(attached.content.size).filter(|_| begun.elapsed() < LONGEST) else {
                proofs.cut = true;
                proofs.refused.push(refused("it was not read: there are too many, or they come too slowly".to_owned()));
                continue;
            };
            match read_one(repository, attached, image, key, begun) {
                Ok(proof) => {
                    left = rest;
                    proofs.held.push(proof);
                }
                Err(error) if is_damage(&error) => proofs.refused.push(refused(failure::message(&error))),
                Err(error) => {
                    return Err(error.context(format!("cannot read the proof `{}`", attached.manifest)));
                }
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
        let machine = proof.report.machine.id.as_deref().map_or("a machine without id".to_owned(), |id| told(id, 12));
        out.note(&format!(
            "the specification is that of the proof of {} by {machine} ({}): {}",
            told(&proof.report.started_at, 40),
            signed(&proof.signature),
            told(&proof.report.spec.title, 200)
        ));
        let path = PathBuf::from(told(proof.report.spec.path.rsplit('/').next().unwrap_or_default(), 200));
        let problems = |error| Problems { path: format!("{} in the proof", path.display()), error };
        let spec = Spec::from_bytes(proof.spec.as_bytes()).map_err(problems)?;
        Ok((path, spec))
    }

    /// Where the image was built, as the newest proof says that knows; but if any says that it was here, or cannot tell,
    /// that one: no proof, forged or of a second build, makes another machine of the one that built it.
    pub(crate) fn built(&self) -> Option<BuiltElsewhere> {
        let builders = self.standing().builders();
        let here = [machine::id(), machine::boot()];
        let away = |proof: &&&Proof| {
            let built = proof.report.built.as_ref();
            let there = built.map_or([None, None], |built| [built.machine.clone(), built.boot.clone()]);
            here.iter().zip(&there).all(|pair| matches!(pair, (Some(here), Some(there)) if here != there))
        };
        let proof = builders.iter().find(|proof| !away(proof)).or(builders.first())?;
        Some(BuiltElsewhere { built: proof.report.built.clone()?, signed: signed(&proof.signature) })
    }

    /// A result of another machine than any that built the image; `also` is one of them that no proof may know yet.
    pub(crate) fn witness(&self, also: Option<&Built>) -> Option<Witness> {
        let standing = self.standing();
        let proof = standing.different_machine(also)?;
        Some(Witness {
            machine: told(proof.report.machine.id.as_deref()?, 64),
            engine: told(&proof.report.machine.engine, 100),
            at: told(&proof.report.started_at, 40),
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
    begun: Instant,
) -> anyhow::Result<Proof> {
    let content = &attached.content;
    let limit = limits::PROOF_BYTES as u64;
    if content.size > limit {
        return Err(RegistryError::TooLarge { what: "the proof", limit }.into());
    }
    let mut bytes = Vec::new();
    let mut blob = repository.blob(content)?.take(limit + 1);
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = blob.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        if begun.elapsed() > LONGEST {
            return Err(RegistryError::Slow { host: repository.to_string(), what: "the proofs" }.into());
        }
        bytes.extend_from_slice(&buffer[..count]);
    }
    let mut proof = open(&bytes, &content.media_type, image, key)?;
    follows_from_its_specification(&proof)?;
    // Nobody asks for them here, and hostile ones take many times their bytes.
    proof.report.criteria.iter_mut().for_each(|criterion| criterion.parameters = serde_json::Map::new());
    Ok(proof)
}

/// Why a proof that agrees with itself says what its specification does not.
#[derive(Debug, thiserror::Error)]
enum Strange {
    #[error("the report says nothing of the promise `{0}`, which its specification makes")]
    Missing(String),
    #[error("the report speaks of the promise `{0}`, which its specification does not make")]
    Invented(String),
    #[error("the promise `{0}` has another sentence in the report than in the specification")]
    Sentence(String),
    #[error("the promise `{0}` passes in the report, and no check understood it")]
    NoCheck(String),
}

/// Whether the report speaks of the promises of its specification: of each, and of no others. A specification that this
/// program cannot read says nothing about that.
fn follows_from_its_specification(proof: &Proof) -> Result<(), Strange> {
    let criteria = &proof.report.criteria;
    let of = |id: &str| told(id, 100);
    if let Some(one) = criteria.iter().find(|one| one.verdict == Verdict::Pass && one.check.is_none()) {
        return Err(Strange::NoCheck(of(&one.id)));
    }
    let Ok(spec) = Spec::from_bytes(proof.spec.as_bytes()) else { return Ok(()) };
    let promised: BTreeMap<&str, &str> =
        spec.criteria.iter().map(|promise| (promise.id.as_str(), promise.text.as_str())).collect();
    for one in criteria {
        match promised.get(one.id.as_str()) {
            None => return Err(Strange::Invented(of(&one.id))),
            Some(text) if *text != one.text => return Err(Strange::Sentence(of(&one.id))),
            Some(_) => {}
        }
    }
    let reported: BTreeSet<&str> = criteria.iter().map(|one| one.id.as_str()).collect();
    match promised.keys().find(|id| !reported.contains(*id)) {
        Some(missing) => Err(Strange::Missing(of(missing))),
        None => Ok(()),
    }
}

/// Whether the bytes are to blame, not the way to them.
fn is_damage(error: &anyhow::Error) -> bool {
    if error.is::<ProofError>() || error.is::<Strange>() {
        return true;
    }
    let registry = error.chain().find_map(|cause| {
        let inner = || cause.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref::<RegistryError>();
        cause.downcast_ref::<RegistryError>().or_else(inner)
    });
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    let corrupt = inner.is_some_and(<dyn std::error::Error + Send + Sync>::is::<CorruptError>);
    corrupt
        || matches!(
            registry,
            Some(RegistryError::Corrupt { .. } | RegistryError::TooLarge { .. } | RegistryError::NoSuchBlob { .. })
        )
}

/// Text from a proof in one line, no longer than `most` characters.
fn told(text: &str, most: usize) -> String {
    clean(&text.chars().take(most).collect::<String>()).replace('\n', " ")
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
