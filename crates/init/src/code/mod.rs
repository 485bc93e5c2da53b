//! Source code, searched by patterns: comments are set apart, lines are known.

mod comments;
mod health;
mod imports;
mod mounts;
mod pattern;
mod prefixes;
mod reads;
mod routes;
mod scope;

pub(crate) use comments::Comments;
pub(crate) use health::health;
pub(crate) use pattern::Pattern;
pub(crate) use reads::{Reads, reads};
pub(crate) use routes::{Route, collection, routes};

use crate::folder::Folder;
use crate::found::Place;

/// Folders of tests, wherever they lie.
const TESTS: &[&str] = &["test", "tests", "__tests__", "specs", "e2e", "migrations", "fixtures", "testdata"];
/// Folders at the top that hold no code of the service itself. Further down they may be names: `org/example`.
const ASIDE: &[&str] =
    &["spec", "examples", "example", "docs", "scripts", "tools", "extras", "benchmarks", "contrib", "cypress"];

/// Characters of a line that are looked at.
const LONGEST_LINE: usize = 400;

/// A source file without its comments; every line stands where it stood.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) path: String,
    pub(crate) text: String,
    /// The offset at which each line begins.
    starts: Vec<usize>,
}

impl Code {
    pub(crate) fn new(path: &str, text: &str, comments: Comments) -> Self {
        let text = comments::blank(text, comments);
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { path: path.to_owned(), text, starts }
    }

    /// Where the character at `offset` stands.
    pub(crate) fn place(&self, offset: usize) -> Place {
        Place::line(&self.path, self.starts.partition_point(|start| *start <= offset))
    }

    /// What follows `offset`, at most `lines` lines and a few hundred characters.
    pub(crate) fn after(&self, offset: usize, lines: usize) -> &str {
        let line = self.starts.partition_point(|start| *start <= offset);
        let end = self.starts.get(line + lines - 1).copied().unwrap_or(self.text.len());
        let mut end = end.min(offset + 600);
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        self.text.get(offset..end).unwrap_or_default()
    }

    /// The arguments of a call whose parenthesis opens before `offset`: up to the one that closes it, at most a few hundred characters.
    pub(crate) fn arguments(&self, offset: usize) -> &str {
        let rest = self.after(offset, 30);
        let mut depth = 0_usize;
        for (at, character) in rest.char_indices() {
            match character {
                '(' => depth += 1,
                ')' if depth == 0 => return &rest[..at],
                ')' => depth -= 1,
                _ => {}
            }
        }
        rest
    }

    /// Where the line of `offset` begins.
    pub(crate) fn line_start(&self, offset: usize) -> usize {
        let line = self.starts.partition_point(|start| *start <= offset);
        line.checked_sub(1).and_then(|line| self.starts.get(line)).copied().unwrap_or(0)
    }

    /// The line of `offset`: the few hundred characters that it begins with.
    pub(crate) fn line(&self, offset: usize) -> &str {
        first(self.after(self.line_start(offset), 1), LONGEST_LINE)
    }

    /// The lines above that of `offset`, the nearest first: the few hundred characters that each begins with.
    pub(crate) fn above(&self, offset: usize) -> impl Iterator<Item = &str> {
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        self.starts[..line].iter().rev().map(|start| first(self.after(*start, 1), LONGEST_LINE).trim_end())
    }

    /// What stands before `offset` in its line: the last few hundred characters.
    pub(crate) fn before(&self, offset: usize) -> &str {
        let mut start = self.line_start(offset).max(offset.saturating_sub(LONGEST_LINE));
        while !self.text.is_char_boundary(start) {
            start += 1;
        }
        &self.text[start..offset]
    }
}

fn first(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Where code speaks of the method HEAD, or has a health path for any method.
pub(crate) fn head(routes: &[Route], codes: &[Code]) -> Option<Place> {
    static HEAD: Pattern =
        Pattern::new(r#"["'](HEAD)["']|\.(head|HEAD|Head)\(|\bdo_(HEAD)\b|\bGet(Head)\b|\b(Heads?)\(\)"#);
    let health = health(routes).map(|found| found.at);
    let any = routes.iter().find(|route| route.method == "ANY" && health.as_ref() == Some(&route.at));
    any.map(|route| route.at.clone()).or_else(|| codes.iter().find_map(|code| HEAD.first(code)).map(|found| found.at))
}

/// The project's own sources with one of these extensions.
pub(crate) fn sources(folder: &Folder, extensions: &[&str], comments: Comments) -> Vec<Code> {
    let is_source = |path: &&str| {
        let (parents, name) = path.rsplit_once('/').unwrap_or(("", path));
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let is_test = name.starts_with("test_")
            || name.contains(".test.")
            || name.contains(".spec.")
            || ["_test", "Test", "Tests", "_spec"]
                .iter()
                .any(|end| name.trim_end_matches(&format!(".{extension}")).ends_with(end));
        extensions.contains(&extension)
            && !is_test
            && !parents.split('/').any(|part| TESTS.contains(&part.to_ascii_lowercase().as_str()))
            && !parents.split('/').next().is_some_and(|part| ASIDE.contains(&part))
    };
    folder.paths().filter(is_source).filter_map(|path| Some(Code::new(path, &folder.source(path)?, comments))).collect()
}
