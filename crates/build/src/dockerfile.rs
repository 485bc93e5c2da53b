//! A project with a Dockerfile, built by the Docker or Podman that answers.

mod context;
mod ignore;
mod stages;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::Timestamp;
use seaworthy_engine::{BuildRequest, Docker, Engine as _, EngineError, SaveError, Steps, machine};
use seaworthy_image::{Digest, Format, Image, OpenError, Select, WriteError, archive};

use crate::record::SCHEMA;
use crate::{Record, Reproduced};

pub use ignore::Ignore;
pub use stages::{Stage, stages};

/// What is built, and to where.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    pub dockerfile: &'a Path,
    /// What `COPY` copies from: everything in this folder that its `.dockerignore` lets through.
    pub context: &'a Path,
    /// Values for the `ARG`s.
    pub args: &'a [(String, String)],
    /// The image layout that is written.
    pub layout: &'a Path,
    pub format: Format,
    /// Git's name of the sources.
    pub revision: Option<String>,
}

/// Why a Dockerfile could not be built.
#[derive(Debug, thiserror::Error)]
pub enum DockerfileError {
    #[error("cannot read `{path}`")]
    Read { path: PathBuf, source: io::Error },
    #[error("`{0}` names no stage: a `FROM` line is missing")]
    NoStage(PathBuf),
    /// Almost always because `.dockerignore` leaves out too little.
    #[error("more than {limit} bytes lie in `{context}`")]
    TooLarge { context: PathBuf, limit: u64 },
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Save(#[from] SaveError),
    #[error("cannot read what the daemon built")]
    Open(#[from] OpenError),
    #[error("cannot write the image")]
    Write(#[from] WriteError),
}

impl DockerfileError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::TooLarge { .. } => Some("name what the build does not need in `.dockerignore`".to_owned()),
            Self::Engine(EngineError::Unavailable { hint, .. }) => hint.clone(),
            Self::Engine(EngineError::Prepare { reason }) if reason.contains("BuildKit") => {
                Some("the daemon's own builder is used, not BuildKit: leave out what only BuildKit knows".to_owned())
            }
            _ => None,
        }
    }
}

/// Builds the image and writes it to the layout. What the build prints goes to `on_line`.
///
/// # Errors
///
/// Fails if the context cannot be read, a step fails, or the layout cannot be written.
pub fn build(docker: &Docker, plan: &Plan, on_line: &mut dyn FnMut(&str)) -> Result<(Image, Record), DockerfileError> {
    let begun = Instant::now();
    let text = read(plan.dockerfile)?;
    let stages = stages(&text, plan.args);
    if stages.is_empty() {
        return Err(DockerfileError::NoStage(plan.dockerfile.to_owned()));
    }

    let image = make(docker, plan, Steps::Known, on_line)?;
    let record = Record {
        schema: SCHEMA.to_owned(),
        digest: image.digest().clone(),
        builder: "dockerfile".to_owned(),
        revision: plan.revision.clone(),
        toolchain: Some(docker.name()),
        c_toolchain: Vec::new(),
        target: None,
        stages: stages.into_iter().map(|stage| stage.base).collect(),
        machine: machine::id(),
        boot: machine::boot(),
        at: now(),
        took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        reproduced: None,
    };
    Ok((image, record))
}

/// Builds it once more, every step anew, into another layout, and compares it with the first `image`. A daemon's builder lets nothing be
/// varied but what it varies itself: the time, and the host name of each step.
///
/// # Errors
///
/// As [`build`].
pub fn reproduce(
    docker: &Docker,
    plan: &Plan,
    image: &Image,
    on_line: &mut dyn FnMut(&str),
) -> Result<Reproduced, DockerfileError> {
    let second = make(docker, plan, Steps::Anew, on_line)?;
    let varied = ["time", "host name of each step"].map(str::to_owned).to_vec();
    let differs = (second.digest() != image.digest()).then(|| difference(image, &second));
    Ok(Reproduced { digest: second.digest().clone(), at: now(), varied, differs })
}

fn make(docker: &Docker, plan: &Plan, steps: Steps, on_line: &mut dyn FnMut(&str)) -> Result<Image, DockerfileError> {
    let (archive, dockerfile) = context::pack(plan.context, plan.dockerfile)?;
    let (dockerfile, project) = (dockerfile.as_str(), place(plan));
    let request = BuildRequest { context: &archive, dockerfile, args: plan.args, steps, project: &project };
    let built = docker.build(request, on_line)?;
    let saved = tempfile::NamedTempFile::with_prefix("seaworthy-")
        .map_err(|source| DockerfileError::Read { path: std::env::temp_dir(), source })?
        .into_temp_path();
    built.save(&saved)?;
    Ok(archive::open_docker(&saved, &Select::default())?.write_layout(plan.layout, plan.format)?)
}

/// Where two images that are not the same begin to differ.
fn difference(first: &Image, second: &Image) -> String {
    let ids = |image: &Image| image.layers.iter().map(|layer| layer.diff_id().clone()).collect::<Vec<_>>();
    let (first, second) = (ids(first), ids(second));
    match first.iter().zip(&second).position(|(one, other)| one != other) {
        Some(index) => format!("layer {} of {} differs", index + 1, first.len()),
        None if first.len() == second.len() => "the layers are the same, and the config is not".to_owned(),
        None => format!("{} layers and {}", first.len(), second.len()),
    }
}

fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Which Dockerfile it is, on this machine.
fn place(plan: &Plan) -> String {
    let path = plan.dockerfile.canonicalize().unwrap_or_else(|_| plan.dockerfile.to_owned());
    Digest::of(path.as_os_str().as_encoded_bytes()).hex()[..16].to_owned()
}

/// A Dockerfile is text of at most a MiB.
fn read(path: &Path) -> Result<String, DockerfileError> {
    const BYTES_MAX: u64 = 1 << 20;
    let unread = |source| DockerfileError::Read { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(unread)?;
    let mut text = String::new();
    let count = io::Read::read_to_string(&mut io::Read::take(file, BYTES_MAX + 1), &mut text).map_err(unread)?;
    if count as u64 > BYTES_MAX {
        return Err(unread(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 1 MiB")));
    }
    Ok(text)
}
