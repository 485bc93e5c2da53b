//! One call of `cargo build`, such that the same sources give the same binary in any folder.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::surroundings::{Surroundings, Varied};
use super::toolchain::Toolchain;
use super::{BuildError, Facts};
use crate::cargo::Package;

/// What is compiled, and where.
pub(crate) struct Compilation<'a> {
    pub(crate) package: &'a Package,
    /// The package's folder.
    pub(crate) folder: &'a Path,
    pub(crate) workspace: &'a Path,
    /// Cargo's target directory: one of our own, so that our flags do not make the user's next build start anew.
    pub(crate) target_directory: &'a Path,
    pub(crate) toolchain: &'a Toolchain,
    pub(crate) facts: &'a Facts,
    pub(crate) binary: &'a str,
    /// Other than this program's, for a second build.
    pub(crate) surroundings: Option<&'a Surroundings>,
}

/// What a compilation gave.
pub(crate) struct Compiled {
    pub(crate) path: PathBuf,
    /// Where there were other surroundings, what of them was.
    pub(crate) varied: Option<Varied>,
}

/// How much of what Cargo says is kept, to be shown when it fails.
const LOG_LINES: usize = 400;

/// A line of `--message-format=json`.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

impl Compilation<'_> {
    /// Compiles, and gives the binary's path. `progress` hears each crate's name.
    pub(crate) fn run(&self, progress: &mut dyn FnMut(&str)) -> Result<Compiled, BuildError> {
        let mut command = self.command();
        let (mut child, varied) = match self.surroundings {
            None => (command.spawn().map_err(BuildError::Run)?, None),
            Some(surroundings) => {
                let (child, varied) = surroundings.spawn(command).map_err(BuildError::Run)?;
                (child, Some(varied))
            }
        };
        let stdout = child.stdout.take().map(BufReader::new);
        let stderr = child.stderr.take().map(BufReader::new);
        let binary = self.binary.to_owned();
        let messages = std::thread::spawn(move || {
            let lines = stdout.into_iter().flat_map(BufRead::lines).map_while(Result::ok);
            let made = |line: String| {
                let message: Message = serde_json::from_str(&line).ok()?;
                let ours = message.target.is_some_and(|target| target.name == binary);
                message.executable.filter(|_| ours)
            };
            lines.filter_map(made).last()
        });
        let mut log = VecDeque::new();
        for line in stderr.into_iter().flat_map(|stderr| stderr.split(b'\n')).map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            match status(&line) {
                Some(status) => progress(status),
                None => log.push_back(line),
            }
            if log.len() > LOG_LINES {
                log.pop_front();
            }
        }
        let ended = child.wait().map_err(BuildError::Run)?;
        let made = messages.join().unwrap_or_default();
        if ended.success() {
            let path = made.ok_or_else(|| BuildError::NoBinary(self.binary.to_owned()))?;
            return Ok(Compiled { path, varied });
        }
        Err(self.failure(log.into_iter().collect::<Vec<_>>().join("\n").trim().to_owned()))
    }

    fn command(&self) -> Command {
        let mut command = Command::new("cargo");
        command
            .args([
                "build",
                "--profile",
                &self.package.settings.profile,
                "--locked",
                "--color",
                "never",
                "--message-format",
                "json-render-diagnostics",
            ])
            .args(["--package", &self.package.name, "--bin", self.binary, "--target", &self.toolchain.target])
            .arg("--target-dir")
            .arg(self.target_directory)
            .current_dir(self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // What the user's shell says to other builds must not change this one.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PROFILE_") || text.starts_with("CARGO_TARGET_") || C_FLAGS.contains(&&*text) {
                command.env_remove(name);
            }
        }
        let target = self.toolchain.target.replace('-', "_");
        let c_flags = self.maps().map(|(from, to)| format!("-ffile-prefix-map={from}={to}")).join(" ");
        command
            .env_remove("RUSTFLAGS")
            .env("CARGO_ENCODED_RUSTFLAGS", self.rust_flags().join("\u{1f}"))
            .env(format!("CFLAGS_{target}"), &c_flags)
            .env(format!("CXXFLAGS_{target}"), &c_flags)
            .env("CARGO_INCREMENTAL", "0")
            .env("SOURCE_DATE_EPOCH", self.facts.time.to_string())
            .env("ZERO_AR_DATE", "1")
            .env("TZ", "UTC")
            .env("LC_ALL", "C");
        command
    }

    fn rust_flags(&self) -> Vec<String> {
        let mut flags = vec!["-Ctarget-feature=+crt-static".to_owned()];
        flags.extend(self.maps().map(|(from, to)| format!("--remap-path-prefix={from}={to}")));
        // Where the standard library's sources are installed, it is spoken of as where they are not.
        if let Some(commit) = &self.toolchain.commit {
            let sources = self.toolchain.sysroot.join("lib/rustlib/src/rust");
            flags.push(format!("--remap-path-prefix={}=/rustc/{commit}", sources.display()));
        }
        flags
    }

    /// What paths are called in the binary. A later one wins where several fit.
    fn maps(&self) -> [(String, &'static str); 4] {
        let text = |path: &Path| path.display().to_string();
        [
            (text(self.workspace), "/src"),
            (text(self.target_directory), "/target"),
            (text(&cargo_home()), "/cargo"),
            (text(&self.toolchain.sysroot), "/rust"),
        ]
    }

    fn failure(&self, log: String) -> BuildError {
        let name = self.package.name.clone();
        let stale = ["lock file", "Cargo.lock"].iter().any(|word| log.contains(word)) && log.contains("--locked");
        if stale {
            BuildError::StaleLock(self.workspace.join("Cargo.lock"))
        } else if log.contains("linking with `") {
            BuildError::Link { name, log }
        } else {
            BuildError::Compile { name, log }
        }
    }
}

const C_FLAGS: [&str; 6] = ["CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "TARGET_CFLAGS", "TARGET_CXXFLAGS"];

pub(super) fn cargo_home() -> PathBuf {
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo"));
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home).unwrap_or_else(|| "/nonexistent".into())
}

/// `Compiling serde v1.0.0`, which is no part of the log.
fn status(line: &str) -> Option<&str> {
    let trimmed = line.trim_start();
    let verb = trimmed.split(' ').next()?;
    let known =
        ["Compiling", "Downloading", "Downloaded", "Finished", "Fresh", "Updating", "Locking", "Blocking", "Adding"];
    (line.starts_with("  ") && known.contains(&verb)).then_some(trimmed)
}
