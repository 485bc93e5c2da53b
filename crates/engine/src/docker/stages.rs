//! What is kept in the daemon's store for later runs, under names, so that none is left dangling: the steps of a build for the next one of the
//! same Dockerfile, and the images of servers.
//!
//! The daemon's builder leaves an image for each step. Those without a name that no other one stands on are dangling: they fill the disk, and
//! the first `docker image prune` takes the cache away. So the last step of each stage gets a name, and loses it to the next build's.

use bollard::models::ImageInspect;
use bollard::query_parameters::{RemoveImageOptions, TagImageOptionsBuilder};

use super::client::Client;

/// The repository of the names.
const REPOSITORY: &str = "seaworthy-cache";

/// The image of the last step of each stage, as the builder prints them.
#[derive(Debug, Default)]
pub(crate) struct Stages {
    stages: Vec<Option<String>>,
}

impl Stages {
    /// Reads one line that the builder printed.
    pub(crate) fn read(&mut self, line: &str) {
        let line = line.trim();
        if line.starts_with("Step ") && line.split_whitespace().nth(3) == Some("FROM") {
            self.stages.push(None);
        } else if let (Some(last), Some(id)) =
            (self.stages.last_mut(), line.strip_prefix("---> ").filter(|id| is_id(id)))
        {
            *last = Some(id.to_owned());
        }
    }

    /// Names what this build made, and removes what the build before made under the same names, unless others use it.
    pub(crate) fn keep(&self, client: &Client, project: &str) {
        let name = |stage: usize| format!("{REPOSITORY}:{project}-{stage}");
        for (stage, id) in self.stages.iter().enumerate() {
            if let Some(id) = id {
                keep(client, id, &format!("{project}-{stage}"));
            }
        }
        for stage in self.stages.len().. {
            let name = name(stage);
            if find(client, &name).is_none() || !remove(client, &name) {
                break;
            }
        }
    }

    /// Removes what has no name.
    pub(crate) fn remove_unnamed(&self, client: &Client) {
        for id in self.stages.iter().flatten() {
            if find(client, id).is_some_and(|image| image.repo_tags.unwrap_or_default().is_empty()) {
                remove(client, id);
            }
        }
    }
}

/// Keeps an image under this name, and removes the one that had it before, unless others use it. What others have named is theirs to keep.
pub(crate) fn keep(client: &Client, id: &str, tag: &str) {
    let before = find(client, &format!("{REPOSITORY}:{tag}"));
    let Some(made) = find(client, id) else { return };
    if before.as_ref().is_some_and(|before| before.id == made.id) || is_named_by_others(&made) {
        return;
    }
    let options = TagImageOptionsBuilder::default().repo(REPOSITORY).tag(tag).build();
    if client.block(client.docker.tag_image(id, Some(options))).is_ok()
        && let Some(before) = before.and_then(|before| before.id)
        && find(client, &before).is_some_and(|before| before.repo_tags.unwrap_or_default().is_empty())
    {
        remove(client, &before);
    }
}

/// Somebody else's, such as the base of a stage that does nothing more.
fn is_named_by_others(image: &ImageInspect) -> bool {
    // Podman puts a registry before.
    let is_ours = |tag: &String| tag.rsplit('/').next().is_some_and(|name| name.starts_with("seaworthy-"));
    image.repo_tags.iter().flatten().any(|tag| !is_ours(tag))
}

fn find(client: &Client, name: &str) -> Option<ImageInspect> {
    client.block(client.docker.inspect_image(name)).ok()
}

/// With the steps below it that nothing else stands on.
fn remove(client: &Client, name: &str) -> bool {
    client.block(client.docker.remove_image(name, None::<RemoveImageOptions>, None)).is_ok()
}

fn is_id(text: &str) -> bool {
    text.len() >= 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_step_of_each_stage_is_told_by_what_the_builder_prints() {
        let mut read = Stages::default();
        for line in [
            "Step 1/4 : FROM debian AS one",
            " ---> 0123456789ab",
            "Step 2/4 : RUN echo FROM Step",
            " ---> Running in 55555555aaaa",
            "Removing intermediate container 55555555aaaa",
            " ---> 111111111111",
            "Step 3/4 : FROM scratch",
            " ---> ",
            "Step 4/4 : COPY --from=one /x /x",
            " ---> Using cache",
            " ---> 222222222222",
            "Successfully built 333333333333",
        ] {
            read.read(line);
        }
        assert_eq!(read.stages, [Some("111111111111".to_owned()), Some("222222222222".to_owned())]);
    }
}
