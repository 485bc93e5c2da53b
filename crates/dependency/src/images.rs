//! Images of servers: what the engine has, a local layout or archive, or what a registry gives, kept in the cache.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use seaworthy_engine::{Engine, Prepared, folder};
use seaworthy_image::archive;
use seaworthy_image::{Deferred, Digest, Format, Image, Reference, Select, layout};
use seaworthy_registry::{Client, RegistryError, Settings};

use crate::{ImageError, Mirrors};

/// An image that no run asked for in so long is removed.
const UNUSED: std::time::Duration = std::time::Duration::from_hours(30 * 24);

/// Said of an image for which no registry could be asked.
const LAST: &str = " as pulled before, for no registry gives it now";

/// Where images come from.
#[derive(Clone)]
pub struct Images {
    client: Client,
    mirrors: Mirrors,
}

/// An image that the engine can start.
pub struct Fetched {
    pub prepared: Box<dyn Prepared>,
    /// Where it came from, for evidence: `redis:7-alpine@sha256:…`.
    pub from: String,
}

impl Default for Images {
    /// As the machine is set up: its logins, its mirrors.
    fn default() -> Self {
        Self::new(Client::new(Settings::from_environment()), Mirrors::default().and_files())
    }
}

impl std::fmt::Debug for Images {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Images").field("mirrors", &self.mirrors).finish_non_exhaustive()
    }
}

impl Images {
    pub fn new(client: Client, mirrors: Mirrors) -> Self {
        Self { client, mirrors }
    }

    /// Makes an image ready to start: a layout or archive below `base`; else one that the engine has under that name; else what the registry,
    /// or a mirror of it, has, by digest.
    ///
    /// # Errors
    ///
    /// Fails if it is nowhere to be had.
    pub fn prepare(&self, name: &str, base: Option<&Path>, engine: &dyn Engine) -> Result<Fetched, ImageError> {
        if let Some((kind, path)) = local(name) {
            let base = base.ok_or_else(|| ImageError::Foreign(name.to_owned()))?;
            return of_file(name, kind, &base.join(path), engine);
        }
        let reference: Reference = name.parse().map_err(|source| ImageError::Name { name: name.to_owned(), source })?;
        if let Some(prepared) = engine.kept(name)? {
            return Ok(Fetched { prepared, from: format!("`{name}`, which the engine has") });
        }
        let (image, digest, note) = self.pulled(&reference)?;
        let prepared = engine.prepare_and_keep(&image, &kept_as(&reference))?;
        Ok(Fetched { prepared, from: format!("`{}`, {}{note}", reference.familiar(), short(&digest)) })
    }

    /// The image out of the cache, by the digest that the registry says now; where none can be asked, by the one that was last said.
    fn pulled(&self, reference: &Reference) -> Result<(Image, Digest, &'static str), ImageError> {
        let cache = Cache::open()?;
        let mut failures = Vec::new();
        for place in self.mirrors.places(reference)? {
            match self.pulled_from(&place, &cache) {
                Ok((image, digest)) => {
                    cache.note(reference, &digest);
                    return Ok((image, digest, ""));
                }
                Err(Failure::Registry(error)) => failures.push((place.familiar(), error)),
                Err(Failure::Cache(error)) => return Err(error),
            }
        }
        let known = cache.noted(reference).and_then(|digest| Some((cache.image(&digest)?, digest)));
        let known = known.map(|(image, digest)| (image, digest, LAST));
        known.ok_or(ImageError::Pull(failures))
    }

    fn pulled_from(&self, place: &Reference, cache: &Cache) -> Result<(Image, Digest), Failure> {
        let repository = self.client.repository(place)?;
        let identifier = place.identifier();
        let digest = match identifier.parse::<Digest>() {
            Ok(digest) => digest,
            Err(_) => repository.resolve(identifier)?.map(|found| found.digest).ok_or_else(|| {
                let (repository, identifier) = (repository.to_string(), identifier.to_owned());
                RegistryError::NoSuchManifest { repository, identifier }
            })?,
        };
        if let Some(image) = cache.image(&digest) {
            return Ok((image, digest));
        }
        let here = |source| Failure::Cache(cache.unkept(source));
        let unfinished = folder::Owned::new(&cache.folder.join("pulling")).map_err(here)?;
        let path = unfinished.path().join("image");
        fs::create_dir(&path).map_err(here)?;
        repository.pull(digest.as_str(), None, &path, &())?;
        match fs::rename(&path, cache.path(&digest)) {
            // Another run was quicker.
            Err(_) if cache.path(&digest).is_dir() => {}
            result => result.map_err(here)?,
        }
        let image = cache.image(&digest);
        image.map(|image| (image, digest)).ok_or_else(|| here(io::Error::other("what was just written cannot be read")))
    }
}

