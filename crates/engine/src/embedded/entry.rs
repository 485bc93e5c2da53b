//! The last step into a container: the image's program takes the place of the set-up.

use std::ffi::{CString, OsStr};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use libcontainer::oci_spec::runtime::Spec;
use libcontainer::workload::{Executor, ExecutorError, ExecutorSetEnvsError, ExecutorValidationError};
use nix::errno::Errno;
use nix::sched::CloneFlags;
use nix::unistd::{Gid, Uid};
use rustix::process::DumpableBehavior;
use rustix::thread::CapabilitySet;
use serde::{Deserialize, Serialize};

use super::isolation::FOR_ENTRY;
use super::{seccomp, signals};

/// Runs the program of a specification, and tells why it could not.
#[derive(Clone)]
pub(crate) struct Entry {
    /// Closed by a program that runs; else the reason is written into it.
    report: Arc<OwnedFd>,
    identity: Identity,
}

/// How the set-up becomes the image's user.
#[derive(Debug, Clone)]
pub(crate) enum Identity {
    /// libcontainer has done it.
    Set,
    /// The one mapped id is this user to the program.
    Only { uid: u32, gid: u32 },
    /// As the container's first process.
    OfFirst,
    /// Root outside, which made this user namespace, becomes a user in it: libcontainer does not lead a second process there.
    In { namespace: Arc<OwnedFd>, user: Ids },
}

/// Ids inside a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ids {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) groups: Vec<u32>,
}

impl Entry {
    pub(crate) fn new(report: OwnedFd, identity: Identity) -> Self {
        Self { report: Arc::new(report), identity }
    }
}

impl Executor for Entry {
    fn exec(&self, spec: &Spec) -> Result<(), ExecutorError> {
        let reason = self.run(spec);
        // Without the reader there is nobody left to tell.
        if let Ok(copy) = self.report.try_clone() {
            let _ = File::from(copy).write_all(reason.as_bytes());
        }
        Err(ExecutorError::Other(reason))
    }

    fn validate(&self, _: &Spec) -> Result<(), ExecutorValidationError> {
        if matches!(self.identity, Identity::Set) {
            return Ok(());
        }
        // Without root, the supervisor may enter the namespaces of a process, and that process write its own maps, only so.
        rustix::process::set_dumpable_behavior(DumpableBehavior::Dumpable)
            .map_err(|errno| ExecutorValidationError::ArgValidationError(format!("cannot be made dumpable: {errno}")))
    }

    fn setup_envs(&self, _: std::collections::HashMap<String, String>) -> Result<(), ExecutorSetEnvsError> {
        Ok(())
    }
}

impl Entry {
    /// Returns only with the reason why the program does not run.
    fn run(&self, spec: &Spec) -> String {
        let Some(process) = spec.process() else { return "no process is specified".to_owned() };
        let args = process.args().clone().unwrap_or_default();
        let env = process.env().clone().unwrap_or_default();
        let Some(name) = args.first() else { return "the image names no command".to_owned() };

        signals::reset();
        if let Err(error) = self.identity.take(spec) {
            return format!("cannot become the image's user: {error}");
        }
        // The program must not outlive its supervisor. Only now: the kernel forgets it when the user changes.
        if let Err(errno) = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL)) {
            return format!("cannot be bound to its supervisor: {errno}");
        }
        let path = match find(name, &env) {
            Ok(path) => path,
            Err(reason) => return format!("exec {name}: {reason}"),
        };
        let text = |text: &[u8]| CString::new(text).map_err(|_| format!("exec {name}: an argument has a NUL in it"));
        let all = |texts: &[String]| texts.iter().map(|one| text(one.as_bytes())).collect::<Result<Vec<_>, _>>();
        let (path_text, args, env) = match (text(path.as_os_str().as_encoded_bytes()), all(&args), all(&env)) {
            (Ok(path), Ok(args), Ok(env)) => (path, args, env),
            (Err(reason), ..) | (_, Err(reason), _) | (.., Err(reason)) => return reason,
        };
        if let Err(reason) = seccomp::close(named_capabilities(spec).iter().any(|name| name == "SYS_CHROOT")) {
            return reason;
        }
        let Err(errno) = nix::unistd::execve(&path_text, &args, &env);
        let shown = path.display();
        match errno {
            Errno::ENOENT if path.exists() => {
                format!("exec {shown}: {} (the file is there, its interpreter or dynamic loader is not)", plain(errno))
            }
            errno => format!("exec {shown}: {}", plain(errno)),
        }
    }
}

