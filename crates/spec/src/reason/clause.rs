//! Whole clauses that say why: one with a subject and a verb of its own, in which nothing could belong to a promise.

use crate::quantity;
use crate::sentence::{Token, is_dash};

/// What begins a cause, and what begins an effect.
const CAUSES: &[&str] = &["because", "since"];
const EFFECTS: &[&str] = &["so that", "so", "otherwise", "or else", "after which", "which makes", "and therefore"];

/// What things do, have or are in such a clause. What a container promises to do is not among it.
const VERBS: &[&str] = &[
    "uses",
    "use",
    "used",
    "needs",
    "need",
    "wants",
    "want",
    "fetches",
    "fetch",
    "calls",
    "call",
    "talks",
    "talk",
    "downloads",
    "loads",
    "queries",
    "reads",
    "read",
    "scrapes",
    "scrape",
    "collects",
    "collect",
    "picks",
    "pick",
    "parses",
    "parse",
    "expects",
    "expect",
    "has",
    "have",
    "had",
    "reaches",
    "reach",
    "receives",
    "receive",
    "gets",
    "get",
    "sees",
    "see",
    "finds",
    "find",
    "works",
    "work",
    "sits",
    "sit",
    "can",
    "can't",
    "cannot",
    "lets",
    "let",
    "kills",
    "kill",
    "was",
    "were",
    "is",
    "are",
    "costs",
    "cost",
    "breaks",
    "break",
    "failed",
    "ignores",
    "ignore",
    "swallows",
    "swallow",
    "takes",
    "take",
    "took",
    "belongs",
    "matters",
    "matter",
    "happens",
    "hurts",
    "helps",
    "follows",
    "requires",
    "supports",
    "holds",
    "handles",
    "terminates",
    "pays",
    "depends",
    "relies",
    "stays",
    "looks",
    "polls",
    "renders",
    "serves",
    "links",
    "blocks",
    "denies",
    "shows",
    "gives",
    "tells",
    "contain",
    "contains",
    "shares",
    "ship",
    "ships",
    "makes",
    "make",
    "keeps",
    "forwards",
    "forward",
    "maps",
    "map",
    "refuses",
    "refuse",
    "rejects",
    "reject",
    "complains",
    "complain",
    "deploys",
    "deploy",
    "goes",
    "go",
    "comes",
    "come",
    "asks",
    "ask",
    "pays",
    "pay",
    "runs",
    "run",
    "watches",
    "lives",
    "live",
    "pull",
    "pulls",
    "trusts",
    "trust",
    "knows",
    "know",
    "deducted",
    "will",
    "fits",
    "fit",
    "restarts",
    "removes",
];

/// What something cannot do, and what does not happen then.
const INCAPABLE: &[&str] = &[
    "reach", "find", "map", "bind", "see", "read", "write", "open", "handle", "parse", "resolve", "get", "break",
    "leak", "need", "lose", "scrape", "pull", "collect", "match", "fit", "work", "know", "match",
];

/// Subjects that stand for something said before, and the verbs that they may have.
const IT: &[&str] = &["it", "they"];
const OF_IT: &[&str] = &[
    "fetches",
    "fetch",
    "calls",
    "call",
    "talks",
    "talk",
    "needs",
    "need",
    "uses",
    "use",
    "loads",
    "load",
    "downloads",
    "queries",
    "sends",
    "send",
    "parses",
    "scrapes",
    "polls",
];

