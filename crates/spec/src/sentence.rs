//! A sentence as words: what is compared with the vocabulary.

use crate::pattern;

/// A word or a mark of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// As written.
    pub(crate) text: String,
    /// In small letters, with plain apostrophes and hyphens: what patterns are compared with.
    pub(crate) word: String,
    /// The word as a singular, or as a verb of the plural: `files`, `runs` as `file`, `run`.
    pub(crate) stem: String,
    /// The vocabulary's numbers of the word and of its stem.
    numbers: [Option<u16>; 2],
    /// Where it stands in the sentence, in bytes.
    pub(crate) start: usize,
}

impl Token {
    pub(crate) fn new(text: &str, start: usize) -> Self {
        let word = if text.is_ascii() {
            text.to_ascii_lowercase()
        } else {
            text.to_lowercase().replace(['’', '‘'], "'").replace(['\u{2010}', '\u{2011}'], "-")
        };
        Self::meaning(text.to_owned(), &word, start)
    }

    /// A text that is compared as another word.
    pub(crate) fn meaning(text: String, word: &str, start: usize) -> Self {
        let stem = singular(word);
        Self { text, numbers: [pattern::number(word), pattern::number(&stem)], stem, word: word.to_owned(), start }
    }

    /// Whether it is the word of this number.
    pub(crate) fn has(&self, number: u16) -> bool {
        self.numbers.contains(&Some(number))
    }

    /// The numbers of the word and of its stem, where the vocabulary has them.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u16> {
        self.numbers.into_iter().flatten()
    }

    /// Whether it is this word, in the singular or the plural.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.word == word || self.stem == word
    }

    pub(crate) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// A word without the `s` of a plural or of a verb.
pub(crate) fn singular(word: &str) -> String {
    let stem = match word.strip_suffix('s') {
        Some(stem) if stem.len() < 2 || stem.ends_with(['s', 'u', 'i', '\'']) => word,
        Some(stem) => match stem.strip_suffix("ie") {
            Some(rest) if rest.len() > 1 => return format!("{rest}y"),
            _ if ["sse", "she", "che", "xe"].iter().any(|end| stem.ends_with(end)) => &stem[..stem.len() - 1],
            _ => stem,
        },
        None => word,
    };
    stem.to_owned()
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
            let marks = word.len() - word.trim_end_matches([',', ';', ':', '.', '!']).len();
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

/// How many words a phrase has, where these words begin with it.
#[inline]
pub(crate) fn begins(words: &[Token], phrase: &str) -> Option<usize> {
    // Phrases stand in long tables: most are left out by a look at one letter.
    if words.first()?.word.as_bytes().first() != phrase.as_bytes().first() {
        return None;
    }
    let mut words = words.iter();
    let mut length = 0;
    for word in phrase.split(' ') {
        words.next().filter(|token| token.word == word)?;
        length += 1;
    }
    Some(length)
}

/// Whether a token is a dash between parts of a sentence.
pub(crate) fn is_dash(token: &Token) -> bool {
    matches!(token.text.as_str(), "-" | "--" | "–" | "—")
}
