//! The image's manifest: kept byte for byte.

use serde::{Deserialize, Serialize};

use crate::layer::{self, Compression};
use crate::{Config, Digest, Layer, json, limits};

/// OCI's media type of an image manifest.
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Docker's media type of an image manifest.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// OCI's media type of an index of manifests.
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Docker's media type of an index of manifests.
pub const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";

/// A manifest (OCI image specification, manifest.md; Docker Image Manifest Version 2, Schema 2).
#[derive(Debug, Clone)]
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

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parsed {
    schema_version: u64,
    media_type: Option<String>,
    config: Descriptor,
    layers: Vec<Descriptor>,
}

/// Why bytes are no image manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("the image manifest cannot be read")]
    Json(#[from] serde_json::Error),
    #[error("the image manifest takes {0} bytes, more than the {max} allowed", max = limits::JSON_BYTES)]
    TooLarge(u64),
    #[error("an index of several images stands where one image's manifest should")]
    Index,
    #[error("`{0}` is not the media type of an image manifest")]
    MediaType(String),
    #[error("the manifest is of schema {0}, not 2")]
    Schema(u64),
    #[error("`{0}` is not the media type of an image's config: the manifest is of something else")]
    Config(String),
    #[error("layer {position} is of the media type `{media_type}`, which no engine here unpacks")]
    Layer { position: usize, media_type: String },
    #[error("the manifest has {0} layers, more than the {max} allowed", max = limits::LAYERS)]
    TooMany(usize),
    #[error("the sizes in the manifest are not possible")]
    Sizes,
    #[error("the manifest has {layers} layers, and the config speaks of {diff_ids}")]
    Count { layers: usize, diff_ids: usize },
    #[error("the config names a layer `{0}`, which is no digest")]
    DiffId(String),
}

/// What is read to tell an index from a manifest.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    media_type: Option<String>,
    manifests: Option<serde::de::IgnoredAny>,
}

impl Manifest {
    /// # Errors
    ///
    /// Fails if the bytes are not the manifest of an image whose layers can be unpacked here.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, ManifestError> {
        let size = bytes.len() as u64;
        if size > limits::JSON_BYTES {
            return Err(ManifestError::TooLarge(size));
        }
        let value = json::read(&bytes)?;
        let kind = Kind::deserialize(&value)?;
        match kind.media_type.as_deref() {
            Some(OCI_INDEX | DOCKER_INDEX) => return Err(ManifestError::Index),
            None if kind.manifests.is_some() => return Err(ManifestError::Index),
            None | Some(OCI_MANIFEST | DOCKER_MANIFEST) => {}
            Some(other) => return Err(ManifestError::MediaType(short(other))),
        }
        let parsed = Parsed::deserialize(&value)?;
        parsed.check()?;
        Ok(Self { digest: Digest::of(&bytes), bytes, parsed })
    }

    /// Makes the manifest of a config and its layers.
    ///
    /// # Errors
    ///
    /// Fails if a layer cannot be read, to see how it is compressed.
    pub fn of(config: &Config, layers: &[std::sync::Arc<dyn Layer>], format: Format) -> std::io::Result<Self> {
        let config = Descriptor {
            media_type: format.config().to_owned(),
            digest: config.digest().clone(),
            size: config.bytes().len() as u64,
        };
        let layers = layers
            .iter()
            .map(|layer| {
                Ok(Descriptor {
                    media_type: format.layer(Compression::of_layer(&**layer)?).to_owned(),
                    digest: layer.digest().clone(),
                    size: layer.size_bytes(),
                })
            })
            .collect::<std::io::Result<_>>()?;
        let parsed = Parsed { schema_version: 2, media_type: Some(format.manifest().to_owned()), config, layers };
        let bytes = serde_json::to_vec(&parsed)?;
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
        self.parsed.media_type.as_deref().unwrap_or(OCI_MANIFEST)
    }

    pub fn config(&self) -> &Descriptor {
        &self.parsed.config
    }

    pub fn layers(&self) -> &[Descriptor] {
        &self.parsed.layers
    }

    /// Told by the media type.
    pub fn format(&self) -> Format {
        if self.media_type() == DOCKER_MANIFEST { Format::Docker } else { Format::Oci }
    }

    /// The diff ids of the layers, from the config that belongs to this manifest.
    ///
    /// # Errors
    ///
    /// Fails if there are not as many as layers, or one is no digest.
    pub fn diff_ids(&self, config: &Config) -> Result<Vec<Digest>, ManifestError> {
        let told = config.diff_ids();
        if told.len() != self.layers().len() {
            return Err(ManifestError::Count { layers: self.layers().len(), diff_ids: told.len() });
        }
        told.into_iter().map(|id| id.parse().map_err(|_| ManifestError::DiffId(short(&id)))).collect()
    }

    /// As a descriptor, for an index.
    pub fn descriptor(&self) -> Descriptor {
        Descriptor {
            media_type: self.media_type().to_owned(),
            digest: self.digest.clone(),
            size: self.bytes.len() as u64,
        }
    }
}

