//! Which headings open a section of promises, and which one that makes none.

use super::Kind;
use crate::Section;

/// Headings by their first words.
const SECTIONS: &[(&str, Kind)] = &[
    ("constraints", Kind::Promises(Section::Constraints)),
    ("constraint", Kind::Promises(Section::Constraints)),
    ("requirements", Kind::Promises(Section::Constraints)),
    ("non functional requirements", Kind::Promises(Section::Constraints)),
    ("must have", Kind::Promises(Section::Constraints)),
    ("must haves", Kind::Promises(Section::Constraints)),
    ("success criteria", Kind::Promises(Section::SuccessCriteria)),
    ("acceptance criteria", Kind::Promises(Section::SuccessCriteria)),
    ("definition of done", Kind::Promises(Section::SuccessCriteria)),
    ("done when", Kind::Promises(Section::SuccessCriteria)),
    ("checklist", Kind::Promises(Section::SuccessCriteria)),
    ("non goals", Kind::Shown),
    ("non goal", Kind::Shown),
    ("nongoals", Kind::Shown),
    ("out of scope", Kind::Shown),
    ("not in scope", Kind::Shown),
    ("dependencies", Kind::Shown),
    ("intent", Kind::Quiet),
    ("background", Kind::Quiet),
    ("overview", Kind::Quiet),
    ("context", Kind::Quiet),
    ("motivation", Kind::Quiet),
    ("assumptions", Kind::Quiet),
    ("future work", Kind::Quiet),
    ("open questions", Kind::Quiet),
    ("references", Kind::Quiet),
    ("alternatives", Kind::Quiet),
];

/// Words in front of a section's name that leave it what it is: `Docker Checklist`, `Container Requirements`.
const QUALIFIERS: &[&str] = &[
    "the",
    "our",
    "container",
    "containers",
    "docker",
    "image",
    "service",
    "functional",
    "technical",
    "deployment",
    "release",
    "production",
    "project",
    "runtime",
    "security",
    "hard",
    "general",
    "quality",
    "containerization",
    "shipping",
    "review",
];

/// The section that a heading opens: its name, in any case, and what follows it, unless that takes the promises back.
pub(super) fn recognise(heading: &str) -> Option<Kind> {
    recognise_name(heading).filter(|kind| !matches!(kind, Kind::Promises(_)) || !excludes(heading))
}

fn recognise_name(heading: &str) -> Option<Kind> {
    let words = heading_words(heading);
    let named = |words: &[String]| {
        let begins = |name: &str| name.split(' ').eq(words.iter().take(name.split(' ').count()));
        SECTIONS.iter().find(|(name, _)| begins(name)).map(|(_, kind)| *kind)
    };
    let qualifiers = words.iter().take_while(|word| QUALIFIERS.contains(&word.as_str())).count();
    named(&words).or_else(|| named(&words[qualifiers..]).filter(|kind| matches!(kind, Kind::Promises(_))))
}

/// Words of headings, labels and lines in front of a list that say: what follows is not promised.
const DENIALS: &[&str] = &[
    "not",
    "non",
    "nongoal",
    "nongoals",
    "never",
    "nice",
    "optional",
    "optionally",
    "future",
    "later",
    "won",
    "wont",
    "rejected",
    "stretch",
    "anti",
    "dropped",
    "deferred",
    "postponed",
    "unsupported",
    "wishlist",
    "wishes",
    "ideas",
    "maybe",
    "alternatives",
    "alternative",
    "questions",
    "don",
    "doesn",
    "cannot",
    "excluded",
    "ideally",
    "planned",
    "proposed",
    "longer",
];

/// Whether a heading or a label says that what stands under it is not promised.
pub(super) fn excludes(heading: &str) -> bool {
    let words = heading.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase);
    let words: Vec<String> = words.collect();
    let has_pair = |first: &str, second: &[&str]| {
        words.windows(2).any(|pair| pair[0] == first && second.contains(&pair[1].as_str()))
    };
    let is_kind_of_promise = has_pair("non", &["functional", "root"]);
    has_pair("out", &["of"])
        || words.iter().any(|word| DENIALS.contains(&word.as_str()) && !(is_kind_of_promise && word == "non"))
}

/// The name of a section of promises that a heading nearly has.
pub(super) fn misspelt(heading: &str) -> Option<&'static str> {
    let words = heading_words(heading);
    let near = |name: &str| {
        let count = name.split(' ').count();
        words.len() >= count && crate::letters::is_near(&words[..count].join(" "), name)
    };
    [("constraints", "Constraints"), ("success criteria", "Success Criteria")]
        .into_iter()
        .find(|(name, _)| near(name))
        .map(|(_, shown)| shown)
}

/// The first words in small letters, without the number that a heading may have.
fn heading_words(heading: &str) -> Vec<String> {
    let words = heading.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words = words.skip_while(|word| word.chars().all(|c| c.is_ascii_digit()));
    words.take(6).map(str::to_lowercase).collect()
}
