//! What a report says, for a test to hold.

use std::collections::BTreeMap;
use std::process::Output;

use anyhow::Context as _;
use serde_json::Value;

/// The report on stdout; where there is none, the error is what the program said.
pub(crate) fn report(output: &Output) -> anyhow::Result<Value> {
    serde_json::from_slice(&output.stdout).with_context(|| tail(&output.stderr))
}

/// The last lines of what a program wrote.
pub(crate) fn tail(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

fn criteria(report: &Value) -> impl Iterator<Item = &Value> {
    report["criteria"].as_array().into_iter().flatten()
}

/// Of each promise, by its line and its check.
pub(crate) fn verdicts(report: &Value) -> BTreeMap<String, String> {
    let name = |criterion: &Value| format!("{} {}", criterion["line"], criterion["check"]);
    criteria(report).map(|criterion| (name(criterion), criterion["verdict"].to_string())).collect()
}

/// Every criterion that did not pass, with its evidence; then the sums.
pub(crate) fn not_kept(report: &Value) -> String {
    let mut lines: Vec<String> = criteria(report)
        .filter(|criterion| criterion["verdict"] != "pass")
        .map(|criterion| {
            let text = |name: &str| criterion[name].as_str().unwrap_or_default().to_owned();
            let cause = criterion["caused_by"].as_str().map(|id| format!(" [{id}]")).unwrap_or_default();
            format!("{} {}: {}{cause}", text("verdict"), text("check"), text("evidence"))
        })
        .collect();
    let summary = &report["summary"];
    lines.push(format!(
        "{} pass, {} fail, {} unproven, {} pending",
        summary["pass"], summary["fail"], summary["unproven"], summary["pending"]
    ));
    lines.join("\n")
}
