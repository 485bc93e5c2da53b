//! What a language's tools need to know to make an image.

/// One for each language.
#[derive(Debug, Clone, PartialEq)]
pub enum Toolchain {
    Python(Python),
    Node(Node),
    Go(Go),
    Rust(Rust),
    Java(Java),
    DotNet(DotNet),
    Php(Php),
    Ruby(Ruby),
    Site(Site),
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
    pub(crate) site: Option<String>,
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

/// How a Go service is compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Go {
    /// The package with `main`: `./cmd/server`.
    pub(crate) package: String,
    pub(crate) has_sum: bool,
    /// A package that needs a C compiler.
    pub(crate) needs_c: Option<String>,
    /// Other files with a `main`.
    pub(crate) others: Vec<String>,
}

/// How a Rust service is compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Rust {
    pub(crate) binary: String,
    /// The folder is a package; else it is a workspace, and holds one.
    pub(crate) is_package: bool,
    pub(crate) locked: bool,
    pub(crate) image: RustImage,
    /// Nothing but `src/main.rs` is compiled: the packages can be compiled before it.
    pub(crate) has_main: bool,
}

/// What `[package.metadata.seaworthy]` says of the image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RustImage {
    pub(crate) checks_health: bool,
    pub(crate) names_port: bool,
}

/// How a Java service is packed.
#[derive(Debug, Clone, PartialEq)]
pub struct Java {
    pub(crate) tool: JavaTool,
    pub(crate) quarkus: bool,
    pub(crate) spring: bool,
    /// `target/app-1.0.jar`
    pub(crate) jar: String,
    /// `pom.xml`
    pub(crate) file: &'static str,
}

/// Who packs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JavaTool {
    Maven,
    Gradle,
}

/// How a .NET service is published.
#[derive(Debug, Clone, PartialEq)]
pub struct DotNet {
    pub(crate) file: String,
    pub(crate) is_web: bool,
    /// Before version 8: it has another variable for its port, and no user of its own.
    pub(crate) is_old: bool,
    /// It is built together with other projects or files beside it.
    pub(crate) has_references: bool,
}

/// How a PHP service is installed.
#[derive(Debug, Clone, PartialEq)]
pub struct Php {
    /// Whether there are packages to install.
    pub(crate) composer: bool,
    pub(crate) locked: bool,
    /// The folder that the web server gives out.
    pub(crate) root: Option<&'static str>,
    pub(crate) extensions: Vec<&'static str>,
    /// What it requires that is not known here.
    pub(crate) unknown: Vec<String>,
    /// Requests for no file go to `index.php`: by its own `.htaccess`, or by a line that is added.
    pub(crate) rewrites: bool,
    /// Folders that it writes to.
    pub(crate) written: Vec<&'static str>,
}

/// How a Ruby service's gems are installed.
#[derive(Debug, Clone, PartialEq)]
pub struct Ruby {
    pub(crate) locked: bool,
    pub(crate) rails: bool,
    /// Debian packages that compiled gems need at run time.
    pub(crate) libraries: Vec<&'static str>,
}

/// Where a site's files lie.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    pub(crate) root: Option<String>,
}
