//! What stands at a path of a container: looked up in its mount namespace, also after its processes are gone.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;

use rustix::fs::{FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::{AtPath, LARGEST_FILE_BYTES};

/// A container's root folder.
pub(crate) struct Inside {
    root: OwnedFd,
    /// Held: with its last user a namespace loses its mounts.
    _namespace: File,
}

impl Inside {
    /// Of the process with this number, which is in its root already.
    pub(crate) fn of(pid: i32) -> io::Result<Self> {
        let namespace = File::open(format!("/proc/{pid}/ns/mnt"))?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(format!("/proc/{pid}/root"), flags, Mode::empty())?;
        Ok(Self { root, _namespace: namespace })
    }

    pub(crate) fn look_at(&self, path: &str) -> io::Result<AtPath> {
        // Opened only to be looked at first: a pipe would wait for its other end.
        let found = match self.open(path, OFlags::PATH) {
            Ok(found) => found,
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(AtPath::Nothing),
            Err(errno) => return Err(errno.into()),
        };
        if FileType::from_raw_mode(rustix::fs::fstat(&found)?.st_mode) != FileType::RegularFile {
            return Ok(AtPath::NoFile);
        }
        let file = File::from(self.open(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY)?);
        let mut content = Vec::new();
        file.take(LARGEST_FILE_BYTES + 1).read_to_end(&mut content)?;
        if content.len() as u64 > LARGEST_FILE_BYTES {
            return Ok(AtPath::LargeFile);
        }
        Ok(AtPath::File(content))
    }

    fn open(&self, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        rustix::fs::openat2(&self.root, path, flags | OFlags::CLOEXEC, Mode::empty(), resolve)
    }
}
