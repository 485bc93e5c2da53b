//! What Cargo knows of a package, and what its `Cargo.toml` says to Seaworthy.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

use crate::options::{Argument, BuildOptions, Secret};

/// A Cargo package in the project's folder.
#[derive(Debug, Clone)]
pub struct Package {
    pub name: String,
    pub version: String,
    pub description: Option<String>,
    /// Of the sources: `repository`, else `homepage`.
    pub source: Option<String>,
    pub license: Option<String>,
    pub default_run: Option<String>,
    /// Names of the binaries.
    pub binaries: Vec<String>,
    pub settings: Settings,
    pub workspace: PathBuf,
    pub target_directory: PathBuf,
}

/// `[package.metadata.seaworthy]` in `Cargo.toml`: what of the image no one can guess.
///
/// ```toml
/// [package.metadata.seaworthy]
/// port = 8000                     # exposed, and set as PORT; without it neither is
/// healthcheck = ["healthcheck"]   # what the binary is called with; without it there is no health check
/// healthcheck-interval = "3s"     # also in ms, m
/// env = { LOG_LEVEL = "info" }    # set in the image
/// volumes = ["/data"]             # writable folders, owned by the user, declared as volumes
/// binary = "task-api"             # where there are several
/// target = "x86_64-unknown-linux-musl"
/// profile = "image"               # Cargo's profile; `release` where none is named
/// file = "Dockerfile"             # builds with it in place of Cargo; `target` is then its stage
/// build-args = ["K=V", "K"]       # with `file`, as `network` and `build-secrets = ["ID=FILE"]`
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    pub port: Option<u16>,
    pub healthcheck: Option<Vec<String>>,
    /// How often Docker asks. It is also how long it waits before it asks first.
    #[serde(default = "three_seconds")]
    pub healthcheck_interval: String,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    #[serde(default = "data")]
    pub volumes: Vec<String>,
    pub binary: Option<String>,
    pub target: Option<String>,
    #[serde(default = "release")]
    pub profile: String,
    pub file: Option<String>,
    pub network: Option<String>,
    #[serde(default)]
    pub build_args: Vec<Argument>,
    #[serde(default)]
    pub build_secrets: Vec<Secret>,
}

impl Settings {
    /// How the package's Dockerfile is built, from paths in the package's `folder`.
    pub(crate) fn options(&self, folder: &Path) -> BuildOptions {
        let target = self.file.as_ref().and(self.target.clone());
        BuildOptions {
            file: self.file.as_ref().map(|file| folder.join(file)),
            target,
            args: self.build_args.clone(),
            network: self.network.clone(),
            secrets: self.build_secrets.iter().map(|secret| secret.below(folder)).collect(),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: None,
            healthcheck: None,
            healthcheck_interval: three_seconds(),
            env: BTreeMap::new(),
            volumes: data(),
            binary: None,
            target: None,
            profile: release(),
            file: None,
            network: None,
            build_args: Vec::new(),
            build_secrets: Vec::new(),
        }
    }
}

fn three_seconds() -> String {
    "3s".to_owned()
}

fn release() -> String {
    "release".to_owned()
}

fn data() -> Vec<String> {
    vec!["/data".to_owned()]
}

/// Why Cargo tells nothing of a package.
#[derive(Debug, thiserror::Error)]
pub enum CargoError {
    #[error("`cargo` is not installed, or not in `PATH`")]
    Missing,
    #[error("cannot run `cargo`")]
    Run(#[from] io::Error),
    #[error("`cargo metadata` failed: {0}")]
    Metadata(String),
    #[error("what `cargo metadata` says cannot be read")]
    Json(#[from] serde_json::Error),
    #[error("`[package.metadata.seaworthy]` in `{}` is wrong: {why}", .path.display())]
    Settings { path: PathBuf, why: String },
}

impl CargoError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Missing => Some("install Rust from https://rustup.rs"),
            _ => None,
        }
    }
}

/// The parts of `cargo metadata` that are read.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<MetadataPackage>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
    pub(crate) resolve: Option<Resolve>,
}

#[derive(Deserialize)]
pub(crate) struct MetadataPackage {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    /// `None` for a folder.
    pub(crate) source: Option<String>,
    description: Option<String>,
    repository: Option<String>,
    homepage: Option<String>,
    license: Option<String>,
    default_run: Option<String>,
    pub(crate) manifest_path: PathBuf,
    pub(crate) targets: Vec<Target>,
    metadata: Value,
}

#[derive(Deserialize)]
pub(crate) struct Target {
    name: String,
    pub(crate) kind: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Resolve {
    pub(crate) nodes: Vec<Node>,
}

#[derive(Deserialize)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) deps: Vec<Dependency>,
}

#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) pkg: String,
    pub(crate) dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
pub(crate) struct DependencyKind {
    /// `None` for what ends up in the binary, else `build` or `dev`.
    pub(crate) kind: Option<String>,
}

