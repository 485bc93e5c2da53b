//! Comments in source code, replaced by blanks.

/// How a language marks comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comments {
    /// `#` to the end of the line; text in three quotes is documentation.
    Python,
    /// `//` and `/* … */`.
    Slashes,
    /// `#`, `//` and `/* … */`.
    Php,
}

/// The same text with blanks for comments. What begins a comment inside a string does not.
pub(crate) fn blank(text: &str, comments: Comments) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // Where a string was begun and not ended, none begins up to here: so the time stays linear.
    let mut no_string_above = usize::MAX;
    while let Some(first) = rest.chars().next() {
        if let Some(length) = comment(rest, comments) {
            out.extend(rest[..length].chars().map(blanked));
            rest = &rest[length..];
        } else if matches!(first, '"' | '\'' | '`') && rest.len() < no_string_above {
            let length = string(rest, first, comments).unwrap_or_else(|| {
                no_string_above = rest.len() - rest.find('\n').unwrap_or(rest.len() - 1);
                1
            });
            out.push_str(&rest[..length]);
            rest = &rest[length..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

fn blanked(character: char) -> char {
    if character == '\n' { '\n' } else { ' ' }
}

/// The length of the comment with which the text begins.
fn comment(text: &str, comments: Comments) -> Option<usize> {
    let line = || Some(text.find('\n').unwrap_or(text.len()));
    let until = |open: usize, end: &str| {
        text.get(open..).and_then(|inner| inner.find(end)).map_or(text.len(), |at| open + at + end.len())
    };
    let hash = matches!(comments, Comments::Python | Comments::Php);
    let slashes = matches!(comments, Comments::Slashes | Comments::Php);
    if hash && text.starts_with('#') {
        return line();
    }
    if slashes && text.starts_with("//") {
        return line();
    }
    if slashes && text.starts_with("/*") {
        return Some(until(2, "*/"));
    }
    if comments == Comments::Python {
        for quotes in ["\"\"\"", "'''"] {
            if text.starts_with(quotes) {
                return Some(until(3, quotes));
            }
        }
    }
    None
}

/// The length of the string with which the text begins. One that does not end on its line is none.
fn string(text: &str, quote: char, comments: Comments) -> Option<usize> {
    if quote == '`' && comments != Comments::Slashes {
        return None;
    }
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '\n' if quote != '`' => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, comments: Comments, expected: &str) {
        let found = blank(text, comments);
        assert_eq!(found.split_whitespace().collect::<Vec<_>>().join(" "), expected);
        assert_eq!(found.matches('\n').count(), text.matches('\n').count());
    }

    #[test]
    fn comments_are_blanks_and_strings_stay() {
        check("a # b\nc", Comments::Python, "a c");
        check("a = \"# b\" # c", Comments::Python, "a = \"# b\"");
        check("\"\"\"doc\nos.environ\n\"\"\"\nx", Comments::Python, "x");
        check("a // b\nc /* d\ne */ f", Comments::Slashes, "a c f");
        check("get(\"http://x\") // y", Comments::Slashes, "get(\"http://x\")");
        check("get('http://x') // y", Comments::Slashes, "get('http://x')");
        check("get(`http://x`) // y", Comments::Slashes, "get(`http://x`)");
        check("<?php $a = 'x'; # y\n// z\n/* w */ b", Comments::Php, "<?php $a = 'x'; b");
        check("fn f<'a>(x: &'a str) {} // y", Comments::Slashes, "fn f<'a>(x: &'a str) {}");
    }

    #[test]
    fn what_does_not_end_ends_with_the_text() {
        check("a /* b", Comments::Slashes, "a");
        check("\"open", Comments::Python, "\"open");
        check("'''open", Comments::Python, "");
        check("ż \"日", Comments::Slashes, "ż \"日");
    }
}
