//! What a language's tools need to know to make an image.

/// One for each language.
#[derive(Debug, Clone, PartialEq)]
pub enum Toolchain {
    Python(Python),
    Node(Node),
    /// Nothing but a Dockerfile is known.
    Dockerfile,
}

/// How Python's packages are installed.
#[derive(Debug, Clone, PartialEq)]
pub struct Python {
    pub(crate) install: Install,
    /// Small on musl: wheels are known for every package.
    pub(crate) musl: Result<(), String>,
    /// Debian packages that compiled packages need at run time.
    pub(crate) libraries: Vec<&'static str>,
    /// A server that the Dockerfile installs, since the project has none: `gunicorn==23.0.0`.
    pub(crate) server: Option<&'static str>,
    /// A folder that modules are imported from: `src`.
    pub(crate) import_from: Option<&'static str>,
}

/// Where Python's packages are named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Install {
    /// The file, and those that it names.
    Requirements(Vec<String>),
    /// With a lock file, and whether the project is a package of its own.
    Uv {
        package: bool,
    },
    Poetry {
        locked: bool,
    },
    Pipenv,
    /// `pip install .`
    Itself,
    Nothing,
}

/// How Node's packages are installed.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub(crate) manager: Manager,
    /// `package-lock.json`, where there is one.
    pub(crate) lock: Option<&'static str>,
    /// Files beside the manifest that the manager reads.
    pub(crate) settings: Vec<&'static str>,
    /// `build`: the script that compiles.
    pub(crate) build: Option<String>,
    /// The folder of a site that the build makes, where nothing of it runs on a server.
    pub(crate) site: Option<&'static str>,
    /// Packages that have no build for musl.
    pub(crate) glibc: Option<String>,
    pub(crate) has_dependencies: bool,
}

/// Node's package managers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manager {
    Npm,
    Pnpm,
    Yarn,
    /// Version 2 and later.
    YarnBerry,
}

impl Manager {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Pnpm => "pnpm",
            Self::Yarn | Self::YarnBerry => "yarn",
        }
    }
}
