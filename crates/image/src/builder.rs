//! Layers of our own: sorted, of fixed owners and one time, the same on every machine.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::compress::Compressor;
use crate::entries::{Entry, EntryError, EntryKind, clean};
use crate::layer::{Blob, StoredLayer, open_regular};
use crate::tar_writer::TarWriter;

/// What goes into a layer, in any order; a later entry takes the place of an earlier one of the same path.
///
/// ```
/// use seaworthy_image::{Layer, LayerBuilder};
///
/// let mut layer = LayerBuilder::new(0);
/// layer.directory("app", 0o755, (0, 0))?;
/// layer.file("app/hello", 0o755, (0, 0), *b"#!/bin/sh\n")?;
/// let layer = layer.build()?;
/// assert!(layer.size_bytes() > 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LayerBuilder {
    mtime: i64,
    entries: BTreeMap<PathBuf, (Entry, Content)>,
}

enum Content {
    Bytes(Vec<u8>),
    File(PathBuf),
}

/// Why a layer cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    #[error(transparent)]
    Path(#[from] EntryError),
    #[error("cannot read `{}`", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write the layer")]
    Write(#[source] io::Error),
}

/// User and group of an entry.
type Owner = (u64, u64);

impl LayerBuilder {
    /// Every entry gets the time `mtime`, in seconds since 1970.
    pub fn new(mtime: i64) -> Self {
        Self { mtime, entries: BTreeMap::new() }
    }

    /// # Errors
    ///
    /// Fails if the path leads out of the root; so do the others.
    pub fn directory(&mut self, path: &str, mode: u32, owner: Owner) -> Result<(), LayerError> {
        self.add(path, EntryKind::Directory, mode, owner, Content::Bytes(Vec::new()))
    }

    /// # Errors
    ///
    /// As [`Self::directory`].
    pub fn file(&mut self, path: &str, mode: u32, owner: Owner, content: impl Into<Vec<u8>>) -> Result<(), LayerError> {
        self.add(path, EntryKind::File, mode, owner, Content::Bytes(content.into()))
    }

    /// A file with the content that the file `from` has when the layer is built. It is not held in memory.
    ///
    /// # Errors
    ///
    /// As [`Self::directory`].
    pub fn file_from(&mut self, path: &str, mode: u32, owner: Owner, from: &Path) -> Result<(), LayerError> {
        self.add(path, EntryKind::File, mode, owner, Content::File(from.to_owned()))
    }

    /// # Errors
    ///
    /// As [`Self::directory`].
    pub fn symlink(&mut self, path: &str, target: &str) -> Result<(), LayerError> {
        self.add(path, EntryKind::Symlink(target.into()), 0o777, (0, 0), Content::Bytes(Vec::new()))
    }

    /// Any entry, for images made on purpose; its content only where it is a file.
    ///
    /// # Errors
    ///
    /// As [`Self::directory`].
    pub fn entry(&mut self, mut entry: Entry, content: Vec<u8>) -> Result<(), LayerError> {
        entry.path = clean(std::os::unix::ffi::OsStrExt::as_bytes(entry.path.as_os_str()))?;
        self.entries.insert(entry.path.clone(), (entry, Content::Bytes(content)));
        Ok(())
    }

    /// Says that a lower layer's file or folder is gone.
    ///
    /// # Errors
    ///
    /// As [`Self::directory`].
    pub fn whiteout(&mut self, path: &str) -> Result<(), LayerError> {
        let path = clean(path.as_bytes())?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let whiteout = path.with_file_name(format!(".wh.{name}"));
        self.file(&whiteout.to_string_lossy(), 0o644, (0, 0), Vec::new())
    }

    fn add(
        &mut self,
        path: &str,
        kind: EntryKind,
        mode: u32,
        (uid, gid): Owner,
        content: Content,
    ) -> Result<(), LayerError> {
        let path = clean(path.as_bytes())?;
        let mtime = self.mtime;
        let entry = Entry { path: path.clone(), kind, mode, uid, gid, mtime, size_bytes: 0, xattrs: Vec::new() };
        self.entries.insert(path, (entry, content));
        Ok(())
    }

    /// Writes and compresses the layer, into a temporary file without a name.
    ///
    /// # Errors
    ///
    /// Fails if a file cannot be read or the temporary file not be written.
    pub fn build(self) -> Result<StoredLayer, LayerError> {
        let file = tempfile::tempfile().map_err(LayerError::Write)?;
        let mut tar = TarWriter::new(Compressor::new(BufWriter::new(file)));
        for (mut entry, content) in self.entries.into_values() {
            match content {
                Content::Bytes(bytes) => {
                    entry.size_bytes = bytes.len() as u64;
                    tar.entry(&entry, &mut &bytes[..]).map_err(LayerError::Write)?;
                }
                Content::File(path) => {
                    let read = |source| LayerError::Read { path: path.clone(), source };
                    let mut source = open_regular(&path).map_err(read)?;
                    entry.size_bytes = source.metadata().map_err(read)?.len();
                    tar.entry(&entry, &mut source as &mut dyn Read).map_err(read)?;
                }
            }
        }
        let (output, compressed) = tar.finish().and_then(Compressor::finish).map_err(LayerError::Write)?;
        let file: File = output.into_inner().map_err(|error| LayerError::Write(error.into_error()))?;
        let mut blob_file = &file;
        blob_file.flush().map_err(LayerError::Write)?;
        let blob = Blob::Part { file: Arc::new(file), offset: 0, size_bytes: compressed.stored.size_bytes };
        Ok(StoredLayer::new(blob, compressed.stored.digest, compressed.diff_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Digest, Layer, tree};

    #[test]
    fn the_order_of_calls_changes_nothing_and_the_digest_is_fixed() -> anyhow::Result<()> {
        let source = tempfile::NamedTempFile::new()?;
        std::fs::write(source.path(), "content")?;
        let mut one = LayerBuilder::new(1_700_000_000);
        one.directory("app", 0o755, (0, 0))?;
        one.file("app/a", 0o755, (0, 0), *b"content")?;
        one.symlink("app/b", "a")?;
        let mut two = LayerBuilder::new(1_700_000_000);
        two.symlink("/app/b", "a")?;
        two.file_from("./app/a", 0o755, (0, 0), source.path())?;
        two.directory("app/", 0o755, (0, 0))?;
        let (one, two) = (one.build()?, two.build()?);
        assert_eq!((one.digest(), one.diff_id()), (two.digest(), two.diff_id()));
        insta::assert_snapshot!(one.diff_id(), @"sha256:d0aa4abcd66b713ffb334c3831be0494b5b3e154c6c79fe5dfecc0e1cee8a8ed");

        let mut names = Vec::new();
        tree::for_each_entry(&one, |entry, content| {
            let mut text = String::new();
            content.read_to_string(&mut text).map_err(EntryError::from)?;
            names.push(format!("{} {text}", entry.path.display()));
            Ok::<_, EntryError>(())
        })?;
        assert_eq!(names, ["app ", "app/a content", "app/b "]);
        let mut compressed = Vec::new();
        one.compressed()?.read_to_end(&mut compressed)?;
        assert_eq!(Digest::of(&compressed), *one.digest());
        Ok(())
    }

    #[test]
    fn a_path_that_leads_out_is_refused() {
        let mut layer = LayerBuilder::new(0);
        let error = layer.file("../etc/passwd", 0o644, (0, 0), Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "the entry `../etc/passwd` leads out of the root");
    }
}
