//! The container's root filesystem: layers under a writable folder, volumes, and files put in. Everything is mounted in the supervisor's
//! own mount namespace: it goes with it.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Read as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, lchown};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Gid, Mode, OFlags, ResolveFlags, Uid};
use rustix::io::Errno;
use rustix::mount::{MountFlags, MountPropagationFlags};

use super::Mapping;
use super::protocol::Plan;

/// A folder that every machine has and anybody may enter. Ours covers it, in the supervisor's mount namespace alone: the ids of a
/// container could not enter the user's own cache.
pub(crate) const STAGE: &str = "/tmp";
/// `/etc/passwd` and the like are not read further.
const TEXT_BYTES_MAX: u64 = 16 << 20;
const VOLUME_ENTRIES_MAX: u64 = 2_000_000;

/// A mounted root filesystem.
pub(crate) struct Root {
    folder: OwnedFd,
    mapping: Mapping,
    /// Source, destination, read-only.
    pub(crate) binds: Vec<(String, String, bool)>,
}

/// A path on the stage.
pub(crate) fn stage(name: &str) -> PathBuf {
    Path::new(STAGE).join(name)
}

/// Where the file of this number in [`Plan::files`] is.
pub(crate) fn put_in(number: usize) -> PathBuf {
    stage(&format!("file-{number}"))
}

