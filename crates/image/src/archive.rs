//! Images in one tar archive: what `docker save` writes, and OCI layouts packed up.
//!
//! Nothing is unpacked: layers are read from where they lie in the file.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use crate::entries::{Entries, Entry, EntryKind, Skip, clean};
use crate::layer::{Blob, StoredLayer, open_regular};
use crate::layout::{self, LAYOUT_FILE, WriteError};
use crate::open::{Blobs, OpenError, Select, small};
use crate::tar_writer::TarWriter;
use crate::{Config, Digest, Format, Image, Layer, ManifestError, Platform, Reference, json, limits};

const DOCKER: &str = "an archive of `docker save`";
const OCI: &str = "an archive of an OCI image layout";

/// Where the files of an archive lie in it.
struct Archive {
    path: PathBuf,
    file: Arc<File>,
    files: HashMap<PathBuf, Place>,
}

enum Place {
    Bytes { offset: u64, size_bytes: u64 },
    Link(PathBuf),
}

/// Passes over content without reading it.
struct BySeeking {
    file: BufReader<File>,
    length: u64,
}

impl io::Read for BySeeking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl Skip for BySeeking {
    fn skip(&mut self, count: u64) -> io::Result<u64> {
        let count = count.min(self.length.saturating_sub(self.file.stream_position()?));
        self.file.seek_relative(count.cast_signed())?;
        Ok(count)
    }
}

impl Archive {
    fn open(path: &Path, what: &'static str) -> Result<Self, OpenError> {
        let read = |source| OpenError::Read { path: path.to_owned(), source };
        let file = open_regular(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => OpenError::Missing(path.to_owned()),
            _ => read(error),
        })?;
        let length = file.metadata().map_err(read)?.len();
        let mut start = BufReader::new(file.try_clone().map_err(read)?);
        let mut head = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(&mut start, 4), &mut head).map_err(read)?;
        if let Some(why) = packed(&head) {
            return Err(OpenError::NotOne { path: path.to_owned(), what, why: why.to_owned() });
        }
        start.seek(SeekFrom::Start(0)).map_err(read)?;
        let mut archive = Self { path: path.to_owned(), file: Arc::new(file), files: HashMap::new() };
        let mut entries = Entries::new(BySeeking { file: start, length });
        loop {
            let entry = entries.next();
            match entry.map_err(|source| OpenError::Archive { path: path.to_owned(), source })? {
                Some(entry) => archive.add(&entry, entries.position()),
                None => return Ok(archive),
            }
        }
    }

    fn add(&mut self, entry: &Entry, offset: u64) {
        let place = match &entry.kind {
            EntryKind::File => Place::Bytes { offset, size_bytes: entry.size_bytes },
            EntryKind::Hardlink(target) => Place::Link(target.clone()),
            // Older versions of Docker save a layer once and link to it.
            EntryKind::Symlink(target) => match resolve(entry.path.parent().unwrap_or(Path::new("")), target) {
                Some(target) => Place::Link(target),
                None => return,
            },
            _ => return,
        };
        self.files.insert(entry.path.clone(), place);
    }

    fn find(&self, path: &Path) -> Option<Blob> {
        let mut path = path;
        for _ in 0..limits::LINKS {
            match self.files.get(path)? {
                Place::Link(target) => path = target,
                Place::Bytes { offset, size_bytes } => {
                    return Some(Blob::Part { file: Arc::clone(&self.file), offset: *offset, size_bytes: *size_bytes });
                }
            }
        }
        None
    }

    fn json(&self, name: &str, what: &'static str) -> Result<Option<Vec<u8>>, OpenError> {
        let Some(blob) = self.find(Path::new(name)) else { return Ok(None) };
        let reader = blob.open().map_err(|source| OpenError::Read { path: self.path.clone(), source })?;
        small(reader, what, &self.path).map(Some)
    }

    fn not_one(&self, what: &'static str, why: String) -> OpenError {
        OpenError::NotOne { path: self.path.clone(), what, why }
    }
}

/// Programs that pack archives, by their first bytes.
fn packed(head: &[u8]) -> Option<&'static str> {
    match head {
        [0x1f, 0x8b, ..] => Some("it is compressed by gzip; unpack it with `gunzip` first"),
        [0x28, 0xb5, 0x2f, 0xfd] => Some("it is compressed by zstd; unpack it with `unzstd` first"),
        [0xfd, b'7', b'z', b'X'] => Some("it is compressed by xz; unpack it with `unxz` first"),
        [b'B', b'Z', b'h', ..] => Some("it is compressed by bzip2; unpack it with `bunzip2` first"),
        _ => None,
    }
}

/// A link's target inside the archive, or `None` where it leads out of it.
fn resolve(folder: &Path, target: &Path) -> Option<PathBuf> {
    let mut path = folder.to_owned();
    for component in target.components() {
        match component {
            std::path::Component::Normal(name) => path.push(name),
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                if !path.pop() {
                    return None;
                }
            }
            std::path::Component::RootDir | std::path::Component::Prefix(_) => return None,
        }
    }
    Some(path)
}

