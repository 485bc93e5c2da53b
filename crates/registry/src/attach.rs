//! Attaching an artifact to a manifest, in three places: one of them answers wherever it is looked for.

use std::time::Duration;

use seaworthy_image::{Descriptor, Digest, OCI_INDEX, OCI_MANIFEST};
use serde_json::Value;

use crate::artifact::{self, Artifact, Index};
use crate::push::lacks_something;
use crate::retry::with_jitter;
use crate::upload::Outgoing;
use crate::{RegistryError, Repository};

/// How often the index under the fallback tag is written.
const WRITES: u32 = 5;

/// By how much the pause before each further writing grows.
const STEP: Duration = Duration::from_millis(50);

impl Repository {
    /// Attaches an artifact to a manifest that is there, and gives the digest of the artifact's own manifest.
    ///
    /// It can be asked for as a referrer where the registry has that API, stands in the index under the fallback tag,
    /// and has a tag of its own. Others may attach at the same time: where they take each other out of the index, or a
    /// rule of the registry keeps it from being written again, the own tag is what is left. The same artifact may be
    /// attached again.
    ///
    /// # Errors
    ///
    /// Fails if the registry refuses it, or has something else than an index under the fallback tag: that stays, and the
    /// artifact is found by its own tag alone.
    pub fn attach(&self, subject: &Descriptor, artifact: &Artifact) -> Result<Digest, RegistryError> {
        let manifest = artifact.manifest(subject);
        let digest = Digest::of(&manifest);
        let mut blobs = vec![Outgoing::of_bytes(artifact::EMPTY)];
        if artifact.content != artifact::EMPTY {
            blobs.push(Outgoing::of_bytes(&artifact.content));
        }
        self.send_whole(&blobs, &[], &digest, OCI_MANIFEST, &manifest, &())?;
        self.name(&artifact::own_tag(&subject.digest, &digest), &digest, &manifest)?;
        self.enlist(&artifact::fallback_tag(&subject.digest), &digest, &artifact.entry(&manifest))?;
        Ok(digest)
    }

    /// Gives an attached manifest its own tag. A registry whose tags never move may refuse it for being there.
    fn name(&self, tag: &str, digest: &Digest, manifest: &[u8]) -> Result<(), RegistryError> {
        let mut write = 0;
        loop {
            let Err(error) = self.put(tag, OCI_MANIFEST, manifest) else { return Ok(()) };
            match error {
                RegistryError::TagImmutable { .. }
                    if self.resolve(tag)?.is_some_and(|named| named.digest == *digest) =>
                {
                    return Ok(());
                }
                // What it names is there: the reference registry looks away while somebody else sends the same blob.
                error if lacks_something(&error) && write < WRITES => write += 1,
                error => return Err(error),
            }
            self.session.stopped().wait(with_jitter(STEP * write))?;
        }
    }

    /// Adds an entry to the index under a tag, until it is seen there.
    fn enlist(&self, tag: &str, digest: &Digest, entry: &Value) -> Result<(), RegistryError> {
        for write in 0..WRITES {
            // Who was overtaken once will be again if both keep step.
            self.session.stopped().wait(with_jitter(STEP * write))?;
            match self.enlist_once(tag, digest, entry) {
                Ok(false) => {}
                // The reference registry fails while it writes the tag for somebody else.
                Err(error @ RegistryError::Refused { .. }) if error.passes() => {}
                // Or a rule of the registry forbids it: the own tag is what is left.
                Ok(true) | Err(RegistryError::TagImmutable { .. }) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether the entry stands in the index, at least right after it was written.
    fn enlist_once(&self, tag: &str, digest: &Digest, entry: &Value) -> Result<bool, RegistryError> {
        let mut index = self.index_under(tag)?.unwrap_or_else(Index::new);
        if index.has(digest) {
            return Ok(true);
        }
        index.add(entry);
        self.put_index(tag, index)?;
        Ok(self.index_under(tag)?.is_some_and(|index| index.has(digest)))
    }

    /// The index under a tag; `None` where there is nothing.
    fn index_under(&self, tag: &str) -> Result<Option<Index>, RegistryError> {
        let Some(manifest) = self.manifest(tag)? else { return Ok(None) };
        match Index::read(&manifest.bytes) {
            Some(index) => Ok(Some(index)),
            None => Err(RegistryError::NoIndex { repository: self.to_string(), tag: tag.to_owned() }),
        }
    }

    /// Writes an index. Some registries take none with an entry for a manifest that is gone: such entries go too.
    fn put_index(&self, tag: &str, mut index: Index) -> Result<(), RegistryError> {
        match self.put(tag, OCI_INDEX, &index.bytes()) {
            Err(error) if lacks_something(&error) => {
                let mut gone = Vec::new();
                for told in index.digests().filter(|told| told.parse::<Digest>().is_ok()) {
                    if self.resolve(&told)?.is_none() {
                        gone.push(told);
                    }
                }
                if gone.is_empty() {
                    return Err(error);
                }
                index.without(&gone);
                self.put(tag, OCI_INDEX, &index.bytes()).map(drop)
            }
            other => other.map(drop),
        }
    }
}
