//! How much a container has written, seen from a holder.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::embedded::protocol::Channel;

/// Where a holder finds the folder in which the daemon keeps what containers write.
pub(crate) const DAEMON: &str = "/seaworthy/daemon";
/// The files that the daemon makes for a container, and the holder shares with it.
const NAMES: [&str; 3] = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];

/// Between two looks: this, or four times as long as one takes.
const PAUSE: Duration = Duration::from_millis(250);
const BLOCK_BYTES: u64 = 512;
/// What a file or folder takes at least: an empty one takes room too.
const ENTRY_BYTES: u64 = 4096;

/// What is to be weighed, and when to tell.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Scales {
    /// Folders, as the holder finds them.
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) limit_bytes: u64,
}

/// What is told of it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Weight {
    /// What is there already is weighed: the container may start.
    Balanced,
    /// More than the limit was added since.
    Over,
}

/// Tells when it is over the limit; returns then, or when nobody listens any more.
pub(crate) fn run(channel: &mut Channel) -> io::Result<()> {
    let Some(scales) = channel.receive::<Scales>()? else { return Ok(()) };
    let limit_bytes = scales.weigh(u64::MAX).saturating_add(scales.limit_bytes);
    channel.send(&Weight::Balanced)?;
    while !channel.is_closed() {
        let started = Instant::now();
        if scales.weigh(limit_bytes) > limit_bytes {
            return channel.send(&Weight::Over);
        }
        thread::sleep(PAUSE.max(started.elapsed() * 4).min(Duration::from_secs(1)));
    }
    Ok(())
}

impl Scales {
    /// Stops when it is more than the limit.
    fn weigh(&self, limit_bytes: u64) -> u64 {
        let mut sum = Sum { bytes: 0, limit_bytes, linked: HashSet::new() };
        for path in NAMES.iter().map(Path::new).chain(self.folders.iter().map(PathBuf::as_path)) {
            sum.add(path);
        }
        sum.bytes
    }
}

struct Sum {
    bytes: u64,
    limit_bytes: u64,
    /// Files with several names, which weigh once.
    linked: HashSet<(u64, u64)>,
}

impl Sum {
    /// What vanishes meanwhile weighs nothing; what lies too deep to be weighed is too much.
    fn add(&mut self, path: &Path) {
        let mut todo = vec![path.to_owned()];
        while let Some(path) = todo.pop().filter(|_| self.bytes <= self.limit_bytes) {
            let found = match fs::symlink_metadata(&path) {
                Ok(found) => found,
                Err(error) if error.kind() == io::ErrorKind::InvalidFilename => return self.bytes = u64::MAX,
                Err(_) => continue,
            };
            if found.nlink() > 1 && !found.is_dir() && !self.linked.insert((found.dev(), found.ino())) {
                continue;
            }
            self.bytes = self.bytes.saturating_add((found.blocks() * BLOCK_BYTES).max(ENTRY_BYTES));
            if !found.is_dir() {
                continue;
            }
            for entry in fs::read_dir(&path).into_iter().flatten().flatten() {
                todo.push(entry.path());
                // Each will weigh something: a list without end is not collected.
                if self.bytes.saturating_add(todo.len() as u64 * ENTRY_BYTES) > self.limit_bytes {
                    return self.bytes = u64::MAX;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_weighed_once_and_holes_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let scales = Scales { folders: vec![folder.path().to_owned()], limit_bytes: 0 };
        let before = scales.weigh(u64::MAX);
        let file = folder.path().join("file");
        fs::write(&file, vec![1; 1 << 20]).unwrap();
        fs::hard_link(&file, folder.path().join("again")).unwrap();
        fs::File::create(folder.path().join("hole")).unwrap().set_len(1 << 30).unwrap();
        fs::create_dir(folder.path().join("empty")).unwrap();
        let added = scales.weigh(u64::MAX) - before;
        assert!((1 << 20..(1 << 20) + 64_000).contains(&added), "{added}");
        fs::write(folder.path().join("empty/more"), vec![1; 1 << 20]).unwrap();
        assert!(scales.weigh(u64::MAX) - before > 2 << 20);
        for number in 0..100 {
            fs::File::create(folder.path().join(number.to_string())).unwrap();
        }
        assert!(scales.weigh(100 * ENTRY_BYTES) > 100 * ENTRY_BYTES);
    }

    #[test]
    fn what_lies_too_deep_is_too_much() {
        let folder = tempfile::tempdir().unwrap();
        let name = "x".repeat(200);
        let mut deep = folder.path().to_owned();
        let mut at: std::os::fd::OwnedFd = fs::File::open(&deep).unwrap().into();
        for _ in 0..25 {
            rustix::fs::mkdirat(&at, name.as_str(), rustix::fs::Mode::RWXU).unwrap();
            let flags = rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::CLOEXEC;
            at = rustix::fs::openat(&at, name.as_str(), flags, rustix::fs::Mode::empty()).unwrap();
            deep.push(&name);
        }
        assert!(deep.as_os_str().len() > 4096);
        let scales = Scales { folders: vec![folder.path().to_owned()], limit_bytes: 0 };
        assert_eq!(scales.weigh(1 << 40), u64::MAX);
    }
}
