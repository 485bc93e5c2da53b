//! SARIF 2.1.0, as code scanning reads it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{Finding, Listed, Rule};

/// Every rule that was broken, and every finding with its fix.
pub fn sarif(listed: &Listed, version: &str) -> String {
    let findings = &listed.findings;
    let mut rules: Vec<&Rule> = Vec::new();
    for finding in findings {
        if !rules.iter().any(|rule| rule.id == finding.rule.id) {
            rules.push(finding.rule);
        }
    }
    let results: Vec<Value> = findings.iter().map(|finding| result(finding, &rules)).collect();
    let mut value = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "seaworthy",
                "version": version,
                "rules": rules.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
            }},
            "results": results,
        }],
    });
    if let Some(more) = listed.more() {
        let notification = json!({ "level": "note", "message": { "text": more } });
        value["runs"][0]["invocations"] =
            json!([{ "executionSuccessful": true, "toolExecutionNotifications": [notification] }]);
    }
    format!("{value:#}\n")
}

fn described(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.why },
        "help": { "text": format!("{}\n\nInstead of:\n{}\n\nwrite:\n{}", rule.why, rule.bad, rule.good) },
        "defaultConfiguration": { "level": rule.severity.name() },
    })
}

fn result(finding: &Finding, rules: &[&Rule]) -> Value {
    let uri = uri(&finding.at.path);
    let mut place = json!({ "artifactLocation": { "uri": uri } });
    if let Some(line) = finding.at.line {
        place["region"] = json!({ "startLine": line });
    }
    let mut value = json!({
        "ruleId": finding.rule.id,
        "ruleIndex": rules.iter().position(|rule| rule.id == finding.rule.id),
        "level": finding.rule.severity.name(),
        "message": { "text": format!("{}: {}", finding.message, finding.advice) },
        "locations": [{ "physicalLocation": place }],
    });
    if !finding.edits.is_empty() {
        let replacements: Vec<Value> = finding.edits.iter().map(replacement).collect();
        value["fixes"] = json!([{
            "description": { "text": finding.advice },
            "artifactChanges": [{ "artifactLocation": { "uri": uri }, "replacements": replacements }],
        }]);
    }
    value
}

/// Whole lines: from the first one's beginning to the beginning of the line after the last one.
fn replacement(edit: &crate::Edit) -> Value {
    let text = if edit.text.is_empty() { String::new() } else { format!("{}\n", edit.text) };
    json!({
        "deletedRegion": {
            "startLine": edit.first,
            "startColumn": 1,
            "endLine": edit.last.max(edit.first - 1) + 1,
            "endColumn": 1,
        },
        "insertedContent": { "text": text },
    })
}

/// A relative path as a URI: what a URI cannot have is encoded.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
