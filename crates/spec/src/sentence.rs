//! A sentence as words: what is compared with the vocabulary.

/// A word or a mark of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// As written.
    pub(crate) text: String,
    /// In small letters, with plain apostrophes and hyphens: what patterns are compared with.
    pub(crate) word: String,
    /// Where it stands in the sentence, in bytes.
    pub(crate) start: usize,
}

/// A sentence without its parentheses, and each of those.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clause {
    pub(crate) main: Vec<Token>,
    pub(crate) remarks: Vec<Vec<Token>>,
}

impl Token {
    fn new(text: &str, start: usize) -> Self {
        let word = text.to_lowercase().replace(['’', '‘'], "'").replace(['\u{2010}', '\u{2011}'], "-");
        Self { text: text.to_owned(), word, start }
    }

    pub(crate) fn is(&self, word: &str) -> bool {
        self.word == word
    }

    pub(crate) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// Splits a sentence. Parentheses, and commas, colons, semicolons and periods behind a word are tokens of their own.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    for chunk in text.split_inclusive(char::is_whitespace) {
        let mut begin = at;
        at += chunk.len();
        for piece in chunk.trim_end().split_inclusive(['(', ')']) {
            let (word, paren) = match piece.char_indices().next_back() {
                Some((last, '(' | ')')) => piece.split_at(last),
                _ => (piece, ""),
            };
            let marks = word.len() - word.trim_end_matches([',', ';', ':', '.']).len();
            let (word, marks) = word.split_at(word.len() - marks);
            if !word.is_empty() {
                tokens.push(Token::new(word, begin));
            }
            for (offset, mark) in marks.char_indices() {
                tokens.push(Token::new(&mark.to_string(), begin + word.len() + offset));
            }
            if !paren.is_empty() {
                tokens.push(Token::new(paren, begin + word.len() + marks.len()));
            }
            begin += piece.len();
        }
    }
    tokens
}

/// Takes the parentheses out of a sentence, and the period at its end. `None` where they are nested or do not match.
pub(crate) fn clause(tokens: &[Token]) -> Option<Clause> {
    let mut clause = Clause { main: Vec::new(), remarks: Vec::new() };
    let mut inside: Option<Vec<Token>> = None;
    for token in tokens {
        match (token.text.as_str(), &mut inside) {
            ("(", None) => inside = Some(Vec::new()),
            (")", Some(_)) => clause.remarks.extend(inside.take()),
            ("(" | ")", _) => return None,
            (_, Some(remark)) => remark.push(token.clone()),
            (_, None) => clause.main.push(token.clone()),
        }
    }
    if inside.is_some() {
        return None;
    }
    if clause.main.last().is_some_and(|last| last.is(".")) {
        clause.main.pop();
    }
    Some(clause)
}

/// Whether a token is a dash between parts of a sentence.
pub(crate) fn is_dash(token: &Token) -> bool {
    matches!(token.text.as_str(), "-" | "--" | "–" | "—")
}
