//! The rules' page, made from their table.

use std::fmt::Write as _;

use crate::dockerfile::{HADOLINT, LEFT_OUT, rules};
use crate::specification;

/// The page `docs/rules.md`, as Markdown.
pub fn rules_markdown() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("| rule | severity | what | hadolint |\n| --- | --- | --- | --- |\n");
    for rule in rules() {
        let _ = writeln!(
            page,
            "| [`{0}`](#{0}) | {1} | {2} | {3} |",
            rule.id,
            rule.severity.name(),
            rule.title,
            codes(rule.id)
        );
    }
    for rule in rules() {
        let _ = write!(
            page,
            "\n## {}\n\n{} ({}). {}\n\nInstead of\n\n```dockerfile\n{}\n```\n\nwrite\n\n```dockerfile\n{}\n```\n\nTo silence it for an \
             instruction: `# seaworthy: allow {}: REASON`\n",
            rule.id,
            rule.title,
            rule.severity.name(),
            rule.why,
            rule.bad,
            rule.good,
            rule.id
        );
    }
    page.push_str(LEFT);
    for (codes, why) in LEFT_OUT {
        let _ = writeln!(page, "- {codes}: {why}");
    }
    page
}

/// The page `docs/rules-specification.md`, as Markdown.
pub fn specification_rules_markdown() -> String {
    let mut page = SPECIFICATION_HEAD.to_owned();
    for rule in specification::rules() {
        let _ = writeln!(page, "| [`{0}`](#{0}) | {1} | {2} |", rule.id, rule.severity.name(), rule.title);
    }
    for rule in specification::rules() {
        let (id, title, severity, why) = (rule.id, rule.title, rule.severity.name(), rule.why);
        let _ = write!(
            page,
            "\n## {id}\n\n{title} ({severity}). {why}\n\nInstead of\n\n```markdown\n{}\n```\n\nwrite\n\n```markdown\n{}\n```\n",
            rule.bad, rule.good
        );
    }
    page
}

const SPECIFICATION_HEAD: &str = "\
<!-- Made from the rules in crates/review: `UPDATE_DOCS=1 cargo test -p seaworthy-review` writes it anew. -->
# Rules about specifications

What [`seaworthy review`](review.md) finds in `containerization-spec.md`. An *error* cannot be kept: a promise contradicts another one,
the Dockerfile or the code. A *warning* needs a person's judgement; a *note* is worth knowing, and changes no exit code.

`<!-- seaworthy: allow RULE: REASON -->` in the line of a sentence, or above it, silences a rule there; where a rule is about the whole page,
the comment may stand anywhere. One without a reason, or for a rule that is not broken, is a warning, as in [a Dockerfile](rules.md).

| rule | severity | what |
| --- | --- | --- |
";

fn codes(id: &str) -> String {
    let codes: Vec<&str> = HADOLINT.iter().filter(|(_, rule)| *rule == id).map(|(code, _)| *code).collect();
    codes.join(", ")
}

const HEAD: &str = "\
<!-- Made from the rules in crates/review: `UPDATE_DOCS=1 cargo test -p seaworthy-review` writes it anew. -->
# Rules about Dockerfiles

What [`seaworthy review`](review.md) finds. An *error* will break, leak or mislead; a *warning* needs a person's judgement; a *note* is
worth knowing, and changes no exit code. The last column has hadolint's codes for the same.

";

const LEFT: &str = "
## What hadolint has and is not here

";
