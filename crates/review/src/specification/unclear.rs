//! Sentences that nobody can check, and promises where none are made.

use seaworthy_spec::{Promise, readings};

use super::Subject;
use crate::{Finding, Rule, Severity};

pub(super) const RULES: &[&Rule] = &[&NOT_UNDERSTOOD, &BOX, &BULLET];

static NOT_UNDERSTOOD: Rule = Rule {
    id: "not-understood",
    severity: Severity::Warning,
    title: "No check understands the sentence",
    why: "`seaworthy verify` reports it as unproven: nothing shows whether the image keeps it.",
    bad: "- [ ] The image is small and fast",
    good: "- [ ] Image size under 50MB\n- [ ] Starts within 1s",
};
static BOX: Rule = Rule {
    id: "box-outside",
    severity: Severity::Warning,
    title: "A box stands where no promises are read",
    why: "It looks like something that is checked, and is not.",
    bad: "- [ ] Image size under 50MB\n\n## Later\n\n- [ ] Starts within 1s",
    good: "- [ ] Image size under 50MB\n- [ ] Starts within 1s",
};
static BULLET: Rule = Rule {
    id: "bullet-outside",
    severity: Severity::Note,
    title: "A sentence that could be checked stands where no promises are read",
    why: "A reader takes it for a promise, and nothing checks it.",
    bad: "- [ ] Image size under 50MB\n\n## Later\n\n- Starts within 1s",
    good: "- [ ] Image size under 50MB\n- [ ] Starts within 1s",
};

/// How much of a sentence a message quotes, in characters.
const QUOTED: usize = 80;

pub(super) fn review(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for criterion in subject.spec.criteria.iter().filter(|criterion| criterion.vouched.is_none()) {
        let Promise::NotUnderstood { rest, suggestion } = &criterion.promise else { continue };
        let what = rest.as_deref().unwrap_or(&criterion.text);
        let message = format!("no check understands `{}`", short(what));
        let advice = advice(&criterion.text, suggestion.as_deref());
        findings.push(subject.finding(&NOT_UNDERSTOOD, Some(criterion.line), message, advice));
    }
    for stray in &subject.spec.strays {
        let rule = if stray.boxed { &BOX } else { &BULLET };
        let message = format!("`{}` is not read as a promise", short(&stray.text));
        let advice = "move it under `## Success Criteria`, as `- [ ] …`";
        findings.push(subject.finding(rule, Some(stray.line), message, advice));
    }
    findings
}

/// What `explain` says of it: the nearest sentence, a reading, a scenario, or a person.
fn advice(sentence: &str, suggestion: Option<&str>) -> String {
    if let Some(suggestion) = suggestion {
        return format!("did you mean: {suggestion}");
    }
    match readings(sentence).first() {
        Some(reading) => format!("it may mean `{reading}`: `seaworthy explain --fix` binds it by a comment"),
        None => seaworthy_spec::scenario_for(sentence).unwrap_or_else(|| seaworthy_spec::BY_HAND.to_owned()),
    }
}

fn short(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(QUOTED).collect();
    if text.chars().count() > QUOTED { format!("{line}…") } else { line }
}
