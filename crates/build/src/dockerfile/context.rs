//! The context of a build, as the archive that a daemon takes.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use super::DockerfileError;
use super::ignore::Ignore;
use crate::text;

/// No context that is meant as one is larger.
const BYTES_MAX: u64 = 4 << 30;
/// Where a Dockerfile lies that is not in its context.
const OUTSIDE: &str = ".seaworthy.Dockerfile";

/// The archive, and the Dockerfile's path in it.
pub(super) fn pack(context: &Path, dockerfile: &Path) -> Result<(File, String), DockerfileError> {
    let unread = |path: &Path, source| DockerfileError::Read { path: path.to_owned(), source };
    let context = context.canonicalize().map_err(|error| unread(context, error))?;
    let dockerfile = dockerfile.canonicalize().map_err(|error| unread(dockerfile, error))?;
    let inside = dockerfile.strip_prefix(&context).ok().and_then(Path::to_str).map(str::to_owned);

    let archive = tempfile::tempfile().map_err(|error| unread(&std::env::temp_dir(), error))?;
    let mut packer = Packer {
        tar: tar::Builder::new(archive),
        ignore: ignore(&context, &dockerfile)?,
        always: inside.clone(),
        root: context.clone(),
        bytes: 0,
    };
    packer.folder(&context, "")?;
    if inside.is_none() {
        packer.entry(&dockerfile, OUTSIDE, &fs::metadata(&dockerfile).map_err(|error| unread(&dockerfile, error))?)?;
    }
    let finish = |mut tar: tar::Builder<File>| {
        tar.finish()?;
        let mut file = tar.into_inner()?;
        file.rewind()?;
        Ok(file)
    };
    let archive = finish(packer.tar).map_err(|error| unread(&context, error))?;
    Ok((archive, inside.unwrap_or_else(|| OUTSIDE.to_owned())))
}

/// The Dockerfile's own (`Dockerfile.dockerignore`) before the context's.
fn ignore(context: &Path, dockerfile: &Path) -> Result<Ignore, DockerfileError> {
    let mut own = dockerfile.as_os_str().to_owned();
    own.push(".dockerignore");
    for path in [PathBuf::from(own), context.join(".dockerignore")] {
        match text::read(&path) {
            Ok(text) => return Ok(Ignore::parse(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(DockerfileError::Read { path, source }),
        }
    }
    Ok(Ignore::default())
}

struct Packer {
    tar: tar::Builder<File>,
    ignore: Ignore,
    /// The Dockerfile is needed whatever `.dockerignore` says.
    always: Option<String>,
    root: PathBuf,
    bytes: u64,
}

impl Packer {
    /// Everything below a folder, in the order of names.
    fn folder(&mut self, folder: &Path, prefix: &str) -> Result<(), DockerfileError> {
        let unread = |path: &Path, source| DockerfileError::Read { path: path.to_owned(), source };
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries = entries.map_err(|error| unread(folder, error))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let Ok(name) = entry.file_name().into_string() else {
                return Err(unread(&path, io::Error::new(io::ErrorKind::InvalidFilename, "its name is not UTF-8")));
            };
            let name = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            let metadata = entry.metadata().map_err(|error| unread(&path, error))?;
            let left_out = self.ignore.leaves_out(&name) && self.always.as_deref() != Some(&name);
            let leads_on = metadata.is_dir() && (!left_out || !self.ignore.is_final() || self.leads_to_always(&name));
            if !left_out {
                self.entry(&path, &name, &metadata)?;
            }
            if leads_on {
                self.folder(&path, &name)?;
            }
        }
        Ok(())
    }

    fn leads_to_always(&self, folder: &str) -> bool {
        let rest = self.always.as_deref().and_then(|always| always.strip_prefix(folder));
        rest.is_some_and(|rest| rest.starts_with('/'))
    }

    /// Owned by root, as Docker's own client sends them; other kinds than files, folders and links are left out, as it does.
    fn entry(&mut self, path: &Path, name: &str, metadata: &Metadata) -> Result<(), DockerfileError> {
        let mut header = tar::Header::new_gnu();
        header.set_metadata(metadata);
        header.set_uid(0);
        header.set_gid(0);
        let appended = if metadata.is_dir() {
            self.tar.append_data(&mut header, format!("{name}/"), io::empty())
        } else if metadata.is_symlink() {
            fs::read_link(path).and_then(|target| self.tar.append_link(&mut header, name, target))
        } else if metadata.is_file() {
            self.bytes += metadata.len();
            if self.bytes > BYTES_MAX {
                return Err(DockerfileError::TooLarge { context: self.root.clone(), limit: BYTES_MAX });
            }
            File::open(path).and_then(|file| {
                // Exactly as long as the header says, also when somebody writes to it meanwhile.
                let padded = file.chain(io::repeat(0)).take(metadata.len());
                self.tar.append_data(&mut header, name, padded)
            })
        } else {
            Ok(())
        };
        appended.map_err(|source| DockerfileError::Read { path: path.to_owned(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(context: &Path, dockerfile: &Path) -> (Vec<String>, String) {
        let (archive, dockerfile) = pack(context, dockerfile).unwrap();
        let mut archive = tar::Archive::new(archive);
        let names = archive.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string());
        (names.collect(), dockerfile)
    }

    #[test]
    fn a_context_is_what_dockerignore_lets_through() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["src", "target/debug", "docker"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        for name in ["src/main.rs", "target/debug/x", "docker/Dockerfile", "README.md"] {
            fs::write(at(name), name).unwrap();
        }
        std::os::unix::fs::symlink("src/main.rs", at("link")).unwrap();
        fs::write(at(".dockerignore"), "target\ndocker\n*.md\n").unwrap();
        let (found, dockerfile) = names(folder.path(), &at("docker/Dockerfile"));
        assert_eq!(found, [".dockerignore", "docker/Dockerfile", "link", "src/", "src/main.rs"]);
        assert_eq!(dockerfile, "docker/Dockerfile");

        fs::write(at("docker/Dockerfile.dockerignore"), "*\n!src\n").unwrap();
        assert_eq!(names(folder.path(), &at("docker/Dockerfile")).0, ["docker/Dockerfile", "src/", "src/main.rs"]);

        let (found, dockerfile) = names(&at("src"), &at("docker/Dockerfile"));
        assert_eq!(found, [OUTSIDE]);
        assert_eq!(dockerfile, OUTSIDE);
    }
}
