//! Which image a name means, without pulling it.

use seaworthy_image::{Digest, Manifest, OpenError, Platform, Select};

use crate::{RegistryError, Repository};

impl Repository {
    /// The digest of the image that a tag or a digest names; of an index, of the one that [`Self::pull`] would take.
    ///
    /// # Errors
    ///
    /// Fails if the registry cannot be asked or has no such image.
    pub fn find(&self, identifier: &str, platform: Option<&Platform>) -> Result<Digest, RegistryError> {
        let named = self.needed_manifest(identifier)?;
        let select = Select { name: None, platform: platform.cloned() };
        let (told, manifest) = if named.is_index() {
            let chosen = self.chosen(named, &select)?;
            let digest = chosen.descriptor.digest;
            if platform.is_none() {
                return Ok(digest);
            }
            (chosen.platform, self.needed_manifest(digest.as_str())?)
        } else {
            if platform.is_none() {
                return Ok(named.digest);
            }
            (None, named)
        };
        let manifest = Manifest::from_bytes(manifest.bytes).map_err(OpenError::from)?;
        self.fits(&manifest, told, &select, &())?;
        Ok(manifest.digest().clone())
    }
}
