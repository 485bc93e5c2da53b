//! OCI image layouts: folders with `oci-layout`, `index.json` and `blobs/`.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;
use tempfile::NamedTempFile;

use crate::compress::{self, Compressor, Stored};
use crate::layer::{Blob, Compression, StoredLayer, open_regular};
use crate::manifest::OCI_INDEX;
use crate::open::{Blobs, OpenError, Select, small};
use crate::verifying::{Length, VerifyingReader};
use crate::{Descriptor, Digest, Format, Image, Layer, Platform};

pub(crate) const LAYOUT_FILE: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

/// Opens the image of a layout: the only one, or the only one for this machine.
///
/// # Errors
///
/// Fails if there is no layout, or none or several such images in it; says which there are.
pub fn open(path: &Path) -> Result<Image, OpenError> {
    open_selected(path, &Select::default())
}

/// Opens the image of a layout that `select` means.
///
/// # Errors
///
/// As [`open`].
pub fn open_selected(path: &Path, select: &Select) -> Result<Image, OpenError> {
    let mut index = read_index(path)?;
    for _ in 0..WRITES_WHILE_OPENING {
        let opened = Blobs { path: path.to_owned(), find: &|digest| find(path, digest) }.choose(&index, select);
        let Err(OpenError::BlobMissing { .. }) = opened else { return opened };
        // Somebody may have written another image meanwhile, and more than once.
        let before = std::mem::replace(&mut index, read_index(path)?);
        if before == index {
            return opened;
        }
    }
    Blobs { path: path.to_owned(), find: &|digest| find(path, digest) }.choose(&index, select)
}

/// How often the layout may change under a reader before it gives up.
const WRITES_WHILE_OPENING: usize = 20;

fn read_index(path: &Path) -> Result<Vec<u8>, OpenError> {
    let not_one =
        |why: &str| OpenError::NotOne { path: path.to_owned(), what: "an OCI image layout", why: why.to_owned() };
    if fs::metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Err(OpenError::Missing(path.to_owned()));
    }
    let file = path.join("index.json");
    match open_regular(&file) {
        Ok(open) => small(open, "`index.json`", &file),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Err(not_one("it is not a folder")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(not_one("it has no `index.json`")),
        Err(source) => Err(OpenError::Read { path: file, source }),
    }
}

/// Where a blob lies in a layout.
pub fn blob_path(layout: &Path, digest: &Digest) -> PathBuf {
    layout.join("blobs/sha256").join(digest.hex())
}

fn find(layout: &Path, digest: &Digest) -> io::Result<Option<Blob>> {
    let path = blob_path(layout, digest);
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => Ok(Some(Blob::File { path: path.into(), size_bytes: metadata.len() })),
        Ok(_) => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Why a layout cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("`{}` is there and is not an OCI image layout: it is left as it is", .0.display())]
    Occupied(PathBuf),
    #[error("cannot write `{}`", .path.display())]
    Write { path: PathBuf, source: io::Error },
    /// The image to be written is damaged or cannot be read.
    #[error("cannot read layer {position} of the image")]
    Layer { position: usize, source: io::Error },
}

/// Copies an image into a layout, and gives it as it lies there. It becomes the layout's only image.
///
/// An image that has the media types of `format` and whose layers are compressed keeps its manifest, byte for byte.
/// Otherwise the manifest is made anew and layers that are not compressed are, always in the same way.
/// A reader finds the old image or the new one, whole: the blobs of the image before this one stay until the next
/// writing. Writers of one layout wait for each other.
///
/// # Errors
///
/// Fails if the layout cannot be written, or a layer does not hash to what it should.
pub fn write(image: &Image, path: &Path, format: Format) -> Result<Image, WriteError> {
    write_layers(image, path, format, Some(&image.manifest))
}

/// Copies a config and its layers into a layout.
pub(crate) fn write_parts(
    config: &crate::Config,
    layers: &[Arc<dyn Layer>],
    path: &Path,
    format: Format,
) -> Result<Image, WriteError> {
    let failed = |source| WriteError::Layer { position: 1, source };
    let image = Image::of(config.clone(), layers.to_vec(), format).map_err(failed)?;
    write_layers(&image, path, format, None)
}

