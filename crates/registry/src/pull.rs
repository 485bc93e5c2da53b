//! Pulling: an image's manifest, config and layers into a folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use seaworthy_image::index::{self, Offer, Offered};
use seaworthy_image::{
    Blob, Config, CorruptError, Descriptor, Digest, Image, Layer, Length, Manifest, ManifestError, OpenError, Platform,
    Select, StoredLayer, VerifyingReader, WriteError, layout, limits,
};
use tempfile::NamedTempFile;

use crate::download::Download;
use crate::repository::RawManifest;
use crate::{Ended, RegistryError, Repository, Watch, parallel};

/// An image that was pulled.
#[derive(Clone)]
pub struct Pulled {
    /// Its layers lie in the folder, which is an OCI image layout.
    pub image: Image,
    /// The index that named the image, where one did.
    pub index: Option<Digest>,
    /// What came over the wire as config and layers.
    pub received_bytes: u64,
}

/// How many images of an index are looked into because it does not say what platform they are for.
const UNTOLD: usize = 30;

const BUFFER_BYTES: usize = 128 << 10;

impl Repository {
    /// Pulls the image that a tag or a digest names into an empty folder, and makes an OCI image layout of it.
    ///
    /// Of an index the image for `platform` is taken, else the only one or the one for this machine. What a tag names
    /// is asked for once; everything else goes by digest.
    ///
    /// # Errors
    ///
    /// Fails if the registry cannot be asked, has no such image, or sends something else than what was asked for.
    pub fn pull(
        &self,
        identifier: &str,
        platform: Option<&Platform>,
        folder: &Path,
        watch: &dyn Watch,
    ) -> Result<Pulled, RegistryError> {
        let named = self.needed_manifest(identifier)?;
        let select = Select { name: None, platform: platform.cloned() };
        let (index, told, manifest) = if named.is_index() {
            let digest = named.digest.clone();
            let chosen = self.chosen(named, &select)?;
            let manifest = self.needed_manifest(chosen.descriptor.digest.as_str())?;
            (Some(digest), chosen.platform, manifest)
        } else {
            (None, None, named)
        };
        let manifest = Manifest::from_bytes(manifest.bytes).map_err(OpenError::from)?;
        let config = self.fits(&manifest, told, &select, watch)?;
        let diff_ids = manifest.diff_ids(&config).map_err(OpenError::from)?;
        let received = self.layers(&distinct(manifest.layers())?, folder, watch)?;
        let layers = manifest.layers().iter().zip(diff_ids).map(|(layer, diff_id)| {
            let path = layout::blob_path(folder, &layer.digest).into();
            let blob = Blob::File { path, size_bytes: layer.size };
            Arc::new(StoredLayer::new(blob, layer.digest.clone(), diff_id)) as Arc<dyn Layer>
        });
        let image = Image { layers: layers.collect(), manifest, config };
        layout::complete(&image, folder).map_err(|error| match error {
            WriteError::Write { path, source } => unwritten(&path, source),
            other => unwritten(folder, io::Error::other(other)),
        })?;
        let received_bytes = received + image.config.bytes().len() as u64;
        Ok(Pulled { image, index, received_bytes })
    }

    /// The config of an image, which is for the platform that is wanted; `told` is what an index says it is for.
    pub(crate) fn fits(
        &self,
        manifest: &Manifest,
        told: Option<Platform>,
        select: &Select,
        watch: &dyn Watch,
    ) -> Result<Config, RegistryError> {
        let config = self.config(manifest, watch)?;
        let platform = platform_of(&config, told);
        let offered = Offered { descriptor: manifest.descriptor(), platform, names: Vec::new() };
        index::choose(&self.place(), vec![offered], select)?;
        Ok(config)
    }

    /// What errors about the images here speak of.
    fn place(&self) -> std::path::PathBuf {
        self.to_string().into()
    }

    /// The image that is meant among those of an index.
    pub(crate) fn chosen(&self, index: RawManifest, select: &Select) -> Result<Offered, RegistryError> {
        let mut found = Vec::new();
        let mut untold = 0;
        let mut indexes = vec![index];
        for _ in 0..limits::INDEX_DEPTH {
            let mut deeper = Vec::new();
            for index in std::mem::take(&mut indexes) {
                for offer in index::offers(&index.bytes)? {
                    match offer {
                        Offer::Index(offered) => deeper.push(offered.descriptor),
                        Offer::Image(offered) if offered.platform.is_some() => found.push(offered),
                        Offer::Image(offered) => {
                            untold += 1;
                            found.extend(self.looked_into(offered)?);
                        }
                    }
                    if found.len() + deeper.len() > limits::MANIFESTS || untold > UNTOLD {
                        return Err(OpenError::TooMany(self.place()).into());
                    }
                }
            }
            if deeper.is_empty() {
                return Ok(index::choose(&self.place(), found, select)?);
            }
            if deeper.len() > UNTOLD {
                return Err(OpenError::TooMany(self.place()).into());
            }
            let asked = deeper.iter().map(|index| self.needed_manifest(index.digest.as_str()));
            indexes = asked.collect::<Result<_, _>>()?;
        }
        Err(OpenError::TooDeep(self.place()).into())
    }

