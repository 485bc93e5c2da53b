//! Images built by the daemon from a Dockerfile.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Seek as _};
use std::path::Path;
use std::sync::Arc;

use bollard::errors::Error;
use bollard::query_parameters::{BuildImageOptionsBuilder, RemoveImageOptions};
use futures_util::StreamExt as _;

use super::Docker;
use super::client::Client;
use super::image::{REPOSITORY, chunks};
use super::owner::{self, Owner};
use super::save::{self, SaveError};
use super::stages::Stages;
use crate::EngineError;

/// What the daemon does with steps that it has done before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steps {
    /// Takes what they gave from its cache.
    Known,
    /// Does them again.
    Anew,
}

/// How often a build is begun.
const TRIES: usize = 5;
/// The daemon's words where it looked for a step in its cache among all images, and somebody removed one of them just then.
const REMOVED_MEANWHILE: &str = "unable to find image";

/// The same file from its beginning.
fn again(file: &File) -> io::Result<File> {
    let mut file = file.try_clone()?;
    file.rewind()?;
    Ok(file)
}

/// An image that the daemon has built. Its name goes when this is dropped, and so do steps that were done anew; others stay under names of
/// their own.
pub struct BuiltImage {
    client: Arc<Client>,
    name: String,
    /// Where the steps are kept for the next build of the same; `None` where they are not.
    project: Option<String>,
    stages: Stages,
}

/// What the daemon is asked to build.
#[derive(Debug, Clone, Copy)]
pub struct BuildRequest<'a> {
    /// An uncompressed tar archive.
    pub context: &'a File,
    /// The path of the Dockerfile in the context.
    pub dockerfile: &'a str,
    pub args: &'a [(String, String)],
    pub steps: Steps,
    /// Whose steps the next build takes up, in lower case letters and digits.
    pub project: &'a str,
}

impl Docker {
    /// Builds an image. What the build prints goes to `on_line`. A build that fails because somebody removed an image at that moment begins
    /// again.
    ///
    /// # Errors
    ///
    /// [`EngineError::Prepare`] with the daemon's words if a step fails.
    pub fn build(&self, request: BuildRequest<'_>, on_line: &mut dyn FnMut(&str)) -> Result<BuiltImage, EngineError> {
        let mut tries = TRIES;
        loop {
            tries -= 1;
            match self.build_once(request, on_line) {
                Err(EngineError::Prepare { reason }) if tries > 0 && reason.starts_with(REMOVED_MEANWHILE) => {
                    on_line("an image was removed meanwhile: the build begins again");
                }
                done => return done,
            }
        }
    }

    fn build_once(&self, request: BuildRequest<'_>, on_line: &mut dyn FnMut(&str)) -> Result<BuiltImage, EngineError> {
        let BuildRequest { context, dockerfile, args, steps, project } = request;
        let context = again(context).map_err(|error| EngineError::Prepare { reason: error.to_string() })?;
        let name = format!("{REPOSITORY}:{}", owner::run_name(&Owner::current()));
        let args: HashMap<&str, &str> = args.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let options = BuildImageOptionsBuilder::default()
            .dockerfile(dockerfile)
            .t(&name)
            .buildargs(&args)
            .nocache(steps == Steps::Anew)
            .rm(true)
            .forcerm(true);
        let client = Arc::clone(&self.client);
        let project = (steps == Steps::Known).then(|| project.to_owned());
        let mut built = BuiltImage { client, name, project, stages: Stages::default() };
        let body = bollard::body_try_stream(chunks(context));
        self.client.block(async {
            let mut answers = std::pin::pin!(self.client.docker.build_image(options.build(), None, Some(body)));
            while let Some(answer) = answers.next().await {
                match answer {
                    Ok(told) => {
                        for line in told.stream.iter().chain(&told.status).flat_map(|text| text.lines()) {
                            built.stages.read(line);
                            on_line(line);
                        }
                    }
                    Err(Error::DockerStreamError { error }) => return Err(EngineError::Prepare { reason: error }),
                    Err(error @ Error::DockerResponseServerError { .. }) => {
                        return Err(EngineError::Prepare { reason: super::client::said(&error) });
                    }
                    Err(error) => return Err(self.client.failed("build the image", &error)),
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
        // They make the next build quick, also after one that failed.
        if let Some(project) = &self.project {
            self.stages.keep(&self.client, project);
        }
        let _ = self.client.block(self.client.docker.remove_image(&self.name, None::<RemoveImageOptions>, None));
        self.stages.remove_unnamed(&self.client);
    }
}
