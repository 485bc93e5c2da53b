//! What a registry keeps: blobs, manifests, tags and uploads of each repository, in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use seaworthy_image::Digest;
use serde_json::{Value, json};

#[derive(Default)]
pub(crate) struct Store {
    pub(crate) repositories: BTreeMap<String, Kept>,
    /// By their ids; the repository and what was received.
    pub(crate) uploads: BTreeMap<String, (String, Vec<u8>)>,
    pub(crate) begun: usize,
}

#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) blobs: BTreeMap<String, Arc<[u8]>>,
    pub(crate) manifests: BTreeMap<String, Stored>,
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) media_type: String,
    pub(crate) bytes: Arc<[u8]>,
}

impl Store {
    pub(crate) fn repository(&mut self, name: &str) -> &mut Kept {
        self.repositories.entry(name.to_owned()).or_default()
    }
}

impl Kept {
    /// The manifest that a tag or digest names, and its digest.
    pub(crate) fn manifest(&self, identifier: &str) -> Option<(String, Stored)> {
        let digest = if identifier.contains(':') { identifier } else { self.tags.get(identifier)? };
        Some((digest.to_owned(), self.manifests.get(digest)?.clone()))
    }

    pub(crate) fn keep_blob(&mut self, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        self.blobs.insert(digest.to_string(), bytes.into());
        digest
    }

    pub(crate) fn keep_manifest(&mut self, identifier: &str, media_type: &str, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        self.manifests.insert(digest.to_string(), Stored { media_type: media_type.to_owned(), bytes: bytes.into() });
        if !identifier.contains(':') {
            self.tags.insert(identifier.to_owned(), digest.to_string());
        }
        digest
    }

    /// What a manifest names that is not here.
    pub(crate) fn missing(&self, manifest: &Value) -> Option<String> {
        let digest = |descriptor: &Value| descriptor["digest"].as_str().map(str::to_owned);
        let layers = manifest["layers"].as_array().into_iter().flatten();
        let blobs = layers.chain(manifest.get("config")).filter_map(digest);
        let manifests = manifest["manifests"].as_array().into_iter().flatten().filter_map(digest);
        blobs
            .filter(|digest| !self.blobs.contains_key(digest))
            .chain(manifests.filter(|digest| !self.manifests.contains_key(digest)))
            .next()
    }

    /// The index of the manifests whose subject is `digest`.
    pub(crate) fn referrers(&self, digest: &str, artifact_type: Option<&str>) -> Value {
        let manifests: Vec<Value> = self
            .manifests
            .iter()
            .filter_map(|(of, stored)| {
                let manifest: Value = serde_json::from_slice(&stored.bytes).ok()?;
                if manifest["subject"]["digest"] != digest {
                    return None;
                }
                let kind = manifest["artifactType"].as_str().or(manifest["config"]["mediaType"].as_str())?;
                if artifact_type.is_some_and(|wanted| wanted != kind) {
                    return None;
                }
                let mut descriptor = json!({
                    "mediaType": stored.media_type, "digest": of, "size": stored.bytes.len(), "artifactType": kind,
                });
                if let Some(annotations) = manifest.get("annotations") {
                    descriptor["annotations"] = annotations.clone();
                }
                Some(descriptor)
            })
            .collect();
        json!({"schemaVersion": 2, "mediaType": seaworthy_image::OCI_INDEX, "manifests": manifests})
    }
}
