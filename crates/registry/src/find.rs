//! Which image a name means, without pulling it.

use seaworthy_image::{Digest, Platform, Select};

use crate::{RegistryError, Repository};

impl Repository {
    /// The digest of the image that a tag or a digest names; of an index, of the one that [`Self::pull`] would take.
    ///
    /// # Errors
    ///
    /// Fails if the registry cannot be asked or has no such image.
    pub fn find(&self, identifier: &str, platform: Option<&Platform>) -> Result<Digest, RegistryError> {
        let named = self.needed_manifest(identifier)?;
        if !named.is_index() {
            return Ok(named.digest);
        }
        let select = Select { name: None, platform: platform.cloned() };
        Ok(self.chosen(named, &select)?.descriptor.digest)
    }
}
