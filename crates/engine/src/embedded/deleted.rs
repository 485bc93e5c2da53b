//! Files without a name that a container still holds open: they take room, and no walk through folders finds them.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;

use super::processes;

/// Descriptors that are looked at in one walk.
const DESCRIPTORS_MAX: usize = 50_000;

/// What they take on the disks with these numbers, for all processes of the container whose first process this is.
pub(crate) fn bytes(first: u32, devices: &[u64]) -> u64 {
    let mut known = HashSet::new();
    let descriptors = processes::numbers(first).into_iter().flat_map(|pid| {
        fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten().map(|entry| entry.path())
    });
    let files = descriptors.take(DESCRIPTORS_MAX).filter_map(|descriptor| fs::metadata(descriptor).ok());
    files
        .filter(|file| file.is_file() && file.nlink() == 0 && devices.contains(&file.dev()))
        .filter(|file| known.insert((file.dev(), file.ino())))
        .map(|file| file.blocks() * 512)
        .sum()
}
