//! One pass over bytes of any length, in bounded memory, for every beginning of a secret at once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};

use super::token::TOKENS;
use super::{Hit, Place, key, url};

/// What is kept before a match.
pub(super) const BEHIND: usize = 512;
/// What is kept behind the beginning of a match: all that any rule looks at.
pub(super) const AHEAD: usize = 16 << 10;
/// How much is gathered before it is searched.
const CHUNK: usize = 256 << 10;

/// How a program that is many commands in one names itself, which only its whole content tells.
const MULTI_CALL: [&str; 2] = ["BusyBox v", "toybox "];

/// What decides whether a beginning is a finding.
type Rule = fn(Place) -> Option<Hit>;

/// Beginnings with a rule of their own; those of [`TOKENS`] stand before them, [`MULTI_CALL`] behind.
const RULES: [(&str, Rule); 3] =
    [(key::BEGIN, key::block), (key::BEGIN_BASE64, key::block_in_base64), (url::SEPARATOR, url::password_url)];

static BEGINNINGS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let literals =
        TOKENS.iter().map(|token| token.literal).chain(RULES.iter().map(|(literal, _)| *literal)).chain(MULTI_CALL);
    AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .match_kind(MatchKind::Standard)
        .build(literals)
        .expect("a few short literals make an automaton")
});

/// Searches a stream; used again for the next one.
#[derive(Default)]
pub(crate) struct Scanner {
    buffer: Vec<u8>,
    /// Where in `buffer` the undecided beginnings begin.
    undecided: usize,
    seen: Seen,
}

/// What a stream holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Each with how often it was found.
    pub(crate) hits: BTreeMap<Hit, usize>,
    /// It says that it is busybox or toybox.
    pub(crate) is_multi_call: bool,
}

impl Scanner {
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
        let span = Input::new(&self.buffer).span(self.undecided..self.buffer.len());
        for found in BEGINNINGS.find_overlapping_iter(span).filter(|found| found.start() < end) {
            let before = &self.buffer[found.start().saturating_sub(BEHIND)..found.start()];
            let rest = &self.buffer[found.start()..(found.start() + AHEAD).min(self.buffer.len())];
            let place = Place { before, rest };
            let index = found.pattern().as_usize();
            let hit = match (TOKENS.get(index), RULES.get(index.wrapping_sub(TOKENS.len()))) {
                (Some(token), _) => token.hit(place),
                (None, Some((_, rule))) => rule(place),
                (None, None) => {
                    self.seen.is_multi_call = true;
                    None
                }
            };
            if let Some(hit) = hit {
                *self.seen.hits.entry(hit).or_default() += 1;
            }
        }
        let keep_from = end.saturating_sub(BEHIND);
        self.buffer.drain(..keep_from);
        self.undecided = end - keep_from;
    }
}

/// What a text as a whole holds.
#[cfg(test)]
pub(super) fn scan(bytes: &[u8]) -> Vec<Hit> {
    let mut scanner = Scanner::default();
    scanner.push(bytes);
    scanner.finish().hits.into_keys().collect()
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
                assert_eq!(seen.hits.values().sum::<usize>(), 1, "{before} {piece}: {seen:?}");
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
    fn binaries_and_broken_text_are_searched_alike() {
        let mut bytes = b"\x7fELF\0\xff\xfe".to_vec();
        bytes.extend(url().as_bytes());
        bytes.extend(b"\0\xff://:@://\xff@a:b@\0");
        let found = scan(&bytes);
        assert_eq!(found, [Hit { strength: Strength::Certain, kind: url::PASSWORD_URL }]);
    }
}
