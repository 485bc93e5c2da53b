//! A place where a known beginning was seen, and how much of its surroundings was looked at.

use std::cell::Cell;

use super::scan::{AHEAD, BEHIND};

/// What stands around a beginning, as far as the scanner keeps it. It counts what a rule looks at: the search takes time in proportion to
/// a file's length only while no rule looks far for each of many beginnings.
pub(super) struct Place<'a> {
    before: &'a [u8],
    rest: &'a [u8],
    looked: Cell<usize>,
}

impl<'a> Place<'a> {
    /// `before` ends where the beginning begins; `rest` begins there.
    pub(super) fn new(before: &'a [u8], rest: &'a [u8]) -> Self {
        let before = &before[before.len().saturating_sub(BEHIND)..];
        Self { before, rest: &rest[..rest.len().min(AHEAD)], looked: Cell::new(0) }
    }

    /// The last bytes before it, at most so many.
    pub(super) fn before(&self, most: usize) -> &'a [u8] {
        let bytes = &self.before[self.before.len().saturating_sub(most)..];
        self.spend(bytes.len());
        bytes
    }

    /// At most so many bytes, `from` bytes behind its first one.
    pub(super) fn ahead(&self, from: usize, most: usize) -> &'a [u8] {
        let bytes = self.rest.get(from..).unwrap_or_default();
        let bytes = &bytes[..bytes.len().min(most)];
        self.spend(bytes.len());
        bytes
    }

    /// The bytes of a kind that end where it begins.
    pub(super) fn run_before(&self, has: impl Fn(u8) -> bool) -> &'a [u8] {
        let length = self.before.iter().rev().take_while(|&&byte| has(byte)).count();
        self.spend(length + 1);
        &self.before[self.before.len() - length..]
    }

    /// The bytes of a kind, `from` bytes behind its first one.
    pub(super) fn run_ahead(&self, from: usize, has: impl Fn(u8) -> bool) -> &'a [u8] {
        let bytes = self.rest.get(from..).unwrap_or_default();
        let length = bytes.iter().take_while(|&&byte| has(byte)).count();
        self.spend(length + 1);
        &bytes[..length]
    }

    /// All that is kept from its first byte on; the caller spends what it looks at.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn spend(&self, bytes: usize) {
        self.looked.set(self.looked.get() + bytes);
    }

    /// How many bytes were looked at.
    pub(super) fn looked(&self) -> usize {
        self.looked.get()
    }
}