impl Root {
    pub(crate) fn mount(plan: &Plan) -> io::Result<Self> {
        let mapping = plan.mapping;
        let upper = made(&plan.folder.join("upper"), 0o755)?;
        own(&upper, mapping, 0, 0)?;
        let work = made(&plan.folder.join("work"), 0o755)?;
        let empty = made(&plan.folder.join("empty"), 0o755)?;
        let open = |path: &Path| -> io::Result<OwnedFd> {
            Ok(rustix::fs::open(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
        };
        // Opened before the stage covers what may be their folder.
        let lower = plan.layers.iter().rev().map(|layer| open(layer)).collect::<io::Result<Vec<_>>>()?;
        let (upper, work, empty) = (open(&upper)?, open(&work)?, open(&empty)?);
        let volumes = plan.volumes.iter().map(|volume| open(&volume.folder)).collect::<io::Result<Vec<_>>>()?;
        let scratch = open(&plan.folder)?;

        rustix::mount::mount_change("/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)?;
        rustix::mount::mount("tmpfs", STAGE, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, Some(c"mode=0711"))?;
        let rootfs = made(&stage("rootfs"), 0o755)?;
        let by_descriptor = |folder: &OwnedFd| format!("/proc/self/fd/{}", folder.as_raw_fd());
        let lower = if lower.is_empty() { vec![empty] } else { lower };
        let mut options = format!(
            "lowerdir={},upperdir={},workdir={}",
            lower.iter().map(by_descriptor).collect::<Vec<_>>().join(":"),
            by_descriptor(&upper),
            by_descriptor(&work)
        );
        if !mapping.keeps_owners() {
            options.push_str(",userxattr");
        }
        let options = std::ffi::CString::new(options)?;
        rustix::mount::mount("overlay", &rootfs, "overlay", MountFlags::empty(), Some(options.as_c_str()))?;

        let mut root = Self { folder: open(&rootfs)?, mapping, binds: Vec::new() };
        for (number, (volume, folder)) in plan.volumes.iter().zip(&volumes).enumerate() {
            root.bind_filled(&volume.path, &PathBuf::from(by_descriptor(folder)), &format!("volume-{number}"), 0o755)?;
        }
        if plan.read_only {
            for (number, path) in plan.writable.iter().enumerate() {
                let name = format!("writable-{number}");
                let folder = PathBuf::from(by_descriptor(&scratch)).join(&name);
                DirBuilder::new().mode(0o755).create(&folder)?;
                root.bind_filled(path, &folder, &name, 0o1777)?;
            }
        }
        for (number, (path, content)) in plan.files.iter().enumerate() {
            root.put(path, content, &put_in(number), 0o444, true)?;
        }
        Ok(root)
    }

    /// The text of a file of the image; empty where it has none.
    pub(crate) fn text(&self, path: &str) -> String {
        let mut text = Vec::new();
        if let Ok(file) = self.open(path, OFlags::RDONLY | OFlags::NONBLOCK) {
            let _ = File::from(file).take(TEXT_BYTES_MAX).read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Puts a file at a path of the container.
    pub(crate) fn put(
        &mut self,
        path: &str,
        content: &[u8],
        source: &Path,
        mode: u32,
        read_only: bool,
    ) -> io::Result<()> {
        fs::write(source, content)?;
        own(source, self.mapping, 0, 0)?;
        fs::set_permissions(source, Permissions::from_mode(mode))?;
        self.binds.push((source.to_string_lossy().into_owned(), path.to_owned(), read_only));
        Ok(())
    }

    /// Makes the folder with those above it where it is missing, as Docker does with a working directory.
    pub(crate) fn make_folder(&self, path: &str) -> Result<(), Errno> {
        let mut walked = PathBuf::from(".");
        let mut folder = self.open(".", OFlags::PATH)?;
        for name in Path::new(path).components() {
            if !matches!(name, std::path::Component::Normal(_) | std::path::Component::ParentDir) {
                continue;
            }
            walked.push(name);
            let open = || self.open(&walked, OFlags::PATH | OFlags::DIRECTORY);
            folder = match open() {
                Err(Errno::NOENT) => {
                    let name = Path::new(name.as_os_str());
                    rustix::fs::mkdirat(&folder, name, Mode::from_raw_mode(0o755))?;
                    if let (Some(uid), Some(gid)) = (self.mapping.outside(0), self.mapping.outside(0)) {
                        let (uid, gid) = (Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)));
                        rustix::fs::chownat(&folder, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)?;
                    }
                    open()?
                }
                result => result?,
            };
        }
        Ok(())
    }

    /// Binds a folder over a path; a new one first gets what the image has there, owner and mode too, as Docker's volumes do.
    fn bind_filled(&mut self, path: &str, folder: &Path, name: &str, mode: u32) -> io::Result<()> {
        let data = folder.join("data");
        if !data.exists() {
            let filling = folder.join("filling");
            super::folder::remove(&filling)?;
            DirBuilder::new().mode(0o700).create(&filling)?;
            match self.open(path, OFlags::PATH | OFlags::DIRECTORY) {
                Ok(source) => {
                    let source = PathBuf::from(format!("/proc/self/fd/{}/.", source.as_raw_fd()));
                    copy_folder(&source, &filling, self.mapping, &mut 0)?;
                }
                Err(Errno::NOENT) => {
                    own(&filling, self.mapping, 0, 0)?;
                    fs::set_permissions(&filling, Permissions::from_mode(mode))?;
                }
                Err(errno) => return Err(errno.into()),
            }
            fs::rename(&filling, &data)?;
        }
        let target = made(&stage(name), 0o755)?;
        rustix::mount::mount_bind(&data, &target)?;
        self.binds.push((target.to_string_lossy().into_owned(), path.to_owned(), false));
        Ok(())
    }

    /// Opens a path as the container sees it: no link leads out.
    fn open(&self, path: impl AsRef<Path>, flags: OFlags) -> Result<OwnedFd, Errno> {
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        rustix::fs::openat2(&self.folder, path.as_ref(), flags | OFlags::CLOEXEC, Mode::empty(), resolve)
    }
}

fn made(path: &Path, mode: u32) -> io::Result<PathBuf> {
    match DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(path.to_owned()),
    }
}

/// Gives a path to an id of the container.
fn own(path: &Path, mapping: Mapping, uid: u32, gid: u32) -> io::Result<()> {
    match (mapping.outside(uid), mapping.outside(gid)) {
        (Some(uid), Some(gid)) => lchown(path, Some(uid), Some(gid)),
        _ => Ok(()),
    }
}

/// Copies what is in a folder, with owner, mode and time; links are copied, not followed.
fn copy_folder(from: &Path, to: &Path, mapping: Mapping, count: &mut u64) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        *count += 1;
        if *count > VOLUME_ENTRIES_MAX {
            return Err(io::Error::other("the image has too many files in a volume"));
        }
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let found = fs::symlink_metadata(&source)?;
        let kind = found.file_type();
        if kind.is_dir() {
            DirBuilder::new().mode(0o700).create(&target)?;
            copy_folder(&source, &target, mapping, count)?;
            continue;
        }
        if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&source)?, &target)?;
            same_owner(&found, &target, mapping)?;
        } else if kind.is_file() {
            fs::copy(&source, &target)?;
            same_owner(&found, &target, mapping)?;
            fs::set_permissions(&target, found.permissions())?;
            File::options().write(true).open(&target).and_then(|file| file.set_modified(found.modified()?)).ok();
        }
    }
    let found = fs::metadata(from)?;
    same_owner(&found, to, mapping)?;
    fs::set_permissions(to, found.permissions())
}

fn same_owner(found: &fs::Metadata, target: &Path, mapping: Mapping) -> io::Result<()> {
    if mapping.keeps_owners() { lchown(target, Some(found.uid()), Some(found.gid())) } else { Ok(()) }
}
