//! For people at a terminal: each finding with its place, what is wrong, and the mended lines as a diff.

use std::fmt::Write as _;

use crate::{Count, Finding, Listed, Severity};

/// The findings, and how many there are. `lines` gives a line of the file that is reviewed.
pub fn terminal(listed: &Listed, color: bool, line: &dyn Fn(&str, usize) -> Option<String>) -> String {
    if listed.findings.is_empty() {
        return "nothing found\n".to_owned();
    }
    let mut text = String::new();
    for finding in &listed.findings {
        let severity = paint(finding.rule.severity, color);
        let _ = writeln!(text, "{}: {severity}: {} [{}]", finding.at, finding.message, finding.rule.id);
        let _ = writeln!(text, "  {}", finding.advice);
        text += &diff(finding, line, color);
    }
    let Count { errors, warnings, notes } = listed.count;
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let _ = writeln!(text, "\n{}, {}, {}", plural(errors, "error"), plural(warnings, "warning"), plural(notes, "note"));
    if let Some(more) = listed.more() {
        let _ = writeln!(text, "{more}");
    }
    text
}

fn paint(severity: Severity, color: bool) -> String {
    let name = severity.name();
    let code = match severity {
        Severity::Error => 31,
        Severity::Warning => 33,
        Severity::Note => 36,
    };
    if color { format!("\x1b[1;{code}m{name}\x1b[0m") } else { name.to_owned() }
}

fn diff(finding: &Finding, line: &dyn Fn(&str, usize) -> Option<String>, color: bool) -> String {
    let mut text = String::new();
    for edit in &finding.edits {
        let old: Vec<String> = (edit.first..=edit.last).filter_map(|number| line(&finding.at.path, number)).collect();
        let new: Vec<&str> = edit.text.lines().collect();
        for (sign, code, changed) in [('-', 31, changed(&old, &new)), ('+', 32, changed(&new, &old))] {
            for line in changed {
                let line = format!("{sign} {line}");
                let line = if color { format!("\x1b[{code}m{line}\x1b[0m") } else { line };
                let _ = writeln!(text, "    {line}");
            }
        }
    }
    text
}

/// The lines between those that both begin and end with.
fn changed<A: AsRef<str>, B: AsRef<str>>(lines: &[A], others: &[B]) -> Vec<String> {
    let same = |(one, other): (&A, &B)| one.as_ref() == other.as_ref();
    let head = lines.iter().zip(others).take_while(|pair| same((pair.0, pair.1))).count();
    let tail =
        lines[head..].iter().rev().zip(others[head..].iter().rev()).take_while(|pair| same((pair.0, pair.1))).count();
    lines[head..lines.len() - tail].iter().map(|line| line.as_ref().to_owned()).collect()
}
