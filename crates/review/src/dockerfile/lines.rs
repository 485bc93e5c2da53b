//! The lines of a Dockerfile: which instruction stands on which, and the bodies of here-documents.
//!
//! The parser knows one here-document, at the start of a `RUN`. Here all are found, and the parser is given a text in which they are
//! comments: every offset stays what it was.

use std::ops::Range;

use super::Unreadable;

/// A Dockerfile's text, cut into instructions.
#[derive(Debug)]
pub(crate) struct Lines {
    /// Without a byte order mark.
    pub(crate) text: String,
    /// What the parser reads: as long as `text`.
    pub(crate) masked: String,
    /// The offset at which each line begins.
    starts: Vec<usize>,
    /// The lines of each instruction, 1-based, both included.
    pub(crate) instructions: Vec<(usize, usize)>,
    /// Of here-documents: the instruction's first line, and the bytes of the body.
    pub(crate) bodies: Vec<(usize, Range<usize>)>,
    pub(crate) escape: char,
}

impl Lines {
    pub(crate) fn new(text: &str) -> Result<Self, Unreadable> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let escape = escape(&text);
        let mut lines =
            Self { masked: String::new(), text, starts, instructions: Vec::new(), bodies: Vec::new(), escape };
        let mut masked = lines.text.clone().into_bytes();
        lines.find(&mut masked)?;
        lines.masked = String::from_utf8(masked).unwrap_or_else(|_| lines.text.clone());
        Ok(lines)
    }

    /// A line without its end; 1-based.
    pub(crate) fn line(&self, number: usize) -> &str {
        let start = number.checked_sub(1).and_then(|index| self.starts.get(index)).copied();
        let Some(start) = start else { return "" };
        let end = self.starts.get(number).map_or(self.text.len(), |next| next - 1);
        let line = self.text.get(start..end).unwrap_or_default();
        line.strip_suffix('\r').unwrap_or(line)
    }

    pub(crate) fn count(&self) -> usize {
        self.starts.len()
    }

    /// The line in which a byte stands.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    /// The bytes of some lines, without the last one's end.
    pub(crate) fn range(&self, first: usize, last: usize) -> Range<usize> {
        let start = first.checked_sub(1).and_then(|index| self.starts.get(index)).copied().unwrap_or(0);
        let end = self.starts.get(last).map_or(self.text.len(), |next| next - 1);
        let end = if self.text[..end].ends_with('\r') { end - 1 } else { end };
        start..end.max(start)
    }

    /// The lines of the instruction that begins at `offset`.
    pub(crate) fn instruction(&self, offset: usize) -> (usize, usize) {
        let line = self.line_of(offset);
        let index = self.instructions.partition_point(|(first, _)| *first <= line);
        index.checked_sub(1).and_then(|index| self.instructions.get(index)).copied().unwrap_or((line, line))
    }

    fn find(&mut self, masked: &mut [u8]) -> Result<(), Unreadable> {
        let mut number = 1;
        while number <= self.count() {
            if is_aside(self.line(number)) {
                number += 1;
                continue;
            }
            let first = number;
            number = self.end_of_logical_line(first);
            let range = self.range(first, number);
            let markers =
                if takes_documents(&self.text[range.clone()]) { markers(&self.text, range) } else { Vec::new() };
            for marker in markers {
                masked[marker.at..marker.at + 2].fill(b'_');
                number = self.skip_body(&marker, first, number, masked)?;
            }
            self.instructions.push((first, number));
            number += 1;
        }
        Ok(())
    }

    /// The last line of an instruction without its here-documents.
    fn end_of_logical_line(&self, first: usize) -> usize {
        let mut last = first;
        let mut number = first;
        let mut goes_on = self.line(number).trim_end().ends_with(self.escape);
        while goes_on && number < self.count() {
            number += 1;
            let line = self.line(number);
            // Comments and empty lines inside an instruction do not end it.
            if !is_aside(line) {
                last = number;
                goes_on = line.trim_end().ends_with(self.escape);
            }
        }
        last
    }

    fn skip_body(
        &mut self,
        marker: &Marker,
        first: usize,
        before: usize,
        masked: &mut [u8],
    ) -> Result<usize, Unreadable> {
        let start = self.range(before + 1, before + 1).start;
        for number in before + 1..=self.count() {
            let range = self.range(number, number);
            let line = &self.text[range.clone()];
            let is_end = if marker.strips_tabs { line.trim_start_matches('\t') } else { line } == marker.name;
            masked[range.clone()].fill(b'#');
            if is_end {
                self.bodies.push((first, start..range.start));
                return Ok(number);
            }
        }
        let why = format!("the here-document `{}` has no end", marker.name);
        Err(Unreadable { line: first, why })
    }
}

