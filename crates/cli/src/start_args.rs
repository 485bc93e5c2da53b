//! How containers are started beyond what the image says: `--mount`, `--secret`, `--arg`, `--user`, `--workdir`, `--dns-name`.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use seaworthy_verify::{Mount, SECRETS, Start};

use crate::failure::Failure;
use crate::files;

/// The largest file that is mounted.
const LIMIT_BYTES: u64 = 10 << 20;

/// What every container gets besides its variables.
#[derive(Debug, Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct StartArgs {
    /// A file that every container sees, read-only, at an absolute path (repeatable)
    #[arg(long, value_name = "FILE:PATH")]
    mount: Vec<MountArg>,

    /// A file that every container sees at `/run/secrets/NAME`; its content is never shown (repeatable)
    // What is typed may be the secret itself: it is parsed where no message repeats it.
    #[arg(long, value_name = "NAME=FILE", value_parser = clap::value_parser!(OsString))]
    secret: Vec<OsString>,

    /// An argument in the place of the image's own: `--arg=--once` (repeatable, in order)
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    arg: Vec<String>,

    /// The user in the place of the image's own; promises about the user are then unproven
    #[arg(long, value_name = "UID[:GID]")]
    user: Option<String>,

    /// The working directory in the place of the image's own
    #[arg(long, value_name = "PATH")]
    workdir: Option<String>,

    /// The name that requests are addressed to, for a service that answers to its own names alone
    #[arg(long, value_name = "NAME")]
    dns_name: Option<DnsName>,
}

/// `FILE:PATH`
#[derive(Debug, Clone, PartialEq, Eq)]
struct MountArg {
    file: PathBuf,
    path: String,
}

/// `NAME=FILE`
#[derive(Debug, Clone, PartialEq, Eq)]
struct SecretArg {
    name: String,
    file: PathBuf,
}

/// A host's name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct DnsName(String);

/// Why an argument is not understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum FormError {
    #[error("a mount has a file and an absolute path: `app.toml:/etc/app.toml`")]
    Mount,
    #[error("containers cannot write a mounted file: leave `:rw` out")]
    Writable,
    #[error("a secret has a name of letters, digits, `_`, `-` and `.`, and a file: `db_password=password.txt`")]
    Secret,
    #[error("a name has letters, digits, `-` and `.`, and perhaps a port: `tasks.example.com`")]
    DnsName,
}

impl FromStr for MountArg {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        if text.ends_with(":rw") {
            return Err(FormError::Writable);
        }
        let text = text.strip_suffix(":ro").unwrap_or(text);
        let (file, path) = text.rsplit_once(':').ok_or(FormError::Mount)?;
        let is_plain = path.starts_with('/') && path.len() > 1 && !path.ends_with('/');
        let is_inside = path.split('/').all(|part| part != "..");
        if file.is_empty() || !is_plain || !is_inside {
            return Err(FormError::Mount);
        }
        Ok(Self { file: file.into(), path: path.to_owned() })
    }
}

impl FromStr for SecretArg {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let (name, file) = text.split_once('=').ok_or(FormError::Secret)?;
        let is_name = !name.is_empty()
            && !name.starts_with('.')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        if !is_name || file.is_empty() {
            return Err(FormError::Secret);
        }
        Ok(Self { name: name.to_owned(), file: file.into() })
    }
}

impl FromStr for DnsName {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
        let is_name = !name.is_empty()
            && name.len() <= 253
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
        if !is_name || port.is_some_and(|port| port.parse::<u16>().is_err()) {
            return Err(FormError::DnsName);
        }
        Ok(Self(text.to_owned()))
    }
}

impl StartArgs {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// Fails if a file cannot be read, or two are mounted at one path.
    pub(crate) fn resolve(self) -> anyhow::Result<Start> {
        let mut mounts: Vec<Mount> = Vec::new();
        let mut add = |path: String, file: &Path, secret: Option<String>| -> anyhow::Result<()> {
            if mounts.iter().any(|mount| mount.path == path) {
                return Err(Failure::new(format!("two files are mounted at `{path}`")).into());
            }
            let content = files::read(file, LIMIT_BYTES)?;
            let is_executable = fs::metadata(file).is_ok_and(|found| found.permissions().mode() & 0o111 != 0);
            mounts.push(Mount { path, content, is_executable, secret });
            Ok(())
        };
        for MountArg { file, path } in self.mount {
            add(path, &file, None)?;
        }
        for (nth, text) in self.secret.iter().enumerate() {
            let parsed = text.to_str().ok_or(FormError::Secret).and_then(str::parse::<SecretArg>);
            let nth = nth + 1;
            let SecretArg { name, file } =
                parsed.map_err(|error| Failure::new(format!("`--secret` number {nth}: {error}")))?;
            add(format!("{SECRETS}{name}"), &file, Some(name.clone())).map_err(|_| {
                Failure::new(format!("cannot read the file of the secret `{name}`"))
                    .hint("`--secret NAME=FILE` names a file of at most 10 MiB, once")
            })?;
        }
        Ok(Start {
            mounts,
            arguments: self.arg,
            user: self.user,
            working_dir: self.workdir,
            dns_name: self.dns_name.map(|DnsName(name)| name),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_has_a_file_and_an_absolute_path() {
        #[track_caller]
        fn check(text: &str, expected: Result<(&str, &str), FormError>) {
            let found = text.parse::<MountArg>().map(|found| (found.file.display().to_string(), found.path));
            assert_eq!(found, expected.map(|(file, path)| (file.to_owned(), path.to_owned())), "{text}");
        }
        check("app.toml:/etc/app.toml", Ok(("app.toml", "/etc/app.toml")));
        check("a:b:/etc/x:ro", Ok(("a:b", "/etc/x")));
        check("app.toml:/etc/app.toml:rw", Err(FormError::Writable));
        for wrong in ["", "app.toml", "app.toml:etc", ":/etc/x", "x:/", "x:/etc/", "x:/etc/../x"] {
            check(wrong, Err(FormError::Mount));
        }
    }

    #[test]
    fn a_secret_has_a_plain_name() {
        assert_eq!("db=p=q".parse(), Ok(SecretArg { name: "db".into(), file: "p=q".into() }));
        for wrong in ["", "db", "=x", "db=", "a/b=x", "..=x", ".x=x"] {
            assert_eq!(wrong.parse::<SecretArg>(), Err(FormError::Secret), "{wrong}");
        }
    }

    #[test]
    fn a_name_is_a_hosts() {
        assert_eq!("a.example.com:8443".parse(), Ok(DnsName("a.example.com:8443".into())));
        for wrong in ["", "a b", "a/b", "a:x", "a\r\nb"] {
            assert_eq!(wrong.parse::<DnsName>(), Err(FormError::DnsName), "{wrong}");
        }
    }
}
