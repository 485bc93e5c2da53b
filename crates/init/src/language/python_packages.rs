//! The packages that a Python project names, and who installs them.

use toml::{Table, Value};

use crate::SurveyError;
use crate::folder::Folder;
use crate::found::{Found, Place};
use crate::survey::line_of;
use crate::toolchain::Install;

/// What Python's manifests tell.
#[derive(Debug, Default)]
pub(crate) struct Packages {
    pub(crate) name: Option<String>,
    /// Normalised names.
    pub(crate) named: Vec<Found<String>>,
    pub(crate) requires: Option<Found<String>>,
    pub(crate) install: Option<Found<Install>>,
    pub(crate) lock: Option<String>,
    /// The first script of the project: `app = "app.main:run"`.
    pub(crate) script: Option<Found<String>>,
}

/// Files of requirements, the first of which counts.
const REQUIREMENTS: &[&str] = &[
    "requirements.txt",
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements/base.txt",
    "requirements-prod.txt",
];
/// Files that name others, at most.
const DEEPEST: usize = 8;

pub(crate) fn packages(folder: &Folder) -> Result<Packages, SurveyError> {
    let mut packages = Packages::default();
    if let Some(text) = folder.manifest("pyproject.toml")? {
        packages.pyproject(folder, &text, &table("pyproject.toml", &text)?);
    }
    if let Some(text) = folder.manifest("Pipfile")? {
        let pipfile = table("Pipfile", &text)?;
        packages.keys(pipfile.get("packages"), "Pipfile", &text);
        let version =
            pipfile.get("requires").and_then(|requires| requires.get("python_version")).and_then(Value::as_str);
        packages.requires =
            version.map(|version| Found::new(version.to_owned(), line_of("Pipfile", &text, "python_version")));
        packages.install = Some(Found::file(Install::Pipenv, "Pipfile"));
        packages.lock = folder.has("Pipfile.lock").then(|| "Pipfile.lock".to_owned());
    }
    // A lock of a manager says more than a file of requirements beside it.
    if !matches!(
        packages.install.as_ref().map(|found| &found.value),
        Some(Install::Uv { .. } | Install::Poetry { .. } | Install::Pipenv)
    ) && let Some(path) = folder.first(REQUIREMENTS)
    {
        let mut files = Vec::new();
        requirements(folder, path, &mut files, &mut packages.named)?;
        packages.install = Some(Found::file(Install::Requirements(files), path));
    }
    if packages.install.is_none() && folder.has("setup.py") {
        packages.install = Some(Found::file(Install::Itself, "setup.py"));
    }
    for (path, prefix) in [(".python-version", ""), ("runtime.txt", "python-")] {
        if let Some(text) = folder.manifest(path)? {
            let version = text.lines().next().unwrap_or_default().trim().trim_start_matches(prefix).to_owned();
            packages.requires = Some(Found::file(version, path));
            break;
        }
    }
    Ok(packages)
}

fn table(path: &str, text: &str) -> Result<Table, SurveyError> {
    text.parse().map_err(|error: toml::de::Error| SurveyError::Manifest {
        path: path.to_owned(),
        why: format!("no TOML: {}", error.message().lines().next().unwrap_or_default()),
    })
}

impl Packages {
    fn pyproject(&mut self, folder: &Folder, text: &str, table: &Table) {
        const PATH: &str = "pyproject.toml";
        let project = table.get("project");
        let poetry = table.get("tool").and_then(|tool| tool.get("poetry"));
        let of = |key: &str| {
            let found =
                project.and_then(|project| project.get(key)).or_else(|| poetry.and_then(|poetry| poetry.get(key)));
            found.and_then(Value::as_str).map(str::to_owned)
        };
        self.name = of("name");
        self.requires =
            of("requires-python").map(|version| Found::new(version, line_of(PATH, text, "requires-python")));
        let dependencies = project.and_then(|project| project.get("dependencies")).and_then(Value::as_array);
        for one in dependencies.into_iter().flatten().filter_map(Value::as_str) {
            self.requirement(one, line_of(PATH, text, one));
        }
        self.keys(poetry.and_then(|poetry| poetry.get("dependencies")), PATH, text);
        if let Some(python) = self.named.iter().position(|package| package.value == "python") {
            self.named.remove(python);
            let version = poetry.and_then(|poetry| poetry.get("dependencies")?.get("python")?.as_str());
            self.requires = version.map(|version| Found::new(version.to_owned(), line_of(PATH, text, "python =")));
        }
        let scripts = project.and_then(|project| project.get("scripts")?.as_table());
        self.script = scripts
            .and_then(|scripts| scripts.keys().next())
            .map(|name| Found::new(name.clone(), line_of(PATH, text, name)));
        let is_package = table.contains_key("build-system");
        let install = if folder.has("uv.lock") {
            self.lock = Some("uv.lock".to_owned());
            Some((Install::Uv { package: is_package }, "uv.lock"))
        } else if folder.has("poetry.lock") || poetry.is_some() {
            let locked = folder.has("poetry.lock");
            self.lock = locked.then(|| "poetry.lock".to_owned());
            Some((Install::Poetry { locked }, PATH))
        } else {
            project.map(|_| (Install::Itself, PATH))
        };
        self.install = install.map(|(install, path)| Found::file(install, path));
    }

    /// `fastapi[standard]>=0.115; python_version > "3.8"`
    fn requirement(&mut self, text: &str, at: Place) {
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        if name.is_empty() {
            return;
        }
        let name = normalised(name);
        let extras = rest.trim_start().strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or_default();
        let extra = |wanted: &str| extras.split(',').any(|extra| extra.trim() == wanted);
        if name == "fastapi" && (extra("standard") || extra("all")) {
            self.named.push(Found::new("uvicorn".to_owned(), at.clone()));
        }
        if name == "psycopg" && extra("binary") {
            self.named.push(Found::new("psycopg-binary".to_owned(), at.clone()));
        }
        self.named.push(Found::new(name, at));
    }

    /// The names of a table of packages.
    fn keys(&mut self, table: Option<&Value>, path: &str, text: &str) {
        for (name, value) in table.and_then(Value::as_table).into_iter().flatten() {
            let extras = value.get("extras").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            let extras = extras.collect::<Vec<_>>().join(",");
            self.requirement(&format!("{name}[{extras}]"), line_of(path, text, name));
        }
    }
}

/// As the index compares names: `typing_extensions` is `typing-extensions`.
fn normalised(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

/// A file of requirements, and those that it names.
fn requirements(
    folder: &Folder,
    path: &str,
    files: &mut Vec<String>,
    named: &mut Vec<Found<String>>,
) -> Result<(), SurveyError> {
    if files.len() == DEEPEST || files.iter().any(|known| known == path) {
        return Ok(());
    }
    let Some(text) = folder.manifest(path)? else { return Ok(()) };
    files.push(path.to_owned());
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let mut packages = Packages::default();
    for (index, line) in text.lines().enumerate() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if let Some(other) = line.strip_prefix("-r").or_else(|| line.strip_prefix("--requirement")) {
            let other = other.trim_start_matches('=').trim();
            let other = if parent.is_empty() { other.to_owned() } else { format!("{parent}/{other}") };
            requirements(folder, other.trim_start_matches("./"), files, named)?;
        } else if !line.starts_with(['#', '-']) {
            packages.requirement(line, Place::line(path, index + 1));
        }
    }
    named.extend(packages.named);
    Ok(())
}