/// Runs `cargo metadata` in a folder.
pub(crate) fn metadata(folder: &Path, arguments: &[&str]) -> Result<Metadata, CargoError> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--color", "never"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => CargoError::Missing,
            _ => CargoError::Run(error),
        })?;
    if !output.status.success() {
        return Err(CargoError::Metadata(reason(&String::from_utf8_lossy(&output.stderr))));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// What Cargo says went wrong, on one line, without what led to it and without advice.
pub(crate) fn reason(stderr: &str) -> String {
    let lines = stderr.lines().skip_while(|line| !line.starts_with("error"));
    let mut said: Vec<&str> = Vec::new();
    for line in lines.map(str::trim) {
        let line = line.strip_prefix("error: ").unwrap_or(line);
        if line.is_empty() || line == "Caused by:" || line.starts_with("note:") || line.starts_with("help:") {
            continue;
        }
        said.push(line);
        if said.len() == 4 {
            break;
        }
    }
    said.join("; ")
}

impl Package {
    /// The package whose `Cargo.toml` lies in `folder`, or `None` where that is a workspace's alone.
    pub(crate) fn find(folder: &Path) -> Result<Option<Self>, CargoError> {
        let metadata = metadata(folder, &["--no-deps", "--offline"])?;
        let manifest = folder.join("Cargo.toml");
        let Some(package) = metadata.packages.into_iter().find(|package| package.manifest_path == manifest) else {
            return Ok(None);
        };
        let settings = settings(&package.metadata)
            .map_err(|why| CargoError::Settings { path: package.manifest_path.clone(), why })?;
        let is_binary = |target: &&Target| target.kind.iter().any(|kind| kind == "bin");
        Ok(Some(Self {
            name: package.name,
            version: package.version,
            description: package.description,
            source: package.repository.or(package.homepage),
            license: package.license,
            default_run: package.default_run,
            binaries: package.targets.iter().filter(is_binary).map(|target| target.name.clone()).collect(),
            settings,
            workspace: metadata.workspace_root,
            target_directory: metadata.target_directory,
        }))
    }
}

fn settings(metadata: &Value) -> Result<Settings, String> {
    let Some(table) = metadata.get("seaworthy") else { return Ok(Settings::default()) };
    let settings: Settings = serde_json::from_value(table.clone()).map_err(|error| error.to_string())?;
    if settings.healthcheck.as_ref().is_some_and(Vec::is_empty) {
        return Err("`healthcheck` is empty".to_owned());
    }
    if settings.port == Some(0) {
        return Err("`port` is 0".to_owned());
    }
    interval(&settings.healthcheck_interval)
        .ok_or_else(|| format!("`{}` is not a time like `3s`", settings.healthcheck_interval))?;
    let plain = |path: &String| {
        path.len() > 1 && path.starts_with('/') && path[1..].split('/').all(|part| !matches!(part, "" | "." | ".."))
    };
    if let Some(path) = settings.volumes.iter().find(|path| !plain(path)) {
        return Err(format!("the volume `{path}` is not an absolute path"));
    }
    match settings.env.keys().find(|name| name.is_empty() || name.contains(['=', '\0'])) {
        Some(name) => Err(format!("`{name}` is not a variable's name")),
        None => Ok(settings),
    }
}

/// `500ms`, `3s`, `1m`.
pub(crate) fn interval(text: &str) -> Option<std::time::Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = text[..digits].parse().ok().filter(|&number| number > 0)?;
    let factor = match &text[digits..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return None,
    };
    Some(std::time::Duration::from_millis(number.checked_mul(factor)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(table: &str, expected: &str) {
        let metadata: Value = serde_json::from_str(&format!(r#"{{"seaworthy": {table}}}"#)).unwrap();
        let got = match settings(&metadata) {
            Ok(settings) => format!("{settings:?}"),
            Err(error) => format!("error: {error}"),
        };
        assert!(got.contains(expected), "{got}");
    }

    #[test]
    fn what_cargo_toml_says_is_read_strictly() {
        check(
            r#"{"port": 8000, "healthcheck": ["healthcheck"]}"#,
            r#"port: Some(8000), healthcheck: Some(["healthcheck"])"#,
        );
        check(r"{}", r#"volumes: ["/data"]"#);
        check(r#"{"volumes": []}"#, "volumes: []");
        check(r#"{"ports": 8000}"#, "error: unknown field `ports`, expected one of `port`");
        check(r#"{"port": 80000}"#, "error: invalid value: integer `80000`, expected u16");
        check(r#"{"port": 0}"#, "error: `port` is 0");
        check(r#"{"healthcheck": []}"#, "error: `healthcheck` is empty");
        check(r#"{"healthcheck-interval": "3"}"#, "error: `3` is not a time like `3s`");
        check(r#"{"volumes": ["data"]}"#, "error: the volume `data` is not an absolute path");
        check(r#"{"volumes": ["/a/../b"]}"#, "error: the volume `/a/../b` is not an absolute path");
        check(r#"{"env": {"A=B": ""}}"#, "error: `A=B` is not a variable's name");
    }

    #[test]
    fn what_cargo_says_becomes_one_line() {
        let stderr = "    Updating index\nerror: failed to parse manifest at `/x/Cargo.toml`\n\nCaused by:\n  no targets specified\n";
        assert_eq!(reason(stderr), "failed to parse manifest at `/x/Cargo.toml`; no targets specified");
    }
}
