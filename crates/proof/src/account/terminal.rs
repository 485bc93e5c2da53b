//! The account for a terminal: a table of the results, then the checklist of what stands.

use std::fmt::Write as _;

use seaworthy_report::terminal::{self, Style, heading};
use seaworthy_report::{columns, short_digest, wrap};

use super::{Account, TITLES, line, notes, promises, row, title};

/// Between two columns, and before the first.
const GAP: usize = 2;

/// The whole account.
pub fn render(account: &Account<'_>, style: Style) -> String {
    let standing = account.standing;
    let digest = line(&short_digest(account.image.as_str()));
    let mut out = format!("{} · {digest}\n\n", heading(account.reference, style));
    let rows: Vec<[String; 8]> = standing.results.iter().map(|entry| row(entry, account.repository)).collect();
    if !rows.is_empty() {
        out.push_str(&results(&rows, style));
        out.push('\n');
    }
    for note in notes(account) {
        out.push_str(&paragraph(&note, style));
    }
    if let Some(title) = title(standing).filter(|_| !standing.promises.is_empty()) {
        let checklist = terminal::promises(&promises(standing), style);
        let sum = terminal::summary(&standing.summary, style);
        let _ = writeln!(out, "\n{}\n\n{checklist}\n{sum}", heading(&title, style));
    }
    out
}

/// A table where it fits, what sets a result apart below its row; else a paragraph each.
fn results(rows: &[[String; 8]], style: Style) -> String {
    let widths = widths(rows);
    if widths.iter().map(|width| width + GAP).sum::<usize>() > style.width {
        return rows.iter().map(|row| paragraph(&sentence(row), style)).collect();
    }
    let cells = |row: [&str; 8]| {
        let cell =
            |(cell, width): (&str, usize)| format!("{}{cell}{}", " ".repeat(GAP), " ".repeat(width - columns(cell)));
        let text: String = row.into_iter().zip(widths).map(cell).collect();
        text.trim_end().to_owned()
    };
    let mut out = heading(&cells(TITLES), style);
    out.push('\n');
    for row in rows {
        out.extend([&cells(row.each_ref().map(String::as_str)), "\n"]);
        let remark = &row[7];
        if !remark.is_empty() {
            out.extend([&" ".repeat(2 * GAP), remark.as_str(), "\n"]);
        }
    }
    out
}

/// Of all columns but the remark, which takes none.
fn widths(rows: &[[String; 8]]) -> [usize; 7] {
    let mut widths = [0; 7];
    let titles = TITLES.map(str::to_owned);
    for row in rows.iter().chain([&titles]) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(columns(cell));
        }
    }
    widths
}

fn sentence(row: &[String; 8]) -> String {
    let [when, machine, engine, kernel, spec, signed, kept, remark] = row;
    let text = format!(
        "{when} · machine {machine} · {engine} · kernel {kernel} · specification {spec} · {signed} · {kept} kept"
    );
    if remark.is_empty() { text } else { format!("{text} · {remark}") }
}

/// The text in lines, the later ones set in.
fn paragraph(text: &str, style: Style) -> String {
    let lines = wrap(text, style.width.saturating_sub(2 * GAP));
    let before = |at: usize| " ".repeat(if at == 0 { GAP } else { 2 * GAP });
    lines.iter().enumerate().flat_map(|(at, line)| [before(at), line.clone(), "\n".to_owned()]).collect()
}
