//! Attaches a report to an image as a proof.

use std::collections::BTreeMap;

use seaworthy_image::{Digest, Image};
use seaworthy_proof::{ProofError, SigningKey, Statement, seal};
use seaworthy_registry::{Artifact, RegistryError, Repository};
use seaworthy_report::Report;

/// The annotation with the time of a result.
const CREATED: &str = "org.opencontainers.image.created";

/// Why a report was not attached.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// It is no report that can be proven.
    #[error(transparent)]
    Proof(#[from] ProofError),
    #[error("cannot attach the proof to `{image}`")]
    Registry { image: String, source: RegistryError },
}

/// A proof that was attached.
#[derive(Debug)]
pub struct Attachment {
    pub digest: Digest,
    /// The id of the key that signed it.
    pub key_id: Option<String>,
}

/// Attaches `report`, which is about the specification with the text `spec`, to the image in its repository.
///
/// # Errors
///
/// Fails if the report cannot be sealed, or the registry rejects it.
pub fn attach(
    repository: &Repository,
    image: &Image,
    report: &Report,
    spec: &str,
    key: Option<&SigningKey>,
) -> Result<Attachment, AttachError> {
    let statement = Statement::new(report, spec, &repository.to_string())?;
    let sealed = seal(&statement, key)?;
    let artifact = Artifact {
        artifact_type: sealed.artifact_type.to_owned(),
        media_type: sealed.media_type.to_owned(),
        content: sealed.bytes,
        annotations: BTreeMap::from([(CREATED.to_owned(), report.started_at.clone())]),
    };
    let digest = repository
        .attach(&image.manifest.descriptor(), &artifact)
        .map_err(|source| AttachError::Registry { image: format!("{repository}@{}", image.digest()), source })?;
    Ok(Attachment { digest, key_id: key.map(|key| key.verifying_key().id()) })
}
