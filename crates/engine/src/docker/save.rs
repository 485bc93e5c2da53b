//! Images that the daemon has, written as `docker save` writes them.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use futures_util::StreamExt as _;

use super::Docker;
use super::client::{self, Client};
use crate::EngineError;

const ACTION: &str = "save the image";

/// Why an image of a daemon could not be saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The daemon answers, and has no image of that name.
    #[error("{daemon} has no image `{name}`")]
    NoImage { daemon: String, name: String },
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("cannot write what the daemon sends")]
    Write(#[source] io::Error),
}

impl SaveError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoImage { daemon, name } => {
                let client = daemon.split(' ').next().unwrap_or_default();
                Some(format!("`{client} images` lists those that are there, `{client} pull {name}` fetches one"))
            }
            Self::Engine(EngineError::Unavailable { hint, .. }) => hint.clone(),
            Self::Engine(_) | Self::Write(_) => None,
        }
    }
}

impl Docker {
    /// Writes the archive that `docker save NAME` writes, with this one image in it. `on_bytes` hears how many have come so far.
    ///
    /// # Errors
    ///
    /// Fails if there is no such image, the daemon does not give it, or the file cannot be written.
    pub fn save(&self, name: &str, path: &Path, on_bytes: &mut dyn FnMut(u64)) -> Result<(), SaveError> {
        let found = match self.client.block(self.client.docker.inspect_image(name)) {
            Ok(found) => found,
            Err(error) if client::status(&error) == Some(404) => {
                return Err(SaveError::NoImage { daemon: self.client.name.clone(), name: name.to_owned() });
            }
            Err(error) => return Err(self.client.failed("look for the image", &error).into()),
        };
        // By its id: a name may move meanwhile.
        save(&self.client, found.id.as_deref().unwrap_or(name), path, on_bytes)
    }
}

pub(crate) fn save(client: &Client, name: &str, path: &Path, on_bytes: &mut dyn FnMut(u64)) -> Result<(), SaveError> {
    let mut file = File::create(path).map_err(SaveError::Write)?;
    let mut bytes = 0;
    client.block(async {
        let mut pieces = std::pin::pin!(client.docker.export_image(name));
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|error| client.failed(ACTION, &error))?;
            file.write_all(&piece).map_err(SaveError::Write)?;
            bytes += piece.len() as u64;
            on_bytes(bytes);
        }
        Ok(())
    })
}
