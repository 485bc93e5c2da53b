//! The text of a specification, by lines and places.

use crate::problem::{Excerpt, Problem};

/// A text and where its lines begin.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    text: &'a str,
    /// Byte offsets of the lines' first bytes. Never empty.
    starts: Vec<usize>,
}

/// A place: 1-based line, and the byte within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) byte: usize,
}

/// A line of its own meaning inside the text: of a check block or an inline check. Trimmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fragment<'a> {
    pub(crate) text: &'a str,
    pub(crate) place: Place,
}

impl Place {
    pub(crate) fn after(self, bytes: usize) -> Self {
        Self { byte: self.byte + bytes, ..self }
    }
}

impl Fragment<'_> {
    /// Without the marks of the quotations that the line stands in.
    pub(crate) fn unquoted(self) -> Self {
        let text = self.text.trim_start_matches(['>', ' ', '\t']);
        Self { text, place: self.place.after(self.text.len() - text.len()) }
    }
}

impl<'a> Source<'a> {
    /// Lines end as Markdown has them: `\n`, `\r\n` or `\r`.
    pub(crate) fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                starts.push(at + 1);
            }
        }
        Self { text, starts }
    }

    /// The line without its end; empty for a line that there is not.
    pub(crate) fn line(&self, number: usize) -> &'a str {
        let Some(start) = number.checked_sub(1).and_then(|index| self.starts.get(index)) else { return "" };
        let end = self.starts.get(number).copied().unwrap_or(self.text.len());
        self.text[*start..end].trim_end_matches(['\r', '\n'])
    }

    /// The byte offset of a place in the whole text.
    pub(crate) fn offset(&self, place: Place) -> usize {
        let start = self.starts.get(place.line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        (start + place.byte).min(self.text.len())
    }

    /// The place of a byte offset.
    pub(crate) fn place(&self, offset: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        Place { line, byte: offset - self.starts[line - 1] }
    }

    /// The text from an offset to the end of a line.
    pub(crate) fn through(&self, offset: usize, last_line: usize) -> &'a str {
        let end = self.starts.get(last_line).copied().unwrap_or(self.text.len());
        self.text.get(offset..end).unwrap_or("")
    }

    /// A whole line, trimmed, as a fragment.
    pub(crate) fn fragment(&self, number: usize) -> Fragment<'a> {
        let line = self.line(number);
        let byte = line.len() - line.trim_start().len();
        Fragment { text: line.trim(), place: Place { line: number, byte } }
    }

    /// The lines of the text between two offsets that are not blank.
    pub(crate) fn fragments(&self, from: usize, to: usize) -> Vec<Fragment<'a>> {
        let mut fragments = Vec::new();
        let mut at = from;
        for line in self.text.get(from..to).unwrap_or("").split_inclusive(['\n', '\r']) {
            let text = line.trim();
            if !text.is_empty() {
                let lead = line.len() - line.trim_start().len();
                fragments.push(Fragment { text, place: self.place(at + lead) });
            }
            at += line.len();
        }
        fragments
    }

    /// A problem at a place.
    pub(crate) fn problem(&self, place: Place, message: impl Into<String>, hint: Option<String>) -> Problem {
        let line = self.line(place.line);
        let before = line.char_indices().take_while(|(at, _)| *at < place.byte).count();
        let excerpt = Some(Excerpt::around(line, before));
        Problem { line: place.line, column: before + 1, message: message.into(), hint, excerpt }
    }
}
