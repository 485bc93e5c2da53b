//! The image's manifest: kept byte for byte.

use serde::{Deserialize, Serialize};

use crate::Digest;

/// A manifest (OCI image specification, manifest.md; Docker Image Manifest Version 2, Schema 2).
#[derive(Clone)]
pub struct Manifest {
    bytes: Vec<u8>,
    digest: Digest,
    parsed: Parsed,
}

/// Which media types an image is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Docker schema 2: health checks are honoured everywhere.
    #[default]
    Docker,
    /// OCI: Podman ignores a health check in it.
    Oci,
}

/// A pointer to a blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    pub media_type: String,
    pub digest: Digest,
    pub size: u64,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parsed {
    media_type: Option<String>,
    config: Descriptor,
    layers: Vec<Descriptor>,
}

/// Why bytes are no image manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("the image manifest cannot be read")]
    Json(#[from] serde_json::Error),
}

impl Manifest {
    /// # Errors
    ///
    /// Fails if the bytes are not an image manifest.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, ManifestError> {
        let parsed = serde_json::from_slice(&bytes)?;
        Ok(Self { digest: Digest::of(&bytes), bytes, parsed })
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// As the manifest says; OCI's where it says nothing.
    pub fn media_type(&self) -> &str {
        self.parsed.media_type.as_deref().unwrap_or("application/vnd.oci.image.manifest.v1+json")
    }

    pub fn config(&self) -> &Descriptor {
        &self.parsed.config
    }

    pub fn layers(&self) -> &[Descriptor] {
        &self.parsed.layers
    }

    /// Told by the media type.
    pub fn format(&self) -> Format {
        if self.media_type().starts_with("application/vnd.docker.") { Format::Docker } else { Format::Oci }
    }
}
