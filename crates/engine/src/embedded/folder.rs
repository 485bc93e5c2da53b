//! Folders of our own: where they are, who uses them, and that they go.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use rustix::fs::FlockOperation;

const LOCK: &str = "lock";
/// A folder this young may not have its lock yet.
const YOUNG: Duration = Duration::from_mins(1);

/// `$XDG_CACHE_HOME/seaworthy`, else `~/.cache/seaworthy`.
///
/// # Errors
///
/// Fails if neither has a place, or it cannot be made.
pub fn cache() -> io::Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = set("XDG_CACHE_HOME").or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
    let path = base
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "neither `XDG_CACHE_HOME` nor `HOME` is set"))?
        .join("seaworthy");
    make(&path)?;
    Ok(path)
}

/// Makes a folder, with its parents, that nobody else can enter.
///
/// # Errors
///
/// As `mkdir(2)`.
pub fn make(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// A folder that is removed when the value is dropped, or, after a crash, by [`remove_leftovers`].
pub struct Owned {
    path: PathBuf,
    name: String,
    // Held for as long as the folder is in use.
    _lock: File,
}

impl Owned {
    /// A new one in `parent`.
    ///
    /// # Errors
    ///
    /// As `mkdir(2)`.
    pub fn new(parent: &Path) -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        make(parent)?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{:x}-{:x}-{count:x}", now.as_micros(), std::process::id());
        let path = parent.join(&name);
        DirBuilder::new().mode(0o700).create(&path)?;
        // Locked before it has the name under which others look at it.
        let lock = File::create(path.join("locking"))?;
        rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        fs::rename(path.join("locking"), path.join(LOCK))?;
        Ok(Self { path, name, _lock: lock })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Unlike any other's on this machine.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // What cannot be removed now is removed at the next start.
        let _ = remove(&self.path);
    }
}

/// Removes folders whose owner is gone; returns their names.
pub fn remove_leftovers(parent: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    entries
        .flatten()
        .filter(|entry| is_abandoned(&entry.path()))
        .filter(|entry| remove(&entry.path()).is_ok())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

fn is_abandoned(path: &Path) -> bool {
    match File::open(path.join(LOCK)) {
        Ok(lock) => rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok(),
        Err(_) => age(path).is_some_and(|age| age > YOUNG),
    }
}

/// Since it was last changed.
pub fn age(path: &Path) -> Option<Duration> {
    fs::symlink_metadata(path).ok()?.modified().ok()?.elapsed().ok()
}

/// Removes a whole folder, also one whose modes forbid it. It may be gone already.
///
/// # Errors
///
/// As `unlink(2)`.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_up(path);
            fs::remove_dir_all(path)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

fn open_up(path: &Path) {
    let Ok(found) = fs::symlink_metadata(path) else { return };
    if !found.is_dir() {
        return;
    }
    let _ = fs::set_permissions(path, Permissions::from_mode(0o700));
    let Ok(entries) = fs::read_dir(path) else { return };
    for entry in entries.flatten() {
        open_up(&entry.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_use_is_no_leftover() {
        let parent = tempfile::tempdir().unwrap();
        let mine = Owned::new(parent.path()).unwrap();
        let other = parent.path().join("crashed");
        fs::create_dir(&other).unwrap();
        File::create(other.join(LOCK)).unwrap();

        assert_eq!(remove_leftovers(parent.path()), ["crashed"]);
        assert!(mine.path().exists());
        drop(mine);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_without_permissions_is_removed() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        fs::create_dir_all(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o0)).unwrap();
        remove(&parent.path().join("a")).unwrap();
        assert!(!path.exists());
    }
}
