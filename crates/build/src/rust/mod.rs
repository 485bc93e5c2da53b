//! A Rust project to an image: no daemon, no Dockerfile, the same digest in any folder.

mod compile;
mod dependencies;
mod elf;
mod image;
mod sources;
mod surroundings;
mod toolchain;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use seaworthy_image::{ConfigError, Digest, Format, Image, LayerError};

pub use elf::ElfError;

use self::compile::{Compilation, Compiled};
use self::surroundings::{Surroundings, Varied};
use self::toolchain::Toolchain;
use crate::cargo::{CargoError, Package};
use crate::record::SCHEMA;
use crate::{Kind, Project, Record, Reproduced, git};

/// What the user decides about a build.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub format: Format,
    /// A target of `rustc`; where `None`, what `Cargo.toml` says, else this machine with its glibc, static.
    pub target: Option<String>,
}

/// An image that was built. It lies in temporary files until it is written somewhere.
pub struct Built {
    pub image: Image,
    pub record: Record,
}

/// Why no image was built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("`{}` is no Cargo package", .0.display())]
    NotRust(PathBuf),
    #[error("the package `{0}` has no binary")]
    NoBinaries(String),
    #[error("the package `{name}` has several binaries: {}", .binaries.join(", "))]
    SeveralBinaries { name: String, binaries: Vec<String> },
    #[error("the package `{name}` has no binary `{binary}`")]
    NoSuchBinary { name: String, binary: String },
    #[error("`rustc` is not installed, or not in `PATH`")]
    NoRustc,
    #[error("`{0}` is not a Linux target that `rustc` knows")]
    Target(String),
    #[error("the standard library for `{0}` is not installed")]
    NoStd(String),
    #[error("the C library is not installed in its static form (`libc.a`)")]
    NoStaticLibc,
    #[error("there is no `{}`, which says what exactly is built", .0.display())]
    NoLock(PathBuf),
    #[error("`{}` does not fit `Cargo.toml` any more", .0.display())]
    StaleLock(PathBuf),
    #[error("cannot run `cargo`")]
    Run(#[source] io::Error),
    #[error("`{name}` does not compile")]
    Compile { name: String, log: String },
    #[error("`{name}` cannot be linked statically")]
    Link { name: String, log: String },
    #[error("`cargo` built no binary `{0}`")]
    NoBinary(String),
    #[error("cannot read the binary `{}`", .path.display())]
    ReadBinary { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Elf(#[from] ElfError),
    #[error("`SOURCE_DATE_EPOCH` is `{0}`, which is no number of seconds since 1970")]
    Epoch(String),
    #[error("cannot copy `{}`", .path.display())]
    Copy { path: PathBuf, source: io::Error },
    #[error("cannot make a temporary folder")]
    Temporary(#[source] io::Error),
    #[error("cannot put the image together")]
    Image(#[source] io::Error),
    #[error(transparent)]
    Layer(#[from] LayerError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Cargo(#[from] CargoError),
}

impl BuildError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoBinaries(_) => "only a program can be shipped: add `src/main.rs`".to_owned(),
            Self::SeveralBinaries { .. } => {
                "name one: `binary = \"…\"` under `[package.metadata.seaworthy]`, or `default-run`".to_owned()
            }
            Self::NoRustc => "install Rust from https://rustup.rs".to_owned(),
            Self::NoStd(target) => format!("rustup target add {target}"),
            Self::NoStaticLibc => "apt-get install libc6-dev, dnf install glibc-static, or build for musl".to_owned(),
            Self::NoLock(_) => "cargo generate-lockfile".to_owned(),
            Self::StaleLock(_) => "cargo update --workspace".to_owned(),
            Self::Link { .. } => {
                "a C library in it may not be there in its static form; the linker's words stand above".to_owned()
            }
            Self::Elf(ElfError::Dynamic(_)) => {
                "does a `build.rs` or `.cargo/config.toml` set flags that undo `+crt-static`?".to_owned()
            }
            Self::Cargo(error) => return error.hint().map(str::to_owned),
            _ => return None,
        })
    }

    /// What the compiler or the linker said, to be shown before the error.
    pub fn log(&self) -> Option<&str> {
        match self {
            Self::Compile { log, .. } | Self::Link { log, .. } => Some(log),
            _ => None,
        }
    }
}

/// What goes into an image from outside of the sources.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) revision: Option<String>,
    /// In seconds since 1970.
    pub(crate) time: i64,
}

