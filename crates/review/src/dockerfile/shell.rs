//! A shell's line to its commands, as far as rules need them: words without quotes, operators between, what is substituted as well.

/// Substitutions inside substitutions that are looked into, at most.
const DEEPEST: usize = 6;

/// One simple command: `apt-get install -y curl`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) words: Vec<Word>,
    /// Whether its output goes into another command.
    pub(crate) is_piped: bool,
    /// Whether it runs for its output, or in a shell of its own.
    pub(crate) is_inside: bool,
    /// Where its output goes: `>/dev/null`.
    pub(crate) output_to: Option<String>,
    /// Variables that are set for it: `NAME=value`.
    pub(crate) sets: Vec<String>,
}

/// A word: quotes and escapes are gone, variables stand as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    /// Its first and last byte in the Dockerfile.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Command {
    /// The program without its folder: `apt-get`.
    pub(crate) fn name(&self) -> &str {
        let word = self.words.first().map_or("", |word| word.text.as_str());
        word.rsplit('/').next().unwrap_or(word)
    }

    /// What follows the program.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = &str> {
        self.words.iter().skip(1).map(|word| word.text.as_str())
    }

    pub(crate) fn has(&self, argument: &str) -> bool {
        self.arguments().any(|known| known == argument)
    }

    pub(crate) fn has_any(&self, arguments: &[&str]) -> bool {
        self.arguments().any(|known| arguments.contains(&known))
    }

    /// Arguments that are no options.
    pub(crate) fn operands(&self) -> impl Iterator<Item = &Word> {
        self.words.iter().skip(1).filter(|word| !word.text.starts_with('-'))
    }

    /// The first argument that is no option: `install`.
    pub(crate) fn verb(&self) -> &str {
        self.operands().next().map_or("", |word| word.text.as_str())
    }

    /// Arguments that are no options and no values of the options named here, without dashes: `t`, `target-release`.
    pub(crate) fn plain(&self, with_value: &[&str]) -> Vec<&Word> {
        let mut found = Vec::new();
        let mut is_value = false;
        for word in self.words.iter().skip(1) {
            let text = word.text.as_str();
            if std::mem::take(&mut is_value) {
                continue;
            }
            match (text.strip_prefix("--"), text.strip_prefix('-')) {
                (Some(long), _) if !long.is_empty() => is_value = with_value.contains(&long),
                (None, Some(short)) if !short.is_empty() => {
                    let last = &short[short.char_indices().last().map_or(0, |(at, _)| at)..];
                    is_value = with_value.contains(&last);
                }
                _ => found.push(word),
            }
        }
        found
    }

    /// Whether it has one of these long options, or a letter of these: `["y", "yes"]`.
    pub(crate) fn has_option(&self, names: &[&str]) -> bool {
        self.arguments().any(|known| match known.strip_prefix("--") {
            Some(long) => names.contains(&long.split('=').next().unwrap_or_default()),
            None => known.strip_prefix('-').is_some_and(|letters| {
                names.iter().any(|name| name.len() == 1 && letters.contains(*name)) && !letters.is_empty()
            }),
        })
    }

    /// The word of its first argument that is one of these.
    pub(crate) fn word(&self, texts: &[&str]) -> Option<&Word> {
        self.words.iter().skip(1).find(|word| texts.contains(&word.text.as_str()))
    }

    /// Without what only starts another program: `exec`, `env A=1`, `sudo`, `time`.
    pub(crate) fn bare(mut self) -> Self {
        while matches!(self.name(), "exec" | "env" | "command" | "nohup" | "time" | "eatmydata" | "gosu" | "su-exec") {
            let skipped = if matches!(self.name(), "gosu" | "su-exec") { 2 } else { 1 };
            let rest: Vec<Word> = self.words.iter().skip(skipped).cloned().collect();
            let rest: Vec<Word> = rest.into_iter().skip_while(|word| is_assignment(&word.text)).collect();
            if rest.is_empty() || rest[0].text.starts_with('-') {
                break;
            }
            self.words = rest;
        }
        self
    }
}

/// Words that come before a command, and are none.
const KEYWORDS: &[&str] = &["if", "then", "elif", "else", "fi", "do", "done", "while", "until", "!", "{", "}", "time"];

