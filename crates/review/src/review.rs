//! All parts of a review, joined.

use std::cmp::Reverse;
use std::collections::HashSet;

use seaworthy_init::Project;
use seaworthy_spec::Spec;

use crate::dockerfile::{self, Context, Text, Unreadable};
use crate::{Edit, Finding, Severity};

/// Texts are mended as often as this, at most: one edit may make room for the next.
const ROUNDS: usize = 30;

/// All that a review looks at.
pub struct Subject<'a> {
    pub project: Option<&'a Project>,
    /// The specification, and what it was understood to promise.
    pub specification: Option<(Text<'a>, &'a Spec)>,
    pub dockerfile: Option<Text<'a>>,
    pub context: Context<'a>,
}

/// Every finding: of the specification first, then of the Dockerfile, each in the order of lines.
///
/// # Errors
///
/// Fails if the Dockerfile is none.
pub fn review(subject: &Subject<'_>) -> Result<Vec<Finding>, Unreadable> {
    let spec = subject.specification.as_ref().map(|(_, spec)| *spec);
    let mut findings = Vec::new();
    if let Some(text) = subject.dockerfile {
        findings.extend(dockerfile::review(text, subject.project, spec, &subject.context)?);
    }
    Ok(findings)
}

/// How many findings there are of each severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    pub errors: usize,
    pub warnings: usize,
    pub notes: usize,
}

impl Count {
    pub fn of(findings: &[Finding]) -> Self {
        let count = |severity| findings.iter().filter(|finding| finding.rule.severity == severity).count();
        Self { errors: count(Severity::Error), warnings: count(Severity::Warning), notes: count(Severity::Note) }
    }
}

/// Findings that are shown, at most: nobody reads more, and code scanning takes no more than some thousands.
const MOST_SHOWN: usize = 500;

/// The findings that are shown, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    pub findings: Vec<Finding>,
    /// All that were found, shown or not.
    pub count: Count,
}

impl Listed {
    /// All of them, or the gravest.
    pub fn of(mut findings: Vec<Finding>) -> Self {
        let count = Count::of(&findings);
        if findings.len() > MOST_SHOWN {
            let mut by_severity: Vec<usize> = (0..findings.len()).collect();
            by_severity.sort_by_key(|index| Reverse(findings[*index].rule.severity));
            let shown: HashSet<usize> = by_severity.into_iter().take(MOST_SHOWN).collect();
            let mut index = 0..;
            findings.retain(|_| index.next().is_some_and(|index| shown.contains(&index)));
        }
        Self { findings, count }
    }

    /// How many were found and are not shown.
    pub fn left_out(&self) -> usize {
        let Count { errors, warnings, notes } = self.count;
        errors + warnings + notes - self.findings.len()
    }

    /// What a reader is told of those that are not shown.
    pub(crate) fn more(&self) -> Option<String> {
        let left_out = self.left_out();
        (left_out > 0).then(|| format!("{left_out} more were found, none of them graver than those that are shown"))
    }
}

/// A text with the safe edits of its findings, again and again until none is left.
///
/// # Errors
///
/// Fails if `review` does.
pub fn mended<E>(text: &str, review: impl Fn(&str) -> Result<Vec<Finding>, E>) -> Result<String, E> {
    let mut text = text.to_owned();
    for _ in 0..ROUNDS {
        let findings = review(&text)?;
        let edits = findings.iter().flat_map(|finding| &finding.edits).filter(|edit| edit.is_safe);
        let next = edited(&text, edits);
        if next == text {
            break;
        }
        text = next;
    }
    Ok(text)
}

/// The text with those edits that do not touch lines of an earlier one.
pub fn edited<'a>(text: &str, edits: impl Iterator<Item = &'a Edit>) -> String {
    let mut edits: Vec<&Edit> = edits.collect();
    edits.sort_by_key(|edit| (edit.first, edit.last));
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (mut result, mut next) = (String::new(), 1);
    for edit in edits {
        if edit.first < next || edit.first == 0 || edit.first > lines.len() + 1 {
            continue;
        }
        result.extend(lines[next - 1..edit.first - 1].iter().copied());
        if !edit.text.is_empty() {
            result.push_str(&edit.text.replace("\r\n", "\n").replace('\n', line_end));
            let is_at_end = edit.last >= lines.len() && !text.ends_with('\n') && edit.last >= edit.first;
            result.push_str(if is_at_end { "" } else { line_end });
        }
        next = edit.last.min(lines.len()).max(edit.first - 1) + 1;
        // Two insertions at one place would be two edits of one line.
        if edit.last < edit.first {
            next = edit.first;
        }
    }
    result.extend(lines[next.min(lines.len() + 1) - 1..].iter().copied());
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, edits: &[(usize, usize, &str)], expected: &str) {
        let edits: Vec<Edit> = edits
            .iter()
            .map(|(first, last, text)| Edit { first: *first, last: *last, text: (*text).to_owned(), is_safe: true })
            .collect();
        assert_eq!(edited(text, edits.iter()), expected);
    }

    #[test]
    fn lines_are_replaced_inserted_and_removed() {
        check("a\nb\nc\n", &[(2, 2, "B")], "a\nB\nc\n");
        check("a\nb\nc\n", &[(2, 3, "x\ny")], "a\nx\ny\n");
        check("a\nb\n", &[(2, 1, "new")], "a\nnew\nb\n");
        check("a\nb\n", &[(2, 2, "")], "a\n");
        check("a\nb", &[(2, 2, "B")], "a\nB");
        check("a\r\nb\r\n", &[(1, 1, "x\ny")], "x\r\ny\r\nb\r\n");
        check("a\nb\nc\n", &[(1, 2, "x"), (2, 3, "y")], "x\nc\n");
        check("a\n", &[(9, 9, "x")], "a\n");
        check("", &[(1, 1, "x")], "x");
    }
}
