//! The project's image: building it, and building it again.

use std::path::Path;

use anyhow::Context as _;
use seaworthy_build::dockerfile::DockerfileError;
use seaworthy_build::rust::{self, BuildError};
use seaworthy_build::{BuildOptions, Kind, Project, Record, dockerfile, git, record_path};
use seaworthy_engine::Docker;
use seaworthy_image::{Format, Image, archive, layout};
use seaworthy_review::dockerfile::is_secret_name;

use crate::failure::Failure;
use crate::folder::Folder;
use crate::output::Output;
use crate::place::Place;
use crate::{files, interrupt};

/// What the user wants of a build.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wish {
    /// Where the image goes; where `None`, to the project's own place.
    pub(crate) place: Option<Place>,
    pub(crate) format: Format,
    /// What goes before the project's files.
    pub(crate) options: BuildOptions,
}

/// An image that was built and lies in its place.
pub(crate) struct Built {
    pub(crate) image: Image,
    pub(crate) place: Place,
    pub(crate) record: Record,
    project: Project,
    wish: Wish,
}

/// Builds the project's image and puts it into its place, with the record of the build beside a layout.
///
/// # Errors
///
/// Fails if there is nothing to build, it does not build, or the place cannot be written.
pub(crate) fn build(folder: &Folder, wish: Wish, out: &mut Output) -> anyhow::Result<Built> {
    out.begins("looking at the project");
    let mut project = Project::find(folder.path())?.with(wish.options.clone());
    ready(&mut project, out)?;
    let place = wish.place.clone().unwrap_or_else(|| Place::Layout(files::from_here(&project.layout)));
    if !matches!(project.kind, Kind::Unknown) {
        out.phase("building the image");
    }
    let (image, record) = match &project.kind {
        Kind::Rust(_) => from_cargo(&project, &wish, &place, out)?,
        Kind::Dockerfile(path) => from_dockerfile(&project, path, &wish, &place, out)?,
        Kind::Unknown => {
            return Err(Failure::new(format!("nothing in `{}` can be built", folder.path().display()))
                .hint("it needs a Cargo package or a `Dockerfile`; `--file PATH` names another one")
                .into());
        }
    };
    let built = Built { image, place, record, project, wish };
    built.write_record()?;
    Ok(built)
}

/// Builds the project once more, unless this very image was; the record then says how that ended.
///
/// # Errors
///
/// Fails if the second build does.
pub(crate) fn reproduce(built: &mut Built, out: &mut Output) -> anyhow::Result<()> {
    if built.record.reproduced.is_some() {
        return Ok(());
    }
    let Built { project, wish, image, .. } = &*built;
    out.phase("building the image again");
    let reproduced = match &project.kind {
        Kind::Rust(_) => {
            let options = rust::Options { format: wish.format, target: project.options.target.clone() };
            let again = &mut |step: &str| out.begins(&format!("building again, in another folder: {step}"));
            let reproduced = interrupt::compiling(|| rust::reproduce(project, &options, again));
            reproduced
                .map_err(|error| explained(error, out))
                .context("the second build, elsewhere and as another user")?
        }
        Kind::Dockerfile(path) => told(out, |out| {
            let temporary = tempfile::tempdir().context("cannot make a temporary folder")?;
            let layout = temporary.path().join("image");
            let on_line = &mut |line: &str| {
                interrupt::check();
                out.begins(&format!("building again, every step: {line}"));
            };
            let plan = plan(project, path, wish, &layout);
            anyhow::Ok(dockerfile::reproduce(&Docker::connect()?, &plan, image, on_line)?)
        })?,
        Kind::Unknown => return Ok(()),
    };
    built.record.reproduced = Some(reproduced);
    built.write_record()
}

fn plan<'a>(project: &'a Project, dockerfile: &'a Path, wish: &Wish, layout: &'a Path) -> dockerfile::Plan<'a> {
    dockerfile::Plan {
        dockerfile,
        context: &project.folder,
        options: &project.options,
        layout,
        format: wish.format,
        revision: git::revision(&project.folder).map(|revision| revision.name),
        version: project.version.clone(),
        is_secret: is_secret_name,
    }
}

