//! Reasons: clauses that say why a promise is made, and change nothing of what it promises.
//!
//! `Entrypoint in exec form, otherwise signals do not reach the process` promises an entrypoint in exec form. A reason is no promise, is not
//! checked, and `explain` shows it as such. Only plain clauses are reasons: a figure, a path, a denial or a word that restricts may belong to
//! the promise, and then the sentence is not understood.

use crate::quantity;
use crate::sentence::{Token, begins, is_dash};

/// What begins a reason.
const BEGINNINGS: &[&str] = &[
    "because",
    "since",
    "so that",
    "to avoid",
    "to prevent",
    "to minimize",
    "to minimise",
    "to reduce",
    "to save",
    "to simplify",
    "to improve",
    "to speed up",
];

/// What an `otherwise` threatens with. Anything else may be the alternative: `port 8080, otherwise 9090`.
const HARM: &[&str] = &[
    "kill",
    "oom-kill",
    "ignore",
    "ignored",
    "fail",
    "lose",
    "lost",
    "break",
    "reject",
    "rejected",
    "swallow",
    "swallowed",
    "refuse",
    "crash",
    "block",
    "blocked",
    "leak",
    "hang",
    "stall",
    "reach",
];

/// What stands before a measure that was.
const HISTORY: &[&str] = &["down from", "up from", "was", "formerly", "previously", "before"];

/// Words in a reason, at most.
const MOST_WORDS: usize = 14;

/// Subjects that may be the promise itself: `because it is optional`.
const PRONOUNS: &[&str] =
    &["it", "this", "that", "these", "those", "they", "which", "you", "he", "she", "its", "it's", "there", "then"];

/// Words that restrict a promise, take it back or add to it.
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
    "next",
    "last",
    "optional",
    "optionally",
    "if",
    "when",
    "whenever",
    "while",
    "during",
    "after",
    "before",
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
    "ignoring",
    "disabled",
    "disable",
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
    "shall",
    "will",
    "would",
    "may",
    "might",
    "could",
    "maybe",
    "perhaps",
    "hopefully",
    "skipped",
    "mocked",
    "stubbed",
    "broken",
    "removed",
    "hand",
    "manually",
    "manual",
    "script",
    "sidecar",
    "orchestrator",
    "operator",
    "proxy",
    "become",
    "becomes",
    "off",
    "be",
    "and",
    "or",
    "with",
    "within",
    "under",
    "without",
    "by",
    "no",
    "not",
    "never",
    "none",
    "nothing",
    "neither",
    "nor",
    "cannot",
    "can't",
    "separately",
    "elsewhere",
    "partially",
    "partly",
    "mostly",
    "almost",
    "nearly",
    "count",
    "counted",
    "half",
    "lift",
    "override",
    "bypass",
    "wrapper",
    "mean",
    "means",
    "meant",
    "beforehand",
    "tested",
    "number",
    "minute",
    "minutes",
    "errors",
    "heap",
    "top",
    "first",
    "plan",
    "planning",
    "builder",
    "stage",
    "fail",
    "fails",
    "one",
    "untested",
    "opt-in",
    "stays",
    "sets",
    "passes",
    "mounts",
    "injects",
    "strips",
    "shared",
    "measured",
    "compressed",
    "separate",
    "filled",
    "missing",
    "stderr",
    "sometimes",
    "often",
    "rarely",
    "seldom",
    "occasionally",
    // How much, how many, in what form.
    "customers",
    "group",
    "staff",
    "copy",
    "mirrors",
    "nightly",
    "random",
    "belongs",
    "node",
    "sigint",
    "signal",
    "checked",
    "polls",
    "shows",
    "changes",
    "downloads",
    "slow",
    "loaded",
    "there",
    "json",
    "timestamp",
    "timestamps",
    "parallel",
    "concurrent",
    "concurrently",
    "simultaneous",
    "thousand",
    "thousands",
    "hundred",
    "hundreds",
    "million",
    "millions",
    "dozen",
    "dozens",
    "fifty",
    "twenty",
    "thirty",
    "forty",
    "ten",
    "few",
    "many",
    "several",
    "all",
    "any",
    "both",
    "anonymous",
    "always",
    "fast",
    "quickly",
    "instantly",
    "immediately",
    "second",
    "seconds",
    "amd64",
    "platform",
    "platforms",
    "architecture",
    "signed",
    "signature",
    "encrypted",
    "tls",
    "https",
    "ipv6",
    "utc",
    "stub",
    "stubs",
    "pending",
    "tolerated",
    "tolerate",
    "harmless",
    "exemption",
    "exemptions",
    "waiver",
    "waivers",
    "deviation",
    "deviations",
    "aim",
    "goal",
    "hope",
    "hopes",
    "demo",
    "fake",
    "dummy",
    "special",
    "allowed",
    "acceptable",
    "granted",
    "expired",
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
    if words[at].is("(") {
        let end = at + words[at..].iter().position(|word| word.is(")"))?;
        let clause = &words[at + 1..end];
        let is_aside = is_history(clause) || is_pointer(clause);
        return (is_reason(clause, true) || is_aside).then_some(end + 1);
    }
    let ends = |word: &Token| is_joint(word) || [".", ":", "(", ")"].iter().any(|mark| word.is(mark));
    let end = words[at..].iter().position(ends).map_or(words.len(), |length| at + length);
    let is_joined = at.checked_sub(1).is_some_and(|before| is_joint(&words[before]));
    let is_cause = is_reason(&words[at..end], is_joined);
    is_cause.then_some(end)
}

