//! Which words stand in a project's own files.

use std::collections::BTreeSet;
use std::path::Path;

use crate::SurveyError;
use crate::folder::Folder;

/// Endings of files that hold code or settings: one that cannot be read may hold any word.
const READ: &[&str] = &[
    "py",
    "js",
    "mjs",
    "cjs",
    "ts",
    "tsx",
    "jsx",
    "go",
    "rs",
    "java",
    "kt",
    "scala",
    "groovy",
    "cs",
    "fs",
    "php",
    "rb",
    "ex",
    "exs",
    "sh",
    "toml",
    "yaml",
    "yml",
    "json",
    "xml",
    "properties",
    "conf",
    "cfg",
    "ini",
    "prisma",
    "gradle",
    "html",
    "template",
];
/// Files that a program has no part in, by their names: pages, examples, and what gives values to the program.
const ASIDE: &[&str] = &["dockerfile", "containerfile", "compose.", "docker-compose", ".env", "readme", "changelog"];

/// What was found of the words that were looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mentioned {
    words: BTreeSet<String>,
    /// A file was too large, or there were too many: any word may stand there.
    is_incomplete: bool,
}

impl Mentioned {
    /// Whether a file holds the word, in capitals or not, or may hold it.
    pub fn has(&self, word: &str) -> bool {
        self.is_incomplete || self.words.contains(&word.to_ascii_lowercase())
    }
}

/// Looks for words in a project's code and settings; not in pages, Dockerfiles, compose files and `.env` files.
///
/// # Errors
///
/// Fails if the folder cannot be read.
pub fn mentioned(root: &Path, words: &[String]) -> Result<Mentioned, SurveyError> {
    let folder = Folder::open(root)?;
    let wanted: BTreeSet<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
    let mut found = Mentioned { is_incomplete: !folder.left_out().is_empty(), ..Mentioned::default() };
    for path in folder.paths().filter(|path| is_read(path)) {
        match folder.source(path) {
            Some(text) => found.words.extend(in_text(&text.to_ascii_lowercase(), &wanted)),
            None => found.is_incomplete = true,
        }
    }
    Ok(found)
}

fn is_read(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let is_code = name.rsplit_once('.').is_none_or(|(_, ending)| READ.contains(&ending));
    is_code && !ASIDE.iter().any(|aside| name.starts_with(aside))
}

/// The words in a text: as words of their own, or as one behind a prefix that code puts before it.
fn in_text(text: &str, wanted: &BTreeSet<String>) -> Vec<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let names: BTreeSet<&str> = text.split(|c| !is_name(c)).filter(|name| !name.is_empty()).collect();
    let is_there = |word: &&String| {
        names.contains(word.as_str()) || is_prefixed(word, &names) || !word.chars().all(is_name) && text.contains(*word)
    };
    wanted.iter().filter(is_there).cloned().collect()
}

/// `APP_PORT`, where code says `APP` or `APP_`, and `PORT`.
fn is_prefixed(word: &str, names: &BTreeSet<&str>) -> bool {
    let cut = |(at, _): (usize, &str)| {
        (names.contains(&word[..at]) || names.contains(&word[..=at])) && names.contains(&word[at + 1..])
    };
    word.match_indices('_').any(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole_in_any_case_and_behind_a_prefix() {
        #[track_caller]
        fn check(text: &str, word: &str, expected: bool) {
            let wanted = BTreeSet::from([word.to_owned()]);
            assert_eq!(!in_text(text, &wanted).is_empty(), expected, "{word} in {text}");
        }
        check("os.environ['database_url']", "database_url", true);
        check("os.environ['database_urls']", "database_url", false);
        check("env_prefix = 'app_'\nport: int", "app_port", true);
        check("port: int", "app_port", false);
        check("get('/health-check')", "health-check", true);
    }

    #[test]
    fn pages_and_files_that_give_values_are_not_read() {
        for (path, expected) in [
            ("src/main.py", true),
            ("Procfile", true),
            ("prisma/schema.prisma", true),
            ("README.md", false),
            ("Dockerfile", false),
            ("compose.yaml", false),
            (".env", false),
            ("docs/notes.md", false),
        ] {
            assert_eq!(is_read(path), expected, "{path}");
        }
    }
}
