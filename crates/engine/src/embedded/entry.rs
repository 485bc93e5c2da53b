//! The last step into a container: the image's program takes the place of the set-up.

use std::ffi::{CString, OsStr};
use std::fs::{self, File};
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use libcontainer::oci_spec::runtime::Spec;
use libcontainer::workload::{Executor, ExecutorError, ExecutorSetEnvsError, ExecutorValidationError};
use nix::errno::Errno;

use super::signals;

/// Runs the program of a specification, and tells why it could not.
#[derive(Clone)]
pub(crate) struct Entry {
    /// Closed by a program that runs; else the reason is written into it.
    report: Arc<OwnedFd>,
    /// Without a range of ids: who the one mapped id is to the program.
    pub(crate) becomes: Option<(u32, u32)>,
}

impl Entry {
    pub(crate) fn new(report: OwnedFd, becomes: Option<(u32, u32)>) -> Self {
        Self { report: Arc::new(report), becomes }
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
        Ok(())
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
        // The program must not outlive its supervisor.
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
