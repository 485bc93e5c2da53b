//! Which life of the database this is: what was told in another one, before a backup was restored, means nothing in it.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
};

/// The first one is 0, and stands in no tag or cursor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Epoch(u32);

impl Epoch {
    /// Another one than all there were: two restores of one backup differ too.
    pub(crate) fn another() -> Self {
        let [.., a, b, c, d] = RandomState::new().hash_one(0).to_be_bytes();
        Self(u32::from_be_bytes([a, b, c, d]).max(1))
    }

    pub(crate) fn is_first(self) -> bool {
        self == Self::default()
    }
}

impl From<Epoch> for i64 {
    fn from(Epoch(number): Epoch) -> Self {
        number.into()
    }
}

impl From<i64> for Epoch {
    /// As it was written.
    fn from(number: i64) -> Self {
        Self(u32::try_from(number).unwrap_or(u32::MAX))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// What the database says of the feed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing {
    pub(crate) epoch: Epoch,
    /// What the service knows its own cursors by.
    pub(crate) secret: String,
    /// Where the feed ends, but for what has no number yet.
    pub(crate) newest: i64,
}
