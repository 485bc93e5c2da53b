//! For programs: every finding as an object.

use serde_json::{Value, json};

use crate::tags::Tag;
use crate::{Count, Finding, Listed};

/// `seaworthy/review/v1`.
pub fn json(listed: &Listed, tags: &[Tag]) -> String {
    let Count { errors, warnings, notes } = listed.count;
    let value = json!({
        "schema": "seaworthy/review/v1",
        "summary": { "errors": errors, "warnings": warnings, "notes": notes, "left_out": listed.left_out() },
        "findings": listed.findings.iter().map(finding).collect::<Vec<_>>(),
        "tags": tags.iter().map(tag).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}

fn tag(tag: &Tag) -> Value {
    json!({
        "tag": tag.name,
        "for": tag.kind.purpose(),
        "moves": tag.kind.moves(),
        "left_out": tag.left_out,
    })
}

fn finding(finding: &Finding) -> Value {
    let edits = finding.edits.iter().map(
        |edit| json!({ "first_line": edit.first, "last_line": edit.last, "text": edit.text, "safe": edit.is_safe }),
    );
    json!({
        "rule": finding.rule.id,
        "severity": finding.rule.severity.name(),
        "path": finding.at.path,
        "line": finding.at.line,
        "message": finding.message,
        "advice": finding.advice,
        "edits": edits.collect::<Vec<_>>(),
    })
}