/// Words that make a promise larger or another one: how much, how many, in what form.
pub(super) const EXTEND: &[&str] = &[
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
    "never",
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

/// Words that may restrict a promise, take it back, or make another one.
const RESTRICT: &[&str] = &[
    "except",
    "exception",
    "exceptions",
    "excluding",
    "exclude",
    "excludes",
    "excluded",
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
    "after",
    "required",
    "necessary",
    "enforced",
    "mandatory",
    "temporary",
    "temporarily",
    "planned",
    "eventually",
    "future",
    "exempt",
    "exempts",
    "ignored",
    "ignoring",
    "disabled",
    "disable",
    "disables",
    "waived",
    "idle",
    "empty",
    "average",
    "typical",
    "typically",
    "usually",
    "normally",
    "load",
    "cached",
    "cache",
    "warm",
    "local",
    "locally",
    "debug",
    "root",
    "instead",
    "rather",
    "ideally",
    "best",
    "should",
    "must",
    "shall",
    "would",
    "may",
    "might",
    "could",
    "maybe",
    "perhaps",
    "hopefully",
    "skipped",
    "skip",
    "skips",
    "mocked",
    "mock",
    "stubbed",
    "broken",
    "removed",
    "manually",
    "manual",
    "sidecar",
    "orchestrator",
    "operator",
    "proxy",
    "separately",
    "elsewhere",
    "partially",
    "partly",
    "mostly",
    "almost",
    "nearly",
    "count",
    "counts",
    "counted",
    "override",
    "overrides",
    "overridden",
    "bypass",
    "bypasses",
    "wrapper",
    "tested",
    "untested",
    "builder",
    "stage",
    "base",
    "shared",
    "compressed",
    "measured",
    "measure",
    "production",
    "staging",
    "development",
    "today",
    "tomorrow",
    "now",
    "currently",
    "still",
    "sometimes",
    "often",
    "rarely",
    "usually",
    "never",
    "nobody",
    "nothing",
    "none",
    "no",
    "neither",
    "nor",
    "default",
    "defaults",
    "fallback",
    "falls",
    "start",
    "starts",
    "started",
    "stop",
    "stops",
    "stopped",
    "boot",
    "boots",
    "listen",
    "listens",
    "expose",
    "exposes",
    "log",
    "logs",
    "logged",
    "persist",
    "persists",
    "survive",
    "survives",
    "respond",
    "responds",
    "answer",
    "answers",
    "exit",
    "exits",
    "builds",
    "user",
    "uid",
    "memory",
    "layer",
    "layers",
    "shell",
    "capability",
    "capabilities",
    "read-only",
    "non-root",
    "unprivileged",
    "secret",
    "secrets",
    "password",
    "passwords",
    "healthy",
    "health",
    "limit",
    "limits",
    "or",
    "become",
    "becomes",
    "one",
    "some",
    "all",
    "any",
    "every",
    "first",
    "last",
    "next",
    "second",
    "again",
    "also-ran",
    "called",
    "off",
    "plan",
    "plans",
    "plus",
    "available",
    "ready",
    "injects",
    "sets",
    "set",
    "strips",
    "mounts",
    "mounted",
    "allowed",
    "allows",
    "allow",
    "permitted",
    "acceptable",
    "fine",
    "ok",
    "okay",
    "enough",
    "possible",
    "true",
    "false",
    "wrong",
    "stderr",
    "stdout",
    "separate",
    "filled",
    "missing",
    "lost",
    "lose",
    "loses",
    "requests",
    "request",
    "meant",
    "means",
    "mean",
    "beforehand",
    "earlier",
    "prior",
    "opt-in",
    "implement",
    "add",
    "fix",
    "gzip",
    "compression",
    "migrated",
    "expected",
    "old",
    "new",
    "previous",
];

/// Words in a clause, at least and at most.
const LEAST: usize = 3;
const MOST: usize = 16;

/// `because Flask uses it`, `so that Datadog picks them up`, `otherwise the script will not find it`.
pub(super) fn tells_why(clause: &[Token], is_joined: bool) -> bool {
    if let Some(rest) = super::behind(clause, &["thanks to"]) {
        let is_known = ["the", "our", "its"].contains(&rest[0].word.as_str());
        return is_known && (2..=5).contains(&rest.len()) && rest.iter().all(may_stand);
    }
    if let Some(rest) = super::behind(clause, CAUSES) {
        return is_clause(rest, false);
    }
    let Some(rest) = super::behind(clause, EFFECTS) else { return false };
    // `so fast`, and `Refuses to start, otherwise …`.
    let is_free = is_joined || clause[0].word == "so";
    let rest = match rest {
        [that, rest @ ..] if that.word == "that" => rest,
        rest => rest,
    };
    // What else would be is an alternative, unless it does harm.
    let is_alternative = ["otherwise", "or"].contains(&clause[0].word.as_str());
    let does_harm = |word: &Token| {
        super::HARM.iter().any(|harm| word.is(harm))
            || denies(word)
            || ["reject", "fail", "deducted"].contains(&word.stem.as_str())
    };
    is_free && is_clause(rest, true) && (!is_alternative || rest.iter().any(does_harm))
}

fn denies(word: &Token) -> bool {
    word.word == "not" || word.word.ends_with("n't") || word.word == "cannot"
}

/// `it was 1.1 GB before I switched`, `currently 1.3 GB`, `down from 2 GB`.
pub(super) fn tells_what_was(clause: &[Token]) -> bool {
    const BEGIN: &[&str] = &[
        "it was",
        "it used to be",
        "this was",
        "was",
        "were",
        "down from",
        "up from",
        "it used to take",
        "before it was",
        "previously",
        "formerly",
        "used to be",
    ];
    let Some(rest) = super::behind(clause, BEGIN) else { return false };
    let may_be = |word: &Token| {
        let is_bare_past = ["before", "ago", "over", "about", "around", "gb", "mb"].contains(&word.word.as_str());
        is_bare_past || !RESTRICT.contains(&word.word.as_str()) && is_word(word) || is_measure(&word.text)
    };
    let has_measure = rest.iter().any(|word| is_measure(&word.text));
    let goes_on = rest.iter().any(|word| word.is(",") || word.is("and"));
    // `150 MB agreed` is a measure that holds.
    let at = rest.iter().rposition(|word| is_measure(&word.text) || quantity::is_unit(&word.word));
    let ends_well =
        at.and_then(|at| rest.get(at + 1)).is_none_or(|next| ["before", "on"].contains(&next.word.as_str()));
    !goes_on && ends_well && rest.len() <= MOST && has_measure && rest.iter().all(may_be)
}

fn is_clause(words: &[Token], is_effect: bool) -> bool {
    if !(LEAST..=MOST).contains(&words.len()) {
        return false;
    }
    let Some(verb) = words.iter().skip(1).take(5).position(|word| VERBS.contains(&word.word.as_str())) else {
        return false;
    };
    let first = words[0].word.as_str();
    let is_it = IT.contains(&first);
    let has_subject = if is_it {
        !is_effect && OF_IT.contains(&words[1].word.as_str())
    } else {
        !super::PRONOUNS.contains(&first) && !VERBS.contains(&first) && (first != "we" || verb == 0)
    };
    let denials_are_harmless = words.iter().enumerate().all(|(at, word)| {
        let is_modal = ["can't", "cannot"].contains(&word.word.as_str())
            || at > 0 && ["can", "will"].contains(&words[at - 1].word.as_str());
        let is_harmless = words.get(at + 1).is_some_and(|next| INCAPABLE.contains(&next.word.as_str()));
        !denies(word) || is_harmless && (is_effect || is_modal)
    });
    // What will be is no cause, and what the service does `by default` is one of others.
    let will_be = !is_effect && words.iter().any(|word| word.word == "will");
    let is_of_default = |at: usize| {
        let before = |distance: usize| at.checked_sub(distance).map(|at| words[at].word.as_str());
        words[at].word == "default" && before(1) == Some("by") && before(2) == Some("it")
            || words[at].word == "during" && words.get(at + 2).is_some_and(|word| word.word == "build")
    };
    let all_may_stand = (0..words.len()).all(|at| is_of_default(at) || may_stand(&words[at]));
    let has_measure = words.windows(2).any(|pair| is_measure(&pair[0].text) && quantity::is_unit(&pair[1].word));
    has_subject && denials_are_harmless && !will_be && !has_measure && all_may_stand
}

/// Whether a word could belong to no promise.
fn may_stand(word: &Token) -> bool {
    !RESTRICT.contains(&word.word.as_str()) && !EXTEND.contains(&word.word.as_str()) && is_word(word)
}

/// Whether a word is one: no figure, no path, no variable, no flag.
fn is_word(word: &Token) -> bool {
    let text = word.text.as_str();
    let has_figure = text.contains(|c: char| c.is_ascii_digit());
    let is_path =
        text.starts_with(['/', '-', '$', '"', '~', '.']) && !is_dash(word) || text.contains(['_', '=', '*', '/']);
    !has_figure && !is_path
}

fn is_measure(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}
