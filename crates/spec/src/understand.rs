//! A sentence to what it promises: whole, or not at all.

use std::sync::LazyLock;
use std::thread;

use crate::cover::Form;
use crate::normalise::normalise;
use crate::pattern::{Pattern, Words};
use crate::reason::without_reasons;
use crate::sentence::{Token, is_dash, tokens};
use crate::vocabulary::{Entry, vocabulary};
use crate::{Check, CheckKind};
use crate::{name, suggest};

/// Words in a sentence, at most: longer ones are prose that nothing understands.
const MOST_WORDS: usize = 80;

/// Bytes in a sentence, at most.
const MOST_BYTES: usize = 2000;

/// Words in a sentence that may be two, at most.
const MOST_JOINED: usize = 40;

/// Labels that mark prose.
const PROSE: &[&str] = &["rationale", "alternative", "alternatives", "why", "note", "notes"];

/// See [`is_synonym`].
const SYNONYMS: &[&str] = &["target", "choice", "requirement", "limit"];

/// Words of a label that promise nothing by themselves.
const DECORATE: &[&str] = &[
    "fast",
    "quick",
    "rapid",
    "small",
    "tiny",
    "lean",
    "slim",
    "minimal",
    "optimized",
    "graceful",
    "clean",
    "proper",
    "full",
    "complete",
    "good",
    "safe",
    "robust",
    "reliable",
    "working",
    "functional",
    "functionality",
    "support",
    "handling",
    "behavior",
    "configuration",
    "setup",
    "monitoring",
    "constraint",
    "rule",
    "budget",
    "execution",
    "access",
    "connectivity",
    "connection",
    "policy",
    "management",
    "requirement",
    "guarantee",
    "limit",
    "target",
    "runtime",
    "production",
    "container",
    "service",
    "docker",
    "and",
];

/// Words of an entry's sentence that name no subject.
const NO_SUBJECT: &[&str] = &["not", "no", "without", "only", "under", "within", "any", "than", "other", "at", "most"];

/// How a sentence was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reading {
    /// Its label says that it promises nothing.
    Prose,
    Promises {
        /// Never empty.
        checks: Vec<Check>,
        /// Parts of the sentence that say why.
        reasons: Vec<String>,
    },
    NotUnderstood {
        rest: Option<String>,
        suggestion: Option<String>,
    },
}

/// What a sentence is about, where it does not say so itself.
#[derive(Clone, Copy, Default)]
pub(crate) struct Subject<'a> {
    /// What it stands under.
    pub(crate) heading: Option<&'a str>,
    /// The service's own name.
    pub(crate) name: Option<&'a [Token]>,
}

