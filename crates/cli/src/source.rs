//! Images that the user names: `oci:PATH`, `docker-archive:FILE`, `oci-archive:FILE`, `docker-daemon:NAME:TAG`.

use anyhow::Context as _;
use seaworthy_build::Record;
use seaworthy_engine::Docker;
use seaworthy_image::{Format, Image, OpenError, Platform, Select, Source, archive, layout};
use tempfile::TempDir;

use crate::failure::Failure;
use crate::{interrupt, project};

/// An image that was opened, as the user named it.
pub(crate) struct Opened {
    pub(crate) image: Image,
    pub(crate) reference: String,
    /// The record of its build, where one lies beside it.
    pub(crate) record: Option<Record>,
    /// Where an image that had no manifest was copied to, for as long as it is used.
    #[expect(dead_code, reason = "it is kept, not read: dropping it removes the copy")]
    pub(crate) copy: Option<TempDir>,
}

/// Reads what the user wrote for an image.
///
/// # Errors
///
/// Fails if it is none; of what looks like a variable, only the name is told.
pub(crate) fn parse(text: &str) -> Result<Source, Failure> {
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

/// Opens the image; one of several where a platform tells which.
///
/// # Errors
///
/// Fails if there is no such image, or it lies where this program cannot take it from yet.
pub(crate) fn open(source: &Source, platform: Option<&Platform>) -> anyhow::Result<Opened> {
    let reference = source.to_string();
    let select = |name: &Option<String>| Select { name: name.clone(), platform: platform.cloned() };
    let (image, copy) = match source {
        Source::Layout { path, name } => (layout::open_selected(path, &select(name))?, None),
        Source::OciArchive { path, name } => (archive::open_oci(path, &select(name))?, None),
        Source::DockerArchive { path, name } => {
            let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
            let saved = archive::open_docker(path, &select(name))?;
            let image = saved.write_layout(&folder.path().join("image"), Format::Docker)?;
            (image, Some(folder))
        }
        Source::DockerDaemon(name) => {
            let what = || format!("cannot open `{reference}`");
            let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
            let archive = folder.path().join("saved.tar");
            let docker = Docker::connect().with_context(what)?;
            docker.save(&name.familiar(), &archive, &mut |_| interrupt::check()).with_context(what)?;
            let saved = archive::open_docker(&archive, &select(&None)).map_err(|error| named(error, &reference))?;
            let image = saved.write_layout(&folder.path().join("image"), Format::Docker)?;
            (image, Some(folder))
        }
        Source::Registry(_) => return Err(not_built("pulling from a registry", &reference)),
    };
    let record = match source {
        Source::Layout { path, .. } => project::record_of(path)?,
        _ => None,
    };
    Ok(Opened { image, reference, record, copy })
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

fn not_built(what: &str, reference: &str) -> anyhow::Error {
    Failure::new(format!("cannot open `{reference}`: {what} is not built yet"))
        .hint(format!("`docker pull {reference}`, then `docker-daemon:{reference}`; a folder is named `oci:PATH`"))
        .into()
}
