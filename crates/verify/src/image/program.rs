//! Which files an image's command leads to, as the kernel would find them, and as whom they run.

use std::path::{Path, PathBuf};

use seaworthy_image::Node;

use super::elf::Elf;
use super::{Facts, command};

/// Scripts that name scripts; the kernel stops at five.
const DEPTH: usize = 5;
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What a file's bytes say about running it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Program {
    Elf {
        header: Elf,
        /// The shell that it is by its content, `BusyBox` among them.
        shell: Option<&'static str>,
    },
    /// The words behind `#!`.
    Script(Vec<String>),
}

/// The files that start when a container does: the program, and the interpreters that it names.
pub(super) struct Start<'a> {
    /// Path and node; the program first.
    pub(super) files: Vec<(PathBuf, &'a Node)>,
    /// What cannot start, as a sentence.
    pub(super) missing: Option<String>,
}

/// What the config's entrypoint and command start.
pub(super) fn start(facts: &Facts) -> Start<'_> {
    let words = [facts.config.entrypoint(), facts.config.cmd()].concat();
    if words.is_empty() {
        let missing = Some("neither entrypoint nor command is set".to_owned());
        return Start { files: Vec::new(), missing };
    }
    executed(facts, &words)
}

/// What a command executes: its program, the interpreters of that, and what these are told to execute in turn.
pub(super) fn executed<'a>(facts: &'a Facts, words: &[String]) -> Start<'a> {
    let mut start = Start { files: Vec::new(), missing: None };
    let Some(program) = words.first() else { return start };
    follow(facts, program, &mut start, 0);
    for word in command::programs(words, &|word| find(facts, word).is_some()) {
        let mut more = Start { files: Vec::new(), missing: None };
        follow(facts, &word, &mut more, 0);
        start.files.extend(more.files);
    }
    start
}

fn follow<'a>(facts: &'a Facts, word: &str, start: &mut Start<'a>, depth: usize) {
    let Some((path, node)) = find(facts, word) else {
        start.missing.get_or_insert_with(|| format!("`{word}`, which the command starts, is not in the image"));
        return;
    };
    let program = facts.program(&path);
    start.files.push((path, node));
    match program {
        _ if depth >= DEPTH => {}
        Some(Program::Elf { header: Elf { interpreter: Some(loader), .. }, .. }) => follow(facts, loader, start, DEPTH),
        Some(Program::Script(words)) => {
            follow(facts, &words[0], start, depth + 1);
            // `#!/usr/bin/env -S python3 -u`
            let program = words.iter().skip(1).find(|word| !word.starts_with('-') && !word.contains('='));
            if let (true, Some(program)) = (words[0].ends_with("/env"), program) {
                follow(facts, program, start, depth + 1);
            }
        }
        _ => {}
    }
}

/// A path as it stands, or a name along `PATH`.
pub(super) fn find<'a>(facts: &'a Facts, word: &str) -> Option<(PathBuf, &'a Node)> {
    let working_dir = facts.config.working_dir();
    if word.starts_with('/') {
        return facts.find(word).filter(|(_, node)| node.is_file());
    }
    if word.contains('/') {
        return facts.find(format!("{working_dir}/{word}")).filter(|(_, node)| node.is_file());
    }
    let env = facts.config.env();
    let path = env.iter().rev().find(|(name, _)| name == "PATH").map_or(DEFAULT_PATH, |(_, value)| value.as_str());
    path.split(':').find_map(|folder| {
        let folder = if folder.starts_with('/') { folder.to_owned() } else { format!("{working_dir}/{folder}") };
        facts.find(format!("{folder}/{word}")).filter(|(_, node)| is_executable(node))
    })
}

pub(super) fn is_executable(node: &Node) -> bool {
    node.is_file() && node.mode & 0o111 != 0
}

/// `ld-linux-x86-64.so.2`, `ld-musl-x86_64.so.1`.
pub(super) fn is_loader(path: &Path) -> bool {
    is_library(path) && path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ld"))
}

/// `libx.so`, `libx.so.1.2`; not `my.solver`.
pub(super) fn is_library(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().split('.').skip(1).any(|part| part == "so"))
}
