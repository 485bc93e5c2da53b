//! Comments that silence a rule for the instruction below them: `# seaworthy: allow root-user: the base drops it`.
//!
//! A person's `# hadolint ignore=DL3008` counts for the same rule here.

use super::file::File;
use super::rules::{self, HADOLINT};
use super::scene::Breach;
use crate::{Finding, Rule, Severity};

pub(crate) static WITHOUT_REASON: Rule = Rule {
    id: "silence-without-reason",
    severity: Severity::Warning,
    title: "A rule is silenced without a reason",
    why: "Whoever reads the comment later cannot tell whether it still holds.",
    bad: "# seaworthy: allow root-user\nUSER root",
    good: "# seaworthy: allow root-user: the entrypoint drops to uid 10001\nUSER root",
};

pub(crate) static UNUSED: Rule = Rule {
    id: "silence-unused",
    severity: Severity::Warning,
    title: "A comment silences a rule that is not broken",
    why: "It hides the next breach of that rule on this instruction.",
    bad: "# seaworthy: allow root-user: it installs packages\nUSER 10001",
    good: "USER 10001",
};

/// A comment, and the instruction below it.
struct Silence {
    line: usize,
    first: usize,
    ids: Vec<String>,
    has_reason: bool,
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
            if silences[index].ids.iter().any(|known| known == id) {
                used[index].push(id.to_owned());
                is_silenced = true;
            }
        }
        if !is_silenced {
            findings.push(breach.finding(path));
        }
    }
    for (silence, used) in silences.iter().zip(&used).filter(|(silence, _)| silence.is_ours) {
        findings.extend(faults(silence, used).map(|breach| breach.finding(path)));
    }
    findings
}

fn faults<'a>(silence: &'a Silence, used: &'a [String]) -> impl Iterator<Item = Breach> + 'a {
    let breach = |rule, message: String, advice: &str| Breach {
        rule,
        line: silence.line,
        message,
        advice: advice.to_owned(),
        edits: Vec::new(),
    };
    let ids = silence.ids.join(", ");
    let without = (!silence.has_reason)
        .then(|| breach(&WITHOUT_REASON, format!("`allow {ids}` gives no reason"), "write why behind a second colon"));
    let unused = silence.ids.iter().filter(|id| !used.contains(id)).map(move |id| {
        if rules::rules().any(|rule| rule.id == id) {
            breach(&UNUSED, format!("the instruction below does not break `{id}`"), "remove the comment")
        } else {
            breach(&UNUSED, format!("there is no rule `{id}`"), "`docs/rules.md` lists every rule")
        }
    });
    without.into_iter().chain(unused)
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
        return Some(Silence { line, first, ids, has_reason: true, is_ours: false });
    }
    let rest = text.strip_prefix("seaworthy:")?.trim_start().strip_prefix("allow")?;
    let (ids, reason) = rest.split_once(':').unwrap_or((rest, ""));
    let ids: Vec<String> = ids.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
    Some(Silence { line, first, ids, has_reason: !reason.trim().is_empty(), is_ours: true })
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
