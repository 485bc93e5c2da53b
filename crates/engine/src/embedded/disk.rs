//! What a container may write: a file system of its own where the machine can give it one, and an eye on how much is in it.
//!
//! The file system is larger than the limit by [`HEADROOM_BYTES`] at least: the watch sees a container that writes more and stops it, before
//! a write fails in a way that looks like the image's fault. Without a loop device, a folder takes its place, and the watch alone bounds.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::mount::MountFlags;

use super::root::stage;
use super::{deleted, loop_device};

/// Between two looks at a file system.
const LOOK: Duration = Duration::from_millis(100);
/// Between two walks through folders, at least; a walk that takes long is followed by a pause of its own length, to this bound.
const WALK: Duration = Duration::from_millis(400);
const WALK_PAUSE_MAX: Duration = Duration::from_millis(1200);
/// Filling this takes several looks even at the speed of memory: a write that fails, and gives its room back, is not missed between two.
const HEADROOM_BYTES: u64 = 1 << 30;
/// What a file counts at least: a disk has room for so many files, too.
const FILE_BYTES: u64 = 8192;
/// Files with several names that are remembered, so that each counts once.
const LINKED_MAX: usize = 100_000;

/// Where a container's own layer will be.
pub(crate) enum Disk {
    /// A file system in a file.
    Device(loop_device::Attached),
    /// A folder on the machine's own.
    Folder(File),
}

impl Disk {
    /// In this folder, before anything covers it.
    pub(crate) fn make(folder: &Path, limit_bytes: u64, is_root: bool) -> io::Result<Self> {
        if is_root
            && let Ok(device) =
                device(&folder.join("disk"), limit_bytes.saturating_add(limit_bytes.max(HEADROOM_BYTES)))
        {
            return Ok(Self::Device(device));
        }
        Ok(Self::Folder(File::open(folder)?))
    }

    /// Shows it at `target`; returns whether it is a file system of its own.
    pub(crate) fn mount(&self, target: &Path) -> io::Result<bool> {
        match self {
            Self::Device(device) => {
                let flags = MountFlags::NODEV | MountFlags::NOATIME;
                rustix::mount::mount(device.path(), target, "ext4", flags, Some(c"noinit_itable"))?;
                Ok(true)
            }
            Self::Folder(folder) => {
                rustix::mount::mount_bind(format!("/proc/self/fd/{}", folder.as_raw_fd()), target)?;
                Ok(false)
            }
        }
    }
}

/// A new file system of that size in a file that takes room as it is filled.
fn device(file: &Path, bytes: u64) -> io::Result<loop_device::Attached> {
    let made = File::options().read(true).write(true).create_new(true).open(file)?;
    made.set_len(bytes)?;
    let paths = ["/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4", "/usr/bin/mkfs.ext4"];
    let program = paths.into_iter().find(|path| Path::new(path).exists()).ok_or(io::ErrorKind::NotFound)?;
    let formatted = Command::new(program)
        // Nothing in it has to outlive a crash, and only root of the machine reserves room.
        .args(["-q", "-F", "-O", "^has_journal,^resize_inode", "-m", "0", "-i", &FILE_BYTES.to_string()])
        .args(["-E", "lazy_itable_init=1,nodiscard"])
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    if !formatted.success() {
        return Err(io::Error::other("the file system cannot be made"));
    }
    loop_device::attach(&made)
}

/// What is watched.
pub(crate) struct Watched {
    /// The file system of its own, if it has one.
    device: Option<File>,
    /// Folders on the machine's own.
    folders: Vec<PathBuf>,
    /// What was there before the container wrote.
    before_bytes: u64,
    limit_bytes: u64,
    over: AtomicBool,
    stopped: Mutex<bool>,
    stopping: Condvar,
}

impl Watched {
    /// The paths are the stage's.
    pub(crate) fn new(device: Option<&Path>, folders: Vec<PathBuf>, limit_bytes: u64) -> io::Result<Self> {
        let device = device.map(File::open).transpose()?;
        Ok(Self {
            device,
            folders,
            before_bytes: 0,
            limit_bytes,
            over: AtomicBool::new(false),
            stopped: Mutex::new(false),
            stopping: Condvar::new(),
        })
    }

