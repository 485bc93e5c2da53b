//! Layers unpacked once, in a content-addressed cache that every run shares.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use seaworthy_image::{Image, Layer};

use super::Mapping;
use super::folder::{self, Owned};
use super::unpack::{self, UnpackError};

/// A layer that nothing asked for in this long is removed.
const UNUSED: Duration = Duration::from_hours(30 * 24);

/// Why a layer is not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LayerError {
    #[error("layer `{diff_id}`: {source}")]
    Unpack { diff_id: String, source: UnpackError },
    #[error("cannot keep unpacked layers in `{folder}`: {source}")]
    Folder { folder: PathBuf, source: io::Error },
}

/// Where the image's layers are unpacked, the bottom one first.
///
/// # Errors
///
/// Fails if a layer cannot be unpacked or is not what its diff id says.
pub(crate) fn unpacked(image: &Image, cache: &Path, mapping: Mapping) -> Result<Vec<PathBuf>, LayerError> {
    let folder = cache.join("layers").join(mapping.folder());
    folder::make(&folder).map_err(|source| LayerError::Folder { folder: folder.clone(), source })?;
    let mut paths: Vec<PathBuf> = Vec::new();
    for layer in &image.layers {
        let path = one(layer.as_ref(), &folder, mapping)?;
        // Overlay refuses the same folder twice; the upper of two equal layers changes nothing.
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    Ok(paths)
}

fn one(layer: &dyn Layer, folder: &Path, mapping: Mapping) -> Result<PathBuf, LayerError> {
    let diff_id = layer.diff_id();
    let path = folder.join(diff_id.hex());
    if path.is_dir() {
        touch(&path);
        return Ok(path);
    }
    let here = |source| LayerError::Folder { folder: folder.to_owned(), source };
    let temporary = Owned::new(&folder.join("unpacking")).map_err(here)?;
    let root = temporary.path().join("layer");
    DirBuilder::new().mode(0o755).create(&root).map_err(here)?;

    unpack::unpack(layer, &root, mapping)
        .map_err(|source| LayerError::Unpack { diff_id: diff_id.to_string(), source })?;

    match fs::rename(&root, &path) {
        // Another process was quicker: its content is the same.
        Err(_) if path.is_dir() => {}
        result => result.map_err(here)?,
    }
    touch(&path);
    Ok(path)
}

/// Removes what crashed runs left and what was not used for long.
pub(crate) fn tidy(cache: &Path, mapping: Mapping) {
    let folder = cache.join("layers").join(mapping.folder());
    folder::remove_leftovers(&folder.join("unpacking"));
    let Ok(entries) = fs::read_dir(folder.join("used")) else { return };
    for entry in entries.flatten() {
        if folder::age(&entry.path()).is_some_and(|age| age > UNUSED) {
            let _ = fs::remove_file(entry.path());
            let _ = folder::remove(&folder.join(entry.file_name()));
        }
    }
}

/// Notes the use beside the layer: the layer's own times are the image's.
fn touch(path: &Path) {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return };
    let used = folder.join("used");
    // A note that cannot be made costs an unpacking later, nothing else.
    if folder::make(&used).is_ok() {
        let _ = File::create(used.join(name)).and_then(|note| note.set_modified(SystemTime::now()));
    }
}
