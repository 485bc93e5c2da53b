//! Images that the user names: `oci:PATH`, `docker-archive:FILE`, `oci-archive:FILE`, `docker-daemon:NAME:TAG`, `HOST/REPO:TAG`.

use std::path::Path;

use anyhow::Context as _;
use seaworthy_build::{Project, Record, record_path};
use seaworthy_engine::{Docker, Engine as _};
use seaworthy_image::archive::Saved;
use seaworthy_image::{
    Deferred, Digest, Format, Image, OpenError, Platform, Reference, Select, Source, archive, layout,
};
use seaworthy_registry::{Pulled, Repository};
use tempfile::TempDir;

use crate::failure::Failure;
use crate::folder::Folder;
use crate::output::Output;
use crate::{files, interrupt, publication};

/// An image that was opened, as the user named it.
pub(crate) struct Opened {
    pub(crate) image: Image,
    /// The same, where it has no manifest: what a push would send is made when it is asked for.
    pub(crate) deferred: Option<Deferred>,
    pub(crate) reference: String,
    /// The record of its build, where one lies beside it.
    pub(crate) record: Option<Record>,
    /// A folder that is needed for as long as the image is used.
    #[expect(dead_code, reason = "it is kept, not read: dropping it removes the copy")]
    pub(crate) copy: Option<TempDir>,
    /// Where it was pulled from, by digest.
    pub(crate) pulled: Option<Repository>,
    /// The index that named it there.
    pub(crate) index: Option<Digest>,
}

impl Opened {
    /// The image as a push sends it.
    ///
    /// # Errors
    ///
    /// Fails if layers that are not compressed cannot be.
    pub(crate) fn packed(&self) -> anyhow::Result<&Image> {
        Ok(match &self.deferred {
            None => &self.image,
            Some(deferred) => deferred.packed()?,
        })
    }
}

/// Whether the image lies in a registry.
pub(crate) fn is_registry(source: &Source) -> bool {
    matches!(source, Source::Registry(_))
}

/// Reads what the user wrote for an image.
///
/// # Errors
///
/// Fails if it is none; of what looks like a variable, only the name is told.
pub(crate) fn parse(text: &str) -> Result<Source, Failure> {
    if let Some(rest) = behind_login(text) {
        return Err(Failure::new(format!(
            "`***@{rest}` is not an image: behind `@` stands a digest, and no login before it"
        ))
        .hint("log in with `docker login HOST`: the login is found where that puts it"));
    }
    if let Some((name, _)) = text.split_once('=') {
        return Err(
            Failure::new(format!("`{name}=***` is not an image")).hint("each variable needs an `--env` of its own")
        );
    }
    text.parse::<Source>().map_err(|error| {
        let failure = Failure::new(format!("`{text}` is not an image: {error}"));
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })
}

/// The image that the user named, else the one that was built last for the project.
///
/// # Errors
///
/// As [`open`] and [`last_built`].
pub(crate) fn open_or_last_built(
    source: Option<&Source>,
    folder: &Folder,
    platform: Option<&Platform>,
    out: &mut Output,
) -> anyhow::Result<Opened> {
    match source {
        Some(source) => open(source, platform, out),
        None => last_built(folder, platform),
    }
}

/// The image that was built last for the project.
///
/// # Errors
///
/// Fails if there is none.
fn last_built(folder: &Folder, platform: Option<&Platform>) -> anyhow::Result<Opened> {
    let project = Project::find(folder.path())?;
    let path = files::from_here(&project.layout);
    if !project.layout.join("oci-layout").is_file() {
        return Err(Failure::new(format!("nothing is built yet: there is no `oci:{}`", path.display()))
            .hint(folder.command("build"))
            .into());
    }
    let select = Select { name: None, platform: platform.cloned() };
    let image = layout::open_selected(&path, &select)?;
    let reference = format!("oci:{}", path.display());
    Ok(Opened { image, reference, record: record_of(&path)?, deferred: None, copy: None, pulled: None, index: None })
}

/// The record beside a layout.
fn record_of(layout: &Path) -> anyhow::Result<Option<Record>> {
    let path = record_path(layout);
    Record::read(&path).with_context(|| format!("cannot use `{}`", path.display()))
}

