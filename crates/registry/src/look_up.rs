//! What a repository's tags are before a push.

use std::collections::BTreeMap;

use crate::tags::{Found, Origin};
use crate::{RegistryError, Repository, parallel};

impl Repository {
    /// What [`tags::plan`](crate::tags::plan) has to know of this repository.
    ///
    /// # Errors
    ///
    /// Fails if the registry cannot be asked what a tag names. That it does not list its tags is no error.
    pub fn look_up(&self, origin: &Origin) -> Result<Found, RegistryError> {
        let candidates = origin.candidates();
        let resolved = parallel::each(candidates.len(), |turn| self.resolve(&candidates[turn]));
        let mut names = BTreeMap::new();
        for (tag, named) in candidates.into_iter().zip(resolved) {
            if let Some(named) = named? {
                names.insert(tag, named.digest);
            }
        }
        let listed = match self.tags() {
            Ok(tags) => Some(tags),
            Err(RegistryError::NoSuchRepository { .. }) => Some(Vec::new()),
            Err(
                RegistryError::NoPermission { .. }
                | RegistryError::Refused { .. }
                | RegistryError::Slow { .. }
                | RegistryError::TooManyTags { .. },
            ) => None,
            Err(error) => return Err(error),
        };
        Ok(Found { listed, names })
    }
}
