//! The folder of one database, and those that an owner left behind.
//!
//! An owner holds a lock on a file in its folder; the kernel lets go of it however the owner ends. A folder whose lock can be
//! taken is therefore nobody's.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::programs::Programs;

const PREFIX: &str = "seaworthy-database-";

/// A folder that is locked until the value is dropped.
pub(crate) struct Owned {
    pub(crate) folder: tempfile::TempDir,
    _lock: File,
}

/// A new folder that belongs to the server's user.
pub(crate) fn owned_folder(programs: &Programs) -> io::Result<Owned> {
    let private = fs::Permissions::from_mode(0o700);
    let folder = tempfile::Builder::new().prefix(PREFIX).permissions(private).tempdir_in(parent(programs))?;
    // Locked before it has its name: under its name it is never seen unlocked while it is owned.
    let unfinished = folder.path().join("lock.new");
    let lock = File::create_new(&unfinished)?;
    lock.lock()?;
    fs::rename(&unfinished, folder.path().join("lock"))?;
    programs.own(folder.path())?;
    Ok(Owned { folder, _lock: lock })
}

/// Ends the servers and removes the folders of owners that are gone. What cannot be removed stays for the next time.
pub(crate) fn clean(programs: &Programs) {
    let Ok(entries) = fs::read_dir(parent(programs)) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX))
            && entry.metadata().is_ok_and(|found| found.is_dir() && found.uid() == programs.uid());
        if ours && is_abandoned(&entry.path()) {
            end_server(&entry.path().join("data"));
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The folder for temporary files, or `/tmp` when the server's user cannot get to it.
fn parent(programs: &Programs) -> PathBuf {
    let parent = std::env::temp_dir();
    let open = |folder: &Path| fs::metadata(folder).is_ok_and(|found| found.mode() & 0o001 != 0);
    if programs.user.is_none() || parent.ancestors().all(open) { parent } else { PathBuf::from("/tmp") }
}

fn is_abandoned(folder: &Path) -> bool {
    match File::open(folder.join("lock")) {
        Ok(lock) => lock.try_lock().is_ok(),
        // An owner that has just begun has none yet.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let age = fs::metadata(folder).and_then(|found| found.modified()).ok().and_then(|time| time.elapsed().ok());
            age.is_some_and(|age| age > Duration::from_mins(1))
        }
        Err(_) => false,
    }
}

/// Ends a server that still runs on `data`, if that is really what the process of that number does.
fn end_server(data: &Path) {
    let recorded = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let Some(pid) = recorded.lines().next().and_then(|line| line.trim().parse().ok()).and_then(Pid::from_raw) else {
        return;
    };
    let runs = || fs::read_link(format!("/proc/{}/cwd", pid.as_raw_nonzero())).is_ok_and(|cwd| cwd == data);
    for (signal, patience) in [(Signal::QUIT, Duration::from_secs(5)), (Signal::KILL, Duration::from_secs(1))] {
        if !runs() || kill_process(pid, signal).is_err() {
            return;
        }
        let deadline = Instant::now() + patience;
        while runs() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