/// What stands behind a login in a name, such as `user:password@host/app`; `None` where there is none.
pub(crate) fn behind_login(text: &str) -> Option<&str> {
    let (before, behind) = text.split_once('@')?;
    // `NAME=postgresql://user:password@host` is told by its name.
    if before.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_alphanumeric() || c == '_')) {
        return None;
    }
    if behind.starts_with("sha256:") || behind.starts_with("sha512:") {
        return None;
    }
    // A password may hold an `@` too.
    text.rsplit_once('@').map(|(_, rest)| rest)
}

/// Opens the image; one of several where a platform tells which.
///
/// # Errors
///
/// Fails if there is no such image, or it cannot be taken from where it lies.
pub(crate) fn open(source: &Source, platform: Option<&Platform>, out: &mut Output) -> anyhow::Result<Opened> {
    let reference = source.to_string();
    let select = |name: &Option<String>| Select { name: name.clone(), platform: platform.cloned() };
    let (mut pulled, mut index) = (None, None);
    let mut deferred = None;
    let mut later = |saved: &Saved, folder: &Path| {
        let image = Deferred::new(saved, &folder.join("image"), Format::Docker)
            .with_context(|| format!("cannot read the layers of `{reference}`"))?;
        anyhow::Ok(deferred.insert(image).plain().clone())
    };
    let (image, copy) = match source {
        Source::Layout { path, name } => (layout::open_selected(path, &select(name))?, None),
        Source::OciArchive { path, name } => (archive::open_oci(path, &select(name))?, None),
        Source::DockerArchive { path, name } => {
            let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
            let saved = archive::open_docker(path, &select(name))?;
            (later(&saved, folder.path())?, Some(folder))
        }
        Source::DockerDaemon(name) => {
            let what = || format!("cannot open `{reference}`");
            let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
            let archive = folder.path().join("saved.tar");
            let docker = Docker::connect().with_context(what)?;
            out.phase(&format!("taking the image from {}", docker.name()));
            docker.save(&name.familiar(), &archive, &mut |_| interrupt::check()).with_context(what)?;
            let saved = archive::open_docker(&archive, &select(&None)).map_err(|error| named(error, &reference))?;
            (later(&saved, folder.path())?, Some(folder))
        }
        Source::Registry(reference) => {
            let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
            let (there, from) = pull(reference, platform, folder.path(), out)?;
            (pulled, index) = (Some(from), there.index);
            (there.image, Some(folder))
        }
    };
    let record = match source {
        Source::Layout { path, .. } => record_of(path)?,
        _ => None,
    };
    Ok(Opened { image, deferred, reference, record, copy, pulled, index })
}

/// An image that a daemon has, by its id, with the folder that it needs for as long as it is used.
///
/// # Errors
///
/// Fails if the daemon does not give it.
pub(crate) fn of_daemon(docker: &Docker, id: &str) -> anyhow::Result<(Image, TempDir)> {
    let what = || format!("cannot take the image `{id}` from {}", docker.name());
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let archive = folder.path().join("saved.tar");
    docker.save(id, &archive, &mut |_| interrupt::check()).with_context(what)?;
    let saved = archive::open_docker(&archive, &Select { name: None, platform: None }).with_context(what)?;
    let deferred = Deferred::new(&saved, &folder.path().join("image"), Format::Docker).with_context(what)?;
    Ok((deferred.plain().clone(), folder))
}

/// The error as of what the user named, not of the file that the daemon's image was saved to.
fn named(error: OpenError, reference: &str) -> OpenError {
    let path = reference.into();
    match error {
        OpenError::NoSuch { wanted, found, .. } => OpenError::NoSuch { path, wanted, found },
        OpenError::Several { wanted, found, .. } => OpenError::Several { path, wanted, found },
        other => other,
    }
}

/// Pulls the image into a folder: what the tag names is asked for by digest.
fn pull(
    reference: &Reference,
    platform: Option<&Platform>,
    folder: &Path,
    out: &mut Output,
) -> anyhow::Result<(Pulled, Repository)> {
    out.phase(&format!("pulling {}", reference.familiar()));
    let what = || format!("cannot pull `{}`", reference.familiar());
    let repository = publication::client().repository(reference).with_context(what)?;
    let pulled = repository.pull(reference.identifier(), platform, folder, &out.bars()).with_context(what)?;
    Ok((pulled, repository))
}
