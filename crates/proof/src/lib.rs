//! A report becomes a statement that can be signed and attached to an image, and is read back and judged.
//!
//! There: [`Statement::new`], [`seal()`]. Back: [`open()`]. What several proofs amount to: [`Standing::of`]; how that is shown: [`account`].

pub mod account;
mod encrypted;
mod envelope;
mod error;
mod key;
pub mod limits;
mod open;
mod pem;
mod promises;
#[cfg(test)]
mod sample;
mod seal;
mod standing;
mod statement;
#[cfg(test)]
mod tampering;

pub use account::{Account, Refused};
pub use error::{Part, ProofError};
pub use key::{KeyError, SigningKey, VerifyingKey};
pub use open::{Proof, Signature, contract, open};
pub use seal::{Sealed, seal};
pub use standing::{Doubt, Entry, Promise, Standing, Weight};
pub use statement::Statement;

/// Of a proof that is not signed: an in-toto statement.
pub const UNSIGNED_MEDIA_TYPE: &str = statement::MEDIA_TYPE;

/// Of a signed proof: a sigstore bundle.
pub const SIGNED_MEDIA_TYPE: &str = envelope::MEDIA_TYPE;
