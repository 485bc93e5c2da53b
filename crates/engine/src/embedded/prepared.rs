//! An unpacked image, and the storage of its volumes.

use std::fs::DirBuilder;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use seaworthy_image::Image;

use crate::{Container, EngineError, Folder, Prepared, Run, Volumes, paths};

use super::container::Supervised;
use super::folder::{self, Owned};
use super::layers::{self, LayerError};
use super::protocol::{Plan, PlanVolume};
use super::{Mapping, NAME, cgroup, chain, instead};

/// An image whose layers are in the cache.
pub(crate) struct Unpacked {
    helper: PathBuf,
    cache: PathBuf,
    mapping: Mapping,
    layers: Vec<PathBuf>,
    config: String,
    volumes: Vec<String>,
}

impl Unpacked {
    pub(crate) fn new(helper: &Path, cache: Option<&Path>, image: &Image) -> Result<Self, EngineError> {
        let cache = match cache {
            Some(path) => folder::make(path).map(|()| path.to_owned()),
            None => folder::cache(),
        };
        let cache = cache.map_err(failed("make a cache folder"))?;
        let mapping = Mapping::of_this_process();
        tidy(&cache, mapping);
        let layers = layers::unpacked(image, &cache, mapping).map_err(|error| match error {
            error @ LayerError::Folder { .. } => failed("unpack the image")(io::Error::other(error.to_string())),
            error => EngineError::Prepare { reason: chain(&error) },
        })?;
        let config = String::from_utf8_lossy(image.config.bytes()).into_owned();
        let volumes = paths::declared(&image.config.volumes());
        Ok(Self { helper: helper.to_owned(), cache, mapping, layers, config, volumes })
    }

    fn make_volumes(&self) -> Result<Folders, EngineError> {
        let owned = Owned::new(&self.cache.join("volumes")).map_err(failed("make volumes"))?;
        let mut volumes = Vec::new();
        for (number, path) in self.volumes.iter().enumerate() {
            let folder = owned.path().join(number.to_string());
            DirBuilder::new().mode(0o700).create(&folder).map_err(failed("make volumes"))?;
            volumes.push(PlanVolume { path: path.clone(), folder });
        }
        let id = owned.path().to_string_lossy().into_owned();
        Ok(Folders { id, volumes, owned })
    }
}

impl Prepared for Unpacked {
    fn gateway(&self) -> IpAddr {
        IpAddr::V4(Ipv4Addr::LOCALHOST)
    }

    fn owners_are_kept(&self) -> bool {
        self.mapping.keeps_owners()
    }

    fn not_isolated(&self) -> Option<&str> {
        None
    }

    fn volumes(&self) -> Result<Box<dyn Volumes>, EngineError> {
        Ok(Box::new(self.make_volumes()?))
    }

    fn start(&self, run: &Run, volumes: Option<&dyn Volumes>) -> Result<Box<dyn Container>, EngineError> {
        let fresh = match volumes {
            Some(_) => None,
            None => Some(self.make_volumes()?),
        };
        let volumes = match (&fresh, volumes) {
            (Some(fresh), _) => fresh.volumes.clone(),
            (None, Some(given)) => self.at(given.id()),
            (None, None) => Vec::new(),
        };
        let volumes = with_folders(volumes, &run.folders);
        let folder = Owned::new(&self.cache.join("containers")).map_err(failed("make a folder for the container"))?;
        let plan = Plan {
            id: folder.name().to_owned(),
            mapping: self.mapping,
            layers: self.layers.clone(),
            folder: folder.path().to_owned(),
            config: instead::of(&self.config, &run.instead),
            volumes,
            env: run.env.clone(),
            arguments: run.arguments.clone(),
            without_env: run.without_env.clone(),
            read_only: run.read_only,
            writable: paths::scratch(run, &self.volumes),
            no_capabilities: run.no_capabilities,
            memory_limit_bytes: run.memory_limit_bytes,
            disk_bytes: run.disk_bytes,
            processes: run.processes,
            files: run.files.clone(),
            services: run.services.iter().map(|service| (service.name.clone(), service.address)).collect(),
        };
        let fresh = fresh.map(|folders| folders.owned);
        Ok(Box::new(Supervised::start(&self.helper, &plan, folder, fresh)?))
    }
}

impl Unpacked {
    /// The volumes in a folder that [`Unpacked::make_volumes`] made.
    fn at(&self, id: &str) -> Vec<PlanVolume> {
        let folder = Path::new(id);
        let numbered = self.volumes.iter().enumerate();
        numbered
            .map(|(number, path)| PlanVolume { path: path.clone(), folder: folder.join(number.to_string()) })
            .collect()
    }
}

/// A folder takes the place of a volume at its path.
fn with_folders(mut volumes: Vec<PlanVolume>, folders: &[Folder]) -> Vec<PlanVolume> {
    volumes.retain(|volume| folders.iter().all(|folder| folder.path != volume.path));
    let of = |folder: &Folder| PlanVolume { path: folder.path.clone(), folder: folder.holder.clone() };
    volumes.extend(folders.iter().map(of));
    volumes.sort_by(|one, two| one.path.cmp(&two.path));
    volumes
}

struct Folders {
    id: String,
    volumes: Vec<PlanVolume>,
    owned: Owned,
}

impl Volumes for Folders {
    fn id(&self) -> &str {
        &self.id
    }
}

/// Removes what crashed runs left, once for each cache in the life of a process.
fn tidy(cache: &Path, mapping: Mapping) {
    static TIDIED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
    let mut tidied = TIDIED.lock().unwrap_or_else(PoisonError::into_inner);
    if tidied.iter().any(|known| known == cache) {
        return;
    }
    for id in folder::remove_leftovers(&cache.join("containers")) {
        cgroup::remove(&id);
    }
    folder::remove_leftovers(&cache.join("volumes"));
    layers::tidy(cache, mapping);
    tidied.push(cache.to_owned());
}

pub(crate) fn failed(action: &'static str) -> impl FnOnce(io::Error) -> EngineError {
    move |error| EngineError::Failed { engine: NAME, action, reason: error.to_string() }
}
