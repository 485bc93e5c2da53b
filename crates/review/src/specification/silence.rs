//! Comments of a specification that silence a rule: `<!-- seaworthy: allow missing-memory: the platform sets the limit -->`.
//!
//! One counts for the sentence in whose line it stands, or below it; for what is said of the whole page it may stand anywhere.

use std::collections::HashMap;

use super::{Subject, rules};
use crate::Finding;
use crate::allow::{Allow, Said};
use crate::tags::LEFT_OUT;

const SAID: Said = Said { place: "the specification", page: "docs/rules-specification.md" };

/// A comment, and the line of what it silences.
struct Silence {
    line: usize,
    target: usize,
    allow: Allow,
}

/// The findings that no comment silences.
pub(crate) fn apply(subject: &Subject<'_>, findings: Vec<Finding>) -> Vec<Finding> {
    Silences::of(subject).apply(subject, findings).0
}

/// As [`apply`], with what is wrong with the comments.
pub(super) fn apply_and_judge(subject: &Subject<'_>, findings: Vec<Finding>) -> Vec<Finding> {
    let silences = Silences::of(subject);
    let (mut findings, used) = silences.apply(subject, findings);
    for (silence, mut used) in silences.0.iter().zip(used) {
        // Whether a tag is left out, the project's history decides.
        used.push(LEFT_OUT.id.to_owned());
        let faults = silence.allow.faults(&used, |id| rules().any(|rule| rule.id == id), &SAID);
        findings
            .extend(faults.map(|(rule, message, advice)| subject.finding(rule, Some(silence.line), message, advice)));
    }
    findings
}

struct Silences(Vec<Silence>);

impl Silences {
    fn of(subject: &Subject<'_>) -> Self {
        let lines: Vec<&str> = subject.spec.source.lines().collect();
        let (mut all, mut in_code) = (Vec::new(), false);
        for (index, line) in lines.iter().enumerate() {
            let text = line.trim_start();
            if text.starts_with("```") || text.starts_with("~~~") {
                in_code = !in_code;
            }
            let Some((before, comment)) = line.split_once("<!--").filter(|_| !in_code) else { continue };
            let Some(allow) = Allow::read(comment.split("-->").next().unwrap_or_default()) else { continue };
            let target = if before.trim().is_empty() { below(&lines, index) } else { index + 1 };
            all.push(Silence { line: index + 1, target, allow });
        }
        Self(all)
    }

    /// What is left, and of each comment the rules that it silenced.
    fn apply(&self, subject: &Subject<'_>, mut left: Vec<Finding>) -> (Vec<Finding>, Vec<Vec<String>>) {
        let headings: Vec<usize> = subject.headings().into_iter().map(|(line, _)| line).collect();
        let mut by_rule: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, silence) in self.0.iter().enumerate() {
            for id in &silence.allow.ids {
                by_rule.entry(id).or_default().push(index);
            }
        }
        let mut used = vec![Vec::new(); self.0.len()];
        left.retain(|finding| {
            let of_page = finding.at.line.is_none_or(|line| headings.binary_search(&line).is_ok());
            let comments = by_rule.get(finding.rule.id).map_or(&[][..], Vec::as_slice);
            let comment = comments.iter().find(|index| of_page || Some(self.0[**index].target) == finding.at.line);
            if let Some(index) = comment {
                used[*index].push(finding.rule.id.to_owned());
            }
            comment.is_none()
        });
        (left, used)
    }
}

/// The line below a comment, behind empty lines and other comments.
fn below(lines: &[&str], comment: usize) -> usize {
    let is_sentence = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("<!--");
    let end = lines.iter().skip(comment).position(|line| line.contains("-->")).map_or(comment, |more| comment + more);
    let behind = lines.iter().skip(end + 1).position(is_sentence);
    behind.map_or(comment + 1, |behind| end + behind + 2)
}
