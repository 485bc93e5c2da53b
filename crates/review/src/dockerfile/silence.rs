//! Comments that silence a rule for the instruction below them: `# seaworthy: allow root-user: the base drops it`.
//!
//! A person's `# hadolint ignore=DL3008` counts for the same rule here.

use super::file::File;
use super::rules::{self, HADOLINT};
use super::scene::Breach;
use crate::Finding;
use crate::allow::{Allow, Said};

const SAID: Said = Said { place: "the instruction below", page: "docs/rules.md" };

/// A comment, and the instruction below it.
struct Silence {
    line: usize,
    first: usize,
    allow: Allow,
    /// Ours, and not another tool's.
    is_ours: bool,
}

/// The findings that no comment silences, and what is wrong with the comments.
pub(crate) fn apply(file: &File, path: &str, breaches: Vec<Breach>) -> Vec<Finding> {
    let silences = silences(file);
    let everywhere = hadolint_everywhere(file);
    let mut used = vec![Vec::<String>::new(); silences.len()];
    let mut findings = Vec::new();
    for breach in breaches {
        let id = breach.rule.id;
        let mut is_silenced = everywhere.iter().any(|known| known == id);
        // They are in the order of their instructions.
        let from = silences.partition_point(|silence| silence.first < breach.line);
        for index in (from..silences.len()).take_while(|index| silences[*index].first == breach.line) {
            if silences[index].allow.ids.iter().any(|known| known == id) {
                used[index].push(id.to_owned());
                is_silenced = true;
            }
        }
        if !is_silenced {
            findings.push(breach.finding(path));
        }
    }
    for (silence, used) in silences.iter().zip(&used).filter(|(silence, _)| silence.is_ours) {
        let faults = silence.allow.faults(used, |id| rules::rules().any(|rule| rule.id == id), &SAID);
        findings.extend(faults.map(|(rule, message, advice)| {
            Breach { rule, line: silence.line, message, advice, edits: Vec::new() }.finding(path)
        }));
    }
    findings
}

/// Of every instruction, the comments directly above it.
fn silences(file: &File) -> Vec<Silence> {
    let mut found = Vec::new();
    for &(first, _) in &file.lines.instructions {
        let mut line = first - 1;
        while line > 0 && file.lines.line(line).trim_start().starts_with('#') {
            found.extend(silence(file.lines.line(line), line, first));
            line -= 1;
        }
    }
    found
}

fn silence(comment: &str, line: usize, first: usize) -> Option<Silence> {
    let text = comment.trim_start().trim_start_matches('#').trim();
    if let Some(rest) = text.strip_prefix("hadolint").map(str::trim_start).and_then(|rest| rest.strip_prefix("ignore"))
    {
        let ids = of_hadolint(rest.trim_start().strip_prefix('=')?);
        return Some(Silence { line, first, allow: Allow { ids, has_reason: true }, is_ours: false });
    }
    Some(Silence { line, first, allow: Allow::read(text)?, is_ours: true })
}

/// `# hadolint global ignore=DL3003`, anywhere.
fn hadolint_everywhere(file: &File) -> Vec<String> {
    let comments = (1..=file.lines.count()).filter_map(|line| {
        let text = file.lines.line(line).trim_start().strip_prefix('#')?.trim();
        text.strip_prefix("hadolint")?
            .trim_start()
            .strip_prefix("global")?
            .trim_start()
            .strip_prefix("ignore")?
            .trim_start()
            .strip_prefix('=')
    });
    comments.flat_map(of_hadolint).collect()
}

/// `DL3008,DL3015`: our names of them.
fn of_hadolint(list: &str) -> Vec<String> {
    let codes = list.split([',', ' ']).map(str::trim);
    codes.filter_map(|code| HADOLINT.iter().find(|(known, _)| *known == code)).map(|(_, id)| (*id).to_owned()).collect()
}
