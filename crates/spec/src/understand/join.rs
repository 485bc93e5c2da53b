//! Two sentences in one, which a word or a mark joins.

use super::entry::{Compiled, entry_of};
use crate::sentence::{Token, is_dash};
use crate::{Check, CheckKind};

/// Words in a sentence that may be two, at most.
pub(super) const MOST_JOINED: usize = 40;

/// What is seen while the service works: `with` says under which condition.
const ASKED: &[CheckKind] = &[
    CheckKind::StartWithin,
    CheckKind::StopGraceful,
    CheckKind::HealthHealthy,
    CheckKind::HealthEndpoint,
    CheckKind::DataPersists,
    CheckKind::ApiCrud,
    CheckKind::MemoryUnder,
];

pub(super) fn conjoined(words: &[Token]) -> Option<Vec<Check>> {
    conjoined_entries(words).map(|(_, checks)| checks)
}

/// One sentence, or two that an *and*, a comma or a parenthesis joins, with the first one's entry.
pub(super) fn conjoined_entries(words: &[Token]) -> Option<(&'static Compiled, Vec<Check>)> {
    if let Some(one) = entry_of(words) {
        return Some(one);
    }
    if words.len() > MOST_JOINED {
        return None;
    }
    (1..words.len()).filter_map(|at| Some((at, split_at(words, at)?))).find_map(|(at, (first, second))| {
        let (entry, mut all) = entry_of(first)?;
        let (next, others) = conjoined_entries(second)?;
        // `Starts within 2 s with 64 MB of memory` is more than the two.
        let is_condition = words[at].is("with") && ASKED.contains(&entry.entry.kind);
        add(&mut all, others);
        (!is_condition && may_follow(entry, next, second)).then_some((entry, all))
    })
}

/// Whether the second of two joined sentences is about the container as a whole, and not about what the first one names:
/// `Volume /data (under 200 MB)`, `Logs to stdout, no secrets`.
pub(super) fn may_follow(first: &Compiled, next: &Compiled, second: &[Token]) -> bool {
    use CheckKind as Kind;
    let names = |subjects: &[&str]| second.iter().any(|word| subjects.iter().any(|subject| word.is(subject)));
    let kind = first.entry.kind;
    match next.entry.kind {
        Kind::ImageSize => {
            // `The binary is static, size under 10 MB` is about the binary.
            let has_size = matches!(kind, Kind::ImageFile | Kind::ImageVolume | Kind::ImageStatic | Kind::ImageBase);
            kind == Kind::ImageSize || names(&["image", "container"]) || !has_size && names(&["size"])
        }
        Kind::ImageSecrets => {
            !matches!(kind, Kind::LogsStdout | Kind::LogsSecrets) || names(&["image", "layer", "code"])
        }
        // One container has one user.
        Kind::UserIs if kind == Kind::UserIs => false,
        Kind::UserNonRoot | Kind::UserIs => {
            let has_user =
                matches!(kind, Kind::ImageFile | Kind::DatabaseConnects | Kind::DependencyConnects | Kind::NetworkOnly);
            !has_user || names(&["run", "container", "service", "process", "app"])
        }
        Kind::ImageSlim => {
            let is_health = matches!(kind, Kind::HealthDeclared | Kind::HealthEndpoint | Kind::HealthHealthy);
            !is_health || names(&["image", "container"])
        }
        Kind::NetworkOnly => !matches!(kind, Kind::BuildSucceeds | Kind::BuildReproducible | Kind::BuildDockerfile),
        _ => true,
    }
}

/// The two sentences that the word at `at` joins, if it does.
pub(super) fn split_at(words: &[Token], at: usize) -> Option<(&[Token], &[Token])> {
    const JOINTS: &[&str] = &["and", ",", "with", "(", "so"];
    let joins = JOINTS.iter().any(|word| words[at].word == *word) || is_dash(&words[at]);
    if !joins || is_shared_denial(&words[..at], &words[at..]) {
        return None;
    }
    let first = match &words[..at] {
        [before @ .., mark] if mark.is(",") => before,
        first => first,
    };
    match &words[at + 1..] {
        [inside @ .., last] if words[at].is("(") => last.is(")").then_some((first, inside)),
        [that, second @ ..] if words[at].is("so") && that.is("that") => follows(first, second),
        second if words[at].is("so") => follows(first, second),
        second => Some((first, second)),
    }
}

/// What follows from a promise is one of the container itself: `so that the service stops`.
fn follows<'a>(first: &'a [Token], second: &'a [Token]) -> Option<(&'a [Token], &'a [Token])> {
    let names = second
        .first()
        .is_some_and(|word| ["service", "container", "app", "application", "server"].iter().any(|name| word.is(name)));
    names.then_some((first, second))
}

/// Words that deny, besides `not`, whatever is listed behind them.
pub(super) const DENY: &[&str] = &["no", "without", "zero", "free", "neither", "nothing"];

/// Words with which a promise of its own begins, behind one that is denied: `no shell, runs as non-root`.
pub(super) const VERBS: &[&str] = &[
    "run", "start", "use", "expose", "listen", "log", "build", "work", "answer", "respond", "connect", "refuse",
    "exit", "handle", "pass", "declare", "stop", "shut",
];

/// Whether a denial in one part may reach into the other: `does not run as root and exposes port 80`, `no shell and CA certificates`,
/// `a health check and keys are not in the image`.
pub(super) fn is_shared_denial(first: &[Token], rest: &[Token]) -> bool {
    if first.windows(2).any(|pair| pair[0].is("not") && !compares(&pair[1]))
        || first.last().is_some_and(|word| word.is("not"))
    {
        return true;
    }
    let (join, second) = (&rest[0], &rest[1..]);
    let is_list = ["and", ",", "with", "so"].iter().any(|word| join.is(word));
    let begins = |word: &Token| {
        DENY.contains(&word.word.as_str())
            || word.is("not")
            || word.is("non-root")
            || VERBS.contains(&word.stem.as_str())
            || crate::parameter::is_setting(word)
    };
    let has_own_beginning = second.first().is_some_and(begins);
    let is_denied = first
        .iter()
        .enumerate()
        .any(|(at, word)| DENY.contains(&word.word.as_str()) && !first.get(at + 1).is_some_and(compares));
    // `A, and it does not B` has a subject of its own.
    let denies_later =
        second.iter().skip(1).any(|word| word.is("not")) && !second.first().is_some_and(|word| word.is("it"));
    is_list && !has_own_beginning && (is_denied || denies_later)
}

/// Whether a denial in front of a word makes a limit of it: `no larger than`, `not exceed`.
fn compares(word: &Token) -> bool {
    ["larger", "more", "bigger", "later", "longer", "heavier", "higher", "over", "above", "exceed"]
        .contains(&word.word.as_str())
}

pub(super) fn add(all: &mut Vec<Check>, checks: Vec<Check>) {
    for check in checks {
        if !all.contains(&check) {
            all.push(check);
        }
    }
}
