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
/// The daemon's words where somebody removed an image just then: while it looked for a step in its cache among all images, and while it put
/// a step on the one before, which another build had made too.
const REMOVED_MEANWHILE: [&str; 2] = ["unable to find image", "unknown parent image ID"];

fn is_removed_meanwhile(reason: &str) -> bool {
    REMOVED_MEANWHILE.iter().any(|words| reason.contains(words))
}

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
// No `Debug`: the value of an argument may be a secret.
#[derive(Clone, Copy)]
pub struct BuildRequest<'a> {
    /// An uncompressed tar archive.
    pub context: &'a File,
    /// The path of the Dockerfile in the context.
    pub dockerfile: &'a str,
    pub args: &'a [(String, String)],
    /// The stage that becomes the image; the last one without.
    pub target: Option<&'a str>,
    /// The network of each step; the daemon's default without.
    pub network: Option<&'a str>,
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
                Err(EngineError::Prepare { reason }) if tries > 0 && is_removed_meanwhile(&reason) => {
                    on_line("an image was removed meanwhile: the build begins again");
                }
                done => return done,
            }
        }
    }

    fn build_once(&self, request: BuildRequest<'_>, on_line: &mut dyn FnMut(&str)) -> Result<BuiltImage, EngineError> {
        let BuildRequest { context, dockerfile, args, target, network, steps, project } = request;
        let context = again(context).map_err(|error| EngineError::Prepare { reason: error.to_string() })?;
        let name = format!("{REPOSITORY}:{}", owner::run_name(&Owner::current()));
        let args: HashMap<&str, &str> = args.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut options = BuildImageOptionsBuilder::default()
            .dockerfile(dockerfile)
            .t(&name)
            .buildargs(&args)
            .target(target.unwrap_or_default())
            .nocache(steps == Steps::Anew)
            .rm(true)
            .forcerm(true);
        if let Some(network) = network {
            options = options.networkmode(network);
        }
        let client = Arc::clone(&self.client);
        let project = (steps == Steps::Known).then(|| project.to_owned());
        let mut built = BuiltImage { client, name, project, stages: Stages::default() };
        let body = bollard::body_try_stream(chunks(context));
        self.client.block(async {
            let mut lines = Lines::default();
            let mut told = |line: &str| {
                built.stages.read(line);
                on_line(line);
            };
            let mut answers = std::pin::pin!(self.client.docker.build_image(options.build(), None, Some(body)));
            while let Some(answer) = answers.next().await {
                match answer {
                    Ok(answer) => {
                        answer.stream.iter().for_each(|text| lines.read(text, &mut told));
                        answer.status.iter().flat_map(|text| text.lines()).for_each(&mut told);
                    }
                    Err(Error::DockerStreamError { error }) => {
                        lines.end(&mut told);
                        return Err(EngineError::Prepare { reason: error });
                    }
                    Err(error @ Error::DockerResponseServerError { .. }) => {
                        return Err(EngineError::Prepare { reason: super::client::said(&error) });
                    }
                    Err(error) => return Err(self.client.failed("build the image", &error)),
                }
            }
            lines.end(&mut told);
            Ok(())
        })?;
        Ok(built)
    }
}

/// What a step prints, put together to whole lines: the daemon passes it on as it comes.
#[derive(Default)]
struct Lines(String);

impl Lines {
    /// A longer line is told in parts.
    const LONGEST_BYTES: usize = 8 << 10;

    fn read(&mut self, text: &str, told: &mut dyn FnMut(&str)) {
        for part in text.split_inclusive('\n') {
            self.0.push_str(part);
            if part.ends_with('\n') || self.0.len() > Self::LONGEST_BYTES {
                self.end(told);
            }
        }
    }

    fn end(&mut self, told: &mut dyn FnMut(&str)) {
        std::mem::take(&mut self.0).lines().for_each(told);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_whose_parent_another_build_removed_begins_again() {
        let parent = "failed to export image: failed to set parent sha256:7b: unknown parent image ID sha256:7b";
        assert!(is_removed_meanwhile(parent));
        assert!(is_removed_meanwhile("unable to find image \"sha256:7b\""));
        assert!(!is_removed_meanwhile("COPY failed: no such file"));
    }

    #[test]
    fn what_a_step_prints_is_told_in_whole_lines() {
        let (mut lines, mut all) = (Lines::default(), Vec::new());
        let mut told = |line: &str| all.push(line.to_owned());
        for text in ["Step 1/2 : FROM a", "\n", "one\ntw", "o\n", &"x".repeat(9000), "\nend"] {
            lines.read(text, &mut told);
        }
        lines.end(&mut told);
        let short: Vec<&str> = all.iter().map(|line| &line[..line.len().min(17)]).collect();
        assert_eq!(short, ["Step 1/2 : FROM a", "one", "two", "xxxxxxxxxxxxxxxxx", "", "end"]);
    }
}
