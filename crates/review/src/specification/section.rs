//! Sections that a specification has.

use seaworthy_spec::Section;

use super::Subject;
use crate::{Finding, Rule, Severity};

pub(super) const RULES: &[&Rule] = &[&SECTION];

static SECTION: Rule = Rule {
    id: "missing-section",
    severity: Severity::Note,
    title: "A section is missing",
    why: "A reader looks for five things: what it is for (Intent), what binds (Constraints), what is checked (Success Criteria), what is left \
          out on purpose (Non-Goals), and what it needs (Dependencies). What is left out on purpose cannot be told from what was forgotten.",
    bad: "- [ ] Image size under 200MB",
    good: "- [ ] Image size under 200MB\n\n## Intent\n\n## Constraints\n- Container runs as non-root user\n\n## Non-Goals\n- Kubernetes\n\n## Dependencies\n- Docker",
};

/// The five sections, by words of the headings that people give them.
const SECTIONS: &[(&str, &[&str])] = &[
    (
        "Intent",
        &[
            "intent",
            "goal",
            "purpose",
            "overview",
            "background",
            "context",
            "motivation",
            "summary",
            "about",
            "why",
            "what",
        ],
    ),
    ("Constraints", &["constraint", "requirement", "must"]),
    ("Success Criteria", &["success", "criteria", "done", "checklist", "acceptance"]),
    ("Non-Goals", &["non-goal", "nongoal", "non goal", "out of scope", "not in scope", "not doing"]),
    ("Dependencies", &["dependenc", "prerequisite", "needs", "requires"]),
];

/// One finding, for all that are missing.
pub(super) fn review(subject: &Subject<'_>) -> Vec<Finding> {
    let missing: Vec<&str> =
        SECTIONS.iter().filter(|section| !is_there(subject, section)).map(|(name, _)| *name).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let headings: Vec<String> = missing.iter().map(|name| format!("## {name}")).collect();
    let message = match missing.as_slice() {
        [one] => format!("no section {one}"),
        [all @ .., last] => format!("no sections {} and {last}", all.join(", ")),
        [] => String::new(),
    };
    vec![subject.finding(&SECTION, None, message, format!("add {}", headings.join(", ")))]
}

fn is_there(subject: &Subject<'_>, (name, words): &(&str, &[&str])) -> bool {
    let of = |section| subject.spec.criteria.iter().any(|criterion| criterion.section == section);
    let is_titled = |words: &[&str]| {
        let named = |text: &str| words.iter().any(|word| text.to_lowercase().contains(word));
        subject.headings().into_iter().any(|(_, text)| named(text))
    };
    match *name {
        "Constraints" => of(Section::Constraints) || is_titled(words),
        "Success Criteria" => of(Section::SuccessCriteria) || is_titled(words),
        "Non-Goals" | "Dependencies" => {
            is_titled(words) || subject.spec.prose.iter().any(|(heading, _)| heading.to_lowercase().contains(words[0]))
        }
        _ => is_titled(words),
    }
}
