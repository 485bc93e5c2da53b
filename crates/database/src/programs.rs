//! The programs of a PostgreSQL server, and the user they run as.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::DatabaseError;

/// Where the server's programs lie, and who may run them.
#[derive(Debug)]
pub(crate) struct Programs {
    folder: PathBuf,
    /// Set when this process is root.
    pub(crate) user: Option<User>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Programs {
    pub(crate) fn find() -> Result<Self, DatabaseError> {
        let folder = folders().into_iter().find(|folder| is_server(folder)).ok_or(DatabaseError::NotInstalled)?;
        let user = if rustix::process::geteuid().is_root() {
            Some(unprivileged(&fs::read_to_string("/etc/passwd").unwrap_or_default())?)
        } else {
            None
        };
        Ok(Self { folder, user })
    }

    /// The user that owns what the server owns.
    pub(crate) fn uid(&self) -> u32 {
        self.user.map_or_else(|| rustix::process::geteuid().as_raw(), |user| user.uid)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A command as the server's user, with nothing of the caller's environment that could change what the server does.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C").current_dir("/");
        for name in ["PATH", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if let Some(User { uid, gid }) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Gives a file or folder to the server's user.
    pub(crate) fn own(&self, path: &Path) -> std::io::Result<()> {
        match self.user {
            Some(User { uid, gid }) => std::os::unix::fs::lchown(path, Some(uid), Some(gid)),
            None => Ok(()),
        }
    }
}

/// Where distributions put the programs: in `PATH` if we are lucky; Debian hides them, the newest first here.
fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    for (parent, prefix) in [("/usr/lib/postgresql", ""), ("/usr", "pgsql-"), ("/opt/homebrew/opt", "postgresql@")] {
        folders.extend(versions(Path::new(parent), prefix).into_iter().map(|folder| folder.join("bin")));
    }
    folders.extend(["/usr/libexec/postgresql", "/usr/local/pgsql/bin", "/opt/homebrew/bin"].map(PathBuf::from));
    folders
}

/// The folders `prefix` + number inside `parent`, the highest number first.
fn versions(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let mut found: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let version = name.to_str()?.strip_prefix(prefix)?.split('.').next()?.parse().ok()?;
            Some((version, entry.path()))
        })
        .collect();
    found.sort_by(|(a, _), (b, _)| b.cmp(a));
    found.into_iter().map(|(_, path)| path).collect()
}

fn is_server(folder: &Path) -> bool {
    folder.is_absolute() && folder.join("initdb").is_file() && folder.join("postgres").is_file()
}

/// From the text of `/etc/passwd`.
fn unprivileged(passwd: &str) -> Result<User, DatabaseError> {
    let entry = |name: &str| {
        let fields: Vec<&str> = passwd.lines().map(|line| line.split(':').collect()).find(|f: &Vec<_>| f[0] == name)?;
        let user = User { uid: fields.get(2)?.parse().ok()?, gid: fields.get(3)?.parse().ok()? };
        (user.uid != 0).then_some(user)
    };
    entry("postgres").or_else(|| entry("nobody")).ok_or(DatabaseError::NoUser)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_becomes_postgres_or_else_nobody() {
        let nobody = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\n";
        let both = format!("{nobody}postgres:x:101:104::/var/lib/postgresql:/bin/bash\n");
        assert_eq!(unprivileged(nobody).unwrap(), User { uid: 65534, gid: 65533 });
        assert_eq!(unprivileged(&both).unwrap(), User { uid: 101, gid: 104 });
        for bad in ["", "root:x:0:0:::", "nobody", "nobody:x:many:1", "postgres:x:0:0::/:"] {
            assert!(matches!(unprivileged(bad), Err(DatabaseError::NoUser)), "{bad}");
        }
    }

    #[test]
    fn the_newest_version_comes_first() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["9.6", "15", "16", "common", "pgsql-17"] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        let names = |prefix| -> Vec<String> {
            let found = versions(parent.path(), prefix);
            found.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names(""), ["16", "15", "9.6"]);
        assert_eq!(names("pgsql-"), ["pgsql-17"]);
    }
}
