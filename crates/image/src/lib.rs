//! Container images: a small [`Image`] and [`Layer`]; everything else is a source, a sink or a view of them. No network.
//!
//! Sources: [`layout::open`], [`archive::open_oci`], [`archive::open_docker`]. Sinks: [`layout::write`],
//! [`archive::write_docker`], [`archive::write_oci`]. Made here: [`LayerBuilder`], [`Draft`], [`Image::of`]. Views:
//! [`FileTree`], [`tree::for_each_entry`]. What comes from outside is bounded ([`limits`]) and checked against its
//! digest while it is read.

pub mod archive;
mod builder;
mod compress;
mod config;
mod deferred;
mod digest;
mod draft;
mod entries;
mod image;
pub mod index;
mod json;
mod layer;
pub mod layout;
pub mod limits;
mod manifest;
mod open;
mod platform;
mod reference;
mod source;
mod tar_writer;
pub mod tree;
mod verifying;
mod zstd;

pub use builder::{LayerBuilder, LayerError};
pub use config::{Config, ConfigError, HealthCheck};
pub use deferred::Deferred;
pub use digest::{Digest, DigestError};
pub use draft::Draft;
pub use entries::{Entry, EntryError, EntryKind};
pub use image::Image;
pub use layer::{Blob, Compression, Layer, StoredLayer, decompress};
pub use layout::WriteError;
pub use manifest::{
    DOCKER_INDEX, DOCKER_MANIFEST, Descriptor, Format, Manifest, ManifestError, OCI_INDEX, OCI_MANIFEST,
};
pub use open::{OpenError, Select};
pub use platform::{Platform, PlatformError, go_architecture};
pub use reference::{DOCKER_HUB, Reference, ReferenceError};
pub use source::{Source, SourceError};
pub use tree::{FileTree, Node, NodeKind, TreeError};
pub use verifying::{CorruptError, Length, VerifyingReader};
