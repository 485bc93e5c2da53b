//! How much of a proof is taken from outside. Proofs in use stay far below all of these.

/// A proof as it is stored.
pub const PROOF_BYTES: usize = 16 << 20;

/// The specification in it.
pub const SPEC_BYTES: usize = 1 << 20;

/// The report in it. Its parts take many times their bytes once they are read.
pub const REPORT_BYTES: usize = 4 << 20;

/// Signatures of one envelope.
pub const SIGNATURES: usize = 16;
