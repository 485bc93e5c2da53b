//! A project: a folder with a specification and something that can be built.

use std::io;
use std::path::{Path, PathBuf};

use crate::cargo::{CargoError, Package};
use crate::options::BuildOptions;
use crate::settings::{self, Settings, SettingsError};
use crate::{dockerfile, text};

/// The name of a specification's file.
pub const SPEC: &str = "containerization-spec.md";

/// A folder from which an image can be built.
#[derive(Debug, Clone)]
pub struct Project {
    /// Absolute.
    pub folder: PathBuf,
    /// The Cargo package's name, else the folder's.
    pub name: String,
    /// Of the Cargo package, of the Dockerfile's own label where it names one, of `package.json`, else of `pyproject.toml`.
    pub version: Option<String>,
    pub kind: Kind,
    /// Where the specification is expected; it may not be there.
    pub spec: PathBuf,
    /// The image layout that is built: `target/seaworthy/NAME`.
    pub layout: PathBuf,
    /// As the project's files say, but for [`Self::with`].
    pub options: BuildOptions,
    /// What the files beside a Dockerfile say.
    version_beside: Option<String>,
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
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

impl ProjectError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Workspace(_) => Some("name the folder of the package that is to be shipped".to_owned()),
            Self::Cargo(error) => error.hint().map(str::to_owned),
            Self::Settings(error) => error.hint(),
            _ => None,
        }
    }
}

impl Project {
    /// Looks at a folder: a Dockerfile that its settings name comes first, then a Cargo package, then a `Dockerfile`.
    ///
    /// # Errors
    ///
    /// Fails if there is no such folder, or its `Cargo.toml`, `pyproject.toml`, `package.json` or `seaworthy.toml` cannot be understood.
    pub fn find(folder: &Path) -> Result<Self, ProjectError> {
        let folder = folder.canonicalize().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => ProjectError::NoFolder(folder.to_owned()),
            _ => ProjectError::Read { path: folder.to_owned(), source },
        })?;
        if !folder.is_dir() {
            return Err(ProjectError::NoFolder(folder));
        }
        let mut settings = Settings::of(&folder)?;
        let dockerfile = Some(folder.join("Dockerfile")).filter(|path| path.is_file());
        let package = if folder.join("Cargo.toml").is_file() { Package::find(&folder)? } else { None };
        if let Some(package) = &package {
            let place = settings::place("[package.metadata.seaworthy]", &folder, "Cargo.toml");
            settings.add(place, package.settings.options(&folder))?;
        }
        let options = settings.options.map(|(_, options)| options).unwrap_or_default();
        if package.is_none() && dockerfile.is_none() && folder.join("Cargo.toml").is_file() && options.file.is_none() {
            return Err(ProjectError::Workspace(folder));
        }
        let (name, layout) = match &package {
            Some(package) => (package.name.clone(), package.target_directory.clone()),
            None => (name(&folder).ok_or_else(|| ProjectError::NoName(folder.clone()))?, folder.join("target")),
        };
        let version_beside = package.as_ref().map(|package| package.version.clone()).or(settings.version);
        let kind = match (package, dockerfile) {
            (Some(package), _) => Kind::Rust(Box::new(package)),
            (None, dockerfile) => dockerfile.map_or(Kind::Unknown, Kind::Dockerfile),
        };
        let project = Self {
            spec: folder.join(SPEC),
            layout: layout.join("seaworthy").join(&name),
            folder,
            name,
            version: None,
            kind,
            options: BuildOptions::default(),
            version_beside,
        };
        Ok(project.with(options))
    }

    /// The project, built with what `given` says before its files.
    #[must_use]
    pub fn with(self, given: BuildOptions) -> Self {
        let options = self.options.but(given);
        let kind = options.file.clone().map_or(self.kind, Kind::Dockerfile);
        let own = match &kind {
            Kind::Dockerfile(path) => own_version(path, options.target.as_deref()),
            Kind::Rust(_) | Kind::Unknown => None,
        };
        Self { version: own.or_else(|| self.version_beside.clone()), kind, options, ..self }
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

/// The version that the Dockerfile's own label names without variables.
fn own_version(dockerfile: &Path, target: Option<&str>) -> Option<String> {
    let stages = dockerfile::stages(&text::read(dockerfile).ok()?, &[]);
    let version = dockerfile::version(&stages, dockerfile::index(&stages, target)?)?;
    (!version.is_empty() && !version.contains('$')).then(|| version.to_owned())
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
    fn the_files_say_how_it_is_built_and_the_caller_goes_before_them() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().canonicalize().unwrap();
        let write = |name: &str, text: &str| std::fs::write(here.join(name), text).unwrap();
        let label = |version: &str| {
            format!("FROM scratch AS web\nLABEL org.opencontainers.image.version={version}\nFROM scratch\n")
        };
        write("Dockerfile", "FROM scratch\n");
        write("prod.Dockerfile", &label("3.0.0"));
        write("package.json", r#"{"version": "2.0.0", "seaworthy": {"file": "prod.Dockerfile", "target": "web"}}"#);
        let project = Project::find(&here).unwrap();
        assert!(
            matches!(&project.kind, Kind::Dockerfile(path) if *path == here.join("prod.Dockerfile")),
            "{project:?}"
        );
        assert_eq!(project.version.as_deref(), Some("3.0.0"));

        let given = |file: &str| BuildOptions { file: Some(here.join(file)), ..BuildOptions::default() };
        let other = project.clone().with(given("Dockerfile"));
        assert!(matches!(&other.kind, Kind::Dockerfile(path) if *path == here.join("Dockerfile")), "{other:?}");
        assert_eq!((other.version.as_deref(), other.options.target.as_deref()), (Some("2.0.0"), Some("web")));
        assert_eq!(other.layout, project.layout);
        write("prod.Dockerfile", &label("$VERSION"));
        assert_eq!(project.with(given("prod.Dockerfile")).version.as_deref(), Some("2.0.0"));
    }

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