/// Whether a clause says why, and nothing else.
fn is_reason(clause: &[Token], is_joined: bool) -> bool {
    let rest = if let Some(rest) = behind(clause, BEGINNINGS) {
        rest
    } else if let Some(rest) = behind(clause, &["so"]).filter(|_| is_joined) {
        rest
    } else if let Some(rest) = behind(clause, &["otherwise", "or else"]).filter(|_| is_joined) {
        // What does not reach its end does harm, too.
        let rest: Vec<&Token> =
            rest.iter().filter(|word| !["don't", "doesn't"].contains(&word.word.as_str())).collect();
        let harms = rest.iter().any(|word| HARM.iter().any(|harm| word.is(harm)));
        // Without a subject it is what the service does: `otherwise fails`.
        let has_subject = rest.first().is_some_and(|first| !HARM.iter().any(|harm| first.is(harm)));
        return harms && has_subject && is_plain(rest.into_iter());
    } else {
        return false;
    };
    is_plain(rest.iter())
}

/// What stands behind one of these beginnings.
fn behind<'a>(clause: &'a [Token], beginnings: &[&str]) -> Option<&'a [Token]> {
    let length = |beginning: &&str| begins(clause, beginning).filter(|length| *length < clause.len());
    beginnings.iter().find_map(length).map(|length| &clause[length..])
}

/// Whether words name nothing that could be a part of a promise.
fn is_plain<'a>(mut words: impl Iterator<Item = &'a Token> + Clone) -> bool {
    let is_about_promise = words.clone().next().is_none_or(|first| PRONOUNS.contains(&first.word.as_str()));
    let is_plain_word = |word: &Token| {
        let text = word.text.as_str();
        let is_figure = text.contains(|c: char| c.is_ascii_digit());
        let is_name = text.starts_with(['/', '-', '$', '`', '"', '~', '.']) || text.contains(['_', '=', '*']);
        !is_figure && !is_name && !word.word.ends_with("n't") && !RESTRICT.contains(&word.word.as_str())
    };
    !is_about_promise && words.clone().count() <= MOST_WORDS && words.all(is_plain_word)
}

/// `down from 1.1 GB`, `was 400 MB`.
fn is_history(clause: &[Token]) -> bool {
    behind(clause, HISTORY).is_some_and(|rest| match rest {
        [quantity] => quantity.text.starts_with(|c: char| c.is_ascii_digit()),
        [number, unit] => number.text.starts_with(|c: char| c.is_ascii_digit()) && quantity::is_unit(&unit.word),
        _ => false,
    })
}

/// `see ADR-12`, `that is our quota`.
fn is_pointer(clause: &[Token]) -> bool {
    let is_document = |text: &str| {
        text.contains(|c: char| c.is_ascii_digit()) || text.to_lowercase().contains("readme") || text.contains('.')
    };
    behind(clause, &["see"]).is_some_and(|rest| matches!(rest, [one] if is_document(&one.text)))
        || behind(clause, &["that is our", "that's our", "this is our"])
            .is_some_and(|rest| rest.len() <= 3 && is_plain(rest.iter()))
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
        check("No shell because of security, no package manager", Some("No shell , no package manager"));
        check("Under 768Mi (that is our namespace quota)", Some("Under 768Mi"));
        for kept in [
            "Uses 64 MB because only ten users are there",
            "Runs as non-root since v2",
            "Under 200 MB (currently optional)",
            "Under 200 MB (unpacked)",
            "No shell so far",
            "No shell, so far",
            "Logs to stdout as JSON",
            "because the image is small",
            "Starts in 2 s (when idle)",
            "Memory under 64 MB since the cache is empty",
            "User is 1000, otherwise root",
            "Listens on port 8080, otherwise 9090",
            "Refuses to start without A_URL, otherwise uses sqlite",
            "Stops gracefully to avoid data loss within 20 seconds",
            "Runs as UID 1000 so that this becomes true",
            "Runs as UID 1000 (was removed)",
            "PORT can be set by environment, otherwise fails",
            "Read-only because you pass --read-only",
            "Under 200 MB, since we do not count the base",
        ] {
            check(kept, None);
        }
    }
}
