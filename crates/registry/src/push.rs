//! An image on its way into a repository: its blobs, then its manifest by digest; nothing names it before `tag` does.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use seaworthy_image::{Descriptor, Digest, Image, Manifest};
use ureq::http::Method;

use crate::repository::is_tag;
use crate::request::{Body, Response};
use crate::retry::with_jitter;
use crate::upload::{self, Outgoing, Surroundings};
use crate::{Ended, RegistryError, Repository, Watch, parallel};

/// An image that is in a repository, whole, under its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    pub digest: Digest,
    /// Each once: the layers from the bottom, the config last.
    pub blobs: Vec<PushedBlob>,
}

/// How a blob came to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedBlob {
    pub digest: Digest,
    pub size_bytes: u64,
    pub how: Ended,
}

impl Pushed {
    /// What went over the line, without manifests and what was sent twice.
    pub fn sent_bytes(&self) -> u64 {
        self.blobs.iter().filter(|blob| blob.how == Ended::Sent).map(|blob| blob.size_bytes).sum()
    }

    /// How many blobs came there in this way.
    pub fn count(&self, how: Ended) -> usize {
        self.blobs.iter().filter(|blob| blob.how == how).count()
    }
}

/// How often a manifest is put again that names what the registry does not find.
const AGAIN: u32 = 3;

/// By how much the pause before that grows, at least.
const STEP: Duration = Duration::from_millis(100);

/// How often a manifest that was just put is asked for.
const READ_BACK: u32 = 3;

impl Repository {
    /// Sends an image, and gives it no tag. What is there already is not sent, nor what this client saw in another
    /// repository of the registry.
    ///
    /// # Errors
    ///
    /// Fails if the registry refuses it, a layer cannot be read or is not what it was, or what comes back is not what
    /// was sent. What is there by then stays, and the next push finds it.
    pub fn push(&self, image: &Image, watch: &dyn Watch) -> Result<Pushed, RegistryError> {
        self.push_from(image, &[], watch)
    }

    /// The blobs that a push would have to bring: those that are not there. Nothing is written.
    ///
    /// # Errors
    ///
    /// Fails if the registry does not say.
    pub fn missing(&self, image: &Image) -> Result<Vec<Descriptor>, RegistryError> {
        let mut missing: Vec<Descriptor> = Vec::new();
        for blob in image.manifest.layers().iter().chain([image.manifest.config()]) {
            let known = missing.iter().any(|other| other.digest == blob.digest);
            if !known && !upload::has(self, &blob.digest)? {
                missing.push(blob.clone());
            }
        }
        Ok(missing)
    }

    /// As [`Self::push`]; `from` are other repositories that may have some of the blobs.
    ///
    /// # Errors
    ///
    /// As [`Self::push`].
    pub fn push_from(&self, image: &Image, from: &[Self], watch: &dyn Watch) -> Result<Pushed, RegistryError> {
        let blobs = outgoing(image);
        let (digest, manifest) = (image.digest(), &image.manifest);
        let ended = self.send_whole(&blobs, from, digest, manifest.media_type(), manifest.bytes(), watch)?;
        let blob =
            |(blob, how): (Outgoing, Ended)| PushedBlob { digest: blob.digest, size_bytes: blob.size_bytes, how };
        Ok(Pushed { digest: digest.clone(), blobs: blobs.into_iter().zip(ended).map(blob).collect() })
    }

    /// Sends blobs, and then the manifest that names them.
    pub(crate) fn send_whole(
        &self,
        blobs: &[Outgoing],
        from: &[Self],
        digest: &Digest,
        media_type: &str,
        manifest: &[u8],
        watch: &dyn Watch,
    ) -> Result<Vec<Ended>, RegistryError> {
        let mut ended = self.bring(blobs, from, watch)?;
        let around = Surroundings { from: &[], watch, stop: &AtomicBool::new(false) };
        for round in 1..=AGAIN {
            let error = match self.put_by_digest(digest, media_type, manifest) {
                Err(error) if lacks_something(&error) => error,
                other => return other.map(|()| ended),
            };
            // Between being found and being named, a blob may have been cleared away; or it is only out of sight while
            // somebody else sends it too.
            self.session.stopped().wait(with_jitter(self.session.patience().pause.max(STEP) * round))?;
            let named = |blob: &Outgoing| error.refusal().is_some_and(|told| told.speaks_of(blob.digest.as_str()));
            for (blob, ended) in blobs.iter().zip(&mut ended) {
                if !upload::has(self, &blob.digest)? || round == AGAIN && named(blob) {
                    *ended = upload::send(self, blob, &around)?;
                }
            }
        }
        match self.put_by_digest(digest, media_type, manifest) {
            Err(error) if lacks_something(&error) => {
                Err(self.odd_put(digest, "the news that something is missing which was sent just now"))
            }
            other => other.map(|()| ended),
        }
    }

