//! `docs/rules.md` is made from the rules.

use seaworthy_review::{dockerfile::rules, rules_markdown, specification, specification_rules_markdown};

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/");

#[test]
fn the_pages_have_every_rule_as_it_is() {
    for (name, page) in [("rules.md", rules_markdown()), ("rules-specification.md", specification_rules_markdown())] {
        let path = format!("{DOCS}{name}");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &page).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == page, "docs/{name} is stale: `UPDATE_DOCS=1 cargo test -p seaworthy-review` writes it anew");
    }
}

#[test]
fn ids_are_words_and_differ() {
    let mut ids: Vec<&str> = rules().chain(specification::rules()).map(|rule| rule.id).collect();
    assert!(ids.iter().all(|id| id.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
    assert!(rules().all(|rule| !rule.title.ends_with('.')
        && rule.why.ends_with('.')
        && !rule.bad.is_empty()
        && !rule.good.is_empty()));
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}
