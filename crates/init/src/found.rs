//! What was found, and where.

use std::fmt;

/// A place in the project: `pyproject.toml`, `app/main.py:12`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Relative to the project's folder, with `/` between its parts.
    pub path: String,
    /// 1-based.
    pub line: Option<usize>,
}

impl Place {
    pub fn file(path: &str) -> Self {
        Self { path: path.to_owned(), line: None }
    }

    pub fn line(path: &str, line: usize) -> Self {
        Self { path: path.to_owned(), line: Some(line) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.path),
            None => f.write_str(&self.path),
        }
    }
}

/// A value with the place that says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    pub value: T,
    pub at: Place,
}

impl<T> Found<T> {
    pub(crate) fn new(value: T, at: Place) -> Self {
        Self { value, at }
    }

    pub(crate) fn file(value: T, path: &str) -> Self {
        Self { value, at: Place::file(path) }
    }
}
