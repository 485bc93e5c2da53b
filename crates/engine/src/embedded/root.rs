//! The container's root filesystem: layers under a writable folder, volumes, and files put in. Everything is mounted in the supervisor's
//! own mount namespace: it goes with it.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Read as _};
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, lchown};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Gid, Mode, OFlags, ResolveFlags, Uid};
use rustix::io::Errno;
use rustix::mount::{MountFlags, MountPropagationFlags};

use super::Mapping;
use super::disk::{Disk, Watched};
use super::isolation::Bind;
use super::protocol::Plan;

/// A folder that every machine has and anybody may enter. Ours covers it, in the supervisor's mount namespace alone: the ids of a
/// container could not enter the user's own cache.
pub(crate) const STAGE: &str = "/tmp";
/// The folder of files that are put into the container.
const FILES: &str = "files";
/// `/etc/passwd` and the like are not read further.
const TEXT_BYTES_MAX: u64 = 16 << 20;
/// As many links as the kernel follows.
const LINKS_MAX: usize = 40;
const VOLUME_ENTRIES_MAX: u64 = 2_000_000;

/// A mounted root filesystem.
pub(crate) struct Root {
    folder: OwnedFd,
    mapping: Mapping,
    /// Source, destination, read-only.
    pub(crate) binds: Vec<Bind>,
    /// What bounds the writing.
    pub(crate) watched: Watched,
}

/// A path on the stage.
pub(crate) fn stage(name: &str) -> PathBuf {
    Path::new(STAGE).join(name)
}

/// Where a file that is put into the container is, before it is bound there: on the container's disk, for it may write to some.
pub(crate) fn file(name: &str) -> PathBuf {
    stage(FILES).join(name)
}

/// Where the file of this number in [`Plan::files`] is.
pub(crate) fn put_in(number: usize) -> PathBuf {
    file(&format!("put-{number}"))
}

impl Root {
    pub(crate) fn mount(plan: &Plan) -> io::Result<Self> {
        let mapping = plan.mapping;
        let open = |path: &Path| -> io::Result<OwnedFd> {
            Ok(rustix::fs::open(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
        };
        // Opened before the stage covers what may be their folder.
        let lower = plan.layers.iter().rev().map(|layer| open(layer)).collect::<io::Result<Vec<_>>>()?;
        let volumes = plan.volumes.iter().map(|volume| open(&volume.folder)).collect::<io::Result<Vec<_>>>()?;
        let disk = Disk::make(&plan.folder, plan.disk_bytes, mapping.keeps_owners())?;

        rustix::mount::mount_change("/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)?;
        rustix::mount::mount("tmpfs", STAGE, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, Some(c"mode=0711"))?;
        let own_disk = made(&stage("disk"), 0o711)?;
        let is_device = disk.mount(&own_disk)?;
        let upper = made(&own_disk.join("upper"), 0o755)?;
        own(&upper, mapping, 0, 0)?;
        let work = open(&made(&own_disk.join("work"), 0o755)?)?;
        let empty = open(&made(&own_disk.join("empty"), 0o755)?)?;
        let upper = open(&upper)?;
        rustix::mount::mount_bind(made(&own_disk.join("files"), 0o711)?, made(&stage(FILES), 0o711)?)?;

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

        let mut folders: Vec<PathBuf> = Vec::new();
        if !is_device {
            folders.push(own_disk.clone());
        }
        folders.extend((0..volumes.len()).map(|number| stage(&format!("volume-{number}"))));
        let watched = Watched::new(is_device.then_some(own_disk.as_path()), folders, plan.disk_bytes)?;
        let mut root = Self { folder: open(&rootfs)?, mapping, binds: Vec::new(), watched };
        for (number, (volume, folder)) in plan.volumes.iter().zip(&volumes).enumerate() {
            root.bind_filled(&volume.path, &PathBuf::from(by_descriptor(folder)), &format!("volume-{number}"))?;
        }
        for (number, path) in plan.writable.iter().enumerate() {
            let name = format!("writable-{number}");
            root.bind_empty(path, &own_disk.join(&name), &name)?;
        }
        for (number, file) in plan.files.iter().enumerate() {
            let mode = if file.is_executable { 0o555 } else { 0o444 };
            root.put(&file.path, &file.content, &put_in(number), mode, true)?;
        }
        // What the image has in its volumes is not the container's writing.
        root.watched.begin();
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
        self.make_file(path)?;
        self.show(source, path, read_only.then_some("ro"));
        Ok(())
    }

    /// Makes an empty file where none is, with the folders above it. A link is followed, also to where nothing is yet:
    /// `/etc/resolv.conf` leads to a folder that only a running system has.
    fn make_file(&self, path: &str) -> Result<(), Errno> {
        let mut path = PathBuf::from(path);
        for _ in 0..LINKS_MAX {
            let parent = path.parent().unwrap_or(Path::new("/")).to_owned();
            self.make_folder(&parent.to_string_lossy())?;
            match self.open(&path, OFlags::PATH | OFlags::NOFOLLOW) {
                Ok(found) if is_link(&found)? => {
                    let target = rustix::fs::readlinkat(&found, "", Vec::new())?;
                    path = parent.join(std::ffi::OsStr::from_bytes(target.to_bytes()));
                }
                Ok(_) => return Ok(()),
                Err(Errno::NOENT) => {
                    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
                    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
                    let mode = Mode::from_raw_mode(0o644);
                    let file = rustix::fs::openat2(&self.folder, &path, flags, mode, resolve)?;
                    if let (Some(uid), Some(gid)) = (self.mapping.outside(0), self.mapping.outside(0)) {
                        rustix::fs::fchown(file, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))?;
                    }
                    return Ok(());
                }
                Err(errno) => return Err(errno),
            }
        }
        Err(Errno::LOOP)
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
    fn bind_filled(&mut self, path: &str, folder: &Path, name: &str) -> io::Result<()> {
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
                    fs::set_permissions(&filling, Permissions::from_mode(0o755))?;
                }
                Err(errno) => return Err(errno.into()),
            }
            fs::rename(&filling, &data)?;
        }
        self.bind(path, &data, name, None)
    }

