//! The proofs attached to one image, and what they say together.

use std::time::SystemTime;

use seaworthy_engine::machine;
use seaworthy_image::Digest;
use seaworthy_proof::{Proof, Signature, Standing, VerifyingKey};
use seaworthy_registry::Repository;
use seaworthy_report::{Built, clean};
use seaworthy_verify::{BuiltElsewhere, Witness};

use crate::read::{self, Found, NotCounted, ReadError};

/// The proofs attached to one image.
#[derive(Debug)]
pub struct Proofs {
    held: Vec<Proof>,
    /// What else is attached as a proof, and why it does not count.
    pub not_counted: Vec<NotCounted>,
    /// There are more than were read, and nobody knows what the others say.
    pub cut: bool,
    /// The text of the specification that is demanded.
    spec: Option<String>,
    now: SystemTime,
}

impl Proofs {
    /// Reads all that is attached; with a key, only what that key signed counts. `between` is called before each proof is read.
    ///
    /// # Errors
    ///
    /// Fails if the registry cannot be asked, for one proof too: one that is out of reach may say that a promise is broken. A damaged
    /// one does not count, and fails nothing.
    pub fn read(
        repository: &Repository,
        image: &Digest,
        key: Option<&VerifyingKey>,
        between: &mut dyn FnMut(),
    ) -> Result<Self, ReadError> {
        let Found { proofs, not_counted, cut } = read::all(repository, image, key, between)?;
        Ok(Self { held: proofs, not_counted, cut, spec: None, now: SystemTime::now() })
    }

    /// Only results for this specification count from now on, whatever is ticked in either text.
    #[must_use]
    pub fn demanding(self, spec: &str) -> Self {
        Self { spec: Some(spec.to_owned()), ..self }
    }

    /// What they say together.
    pub fn standing(&self) -> Standing<'_> {
        Standing::of(&self.held, self.spec.as_deref(), self.now)
    }

    /// The newest one, of any specification.
    pub fn newest(&self) -> Option<&Proof> {
        self.standing().results.first().map(|entry| entry.proof)
    }

    /// Where the image was built, as the newest proof says that knows; but if any says that it was on this machine, or cannot
    /// tell, that one: no proof, forged or of a second build, makes another machine of the one that built the image.
    pub fn built(&self) -> Option<BuiltElsewhere> {
        let builders = self.standing().builders();
        let here = [machine::id(), machine::boot()];
        let away = |proof: &&&Proof| {
            let built = proof.report.built.as_ref();
            let there = built.map_or([None, None], |built| [built.machine.clone(), built.boot.clone()]);
            here.iter().zip(&there).all(|pair| matches!(pair, (Some(here), Some(there)) if here != there))
        };
        let proof = builders.iter().find(|proof| !away(proof)).or(builders.first())?;
        let built = proof.report.built.clone()?;
        let standing = self.standing();
        let at_home = standing.counting().map(|proof| &proof.report);
        let at_home = at_home.filter(|report| report.machine.id.is_some() && report.machine.id == built.machine);
        let started = at_home.map(|report| report.options.clone().unwrap_or_default()).collect();
        Some(BuiltElsewhere { built, signed: signed(&proof.signature), started })
    }

    /// A result of another machine than any that built the image; `also` is a builder that no proof may know yet.
    pub fn witness(&self, also: Option<&Built>) -> Option<Witness> {
        let standing = self.standing();
        let proof = standing.different_machine(also)?;
        Some(Witness {
            machine: short(proof.report.machine.id.as_deref()?, 64),
            engine: short(&proof.report.machine.engine, 100),
            at: short(&proof.report.started_at, 40),
            signed: signed(&proof.signature),
        })
    }
}

/// How a proof is signed: `unsigned`, `signed by key 3f1c…`.
pub fn signed(signature: &Signature) -> String {
    match signature {
        Signature::Unsigned => "unsigned".to_owned(),
        Signature::Unchecked { key_id } if key_id.is_empty() => "signed, not checked".to_owned(),
        Signature::Unchecked { key_id } => format!("says it is signed by key {}, not checked", short(key_id, 12)),
        Signature::Checked { key_id } => format!("signed by key {}", short(key_id, 12)),
    }
}

/// Text from a proof in one line, of at most `most` characters.
fn short(text: &str, most: usize) -> String {
    clean(&text.chars().take(most).collect::<String>()).replace('\n', " ")
}
