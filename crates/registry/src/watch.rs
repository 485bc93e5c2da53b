//! Progress of each blob, for whoever wants to show it.

use seaworthy_image::Digest;

/// Is told how blobs move. Several threads call it.
pub trait Watch: Sync {
    fn begins(&self, blob: &Digest, size_bytes: u64);

    /// So many bytes of it have been moved by now; fewer than before, where a part has to be sent again.
    fn moved(&self, blob: &Digest, bytes: u64);

    fn ended(&self, blob: &Digest, how: Ended);
}

/// How a blob came to be where it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Sent,
    /// It was there already.
    Present,
    /// The registry took it from another repository of its own.
    Mounted,
    Received,
}

/// Watches nothing.
impl Watch for () {
    fn begins(&self, _: &Digest, _: u64) {}

    fn moved(&self, _: &Digest, _: u64) {}

    fn ended(&self, _: &Digest, _: Ended) {}
}
