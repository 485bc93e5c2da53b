//! The surroundings of a second build: as another user would have them, on a machine of another name.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use nix::sched::{CloneFlags, unshare};
use rustix::system::sethostname;

use super::BuildError;
use super::compile::cargo_home;

const HOST: &str = "another-host";
const USER: &str = "another-user";
/// Nobody's own, and no machine needs to have it: programs that do not know it take the C locale.
const LOCALE: &str = "et_EE.UTF-8";
/// Fourteen hours east, in a form that needs no list of zones.
const ZONE: &str = "AWAY-14";

/// What differs from the first build.
pub(super) struct Surroundings {
    variables: Vec<(&'static str, OsString)>,
}

impl Surroundings {
    /// With an empty home folder inside `folder`.
    pub(super) fn inside(folder: &Path) -> Result<Self, BuildError> {
        let home = folder.join("another/home");
        std::fs::create_dir_all(&home).map_err(BuildError::Temporary)?;
        let mut variables: Vec<(&'static str, OsString)> = vec![
            ("HOME", home.into()),
            ("USER", USER.into()),
            ("LOGNAME", USER.into()),
            ("HOSTNAME", HOST.into()),
            ("LANG", LOCALE.into()),
            ("LC_ALL", LOCALE.into()),
            ("TZ", ZONE.into()),
            // What is installed stays where it is.
            ("CARGO_HOME", cargo_home().into()),
        ];
        variables.extend(rustup_home().map(|path| ("RUSTUP_HOME", path.into())));
        Ok(Self { variables })
    }

    /// Starts a command in them. Where the machine's name may not be changed for it, it stays.
    ///
    /// # Errors
    ///
    /// Fails if the command cannot be started.
    pub(super) fn spawn(&self, mut command: Command) -> io::Result<(Child, Varied)> {
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        // The namespace is this thread's alone, and that of what it starts.
        let thread = std::thread::spawn(move || {
            let has_other_name = unshare(CloneFlags::CLONE_NEWUTS).is_ok() && sethostname(HOST.as_bytes()).is_ok();
            command.spawn().map(|child| (child, Varied { has_other_name }))
        });
        thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread that starts the compiler ended")))
    }
}

/// What could be varied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Varied {
    has_other_name: bool,
}

impl Varied {
    /// In the evidence's words.
    pub(super) fn names(self) -> Vec<String> {
        let all = ["folder", "user name", "home", "locale", "time zone", "host name"];
        all[..if self.has_other_name { all.len() } else { all.len() - 1 }].iter().map(ToString::to_string).collect()
    }
}

/// Where rustup keeps its toolchains, if it is used.
fn rustup_home() -> Option<PathBuf> {
    let own = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".rustup")).filter(|path| path.is_dir());
    std::env::var_os("RUSTUP_HOME").map(PathBuf::from).or_else(own)
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;

    #[test]
    fn a_command_sees_another_user_home_locale_zone_and_host() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command
            .args(["-c", "echo $USER $LOGNAME $HOME $LANG $LC_ALL; date -d @0 +%H; uname -n"])
            .stdout(Stdio::piped());
        let here = Command::new("uname").arg("-n").output().unwrap().stdout;
        let (child, varied) = Surroundings::inside(folder.path()).unwrap().spawn(command).unwrap();
        let said = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        let lines: Vec<&str> = said.lines().collect();
        let home = folder.path().join("another/home");
        assert_eq!(lines[0], format!("another-user another-user {} et_EE.UTF-8 et_EE.UTF-8", home.display()));
        assert_eq!(lines[1], "14");
        let is_other = lines[2] == HOST;
        assert_eq!(is_other, varied.names().iter().any(|name| name == "host name"));
        assert_eq!(is_other, rustix::process::geteuid().is_root(), "root may change it");
        // This machine keeps its name.
        assert_eq!(Command::new("uname").arg("-n").output().unwrap().stdout, here);
    }
}
