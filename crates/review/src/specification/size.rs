//! A reason for the size.

use seaworthy_spec::Check;

use super::Subject;
use crate::{Finding, Rule, Severity};

pub(super) const RULES: &[&Rule] = &[&REASON];

static REASON: Rule = Rule {
    id: "size-without-reason",
    severity: Severity::Note,
    title: "Nothing says why the image may have this size",
    why: "A limit without a reason is raised by whoever meets it first. With one, the next person can decide whether it still holds.",
    bad: "- [ ] Image size under 200MB",
    good: "- [ ] Image size under 200MB\n  - Why: Python on Alpine is 50 MB, packages get the rest",
};

/// Labels behind which a reason stands.
const LABELS: &[&str] = &["rationale", "why", "reason"];
/// Words that give one in the sentence itself.
const BECAUSE: &[&str] = &[" because ", " so that ", " since "];

/// A note at the first promise of a size, where none of them has a reason near it.
pub(super) fn review(subject: &Subject<'_>) -> Vec<Finding> {
    let sizes: Vec<(usize, &str)> = subject
        .checks()
        .filter(|(_, check)| matches!(check, Check::ImageSize { .. }))
        .map(|(criterion, _)| (criterion.line, criterion.text.as_str()))
        .collect();
    let Some((first, _)) = sizes.first() else { return Vec::new() };
    if sizes.iter().any(|(line, text)| gives_reason(text) || has_reason(subject, *line)) {
        return Vec::new();
    }
    let advice = "- **Rationale**: what the base takes, what the rest is for, and who waits for the transfer";
    vec![subject.finding(&REASON, Some(*first), REASON.in_words(), advice)]
}

fn gives_reason(text: &str) -> bool {
    BECAUSE.iter().any(|word| text.to_lowercase().contains(word))
}

/// Whether a label of a reason stands under the promise, or beside it under a heading about size.
fn has_reason(subject: &Subject<'_>, line: usize) -> bool {
    let lines: Vec<&str> = subject.spec.source.lines().collect();
    let headings = subject.headings();
    let heading = headings.iter().rev().find(|(at, _)| *at < line);
    let is_about_size = heading.is_some_and(|(_, text)| text.to_lowercase().contains("size"));
    let end = headings.iter().map(|(at, _)| *at).find(|at| *at > line).unwrap_or(lines.len() + 1);
    let start = if is_about_size { heading.map_or(line, |(at, _)| *at) } else { line };
    let own = indent(lines.get(line - 1).copied().unwrap_or_default());
    let behind = lines.iter().skip(start).take(end.saturating_sub(start + 1));
    let behind = behind.take_while(|text| is_about_size || text.trim().is_empty() || indent(text) > own);
    behind.copied().any(is_reason)
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_reason(line: &str) -> bool {
    let text = line.trim_start_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let rest = LABELS.iter().find_map(|label| text.strip_prefix(label));
    rest.is_some_and(|rest| rest.trim_start_matches(['*', '_', ' ']).starts_with([':', '-', '–', '—']))
}
