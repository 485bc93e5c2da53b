//! A project with a Dockerfile, built by the Docker or Podman that answers.

mod context;
mod ignore;
mod printed;
mod stages;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::Timestamp;
use seaworthy_engine::{BuildRequest, Docker, Engine as _, EngineError, SaveError, Steps, machine};
use seaworthy_image::{Digest, Format, Image, OpenError, Select, WriteError, archive};

use self::printed::Printed;
use crate::options::BuildOptions;
use crate::record::{Dockerfile, SCHEMA};
use crate::{Record, Reproduced, text};

pub use ignore::Ignore;
pub use stages::{Stage, base, index, stages, version};

/// What is built, and to where.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    pub dockerfile: &'a Path,
    /// What `COPY` copies from: everything in this folder that its `.dockerignore` lets through.
    pub context: &'a Path,
    /// The stage, the values of the `ARG`s, the network.
    pub options: &'a BuildOptions,
    /// The image layout that is written.
    pub layout: &'a Path,
    pub format: Format,
    /// Git's name of the sources.
    pub revision: Option<String>,
    /// What the project's files say where the image has no label of its version.
    pub version: Option<String>,
    /// Whether a build argument of this name holds a secret: the record has no value of it.
    pub is_secret: fn(&str) -> bool,
}

/// Why a Dockerfile could not be built.
#[derive(Debug, thiserror::Error)]
pub enum DockerfileError {
    #[error("cannot read `{path}`")]
    Read { path: PathBuf, source: io::Error },
    #[error("`{0}` names no stage: a `FROM` line is missing")]
    NoStage(PathBuf),
    #[error("`{}` has no stage `{target}`", .path.display())]
    NoTarget { path: PathBuf, target: String, stages: Vec<String> },
    #[error(
        "the build secret `{id}` cannot be given: only BuildKit mounts secrets, and the daemon's classic builder builds here"
    )]
    Secret { id: String },
    #[error("step {step} failed: {reason}")]
    Step { step: String, reason: String, lines: Vec<String> },
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
            Self::NoTarget { stages, .. } if stages.is_empty() => Some("none of its stages has a name".to_owned()),
            Self::NoTarget { stages, .. } => Some(format!("its stages are {}", stages.join(", "))),
            Self::Secret { id } => Some(format!(
                "build it with `docker build --secret id={id},src=FILE -t NAME .`, then `seaworthy verify docker-daemon:NAME`; \
                 do not give it by `--build-arg`, which stays in the history"
            )),
            Self::Engine(EngineError::Prepare { reason }) | Self::Step { reason, .. }
                if reason.contains("BuildKit") =>
            {
                Some("the daemon's own builder is used, not BuildKit: leave out what only BuildKit knows".to_owned())
            }
            _ => None,
        }
    }

    /// The last lines that a failed step printed.
    pub fn log(&self) -> Option<String> {
        match self {
            Self::Step { lines, .. } if !lines.is_empty() => Some(lines.join("\n")),
            _ => None,
        }
    }
}

/// Builds the image and writes it to the layout. What the build prints goes to `on_line`.
///
/// # Errors
///
/// Fails if the context cannot be read, a step fails, the layout cannot be written, or there are build secrets.
pub fn build(docker: &Docker, plan: &Plan, on_line: &mut dyn FnMut(&str)) -> Result<(Image, Record), DockerfileError> {
    let begun = Instant::now();
    let text = text::read(plan.dockerfile)
        .map_err(|source| DockerfileError::Read { path: plan.dockerfile.to_owned(), source })?;
    let mut shown = plan.options.pairs();
    shown.retain(|(name, _)| !(plan.is_secret)(name));
    let stages = stages(&text, &shown);
    let last = last(plan, &stages)?;
    if let Some(secret) = plan.options.secrets.first() {
        return Err(DockerfileError::Secret { id: secret.id.clone() });
    }

    let image = make(docker, plan, Steps::Known, on_line)?;
    let label = version(&stages, last).and_then(|_| label(&image));
    let bases = (0..=last).filter_map(|index| base(&stages, index).map(str::to_owned)).collect();
    let record = Record {
        schema: SCHEMA.to_owned(),
        digest: image.digest().clone(),
        builder: "dockerfile".to_owned(),
        revision: plan.revision.clone(),
        toolchain: Some(docker.name()),
        c_toolchain: Vec::new(),
        target: None,
        stages: bases,
        machine: machine::id(),
        boot: machine::boot(),
        at: now(),
        took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        version: label.or_else(|| plan.version.clone()),
        dockerfile: Some(told(plan)),
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
    let (args, project) = (plan.options.pairs(), place(plan));
    let request = BuildRequest {
        context: &archive,
        dockerfile: &dockerfile,
        args: &args,
        target: plan.options.target.as_deref(),
        network: plan.options.network.as_deref(),
        steps,
        project: &project,
    };
    let mut printed = Printed::default();
    let built = docker.build(request, &mut |line| {
        printed.read(line);
        on_line(line);
    });
    let built = built.map_err(|error| printed.explain(error))?;
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

/// The index of the stage that becomes the image.
fn last(plan: &Plan, stages: &[Stage]) -> Result<usize, DockerfileError> {
    let (path, target) = (plan.dockerfile.to_owned(), plan.options.target.as_deref());
    index(stages, target).ok_or_else(|| match target {
        Some(target) if !stages.is_empty() => {
            let names = stages.iter().filter_map(|stage| Some(format!("`{}`", stage.name.as_ref()?))).collect();
            DockerfileError::NoTarget { path, target: target.to_owned(), stages: names }
        }
        _ => DockerfileError::NoStage(path),
    })
}

/// The image's label of its version.
fn label(image: &Image) -> Option<String> {
    let labels = image.config.labels();
    let version = labels.into_iter().find(|(name, _)| name == "org.opencontainers.image.version");
    version.map(|(_, version)| version).filter(|version| !version.is_empty())
}

/// What of the options is the same on every machine, without values.
fn told(plan: &Plan) -> Dockerfile {
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (dockerfile, context) = (whole(plan.dockerfile), whole(plan.context));
    // Where one outside of the context lies is the machine's own affair.
    let file = dockerfile.strip_prefix(&context).ok().or_else(|| dockerfile.file_name().map(Path::new));
    Dockerfile {
        file: file.unwrap_or(&dockerfile).display().to_string(),
        target: plan.options.target.clone(),
        args: plan.options.args.iter().map(|arg| arg.name.clone()).collect(),
        network: plan.options.network.clone(),
    }
}
