//! What compiles and links, by name and version.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::BuildError;

/// The compilers that a build uses.
#[derive(Debug, Clone)]
pub(crate) struct Toolchain {
    /// `rustc 1.95.0 (59807616e 2026-04-14)`
    pub(crate) rustc: String,
    /// `1.95.0`
    pub(crate) release: String,
    /// Of the standard library's sources.
    pub(crate) commit: Option<String>,
    pub(crate) sysroot: PathBuf,
    /// Compiler, linker and libc of C code.
    pub(crate) c: Vec<String>,
    pub(crate) target: String,
}

impl Toolchain {
    /// Looks for what `folder` is compiled with, for `target` or this machine.
    pub(crate) fn find(folder: &Path, target: Option<&str>) -> Result<Self, BuildError> {
        let rustc = |arguments: &[&str]| output(folder, "rustc", arguments).ok_or(BuildError::NoRustc);
        let verbose = rustc(&["-vV"])?;
        let field = |name: &str| verbose.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let host = field("host: ").ok_or(BuildError::NoRustc)?;
        let target = target.map_or(host, str::to_owned);
        if !target.contains("-linux-") {
            return Err(BuildError::Target(target));
        }
        let libraries = rustc(&["--print", "target-libdir", "--target", &target])
            .map_err(|_| BuildError::Target(target.clone()))?;
        if !Path::new(libraries.trim_end()).is_dir() {
            return Err(BuildError::NoStd(target));
        }
        let is_gnu = target.contains("-gnu");
        if is_gnu && !static_libc(folder) {
            return Err(BuildError::NoStaticLibc);
        }
        let first = |program: &str| output(folder, program, &["--version"]).and_then(|text| first_line(&text));
        let libc = if is_gnu { first("ldd") } else { None };
        Ok(Self {
            rustc: first_line(&verbose).unwrap_or_default(),
            release: field("release: ").unwrap_or_default(),
            commit: field("commit-hash: ").filter(|hash| hash != "unknown"),
            sysroot: PathBuf::from(rustc(&["--print", "sysroot"])?.trim_end()),
            c: [first("cc"), first("ld"), libc].into_iter().flatten().collect(),
            target,
        })
    }
}

/// Asks the C compiler, which knows where its libraries are.
fn static_libc(folder: &Path) -> bool {
    output(folder, "cc", &["-print-file-name=libc.a"]).is_some_and(|path| Path::new(path.trim_end()).is_absolute())
}

fn output(folder: &Path, program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).current_dir(folder).env("LC_ALL", "C").output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok())?
}

fn first_line(text: &str) -> Option<String> {
    text.lines().next().map(str::to_owned)
}
