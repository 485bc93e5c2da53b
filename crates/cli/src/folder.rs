//! The project's folder: `-C DIR`, or `DIR` behind `ship` and `build`.

use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// A project's folder, as the user named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folder {
    /// `None`: the current one.
    named: Option<PathBuf>,
}

impl Folder {
    /// From both ways to name it.
    ///
    /// # Errors
    ///
    /// Fails if both are given, or it is no folder.
    pub(crate) fn new(option: Option<PathBuf>, argument: Option<PathBuf>) -> Result<Self, Failure> {
        let named = match (option, argument) {
            (Some(_), Some(_)) => {
                return Err(
                    Failure::new("the project is named twice").hint("`DIR` behind the command is short for `-C DIR`")
                );
            }
            (option, argument) => option.or(argument),
        };
        let folder = Self { named };
        if folder.path().is_dir() {
            return Ok(folder);
        }
        let what = if folder.path().exists() { "is not a folder" } else { "does not exist" };
        Err(Failure::new(format!("the project's folder `{}` {what}", folder.path().display())))
    }

    pub(crate) fn path(&self) -> &Path {
        self.named.as_deref().unwrap_or(Path::new("."))
    }

    /// Something in it, as short as the user would write it.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.named.as_ref().map_or_else(|| name.into(), |named| named.join(name))
    }

    /// What to put behind `seaworthy` to name this project in a command: empty, or `-C DIR`.
    pub(crate) fn flag(&self) -> String {
        match &self.named {
            Some(named) if named != Path::new(".") => format!("-C {}", quoted(&named.display().to_string())),
            _ => String::new(),
        }
    }

    /// A command to type for this project: `seaworthy -C task-api build`.
    pub(crate) fn command(&self, rest: &str) -> String {
        let words = ["seaworthy", &self.flag(), rest];
        words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// As a shell reads it back.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_named_in_a_command_as_the_user_named_it() {
        #[track_caller]
        fn check(named: Option<&str>, expected: &str) {
            let folder = Folder { named: named.map(PathBuf::from) };
            assert_eq!(folder.command("build"), expected);
        }
        check(None, "seaworthy build");
        check(Some("."), "seaworthy build");
        check(Some("task-api"), "seaworthy -C task-api build");
        check(Some("my project"), "seaworthy -C 'my project' build");
        check(Some("it's"), r"seaworthy -C 'it'\''s' build");
    }

    #[test]
    fn a_folder_is_named_once_and_is_there() {
        assert_eq!(Folder::new(None, None).unwrap().join("x"), Path::new("x"));
        assert_eq!(Folder::new(None, Some("/".into())).unwrap().join("x"), Path::new("/x"));
        assert!(Folder::new(Some("/".into()), Some("/".into())).is_err());
        assert_eq!(
            Folder::new(Some("/dev/null".into()), None).unwrap_err().to_string(),
            "the project's folder `/dev/null` is not a folder"
        );
    }
}