/// What stands in a shell's line, in its order.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(Word, bool),
    /// `;`, `&&`, `||`, `&`, a new line
    End,
    Pipe,
    Open,
    Close,
    /// `>`, `>>`: a word follows.
    To,
    /// `<`, `2>`, `<<`: a word follows that is of no interest.
    Redirect,
}

/// The commands in `text`, which stands at `offset` in the file. `escape` joins lines, between which comments may stand.
pub(crate) fn commands(text: &str, offset: usize, escape: char) -> Vec<Command> {
    let mut found = Vec::new();
    read(text, offset, escape, 0, &mut found);
    found
}

fn read(text: &str, offset: usize, escape: char, depth: usize, found: &mut Vec<Command>) {
    let mut lexer = Lexer { text, at: 0, offset, escape, inner: Vec::new() };
    let mut command = Draft::default();
    let mut level = 0usize;
    while let Some(token) = lexer.next() {
        match token {
            Token::Word(word, is_quoted) => command.word(word, is_quoted),
            Token::To => command.awaits = Awaits::Output,
            Token::Redirect => command.awaits = Awaits::Nothing,
            Token::Pipe => command.ends(true, level + depth > 0, found),
            Token::End => command.ends(false, level + depth > 0, found),
            Token::Open => {
                command.ends(false, level + depth > 0, found);
                level += 1;
            }
            Token::Close => {
                command.ends(false, level + depth > 0, found);
                level = level.saturating_sub(1);
            }
        }
    }
    command.ends(false, level + depth > 0, found);
    if depth < DEEPEST {
        for (start, end) in lexer.inner {
            read(&text[start..end], offset + start, escape, depth + 1, found);
        }
    }
}

#[derive(Default, PartialEq, Eq)]
enum Awaits {
    #[default]
    Word,
    Output,
    /// The next word is of no interest.
    Nothing,
}

/// A command that is being read.
#[derive(Default)]
struct Draft {
    words: Vec<Word>,
    sets: Vec<String>,
    output_to: Option<String>,
    awaits: Awaits,
    /// `for x in …`, `case x in`: no command up to its end.
    is_head: bool,
}

impl Draft {
    fn word(&mut self, word: Word, is_quoted: bool) {
        match std::mem::take(&mut self.awaits) {
            Awaits::Output => self.output_to = Some(word.text),
            Awaits::Nothing => {}
            Awaits::Word if self.words.is_empty() && !is_quoted && KEYWORDS.contains(&word.text.as_str()) => {
                self.is_head = false;
            }
            Awaits::Word if self.words.is_empty() && matches!(word.text.as_str(), "for" | "case" | "function") => {
                self.is_head = true;
                self.words.push(word);
            }
            Awaits::Word
                if self.is_head && word.text == "in" && self.words.first().is_some_and(|word| word.text == "case") =>
            {
                self.words.clear();
                self.is_head = false;
            }
            Awaits::Word if self.words.is_empty() && is_assignment(&word.text) => self.sets.push(word.text),
            Awaits::Word => self.words.push(word),
        }
    }

    fn ends(&mut self, is_piped: bool, is_inside: bool, found: &mut Vec<Command>) {
        let Self { words, sets, output_to, is_head, .. } = std::mem::take(self);
        if !is_head && (!words.is_empty() || !sets.is_empty()) {
            found.push(Command { words, is_piped, is_inside, output_to, sets });
        }
    }
}

fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    offset: usize,
    escape: char,
    /// Bytes of what is substituted.
    inner: Vec<(usize, usize)>,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// Over an escape with which a line goes on, and the comments and empty lines behind it.
    fn skip_continuation(&mut self) -> bool {
        let Some(rest) = self.rest().strip_prefix(self.escape) else { return false };
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
        let Some(rest) = rest[blank..].strip_prefix('\n') else {
            return if rest[blank..].is_empty() && !rest.is_empty() { self.jump(self.text.len()) } else { false };
        };
        self.at = self.text.len() - rest.len();
        loop {
            let line_end = self.rest().find('\n').map_or(self.text.len(), |end| self.at + end + 1);
            let line = self.text[self.at..line_end].trim();
            if line_end == self.at || !(line.is_empty() || line.starts_with('#')) {
                return true;
            }
            self.at = line_end;
        }
    }

    fn jump(&mut self, to: usize) -> bool {
        self.at = to;
        true
    }

    fn next(&mut self) -> Option<Token> {
        loop {
            let c = self.peek()?;
            if c == self.escape && self.skip_continuation() {
                continue;
            }
            if c == '#' {
                self.at = self.rest().find('\n').map_or(self.text.len(), |end| self.at + end);
                continue;
            }
            if matches!(c, ' ' | '\t' | '\r') {
                self.at += 1;
                continue;
            }
            return Some(self.operator().unwrap_or_else(|| self.word()));
        }
    }

    fn operator(&mut self) -> Option<Token> {
        const OPERATORS: &[(&str, Token)] = &[
            ("&&", Token::End),
            ("||", Token::End),
            ("&>>", Token::To),
            ("&>", Token::To),
            (";;", Token::End),
            (";", Token::End),
            ("\n", Token::End),
            ("|&", Token::Pipe),
            ("|", Token::Pipe),
            ("2>&1", Token::End),
            ("1>&2", Token::End),
            (">&2", Token::End),
            ("&", Token::End),
            ("2>>", Token::Redirect),
            ("2>", Token::Redirect),
            ("1>", Token::To),
            (">>", Token::To),
            (">", Token::To),
            ("<<<", Token::Redirect),
            ("<<-", Token::Redirect),
            ("<<", Token::Redirect),
            ("<(", Token::Open),
            ("<", Token::Redirect),
            ("(", Token::Open),
            (")", Token::Close),
        ];
        let (text, token) = OPERATORS.iter().find(|(text, _)| self.rest().starts_with(text))?;
        self.at += text.len();
        Some(match (*text, token) {
            // Of no interest, and no end of the command.
            ("2>&1" | "1>&2" | ">&2", _) => return self.next(),
            (_, Token::End) => Token::End,
            (_, Token::Pipe) => Token::Pipe,
            (_, Token::To) => Token::To,
            (_, Token::Open) => Token::Open,
            (_, Token::Close) => Token::Close,
            _ => Token::Redirect,
        })
    }

    fn word(&mut self) -> Token {
        let start = self.at;
        let (mut text, mut is_quoted) = (String::new(), false);
        while let Some(c) = self.peek() {
            match c {
                c if c == self.escape && self.skip_continuation() => {}
                '\'' => {
                    is_quoted = true;
                    self.single(&mut text);
                }
                '"' => {
                    is_quoted = true;
                    self.double(&mut text);
                }
                '\\' => {
                    self.at += 1;
                    if let Some(c) = self.peek() {
                        text.push(c);
                        self.at += c.len_utf8();
                    }
                }
                '$' | '`' if self.substitution(&mut text) => {}
                ' ' | '\t' | '\r' | '\n' | ';' | '|' | '&' | '<' | '>' | '(' | ')' => break,
                c => {
                    text.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
        Token::Word(Word { text, start: self.offset + start, end: self.offset + self.at }, is_quoted)
    }

    fn single(&mut self, text: &mut String) {
        let from = self.at + 1;
        let end = self.text[from..].find('\'').map_or(self.text.len(), |end| from + end);
        text.push_str(&self.text[from..end]);
        self.at = (end + 1).min(self.text.len());
    }

    fn double(&mut self, text: &mut String) {
        self.at += 1;
        while let Some(c) = self.peek() {
            match c {
                '"' => {
                    self.at += 1;
                    return;
                }
                c if c == self.escape && self.skip_continuation() => {}
                '\\' => {
                    self.at += 1;
                    if let Some(c) = self.peek() {
                        if !matches!(c, '"' | '\\' | '$' | '`') {
                            text.push('\\');
                        }
                        text.push(c);
                        self.at += c.len_utf8();
                    }
                }
                '$' | '`' if self.substitution(text) => {}
                c => {
                    text.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
    }

    /// `$(…)`, `` `…` ``, `$((…))`, `${…}`: as they are written; the commands in them are read later.
    fn substitution(&mut self, text: &mut String) -> bool {
        let rest = self.rest();
        let (opens, end) = if rest.starts_with("$((") {
            (None, closing(rest, '(', ')'))
        } else if rest.starts_with("$(") {
            (Some(("$(", ')')), closing(rest, '(', ')'))
        } else if rest.starts_with("${") {
            (None, closing(rest, '{', '}'))
        } else if let Some(after) = rest.strip_prefix('`') {
            (Some(("`", '`')), after.find('`').map_or(rest.len(), |end| end + 2))
        } else {
            return false;
        };
        // What is not closed goes on to the end.
        let inner = opens.map(|(open, close)| {
            let whole = &rest[open.len()..end];
            let length = whole.strip_suffix(close).unwrap_or(whole).len();
            (self.at + open.len(), self.at + open.len() + length)
        });
        text.push_str(&rest[..end]);
        self.inner.extend(inner);
        self.at += end;
        true
    }
}

/// The length up to the sign that closes the first one which opens.
fn closing(text: &str, open: char, close: char) -> usize {
    let (mut depth, mut quote) = (0usize, None);
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (Some(known), c) if known == c => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, c) if c == open => depth += 1,
            (None, c) if c == close => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + c.len_utf8();
                }
            }
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found = commands(text, 0, '\\');
        let shown: Vec<String> = found
            .iter()
            .map(|command| {
                let words: Vec<&str> = command.words.iter().map(|word| word.text.as_str()).collect();
                format!(
                    "{}{}{}",
                    if command.is_inside { "(" } else { "" },
                    words.join("·"),
                    if command.is_piped { "|" } else { "" }
                )
            })
            .collect();
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn a_line_is_its_commands() {
        check("apt-get update && apt-get install -y \"a b\" c\\ d", &["apt-get·update", "apt-get·install·-y·a b·c d"]);
        check("a | b; c & d || e\nf", &["a|", "b", "c", "d", "e", "f"]);
        check("a \\\n  # why\n\n  b \\\n && c # end", &["a·b", "c"]);
        check("A=1 B='2 3' a >/dev/null 2>&1 <x", &["a"]);
        check("if [ -f x ]; then a; else b; fi", &["[·-f·x·]", "a", "b"]);
        check("for x in 1 2; do a $x; done", &["a·$x"]);
        check("case $x in y) a;; *) b;; esac", &["y", "a", "*", "b", "esac"]);
        check(
            "echo $(date | cut -c1) `whoami` $((1+2)) ${X:-a b}",
            &["echo·$(date | cut -c1)·`whoami`·$((1+2))·${X:-a b}", "(date|", "(cut·-c1", "(whoami"],
        );
        check("(cd /a && b)", &["(cd·/a", "(b"]);
        check("a \"$(b \"c\")\"", &["a·$(b \"c\")", "(b·c"]);
        check("a 'x", &["a·x"]);
        check("$(", &["$("]);
        check("$(ä", &["$(ä", "(ä"]);
        check("`ä", &["`ä", "(ä"]);
        check("`", &["`"]);
        check("\\", &[""]);
        check("", &[]);
    }

    #[test]
    fn words_know_where_they_stand() {
        let text = "a  bc && d";
        let found = commands(text, 100, '\\');
        assert_eq!((found[0].words[1].start, found[0].words[1].end), (103, 105));
        assert_eq!(found[1].words[0].start, 109);
    }

    #[test]
    fn what_starts_another_program_is_left_out() {
        let bare = |text: &str| commands(text, 0, '\\').remove(0).bare().name().to_owned();
        assert_eq!(bare("exec env A=1 /usr/bin/python x"), "python");
        assert_eq!(bare("gosu app node x"), "node");
        assert_eq!(bare("env"), "env");
    }

    #[test]
    fn deep_and_long_texts_end() {
        commands(&"$(".repeat(20_000), 0, '\\');
        commands(&"`a".repeat(20_000), 0, '\\');
        commands(&"(".repeat(20_000), 0, '\\');
        commands(&"a && ".repeat(100_000), 0, '\\');
    }
}
