//! What a project's files say of its build, and of its version.
//!
//! Build options stand in one of `[tool.seaworthy]` of `pyproject.toml`, `"seaworthy"` of `package.json`, and `seaworthy.toml`. A Cargo
//! package has them in `[package.metadata.seaworthy]` as well, which `cargo metadata` reads.

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_json::{Map, Value};

use crate::options::{BuildOptions, OptionError, Secret};
use crate::text;

/// The keys of every table.
const KEYS: [&str; 5] = ["file", "target", "build-args", "network", "build-secrets"];

/// What the files say.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// Paths are in the project's folder.
    pub(crate) options: Option<(String, BuildOptions)>,
    /// Of `package.json`, else of `pyproject.toml`.
    pub(crate) version: Option<String>,
}

/// Why a file's settings cannot be used. It quotes no value.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("cannot read `{}`", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot read `{}`, line {line}: {why}", .path.display())]
    Syntax { path: PathBuf, line: usize, why: String },
    #[error("{place} has an unknown key `{key}`")]
    Unknown { place: String, key: String },
    #[error("`{key}` of {place} is not {want}")]
    Form { place: String, key: String, want: &'static str },
    #[error("`{key}` of {place}: {source}")]
    Option { place: String, key: String, source: OptionError },
    #[error("build options stand in {first}, and in {second}")]
    Twice { first: String, second: String },
}

impl SettingsError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { .. } => Some(format!("it knows {}", KEYS.map(|key| format!("`{key}`")).join(", "))),
            Self::Twice { .. } => Some("keep them in one of the two".to_owned()),
            _ => None,
        }
    }
}

impl Settings {
    /// Reads the files of a folder.
    ///
    /// # Errors
    ///
    /// Fails if one of them cannot be understood, or two say how to build.
    pub(crate) fn of(folder: &Path) -> Result<Self, SettingsError> {
        let package = document(folder, "package.json", json)?;
        let python = document(folder, "pyproject.toml", toml)?;
        let own = document(folder, "seaworthy.toml", toml)?;
        let tables = [
            (place("[tool.seaworthy]", folder, "pyproject.toml"), python["tool"].get("seaworthy")),
            (place("\"seaworthy\"", folder, "package.json"), package.get("seaworthy")),
            (format!("`{}`", folder.join("seaworthy.toml").display()), Some(&own).filter(|own| !own.is_null())),
        ];
        let mut settings = Self { options: None, version: version(&package, &python) };
        for (place, table) in tables.into_iter().filter_map(|(place, table)| Some((place, table?))) {
            let options = options(folder, &place, table)?;
            settings.add(place, options)?;
        }
        Ok(settings)
    }

    /// Adds the options that stand at another place.
    pub(crate) fn add(&mut self, place: String, options: BuildOptions) -> Result<(), SettingsError> {
        if options == BuildOptions::default() {
            return Ok(());
        }
        if let Some((first, _)) = self.options.take() {
            return Err(SettingsError::Twice { first, second: place });
        }
        self.options = Some((place, options));
        Ok(())
    }
}

/// ``` `[tool.seaworthy]` in `pyproject.toml` ```
pub(crate) fn place(table: &str, folder: &Path, file: &str) -> String {
    format!("`{table}` in `{}`", folder.join(file).display())
}

/// The options of a table.
fn options(folder: &Path, place: &str, table: &Value) -> Result<BuildOptions, SettingsError> {
    let form = |key: &str, want| SettingsError::Form { place: place.to_owned(), key: key.to_owned(), want };
    let none = Map::new();
    let table = match table {
        Value::Object(table) => table,
        Value::Null => &none,
        _ => return Err(form("seaworthy", "a table")),
    };
    if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(SettingsError::Unknown { place: place.to_owned(), key: key.clone() });
    }
    let text = |key: &str| match table.get(key) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
        Some(_) => Err(form(key, "a text")),
    };
    let secrets: Vec<Secret> = list(place, "build-secrets", table, "a list of texts `ID=FILE`")?;
    Ok(BuildOptions {
        file: text("file")?.map(|file| folder.join(file)),
        target: text("target")?,
        args: list(place, "build-args", table, "a list of texts `K` or `K=V`")?,
        network: text("network")?,
        secrets: secrets.iter().map(|secret| secret.below(folder)).collect(),
    })
}

fn list<T: FromStr<Err = OptionError>>(
    place: &str,
    key: &str,
    table: &Map<String, Value>,
    want: &'static str,
) -> Result<Vec<T>, SettingsError> {
    let form = || SettingsError::Form { place: place.to_owned(), key: key.to_owned(), want };
    let Some(list) = table.get(key) else { return Ok(Vec::new()) };
    let read = |value: &Value| {
        let wrong = |source| SettingsError::Option { place: place.to_owned(), key: key.to_owned(), source };
        value.as_str().ok_or_else(form)?.parse().map_err(wrong)
    };
    list.as_array().ok_or_else(form)?.iter().map(read).collect()
}

