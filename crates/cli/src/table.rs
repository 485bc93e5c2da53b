//! Text in columns, wrapped to a width.

use std::fmt::Write as _;

use seaworthy_report::terminal::Style;
use seaworthy_report::{columns, wrap};

/// Between two columns.
const GAP: usize = 2;
/// The narrowest last column: a narrower terminal breaks the lines itself.
const LEAST: usize = 24;

/// A row: a cell for each column, and its colour as an SGR parameter.
pub(crate) struct Row<const N: usize> {
    pub(crate) cells: [String; N],
    pub(crate) color: Option<u8>,
}

impl<const N: usize> Row<N> {
    pub(crate) fn new(cells: [String; N]) -> Self {
        Self { cells, color: None }
    }
}

/// The rows as lines. Every column but the last is as wide as its widest cell, at most `widest`.
pub(crate) fn render<const N: usize>(rows: &[Row<N>], widest: usize, style: Style) -> String {
    let widths = widths(rows, widest, style.width);
    let mut out = String::new();
    for row in rows {
        let cells: Vec<Vec<String>> = row.cells.iter().zip(widths).map(|(cell, width)| wrap(cell, width)).collect();
        for line in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
            let mut text = String::new();
            for (cell, width) in cells.iter().zip(widths) {
                let part = cell.get(line).map_or("", String::as_str);
                text.push_str(part);
                text.push_str(&" ".repeat(width.saturating_sub(columns(part)) + GAP));
            }
            let text = text.trim_end();
            let _ = match row.color.filter(|_| style.color) {
                Some(color) => writeln!(out, "\x1b[{color}m{text}\x1b[0m"),
                None => writeln!(out, "{text}"),
            };
        }
    }
    out
}

fn widths<const N: usize>(rows: &[Row<N>], widest: usize, width: usize) -> [usize; N] {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(&row.cells) {
            *width = (*width).max(columns(cell)).min(widest);
        }
    }
    let before: usize = widths[..N - 1].iter().map(|width| width + GAP).sum();
    widths[N - 1] = width.saturating_sub(before).max(LEAST);
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_wrapped_in_their_columns() {
        let rows = [
            Row::new([
                "a".into(),
                "one two three four".into(),
                "the last column takes what is left of the width".into(),
            ]),
            Row { color: Some(33), ..Row::new(["bb".into(), String::new(), "short".into()]) },
        ];
        let plain = Style { color: false, width: 40 };
        insta::assert_snapshot!(render(&rows, 10, plain), @"
        a   one two     the last column takes
            three four  what is left of the
                        width
        bb              short
        ");
        assert!(render(&rows, 10, Style { color: true, ..plain }).ends_with("\x1b[33mbb              short\x1b[0m\n"));
    }
}
