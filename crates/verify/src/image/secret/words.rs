//! A line of a shell as words: quotes taken away, `$(…)` kept together.

/// A word, or the end of a command.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// `;`, `&&`, `|`, a line's end: no word.
    pub(super) ends_command: bool,
}

/// The words of a text, in one pass. It need not be a whole command, nor one that a shell would take.
pub(super) fn of(text: &str) -> Vec<Word> {
    let mut reader = Reader { words: Vec::new(), word: String::new(), began: false };
    let mut signs = text.chars().peekable();
    let mut after_quote = false;
    while let Some(sign) = signs.next() {
        let was_quote = std::mem::take(&mut after_quote);
        match sign {
            '\\' => match signs.next() {
                Some('\n') | None => {}
                Some(escaped) => reader.push(escaped),
            },
            '\'' | '"' => {
                reader.began = true;
                while let Some(inner) = signs.next() {
                    match inner {
                        _ if inner == sign => break,
                        '\\' if sign == '"' => reader.word.extend(signs.next()),
                        _ => reader.word.push(inner),
                    }
                }
                after_quote = true;
            }
            '$' if signs.peek() == Some(&'(') => reader.enclosed(&mut signs),
            ' ' | '\t' | '\r' => reader.end(),
            // Lists as JSON and Go write them.
            ',' | ']' if was_quote => reader.end(),
            '[' if !reader.began => {}
            ';' | '|' | '&' | '\n' | '(' | ')' => reader.end_command(),
            _ => reader.push(sign),
        }
    }
    reader.end();
    reader.words
}

struct Reader {
    words: Vec<Word>,
    word: String,
    began: bool,
}

impl Reader {
    fn push(&mut self, sign: char) {
        self.began = true;
        self.word.push(sign);
    }

    /// `$(…)` as part of a word, up to its own bracket.
    fn enclosed(&mut self, signs: &mut impl Iterator<Item = char>) {
        self.push('$');
        let mut open = 0_usize;
        for sign in signs {
            self.word.push(sign);
            match sign {
                '(' => open += 1,
                ')' => open -= 1,
                _ => {}
            }
            if open == 0 {
                break;
            }
        }
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.began) {
            self.words.push(Word { text: std::mem::take(&mut self.word), ends_command: false });
        }
        self.word.clear();
    }

    fn end_command(&mut self) {
        self.end();
        self.words.push(Word { text: String::new(), ends_command: true });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_that_a_shell_would_see() {
        #[track_caller]
        fn check(text: &str, expected: &[&str]) {
            let found: Vec<String> =
                of(text).into_iter().map(|word| if word.ends_command { ";".to_owned() } else { word.text }).collect();
            assert_eq!(found, expected, "{text}");
        }
        check("a  b\tc", &["a", "b", "c"]);
        check("a='b c' \"d\\\"e\"", &["a=b c", "d\"e"]);
        check("a && b|c;d", &["a", ";", ";", "b", ";", "c", ";", "d"]);
        check("x=$(a $(b) c) d", &["x=$(a $(b) c)", "d"]);
        check("[\"a\",\"b c\"]", &["a", "b c"]);
        check("[\"a\" \"b\"]", &["a", "b"]);
        check("a \\\n b", &["a", "b"]);
        check("'open", &["open"]);
        check("", &[]);
        check("''", &[""]);
    }
}
