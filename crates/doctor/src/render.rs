//! A diagnosis for people.

use std::fmt::Write as _;

use seaworthy_report::{clean, wrap};

use crate::cause::{Cause, Diagnosis, Verdict};

const LABEL: usize = 8;

/// As text of so many columns, with colours or without.
pub fn terminal(diagnosis: &Diagnosis, width: usize, color: bool) -> String {
    let mut text = format!("{} · {}\n\n", diagnosis.subject, diagnosis.engine);
    let paint = |label: &str, code: u8| if color { format!("\x1b[1;{code}m{label}\x1b[0m") } else { label.to_owned() };
    let mut row = |label: &str, code: u8, what: &str| {
        let lines = wrap(&clean(what), width.saturating_sub(LABEL + 2).max(20));
        for (number, line) in lines.iter().enumerate() {
            let head = if number == 0 {
                format!("{}{}", paint(label, code), " ".repeat(LABEL.saturating_sub(label.len())))
            } else {
                " ".repeat(LABEL)
            };
            let _ = writeln!(text, "{}", format!("{head}{line}").trim_end());
        }
    };
    match (diagnosis.verdict, diagnosis.causes.first()) {
        (_, Some(cause)) => {
            row("cause", 31, &format!("{} [{}]", cause.cause, cause.id));
            cause.evidence.iter().for_each(|line| row("", 0, &format!("- {line}")));
            if !cause.confirmed {
                row("", 0, "- no experiment could confirm it");
            }
            row("next", 36, &cause.next);
        }
        (Verdict::CauseUnknown, None) => {
            row("wrong", 33, diagnosis.wrong.as_deref().unwrap_or_default());
            row("", 0, "no cause could be shown");
        }
        (_, None) => row("result", 32, "no fault found"),
    }
    for cause in diagnosis.causes.iter().skip(1) {
        also(cause, &mut row);
    }
    for tried in &diagnosis.tried {
        row("tried", 2, tried);
    }
    let _ = writeln!(text, "\n{:.1} s", std::time::Duration::from_millis(diagnosis.took_ms).as_secs_f64());
    text
}

fn also(cause: &Cause, row: &mut impl FnMut(&str, u8, &str)) {
    row("also", 33, &format!("seen: {} [{}]", cause.cause, cause.id));
    row("", 0, &format!("next: {}", cause.next));
}

/// As one object of JSON, described in `docs/doctor.md`.
pub fn json(diagnosis: &Diagnosis) -> String {
    let mut text = serde_json::to_string_pretty(diagnosis).unwrap_or_default();
    text.push('\n');
    text
}