impl Facts {
    /// The time is `SOURCE_DATE_EPOCH`, else the commit's, else 1970: never the clock's.
    fn of(folder: &Path) -> Result<(Self, Option<PathBuf>), BuildError> {
        let revision = git::revision(folder);
        let time = match std::env::var("SOURCE_DATE_EPOCH") {
            Ok(text) => text.parse().ok().filter(|&time| time >= 0).ok_or(BuildError::Epoch(text))?,
            Err(_) => revision.as_ref().map_or(0, |revision| revision.time),
        };
        let (name, root) = revision.map(|revision| (revision.name, revision.root)).unzip();
        Ok((Self { revision: name, time }, root))
    }

    fn created(&self) -> Result<String, BuildError> {
        let time = jiff::Timestamp::from_second(self.time).map_err(|_| BuildError::Epoch(self.time.to_string()))?;
        Ok(time.to_string())
    }
}

/// Builds a Rust project's image. `progress` hears what is being done, in a few words each.
///
/// When an earlier build gave the same digest and was reproduced, the record says so again.
///
/// # Errors
///
/// Fails if it is no Rust project, something needed is not installed, or the project does not compile.
pub fn build(project: &Project, options: &Options, progress: &mut dyn FnMut(&str)) -> Result<Built, BuildError> {
    let started = Instant::now();
    let package = package(project)?;
    let (facts, _) = Facts::of(&project.folder)?;
    let toolchain = prepare(package, project, options)?;
    let place = Place {
        folder: &project.folder,
        workspace: &package.workspace,
        target_directory: &package.target_directory.join("seaworthy/build"),
        surroundings: None,
    };
    let (image, _) = make(package, &place, &facts, &toolchain, options.format, progress)?;

    let before = Record::read(&project.record()).ok().flatten();
    let same = before.filter(|before| before.digest == *image.digest());
    // What an older version of this program has seen is less than this one shows.
    let reproduced = same.and_then(|before| before.reproduced).filter(|reproduced| !reproduced.varied.is_empty());
    let record = Record {
        schema: SCHEMA.to_owned(),
        digest: image.digest().clone(),
        builder: "rust".to_owned(),
        revision: facts.revision,
        stages: vec![format!("rust {}", toolchain.release), "scratch".to_owned()],
        toolchain: Some(toolchain.rustc),
        c_toolchain: toolchain.c,
        target: Some(toolchain.target),
        machine: seaworthy_engine::machine::id(),
        boot: seaworthy_engine::machine::boot(),
        at: now(),
        took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        version: None,
        dockerfile: None,
        reproduced,
    };
    Ok(Built { image, record })
}