    /// Takes what is there now for what was there before the container wrote.
    pub(crate) fn begin(&mut self) {
        self.before_bytes = self.device_bytes() + self.folder_bytes(u64::MAX);
    }

    /// Whether the container wrote more than it may.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Looks until there is more than may be, and then kills the process; or until [`Watched::stop`].
    pub(crate) fn watch(&self, first: BorrowedFd<'_>, number: u32) {
        // A file system of its own counts what has no name by itself.
        let rootfs = self.device.is_none().then(|| stage("rootfs"));
        let watched = self.folders.iter().chain(&rootfs);
        let devices: Vec<u64> = watched.filter_map(|path| fs::metadata(path).ok()).map(|found| found.dev()).collect();
        let most = self.before_bytes.saturating_add(self.limit_bytes);
        let (mut walked, mut in_folders) = (None::<Instant>, 0);
        let mut pause = WALK;
        while !self.sleep(LOOK) {
            if walked.is_none_or(|walked| walked.elapsed() >= pause) {
                let began = Instant::now();
                in_folders = self.folder_bytes(most);
                if !self.folders.is_empty() {
                    in_folders = in_folders.saturating_add(deleted::bytes(number, &devices));
                }
                pause = began.elapsed().clamp(WALK, WALK_PAUSE_MAX);
                walked = Some(Instant::now());
            }
            if self.device_bytes() + in_folders > most {
                self.over.store(true, Ordering::Release);
                let _ = rustix::process::pidfd_send_signal(first, rustix::process::Signal::KILL);
                return;
            }
        }
    }

    pub(crate) fn stop(&self) {
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.stopping.notify_all();
    }

    /// Returns whether it was stopped.
    fn sleep(&self, time: Duration) -> bool {
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.stopping.wait_timeout_while(stopped, time, |stopped| !*stopped);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn device_bytes(&self) -> u64 {
        let found = self.device.as_ref().and_then(|device| rustix::fs::fstatfs(device.as_fd()).ok());
        found.map_or(0, |found| {
            let bytes = found.f_blocks.saturating_sub(found.f_bfree) * found.f_bsize.unsigned_abs();
            bytes.max(found.f_files.saturating_sub(found.f_ffree) * FILE_BYTES)
        })
    }

    /// At most somewhat more than `enough`.
    fn folder_bytes(&self, enough: u64) -> u64 {
        let mut linked = HashSet::new();
        let mut sum = 0;
        for folder in &self.folders {
            add(folder, enough, &mut linked, &mut sum);
        }
        sum
    }
}

/// Adds what a folder takes on the disk. What goes away meanwhile is not there; what lies too deep to be looked at is too much.
fn add(folder: &Path, enough: u64, linked: &mut HashSet<(u64, u64)>, sum: &mut u64) {
    let mut todo = vec![folder.to_owned()];
    while let Some(folder) = todo.pop() {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.raw_os_error() == Some(nix::libc::ENAMETOOLONG) => {
                *sum = u64::MAX;
                return;
            }
            Err(_) => continue,
        };
        for entry in entries.flatten() {
            let Ok(found) = entry.metadata() else { continue };
            if found.is_dir() {
                todo.push(entry.path());
            } else if found.nlink() > 1 && linked.len() < LINKED_MAX && !linked.insert((found.dev(), found.ino())) {
                continue;
            }
            *sum = sum.saturating_add((found.blocks() * 512).max(FILE_BYTES));
            if *sum > enough {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_two_names_takes_its_room_once() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("one"), vec![1; 1 << 20]).unwrap();
        fs::hard_link(folder.path().join("one"), folder.path().join("two")).unwrap();
        let mut watched = Watched::new(None, vec![folder.path().to_owned()], 1).unwrap();
        watched.begin();
        assert!((1 << 20..2 << 20).contains(&watched.before_bytes), "{}", watched.before_bytes);
    }

    #[test]
    fn a_file_without_content_takes_room() {
        let folder = tempfile::tempdir().unwrap();
        (0..100).for_each(|number| drop(File::create(folder.path().join(number.to_string())).unwrap()));
        let mut watched = Watched::new(None, vec![folder.path().to_owned()], 1).unwrap();
        watched.begin();
        assert_eq!(watched.before_bytes, 100 * FILE_BYTES);
    }
}