/// Whether a line is empty, or a comment.
fn is_aside(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

/// The directive's, in the comments at the very top.
fn escape(text: &str) -> char {
    for line in text.lines() {
        let Some((name, value)) = line.trim().strip_prefix('#').and_then(|line| line.split_once('=')) else { break };
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        match name.as_str() {
            "escape" => return if value == "`" { '`' } else { '\\' },
            "syntax" | "check" => {}
            _ => break,
        }
    }
    '\\'
}

/// `<<EOF`, `<<-"EOF"`
struct Marker {
    /// The offset of `<<`.
    at: usize,
    name: String,
    strips_tabs: bool,
}

fn takes_documents(instruction: &str) -> bool {
    let mut words = instruction.split_whitespace().map(str::to_ascii_uppercase);
    let first = words.next().unwrap_or_default();
    let word = if first == "ONBUILD" { words.next().unwrap_or_default() } else { first };
    matches!(word.as_str(), "RUN" | "COPY" | "ADD") && instruction.contains("<<")
}

/// Words of their own that name here-documents; not inside quotes.
fn markers(text: &str, range: Range<usize>) -> Vec<Marker> {
    let mut found = Vec::new();
    let (mut quote, mut start) = (None, None);
    let slice = &text[range.clone()];
    for (at, c) in slice.char_indices().chain([(slice.len(), ' ')]) {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (None, c) if c.is_whitespace() => {
                if let Some(start) = start.take() {
                    found.extend(marker(&slice[start..at], range.start + start));
                }
                continue;
            }
            (None, '"' | '\'') => quote = Some(c),
            _ => {}
        }
        start.get_or_insert(at);
    }
    found
}

fn marker(word: &str, at: usize) -> Option<Marker> {
    let digits = word.len() - word.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = word[digits..].strip_prefix("<<")?;
    let (rest, strips_tabs) = rest.strip_prefix('-').map_or((rest, false), |rest| (rest, true));
    let name: String = rest.chars().filter(|c| !matches!(c, '"' | '\'')).collect();
    (!name.is_empty() && !name.contains('<')).then_some(Marker { at: at + digits, name, strips_tabs })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, instructions: &[(usize, usize)], bodies: &[&str]) {
        let lines = Lines::new(text).unwrap();
        assert_eq!(lines.masked.len(), lines.text.len());
        assert_eq!(lines.instructions, instructions, "{text}");
        let found: Vec<&str> = lines.bodies.iter().map(|(_, range)| &lines.text[range.clone()]).collect();
        assert_eq!(found, bodies);
    }

    #[test]
    fn instructions_have_all_their_lines() {
        check("FROM a\nRUN b \\\n  # why\n\n  c\n# d\nUSER 1\n", &[(1, 1), (2, 5), (7, 7)], &[]);
        check("# escape=`\nFROM a\nRUN b `\n c\nRUN d \\\nUSER 1\n", &[(2, 2), (3, 4), (5, 5), (6, 6)], &[]);
        check("\u{feff}FROM a\r\nRUN b \\\r\n  c\r\n", &[(1, 1), (2, 3)], &[]);
        check("RUN a \\", &[(1, 1)], &[]);
    }

    #[test]
    fn here_documents_are_found_wherever_they_are_named() {
        check("RUN <<EOF\na\nEOF\nUSER 1", &[(1, 3), (4, 4)], &["a\n"]);
        check("RUN cat <<-'E' >/x && b\n\ta\n\tE\nUSER 1", &[(1, 3), (4, 4)], &["\ta\n"]);
        check("COPY <<a <<b /c/\n1\na\n2\nb\n", &[(1, 5)], &["1\n", "2\n"]);
        check("RUN echo '<<EOF' $((1<<2)) <<<x\nUSER 1\n", &[(1, 1), (2, 2)], &[]);
        check("USER <<EOF\n", &[(1, 1)], &[]);
        let error = Lines::new("FROM a\nRUN <<EOF\nb\n").unwrap_err();
        assert_eq!((error.line, error.why.as_str()), (2, "the here-document `EOF` has no end"));
    }
}
