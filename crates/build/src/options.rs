//! How a Dockerfile is built beyond what it says itself.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;

/// What the command line, or one of the project's files, says of a build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildOptions {
    /// The Dockerfile; a Rust package with one is built by it.
    pub file: Option<PathBuf>,
    /// The stage that becomes the image; for a Rust package the triple that it is compiled for.
    pub target: Option<String>,
    pub args: Vec<Argument>,
    /// The network of each step: `host`, `none`, or whatever else the daemon knows.
    pub network: Option<String>,
    pub secrets: Vec<Secret>,
}

/// A value for an `ARG`: `K=V`, or `K` for the environment's.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Argument {
    pub name: String,
    /// `None` until [`BuildOptions::resolve`] has taken it from the environment.
    pub value: Option<String>,
}

/// A secret file for `RUN --mount=type=secret,id=ID`: `ID=FILE`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Secret {
    pub id: String,
    pub file: PathBuf,
}

/// Why an option is not understood. No value stands in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    #[error("a build argument is `K` or `K=V`: a name is letters, digits and `_`, and does not begin with a digit")]
    Argument,
    #[error("a build secret is `ID=FILE`: an id is letters, digits, `_`, `-` and `.`")]
    Secret,
    #[error("the build argument `{0}` takes its value from the environment, and is not set there, or is no text")]
    NotSet(String),
}

impl FromStr for Argument {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, OptionError> {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name || value.is_some_and(|value| value.contains('\0')) {
            return Err(OptionError::Argument);
        }
        Ok(Self { name: name.to_owned(), value: value.map(str::to_owned) })
    }
}

impl TryFrom<String> for Argument {
    type Error = OptionError;

    fn try_from(text: String) -> Result<Self, OptionError> {
        text.parse()
    }
}

impl fmt::Debug for Argument {
    /// The value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.value.as_ref().map_or("", |_| "***"))
    }
}

impl FromStr for Secret {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, OptionError> {
        let (id, file) = text.split_once('=').ok_or(OptionError::Secret)?;
        let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        if !is_id || file.is_empty() {
            return Err(OptionError::Secret);
        }
        Ok(Self { id: id.to_owned(), file: file.into() })
    }
}

impl TryFrom<String> for Secret {
    type Error = OptionError;

    fn try_from(text: String) -> Result<Self, OptionError> {
        text.parse()
    }
}

impl Secret {
    /// With a path that begins at this folder.
    pub(crate) fn below(&self, folder: &Path) -> Self {
        Self { id: self.id.clone(), file: folder.join(&self.file) }
    }
}

impl BuildOptions {
    /// These, but for what `given` says; arguments and secrets by their names.
    #[must_use]
    pub fn but(self, given: Self) -> Self {
        let mut args = self.args;
        args.retain(|known| given.args.iter().all(|arg| arg.name != known.name));
        let mut secrets = self.secrets;
        secrets.retain(|known| given.secrets.iter().all(|secret| secret.id != known.id));
        args.extend(given.args);
        secrets.extend(given.secrets);
        Self {
            file: given.file.or(self.file),
            target: given.target.or(self.target),
            args,
            network: given.network.or(self.network),
            secrets,
        }
    }

    /// Gives each argument its value; the last of one name is the one that counts.
    ///
    /// # Errors
    ///
    /// Fails if one takes it from the environment, and `lookup` has none.
    pub fn resolve(&mut self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<(), OptionError> {
        let mut args: Vec<Argument> = Vec::new();
        for Argument { name, value } in &self.args {
            let value = value.clone().or_else(|| lookup(name)).ok_or_else(|| OptionError::NotSet(name.clone()))?;
            args.retain(|known| known.name != *name);
            args.push(Argument { name: name.clone(), value: Some(value) });
        }
        self.args = args;
        Ok(())
    }

    /// The arguments that have a value, as pairs.
    pub fn pairs(&self) -> Vec<(String, String)> {
        self.args.iter().filter_map(|arg| Some((arg.name.clone(), arg.value.clone()?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_has_a_name_and_shows_no_value() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            let found = text.parse::<Argument>();
            assert_eq!(
                found.map_or_else(|error| error.to_string()[..16].to_owned(), |arg| format!("{arg:?}")),
                expected,
                "{text}"
            );
        }
        check("A=b=c", "A=***");
        check("_a1", "_a1=");
        check("A=", "A=***");
        for wrong in ["", "=x", "1A=x", "A B=x", "a-b=x", "A=\0"] {
            check(wrong, "a build argument");
        }
    }

    #[test]
    fn a_secret_has_an_id_and_a_file() {
        assert_eq!("npm.rc=a=b".parse(), Ok(Secret { id: "npm.rc".into(), file: "a=b".into() }));
        for wrong in ["", "x", "=f", "x=", "a b=f"] {
            assert_eq!(wrong.parse::<Secret>(), Err(OptionError::Secret), "{wrong}");
        }
    }

    #[test]
    fn what_is_given_goes_before_what_a_file_says() {
        let options = |target: &str, args: &[&str]| BuildOptions {
            target: Some(target.to_owned()),
            args: args.iter().map(|arg| arg.parse().unwrap()).collect(),
            ..BuildOptions::default()
        };
        let file = BuildOptions { network: Some("none".to_owned()), ..options("a", &["X=1", "Y=2"]) };
        let mut both = file.but(options("b", &["Y=3", "Z", "Z=4", "HOME"]));
        both.resolve(&|name| (name != "Z").then(|| "/root".to_owned())).unwrap_err();
        both.args.retain(|arg| arg.name != "Z");
        both.resolve(&|_| Some("/root".to_owned())).unwrap();
        let pairs: Vec<String> = both.pairs().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(pairs, ["X=1", "Y=3", "HOME=/root"]);
        assert_eq!((both.target.as_deref(), both.network.as_deref()), (Some("b"), Some("none")));
    }
}