/// Opens the image of a packed OCI image layout.
///
/// # Errors
///
/// Fails if the file is none, or if there is none or more than one image in it that `select` means.
pub fn open_oci(path: &Path, select: &Select) -> Result<Image, OpenError> {
    let archive = Archive::open(path, OCI)?;
    let Some(index) = archive.json("index.json", "`index.json`")? else {
        let why = match archive.find(Path::new("manifest.json")) {
            Some(_) => "it has no `index.json`; its `manifest.json` says that it is a `docker-archive:`",
            None => "it has no `index.json`",
        };
        return Err(archive.not_one(OCI, why.to_owned()));
    };
    let find = |digest: &Digest| Ok(archive.find(&Path::new("blobs/sha256").join(digest.hex())));
    Blobs { path: path.to_owned(), find: &find }.choose(&index, select)
}

/// An image in an archive of `docker save`: it has a config and layers, and no manifest.
pub struct Saved {
    pub config: Config,
    /// The bottom layer first.
    pub layers: Vec<Arc<dyn Layer>>,
    /// `task-api:1.0.0`
    pub tags: Vec<String>,
}

/// One image in `manifest.json`.
#[derive(Deserialize, Serialize)]
#[serde(rename_all(serialize = "PascalCase"))]
struct Listed {
    config: String,
    /// May be `null`.
    #[serde(rename(deserialize = "RepoTags"))]
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

/// Opens the image of an archive of `docker save` that `select` means.
///
/// # Errors
///
/// Fails if the file is none, or if there is none or more than one such image in it.
pub fn open_docker(path: &Path, select: &Select) -> Result<Saved, OpenError> {
    let archive = Archive::open(path, DOCKER)?;
    let Some(list) = archive.json("manifest.json", "`manifest.json`")? else {
        let why = match archive.find(Path::new("index.json")) {
            Some(_) => "it has no `manifest.json`; its `index.json` says that it is an `oci-archive:`",
            None => "it has no `manifest.json`",
        };
        return Err(archive.not_one(DOCKER, why.to_owned()));
    };
    let list: Vec<Listed> =
        json::read_as(&list).map_err(|source| OpenError::Json { what: "`manifest.json`", source })?;
    if list.len() > limits::MANIFESTS {
        return Err(OpenError::TooMany(path.to_owned()));
    }
    let saved = list.into_iter().map(|listed| archive.saved(listed)).collect::<Result<Vec<_>, _>>()?;
    choose(path, saved, select)
}

fn choose(path: &Path, mut saved: Vec<Saved>, select: &Select) -> Result<Saved, OpenError> {
    let path = path.to_owned();
    if saved.is_empty() {
        return Err(OpenError::Empty(path));
    }
    let label = |one: &Saved| match one.tags.first() {
        Some(tag) => format!("{tag} ({})", one.config.platform()),
        None => format!("{} ({})", &one.config.digest().as_str()[..19], one.config.platform()),
    };
    let all: Vec<String> = saved.iter().map(label).collect();
    if let Some(name) = &select.name {
        let whole = |text: &str| text.parse::<Reference>().ok();
        let meant = whole(name);
        saved.retain(|one| one.tags.iter().any(|tag| tag == name || (meant.is_some() && whole(tag) == meant)));
    }
    if let Some(platform) = &select.platform {
        saved.retain(|one| one.config.platform().parse::<Platform>().is_ok_and(|found| platform.takes(&found)));
    }
    let wanted = match (&select.name, &select.platform) {
        (None, None) => "in it".to_owned(),
        (None, Some(platform)) => format!("for `{platform}`"),
        (Some(name), None) => format!("named `{name}`"),
        (Some(name), Some(platform)) => format!("named `{name}` for `{platform}`"),
    };
    match saved.len() {
        0 => Err(OpenError::NoSuch { path, wanted, found: all }),
        1 => Ok(saved.remove(0)),
        _ => Err(OpenError::Several { path, wanted, found: saved.iter().map(label).collect() }),
    }
}

impl Archive {
    fn saved(&self, listed: Listed) -> Result<Saved, OpenError> {
        let missing = |name: &str| self.not_one(DOCKER, format!("`{name}` is missing in it"));
        let path = |name: &str| {
            clean(name.as_bytes()).map_err(|source| OpenError::Archive { path: self.path.clone(), source })
        };
        let config = self.json(&path(&listed.config)?.to_string_lossy(), "the image config")?;
        let config = Config::from_bytes(config.ok_or_else(|| missing(&listed.config))?)?;
        let told = config.diff_ids();
        if told.len() != listed.layers.len() {
            let count = ManifestError::Count { layers: listed.layers.len(), diff_ids: told.len() };
            return Err(count.into());
        }
        if told.len() > limits::LAYERS {
            return Err(ManifestError::TooMany(told.len()).into());
        }
        let mut layers: Vec<Arc<dyn Layer>> = Vec::new();
        for (name, diff_id) in listed.layers.iter().zip(told) {
            let diff_id: Digest =
                diff_id.parse().map_err(|_| ManifestError::DiffId(diff_id.chars().take(100).collect()))?;
            let blob = self.find(&path(name)?).ok_or_else(|| missing(name))?;
            let digest =
                stored_digest(&blob, &diff_id).map_err(|source| OpenError::Read { path: self.path.clone(), source })?;
            layers.push(Arc::new(StoredLayer::new(blob, digest, diff_id)));
        }
        Ok(Saved { config, layers, tags: listed.repo_tags.unwrap_or_default() })
    }
}

/// Of the bytes as they lie in the archive: the diff id, unless they are compressed.
fn stored_digest(blob: &Blob, diff_id: &Digest) -> io::Result<Digest> {
    let mut reader = blob.open()?;
    let mut head = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(&mut reader, 4), &mut head)?;
    if crate::layer::Compression::of(&head) == crate::layer::Compression::None {
        return Ok(diff_id.clone());
    }
    let mut hash = Sha256::new();
    hash.update(&head);
    io::copy(&mut reader, &mut hash)?;
    Ok(Digest::from_hash(hash.finalize().as_slice()))
}

