//! Reads the proofs attached to an image, within bounds.

use std::io::{self, Read as _};
use std::time::{Duration, Instant};

use seaworthy_image::{CorruptError, Digest};
use seaworthy_proof::{Proof, ProofError, SIGNED_MEDIA_TYPE, UNSIGNED_MEDIA_TYPE, VerifyingKey, limits, open};
use seaworthy_registry::{Attached, RegistryError, Repository};

/// All proofs of one image together. A proof takes a small multiple of its bytes once it is read.
const ALL_BYTES: u64 = 64 << 20;

/// No proof is begun after so long, and none takes longer.
const LONGEST: Duration = Duration::from_mins(10);

/// Why the proofs of an image are not known.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// It is out of reach, and may say that a promise is broken.
    #[error("cannot read the proof `{manifest}`")]
    Unread { manifest: Digest, source: Reason },
}

/// An attached artifact that does not count as a proof.
#[derive(Debug)]
pub struct NotCounted {
    /// Its digest.
    pub proof: String,
    pub reason: Reason,
}

/// Why an attached artifact does not count.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// The registry's own list of what is attached is wrong there.
    #[error("{0}")]
    Skipped(String),
    #[error("it was not read: there are too many, or they come too slowly")]
    LeftOut,
    #[error(transparent)]
    Proof(#[from] ProofError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Content(#[from] io::Error),
}

impl Reason {
    /// Whether the bytes themselves are wrong. Otherwise they may be right, and were out of reach.
    fn is_damage(&self) -> bool {
        let is_damaged = |error: &RegistryError| {
            use RegistryError::{Corrupt, NoSuchBlob, TooLarge};
            matches!(error, Corrupt { .. } | TooLarge { .. } | NoSuchBlob { .. })
        };
        match self {
            Self::Skipped(_) | Self::LeftOut | Self::Proof(_) => true,
            Self::Registry(error) => is_damaged(error),
            Self::Content(error) => error.get_ref().is_some_and(|inner| {
                inner.is::<CorruptError>() || inner.downcast_ref::<RegistryError>().is_some_and(is_damaged)
            }),
        }
    }
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) proofs: Vec<Proof>,
    pub(crate) not_counted: Vec<NotCounted>,
    /// Some were left out.
    pub(crate) cut: bool,
}

/// Reads all that is attached as a proof. `between` is called before each one.
pub(crate) fn all(
    repository: &Repository,
    image: &Digest,
    key: Option<&VerifyingKey>,
    between: &mut dyn FnMut(),
) -> Result<Found, ReadError> {
    let there = repository.attached(image)?;
    let mut found = Found { cut: there.cut, ..Found::default() };
    let begun = Instant::now();
    let mut left = ALL_BYTES;
    for skipped in &there.skipped {
        let reason = Reason::Skipped(skipped.why.clone());
        found.not_counted.push(NotCounted { proof: skipped.what.clone(), reason });
    }
    for attached in there.found.iter().filter(|attached| is_proof(attached)) {
        between();
        let not_counted = |reason| NotCounted { proof: attached.manifest.to_string(), reason };
        let Some(rest) = left.checked_sub(attached.content.size).filter(|_| begun.elapsed() < LONGEST) else {
            found.cut = true;
            found.not_counted.push(not_counted(Reason::LeftOut));
            continue;
        };
        match one(repository, attached, image, key, begun) {
            Ok(proof) => {
                left = rest;
                found.proofs.push(proof);
            }
            Err(reason) if reason.is_damage() => found.not_counted.push(not_counted(reason)),
            Err(source) => return Err(ReadError::Unread { manifest: attached.manifest.clone(), source }),
        }
    }
    Ok(found)
}

fn is_proof(attached: &Attached) -> bool {
    [UNSIGNED_MEDIA_TYPE, SIGNED_MEDIA_TYPE].contains(&attached.content.media_type.as_str())
}

fn one(
    repository: &Repository,
    attached: &Attached,
    image: &Digest,
    key: Option<&VerifyingKey>,
    begun: Instant,
) -> Result<Proof, Reason> {
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
    proof.follows_from_its_spec()?;
    // No reader of a standing needs them, and hostile ones take many times their bytes.
    proof.report.criteria.iter_mut().for_each(|criterion| criterion.parameters = serde_json::Map::new());
    Ok(proof)
}
