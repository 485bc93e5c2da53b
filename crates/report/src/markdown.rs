//! The report as a Markdown table: *Success Criterion | Status | Evidence*.

use std::time::Duration;

use crate::text::{clean, duration, sum};
use crate::{Criterion, Found, Report, Severity};

/// The whole report: heading, what was verified, the table, the sum.
pub fn render(report: &Report) -> String {
    let image = &report.image;
    let out = format!(
        "# {}\n\n{} · {} · {}\n\n{}",
        escaped(&report.spec.title),
        escaped(&image.identity()),
        escaped(&image.platform),
        image.size_bytes.told(),
        promises(&report.criteria) + &findings(&report.criteria),
    );
    let (took, engine) = (duration(Duration::from_millis(report.took_ms)), escaped(&report.machine.engine));
    out + &format!("\n{} · {took} · {engine} · {}\n", sum(&report.summary), escaped(&report.started_at))
}

/// The table alone.
pub fn promises(criteria: &[Criterion]) -> String {
    let rows: String = criteria.iter().map(|criterion| row(criterion, criteria)).collect();
    format!("| Success Criterion | Status | Evidence |\n| --- | --- | --- |\n{rows}")
}

/// What a check found many of: a list for each promise.
fn findings(criteria: &[Criterion]) -> String {
    let mut lists = String::new();
    for criterion in criteria.iter().filter(|criterion| !criterion.findings.is_empty()) {
        lists.push_str("\n## ");
        lists.push_str(&escaped(&criterion.text));
        lists.push_str("\n\n");
        lists.extend(criterion.findings.iter().map(finding));
    }
    lists
}

fn finding(found: &Found) -> String {
    let severity = match found.severity {
        Severity::Fail => "fail",
        Severity::Warning => "warning",
        Severity::Allowed => "allowed",
    };
    let reason = found.reason.as_ref().map(|reason| format!(" ({})", escaped(reason))).unwrap_or_default();
    format!("- {severity}: {} in {}{reason}\n", escaped(&found.what), escaped(&found.place))
}

fn row(criterion: &Criterion, all: &[Criterion]) -> String {
    let verdict = criterion.verdict;
    let vouched = if criterion.vouched.is_some() { ", vouched" } else { "" };
    let evidence = evidence(criterion, all);
    format!("| {} | {} {}{vouched} | {evidence} |\n", escaped(&criterion.text), verdict.mark(), verdict.word())
}

fn evidence(criterion: &Criterion, all: &[Criterion]) -> String {
    let mut parts = Vec::new();
    parts.extend(criterion.bound.iter().map(|sentence| format!("checked as: {}", escaped(sentence))));
    if !criterion.evidence.is_empty() {
        parts.push(escaped(&criterion.evidence));
    }
    if let Some(next) = &criterion.next {
        parts.push(format!("next: {}", code(next)));
    }
    if let Some(cause) = &criterion.caused_by {
        let sentence = all.iter().find(|other| &other.id == cause).map_or(cause, |other| &other.text);
        parts.push(format!("see: {}", escaped(sentence)));
    }
    if let Some(suggestion) = &criterion.suggestion {
        parts.push(format!("did you mean: {}", escaped(suggestion)));
    }
    parts.extend(criterion.warnings.iter().map(|warning| format!("warning: {}", escaped(warning))));
    parts.join("<br>")
}

/// Text that shows as it is in a table's cell: no markup, no link, no HTML, one line.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in clean(text).trim().chars() {
        match character {
            '\n' => out.push_str("<br>"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '#' | '!' => {
                out.push('\\');
                out.push(character);
            }
            _ => out.push(character),
        }
    }
    out
}

/// A command to copy, or escaped text where it could break out of a code span.
fn code(text: &str) -> String {
    let text = clean(text);
    if text.trim().is_empty() || text.contains(['`', '|', '\n']) {
        escaped(&text)
    } else {
        format!("`{}`", text.trim())
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::sample;

    #[test]
    fn the_table_has_a_row_a_promise() {
        assert_snapshot!(render(&sample::report()), @r"
        # Task API

        sha256:3f1c3f1c3f1c… · linux/amd64 · 5.8 MB unpacked, 2.6 MB to transfer

        | Success Criterion | Status | Evidence |
        | --- | --- | --- |
        | Image size under 200MB | ✔ pass | 5.8 MB unpacked, 2.6 MB to transfer |
        | All CRUD endpoints work when containerized | ✔ pass | POST 201, GET 200, PUT 200, DELETE 204, GET 404 on /tasks |
        | Container runs as non-root user | ✔ pass | uid 1000 (appuser), seen in the running process<br>warning: the user has no entry in /etc/passwd |
        | Starts within 1s | ✘ fail | exited with code 3 after 0.1 s; it wrote last:<br>reading the configuration<br>fatal: the flux capacitor is missing |
        | Health check endpoint responds at /health | ✘ fail | the container does not run<br>see: Starts within 1s |
        | Runs as nonroot usr | ? unproven | no check understands this sentence<br>did you mean: Container runs as non-root user |
        | Container can connect to Neon database with provided DATABASE\_URL | … pending | works on PostgreSQL 15.16 over TLS, which stands in for Neon<br>next: `seaworthy verify --env DATABASE_URL` |
        | Image can be pushed to registry | … pending | next: `seaworthy ship --to HOST/REPO` |
        | Nobody is king in there | ✔ pass | checked as: Container runs as non-root user<br>uid 1000 in every process |
        | Backups can be restored | … pending, vouched | vouched for by Ann on 2026-01-30: a backup was restored |

        ## Container runs as non-root user

        - fail: GitHub token in \`/app/.env\` in layer 2 of 2
        - allowed: RSA private key in \`/app/tests/key.pem\` in layer 2 of 2 (opens nothing)

        10 promises: 4 kept, 2 broken, 1 unproven, 3 pending (1 vouched for by Ann) · 3.1 s · embedded 0.1.0 · 2026-01-31T12:00:00Z
        ");
    }

    #[test]
    fn markup_in_evidence_stays_text() {
        let mut report = sample::report();
        report.criteria.truncate(1);
        report.criteria[0].evidence =
            "a | b\n<img src=x onerror=alert(1)> [link](javascript:x) **bold** `code` \x1b[31m &amp; \\".into();
        report.criteria[0].next = Some("rm `x` | tee".into());
        let text = render(&report);
        let row = text.lines().find(|line| line.contains("200MB")).unwrap();
        assert_snapshot!(row, @r#"| Image size under 200MB | ✔ pass | a \| b<br>&lt;img src=x onerror=alert(1)&gt; \[link\](javascript:x) \*\*bold\*\* \`code\` �\[31m &amp;amp; \\<br>next: rm \`x\` \| tee |"#);
    }
}
