//! Annotations of GitHub Actions: workflow commands, one a line.

use std::fmt::Write as _;

use crate::{Listed, Severity};

pub fn github(listed: &Listed) -> String {
    let mut text = String::new();
    for finding in &listed.findings {
        let command = match finding.rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let line = finding.at.line.map_or(String::new(), |line| format!(",line={line}"));
        let path = property(&finding.at.path);
        let message = data(&format!("{}: {}", finding.message, finding.advice));
        let _ = writeln!(text, "::{command} file={path}{line},title={}::{message}", property(finding.rule.id));
    }
    if let Some(more) = listed.more() {
        let _ = writeln!(text, "::notice title=seaworthy::{}", data(&more));
    }
    text
}

/// What a message may not have in it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What a property may not have in it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
