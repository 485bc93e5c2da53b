//! Reasons: clauses that say why a promise is made, and change nothing of what it promises.
//!
//! `Entrypoint in exec form, otherwise signals do not reach the process` promises an entrypoint in exec form. A reason is no promise, is not
//! checked, and `explain` shows it as such. A clause that restricts or takes back is no reason, however it begins.

use crate::sentence::{Token, is_dash};

/// What begins a reason, besides a `so`, `as` or `otherwise` behind a comma.
const BEGINNINGS: &[&str] = &[
    "because",
    "so that",
    "so as to",
    "in order that",
    "in order to",
    "to avoid",
    "to prevent",
    "to minimize",
    "to minimise",
    "to reduce",
    "to save",
    "to simplify",
    "to improve",
    "to speed up",
    "since",
    "due to",
    "thanks to",
];

/// What begins a reason behind a comma, a semicolon, a dash or a parenthesis, where a subject follows.
const JOINED: &[&str] = &["so", "as"];

/// Subjects of such a reason.
const SUBJECTS: &[&str] =
    &["we", "it", "they", "this", "that", "these", "the", "our", "some", "most", "many", "there", "nobody", "every"];

/// What begins a reason or a note on history inside parentheses.
const IN_PARENTHESES: &[&str] = &[
    "currently",
    "today",
    "formerly",
    "previously",
    "was",
    "were",
    "used to be",
    "down from",
    "up from",
    "that is our",
    "that's our",
    "this is our",
    "see",
    "cf",
    "why",
    "reason",
    "asked for by",
    "requested by",
    "agreed with",
];

/// Words that restrict a promise or take it back.
const RESTRICT: &[&str] = &[
    "except",
    "exception",
    "exceptions",
    "excluding",
    "unless",
    "until",
    "only",
    "but",
    "however",
    "though",
    "although",
    "yet",
    "todo",
    "tbd",
    "wip",
    "later",
    "soon",
    "optional",
    "optionally",
    "if",
    "when",
    "whenever",
    "while",
    "during",
    "required",
    "needed",
    "necessary",
    "enforced",
    "mandatory",
    "temporary",
    "temporarily",
    "planned",
    "eventually",
    "future",
    "exempt",
    "ignored",
    "disabled",
    "waived",
    "idle",
    "empty",
    "average",
    "typical",
    "typically",
    "usually",
    "normal",
    "normally",
    "load",
    "cached",
    "warm",
    "local",
    "locally",
    "debug",
    "root",
    "default",
    "defaults",
    "fallback",
    "falls",
    "instead",
    "rather",
    "ideally",
    "best",
    "far",
    "called",
    "long",
    "should",
    "must",
    "maybe",
    "perhaps",
    "hopefully",
    "skipped",
    "mocked",
    "stubbed",
    "broken",
    "hand",
    "manually",
    "manual",
    "script",
    "sidecar",
    "orchestrator",
    "operator",
];

/// A sentence without its reasons.
pub(crate) struct Plain {
    pub(crate) words: Vec<Token>,
    /// Where the reasons stand in the text, in bytes.
    pub(crate) reasons: Vec<(usize, usize)>,
}

/// The sentence without its reasons; `None` where it has none.
pub(crate) fn without_reasons(words: &[Token]) -> Option<Plain> {
    let mut plain = Plain { words: Vec::new(), reasons: Vec::new() };
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let Some(end) = end_of_reason(words, at).filter(|_| plain.words.len() > 1) else {
            plain.words.push(word.clone());
            at += 1;
            continue;
        };
        plain.reasons.push((word.start, words[end - 1].end()));
        if plain.words.last().is_some_and(is_joint) {
            plain.words.pop();
        }
        at = end;
    }
    (!plain.reasons.is_empty()).then_some(plain)
}

/// Where the reason ends that begins here, if one does.
fn end_of_reason(words: &[Token], at: usize) -> Option<usize> {
    let is_parenthesis = words[at].is("(");
    let (clause, end) = if is_parenthesis {
        let end = at + words[at..].iter().position(|word| word.is(")"))?;
        (&words[at + 1..end], end + 1)
    } else {
        let ends = |word: &Token| word.is(".") || word.is(";") || word.is(")");
        let end = words[at..].iter().position(ends).map_or(words.len(), |length| at + length);
        (&words[at..end], end)
    };
    let is_joined = is_parenthesis || at.checked_sub(1).is_some_and(|before| is_joint(&words[before]));
    let begins = begins_with(clause, BEGINNINGS)
        || is_joined && begins_with(clause, JOINED) && has_subject(clause)
        || is_joined && begins_with(clause, &["otherwise", "or else"])
        || is_parenthesis && begins_with(clause, IN_PARENTHESES);
    (begins && clause.len() > 1 && !restricts(clause)).then_some(end)
}

/// Whether the second word begins a sentence of its own: `as we ship`, `so the proxy`.
fn has_subject(clause: &[Token]) -> bool {
    clause.get(1).is_some_and(|word| SUBJECTS.contains(&word.word.as_str()))
}

fn begins_with(clause: &[Token], beginnings: &[&str]) -> bool {
    let matches = |words: &str| {
        let count = words.split(' ').count();
        clause.len() > count && words.split(' ').zip(clause).all(|(word, token)| token.word == word)
    };
    beginnings.iter().any(|beginning| matches(beginning))
}

/// Whether a clause restricts what stands before it, or is about time: `since version 2`.
fn restricts(clause: &[Token]) -> bool {
    let is_since_then = clause[0].is("since")
        && clause.get(1).is_some_and(|next| {
            ["version", "release", "v"].iter().any(|word| next.is(word))
                || next.word.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit())
        });
    is_since_then || clause.iter().any(|word| RESTRICT.contains(&word.word.as_str()))
}

fn is_joint(word: &Token) -> bool {
    word.is(",") || word.is(";") || is_dash(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentence::tokens;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let plain = without_reasons(&tokens(text));
        let words = plain.map(|plain| plain.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "));
        assert_eq!(words.as_deref(), expected, "{text}");
    }

    #[test]
    fn reasons_are_taken_away_and_restrictions_are_not() {
        check("STOPSIGNAL is SIGINT because the engine ignores TERM.", Some("STOPSIGNAL is SIGINT ."));
        check("Exec form (otherwise signals don't reach it) everywhere", Some("Exec form everywhere"));
        check("At most 6 layers, since every layer costs a round trip", Some("At most 6 layers"));
        check("Under 400 MB (down from 1.1GB)", Some("Under 400 MB"));
        check("Logs to stdout, so the collector sees them", Some("Logs to stdout"));
        check("Stops on SIGQUIT, as we run PHP-FPM", Some("Stops on SIGQUIT"));
        for kept in [
            "Uses 64 MB because only ten users are there",
            "Runs as non-root since v2",
            "Under 200 MB (currently optional)",
            "Under 200 MB (unpacked)",
            "No shell so far",
            "No shell, so far",
            "Logs to stdout as JSON",
            "because it is small",
            "Starts in 2 s (when idle)",
            "Memory under 64 MB since the cache is empty",
            "User is 1000, otherwise root",
        ] {
            check(kept, None);
        }
    }
}
