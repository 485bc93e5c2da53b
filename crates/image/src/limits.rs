//! How much is taken from outside before it counts as an attack or a mistake.
//!
//! Images in use stay far below all of these; each has an error that names it.

/// A manifest, an index, a config, `manifest.json`.
pub const JSON_BYTES: u64 = 8 << 20;

/// Manifests in a layout, nested indexes included.
pub const MANIFESTS: usize = 1_000;

/// Indexes inside indexes.
pub const INDEX_DEPTH: usize = 4;

/// Layers of an image. Overlay mounts take about 120.
pub const LAYERS: usize = 1_000;

/// Entries of one archive.
pub const ENTRIES: u64 = 2_000_000;

/// Entries of all layers together, for a tree in memory.
pub const TREE_ENTRIES: usize = 4_000_000;

/// A path inside an archive (`PATH_MAX`).
pub const PATH_BYTES: usize = 4_096;

/// Components of a path inside an archive.
pub const PATH_DEPTH: usize = 256;

/// All pax records of one entry, extended attributes included.
pub const PAX_BYTES: u64 = 1 << 20;

/// One extended attribute (`XATTR_SIZE_MAX`).
pub const XATTR_BYTES: usize = 64 << 10;

/// Symbolic links followed in one lookup, as Linux does.
pub const LINKS: usize = 40;

/// An uncompressed layer, whatever its compressed size.
pub const UNCOMPRESSED_BYTES: u64 = 64 << 30;

/// An uncompressed layer may always have this many bytes …
pub const RATIO_FREE_BYTES: u64 = 1 << 30;

/// … and beyond that at most so many times its compressed size.
pub const RATIO: u64 = 200;
