//! What a report says, as it is kept beside a specification.

use std::fmt::Write as _;

use serde_json::Value;

/// A line for each promise: its verdict, its check and its sentence; then the sums.
pub(crate) fn verdicts(report: &Value) -> String {
    let mut lines = String::new();
    for criterion in report["criteria"].as_array().into_iter().flatten() {
        let text = |name: &str| criterion[name].as_str().unwrap_or("none");
        let _ = writeln!(lines, "{} {}: {}", text("verdict"), text("check"), text("text"));
    }
    let sum = |verdict: &str| format!("{} {verdict}", report["summary"][verdict]);
    lines + &["pass", "fail", "unproven", "pending"].map(sum).join(", ") + "\n"
}
