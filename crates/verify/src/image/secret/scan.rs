//! One pass over bytes of any length, in bounded memory, for every beginning of a secret at once.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};

use super::given::Given;
use super::place::Place;
use super::token::TOKENS;
use super::{Hit, key, url};
use crate::image::slim::tools;

/// What is kept before a match.
pub(super) const BEHIND: usize = 512;
/// What is kept behind the beginning of a match: all that any rule looks at.
pub(super) const AHEAD: usize = 16 << 10;
/// How much is gathered before it is searched.
const CHUNK: usize = 256 << 10;

/// What decides whether a beginning is a finding.
type Rule = fn(&Place) -> Option<Hit>;

/// Beginnings with a rule of their own; those of [`TOKENS`] stand before them, the marks of shells behind, which only a
/// program's whole content tells.
const RULES: [(&str, Rule); 3] =
    [(key::BEGIN, key::block), (key::BEGIN_BASE64, key::block_in_base64), (url::SEPARATOR, url::password_url)];

static BEGINNINGS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let literals =
        TOKENS.iter().map(|token| token.literal).chain(RULES.iter().map(|(literal, _)| *literal)).chain(tools::marks());
    AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .match_kind(MatchKind::Standard)
        .build(literals)
        .expect("a few short literals make an automaton")
});

/// Searches a stream; used again for the next one.
#[derive(Default)]
pub(crate) struct Scanner<'g> {
    /// What the user gave, if that is looked for.
    given: Option<&'g Given>,
    buffer: Vec<u8>,
    /// Where in `buffer` the undecided beginnings begin.
    undecided: usize,
    seen: Seen,
    /// How many bytes the rules looked at, so far.
    looked: usize,
}

/// What a stream holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) hits: BTreeSet<Hit>,
    /// Which of the given values, as [`Given::variable`] numbers them.
    pub(crate) given: BTreeSet<usize>,
    /// The first of the marks of shells that it has, by its number.
    pub(crate) shell: Option<usize>,
}

impl<'g> Scanner<'g> {
    /// One that looks for given values too.
    pub(crate) fn looking_for(given: &'g Given) -> Self {
        Self { given: Some(given), ..Self::default() }
    }

    /// The next bytes of the stream.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(CHUNK) {
            self.buffer.extend_from_slice(piece);
            if self.buffer.len() >= self.undecided + CHUNK + AHEAD {
                self.search(self.buffer.len() - AHEAD);
            }
        }
    }

    /// The end of the stream: what was found in it.
    pub(crate) fn finish(&mut self) -> Seen {
        self.search(self.buffer.len());
        self.buffer.clear();
        self.undecided = 0;
        std::mem::take(&mut self.seen)
    }

    /// Decides every beginning before `end`, then forgets what no later one needs.
    fn search(&mut self, end: usize) {
        let span = || Input::new(&self.buffer).span(self.undecided..self.buffer.len());
        for found in BEGINNINGS.find_overlapping_iter(span()).filter(|found| found.start() < end) {
            let index = found.pattern().as_usize();
            let (token, rule) = (TOKENS.get(index), RULES.get(index.wrapping_sub(TOKENS.len())));
            if token.is_some_and(|token| self.seen.hits.contains(&token.certain())) {
                continue;
            }
            let place = Place::new(&self.buffer[..found.start()], &self.buffer[found.start()..]);
            let hit = match (token, rule) {
                (Some(token), _) => token.hit(&place),
                (None, Some((_, rule))) => rule(&place),
                (None, None) => {
                    let mark = index - TOKENS.len() - RULES.len();
                    self.seen.shell = Some(self.seen.shell.map_or(mark, |first| first.min(mark)));
                    None
                }
            };
            self.looked += place.looked();
            self.seen.hits.extend(hit);
        }
        if let Some(given) = self.given {
            self.seen.given.extend(given.found(span()).filter(|(start, _)| *start < end).map(|(_, value)| value));
        }
        let keep_from = end.saturating_sub(BEHIND);
        self.buffer.drain(..keep_from);
        self.undecided = end - keep_from;
    }
}

/// A place where a beginning stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beginning {
    /// Which beginning it is.
    pub(crate) pattern: usize,
    pub(crate) at: usize,
    /// What its rule says of it.
    pub(crate) hit: Option<Hit>,
}