/// Reads sentences, many of them on every processor.
pub(crate) fn all(sentences: &[(&str, Subject<'_>)]) -> Vec<Reading> {
    const FEW: usize = 64;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = sentences.len().div_ceil(threads).max(FEW);
    let read = |part: &[(&str, Subject<'_>)]| -> Vec<Reading> {
        part.iter().map(|(text, subject)| understand(text, *subject)).collect()
    };
    thread::scope(|scope| {
        let mut parts = sentences.chunks(share);
        let first = parts.next().unwrap_or_default();
        let others: Vec<_> = parts.map(|part| scope.spawn(move || read(part))).collect();
        let mut all = read(first);
        for other in others {
            all.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        all
    })
}

/// Reads a sentence.
pub(crate) fn understand(text: &str, subject: Subject<'_>) -> Reading {
    if is_prose(text) {
        return Reading::Prose;
    }
    let Some(words) = words_of(text) else { return Reading::NotUnderstood { rest: None, suggestion: None } };
    let heading = subject.heading.map(tokens).filter(|heading| !heading.is_empty() && heading.len() <= 8);
    let heading = heading.map(|heading| normalise(&heading));
    let read = |words: &[Token]| sentences(&normalise(words), heading.as_deref());
    let promises = |checks, reasons| Reading::Promises { checks, reasons };
    if let Some(checks) = read(&words) {
        return promises(checks, Vec::new());
    }
    let named = subject.name.map_or_else(|| words.clone(), |name| name::replaced(&words, name));
    if let Some(checks) =
        Some(&named).filter(|named| named.len() < words.len() || **named != words).and_then(|named| read(named))
    {
        return promises(checks, Vec::new());
    }
    if let Some(plain) = without_reasons(&named)
        && let Some(checks) = read(&plain.words)
    {
        return promises(checks, plain.reasons.iter().map(|(start, end)| text[*start..*end].to_owned()).collect());
    }
    Reading::NotUnderstood {
        rest: rest_of(&normalise(&words), heading.as_deref()).map(|(start, end)| text[start..end].to_owned()),
        suggestion: suggest::nearest(&words),
    }
}

/// Whether a text's label marks it as prose.
pub(crate) fn is_prose(text: &str) -> bool {
    // A label is short: the rest of a long text need not be looked at.
    let beginning = text.char_indices().nth(200).map_or(text, |(end, _)| &text[..end]);
    label_of(&tokens(beginning)).is_some_and(|(label, _)| marks_prose(label))
}

/// Whether a sentence is understood by itself.
pub(crate) fn is_understood(text: &str) -> bool {
    words_of(text).is_some_and(|words| sentences(&normalise(&words), None).is_some())
}

/// The words of a text that is short enough for a sentence.
fn words_of(text: &str) -> Option<Vec<Token>> {
    (text.len() <= MOST_BYTES).then(|| tokens(text)).filter(|words| words.len() <= MOST_WORDS)
}

/// Whether a text is nothing but what may stand beside the sentence: a prose label, or words that change nothing of what it promises.
pub(crate) fn is_remark_of(sentence: &str, note: &str) -> bool {
    if is_prose(note) {
        return true;
    }
    let (Some(sentence), Some(note)) = (words_of(sentence), words_of(note)) else { return false };
    if sentence.len() + note.len() > MOST_WORDS {
        return false;
    }
    let mut words = normalise(&sentence);
    let alone = sentences(&words, None);
    if words.last().is_some_and(|last| last.is(".")) {
        words.pop();
    }
    words.push(Token::new("(", 0));
    words.extend(normalise(&note).into_iter().filter(|token| !token.is(".")));
    words.push(Token::new(")", 0));
    // A remark that is a parameter would change what the sentence says: it has to stand in it.
    alone.is_some() && alone == sentences(&words, None)
}

/// The whole text as one sentence, else as several that are each understood.
fn sentences(words: &[Token], heading: Option<&[Token]>) -> Option<Vec<Check>> {
    let words = without_period(words);
    if !is_balanced(words) || denies_twice(words) {
        return None;
    }
    if let Some(checks) = labelled(words, heading) {
        return Some(checks);
    }
    let parts = parts(words);
    if parts.len() < 2 {
        return None;
    }
    let mut all = Vec::new();
    for part in parts {
        add(&mut all, labelled(part, heading)?);
    }
    Some(all)
}

fn without_period(words: &[Token]) -> &[Token] {
    match words {
        [words @ .., last] if last.is(".") => words,
        words => words,
    }
}

/// What periods and semicolons separate.
fn parts(words: &[Token]) -> Vec<&[Token]> {
    words.split(|token| token.is(".") || token.is(";")).filter(|part| !part.is_empty()).collect()
}

/// `without no shell`: nobody knows which is meant.
fn denies_twice(words: &[Token]) -> bool {
    let denies = |word: &Token| ["no", "not", "without", "zero", "neither"].contains(&word.word.as_str());
    words.windows(2).any(|pair| pair.iter().all(denies))
}

/// Whether parentheses match and none is inside another.
fn is_balanced(words: &[Token]) -> bool {
    let mut open = false;
    words.iter().all(|token| match token.text.as_str() {
        "(" => !std::mem::replace(&mut open, true),
        ")" => std::mem::replace(&mut open, false),
        _ => true,
    }) && !open
}

/// A sentence with or without a label before it.
fn labelled(words: &[Token], heading: Option<&[Token]>) -> Option<Vec<Check>> {
    if let Some(checks) = unlabelled(words, heading) {
        return Some(checks);
    }
    let (label, text) = label_of(words).filter(|(_, text)| !text.is_empty())?;
    if is_synonym(label) {
        return unlabelled(text, heading);
    }
    if let Some((entry, checks)) = entry_of(text)
        && entry.has_topic(label)
    {
        return Some(checks);
    }
    // A promise of its own in front of another one.
    if let Some((entry, mut all)) = conjoined_entries(label) {
        let (next, others) = conjoined_entries(text)?;
        add(&mut all, others);
        return may_follow(entry, next, text).then_some(all);
    }
    if is_part(label) || !entries().iter().any(|entry| entry.is_subject(label)) {
        return None;
    }
    conjoined_entries(text).filter(|(entry, _)| entry.is_subject(label)).map(|(_, checks)| checks)
}

/// Whether a label names one of several containers or images: `Database container`.
fn is_part(label: &[Token]) -> bool {
    let is_whole = label.first().is_some_and(|word| ["container", "docker", "image"].iter().any(|name| word.is(name)));
    !is_whole && label.last().is_some_and(|word| ["container", "service", "image"].iter().any(|name| word.is(name)))
}

/// Whether a label says "this is the promise" and nothing more.
fn is_synonym(label: &[Token]) -> bool {
    matches!(label, [name] if SYNONYMS.contains(&name.word.as_str()))
}

/// A sentence by itself, else with the heading as its subject.
fn unlabelled(words: &[Token], heading: Option<&[Token]>) -> Option<Vec<Check>> {
    // A bare measure is about what the heading says.
    if let Some(heading) = heading {
        let mut with_subject = heading.to_vec();
        with_subject.push(Token::new(":", 0));
        with_subject.extend_from_slice(words);
        if let Some((_, checks)) = entry_of(&with_subject) {
            return Some(checks);
        }
        if is_bare_measure(words) {
            return None;
        }
    }
    conjoined(words)
}

/// Whether a sentence names nothing but a size: of what, its heading says.
fn is_bare_measure(words: &[Token]) -> bool {
    static MEASURE: LazyLock<Form> = LazyLock::new(|| Form::new(&["<at-most-size>"]));
    MEASURE.covers(&[], words).is_some()
}

fn conjoined(words: &[Token]) -> Option<Vec<Check>> {
    conjoined_entries(words).map(|(_, checks)| checks)
}

/// One sentence, or two that an *and*, a comma or a parenthesis joins, with the first one's entry.
fn conjoined_entries(words: &[Token]) -> Option<(&'static Compiled, Vec<Check>)> {
    if let Some(one) = entry_of(words) {
        return Some(one);
    }
    if words.len() > MOST_JOINED {
        return None;
    }
    (1..words.len()).filter_map(|at| split_at(words, at)).find_map(|(first, second)| {
        let (entry, mut all) = entry_of(first)?;
        let (next, others) = conjoined_entries(second)?;
        add(&mut all, others);
        may_follow(entry, next, second).then_some((entry, all))
    })
}

/// Whether the second of two joined sentences is about the container as a whole, and not about what the first one names:
/// `Volume /data (under 200 MB)`, `Logs to stdout, no secrets`.
fn may_follow(first: &Compiled, next: &Compiled, second: &[Token]) -> bool {
    use CheckKind as Kind;
    let names = |subjects: &[&str]| second.iter().any(|word| subjects.iter().any(|subject| word.is(subject)));
    let kind = first.entry.kind;
    match next.entry.kind {
        Kind::ImageSize => kind == Kind::ImageSize || names(&["image", "container", "size"]),
        Kind::ImageSecrets => {
            !matches!(kind, Kind::LogsStdout | Kind::LogsSecrets) || names(&["image", "layer", "code"])
        }
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
fn split_at(words: &[Token], at: usize) -> Option<(&[Token], &[Token])> {
    let joins = ["and", ",", "with", "("].iter().any(|word| words[at].is(word)) || is_dash(&words[at]);
    if !joins || is_shared_denial(&words[..at], &words[at..]) {
        return None;
    }
    let first = match &words[..at] {
        [before @ .., mark] if mark.is(",") => before,
        first => first,
    };
    match &words[at + 1..] {
        [inside @ .., last] if words[at].is("(") => last.is(")").then_some((first, inside)),
        second => Some((first, second)),
    }
}

/// Words that deny, besides `not`, whatever is listed behind them.
const DENY: &[&str] = &["no", "without", "zero", "free", "neither", "nothing"];

/// Words with which a promise of its own begins, behind one that is denied: `no shell, runs as non-root`.
const VERBS: &[&str] = &[
    "run", "start", "use", "expose", "listen", "log", "build", "work", "answer", "respond", "connect", "refuse",
    "exit", "handle", "pass", "declare", "stop", "shut",
];

/// Whether a denial in one part may reach into the other: `does not run as root and exposes port 80`, `no shell and CA certificates`,
/// `a health check and keys are not in the image`.
fn is_shared_denial(first: &[Token], rest: &[Token]) -> bool {
    if first.iter().any(|word| word.is("not")) {
        return true;
    }
    let (join, second) = (&rest[0], &rest[1..]);
    let is_list = ["and", ",", "with"].iter().any(|word| join.is(word));
    let begins = |word: &Token| {
        DENY.contains(&word.word.as_str())
            || word.is("not")
            || word.is("non-root")
            || VERBS.contains(&word.stem.as_str())
            || crate::parameter::is_setting(word)
    };
    let has_own_beginning = second.first().is_some_and(begins);
    let is_denied = first.iter().any(|word| DENY.contains(&word.word.as_str()));
    let denies_later = second.iter().skip(1).any(|word| word.is("not"));
    is_list && !has_own_beginning && (is_denied || denies_later)
}

/// The entry that understands a sentence whole, and its checks.
fn entry_of(words: &[Token]) -> Option<(&'static Compiled, Vec<Check>)> {
    if !is_balanced(words) {
        return None;
    }
    let present = Words::of(words);
    entries().iter().find_map(|entry| {
        let forms = entry.forms.iter().filter(|form| form.may_be_in(&present));
        let mut found = forms.filter_map(|form| form.covers(&entry.extras, words));
        found.find_map(|found| Some((entry, (entry.entry.checks)(&found)?)))
    })
}

/// Part of a text, in bytes, that was not understood where the rest of its sentence was.
type Rest = Option<(usize, usize)>;

/// The rest of a text that is not understood.
fn rest_of(words: &[Token], heading: Option<&[Token]>) -> Rest {
    let words = without_period(words);
    if !is_balanced(words) {
        return None;
    }
    let parts = parts(words);
    let understood = parts.iter().take_while(|part| labelled(part, heading).is_some()).count();
    match parts.get(understood) {
        Some(part) if understood > 0 => rest_of_labelled(part, heading).or_else(|| span(part)),
        _ => rest_of_labelled(words, heading),
    }
}

fn rest_of_labelled(words: &[Token], heading: Option<&[Token]>) -> Rest {
    match label_of(words).filter(|(_, text)| !text.is_empty()) {
        Some((label, text)) if is_synonym(label) => rest_of_unlabelled(text, heading),
        Some((label, text)) if conjoined(label).is_some() => rest_of_sentence(text).or_else(|| span(text)),
        _ => rest_of_unlabelled(words, heading),
    }
}

fn rest_of_unlabelled(words: &[Token], heading: Option<&[Token]>) -> Rest {
    if heading.is_some() && is_bare_measure(words) { None } else { rest_of_sentence(words) }
}

/// The words that the nearest entry does not account for.
fn rest_of_sentence(words: &[Token]) -> Rest {
    if !is_balanced(words) {
        return None;
    }
    // Where nothing is left but the rest, there was no sentence.
    let mut most = words.len().div_ceil(2);
    let mut nearest: Option<Vec<usize>> = None;
    let present = Words::of(words);
    for entry in entries() {
        for form in entry.forms.iter().filter(|form| form.may_be_in(&present)) {
            let Some(cover) = form.cover(&entry.extras, words, most) else { continue };
            if (entry.entry.checks)(&cover.found).is_some() {
                most = cover.rest.len().checked_sub(1)?;
                nearest = Some(cover.rest);
            }
        }
    }
    nearest.and_then(|rest| span(&words[*rest.first()?..=*rest.last()?]))
}

/// An entry with its parts compiled.
struct Compiled {
    entry: &'static Entry,
    forms: Vec<Form>,
    extras: Vec<Pattern>,
    topics: Vec<Vec<Token>>,
    /// The words of its plain sentence and of its topics.
    own: Vec<Token>,
}

fn entries() -> &'static [Compiled] {
    static ENTRIES: LazyLock<Vec<Compiled>> = LazyLock::new(|| vocabulary().map(Compiled::new).collect());
    &ENTRIES
}

impl Compiled {
    fn new(entry: &'static Entry) -> Self {
        Self {
            entry,
            forms: entry.forms.iter().map(|form| Form::new(form)).collect(),
            extras: entry.extras.iter().map(|part| Pattern::new(part)).collect(),
            topics: entry.topics.iter().map(|topic| tokens(topic)).collect(),
            own: own_words(entry),
        }
    }

    /// Whether a label names the subject in words of its own: `Graceful shutdown`, `Optimized image size`.
    fn is_subject(&self, label: &[Token]) -> bool {
        let decorates = |word: &Token| DECORATE.iter().any(|other| word.is(other));
        let is_own = |word: &Token| self.own.iter().any(|own| own.stem == word.stem);
        label.iter().all(|word| is_own(word) || decorates(word)) && label.iter().any(is_own)
    }

    fn has_topic(&self, label: &[Token]) -> bool {
        self.topics.iter().any(|topic| {
            topic.len() == label.len() && topic.iter().zip(label).all(|(topic, word)| word.is(&topic.stem))
        })
    }
}

fn own_words(entry: &Entry) -> Vec<Token> {
    let words = std::iter::once(entry.sentence).chain(entry.topics.iter().copied()).flat_map(tokens);
    words.filter(|word| !NO_SUBJECT.contains(&word.word.as_str())).collect()
}

/// The label before a sentence's first colon or dash, and what follows it.
fn label_of(words: &[Token]) -> Option<(&[Token], &[Token])> {
    let colon =
        words.iter().take(12).position(|token| token.is(":")).or_else(|| words.iter().take(12).position(is_dash));
    let colon = colon.filter(|at| *at > 0)?;
    Some((&words[..colon], &words[colon + 1..]))
}

fn marks_prose(label: &[Token]) -> bool {
    let first = label.first().is_some_and(|word| PROSE.contains(&word.word.as_str()));
    first && (label.len() == 1 || (label[1].is("(") && label.last().is_some_and(|last| last.is(")"))))
}

fn add(all: &mut Vec<Check>, checks: Vec<Check>) {
    for check in checks {
        if !all.contains(&check) {
            all.push(check);
        }
    }
}

/// Where words stand in the text.
fn span(words: &[Token]) -> Rest {
    let mark = words.first().is_some_and(|word| word.is(",") || word.is(":") || is_dash(word));
    let words = if mark { &words[1..] } else { words };
    let (first, last) = (words.first()?, words.last()?);
    Some((first.start, last.end()))
}