impl Saved {
    /// Copies the image into a layout, where it gets a manifest; layers that are not compressed are, by our compressor.
    ///
    /// # Errors
    ///
    /// Fails if the layout cannot be written, or the archive is damaged.
    pub fn write_layout(&self, path: &Path, format: Format) -> Result<Image, WriteError> {
        layout::write_parts(&self.config, &self.layers, path, format)
    }
}

/// Writes an archive that `docker load` and `podman load` take. The image gets the names in `tags`: `task-api:1.0.0`.
///
/// # Errors
///
/// Fails if the file cannot be written, or a layer does not hash to what it should.
pub fn write_docker(image: &Image, path: &Path, tags: &[String]) -> Result<(), WriteError> {
    let listed = Listed {
        config: format!("{}.json", image.config.digest().hex()),
        repo_tags: Some(tags.to_vec()),
        layers: image.layers.iter().map(|layer| format!("{}.tar.gz", layer.digest().hex())).collect(),
    };
    write(path, |tar| {
        let failed = |source| WriteError::Write { path: path.to_owned(), source };
        let manifest = serde_json::to_vec(&[&listed]).map_err(|error| failed(error.into()))?;
        tar.file("manifest.json", &manifest).map_err(failed)?;
        tar.file(&listed.config, image.config.bytes()).map_err(failed)?;
        write_layers(tar, image, &listed.layers)
    })
}

/// Writes an OCI image layout as one archive, with the name `name` for the image in it.
///
/// # Errors
///
/// As [`write_docker`].
pub fn write_oci(image: &Image, path: &Path, name: Option<&str>) -> Result<(), WriteError> {
    let blob = |digest: &Digest| format!("blobs/sha256/{}", digest.hex());
    write(path, |tar| {
        let failed = |source| WriteError::Write { path: path.to_owned(), source };
        tar.file("oci-layout", LAYOUT_FILE).map_err(failed)?;
        tar.file("index.json", &layout::index(image, name)).map_err(failed)?;
        tar.file(&blob(image.digest()), image.manifest.bytes()).map_err(failed)?;
        tar.file(&blob(image.config.digest()), image.config.bytes()).map_err(failed)?;
        let layers: Vec<String> = image.layers.iter().map(|layer| blob(layer.digest())).collect();
        write_layers(tar, image, &layers)
    })
}

fn write_layers(tar: &mut TarWriter<&mut NamedTempFile>, image: &Image, names: &[String]) -> Result<(), WriteError> {
    let mut written = std::collections::HashSet::new();
    for (position, (layer, name)) in image.layers.iter().zip(names).enumerate() {
        if written.insert(name) {
            let mut copy = || tar.stream(name, layer.size_bytes(), &mut *layer.compressed()?);
            copy().map_err(|source| WriteError::Layer { position: position + 1, source })?;
        }
    }
    Ok(())
}

/// Writes beside the file and renames, so that nobody finds half an archive.
fn write(
    path: &Path,
    fill: impl FnOnce(&mut TarWriter<&mut NamedTempFile>) -> Result<(), WriteError>,
) -> Result<(), WriteError> {
    let failed = |source| WriteError::Write { path: path.to_owned(), source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut output = NamedTempFile::new_in(folder).map_err(failed)?;
    let mut tar = TarWriter::new(&mut output);
    fill(&mut tar)?;
    tar.finish().map_err(failed)?;
    output.flush().map_err(failed)?;
    layout::keep(output, path).map_err(failed)
}
