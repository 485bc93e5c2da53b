//! `mount` and `secret`: files from beside the specification.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use seaworthy_engine::PutFile;
use seaworthy_spec::{Action, Check, Spec};

use super::Play;
use crate::Finding;

/// The largest file.
const MOST_BYTES: u64 = 1 << 20;

impl Play<'_, '_> {
    pub(super) fn mount(&mut self, file: &str, at: &str, is_secret: bool) -> Result<(), Finding> {
        let Some(folder) = &self.runs.options.folder else {
            return Err(Finding::unproven("the specification is no file here, so that no file lies beside it"));
        };
        let content =
            read(folder, file).map_err(|error| Finding::unproven(format!("cannot read `{file}`: {error}")))?;
        // It may be another file than when the run began.
        if is_secret && let Ok(text) = std::str::from_utf8(&content) {
            self.runs.redactor.learn(text.trim());
        }
        let mounted = PutFile::new(at, content);
        self.run.files.push(mounted.clone());
        self.files.push(mounted);
        Ok(())
    }
}

/// What the files hold that steps mount as secrets, as far as they can be read. No container starts before they are known.
pub(crate) fn secrets(spec: &Spec, folder: Option<&Path>) -> Vec<String> {
    let Some(folder) = folder else { return Vec::new() };
    let mut texts = Vec::new();
    for step in spec.checks().filter_map(Check::scenario).flat_map(|scenario| &scenario.steps) {
        if let Action::Mount { file, is_secret: true, .. } = &step.action
            && let Some(text) = read(folder, file).ok().and_then(|content| String::from_utf8(content).ok())
        {
            texts.push(text.trim().to_owned());
        }
    }
    texts
}

/// A file below the folder; a link does not lead out of it.
fn read(folder: &Path, file: &str) -> io::Result<Vec<u8>> {
    let path = folder.join(file).canonicalize()?;
    if !path.starts_with(folder.canonicalize()?) {
        return Err(io::Error::other("it lies outside the specification's folder"));
    }
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut content = Vec::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut content)?;
    if content.len() as u64 > MOST_BYTES {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_the_specifications_folder_is_read() {
        let around = tempfile::tempdir().unwrap();
        let folder = around.path().join("project");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(around.path().join("key"), "secret").unwrap();
        std::fs::write(folder.join("own"), "own").unwrap();
        std::fs::write(folder.join("large"), vec![0; (1 << 20) + 1]).unwrap();
        std::os::unix::fs::symlink("../key", folder.join("link")).unwrap();
        std::os::unix::fs::symlink("own", folder.join("inside")).unwrap();
        let told = |file: &str| read(&folder, file).map_or_else(|error| error.to_string(), |_| "read".to_owned());
        for (file, expected) in [
            ("own", "read"),
            ("inside", "read"),
            ("link", "it lies outside the specification's folder"),
            ("../key", "it lies outside the specification's folder"),
            ("large", "it is larger than 1 MiB"),
            (".", "it is no file"),
        ] {
            assert_eq!(told(file), expected, "{file}");
        }
    }
}
