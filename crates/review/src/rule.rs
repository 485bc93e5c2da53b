//! A rule: what it is called, how bad a breach of it is, and what a reader is told about it.

/// What a project should do or avoid.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable, in words: `root-user`. Reports, pages and the comments that silence a rule use it.
    pub id: &'static str,
    pub severity: Severity,
    /// One line, without a period: `The container runs as root`.
    pub title: &'static str,
    /// Why it matters: what happens to whom.
    pub why: &'static str,
    /// Lines that break it.
    pub bad: &'static str,
    /// The same lines, mended.
    pub good: &'static str,
}

impl Rule {
    /// Its title as a message: in small letters.
    pub(crate) fn in_words(&self) -> String {
        let mut letters = self.title.chars();
        letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect())
    }
}

/// How bad a breach is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; it changes no exit code.
    Note,
    /// A person must decide.
    Warning,
    /// It will break, leak or mislead.
    Error,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}
