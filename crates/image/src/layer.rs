//! One layer of an image.

use std::io::{self, Read};

use crate::Digest;

/// A tar archive that is part of an image.
///
/// A source supplies the two streams and the facts it knows; nothing is read before it is asked for.
pub trait Layer: Send + Sync {
    /// The bytes as stored and sent, usually gzip. Each call starts again at the first byte.
    ///
    /// # Errors
    ///
    /// Fails if the source cannot be opened.
    fn compressed(&self) -> io::Result<Box<dyn Read + Send + '_>>;

    /// The tar archive itself. Each call starts again at the first byte.
    ///
    /// # Errors
    ///
    /// Fails if the source cannot be opened or is not in a known compression.
    fn uncompressed(&self) -> io::Result<Box<dyn Read + Send + '_>>;

    /// Of the compressed bytes.
    fn digest(&self) -> &Digest;

    /// Of the uncompressed bytes.
    fn diff_id(&self) -> &Digest;

    /// Compressed size.
    fn size_bytes(&self) -> u64;
}
