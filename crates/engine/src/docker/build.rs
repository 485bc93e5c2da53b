//! Images built by the daemon from a Dockerfile.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use bollard::errors::Error;
use bollard::query_parameters::{BuildImageOptionsBuilder, RemoveImageOptionsBuilder};
use futures_util::StreamExt as _;

use super::Docker;
use super::client::{Client, failed};
use super::image::{REPOSITORY, chunks};
use super::owner::{self, Owner};
use super::save::{self, SaveError};
use crate::EngineError;

/// What the daemon does with steps that it has done before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steps {
    /// Takes what they gave from its cache.
    Known,
    /// Does them again.
    Anew,
}

/// An image that the daemon has built. Its name goes when this is dropped; the daemon's cache of steps stays.
pub struct BuiltImage {
    client: Arc<Client>,
    name: String,
}

impl Docker {
    /// Builds the image of a context, an uncompressed tar archive in which `dockerfile` is the path of the Dockerfile. What the build prints
    /// goes to `on_line`.
    ///
    /// # Errors
    ///
    /// [`EngineError::Prepare`] with the daemon's words if a step fails.
    pub fn build(
        &self,
        context: File,
        dockerfile: &str,
        args: &[(String, String)],
        steps: Steps,
        on_line: &mut dyn FnMut(&str),
    ) -> Result<BuiltImage, EngineError> {
        let name = format!("{REPOSITORY}:{}", owner::run_name(&Owner::current()));
        let args: HashMap<&str, &str> = args.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let options = BuildImageOptionsBuilder::default()
            .dockerfile(dockerfile)
            .t(&name)
            .buildargs(&args)
            .nocache(steps == Steps::Anew)
            .rm(true)
            .forcerm(true);
        let built = BuiltImage { client: Arc::clone(&self.client), name };
        let body = bollard::body_try_stream(chunks(context));
        self.client.block(async {
            let mut answers = std::pin::pin!(self.client.docker.build_image(options.build(), None, Some(body)));
            while let Some(answer) = answers.next().await {
                match answer {
                    Ok(told) => {
                        for line in told.stream.iter().chain(&told.status).flat_map(|text| text.lines()) {
                            on_line(line);
                        }
                    }
                    Err(Error::DockerStreamError { error }) => return Err(EngineError::Prepare { reason: error }),
                    Err(error @ Error::DockerResponseServerError { .. }) => {
                        return Err(EngineError::Prepare { reason: super::client::said(&error) });
                    }
                    Err(error) => return Err(failed("build the image", &error)),
                }
            }
            Ok(())
        })?;
        Ok(built)
    }
}

impl BuiltImage {
    /// Writes the archive that `docker save` writes.
    ///
    /// # Errors
    ///
    /// Fails if the daemon does not give it or the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), SaveError> {
        save::save(&self.client, &self.name, path, &mut |_| ())
    }
}

impl Drop for BuiltImage {
    fn drop(&mut self) {
        // Its steps stay, as after any build: they make the next one quick.
        let keep_steps = RemoveImageOptionsBuilder::default().noprune(true).build();
        let _ = self.client.block(self.client.docker.remove_image(&self.name, Some(keep_steps), None));
    }
}
