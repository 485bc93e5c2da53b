//! Lines that a backslash continues, as one: a secret may be split there.

use super::Span;

/// A text without some of its bytes, and where each of the others stood.
pub(super) struct Joined {
    pub(super) text: String,
    /// For each byte, and for the end.
    offsets: Vec<usize>,
}

impl Joined {
    /// A span of this text in the one that it was made from.
    pub(super) fn back(&self, span: Span) -> Span {
        let last = self.offsets.get(span.end.saturating_sub(1)).map_or(span.end, |at| at + 1);
        Span { start: self.offsets.get(span.start).copied().unwrap_or_default(), end: last, ..span }
    }
}

/// Signs that nobody sees: a name may be divided by one.
const UNSEEN: [char; 6] = ['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}', '\u{ad}'];

/// As the builder joins them, and without the blanks and comments at the beginnings of continued lines; nothing where no line is continued.
pub(super) fn joined(text: &str) -> Vec<Joined> {
    let escape = escape(text);
    if !text.contains(UNSEEN) && !text.lines().any(|line| line.trim_end().ends_with(escape)) {
        return Vec::new();
    }
    vec![without(text, escape, false), without(text, escape, true)]
}

/// What continues a line: a Dockerfile's first lines may name another sign than the backslash.
fn escape(text: &str) -> char {
    let mut directives = text.lines().take_while(|line| line.trim_start().starts_with('#'));
    let names = |line: &str| line.replace(' ', "").eq_ignore_ascii_case("#escape=`");
    if directives.any(names) { '`' } else { '\\' }
}

fn without(text: &str, escape: char, is_close: bool) -> Joined {
    let mut joined = Joined { text: String::with_capacity(text.len()), offsets: Vec::with_capacity(text.len()) };
    let (mut at, mut continued, mut was_blank) = (0, false, false);
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let is_comment = line.trim_start().starts_with('#');
        if continued && (is_comment || line.trim().is_empty()) {
            continue;
        }
        let body = line.trim_end();
        let ends = body.ends_with(escape);
        let kept = if ends { &body[..body.len() - 1] } else { line };
        // A blank before the backslash divides words.
        let lead = if continued && is_close && !was_blank { kept.len() - kept.trim_start().len() } else { 0 };
        for (index, sign) in kept.char_indices().filter(|(index, sign)| *index >= lead && !UNSEEN.contains(sign)) {
            joined.text.push(sign);
            joined.offsets.extend((0..sign.len_utf8()).map(|byte| start + index + byte));
        }
        was_blank = kept.ends_with([' ', '\t']);
        continued = ends;
    }
    joined.offsets.push(text.len());
    joined
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    #[test]
    fn places_in_joined_lines_are_those_of_the_text() {
        let text = "ENV A=hun\\\n   ter2 \\\n  B=1\n";
        let joined = joined(text);
        assert_eq!(joined[0].text, "ENV A=hun   ter2   B=1\n");
        assert_eq!(joined[1].text, "ENV A=hunter2   B=1\n");
        let span = joined[1].back(Span { start: 6, end: 13, kind: Kind::Setting });
        assert_eq!(&text[span.start..span.end], "hun\\\n   ter2");
    }
}
