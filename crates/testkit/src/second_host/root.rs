//! The second host's kernel and root file system, from Debian's packages: made once, and named by what they are made of.
//!
//! The packages are unpacked, not installed: what runs there is `busybox`, PostgreSQL's server and what a test brings. No right of root is
//! needed, and nothing of this machine gets into it.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use crate::rust_image::{run, target};

/// Its drivers for the disk and for ext4 are built in, so that it starts without an initial RAM disk.
const KERNEL: &str = "linux-image-cloud-amd64";
/// With everything that they need.
const PACKAGES: &[&str] = &["base-files", "busybox-static", "ca-certificates", "postgresql"];
const INIT: &str = include_str!("init.sh");
const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\npostgres:x:101:104::/var/lib/postgresql:/bin/sh\n";
const GROUP: &str = "root:x:0:\npostgres:x:104:\n";
const SIZE: &str = "2G";

/// What a machine is started from.
pub(crate) struct Root {
    pub(crate) kernel: PathBuf,
    /// A raw ext4 file system; many machines may start from it, as none writes to it.
    pub(crate) disk: PathBuf,
}

/// Makes it, unless it is there.
pub(crate) fn made() -> anyhow::Result<Root> {
    let release = fs::read_to_string("/etc/os-release").context("the second host's packages are Debian's")?;
    let name = seaworthy_image::Digest::of(&[include_bytes!("root.rs"), INIT.as_bytes(), release.as_bytes()].concat());
    let all = target()?.join("testkit");
    fs::create_dir_all(&all)?;
    let folder = all.join(format!("second-host-{}", &name.hex()[..12]));
    let lock = File::create(all.join("second-host.lock"))?;
    lock.lock()?;
    if !folder.is_dir() {
        let making = tempfile::Builder::new().prefix("second-host-making-").tempdir_in(&all)?;
        let done = making.path().join("done");
        fs::create_dir(&done)?;
        make(making.path(), &done)?;
        fs::rename(&done, &folder)?;
    }
    Ok(Root { kernel: folder.join("kernel"), disk: folder.join("root.ext4") })
}

fn make(folder: &Path, done: &Path) -> anyhow::Result<()> {
    let apt = Apt::new(folder)?;
    let kernel = apt.kernel()?;
    apt.download(&kernel).context("the second host's packages are downloaded")?;
    let root = folder.join("root");
    for place in ["dev", "etc", "proc", "result", "root", "run", "sys", "tmp"] {
        fs::create_dir_all(root.join(place))?;
    }
    for package in apt.downloaded()? {
        run(Command::new("dpkg-deb").arg("--extract").arg(package).arg(&root))?;
    }
    // Where packages no longer have these folders, Debian's own base has links in their place.
    for name in ["bin", "lib", "lib64", "sbin"] {
        if !root.join(name).exists() {
            symlink(format!("usr/{name}"), root.join(name))?;
        }
    }
    for unread in ["doc", "i18n", "locale", "man"] {
        let _ = fs::remove_dir_all(root.join("usr/share").join(unread));
    }
    fs::write(root.join("etc/passwd"), PASSWD)?;
    fs::write(root.join("etc/group"), GROUP)?;
    fs::write(root.join("init"), INIT)?;
    fs::set_permissions(root.join("init"), fs::Permissions::from_mode(0o755))?;

    let version = kernel.strip_prefix("linux-image-").unwrap_or(&kernel);
    fs::copy(root.join("boot").join(format!("vmlinuz-{version}")), done.join("kernel"))?;
    fs::remove_dir_all(root.join("boot"))?;
    // A static program: that of the root runs here too.
    run(Command::new(root.join("bin/busybox")).args(["depmod", "-b"]).arg(&root).arg(version))?;
    run(Command::new("mke2fs")
        .args(["-q", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-E", "root_owner=0:0", "-d"])
        .args([&root, &done.join("root.ext4")])
        .arg(SIZE)
        .stdout(Stdio::null()))
    .context("the second host's file system is made: apt-get install e2fsprogs")
}

/// Debian's package manager on a machine that has no package yet, with the sources of this one.
struct Apt<'a> {
    folder: &'a Path,
}

impl<'a> Apt<'a> {
    fn new(folder: &'a Path) -> anyhow::Result<Self> {
        for place in ["state/lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(folder.join(place))?;
        }
        fs::write(folder.join("state/status"), "")?;
        let apt = Self { folder };
        run(apt.command("apt-get").arg("update")).context("apt-get asks which packages there are")?;
        Ok(apt)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .arg("-qq")
            .arg(format!("-oDir::State={}", self.folder.join("state").display()))
            .arg(format!("-oDir::State::status={}", self.folder.join("state/status").display()))
            .arg(format!("-oDir::Cache={}", self.folder.join("cache").display()))
            .args(["-oAPT::Sandbox::User=root", "-oDebug::NoLocking=1"])
            .stdout(Stdio::null())
            .stdin(Stdio::null());
        command
    }

    /// `linux-image-6.1.0-18-cloud-amd64`
    fn kernel(&self) -> anyhow::Result<String> {
        let output = self.command("apt-cache").args(["depends", KERNEL]).stdout(Stdio::piped()).output()?;
        let text = String::from_utf8(output.stdout)?;
        let named = text.lines().find_map(|line| line.trim().strip_prefix("Depends: linux-image-"));
        Ok(format!("linux-image-{}", named.with_context(|| format!("there is no package `{KERNEL}`; Debian has it"))?))
    }

    fn download(&self, kernel: &str) -> anyhow::Result<()> {
        let install = ["install", "--yes", "--no-install-recommends", "--download-only"];
        run(self.command("apt-get").args(install).args(PACKAGES))?;
        // Alone: what makes an initial RAM disk is among what it needs.
        run(self.command("apt-get").args(["download", kernel]).current_dir(self.archives()))
    }

    fn archives(&self) -> PathBuf {
        self.folder.join("cache/archives")
    }

    fn downloaded(&self) -> anyhow::Result<Vec<PathBuf>> {
        let entries = fs::read_dir(self.archives())?.collect::<Result<Vec<_>, _>>()?;
        let is_package = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "deb");
        let packages: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).filter(is_package).collect();
        ensure!(packages.len() > PACKAGES.len(), "apt-get downloaded nothing");
        Ok(packages)
    }
}
