//! A layer's archive as a folder that overlay can mount.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, ResolveFlags, Timespec, Timestamps, Uid, XattrFlags};
use rustix::io::Errno;
use seaworthy_image::{Entry, EntryError, EntryKind, Layer, tree};

use super::Mapping;

const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";

/// Why a layer cannot be unpacked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnpackError {
    #[error("`{path}`: {source}")]
    Entry { path: String, source: io::Error },
    #[error(transparent)]
    Archive(#[from] EntryError),
}

/// Unpacks a layer into an existing, empty folder.
///
/// Whiteouts become overlay's. Device nodes are left out: they cannot be opened in a user namespace. No extended attribute is kept:
/// file capabilities have no effect without new privileges.
pub(crate) fn unpack(layer: &dyn Layer, folder: &Path, mapping: Mapping) -> Result<(), UnpackError> {
    let root = rustix::fs::open(folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .map_err(|errno| entry_error(Path::new("/"), errno))?;
    let mut target = Target { root, mapping, folders: Vec::new() };
    target.make_root()?;
    tree::for_each_entry(layer, |entry, content| target.entry(entry, content))?;
    target.finish_folders();
    Ok(())
}

struct Target {
    root: OwnedFd,
    mapping: Mapping,
    /// Of folders, set at the end: every file made in them changes the time, and a mode may forbid to make files.
    folders: Vec<(PathBuf, u32, i64)>,
}

impl Target {
    fn make_root(&self) -> Result<(), UnpackError> {
        self.own(&self.root, Path::new("."), 0, 0, Some(0o755)).map_err(|errno| entry_error(Path::new("/"), errno))
    }

    fn entry(&mut self, entry: &Entry, content: &mut dyn Read) -> Result<(), UnpackError> {
        let path = &entry.path;
        let fail = |errno: Errno| entry_error(path, errno);
        let id = |id: u64| u32::try_from(id).map_err(|_| fail(Errno::OVERFLOW));
        let (uid, gid, mode, modified) = (id(entry.uid)?, id(entry.gid)?, entry.mode, entry.mtime);

        let Some(name) = path.file_name().map(ToOwned::to_owned) else {
            // The root itself.
            if entry.kind == EntryKind::Directory {
                self.own(&self.root, Path::new("."), uid, gid, Some(mode)).map_err(fail)?;
            }
            return Ok(());
        };
        let parent = self.parent(path).map_err(fail)?;

        if name.as_bytes() == OPAQUE {
            return self.make_opaque(&parent).map_err(fail);
        }
        if let Some(hidden) = name.as_bytes().strip_prefix(WHITEOUT) {
            if hidden.is_empty() || hidden.starts_with(WHITEOUT) {
                return Ok(()); // left by other storage drivers
            }
            let hidden = std::ffi::OsStr::from_bytes(hidden);
            return whiteout(&parent, hidden).map_err(fail);
        }

        let at = Path::new(&name);
        match &entry.kind {
            EntryKind::Directory => {
                make_directory(&parent, at).map_err(fail)?;
                self.own(&parent, at, uid, gid, None).map_err(fail)?;
                self.folders.push((path.clone(), mode, modified));
                return Ok(());
            }
            EntryKind::File => {
                remove(&parent, at).map_err(fail)?;
                let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let file = rustix::fs::openat(&parent, at, flags, Mode::from_raw_mode(0o600)).map_err(fail)?;
                let mut file = File::from(file);
                io::copy(content, &mut file).map_err(|source| UnpackError::Entry { path: display(path), source })?;
                self.own_file(&file, uid, gid, mode).map_err(fail)?;
                return rustix::fs::futimens(&file, &times(modified)).map_err(fail);
            }
            EntryKind::Hardlink(source) => {
                let source_parent = self.parent(source).map_err(fail)?;
                let source_name = source.file_name().ok_or_else(|| fail(Errno::INVAL))?;
                remove(&parent, at).map_err(fail)?;
                return rustix::fs::linkat(&source_parent, source_name, &parent, at, AtFlags::empty()).map_err(fail);
            }
            EntryKind::Symlink(to) => {
                remove(&parent, at).map_err(fail)?;
                rustix::fs::symlinkat(to, &parent, at).map_err(fail)?;
                self.own(&parent, at, uid, gid, None).map_err(fail)?;
            }
            EntryKind::Fifo => {
                remove(&parent, at).map_err(fail)?;
                rustix::fs::mknodat(&parent, at, FileType::Fifo, Mode::from_raw_mode(0o600), 0).map_err(fail)?;
                self.own(&parent, at, uid, gid, Some(mode)).map_err(fail)?;
            }
            EntryKind::CharDevice { .. } | EntryKind::BlockDevice { .. } => return Ok(()),
        }
        rustix::fs::utimensat(&parent, at, &times(modified), AtFlags::SYMLINK_NOFOLLOW).map_err(fail)
    }

    /// The folder that the path's last name goes into, made where it is missing. No link leads out of the root.
    fn parent(&self, path: &Path) -> Result<OwnedFd, Errno> {
        let parent = path.parent().unwrap_or(Path::new(""));
        match open_directory(&self.root, parent) {
            Err(Errno::NOENT) => {}
            result => return result,
        }
        let mut folder = open_directory(&self.root, Path::new(""))?;
        let mut walked = PathBuf::new();
        for name in parent.components() {
            walked.push(name);
            folder = match open_directory(&self.root, &walked) {
                Err(Errno::NOENT) => {
                    let name = Path::new(name.as_os_str());
                    make_directory(&folder, name)?;
                    self.own(&folder, name, 0, 0, Some(0o755))?;
                    open_directory(&self.root, &walked)?
                }
                result => result?,
            };
        }
        Ok(folder)
    }

    fn own(&self, folder: &OwnedFd, name: &Path, uid: u32, gid: u32, mode: Option<u32>) -> Result<(), Errno> {
        if let (Some(uid), Some(gid)) = (self.mapping.outside(uid), self.mapping.outside(gid)) {
            let (uid, gid) = (Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)));
            rustix::fs::chownat(folder, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)?;
        } else if self.mapping.keeps_owners() {
            return Err(Errno::OVERFLOW);
        }
        match mode {
            // After the owner: a change of owner clears the setuid bit.
            Some(mode) => rustix::fs::chmodat(folder, name, Mode::from_raw_mode(mode), AtFlags::empty()),
            None => Ok(()),
        }
    }

    fn own_file(&self, file: &File, uid: u32, gid: u32, mode: u32) -> Result<(), Errno> {
        if let (Some(uid), Some(gid)) = (self.mapping.outside(uid), self.mapping.outside(gid)) {
            rustix::fs::fchown(file, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))?;
        } else if self.mapping.keeps_owners() {
            return Err(Errno::OVERFLOW);
        }
        rustix::fs::fchmod(file, Mode::from_raw_mode(mode))
    }

    fn make_opaque(&self, folder: &OwnedFd) -> Result<(), Errno> {
        let name = if self.mapping.keeps_owners() { "trusted.overlay.opaque" } else { "user.overlay.opaque" };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::openat(folder, ".", flags, Mode::empty())?;
        rustix::fs::fsetxattr(&folder, name, b"y", XattrFlags::empty())
    }

    fn finish_folders(&self) {
        // What is inside comes before what it is in.
        for (path, mode, modified) in self.folders.iter().rev() {
            // A folder that a later entry replaced or named again has nothing to finish here.
            if let Ok(folder) = open_directory(&self.root, path) {
                let _ = rustix::fs::utimensat(&folder, ".", &times(*modified), AtFlags::empty());
                let _ = rustix::fs::chmodat(&folder, ".", Mode::from_raw_mode(*mode), AtFlags::empty());
            }
        }
    }
}

