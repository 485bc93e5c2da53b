//! The boxes of a specification, ticked or not: a tick is a person's note, and changes no promise.

use comrak::Arena;
use comrak::nodes::NodeValue;

use crate::document;

/// The text with every ticked box emptied: `- [x] …` becomes `- [ ] …`. Nothing else changes by a byte.
///
/// Two texts with the same result make the same promises, so a digest of the result identifies a specification whatever is ticked.
///
/// ```
/// assert_eq!(seaworthy_spec::without_ticks("- [x] Multi-stage build\n"), "- [ ] Multi-stage build\n");
/// ```
pub fn without_ticks(text: &str) -> String {
    changed(text, |_| Some(false))
}

/// The text with the box in each line ticked or emptied as `is_ticked` says of the line; `None` leaves it. Nothing else changes by a byte.
///
/// ```
/// let text = "- [x] Multi-stage build\n- [ ] No setuid files\n";
/// let ticked = seaworthy_spec::tick(text, |line| Some(line == 2));
/// assert_eq!(ticked, "- [ ] Multi-stage build\n- [x] No setuid files\n");
/// ```
pub fn tick(text: &str, is_ticked: impl Fn(usize) -> Option<bool>) -> String {
    changed(text, is_ticked)
}

/// Puts a tick, or none, into each box; `None` leaves it.
fn changed(text: &str, is_ticked: impl Fn(usize) -> Option<bool>) -> String {
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, text, &document::options());
    let starts: Vec<usize> = line_starts(text).collect();
    let mut bytes = text.as_bytes().to_vec();
    for node in root.descendants() {
        let NodeValue::TaskItem(item) = &node.data().value else { continue };
        let place = item.symbol_sourcepos.start;
        let at = starts.get(place.line.wrapping_sub(1)).map(|start| start + place.column.wrapping_sub(1));
        let Some(at) = at.filter(|at| matches!(bytes.get(*at), Some(b' ' | b'x' | b'X'))) else { continue };
        match is_ticked(place.line) {
            Some(true) if bytes[at] == b' ' => bytes[at] = b'x',
            Some(false) => bytes[at] = b' ',
            _ => {}
        }
    }
    // One ASCII letter was put in another's place.
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// The byte at which each line begins; a line ends as `CommonMark` says.
fn line_starts(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let ends = move |at: &usize| bytes[*at] == b'\n' || (bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
    std::iter::once(0).chain((0..bytes.len()).filter(ends).map(|at| at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_go_wherever_a_box_is_and_nothing_else_changes() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(without_ticks(text), expected);
            assert_eq!(without_ticks(expected), expected);
        }
        check("- [x] a\n- [X] b\n- [ ] c\n", "- [ ] a\n- [ ] b\n- [ ] c\n");
        check("1. [x] a\n   * [x] b\r\n+ [x] c", "1. [ ] a\n   * [ ] b\r\n+ [ ] c");
        check("> - [x] quoted\n", "> - [ ] quoted\n");
        check("- é\n- [x] ünïcode [x] after\n", "- é\n- [ ] ünïcode [x] after\n");
        check("| a | b |\n|---|---|\n| [x] | c |\n|[X]|\n", "| a | b |\n|---|---|\n| [ ] | c |\n|[ ]|\n");
        check("\t- [x] code, not a box\n", "\t- [x] code, not a box\n");
        check("```\n- [x] code\n```\n", "```\n- [x] code\n```\n");
        check("[x] no item\n\n- [x]no space\n- [y] other\n", "[x] no item\n\n- [x]no space\n- [y] other\n");
        check("---\n- [x] a\r- [x] b\r", "---\n- [ ] a\r- [ ] b\r");
        check("", "");
    }
}