impl Identity {
    fn take(&self, spec: &Spec) -> io::Result<()> {
        match self {
            Self::Set | Self::Only { uid: 0, gid: 0 } => return Ok(()),
            Self::In { namespace, user } => {
                nix::sched::setns(namespace, CloneFlags::CLONE_NEWUSER)?;
                keep_capabilities(spec)?;
                let groups: Vec<Gid> = user.groups.iter().copied().map(Gid::from_raw).collect();
                nix::unistd::setgroups(&groups)?;
                let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
                nix::unistd::setresgid(gid, gid, gid)?;
                nix::unistd::setresuid(uid, uid, uid)?;
                return Ok(());
            }
            Self::Only { uid, gid } => {
                nix::sched::unshare(CloneFlags::CLONE_NEWUSER)?;
                fs::write("/proc/self/uid_map", format!("{uid} 0 1"))?;
                fs::write("/proc/self/setgroups", "deny")?;
                fs::write("/proc/self/gid_map", format!("{gid} 0 1"))?;
            }
            Self::OfFirst => {
                let first = File::open("/proc/1/ns/user")?;
                let own = fs::metadata("/proc/self/ns/user")?;
                if own.ino() == first.metadata()?.ino() {
                    return Ok(());
                }
                nix::sched::setns(first, CloneFlags::CLONE_NEWUSER)?;
            }
        }
        keep_capabilities(spec)?;
        Ok(())
    }
}

/// A new user namespace begins with every capability in it: leaves those that the specification names.
fn keep_capabilities(spec: &Spec) -> io::Result<()> {
    let kept = named_capabilities(spec);
    for (name, capability) in CapabilitySet::all().iter_names() {
        if kept.iter().any(|one| one == name) {
            continue;
        }
        match rustix::thread::remove_capability_from_bounding_set(capability) {
            // The kernel does not know it.
            Ok(()) | Err(rustix::io::Errno::INVAL) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

/// The capabilities that the specification gives the program, without `CAP_`.
fn named_capabilities(spec: &Spec) -> Vec<String> {
    let capabilities = spec.process().as_ref().and_then(|process| process.capabilities().as_ref());
    let named = capabilities.and_then(|all| all.bounding().clone()).unwrap_or_default();
    let plain = |name: &str| name.trim_start_matches("CAP_").to_owned();
    let kept: Vec<String> = named.iter().map(|one| plain(&one.to_string())).collect();
    if kept == [plain(FOR_ENTRY)] { Vec::new() } else { kept }
}

/// As runc does: a name with a slash is a path, any other is looked for in `PATH`.
fn find(name: &str, env: &[String]) -> Result<PathBuf, String> {
    if name.is_empty() {
        return Err(plain(Errno::ENOENT));
    }
    if name.contains('/') {
        return Ok(PathBuf::from(name));
    }
    let path = env.iter().find_map(|entry| entry.strip_prefix("PATH=")).unwrap_or_default();
    let mut denied = false;
    for folder in std::env::split_paths(OsStr::new(path)) {
        let candidate = folder.join(name);
        match fs::metadata(&candidate) {
            Ok(found) if found.is_file() && executable(&candidate) => return Ok(candidate),
            Ok(found) if found.is_file() => denied = true,
            _ => {}
        }
    }
    Err(if denied { plain(Errno::EACCES) } else { "executable file not found in `PATH`".to_owned() })
}

fn executable(path: &Path) -> bool {
    let flags = rustix::fs::AtFlags::EACCESS;
    rustix::fs::accessat(rustix::fs::CWD, path, rustix::fs::Access::EXEC_OK, flags).is_ok()
}

/// `no such file or directory`
pub(crate) fn plain(errno: Errno) -> String {
    let text = errno.desc();
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
