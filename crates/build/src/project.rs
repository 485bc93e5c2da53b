//! A project: a folder with a specification and something that can be built.

use std::io;
use std::path::{Path, PathBuf};

use crate::cargo::{CargoError, Package};

/// The name of a specification's file.
pub const SPEC: &str = "containerization-spec.md";

/// A folder from which an image can be built.
#[derive(Debug, Clone)]
pub struct Project {
    /// Absolute.
    pub folder: PathBuf,
    /// The Cargo package's name, else the folder's.
    pub name: String,
    /// Of the Cargo package.
    pub version: Option<String>,
    pub kind: Kind,
    /// Where the specification is expected; it may not be there.
    pub spec: PathBuf,
    /// The image layout that is built: `target/seaworthy/NAME`.
    pub layout: PathBuf,
}

/// How a project is built.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A Cargo package with a binary: no Dockerfile and no daemon is needed.
    Rust(Box<Package>),
    /// By the Dockerfile with this path.
    Dockerfile(PathBuf),
    /// Nothing that can be built; an image of it can be verified all the same.
    Unknown,
}

/// Why a folder is no project.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    #[error("there is no folder `{}`", .0.display())]
    NoFolder(PathBuf),
    #[error("cannot read the folder `{}`", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("`{}` is the root of a Cargo workspace and no package", .0.display())]
    Workspace(PathBuf),
    #[error("the folder `{}` has no name that an image can bear", .0.display())]
    NoName(PathBuf),
    #[error(transparent)]
    Cargo(#[from] CargoError),
}

impl ProjectError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Workspace(_) => Some("name the folder of the package that is to be shipped"),
            Self::Cargo(error) => error.hint(),
            _ => None,
        }
    }
}

impl Project {
    /// Looks at a folder: a Cargo package in it comes first, then a Dockerfile.
    ///
    /// # Errors
    ///
    /// Fails if there is no such folder, or its `Cargo.toml` cannot be understood.
    pub fn find(folder: &Path) -> Result<Self, ProjectError> {
        let folder = folder.canonicalize().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => ProjectError::NoFolder(folder.to_owned()),
            _ => ProjectError::Read { path: folder.to_owned(), source },
        })?;
        if !folder.is_dir() {
            return Err(ProjectError::NoFolder(folder));
        }
        let spec = folder.join(SPEC);
        let dockerfile = Some(folder.join("Dockerfile")).filter(|path| path.is_file());
        if folder.join("Cargo.toml").is_file() {
            match (Package::find(&folder)?, &dockerfile) {
                (Some(package), _) => {
                    let layout = package.target_directory.join("seaworthy").join(&package.name);
                    let (name, version) = (package.name.clone(), Some(package.version.clone()));
                    return Ok(Self { folder, name, version, kind: Kind::Rust(Box::new(package)), spec, layout });
                }
                (None, None) => return Err(ProjectError::Workspace(folder)),
                (None, Some(_)) => {}
            }
        }
        let name = name(&folder).ok_or_else(|| ProjectError::NoName(folder.clone()))?;
        let layout = folder.join("target/seaworthy").join(&name);
        let kind = dockerfile.map_or(Kind::Unknown, Kind::Dockerfile);
        Ok(Self { folder, name, version: None, kind, spec, layout })
    }

    /// The record of the build that lies at [`Self::layout`].
    pub fn record(&self) -> PathBuf {
        record_path(&self.layout)
    }
}

/// The record beside a layout: `target/seaworthy/NAME.build.json`.
pub fn record_path(layout: &Path) -> PathBuf {
    let name = layout.file_name().unwrap_or_default().to_string_lossy();
    layout.with_file_name(format!("{name}.build.json"))
}

/// A folder's name with what a repository's name cannot have taken out.
fn name(folder: &Path) -> Option<String> {
    let name = folder.file_name()?.to_string_lossy().to_lowercase();
    let word = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = name.chars().map(word).collect();
    let name = name.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_what_lies_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().join("My App_2");
        std::fs::create_dir(&here).unwrap();
        let project = Project::find(&here).unwrap();
        assert!(matches!(project.kind, Kind::Unknown));
        assert_eq!(project.name, "my-app-2");
        assert!(project.layout.ends_with("My App_2/target/seaworthy/my-app-2"));
        assert!(project.record().ends_with("target/seaworthy/my-app-2.build.json"));
        std::fs::write(here.join("Dockerfile"), "FROM scratch\n").unwrap();
        assert!(matches!(Project::find(&here).unwrap().kind, Kind::Dockerfile(_)));
        let missing = Project::find(&here.join("missing")).unwrap_err();
        assert!(missing.to_string().starts_with("there is no folder `"));
    }
}