    /// Binds a new folder over a path, empty whatever the image has there, for everybody to write in. Nothing in it is executed, as in what
    /// `docker run --tmpfs` mounts.
    fn bind_empty(&mut self, path: &str, folder: &Path, name: &str) -> io::Result<()> {
        DirBuilder::new().mode(0o700).create(folder)?;
        own(folder, self.mapping, 0, 0)?;
        fs::set_permissions(folder, Permissions::from_mode(0o1777))?;
        self.bind(path, folder, name, Some("noexec"))
    }

    fn bind(&mut self, path: &str, folder: &Path, name: &str, option: Option<&'static str>) -> io::Result<()> {
        let target = made(&stage(name), 0o755)?;
        rustix::mount::mount_bind(folder, &target)?;
        self.show(&target, path, option);
        Ok(())
    }

    fn show(&mut self, source: &Path, path: &str, option: Option<&'static str>) {
        let (source, destination) = (source.to_string_lossy().into_owned(), path.to_owned());
        self.binds.push(Bind { source, destination, option });
    }

    /// Opens a path as the container sees it: no link leads out.
    fn open(&self, path: impl AsRef<Path>, flags: OFlags) -> Result<OwnedFd, Errno> {
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        rustix::fs::openat2(&self.folder, path.as_ref(), flags | OFlags::CLOEXEC, Mode::empty(), resolve)
    }
}

fn is_link(file: &OwnedFd) -> Result<bool, Errno> {
    let found = rustix::fs::fstat(file)?;
    Ok(rustix::fs::FileType::from_raw_mode(found.st_mode) == rustix::fs::FileType::Symlink)
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

/// Gives a stream to an id of the container.
pub(crate) fn own_stream(stream: BorrowedFd<'_>, mapping: Mapping, uid: u32, gid: u32) -> io::Result<()> {
    match (mapping.outside(uid), mapping.outside(gid)) {
        (Some(uid), Some(gid)) => Ok(rustix::fs::fchown(stream, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))?),
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
