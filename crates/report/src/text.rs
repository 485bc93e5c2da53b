//! Words and figures that every form shares.

use std::time::Duration;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::{Summary, Verdict};

impl Verdict {
    /// One character that tells the verdicts apart without colour.
    pub fn mark(self) -> char {
        match self {
            Self::Pass => '✔',
            Self::Fail => '✘',
            Self::Unproven => '?',
            Self::Pending => '…',
        }
    }

    /// As in JSON: `pass`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unproven => "unproven",
            Self::Pending => "pending",
        }
    }
}

impl Summary {
    /// Every promise, however it ended.
    pub fn total(&self) -> usize {
        self.pass + self.fail + self.unproven + self.pending
    }
}

/// The sum in words: `8 promises: 6 kept, 0 broken, 0 unproven, 2 pending (1 vouched for by Ann)`.
pub fn sum(summary: &Summary) -> String {
    let Summary { pass, fail, unproven, pending, vouched } = summary;
    let names: std::collections::BTreeSet<String> = vouched.iter().map(|name| clean(name).replace('\n', " ")).collect();
    let names: Vec<String> = names.into_iter().collect();
    let vouched = match vouched.len() {
        0 => String::new(),
        count => format!(" ({count} vouched for by {})", names.join(", ")),
    };
    let total = summary.total();
    let promises = if total == 1 { "promise" } else { "promises" };
    format!("{total} {promises}: {pass} kept, {fail} broken, {unproven} unproven, {pending} pending{vouched}")
}

/// A size as people compare it: decimal megabytes with one digit, `5.8 MB`; below 0.1 MB in bytes.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..100_000 => format!("{bytes} bytes"),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// `3.1 s`
pub fn duration(time: Duration) -> String {
    let tenths = (time.as_millis() + 50) / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// `sha256:` and twelve digits: enough to recognise, short enough to read.
pub fn short_digest(digest: &str) -> String {
    match digest.split_once(':') {
        Some((algorithm, hex)) if hex.chars().count() > 12 => {
            format!("{algorithm}:{}…", hex.chars().take(12).collect::<String>())
        }
        _ => digest.to_owned(),
    }
}

/// Text from outside for a reader: line feeds stay, tabs become spaces, and what moves a cursor, starts an escape sequence or
/// turns the direction of writing is shown as `�`.
pub fn clean(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|character| if character == '\t' { ' ' } else { visible(character) })
        .collect()
}

fn visible(character: char) -> char {
    if character != '\n' && (character.is_control() || is_invisible(character)) { '\u{fffd}' } else { character }
}

/// Characters that change how others are shown: direction, joining, byte order marks.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// Columns that the text takes on a terminal.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// The text, or as much of it as stands in `width` columns with a `…` behind it.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut room = width.saturating_sub(1);
    let fits = |character: &char| {
        let wide = character.width().unwrap_or(0);
        let fits = wide <= room;
        room = room.saturating_sub(wide);
        fits
    };
    let mut short: String = text.chars().take_while(fits).collect();
    short.push('…');
    short
}

/// The text in lines of at most `width` columns, broken at spaces, inside a word only where the word alone is too long.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    text.lines().flat_map(|line| wrap_line(line, width.max(1))).collect()
}

fn wrap_line(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut room = width.saturating_sub(columns(last(&mut lines)));
        if !last(&mut lines).is_empty() {
            if columns(word) < room {
                last(&mut lines).push(' ');
                room -= 1;
            } else {
                lines.push(String::new());
                room = width;
            }
        }
        for character in word.chars() {
            let wide = character.width().unwrap_or(0);
            if wide > room && !last(&mut lines).is_empty() {
                lines.push(String::new());
                room = width;
            }
            room = room.saturating_sub(wide);
            last(&mut lines).push(character);
        }
    }
    lines
}

fn last(lines: &mut [String]) -> &mut String {
    lines.last_mut().expect("there is always a line")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_decimal_megabytes() {
        for (bytes, expected) in [
            (0, "0 bytes"),
            (99_999, "99999 bytes"),
            (100_000, "0.1 MB"),
            (5_849_999, "5.8 MB"),
            (145_000_000, "145.0 MB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }

    #[test]
    fn times_have_one_decimal() {
        for (millis, expected) in [(0, "0.0 s"), (49, "0.0 s"), (3_149, "3.1 s"), (75_000, "75.0 s")] {
            assert_eq!(duration(Duration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn a_digest_is_shortened_and_other_text_is_not() {
        assert_eq!(short_digest(&format!("sha256:{}", "ab".repeat(32))), "sha256:abababababab…");
        assert_eq!(short_digest("sha256:abc"), "sha256:abc");
        assert_eq!(short_digest(""), "");
    }

    #[test]
    fn nothing_that_steers_a_terminal_survives() {
        assert_eq!(clean("a\x1b[31mb\x07\x7f\u{9b}2J"), "a�[31mb���2J");
        assert_eq!(clean("admin\u{202e}txt.exe\u{feff}"), "admin�txt.exe�");
        assert_eq!(clean("one\r\ntwo\tthree\rfour"), "one\ntwo three�four");
        assert_eq!(clean("größer ✔ 日本"), "größer ✔ 日本");
    }

    #[test]
    fn text_is_cut_to_a_width() {
        assert_eq!(cut("abcd", 4), "abcd");
        assert_eq!(cut("abcde", 4), "abc…");
        assert_eq!(cut("日本語", 4), "日…");
    }

    #[test]
    fn text_is_wrapped_at_spaces_and_inside_a_word_only_where_it_must() {
        #[track_caller]
        fn check(text: &str, width: usize, expected: &[&str]) {
            assert_eq!(wrap(text, width), expected);
        }
        check("", 10, &[]);
        check("one two three", 20, &["one two three"]);
        check("one two three", 7, &["one two", "three"]);
        check("one two three", 6, &["one", "two", "three"]);
        check("a abcdefghij b", 4, &["a", "abcd", "efgh", "ij b"]);
        check("日本語", 4, &["日本", "語"]);
        check("one\ntwo three", 5, &["one", "two", "three"]);
        check("ab", 0, &["a", "b"]);
    }
}
