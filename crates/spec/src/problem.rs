//! What is wrong with a specification's text, and where.

use std::fmt::Write as _;

/// The most problems that one error tells.
const MOST_PROBLEMS: usize = 50;

/// The most characters of a line that are shown.
const WINDOW: usize = 120;

/// Why a text is not a specification: everything that was found, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", summary(.problems.len() + .omitted))]
pub struct SpecError {
    /// Never empty.
    pub problems: Vec<Problem>,
    /// How many more there are.
    pub omitted: usize,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The line itself; none where the whole file is meant.
    pub excerpt: Option<Excerpt>,
}

/// The part of a line around a problem, fit to be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The whole line, or the part of a long one around the place; control characters are replaced.
    pub text: String,
    /// How many characters of `text` stand before the place.
    pub caret: usize,
}

impl SpecError {
    /// The error for what was found, sorted by place.
    pub(crate) fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| (problem.line, problem.column));
        let omitted = problems.len().saturating_sub(MOST_PROBLEMS);
        problems.truncate(MOST_PROBLEMS);
        Self { problems, omitted }
    }

    /// Every problem as text for a person, each with its line and a caret. `path` names the file.
    ///
    /// ```
    /// let text = "## Success Criteria\n- [ ] Answers <!-- check: GTE /health -> 200 -->\n";
    /// let error = seaworthy_spec::Spec::parse(text).unwrap_err();
    /// assert!(error.render("spec.md").starts_with("spec.md:2:27: unknown step `GTE`\n"));
    /// ```
    pub fn render(&self, path: &str) -> String {
        let mut text = self.problems.iter().map(|problem| problem.render(path)).collect::<Vec<_>>().join("\n");
        if self.omitted > 0 {
            let _ = writeln!(text, "\n{path}: and {} more", self.omitted);
        }
        text
    }
}

impl Problem {
    /// A problem of the file as a whole.
    pub(crate) fn of_file(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { line: 1, column: 1, message: message.into(), hint: Some(hint.into()), excerpt: None }
    }

    /// Like a compiler's: the place and the message, the line, a caret, the hint.
    ///
    /// ```text
    /// containerization-spec.md:12:30: unknown step `GTE`
    ///    |
    /// 12 | - [ ] Answers <!-- check: GTE /health -> 200 -->
    ///    |                           ^
    ///    = hint: did you mean `GET`
    /// ```
    pub fn render(&self, path: &str) -> String {
        let mut text = match self.excerpt {
            Some(_) => format!("{path}:{}:{}: {}\n", self.line, self.column, self.message),
            None => format!("{path}: {}\n", self.message),
        };
        let gutter = self.line.to_string().len();
        if let Some(Excerpt { text: line, caret }) = &self.excerpt {
            let (number, none) = (self.line, "");
            let _ = writeln!(text, "{none:gutter$} |\n{number} | {line}\n{none:gutter$} | {none:caret$}^");
        }
        if let Some(hint) = &self.hint {
            let indent = if self.excerpt.is_some() { gutter + 1 } else { 2 };
            let _ = writeln!(text, "{:indent$}= hint: {hint}", "");
        }
        text
    }
}

impl Excerpt {
    /// The part of `line` around the character `before` (0-based).
    pub(crate) fn around(line: &str, before: usize) -> Self {
        let skipped = if before < WINDOW { 0 } else { before - WINDOW / 2 };
        let mut text = String::new();
        if skipped > 0 {
            text.push('…');
        }
        let mut rest = line.chars().skip(skipped);
        text.extend(rest.by_ref().take(WINDOW).map(printable));
        if rest.next().is_some() {
            text.push('…');
        }
        Self { text, caret: before - skipped + usize::from(skipped > 0) }
    }
}

/// A terminal must not be steered by a text that is only shown.
fn printable(character: char) -> char {
    match character {
        '\t' => ' ',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        character if character.is_control() => '\u{fffd}',
        character => character,
    }
}

fn summary(count: usize) -> String {
    match count {
        1 => "the specification has a problem".to_owned(),
        count => format!("the specification has {count} problems"),
    }
}
