//! Whether containers can be made on this machine: tried, not guessed.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;

use nix::sched::CloneFlags;

use crate::EngineError;

use super::{Mapping, NAME, TRY};

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
    if let Mapping::Single { .. } = mapping {
        return Err("it needs root: without it, containers of more than one user cannot be made here".to_owned());
    }
    let step = |what: &'static str| move |errno: nix::errno::Errno| format!("{what}: {}", super::entry::plain(errno));
    nix::sched::unshare(CloneFlags::CLONE_NEWNS).map_err(step("a mount namespace cannot be made"))?;
    let own = nix::errno::Errno::from_raw;
    rustix::mount::mount_change(
        "/",
        rustix::mount::MountPropagationFlags::DOWNSTREAM | rustix::mount::MountPropagationFlags::REC,
    )
    .map_err(|errno| step("mounts cannot be set apart")(own(errno.raw_os_error())))?;
    rustix::mount::mount("tmpfs", "/tmp", "tmpfs", rustix::mount::MountFlags::empty(), Some(c"mode=0711"))
        .map_err(|errno| step("a tmpfs cannot be mounted")(own(errno.raw_os_error())))?;
    let folders = ["lower", "upper", "work", "merged"].map(super::root::stage);
    for folder in &folders {
        fs::create_dir(folder).map_err(|error| error.to_string())?;
    }
    let options = c"lowerdir=/tmp/lower,upperdir=/tmp/upper,workdir=/tmp/work";
    rustix::mount::mount("overlay", "/tmp/merged", "overlay", rustix::mount::MountFlags::empty(), Some(options))
        .map_err(|errno| step("overlay cannot be mounted")(own(errno.raw_os_error())))?;
    nix::sched::unshare(CloneFlags::CLONE_NEWUSER).map_err(step("a user namespace cannot be made"))
}