/// Every beginning in bytes that are in memory as a whole.
pub(crate) fn beginnings(bytes: &[u8]) -> impl Iterator<Item = Beginning> {
    BEGINNINGS.find_overlapping_iter(bytes).map(|found| {
        let place = Place::new(&bytes[..found.start()], &bytes[found.start()..]);
        let pattern = found.pattern().as_usize();
        Beginning { pattern, at: found.start(), hit: hit(pattern, &place) }
    })
}

/// What the rule of a beginning says of a place.
fn hit(pattern: usize, place: &Place) -> Option<Hit> {
    match (TOKENS.get(pattern), RULES.get(pattern.wrapping_sub(TOKENS.len()))) {
        (Some(token), _) => token.hit(place),
        (None, Some((_, rule))) => rule(place),
        (None, None) => None,
    }
}

/// What a text as a whole holds.
#[cfg(test)]
pub(super) fn scan(bytes: &[u8]) -> Vec<Hit> {
    let mut scanner = Scanner::default();
    scanner.push(bytes);
    scanner.finish().hits.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::secret::Strength;

    fn url() -> String {
        ["postgres://app:", "hunter2@db.internal/tasks"].concat()
    }

    #[test]
    fn a_secret_is_found_across_every_border() {
        let secret = url();
        let mut scanner = Scanner::default();
        let ends = [0, 1, CHUNK - 60, CHUNK - 20, CHUNK, CHUNK + AHEAD - 30, CHUNK + AHEAD - 5, 2 * CHUNK + AHEAD - 12];
        for before in ends {
            for piece in [1 << 10, 32 << 10, 3 * CHUNK] {
                let mut bytes = vec![b'.'; before];
                bytes.extend(secret.as_bytes());
                bytes.extend(vec![b'\n'; CHUNK]);
                for piece in bytes.chunks(piece) {
                    scanner.push(piece);
                }
                let seen = scanner.finish();
                assert_eq!(seen.hits.len(), 1, "{before} {piece}: {seen:?}");
            }
        }
        assert_eq!(scanner.finish(), Seen::default());
    }

    #[test]
    fn memory_is_bounded_whatever_the_length() {
        let mut scanner = Scanner::default();
        for _ in 0..64 {
            scanner.push(&vec![b'x'; 1 << 20]);
        }
        assert!(scanner.buffer.capacity() < 4 * CHUNK, "{}", scanner.buffer.capacity());
    }

    #[test]
    fn the_rules_look_at_a_bounded_number_of_bytes_for_each_byte_of_a_file() {
        const LENGTH: usize = 16 << 10;
        const MOST: usize = 64;
        let literals = TOKENS.iter().map(|token| token.literal).chain(RULES.iter().map(|(literal, _)| *literal));
        let digits = "q8Zt1vPs0LmWx7RbN3cKd5Yh2Gj9Fe4U";
        let texts = literals.flat_map(|literal| {
            ["", "x", ".", "\n", "=", " ", "AKIA7Q2X", "eyJhbGciOiJIUzI1NiJ9.eyJ", digits]
                .map(|tail| format!("{literal}{tail}"))
        });
        let long = [
            format!("eyJ{}.eyJ{}.{digits}", "x".repeat(300), "y".repeat(15_000)),
            format!("{}RSA PRIVATE KEY-----{}", key::BEGIN, " ".repeat(15_000)),
            format!("{}RSA PRIVATE KEY-----{}", key::BEGIN, "\\n\"A".repeat(30)),
            format!("postgres://{}:{}@", "a".repeat(290), "b".repeat(290)),
            format!("sk-{digits}T3BlbkFJ{digits}"),
        ];
        for text in texts.chain(long) {
            let mut scanner = Scanner::default();
            scanner.push(text.repeat(LENGTH / text.len() + 1).as_bytes());
            scanner.finish();
            let for_each = scanner.looked / LENGTH;
            assert!(for_each <= MOST, "{for_each} bytes for each: {}", &text[..text.len().min(80)]);
        }
    }

    #[test]
    fn binaries_and_broken_text_are_searched_alike() {
        let mut bytes = b"\x7fELF\0\xff\xfe".to_vec();
        bytes.extend(url().as_bytes());
        bytes.extend(b"\0\xff://:@://\xff@a:b@\0");
        let found = scan(&bytes);
        assert_eq!(found, [Hit { strength: Strength::Certain, kind: url::PASSWORD_URL }]);
    }
}
