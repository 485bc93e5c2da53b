//! Whether containers can be made on this machine: tried, not guessed.

use std::ffi::CString;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;

use nix::sched::CloneFlags;
use rustix::mount::{MountFlags, MountPropagationFlags};

use crate::EngineError;

use super::root::{STAGE, stage};
use super::{Mapping, NAME, TRY, cgroup};

/// Asks a helper process to try, once for each helper program.
pub(crate) fn available(helper: &Path) -> Result<(), EngineError> {
    static FOUND: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
    let mut found = FOUND.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if found.iter().any(|known| known == helper) {
        return Ok(());
    }
    let output = Command::new(helper).arg(TRY).stdin(Stdio::null()).stderr(Stdio::null()).output();
    let output = output.map_err(|error| unavailable(format!("`{}` cannot be run: {error}", helper.display())))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        return Err(unavailable(if reason.is_empty() { "its helper process failed".to_owned() } else { reason }));
    }
    found.push(helper.to_owned());
    Ok(())
}

fn unavailable(reason: String) -> EngineError {
    EngineError::Unavailable { engine: NAME, reason, hint: Some(hint()) }
}

/// What is known to forbid it, and what allows it.
fn hint() -> String {
    let set = |path: &str, value: &str| fs::read_to_string(path).is_ok_and(|text| text.trim() == value);
    let known = [
        ("/proc/sys/user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=15000"),
        ("/proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
        (
            "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "sysctl kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    ];
    if let Some((_, _, command)) = known.iter().find(|(path, value, _)| set(path, value)) {
        return format!("run `{command}` as root, or use `--engine docker`");
    }
    if !rustix::process::geteuid().is_root() && !cgroup::is_unified() {
        return "run it as root, or use `--engine docker`".to_owned();
    }
    if Path::new("/.dockerenv").exists() {
        return "inside a container it needs one that was started with `--privileged`".to_owned();
    }
    "use `--engine docker`".to_owned()
}

/// The helper process: what a supervisor does, on nothing.
pub(crate) fn helper() -> ExitCode {
    match attempt() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            let _ = writeln!(io::stdout(), "{reason}");
            ExitCode::FAILURE
        }
    }
}

fn attempt() -> Result<(), String> {
    let mapping = Mapping::of_this_process();
    if !mapping.keeps_owners() && !cgroup::is_unified() {
        return Err("without root it needs control groups of version 2 at `/sys/fs/cgroup`".to_owned());
    }
    mapping.set_apart().map_err(failed("namespaces cannot be made"))?;
    let mount = |error: rustix::io::Errno| io::Error::from(error);
    rustix::mount::mount_change("/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)
        .map_err(mount)
        .map_err(failed("mounts cannot be set apart"))?;
    rustix::mount::mount("tmpfs", STAGE, "tmpfs", MountFlags::empty(), Some(c"mode=0711"))
        .map_err(mount)
        .map_err(failed("a tmpfs cannot be mounted"))?;
    for name in ["lower", "upper", "work", "merged"] {
        fs::create_dir(stage(name)).map_err(failed("a folder cannot be made"))?;
    }
    let mut options = format!("lowerdir={STAGE}/lower,upperdir={STAGE}/upper,workdir={STAGE}/work");
    if !mapping.keeps_owners() {
        options.push_str(",userxattr");
    }
    let options = CString::new(options).map_err(|error| error.to_string())?;
    rustix::mount::mount("overlay", stage("merged"), "overlay", MountFlags::empty(), Some(options.as_c_str()))
        .map_err(mount)
        .map_err(failed("overlay cannot be mounted"))?;
    nix::sched::unshare(CloneFlags::CLONE_NEWUSER)
        .map_err(io::Error::from)
        .map_err(failed("a user namespace cannot be made"))
}

fn failed(what: &'static str) -> impl FnOnce(io::Error) -> String {
    move |error| match error.raw_os_error() {
        Some(errno) => format!("{what}: {}", super::entry::plain(nix::errno::Errno::from_raw(errno))),
        None => format!("{what}: {error}"),
    }
}
