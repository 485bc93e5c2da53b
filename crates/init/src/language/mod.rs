//! Languages, one file each: what their manifests and sources tell.

mod dotnet;
mod go;
mod java;
mod node;
mod page;
mod php;
mod procfile;
mod python;
mod python_packages;
mod python_start;
mod ruby;
mod rust;
mod site;

use crate::SurveyError;
use crate::folder::Folder;
use crate::survey::Told;

/// What can be recognised, for who has something else.
pub(crate) const RECOGNISED: &str = "a project in Python, Node.js, Go, Rust, Java, .NET, PHP or Ruby, a static site";

pub(crate) use php::EXTENSIONS as PHP_EXTENSIONS;
pub(crate) use python::DEFAULT_MINOR as PYTHON_MINOR;

/// Manifests of Python. A web service in it may have a `package.json` for its pages.
const PYTHON: &[&str] = &["pyproject.toml", "requirements.txt", "Pipfile", "manage.py"];

type Telling = fn(&Folder) -> Result<Option<Told>, SurveyError>;

/// The first language that recognises the project.
pub(crate) fn told(folder: &Folder) -> Result<Option<Told>, SurveyError> {
    let python_first = PYTHON.iter().any(|path| folder.has(path));
    // A service in one of the others may have a `package.json` for its pages; a site is what is nothing else.
    let (first, second) = if python_first {
        (python::told as Telling, node::told as Telling)
    } else {
        (node::told as Telling, python::told as Telling)
    };
    let languages: [Telling; 9] =
        [go::told, rust::told, java::told, dotnet::told, php::told, ruby::told, first, second, site::told];
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