/// `0.0.0` is what templates write where nobody chose one.
fn version(package: &Value, python: &Value) -> Option<String> {
    let versions = [&package["version"], &python["project"]["version"], &python["tool"]["poetry"]["version"]];
    let chosen = |version: &&str| !version.is_empty() && *version != "0.0.0";
    versions.into_iter().filter_map(Value::as_str).find(chosen).map(str::to_owned)
}

/// A file of the folder; null where there is none.
fn document(
    folder: &Path,
    name: &str,
    parse: fn(&str) -> Result<Value, (usize, String)>,
) -> Result<Value, SettingsError> {
    let path = folder.join(name);
    if !path.is_file() {
        return Ok(Value::Null);
    }
    let text = text::read(&path).map_err(|source| SettingsError::Read { path: path.clone(), source })?;
    let text = text.trim_start_matches('\u{feff}');
    parse(text).map_err(|(line, why)| SettingsError::Syntax { path, line, why })
}

fn json(text: &str) -> Result<Value, (usize, String)> {
    serde_json::from_str(text).map_err(|error| (error.line(), "it is not JSON".to_owned()))
}

fn toml(text: &str) -> Result<Value, (usize, String)> {
    let wrong = |error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        (before.matches('\n').count() + 1, "it is not TOML".to_owned())
    };
    toml::from_str(text).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let found = match Settings::of(folder.path()) {
            Ok(settings) => {
                let version = settings.version.map(|version| format!(" {version}")).unwrap_or_default();
                settings.options.map_or("nothing".to_owned(), |(_, options)| format!("{options:?}")) + &version
            }
            Err(error) => {
                format!("{error}{}", error.hint().map(|hint| format!("; {hint}")).unwrap_or_default())
            }
        };
        assert_eq!(found.replace(&format!("{}/", folder.path().display()), ""), expected);
    }

    #[test]
    fn options_stand_in_one_of_three_files() {
        let all = r#"BuildOptions { file: Some("prod.Dockerfile"), target: Some("web"), args: [A=***, B=], network: Some("none"), secrets: [Secret { id: "npm", file: ".npmrc" }] }"#;
        let toml = "file = \"prod.Dockerfile\"\ntarget = \"web\"\nnetwork = \"none\"\nbuild-args = [\"A=1\", \"B\"]\nbuild-secrets = [\"npm=.npmrc\"]\n";
        let json = r#"{"seaworthy": {"file": "prod.Dockerfile", "target": "web", "network": "none", "build-args": ["A=1", "B"], "build-secrets": ["npm=.npmrc"]}}"#;
        check(&[("seaworthy.toml", toml)], all);
        check(&[("pyproject.toml", &format!("[tool.seaworthy]\n{toml}"))], all);
        check(&[("package.json", json)], all);
        check(&[], "nothing");
        check(&[("package.json", "{}"), ("pyproject.toml", ""), ("seaworthy.toml", "")], "nothing");
        check(
            &[("seaworthy.toml", "target = \"a\""), ("package.json", json)],
            "build options stand in `\"seaworthy\"` in `package.json`, and in `seaworthy.toml`; keep them in one of the two",
        );
    }

    #[test]
    fn a_wrong_key_or_value_is_told_with_its_place_and_without_the_value() {
        let python = |line: &str| format!("[tool.seaworthy]\n{line}\n");
        check(
            &[("pyproject.toml", &python("taget = \"x\""))],
            "`[tool.seaworthy]` in `pyproject.toml` has an unknown key `taget`; it knows `file`, `target`, `build-args`, `network`, `build-secrets`",
        );
        check(&[("seaworthy.toml", "target = 3")], "`target` of `seaworthy.toml` is not a text");
        check(
            &[("seaworthy.toml", "build-args = { A = \"s3cret\" }")],
            "`build-args` of `seaworthy.toml` is not a list of texts `K` or `K=V`",
        );
        check(
            &[("seaworthy.toml", "build-args = [\"1A=s3cret\"]")],
            "`build-args` of `seaworthy.toml`: a build argument is `K` or `K=V`: a name is letters, digits and `_`, and does not begin with a digit",
        );
        check(
            &[("package.json", r#"{"seaworthy": "x"}"#)],
            "`seaworthy` of `\"seaworthy\"` in `package.json` is not a table",
        );
        check(&[("package.json", "{\n\"s3cret\" 1}")], "cannot read `package.json`, line 2: it is not JSON");
        check(&[("seaworthy.toml", "a = 1\nb = s3cret\n")], "cannot read `seaworthy.toml`, line 2: it is not TOML");
    }

    #[test]
    fn a_version_is_one_that_somebody_chose() {
        check(
            &[("package.json", r#"{"version": "1.2.3"}"#), ("pyproject.toml", "[project]\nversion = \"2.0\"")],
            "nothing 1.2.3",
        );
        check(&[("pyproject.toml", "[project]\nversion = \"2.0\"")], "nothing 2.0");
        check(&[("pyproject.toml", "[tool.poetry]\nversion = \"2.1\"")], "nothing 2.1");
        check(&[("package.json", r#"{"version": "0.0.0"}"#)], "nothing");
        check(&[("package.json", r#"{"version": 1}"#)], "nothing");
    }
}
