//! Languages, one file each: what their manifests and sources tell.

mod node;
mod page;
mod procfile;
mod python;
mod python_packages;
mod python_start;

use crate::SurveyError;
use crate::folder::Folder;
use crate::survey::Told;

/// What can be recognised, for who has something else.
pub(crate) const RECOGNISED: &str = "a project in Python or Node.js";

pub(crate) use python::DEFAULT_MINOR as PYTHON_MINOR;

/// Manifests of Python. A web service in it may have a `package.json` for its pages.
const PYTHON: &[&str] = &["pyproject.toml", "requirements.txt", "Pipfile", "manage.py"];

/// The first language that recognises the project.
pub(crate) fn told(folder: &Folder) -> Result<Option<Told>, SurveyError> {
    let python_first = PYTHON.iter().any(|path| folder.has(path));
    let languages = if python_first { [python::told, node::told] } else { [node::told, python::told] };
    for language in languages {
        if let Some(told) = language(folder)? {
            return Ok(Some(told));
        }
    }
    Ok(None)
}

/// Files that a project has at its top.
const MANIFESTS: &[&str] = &[
    "pyproject.toml",
    "requirements.txt",
    "Pipfile",
    "manage.py",
    "package.json",
    "go.mod",
    "Cargo.toml",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "composer.json",
    "Gemfile",
    "Dockerfile",
];

/// Folders that look like projects of their own, the highest first; at most eight.
pub(crate) fn inside(folder: &Folder) -> Vec<String> {
    let mut found: Vec<&str> = folder
        .paths()
        .filter_map(|path| path.rsplit_once('/'))
        .filter(|(_, name)| MANIFESTS.contains(name))
        .map(|(parents, _)| parents)
        .collect();
    found.sort_by_key(|path| (path.matches('/').count(), *path));
    found.dedup();
    found.into_iter().take(8).map(|path| format!("`{path}`")).collect()
}
