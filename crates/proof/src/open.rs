//! A proof read back: nothing in it contradicts anything else, or it is refused with the reason.

use jiff::Timestamp;
use seaworthy_image::Digest;
use seaworthy_report::Report;

use crate::error::{Part, short};
use crate::statement::{self, Content};
use crate::{ProofError, VerifyingKey, envelope, limits};

/// One verification of one image, as it was found attached to that image.
///
/// What is in it agrees with itself. Only [`Signature::Checked`] says who wrote it.
#[derive(Debug, Clone)]
pub struct Proof {
    /// Of the proof's own bytes.
    pub digest: Digest,
    /// What the proof calls the image: `ghcr.io/acme/app`.
    pub name: String,
    pub report: Report,
    /// The specification's text.
    pub spec: String,
    pub signature: Signature,
    /// [`contract`] of `spec`.
    pub(crate) contract: Digest,
    /// [`Report::started_at`] of the report, understood.
    pub(crate) started_at: Timestamp,
}

/// Whether it is known who wrote a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signature {
    /// Damage would have been found, a consistent forgery would not.
    Unsigned,
    /// It is signed, and no key was given to check that with. `key_id` is what the proof says; it may be empty.
    Unchecked { key_id: String },
    /// It is signed by the key that was given.
    Checked { key_id: String },
}

/// What two texts of one specification have in common: the digest of the text with every box empty.
///
/// Ticking a box changes the text and its digest, and not this.
pub fn contract(spec: &str) -> Digest {
    Digest::of(seaworthy_spec::without_ticks(spec).as_bytes())
}

/// Reads a proof of the image `subject`. With a key, only one that this key signed.
///
/// # Errors
///
/// Fails if anything in it was damaged, is about something else, or is not signed as wanted: [`ProofError`] names it.
pub fn open(bytes: &[u8], media_type: &str, subject: &Digest, key: Option<&VerifyingKey>) -> Result<Proof, ProofError> {
    if bytes.len() > limits::PROOF_BYTES {
        let (size_bytes, limit_bytes) = (bytes.len(), limits::PROOF_BYTES);
        return Err(ProofError::TooLarge { what: Part::Proof, size_bytes, limit_bytes });
    }
    let (content, signature) = match media_type {
        statement::MEDIA_TYPE => {
            if let Some(key) = key {
                return Err(ProofError::Unsigned { wanted: key.id() });
            }
            (statement::read(bytes, subject)?, Signature::Unsigned)
        }
        envelope::MEDIA_TYPE => {
            let envelope::Opened { payload, key_id } = envelope::open(bytes, key)?;
            let signature = match key {
                Some(_) => Signature::Checked { key_id },
                None => Signature::Unchecked { key_id },
            };
            (statement::read(&payload, subject)?, signature)
        }
        other => return Err(ProofError::MediaType(short(other))),
    };
    let Content { name, spec, report, started_at } = content;
    let contract = self::contract(&spec);
    Ok(Proof { digest: Digest::of(bytes), name, report, spec, signature, contract, started_at })
}
