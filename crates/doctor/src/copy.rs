//! How a copy is started: as the subject is, on copies of what is mounted into it, with nothing outside to reach.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use seaworthy_engine::{Folder, Inspected, Instead, MountedAt, PutFile, Run};
use seaworthy_image::HealthCheck;
use tempfile::TempDir;

use crate::facts::Facts;
use crate::subject::Subject;

/// The most that is copied of all mounts; what is larger is an empty folder in the copy.
const COPIED_BYTES: u64 = 64 << 20;
const COPIED_FILES: usize = 5000;
/// The largest mounted file that is copied.
const FILE_BYTES: u64 = 1 << 20;
/// How often the copy's health check is run, however seldom the subject's is.
const PROBE: Duration = Duration::from_secs(1);
/// How long a run of it may take.
pub(crate) const LONGEST_PROBE: Duration = Duration::from_secs(7);

/// How the first copy is started, and the folder that its mounts lie in.
pub(crate) fn base(subject: &Subject<'_>, facts: &Facts) -> io::Result<(Run, Option<TempDir>, Vec<String>)> {
    let settings = &subject.settings;
    let mut run = Run { read_only: settings.read_only, memory_limit_bytes: settings.memory_bytes, ..Run::default() };
    let (mut folder, mut notes) = (None, Vec::new());
    if let Some(container) = &subject.container {
        of_container(container, facts, &mut run);
        if !container.mounts.is_empty() {
            let made = tempfile::tempdir()?;
            notes = mounts(&container.mounts, made.path(), &mut run)?;
            folder = Some(made);
        }
    }
    for (name, value) in &settings.env {
        crate::desk::set(&mut run, name, value);
    }
    run.writable.extend(settings.tmpfs.iter().cloned());
    run.instead.user = settings.user.clone().or(run.instead.user);
    run.instead.health_check = facts.health_check.as_ref().map(hasty);
    run.port = settings.port.or_else(|| facts.exposed.first().copied());
    Ok((run, folder, notes))
}

/// The same check, run every second.
fn hasty(check: &HealthCheck) -> HealthCheck {
    HealthCheck {
        interval: PROBE.min(check.interval),
        timeout: check.timeout.min(LONGEST_PROBE),
        start_period: Duration::ZERO,
        retries: 3,
        ..check.clone()
    }
}

fn of_container(container: &Inspected, facts: &Facts, run: &mut Run) {
    run.env.clone_from(&container.env);
    let is_gone = |name: &String| container.env.iter().all(|(known, _)| known != name);
    run.without_env = facts.image_env.iter().map(|(name, _)| name.clone()).filter(is_gone).collect();
    run.read_only |= container.read_only;
    run.writable.clone_from(&container.tmpfs);
    run.no_capabilities = container.without_capabilities;
    run.memory_limit_bytes = run.memory_limit_bytes.or(container.memory_bytes);
    run.arguments = Some(container.arguments.clone());
    run.instead = Instead {
        user: Some(container.user.clone()),
        entrypoint: (!container.entrypoint.is_empty()).then(|| container.entrypoint.clone()),
        working_dir: (!container.working_dir.is_empty()).then(|| container.working_dir.clone()),
        health_check: None,
    };
}

/// Copies what is mounted; the originals are only read. Tells what was left out.
fn mounts(mounts: &[MountedAt], folder: &Path, run: &mut Run) -> io::Result<Vec<String>> {
    let mut left = Left { bytes: COPIED_BYTES, files: COPIED_FILES };
    let mut notes = Vec::new();
    for (number, mount) in mounts.iter().enumerate() {
        let Ok(metadata) = fs::metadata(&mount.source) else {
            notes.push(format!("{} cannot be read here, and is not mounted into copies", mount.path));
            continue;
        };
        if metadata.is_file() {
            if metadata.len() <= FILE_BYTES {
                let is_executable = metadata.mode() & 0o111 != 0;
                run.files.push(PutFile { is_executable, ..PutFile::new(&*mount.path, fs::read(&mount.source)?) });
            }
            continue;
        }
        if !metadata.is_dir() {
            notes.push(format!("{} is a socket or a device, and is not mounted into copies", mount.path));
            continue;
        }
        let holder = folder.join(number.to_string());
        let data = holder.join("data");
        fs::create_dir_all(&data)?;
        if !copied(&mount.source, &data, &mut left)? {
            notes.push(format!("{} is large: copies have the beginning of it", mount.path));
        }
        like(&data, &metadata)?;
        run.folders.push(Folder { path: mount.path.clone(), holder });
    }
    Ok(notes)
}

struct Left {
    bytes: u64,
    files: usize,
}

/// Copies a folder as far as there is room; `false` where it was not copied whole.
fn copied(from: &Path, to: &Path, left: &mut Left) -> io::Result<bool> {
    let mut whole = true;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if left.files == 0 {
            return Ok(false);
        }
        left.files -= 1;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            fs::create_dir(&target)?;
            whole &= copied(&source, &target, left)?;
        } else if metadata.is_symlink() {
            symlink(fs::read_link(&source)?, &target)?;
            continue;
        } else if metadata.is_file() && metadata.len() <= left.bytes {
            left.bytes -= metadata.len();
            fs::copy(&source, &target)?;
        } else {
            whole = false;
            continue;
        }
        like(&target, &metadata)?;
    }
    Ok(whole)
}

/// Owner and mode as the original's.
fn like(path: &Path, metadata: &fs::Metadata) -> io::Result<()> {
    chown(path, Some(metadata.uid()), Some(metadata.gid()))?;
    fs::set_permissions(path, fs::Permissions::from_mode(metadata.mode() & 0o7777))
}

/// An empty folder that everybody may write to, for a path of a copy.
pub(crate) fn empty_folder(in_folder: &Path, path: &str) -> io::Result<Folder> {
    let holder = in_folder.join("empty");
    let data: PathBuf = holder.join("data");
    fs::create_dir_all(&data)?;
    fs::set_permissions(&data, fs::Permissions::from_mode(0o1777))?;
    Ok(Folder { path: path.to_owned(), holder })
}
