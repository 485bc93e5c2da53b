//! What layouts and archives have in common: finding one image among those an index names.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use crate::index::{self, Offer, Offered};
use crate::layer::{Blob, StoredLayer};
use crate::verifying::{Length, VerifyingReader};
use crate::{
    Config, ConfigError, Descriptor, Digest, EntryError, Image, Layer, Manifest, ManifestError, Platform, limits,
};

/// Which image is meant, where a layout or an archive holds several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Select {
    /// The name or tag that the image has there.
    pub name: Option<String>,
    /// Where `None`: this machine's, unless there is no choice.
    pub platform: Option<Platform>,
}

/// Why an image cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("there is no `{}`", .0.display())]
    Missing(PathBuf),
    #[error("`{}` is not {what}: {why}", .path.display())]
    NotOne { path: PathBuf, what: &'static str, why: String },
    #[error("cannot read `{}`", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot read the archive `{}`", .path.display())]
    Archive { path: PathBuf, source: EntryError },
    #[error("the blob `{digest}` is missing in `{}`", .path.display())]
    BlobMissing { path: PathBuf, digest: Digest },
    #[error("the blob `{digest}` has {got} bytes, and {want} are told")]
    BlobSize { digest: Digest, want: u64, got: u64 },
    #[error("the blob `{digest}` cannot be read")]
    Blob { digest: Digest, source: io::Error },
    #[error("{what} takes more than {} bytes", limits::JSON_BYTES)]
    TooLarge { what: &'static str },
    #[error("{what} is not the JSON it should be")]
    Json { what: &'static str, source: serde_json::Error },
    #[error("`{}` names more than {} images", .0.display(), limits::MANIFESTS)]
    TooMany(PathBuf),
    #[error("`{}` has indexes in indexes, more than {} deep", .0.display(), limits::INDEX_DEPTH)]
    TooDeep(PathBuf),
    #[error("`{}` holds no image", .0.display())]
    Empty(PathBuf),
    #[error("`{}` has no image {wanted}; it has {}", .path.display(), list(.found))]
    NoSuch { path: PathBuf, wanted: String, found: Vec<String> },
    #[error("`{}` holds several images {wanted}: {}", .path.display(), list(.found))]
    Several { path: PathBuf, wanted: String, found: Vec<String> },
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Config(#[from] ConfigError),
}

fn list(found: &[String]) -> String {
    const SHOWN: usize = 10;
    let text = found.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match found.len().saturating_sub(SHOWN) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

/// The blobs of a layout or an archive.
pub(crate) struct Blobs<'a> {
    /// Of the layout or the archive.
    pub(crate) path: PathBuf,
    /// `None` where there is no such blob.
    pub(crate) find: &'a dyn Fn(&Digest) -> io::Result<Option<Blob>>,
}

/// An image that can be chosen.
struct Candidate {
    offered: Offered,
    manifest: Result<(Manifest, Config), OpenError>,
}

impl Blobs<'_> {
    /// The image that `select` means, among those of the index.
    pub(crate) fn choose(&self, index: &[u8], select: &Select) -> Result<Image, OpenError> {
        let mut found = Vec::new();
        self.collect(index, &[], 0, &mut found)?;
        if found.len() > 1 {
            // Of something that is no image at all nobody speaks while there are images.
            let (images, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|one| one.manifest.is_ok());
            found = if images.is_empty() { others } else { images };
        }
        let chosen = index::choose_among(&self.path, found, select, |candidate| &candidate.offered)?;
        let (manifest, config) = chosen.manifest?;
        self.image(manifest, config)
    }

    fn collect(
        &self,
        index: &[u8],
        names: &[String],
        depth: usize,
        found: &mut Vec<Candidate>,
    ) -> Result<(), OpenError> {
        if depth >= limits::INDEX_DEPTH {
            return Err(OpenError::TooDeep(self.path.clone()));
        }
        for offer in index::offers(index)? {
            match offer {
                Offer::Index(Offered { descriptor, names: own, .. }) => {
                    let names = [names, &own].concat();
                    // `docker save` names in an index what it did not save.
                    if let Some(bytes) = self.optional(&descriptor, "an index")? {
                        self.collect(&bytes, &names, depth + 1, found)?;
                    }
                }
                Offer::Image(mut offered) => {
                    offered.names.splice(0..0, names.iter().cloned());
                    if depth > 0 && (self.find)(&offered.descriptor.digest).is_ok_and(|blob| blob.is_none()) {
                        continue;
                    }
                    let manifest = self.manifest(&offered.descriptor);
                    let of_config = || manifest.as_ref().ok().and_then(|(_, config)| config.platform().parse().ok());
                    offered.platform = offered.platform.or_else(of_config);
                    found.push(Candidate { offered, manifest });
                }
            }
            if found.len() > limits::MANIFESTS {
                return Err(OpenError::TooMany(self.path.clone()));
            }
        }
        Ok(())
    }

    fn manifest(&self, descriptor: &Descriptor) -> Result<(Manifest, Config), OpenError> {
        let manifest = Manifest::from_bytes(self.bytes(descriptor, "the manifest")?)?;
        let config = Config::from_bytes(self.bytes(manifest.config(), "the image config")?)?;
        Ok((manifest, config))
    }

    fn image(&self, manifest: Manifest, config: Config) -> Result<Image, OpenError> {
        let diff_ids = manifest.diff_ids(&config)?;
        let layers = manifest
            .layers()
            .iter()
            .zip(diff_ids)
            .map(|(descriptor, diff_id)| {
                let layer = StoredLayer::new(self.blob(descriptor)?, descriptor.digest.clone(), diff_id);
                Ok(Arc::new(layer) as Arc<dyn Layer>)
            })
            .collect::<Result<_, OpenError>>()?;
        Ok(Image { manifest, config, layers })
    }

    fn blob(&self, descriptor: &Descriptor) -> Result<Blob, OpenError> {
        let Descriptor { digest, size, .. } = descriptor;
        let blob = (self.find)(digest)
            .map_err(|source| OpenError::Blob { digest: digest.clone(), source })?
            .ok_or_else(|| OpenError::BlobMissing { path: self.path.clone(), digest: digest.clone() })?;
        match blob.size_bytes() {
            got if got == *size => Ok(blob),
            got => Err(OpenError::BlobSize { digest: digest.clone(), want: *size, got }),
        }
    }

    fn optional(&self, descriptor: &Descriptor, what: &'static str) -> Result<Option<Vec<u8>>, OpenError> {
        match self.bytes(descriptor, what) {
            Err(OpenError::BlobMissing { .. }) => Ok(None),
            other => other.map(Some),
        }
    }

    fn bytes(&self, descriptor: &Descriptor, what: &'static str) -> Result<Vec<u8>, OpenError> {
        if descriptor.size > limits::JSON_BYTES {
            return Err(OpenError::TooLarge { what });
        }
        let blob = self.blob(descriptor)?;
        let read = || {
            let length = Length::Exactly(descriptor.size);
            let mut bytes = Vec::new();
            VerifyingReader::new(blob.open()?, descriptor.digest.clone(), length).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|source| OpenError::Blob { digest: descriptor.digest.clone(), source })
    }
}

/// All of a small file.
pub(crate) fn small(mut source: impl Read, what: &'static str, path: &std::path::Path) -> Result<Vec<u8>, OpenError> {
    let mut bytes = Vec::new();
    let read = source.by_ref().take(limits::JSON_BYTES + 1).read_to_end(&mut bytes);
    match read {
        Err(source) => Err(OpenError::Read { path: path.to_owned(), source }),
        Ok(count) if count as u64 > limits::JSON_BYTES => Err(OpenError::TooLarge { what }),
        Ok(_) => Ok(bytes),
    }
}