fn from_cargo(project: &Project, wish: &Wish, place: &Place, out: &mut Output) -> anyhow::Result<(Image, Record)> {
    let options = rust::Options { format: wish.format, target: project.options.target.clone() };
    let built = interrupt::compiling(|| rust::build(project, &options, &mut |step| out.begins(step)));
    let rust::Built { image, record } = built.map_err(|error| explained(error, out))?;
    out.begins("writing the image");
    let image = interrupt::making(|| put(image, project, place, wish.format))?;
    Ok((image, record))
}

fn from_dockerfile(
    project: &Project,
    path: &Path,
    wish: &Wish,
    place: &Place,
    out: &mut Output,
) -> anyhow::Result<(Image, Record)> {
    told(out, |out| {
        // An archive is made from a layout.
        let temporary = tempfile::tempdir().context("cannot make a temporary folder")?;
        let elsewhere = temporary.path().join("image");
        let plan = plan(project, path, wish, place.layout().unwrap_or(&elsewhere));
        let on_line = &mut |line: &str| {
            interrupt::check();
            match line.strip_prefix("[Warning] ") {
                Some(warning) => out.note(warning),
                None => out.begins(line),
            }
        };
        let (image, record) = dockerfile::build(&Docker::connect()?, &plan, on_line)?;
        if place.layout().is_none() {
            put(image.clone(), project, place, wish.format)?;
        }
        Ok((image, record))
    })
}

/// Gives the build arguments their values, which no message shows from now on.
///
/// # Errors
///
/// Fails if one has no value, or the project has no use for an option.
fn ready(project: &mut Project, out: &mut Output) -> anyhow::Result<()> {
    let options = &mut project.options;
    if let Kind::Rust(package) = &project.kind {
        let given = [
            ("--build-arg", !options.args.is_empty()),
            ("--network", options.network.is_some()),
            ("--build-secret", !options.secrets.is_empty()),
        ];
        if let Some((option, _)) = given.into_iter().find(|(_, is_given)| *is_given) {
            return Err(Failure::new(format!("`{option}` is for Dockerfiles, and Cargo builds `{}`", package.name))
                .hint("`--file Dockerfile` builds with a Dockerfile in its place")
                .into());
        }
    }
    let resolved = options.resolve(&|name| std::env::var(name).ok());
    resolved.map_err(|error| Failure::new(error.to_string()).hint("set the variable, or give `--build-arg K=V`"))?;
    out.keep_secret(&options.pairs());
    for name in options.args.iter().map(|arg| &arg.name).filter(|name| is_secret_name(name)) {
        out.note(&format!(
            "the build argument `{name}` looks like a secret: its value stays in the image's history, where whoever pulls the image reads it"
        ));
    }
    Ok(())
}

/// Builds by a Dockerfile; where a step fails, its last lines go before the error.
fn told<T>(out: &mut Output, work: impl FnOnce(&mut Output) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let done = interrupt::making(|| work(out));
    let log = done.as_ref().err().and_then(|error| error.downcast_ref::<DockerfileError>()?.log());
    if let Some(log) = log {
        out.quote(&log);
    }
    done
}

/// Puts the image where it is wanted, and gives it as it lies there.
fn put(image: Image, project: &Project, place: &Place, format: Format) -> anyhow::Result<Image> {
    match place {
        Place::Layout(path) => Ok(layout::write(&image, path, format)?),
        Place::DockerArchive(path) => {
            archive::write_docker(&image, path, &[tag(project)])?;
            Ok(image)
        }
        Place::OciArchive(path) => {
            archive::write_oci(&image, path, Some(&tag(project)))?;
            Ok(image)
        }
    }
}

/// What an archive calls the image: `task-api:1.0.0`.
fn tag(project: &Project) -> String {
    format!("{}:{}", project.name, project.version.as_deref().unwrap_or("latest").replace('+', "-"))
}

/// What the compiler said goes before the error.
fn explained(error: BuildError, out: &mut Output) -> anyhow::Error {
    if let Some(log) = error.log() {
        out.quote(log);
    }
    error.into()
}

impl Built {
    pub(crate) fn project(&self) -> &Project {
        &self.project
    }

    /// The build arguments that may be secrets, by their names.
    pub(crate) fn secret_args(&self) -> Vec<(String, String)> {
        let mut pairs = self.project.options.pairs();
        pairs.retain(|(name, _)| is_secret_name(name));
        pairs
    }

    fn write_record(&self) -> anyhow::Result<()> {
        let Some(layout) = self.place.layout() else { return Ok(()) };
        let path = record_path(layout);
        self.record.write(&path).with_context(|| format!("cannot write `{}`", path.display()))
    }
}