enum Failure {
    Registry(RegistryError),
    Cache(ImageError),
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        Self::Registry(error)
    }
}

/// The folder of pulled images, a layout for each digest that a registry said.
struct Cache {
    folder: PathBuf,
}

impl Cache {
    fn open() -> Result<Self, ImageError> {
        let failed = |source| ImageError::Folder { folder: "~/.cache/seaworthy".into(), source };
        let folder = folder::cache().map_err(failed)?.join("images");
        let cache = Self { folder };
        folder::make(&cache.folder.join("names")).map_err(|source| cache.unkept(source))?;
        cache.tidy();
        Ok(cache)
    }

    fn unkept(&self, source: io::Error) -> ImageError {
        ImageError::Folder { folder: self.folder.clone(), source }
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(digest.hex())
    }

    fn image(&self, digest: &Digest) -> Option<Image> {
        let path = self.path(digest);
        let image = layout::open_selected(&path, &Select { name: None, platform: None }).ok()?;
        // Its age tells when it was last asked for.
        let _ = fs::File::open(&path).and_then(|folder| folder.set_modified(std::time::SystemTime::now()));
        Some(image)
    }

    /// What a name led to the last time.
    fn noted(&self, reference: &Reference) -> Option<Digest> {
        fs::read_to_string(self.name(reference)).ok()?.trim().parse().ok()
    }

    fn note(&self, reference: &Reference, digest: &Digest) {
        // A note that cannot be made is missed only where no registry is in reach.
        let _ = fs::write(self.name(reference), digest.as_str());
    }

    fn name(&self, reference: &Reference) -> PathBuf {
        self.folder.join("names").join(Digest::of(reference.to_string().as_bytes()).hex())
    }

    /// Removes what crashed runs left and what was not asked for in long.
    fn tidy(&self) {
        folder::remove_leftovers(&self.folder.join("pulling"));
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let is_image = |path: &Path| path.join("index.json").is_file();
        for path in entries.flatten().map(|entry| entry.path()).filter(|path| is_image(path)) {
            if folder::age(&path).is_some_and(|age| age > UNUSED) {
                let _ = folder::remove(&path);
            }
        }
    }
}

/// `oci:PATH` and its kin.
fn local(name: &str) -> Option<(&str, &str)> {
    name.split_once(':').filter(|(kind, _)| ["oci", "oci-archive", "docker-archive"].contains(kind))
}

fn of_file(name: &str, kind: &str, path: &Path, engine: &dyn Engine) -> Result<Fetched, ImageError> {
    let open = |source| ImageError::Open { name: name.to_owned(), source };
    let here = |source| ImageError::Folder { folder: std::env::temp_dir(), source };
    let select = Select { name: None, platform: None };
    let from = format!("`{name}`");
    // Needed until the engine has the image.
    let copy = tempfile::tempdir().map_err(here)?;
    let image = match kind {
        "oci" => layout::open_selected(path, &select).map_err(open)?,
        "oci-archive" => archive::open_oci(path, &select).map_err(open)?,
        _ => {
            let saved = archive::open_docker(path, &select).map_err(open)?;
            let deferred = Deferred::new(&saved, &copy.path().join("image"), Format::Docker);
            deferred.map_err(|error| here(io::Error::other(error)))?.plain().clone()
        }
    };
    Ok(Fetched { prepared: engine.prepare(&image)?, from })
}

/// Under which name an engine keeps the image of a reference: the next one that it leads to takes its place.
fn kept_as(reference: &Reference) -> String {
    format!("image-{}", &Digest::of(reference.to_string().as_bytes()).hex()[..16])
}

/// `sha256:0123456789ab`
fn short(digest: &Digest) -> String {
    format!("sha256:{}", &digest.hex()[..12])
}
