//! An image: manifest, config, layers.

use std::io;
use std::sync::Arc;

use crate::{Config, Digest, Format, Layer, Manifest};

/// An image as it lies in a layout, an archive or a registry.
#[derive(Clone)]
pub struct Image {
    pub manifest: Manifest,
    pub config: Config,
    /// The bottom layer first, as in the manifest.
    pub layers: Vec<Arc<dyn Layer>>,
}

impl Image {
    /// Puts an image together from its parts; the config must name the layers' diff ids.
    ///
    /// # Errors
    ///
    /// Fails if a layer cannot be read, to see how it is compressed.
    pub fn of(config: Config, layers: Vec<Arc<dyn Layer>>, format: Format) -> io::Result<Self> {
        Ok(Self { manifest: Manifest::of(&config, &layers, format)?, config, layers })
    }

    /// The manifest's digest: the identity of the image.
    pub fn digest(&self) -> &Digest {
        self.manifest.digest()
    }

    /// Compressed layers and config: what a registry sends.
    pub fn transfer_bytes(&self) -> u64 {
        self.config.bytes().len() as u64 + self.layers.iter().map(|layer| layer.size_bytes()).sum::<u64>()
    }
}