fn open_directory(root: &OwnedFd, path: &Path) -> Result<OwnedFd, Errno> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    rustix::fs::openat2(root, path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty(), resolve)
}

fn make_directory(folder: &OwnedFd, name: &Path) -> Result<(), Errno> {
    match rustix::fs::mkdirat(folder, name, Mode::from_raw_mode(0o700)) {
        Err(Errno::EXIST) => {
            let found = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
            if FileType::from_raw_mode(found.st_mode) == FileType::Directory {
                return Ok(());
            }
            remove(folder, name)?;
            rustix::fs::mkdirat(folder, name, Mode::from_raw_mode(0o700))
        }
        result => result,
    }
}

fn whiteout(folder: &OwnedFd, name: &std::ffi::OsStr) -> Result<(), Errno> {
    match rustix::fs::mknodat(folder, name, FileType::CharacterDevice, Mode::empty(), 0) {
        // The same layer has the file: it stays.
        Err(Errno::EXIST) => Ok(()),
        result => result,
    }
}

/// Removes what an earlier entry of the same name made.
fn remove(folder: &OwnedFd, name: &Path) -> Result<(), Errno> {
    match rustix::fs::unlinkat(folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(Errno::ISDIR | Errno::PERM) => {
            let path = PathBuf::from(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&folder.as_fd())));
            super::folder::remove(&path.join(name)).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
        }
        Err(errno) => Err(errno),
    }
}

fn times(modified: i64) -> Timestamps {
    let time = Timespec { tv_sec: modified, tv_nsec: 0 };
    Timestamps { last_access: time, last_modification: time }
}

fn entry_error(path: &Path, errno: Errno) -> UnpackError {
    UnpackError::Entry { path: display(path), source: errno.into() }
}

fn display(path: &Path) -> String {
    path.to_string_lossy().chars().take(300).collect()
}