impl Parsed {
    fn check(&self) -> Result<(), ManifestError> {
        if self.schema_version != 2 {
            return Err(ManifestError::Schema(self.schema_version));
        }
        if self.config.media_type != OCI_CONFIG && self.config.media_type != DOCKER_CONFIG {
            return Err(ManifestError::Config(short(&self.config.media_type)));
        }
        if self.layers.len() > limits::LAYERS {
            return Err(ManifestError::TooMany(self.layers.len()));
        }
        if let Some(position) = self.layers.iter().position(|layer| !layer::known(layer)) {
            let media_type = short(&self.layers[position].media_type);
            return Err(ManifestError::Layer { position: position + 1, media_type });
        }
        let total = self.layers.iter().try_fold(0_u64, |sum, layer| sum.checked_add(layer.size));
        if self.config.size > limits::JSON_BYTES || total.is_none_or(|total| total > 1 << 50) {
            return Err(ManifestError::Sizes);
        }
        Ok(())
    }
}

impl Format {
    pub(crate) fn manifest(self) -> &'static str {
        match self {
            Self::Docker => DOCKER_MANIFEST,
            Self::Oci => OCI_MANIFEST,
        }
    }

    fn config(self) -> &'static str {
        match self {
            Self::Docker => DOCKER_CONFIG,
            Self::Oci => OCI_CONFIG,
        }
    }

    fn layer(self, compression: Compression) -> &'static str {
        match (self, compression) {
            (Self::Docker, Compression::None) => "application/vnd.docker.image.rootfs.diff.tar",
            (Self::Docker, Compression::Gzip) => "application/vnd.docker.image.rootfs.diff.tar.gzip",
            (Self::Docker, Compression::Zstd) => "application/vnd.docker.image.rootfs.diff.tar.zstd",
            (Self::Oci, Compression::None) => "application/vnd.oci.image.layer.v1.tar",
            (Self::Oci, Compression::Gzip) => "application/vnd.oci.image.layer.v1.tar+gzip",
            (Self::Oci, Compression::Zstd) => "application/vnd.oci.image.layer.v1.tar+zstd",
        }
    }
}

fn short(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[track_caller]
    fn check(media_type: &str, config: &str, layer: &str, expected: &str) {
        let json = format!(
            r#"{{"schemaVersion":2,"mediaType":"{media_type}","config":{{"mediaType":"{config}","digest":"{DIGEST}","size":2}},"layers":[{{"mediaType":"{layer}","digest":"{DIGEST}","size":3}}]}}"#
        );
        let got = match Manifest::from_bytes(json.into_bytes()) {
            Ok(manifest) => format!("{:?}", manifest.format()),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected);
    }

    #[test]
    fn only_the_manifest_of_an_image_is_taken() {
        let gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
        check(OCI_MANIFEST, OCI_CONFIG, gzip, "Oci");
        check(DOCKER_MANIFEST, DOCKER_CONFIG, "application/vnd.docker.image.rootfs.diff.tar.gzip", "Docker");
        check(OCI_INDEX, OCI_CONFIG, gzip, "an index of several images stands where one image's manifest should");
        check("text/plain", OCI_CONFIG, gzip, "`text/plain` is not the media type of an image manifest");
        check(
            OCI_MANIFEST,
            "application/vnd.oci.empty.v1+json",
            gzip,
            "`application/vnd.oci.empty.v1+json` is not the media type of an image's config: the manifest is of something else",
        );
        check(
            OCI_MANIFEST,
            OCI_CONFIG,
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
            "layer 1 is of the media type `application/vnd.docker.image.rootfs.foreign.diff.tar.gzip`, which no engine here unpacks",
        );
    }
}