    /// Gives a manifest that is there by digest a name more, and asks what the name stands for then.
    ///
    /// # Errors
    ///
    /// Fails if the registry refuses it, or the tag names something else right after: somebody else sets it too.
    pub fn tag(&self, manifest: &Manifest, tag: &str) -> Result<(), RegistryError> {
        if !is_tag(tag) {
            return Err(RegistryError::Identifier { identifier: tag.chars().take(150).collect() });
        }
        self.put(tag, manifest.media_type(), manifest.bytes())?;
        for _ in 0..READ_BACK {
            match self.resolve(tag)? {
                Some(named) if named.digest == *manifest.digest() => return Ok(()),
                Some(named) => {
                    let (repository, tag) = (self.to_string(), tag.to_owned());
                    return Err(RegistryError::TagElsewhere { repository, tag, names: named.digest });
                }
                None => self.session.stopped().wait(with_jitter(self.session.patience().pause))?,
            }
        }
        Err(self.odd_put(tag, "a success, and has nothing under that name"))
    }

    /// Puts a manifest under its digest, and sees that it is there.
    fn put_by_digest(&self, digest: &Digest, media_type: &str, bytes: &[u8]) -> Result<(), RegistryError> {
        self.put(digest.as_str(), media_type, bytes)?;
        for _ in 0..READ_BACK {
            match self.manifest(digest.as_str())? {
                Some(manifest) if manifest.bytes == bytes => return Ok(()),
                Some(_) => return Err(self.odd_put(digest, "a success, and has other bytes than were put")),
                None => self.session.stopped().wait(with_jitter(self.session.patience().pause))?,
            }
        }
        Err(self.odd_put(digest, "a success, and has no such manifest"))
    }

    /// Puts a manifest under a tag or its digest.
    pub(crate) fn put(&self, identifier: &str, media_type: &str, bytes: &[u8]) -> Result<Response, RegistryError> {
        let request = self
            .tell(Method::PUT, &format!("/manifests/{identifier}"))
            .header("content-type", media_type)
            .body(Body::Bytes(bytes));
        self.session.send(&request)
    }

    fn odd_put(&self, identifier: impl std::fmt::Display, what: &str) -> RegistryError {
        RegistryError::Answer {
            host: self.session.host().to_owned(),
            asked: format!("PUT /v2/{}/manifests/{identifier}", self.name),
            what: what.to_owned(),
        }
    }

    /// Brings blobs into the repository, several at once. If one fails the others are given up.
    fn bring(&self, blobs: &[Outgoing], from: &[Self], watch: &dyn Watch) -> Result<Vec<Ended>, RegistryError> {
        // The largest first: none is left alone at the end.
        let mut order: Vec<usize> = (0..blobs.len()).collect();
        order.sort_by_key(|&position| Reverse(blobs[position].size_bytes));
        let stop = AtomicBool::new(false);
        let first_error = Mutex::new(None);
        let ended = parallel::each(blobs.len(), |turn| {
            let position = order[turn];
            if stop.load(Ordering::Relaxed) {
                return (position, None);
            }
            let how = self.bring_one(&blobs[position], from, watch, &stop);
            let how = how.map_err(|error| {
                first_error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                stop.store(true, Ordering::Relaxed);
            });
            (position, how.ok())
        });
        if let Some(error) = first_error.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let by_position: BTreeMap<usize, Option<Ended>> = ended.into_iter().collect();
        Ok(by_position.into_values().flatten().collect())
    }

    fn bring_one(
        &self,
        blob: &Outgoing,
        from: &[Self],
        watch: &dyn Watch,
        stop: &AtomicBool,
    ) -> Result<Ended, RegistryError> {
        let seen = self.session.seen_in(&blob.digest);
        let told =
            from.iter().filter(|other| Arc::ptr_eq(&other.session, &self.session)).map(|other| other.name.clone());
        let mut from: Vec<String> = seen.into_iter().chain(told).filter(|other| *other != self.name).collect();
        from.dedup();
        watch.begins(&blob.digest, blob.size_bytes);
        let how = upload::bring(self, blob, &Surroundings { from: &from, watch, stop })?;
        self.session.saw(&blob.digest, &self.name);
        watch.ended(&blob.digest, how);
        Ok(how)
    }
}

/// What an image consists of, each blob once.
fn outgoing(image: &Image) -> Vec<Outgoing<'_>> {
    let mut blobs: Vec<Outgoing> = Vec::new();
    for layer in &image.layers {
        if blobs.iter().all(|other| other.digest != *layer.digest()) {
            blobs.push(Outgoing::of_layer(&**layer));
        }
    }
    blobs.push(Outgoing::of_bytes(image.config.bytes()));
    blobs
}

/// Whether a manifest was refused for something that it names and that is not there.
pub(crate) fn lacks_something(error: &RegistryError) -> bool {
    const CODES: [&str; 4] = ["MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UPLOAD_UNKNOWN"];
    match error {
        RegistryError::NoSuchManifest { .. } | RegistryError::NoSuchBlob { .. } => true,
        RegistryError::Refused { refusal, .. } => CODES.iter().any(|code| refusal.has_code(code)),
        _ => false,
    }
}
