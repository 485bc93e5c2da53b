//! `image.setuid`: No setuid files.

use super::facts::absolute;
use super::{Facts, program};
use crate::Finding;

/// Files that run as their owner or group, or with capabilities, in the final tree.
pub fn setuid(facts: &Facts) -> Finding {
    let files = facts.tree.iter().filter(|(_, file)| file.is_file()).count();
    let found: Vec<String> = facts
        .tree
        .iter()
        .filter_map(|(path, file)| {
            program::privilege(file).map(|privilege| format!("`{}` ({privilege})", absolute(path)))
        })
        .collect();
    match found.len() {
        0 => Finding::pass(format!("none of {files} files is setuid, setgid or has capabilities")),
        count => Finding::fail(format!("{count} of {files} files: {}", super::first(&found, 3))),
    }
}
