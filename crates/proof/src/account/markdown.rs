//! The account as Markdown: both tables.

use std::fmt::Write as _;

use seaworthy_report::markdown::{self, escaped};
use seaworthy_report::{short_digest, sum};

use super::{Account, TITLES, notes, promises, row, title};

/// The whole account.
pub fn render(account: &Account<'_>) -> String {
    let standing = account.standing;
    let mut out = format!("# {}\n\n{}\n\n", escaped(account.reference), escaped(&short_digest(account.image.as_str())));
    if !standing.results.is_empty() {
        out.push_str(&cells(&TITLES.map(str::to_owned)));
        out.push_str(&cells(&TITLES.map(|_| "---".to_owned())));
        out.extend(
            standing.results.iter().map(|entry| cells(&row(entry, account.repository).map(|cell| escaped(&cell)))),
        );
        out.push('\n');
    }
    out.extend(notes(account).iter().map(|note| format!("- {}\n", escaped(note))));
    if let Some(title) = title(standing).filter(|_| !standing.promises.is_empty()) {
        let table = markdown::promises(&promises(standing));
        let _ = writeln!(out, "\n## {}\n\n{table}\n{}", escaped(&title), sum(&standing.summary));
    }
    out
}

fn cells(row: &[String; 8]) -> String {
    format!("| {} |\n", row.join(" | "))
}
