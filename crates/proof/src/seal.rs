//! A statement as it is stored beside the image.

use crate::error::Part;
use crate::{ProofError, SigningKey, Statement, envelope, limits, statement};

/// One blob, and what a registry is told about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub artifact_type: &'static str,
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

/// The statement as it is stored: signed with the key, or as it is.
///
/// # Errors
///
/// Fails if the signed form is more than [`limits::PROOF_BYTES`].
pub fn seal(statement: &Statement, key: Option<&SigningKey>) -> Result<Sealed, ProofError> {
    let (media_type, bytes) = match key {
        None => (statement::MEDIA_TYPE, statement.as_bytes().to_vec()),
        Some(key) => (envelope::MEDIA_TYPE, envelope::seal(statement.as_bytes(), key)?),
    };
    if bytes.len() > limits::PROOF_BYTES {
        let (size_bytes, limit_bytes) = (bytes.len(), limits::PROOF_BYTES);
        return Err(ProofError::TooLarge { what: Part::Proof, size_bytes, limit_bytes });
    }
    Ok(Sealed { artifact_type: media_type, media_type, bytes })
}
