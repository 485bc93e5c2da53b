//! The record of a build: what `build` knows and an image cannot tell.

use std::io;
use std::path::Path;

use seaworthy_image::Digest;
use serde::{Deserialize, Serialize};

/// The name and version of the record's form.
pub const SCHEMA: &str = "seaworthy/build/v1";

/// What is known of one build. It speaks of an image only while `digest` is that image's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`SCHEMA`].
    pub schema: String,
    pub digest: Digest,
    /// `rust` or `dockerfile`.
    pub builder: String,
    /// Git commit, `-dirty` behind it when the tree was; `None` without git.
    pub revision: Option<String>,
    /// `rustc 1.95.0 (…)`; for a Dockerfile the engine that built it.
    pub toolchain: Option<String>,
    /// Compiler, linker and libc of C code; empty where unknown.
    pub c_toolchain: Vec<String>,
    /// `x86_64-unknown-linux-gnu`.
    pub target: Option<String>,
    /// The stages, the last one is the image: `rust 1.95.0`, `scratch`.
    pub stages: Vec<String>,
    /// Keyed hashes of this machine's and boot's ids.
    pub machine: Option<String>,
    pub boot: Option<String>,
    /// RFC 3339, UTC.
    pub at: String,
    pub took_ms: u64,
    /// What the tags are made from, for a Dockerfile: the image's own label, else what the project's files say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How the Dockerfile was built; `None` for a Rust project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dockerfile: Option<Dockerfile>,
    /// That it was built again and came out the same or not; `None` when nobody tried.
    pub reproduced: Option<Reproduced>,
}

/// The options with which a Dockerfile was built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dockerfile {
    /// In the project's folder.
    pub file: String,
    /// The stage that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Names of the build arguments; a value may be a secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
}

/// A second build of the same sources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reproduced {
    /// Of the second build.
    pub digest: Digest,
    /// RFC 3339, UTC.
    pub at: String,
    /// What was other than for the first build: `folder`, `home`. Empty in the records of versions that only changed the folder.
    #[serde(default)]
    pub varied: Vec<String>,
    /// What of the two images differs, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differs: Option<String>,
}

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("cannot read the build record")]
    Read(#[from] io::Error),
    #[error("the build record is damaged")]
    Damaged(#[from] serde_json::Error),
}

impl Record {
    /// The record at `path`, or `None` where there is no file.
    ///
    /// # Errors
    ///
    /// Fails if the file is there and cannot be read or is damaged.
    pub fn read(path: &Path) -> Result<Option<Self>, RecordError> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes the record so that a reader finds the old one or the new one, whole.
    ///
    /// # Errors
    ///
    /// Fails if the folder cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), RecordError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }
}
