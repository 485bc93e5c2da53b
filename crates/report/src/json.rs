//! The report for programs: `docs/report.md` and `docs/report.schema.json` describe it.

use std::fmt::Write as _;

use crate::Report;
use crate::text::is_invisible;

/// The report as JSON, indented, with a line feed at the end.
///
/// Characters that steer a terminal are escaped, so that the text can be shown as it is; a parser reads the same values.
///
/// # Panics
///
/// Never: a report holds only text, numbers and lists.
pub fn render(report: &Report) -> String {
    let mut text = serde_json::to_string_pretty(report).expect("a report holds only text, numbers and lists");
    text.push('\n');
    escaped(&text)
}

/// JSON with the characters escaped that steer a terminal: outside of strings it is plain ASCII, so they stand inside one.
///
/// # Panics
///
/// Never: writing to a text cannot fail.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character != '\n' && (character.is_control() || is_invisible(character)) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}").expect("a string can be written");
            }
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn what_is_written_reads_back_equal() {
        let mut report = sample::report();
        report.criteria[0].evidence = "a\x1b[31m \u{9b}2J \u{7f} \u{202e} \u{e0041} ü \"quoted\"\n".to_owned();
        let text = render(&report);
        assert!(text.ends_with("}\n"));
        assert!(!text.chars().any(|c| c != '\n' && (c.is_control() || is_invisible(c))), "{text}");
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    }

    #[test]
    fn a_report_from_before_images_were_pushed_is_read() {
        let mut older = serde_json::to_value(sample::report()).unwrap();
        older.as_object_mut().unwrap().remove("pushed");
        let read: Report = serde_json::from_value(older).unwrap();
        assert_eq!(read, Report { pushed: None, ..sample::report() });
    }

    #[test]
    fn members_that_are_not_known_are_ignored_on_reading() {
        let text = render(&sample::report()).replacen('{', r#"{"later": [1],"#, 1);
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), sample::report());
    }
}
