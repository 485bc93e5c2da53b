//! Folders that stay writable under a read-only root, where whoever deploys the image mounts them with `docker run --tmpfs`.

use std::path::Path;

use seaworthy_image::Node;

use super::{Facts, uid};

/// Anybody may write and enter.
const FOR_ALL: u32 = 0o003;

/// What that option must be given so that the image's user can write there. Where the image has a folder, it mounts one of that folder's mode
/// that belongs to root. The engines of a verification mount a folder for everybody.
pub fn scratch(facts: &Facts, writable: &[String]) -> Vec<String> {
    let Some(user) = uid(facts).filter(|&user| user != 0) else { return Vec::new() };
    let is_closed = |node: &Node| node.is_directory() && node.mode & FOR_ALL != FOR_ALL;
    let declared = facts.config.volumes();
    let is_declared = |path: &&String| declared.iter().any(|volume| Path::new(volume) == Path::new(path.as_str()));
    writable
        .iter()
        .filter(|path| !is_declared(path))
        .filter_map(|path| Some((path, facts.find(path.trim_start_matches('/')).filter(|(_, node)| is_closed(node))?.1)))
        .map(|(path, node)| {
            format!(
                "the image has {path} with mode {:o}: `docker run --tmpfs {path}` gives root a folder of that mode, in which uid {user} cannot \
                 write; `--tmpfs {path}:uid={user}` gives it to that user",
                node.mode & 0o7777
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::tests::Sample;

    #[track_caller]
    fn check(mode: u32, user: &str, volumes: serde_json::Value, count: usize) {
        let sample = Sample::new().folder("run/app", mode).config("User", user.into()).config("Volumes", volumes);
        let notes = scratch(&sample.facts(), &["/run/app/".to_owned(), "/tmp".to_owned()]);
        assert_eq!(notes.len(), count, "{mode:o} {user} {notes:?}");
    }

    #[test]
    fn a_folder_that_docker_would_mount_for_root_alone_is_told() {
        check(0o755, "101", json!({}), 1);
        check(0o1777, "101", json!({}), 0);
        check(0o755, "0", json!({}), 0);
        check(0o755, "101", json!({"/run/app": {}}), 0);
    }
}