    /// An image of which the index does not tell the platform; `None` if it is no image.
    fn looked_into(&self, mut offered: Offered) -> Result<Option<Offered>, RegistryError> {
        let manifest = self.needed_manifest(offered.descriptor.digest.as_str())?;
        let Ok(manifest) = Manifest::from_bytes(manifest.bytes) else { return Ok(None) };
        offered.platform = self.config(&manifest, &())?.platform().parse().ok();
        Ok(Some(offered))
    }

    fn config(&self, manifest: &Manifest, watch: &dyn Watch) -> Result<Config, RegistryError> {
        let descriptor = manifest.config();
        watch.begins(&descriptor.digest, descriptor.size);
        let mut bytes = Vec::new();
        self.blob(descriptor)?.read_to_end(&mut bytes).map_err(|error| self.unread(error))?;
        watch.ended(&descriptor.digest, Ended::Received);
        Ok(Config::from_bytes(bytes).map_err(OpenError::from)?)
    }

    /// Fetches blobs, several at a time; the first failure ends all. Gives the bytes received.
    fn layers(&self, blobs: &[Descriptor], folder: &Path, watch: &dyn Watch) -> Result<u64, RegistryError> {
        let place = folder.join("blobs/sha256");
        fs::create_dir_all(&place).map_err(|source| unwritten(&place, source))?;
        let work = Work::default();
        let results = parallel::each(blobs.len(), |position| {
            if work.stop.load(Ordering::Relaxed) {
                return Err(RegistryError::Stopped);
            }
            let stored = self.layer(&blobs[position], folder, watch, &work);
            stored.inspect_err(|_| work.stop.store(true, Ordering::Relaxed))
        });
        let mut errors = results.into_iter().filter_map(Result::err);
        match errors.find(|error| !matches!(error, RegistryError::Stopped)) {
            Some(error) => Err(error),
            None => Ok(work.received.into_inner()),
        }
    }

    fn layer(&self, blob: &Descriptor, folder: &Path, watch: &dyn Watch, work: &Work) -> Result<(), RegistryError> {
        watch.begins(&blob.digest, blob.size);
        let mut again = true;
        loop {
            let mut download = Download::begin(self.clone(), blob.clone())?;
            match self.store(&mut download, blob, folder, watch, work) {
                // Two answers that do not belong together: all of it once more, at one go.
                Err(RegistryError::Corrupt { .. }) if download.was_resumed() && again => again = false,
                other => {
                    other?;
                    watch.ended(&blob.digest, Ended::Received);
                    return Ok(());
                }
            }
        }
    }

    /// Writes a blob where it belongs; the file has its name only when it is whole.
    fn store(
        &self,
        download: &mut Download,
        blob: &Descriptor,
        folder: &Path,
        watch: &dyn Watch,
        work: &Work,
    ) -> Result<(), RegistryError> {
        let path = layout::blob_path(folder, &blob.digest);
        let failed = |source| unwritten(&path, source);
        let mut file = NamedTempFile::new_in(path.parent().unwrap_or(folder)).map_err(failed)?;
        let mut reader = VerifyingReader::new(download, blob.digest.clone(), Length::Exactly(blob.size));
        let mut buffer = vec![0; BUFFER_BYTES];
        let mut at = 0;
        loop {
            let count = reader.read(&mut buffer).map_err(|error| self.unread(error))?;
            if count == 0 {
                break;
            }
            file.write_all(&buffer[..count]).map_err(failed)?;
            at += count as u64;
            work.received.fetch_add(count as u64, Ordering::Relaxed);
            watch.moved(&blob.digest, at);
            if work.stop.load(Ordering::Relaxed) {
                return Err(RegistryError::Stopped);
            }
        }
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644)).map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Why a blob could not be read.
    fn unread(&self, error: io::Error) -> RegistryError {
        let host = self.session.host().to_owned();
        match error.get_ref().and_then(|inner| inner.downcast_ref::<CorruptError>()).cloned() {
            Some(source) => RegistryError::Corrupt { host, source },
            None => match error.downcast::<RegistryError>() {
                Ok(error) => error,
                Err(source) => RegistryError::Broken { host, source },
            },
        }
    }
}

/// What several threads share while they fetch.
#[derive(Default)]
struct Work {
    stop: AtomicBool,
    received: AtomicU64,
}

/// As the config says; a variant is often told by the index alone.
fn platform_of(config: &Config, told: Option<Platform>) -> Option<Platform> {
    let mut platform: Platform = config.platform().parse().ok()?;
    platform.variant = platform.variant.or(told.and_then(|told| told.variant));
    Some(platform)
}

/// Each blob once.
fn distinct(blobs: &[Descriptor]) -> Result<Vec<Descriptor>, RegistryError> {
    let mut sizes = BTreeMap::new();
    let mut distinct = Vec::new();
    for blob in blobs {
        match sizes.insert(&blob.digest, blob.size) {
            None => distinct.push(blob.clone()),
            Some(size) if size == blob.size => {}
            Some(_) => return Err(OpenError::Manifest(ManifestError::Sizes).into()),
        }
    }
    Ok(distinct)
}

fn unwritten(path: &Path, source: io::Error) -> RegistryError {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => RegistryError::DiskFull { path: path.to_owned() },
        _ => RegistryError::Write { path: path.to_owned(), source },
    }
}
