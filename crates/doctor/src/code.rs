//! Where the user's own code reads a variable of the environment.

use std::sync::LazyLock;

use regex::Regex;

use crate::facts::{Facts, shown};

/// A place that reads a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) line: usize,
    /// The value that it takes where none is set.
    pub(crate) default: Option<String>,
}

static READS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?:os\.environ(?:\.get)?[\[(]|os\.getenv\(|getenv\(|process\.env(?:\.|\[)|ENV(?:\.fetch\(|\[)|\$_ENV\[|\$_SERVER\[|env\(|config\()"#,
        r#"\s*["']?(?P<name>[A-Z][A-Z0-9_]{1,60})["']?"#,
        r#"(?:\s*[\])])?(?:\s*(?:,|\|\||\?\?|or)\s*["'](?P<default>[^"'\n]{1,200})["'])?"#,
        r"|\$\{(?P<shell>[A-Z][A-Z0-9_]{1,60})(?::?[-?]|\})",
    ))
    .ok()
});

/// Every read in the user's own code, in the order of files and lines.
pub(crate) fn reads(facts: &Facts) -> Vec<Read> {
    const MOST: usize = 500;
    let Some(regex) = READS.as_ref() else { return Vec::new() };
    let mut found = Vec::new();
    for (path, text) in facts.sources() {
        for (number, line) in text.lines().enumerate() {
            let named = |captures: &regex::Captures<'_>| {
                let name = captures.name("name").or_else(|| captures.name("shell"))?;
                let default = captures.name("default").map(|found| found.as_str().to_owned());
                Some(Read { name: name.as_str().to_owned(), path: shown(path), line: number + 1, default })
            };
            found.extend(regex.captures_iter(line).filter_map(|captures| named(&captures)));
            if found.len() > MOST {
                return found;
            }
        }
    }
    found
}

/// `/app/app.py line 4 reads it`, for the first place that reads the variable.
pub(crate) fn place_of(facts: &Facts, name: &str) -> Option<String> {
    let read = reads(facts).into_iter().find(|read| read.name == name)?;
    Some(format!("{} line {} reads it", read.path, read.line))
}
