//! An image in the daemon's store, under a name of the run's own.
//!
//! The name is what keeps it: two runs of one image each have theirs, and the daemon removes the image with its last one.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bollard::errors::Error;
use bollard::models::ImageInspect;
use bollard::query_parameters::{ImportImageOptionsBuilder, RemoveImageOptions, TagImageOptionsBuilder};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use seaworthy_image::{Config, Image, archive};

use super::client::{self, Client};
use super::files::Folder;
use crate::EngineError;

/// The repository of all names that runs give.
pub(crate) const REPOSITORY: &str = "seaworthy-run";

/// How often an image that others take away is looked for before it is loaded.
const TRIES: usize = 5;

/// How long the daemon takes at most to remove an image that has no name any more.
const SETTLING: Duration = Duration::from_millis(500);

/// An image that can be started. Its name is taken away when dropped.
pub(crate) struct Loaded {
    client: Arc<Client>,
    pub(crate) id: String,
    /// `None` for an image that was there before and had no name: with ours it would go too.
    name: Option<String>,
}

impl Loaded {
    /// Finds the image in the store, else loads it. Another run of the same image may take it away meanwhile: then it is looked for again.
    pub(crate) fn load(client: &Arc<Client>, image: &Image, run: &str) -> Result<Self, EngineError> {
        let name = format!("{REPOSITORY}:{run}");
        for _ in 0..TRIES {
            let Some(found) = find(client, image)? else { break };
            let Some(found) = settled(client, image, found)? else { continue };
            let id = found.id.clone().unwrap_or_default();
            if !is_named(&found) {
                return Ok(Self { client: Arc::clone(client), id, name: None });
            }
            let tag = TagImageOptionsBuilder::default().repo(REPOSITORY).tag(run).build();
            match client.block(client.docker.tag_image(&id, Some(tag))) {
                Ok(()) => return Ok(Self { client: Arc::clone(client), id, name: Some(name) }),
                Err(error) if client::status(&error) == Some(404) => {}
                Err(error) => return Err(client.failed("name the image", &error)),
            }
        }
        Self::sent(client, image, name)
    }

    /// Whether it has a name of a run's: another one is nobody's loss.
    pub(crate) fn is_of_a_run(&self) -> bool {
        self.name.is_some()
    }

    /// An image that the daemon has, under one more name.
    pub(crate) fn keep(client: &Arc<Client>, id: &str, run: &str) -> Result<Self, EngineError> {
        let tag = TagImageOptionsBuilder::default().repo(REPOSITORY).tag(run).build();
        client.call("name the image", client.docker.tag_image(id, Some(tag)))?;
        Ok(Self { client: Arc::clone(client), id: id.to_owned(), name: Some(format!("{REPOSITORY}:{run}")) })
    }

    fn sent(client: &Arc<Client>, image: &Image, name: String) -> Result<Self, EngineError> {
        // Made first, so that a load that fails half way is cleared away too.
        let mut loaded = Self { client: Arc::clone(client), id: String::new(), name: Some(name.clone()) };
        send(client, image, &name)?;
        let found = client.call("find the loaded image", client.docker.inspect_image(&name))?;
        loaded.id = found.id.unwrap_or(name);
        Ok(loaded)
    }
}

/// The id and the config of an image that has this name; the config says what the daemon tells of it.
pub(crate) fn named(client: &Client, name: &str) -> Result<Option<(String, Config)>, EngineError> {
    let found = match client.block(client.docker.inspect_image(name)) {
        Ok(found) => found,
        Err(error) if client::status(&error) == Some(404) => return Ok(None),
        Err(error) => return Err(client.failed("look for the image", &error)),
    };
    let diff_ids = found.root_fs.as_ref().and_then(|root| root.layers.clone()).unwrap_or_default();
    let config = serde_json::json!({
        "architecture": found.architecture,
        "os": found.os,
        "config": found.config,
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    });
    let config = Config::from_bytes(config.to_string().into_bytes());
    let config = config.map_err(|error| EngineError::Prepare { reason: chain(&error) })?;
    Ok(found.id.map(|id| (id, config)))
}

fn is_named(image: &ImageInspect) -> bool {
    image.repo_tags.as_ref().is_some_and(|tags| !tags.is_empty())
}

/// The image as it is to stay: one that just lost its last name is about to go, and is waited for.
fn settled(client: &Client, image: &Image, found: ImageInspect) -> Result<Option<ImageInspect>, EngineError> {
    let is_pulled = found.repo_digests.as_ref().is_some_and(|digests| !digests.is_empty());
    if is_named(&found) || is_pulled {
        return Ok(Some(found));
    }
    thread::sleep(SETTLING);
    find(client, image)
}

impl Drop for Loaded {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            let _ = self.client.block(self.client.docker.remove_image(name, None::<RemoveImageOptions>, None));
        }
    }
}

/// An image's id is its config's digest, or its manifest's where the daemon keeps images in containerd.
fn find(client: &Client, image: &Image) -> Result<Option<ImageInspect>, EngineError> {
    for digest in [image.config.digest(), image.digest()] {
        match client.block(client.docker.inspect_image(digest.as_str())) {
            Ok(found) => return Ok(Some(found)),
            Err(error) if client::status(&error) == Some(404) => {}
            Err(error) => return Err(client.failed("look for the image", &error)),
        }
    }
    Ok(None)
}

fn send(client: &Client, image: &Image, name: &str) -> Result<(), EngineError> {
    let prepare = |reason: String| EngineError::Prepare { reason };
    // After a crash it is removed by the next start.
    let folder = Folder::new(false).map_err(|error| prepare(error.to_string()))?;
    let path = folder.path().join("image.tar");
    archive::write_docker(image, &path, &[name.to_owned()]).map_err(|error| prepare(chain(&error)))?;
    // Podman may find a layer that it removes a moment later with the image of another run.
    for _ in 1..TRIES {
        match import(client, &path) {
            Err(EngineError::Prepare { reason } | EngineError::Failed { reason, .. })
                if reason.contains("layer not known") => {}
            sent => return sent,
        }
    }
    import(client, &path)
}

fn import(client: &Client, archive: &Path) -> Result<(), EngineError> {
    let prepare = |reason: String| EngineError::Prepare { reason };
    let chunks = chunks(std::fs::File::open(archive).map_err(|error| prepare(error.to_string()))?);
    client.block(async {
        let options = ImportImageOptionsBuilder::default().quiet(true).build();
        let mut answers = std::pin::pin!(client.docker.import_image_stream(options, chunks, None));
        while let Some(answer) = answers.next().await {
            match answer {
                Ok(_) => {}
                // The daemon judged the archive; anything else is between it and us.
                Err(Error::DockerStreamError { error }) => return Err(prepare(error)),
                Err(error) => return Err(client.failed("load the image", &error)),
            }
        }
        Ok(())
    })
}

/// A file in pieces.
pub(crate) fn chunks(file: std::fs::File) -> impl futures_util::Stream<Item = io::Result<Bytes>> + Send + 'static {
    const PIECE: usize = 256 << 10;
    stream::try_unfold(file, |mut file| async move {
        let mut piece = vec![0; PIECE];
        let count = io::Read::read(&mut file, &mut piece)?;
        piece.truncate(count);
        Ok((count > 0).then(|| (Bytes::from(piece), file)))
    })
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
