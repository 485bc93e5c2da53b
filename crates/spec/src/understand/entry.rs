//! The entry of the vocabulary that understands a sentence whole.

use std::sync::LazyLock;

use super::is_balanced;
use crate::Check;
use crate::cover::Form;
use crate::pattern::{Pattern, Words};
use crate::sentence::{Token, tokens};
use crate::vocabulary::{Entry, vocabulary};

/// Words of a label that promise nothing by themselves.
pub(super) const DECORATE: &[&str] = &[
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
pub(super) const NO_SUBJECT: &[&str] =
    &["not", "no", "without", "only", "under", "within", "any", "than", "other", "at", "most"];

/// The entry that understands a sentence whole, and its checks.
pub(super) fn entry_of(words: &[Token]) -> Option<(&'static Compiled, Vec<Check>)> {
    if !is_balanced(words) {
        return None;
    }
    let present = Words::of(words);
    entries().iter().filter(|entry| entry.may_cover(words, 0)).find_map(|entry| {
        let mut forms = entry.forms.iter().filter(|form| form.may_be_in(&present)).peekable();
        forms.peek()?;
        let extras: Vec<&Pattern> = entry.extras.iter().filter(|part| part.may_begin(&present)).collect();
        let mut found = forms.filter_map(|form| form.covers(&extras, words));
        found.find_map(|found| Some((entry, (entry.entry.checks)(&found)?)))
    })
}

/// An entry with its parts compiled.
pub(super) struct Compiled {
    pub(super) entry: &'static Entry,
    pub(super) forms: Vec<Form>,
    pub(super) extras: Vec<Pattern>,
    topics: Vec<Vec<Token>>,
    /// The words of its plain sentence and of its topics.
    own: Vec<Token>,
    /// The words of all its parts.
    words: Words,
    /// Other words of the vocabulary that its parameters can take, at most.
    most_others: usize,
}

pub(super) fn entries() -> &'static [Compiled] {
    static ENTRIES: LazyLock<Vec<Compiled>> = LazyLock::new(|| vocabulary().map(Compiled::new).collect());
    &ENTRIES
}

impl Compiled {
    fn new(entry: &'static Entry) -> Self {
        let forms: Vec<Form> = entry.forms.iter().map(|form| Form::new(form)).collect();
        let extras: Vec<Pattern> = entry.extras.iter().map(|part| Pattern::new(part)).collect();
        let (mut words, mut parameters) = (Words::default(), Vec::new());
        for form in &forms {
            form.collect(&mut words, &mut parameters);
        }
        for part in &extras {
            part.collect(&mut words, &mut parameters);
        }
        Self {
            entry,
            forms,
            extras,
            topics: entry.topics.iter().map(|topic| tokens(topic)).collect(),
            own: own_words(entry),
            words,
            most_others: parameters.into_iter().map(most_others).max().unwrap_or_default(),
        }
    }

    /// Whether its parts can account for all of these words but a few: a look that leaves most entries out.
    pub(super) fn may_cover(&self, words: &[Token], but: usize) -> bool {
        let is_other = |word: &&Token| word.text.starts_with(char::is_alphanumeric) && self.words.lacks(word);
        words.iter().filter(is_other).count() <= self.most_others + but
    }

    /// Whether a label names the subject in words of its own: `Graceful shutdown`, `Optimized image size`.
    pub(super) fn is_subject(&self, label: &[Token]) -> bool {
        let decorates = |word: &Token| DECORATE.iter().any(|other| word.is(other));
        let is_own = |word: &Token| self.own.iter().any(|own| own.stem == word.stem);
        label.iter().all(|word| is_own(word) || decorates(word)) && label.iter().any(is_own)
    }

    pub(super) fn has_topic(&self, label: &[Token]) -> bool {
        self.topics.iter().any(|topic| {
            topic.len() == label.len() && topic.iter().zip(label).all(|(topic, word)| word.is(&topic.stem))
        })
    }
}

/// Words of the vocabulary that all places of a parameter can take, at most: a list takes many, a name one or two.
fn most_others(parameter: &str) -> usize {
    match parameter {
        "tools" | "absences" | "more-absences" | "examples" | "tags" | "more-tags" | "labels" | "file-names" => 40,
        "setting" | "things" | "thing" | "hosts" => 16,
        "size" | "time" | "n" | "port" | "ports" | "path" | "paths" | "var" | "vars" | "uid" | "gid" | "figure" => 2,
        _ => 8,
    }
}

pub(super) fn own_words(entry: &Entry) -> Vec<Token> {
    let words = std::iter::once(entry.sentence).chain(entry.topics.iter().copied()).flat_map(tokens);
    words.filter(|word| !NO_SUBJECT.contains(&word.word.as_str())).collect()
}