/// Builds a Rust project once more, from a copy of its sources in another folder, with nothing compiled yet, and in the surroundings of
/// another user on a machine of another name.
///
/// What it gives is the second build's digest, whether or not it is the first one's.
///
/// # Errors
///
/// As [`build`]; also if the sources cannot be copied.
pub fn reproduce(
    project: &Project,
    options: &Options,
    progress: &mut dyn FnMut(&str),
) -> Result<Reproduced, BuildError> {
    let package = package(project)?;
    let (facts, root) = Facts::of(&project.folder)?;
    let toolchain = prepare(package, project, options)?;
    let temporary = tempfile::Builder::new().prefix("seaworthy-").tempdir().map_err(BuildError::Temporary)?;
    let temporary_path = temporary.path().canonicalize().map_err(BuildError::Temporary)?;
    let root = root.unwrap_or_else(|| package.workspace.clone());
    let outside = |path: &Path| BuildError::Copy {
        path: path.to_owned(),
        source: io::Error::new(io::ErrorKind::InvalidInput, "it lies outside of the sources"),
    };
    let sources = temporary_path.join("another/folder");
    // Gathered, since joining nothing would leave a slash behind, and prefixes with one are cut otherwise.
    let moved = |path: &Path| {
        let inner = path.strip_prefix(&root).map_err(|_| outside(path))?;
        Ok::<PathBuf, BuildError>(sources.join(inner).components().collect())
    };
    sources::copy(&root, &sources, &package.target_directory)?;
    let place = Place {
        folder: &moved(&project.folder)?,
        workspace: &moved(&package.workspace)?,
        target_directory: &temporary_path.join("output"),
        surroundings: Some(&Surroundings::inside(&temporary_path)?),
    };
    let (image, varied) = make(package, &place, &facts, &toolchain, options.format, progress)?;
    let varied = varied.map(Varied::names).unwrap_or_default();
    Ok(Reproduced { digest: image.digest().clone(), at: now(), varied, differs: None })
}

/// Where a build happens.
struct Place<'a> {
    folder: &'a Path,
    workspace: &'a Path,
    target_directory: &'a Path,
    surroundings: Option<&'a Surroundings>,
}

fn make(
    package: &Package,
    place: &Place<'_>,
    facts: &Facts,
    toolchain: &Toolchain,
    format: Format,
    progress: &mut dyn FnMut(&str),
) -> Result<(Image, Option<Varied>), BuildError> {
    let binary = binary(package)?;
    let compilation = Compilation {
        package,
        folder: place.folder,
        workspace: place.workspace,
        target_directory: place.target_directory,
        toolchain,
        facts,
        binary,
        surroundings: place.surroundings,
    };
    let Compiled { path, varied } = compilation.run(progress)?;
    progress("Packing the image");
    let bytes = fs::read(&path).map_err(|source| BuildError::ReadBinary { path, source })?;
    elf::check_static(&bytes)?;
    let list = dependencies::list(place.folder, &toolchain.target)?;
    let bytes = elf::add_section(bytes, dependencies::SECTION, &list)?;
    Ok((image::assemble(package, facts, &toolchain.target, (binary, bytes), format)?, varied))
}

fn package(project: &Project) -> Result<&Package, BuildError> {
    match &project.kind {
        Kind::Rust(package) => Ok(package),
        Kind::Dockerfile(_) | Kind::Unknown => Err(BuildError::NotRust(project.folder.clone())),
    }
}

fn prepare(package: &Package, project: &Project, options: &Options) -> Result<Toolchain, BuildError> {
    binary(package)?;
    let lock = package.workspace.join("Cargo.lock");
    if !lock.is_file() {
        return Err(BuildError::NoLock(lock));
    }
    let target = options.target.as_deref().or(package.settings.target.as_deref());
    Toolchain::find(&project.folder, target)
}

/// The one that `Cargo.toml` names, else the only one, else the one with the package's name.
fn binary(package: &Package) -> Result<&str, BuildError> {
    let name = || package.name.clone();
    if let Some(wanted) = package.settings.binary.as_ref().or(package.default_run.as_ref()) {
        return match package.binaries.iter().find(|binary| *binary == wanted) {
            Some(binary) => Ok(binary),
            None => Err(BuildError::NoSuchBinary { name: name(), binary: wanted.clone() }),
        };
    }
    match &package.binaries[..] {
        [] => Err(BuildError::NoBinaries(name())),
        [only] => Ok(only),
        several => several
            .iter()
            .find(|binary| **binary == package.name)
            .map(String::as_str)
            .ok_or_else(|| BuildError::SeveralBinaries { name: name(), binaries: several.to_vec() }),
    }
}

fn now() -> String {
    jiff::Timestamp::from_second(jiff::Timestamp::now().as_second()).unwrap_or_default().to_string()
}

impl Built {
    /// The image's identity.
    pub fn digest(&self) -> &Digest {
        self.image.digest()
    }
}