fn write_layers(
    image: &Image,
    path: &Path,
    format: Format,
    keep: Option<&crate::Manifest>,
) -> Result<Image, WriteError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| WriteError::Write { path, source }
    };
    let folder = path.join("blobs/sha256");
    if path.exists() && !path.join("oci-layout").is_file() && !is_empty(path) {
        return Err(WriteError::Occupied(path.to_owned()));
    }
    fs::create_dir_all(&folder).map_err(failed(&folder))?;
    let lock = File::open(path).and_then(|folder| folder.lock().map(|()| folder)).map_err(failed(path))?;

    let before = open(path).ok();
    let stored = store_all(&folder, &image.layers, before.as_ref())?;
    let same = stored.iter().zip(&image.layers).all(|(stored, layer)| stored.digest == *layer.digest());
    let blob =
        |stored: &Stored| Blob::File { path: blob_path(path, &stored.digest).into(), size_bytes: stored.size_bytes };
    let layers: Vec<Arc<dyn Layer>> = stored
        .iter()
        .zip(&image.layers)
        .map(|(stored, layer)| {
            let layer = StoredLayer::new(blob(stored), stored.digest.clone(), layer.diff_id().clone());
            Arc::new(layer) as Arc<dyn Layer>
        })
        .collect();
    let manifest = match keep {
        Some(manifest) if same && manifest.format() == format => manifest.clone(),
        _ => crate::Manifest::of(&image.config, &layers, format).map_err(failed(path))?,
    };
    let written = Image { manifest, config: image.config.clone(), layers };

    put(&folder, image.config.digest(), image.config.bytes()).map_err(failed(&folder))?;
    put(&folder, written.digest(), written.manifest.bytes()).map_err(failed(&folder))?;
    replace(&path.join("oci-layout"), LAYOUT_FILE).map_err(failed(path))?;
    replace(&path.join("index.json"), &index(&written, None)).map_err(failed(path))?;
    prune(&folder, &[Some(&written), before.as_ref()]).map_err(failed(&folder))?;
    drop(lock);
    Ok(written)
}

/// Stores every layer, as many at a time as the machine has cores: compressing takes most of the time of a build.
fn store_all(folder: &Path, layers: &[Arc<dyn Layer>], before: Option<&Image>) -> Result<Vec<Stored>, WriteError> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((position, layer)) = take(&next, layers) {
            let stored = store(folder, &**layer, before);
            done.push((position, stored.map_err(|source| WriteError::Layer { position: position + 1, source })));
        }
        done
    };
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get).min(layers.len());
    let mut stored: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    stored.sort_by_key(|(position, _)| *position);
    stored.into_iter().map(|(_, stored)| stored).collect()
}

fn take<'a, T>(next: &AtomicUsize, all: &'a [T]) -> Option<(usize, &'a T)> {
    let position = next.fetch_add(1, Ordering::Relaxed);
    Some((position, all.get(position)?))
}

fn store(folder: &Path, layer: &dyn Layer, before: Option<&Image>) -> io::Result<Stored> {
    if Compression::of_layer(layer)? != Compression::None {
        copy_blob(folder, layer)?;
        return Ok(Stored { digest: layer.digest().clone(), size_bytes: layer.size_bytes() });
    }
    match before.and_then(|before| compressed_before(layer, before)) {
        Some(stored) => Ok(stored),
        None => compress_blob(folder, layer),
    }
}

/// The layer as it was compressed for the image that lies in the layout already, unharmed and by this compressor.
fn compressed_before(layer: &dyn Layer, before: &Image) -> Option<Stored> {
    let known = before.layers.iter().find(|known| known.diff_id() == layer.diff_id())?;
    let mut head = [0; compress::HEAD.len()];
    known.compressed().ok()?.read_exact(&mut head).ok()?;
    if head != compress::HEAD {
        return None;
    }
    io::copy(&mut known.uncompressed().ok()?, &mut io::sink()).ok()?;
    Some(Stored { digest: known.digest().clone(), size_bytes: known.size_bytes() })
}

