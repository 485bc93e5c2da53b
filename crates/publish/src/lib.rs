//! An image in a registry: what its tags are made from, what the registry has of it, and the proofs attached to it.
//!
//! This crate asks and writes; it prints nothing. `seaworthy-registry` knows the protocol, `seaworthy-proof` the form of a proof.

mod attach;
mod in_registry;
mod offers;
mod origin;
mod proofs;
mod read;
mod sboms;

pub use attach::{AttachError, Attachment, attach};
pub use in_registry::{Asked, SeenError, in_registry};
pub use origin::origin;
pub use proofs::{Proofs, signed};
pub use read::{NotCounted, ReadError, Reason};