/// Makes a layout of a folder in which the layers of an image lie already, each at its [`blob_path`].
///
/// # Errors
///
/// Fails if the folder cannot be written.
pub fn complete(image: &Image, path: &Path) -> Result<(), WriteError> {
    let folder = path.join("blobs/sha256");
    let write = || {
        fs::create_dir_all(&folder)?;
        put(&folder, image.config.digest(), image.config.bytes())?;
        put(&folder, image.digest(), image.manifest.bytes())?;
        replace(&path.join("oci-layout"), LAYOUT_FILE)?;
        replace(&path.join("index.json"), &index(image, None))
    };
    write().map_err(|source| WriteError::Write { path: path.to_owned(), source })
}

fn is_empty(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

/// Copies a layer's stored form unless it is there already, unharmed.
fn copy_blob(folder: &Path, layer: &dyn Layer) -> io::Result<()> {
    let path = folder.join(layer.digest().hex());
    if is_whole(&path, layer.digest(), layer.size_bytes()) {
        return Ok(());
    }
    let mut file = NamedTempFile::new_in(folder)?;
    let length = Length::Exactly(layer.size_bytes());
    let mut reader = VerifyingReader::new(layer.compressed()?, layer.digest().clone(), length);
    io::copy(&mut reader, &mut file)?;
    keep(file, &path)
}

fn compress_blob(folder: &Path, layer: &dyn Layer) -> io::Result<Stored> {
    let mut compressor = Compressor::new(NamedTempFile::new_in(folder)?);
    io::copy(&mut layer.uncompressed()?, &mut compressor)?;
    let (file, compressed) = compressor.finish()?;
    keep(file, &folder.join(compressed.stored.digest.hex()))?;
    Ok(compressed.stored)
}

fn put(folder: &Path, digest: &Digest, bytes: &[u8]) -> io::Result<()> {
    let path = folder.join(digest.hex());
    if is_whole(&path, digest, bytes.len() as u64) {
        return Ok(());
    }
    replace(&path, bytes)
}

fn is_whole(path: &Path, digest: &Digest, size_bytes: u64) -> bool {
    let read = || {
        let reader = open_regular(path)?;
        let mut reader = VerifyingReader::new(reader, digest.clone(), Length::Exactly(size_bytes));
        io::copy(&mut reader, &mut io::sink())
    };
    fs::metadata(path).is_ok_and(|metadata| metadata.len() == size_bytes) && read().is_ok()
}

/// Writes a file so that a reader finds the old one or the new one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    keep(file, path)
}

/// Gives a finished temporary file its name, readable as other files are.
pub(crate) fn keep(file: NamedTempFile, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
    file.persist(path)?;
    Ok(())
}

/// Removes the blobs that none of the images needs.
fn prune(folder: &Path, images: &[Option<&Image>]) -> io::Result<()> {
    let needed: BTreeSet<&str> = images
        .iter()
        .flatten()
        .flat_map(|image| {
            let layers = image.layers.iter().map(|layer| layer.digest().hex());
            [image.digest().hex(), image.config.digest().hex()].into_iter().chain(layers)
        })
        .collect();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_none_or(|name| !needed.contains(name)) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// An `index.json` with one image.
pub(crate) fn index(image: &Image, name: Option<&str>) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Index {
        schema_version: u8,
        media_type: &'static str,
        manifests: [Pointer; 1],
    }
    #[derive(Serialize)]
    struct Pointer {
        #[serde(flatten)]
        descriptor: Descriptor,
        #[serde(skip_serializing_if = "Option::is_none")]
        platform: Option<Platform>,
        #[serde(skip_serializing_if = "Option::is_none")]
        annotations: Option<serde_json::Value>,
    }
    let pointer = Pointer {
        descriptor: image.manifest.descriptor(),
        platform: image.config.platform().parse().ok(),
        annotations: name.map(|name| serde_json::json!({"org.opencontainers.image.ref.name": name})),
    };
    let index = Index { schema_version: 2, media_type: OCI_INDEX, manifests: [pointer] };
    serde_json::to_vec(&index).unwrap_or_default()
}
