//! A sentence to what it promises: whole, or not at all.

use std::sync::LazyLock;

use crate::Check;
use crate::pattern::{Found, Pattern};
use crate::sentence::{Clause, Token, clause, is_dash, tokens};
use crate::suggest;
use crate::vocabulary::{Entry, vocabulary};

/// Words in a sentence, at most: longer ones are prose that nothing understands.
const MOST_WORDS: usize = 80;

/// Labels that mark prose.
const PROSE: &[&str] = &["rationale", "alternative", "alternatives", "why", "note", "notes"];

/// Labels that say "this is the promise" and nothing more.
const SYNONYMS: &[&str] = &["target", "choice", "requirement", "limit"];

/// How a sentence was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reading {
    /// Its label says that it promises nothing.
    Prose,
    /// Never empty.
    Promises(Vec<Check>),
    NotUnderstood {
        rest: Option<String>,
        suggestion: Option<String>,
    },
}

/// Reads a sentence; `heading` is the subject it stands under, where there is one.
pub(crate) fn understand(text: &str, heading: Option<&str>) -> Reading {
    if is_prose(text) {
        return Reading::Prose;
    }
    let words = tokens(text);
    if words.len() > MOST_WORDS {
        return Reading::NotUnderstood { rest: None, suggestion: None };
    }
    let heading = heading.map(tokens).filter(|heading| !heading.is_empty() && heading.len() <= 8);
    match sentences(&words, heading.as_deref()) {
        Ok(checks) => Reading::Promises(checks),
        Err(rest) => Reading::NotUnderstood {
            rest: rest.map(|rest| text[rest.0..rest.1].to_owned()),
            suggestion: suggest::nearest(&words),
        },
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
    let words = tokens(text);
    words.len() <= MOST_WORDS && sentences(&words, None).is_ok()
}

/// Whether a text is nothing but what may stand beside the sentence: a prose label, or a remark that its entry lists.
pub(crate) fn is_remark_of(sentence: &str, note: &str) -> bool {
    if is_prose(note) {
        return true;
    }
    let note = tokens(note);
    let mut words = tokens(sentence);
    if words.len() + note.len() > MOST_WORDS {
        return false;
    }
    if words.last().is_some_and(|last| last.is(".")) {
        words.pop();
    }
    let paren = |text: &str| Token { text: text.to_owned(), word: text.to_owned(), start: 0 };
    let alone = sentences(&words, None);
    words.push(paren("("));
    words.extend(note.into_iter().filter(|token| !token.is(".")));
    words.push(paren(")"));
    // A remark that is a parameter would change what the sentence says: it has to stand in it.
    alone.is_ok() && alone == sentences(&words, None)
}

/// Part of the text, in bytes, that was not understood where the rest of the sentence was.
type Rest = Option<(usize, usize)>;

/// The whole text as one sentence, else as several that are each understood.
fn sentences(words: &[Token], heading: Option<&[Token]>) -> Result<Vec<Check>, Rest> {
    let rest = match labelled(words, heading) {
        Ok(checks) => return Ok(checks),
        Err(rest) => rest,
    };
    let parts: Vec<&[Token]> =
        words.split(|token| token.is(".") || token.is(";")).filter(|part| !part.is_empty()).collect();
    if parts.len() < 2 {
        return Err(rest);
    }
    let mut all = Vec::new();
    for part in parts {
        match labelled(part, heading) {
            Ok(checks) => add(&mut all, checks),
            Err(_) if all.is_empty() => return Err(rest),
            Err(rest) => return Err(rest.or_else(|| span(part))),
        }
    }
    Ok(all)
}

/// A sentence with or without a label before it.
fn labelled(words: &[Token], heading: Option<&[Token]>) -> Result<Vec<Check>, Rest> {
    let Some((label, text)) = label_of(words) else { return unlabelled(words, heading) };
    let own = entries().iter().find_map(|entry| entry.label(label));
    if let Some(own) = own {
        // A promise of its own, beside its text or as the subject of it.
        return match plain(text) {
            Ok(checks) => {
                let mut all = own;
                add(&mut all, checks);
                Ok(all)
            }
            Err(rest) => plain(words).map_err(|_| rest.or_else(|| span(text))),
        };
    }
    let rest = match plain(words) {
        Ok(checks) => return Ok(checks),
        Err(rest) => rest,
    };
    let is_synonym = matches!(label, [name] if SYNONYMS.contains(&name.word.as_str()));
    let understood = if is_synonym { unlabelled(text, heading) } else { under_topic(label, text) };
    understood.map_err(|other| rest.or(other))
}

/// A label that names the subject of the sentence's own entry adds nothing to it.
fn under_topic(label: &[Token], text: &[Token]) -> Result<Vec<Check>, Rest> {
    match entry_of(text) {
        Ok((entry, checks)) if entry.has_topic(label) => Ok(checks),
        Ok(_) => Err(span(label)),
        Err(rest) => Err(rest),
    }
}

/// A sentence by itself, else with the heading as its subject.
fn unlabelled(words: &[Token], heading: Option<&[Token]>) -> Result<Vec<Check>, Rest> {
    let rest = match plain(words) {
        Ok(checks) => return Ok(checks),
        Err(rest) => rest,
    };
    let Some(heading) = heading else { return Err(rest) };
    let mut with_subject = heading.to_vec();
    with_subject.push(Token { text: ":".to_owned(), word: ":".to_owned(), start: 0 });
    with_subject.extend_from_slice(words);
    // What the heading adds has no place in the text, so only the text's own rest is told.
    plain(&with_subject).map_err(|_| rest)
}

fn plain(words: &[Token]) -> Result<Vec<Check>, Rest> {
    entry_of(words).map(|(_, checks)| checks)
}

/// The entry that understands a sentence whole, and its checks.
fn entry_of(words: &[Token]) -> Result<(&'static Compiled, Vec<Check>), Rest> {
    let Some(sentence) = clause(words) else { return Err(None) };
    let mut rest = None;
    match whole(&sentence) {
        Ok(understood) => return Ok(understood),
        Err(found) => rest = rest.or(found),
    }
    // `Sentence — remark`, and `SUBJECT - sentence`.
    if let Some(dash) = sentence.main.iter().position(is_dash) {
        let (before, after) = (&sentence.main[..dash], &sentence.main[dash + 1..]);
        let mut remarked = Clause { main: before.to_vec(), remarks: sentence.remarks.clone() };
        remarked.remarks.push(after.to_vec());
        let mut subject = sentence.clone();
        subject.main[dash] = Token { text: ":".to_owned(), word: ":".to_owned(), start: subject.main[dash].start };
        if let Ok(understood) = whole(&remarked).or_else(|_| whole(&subject)) {
            return Ok(understood);
        }
    }
    Err(rest)
}

fn whole(sentence: &Clause) -> Result<(&'static Compiled, Vec<Check>), Rest> {
    let mut rest: Rest = None;
    let mut longest = 0;
    for entry in entries() {
        for pattern in entry.patterns.iter().chain(&entry.labels) {
            for (end, found) in pattern.ends(&sentence.main) {
                if end < sentence.main.len() {
                    if end > longest && (entry.entry.checks)(&found).is_some() {
                        (longest, rest) = (end, span(&sentence.main[end..]));
                    }
                    continue;
                }
                match entry.with_remarks(found, &sentence.remarks) {
                    Ok(checks) => return Ok((entry, checks)),
                    Err(remark) => {
                        (longest, rest) = (end, sentence.remarks.get(remark).and_then(|remark| span(remark)));
                    }
                }
            }
        }
    }
    Err(rest)
}

/// An entry with its patterns compiled.
struct Compiled {
    entry: &'static Entry,
    patterns: Vec<Pattern>,
    labels: Vec<Pattern>,
    topics: Vec<Vec<Token>>,
    remarks: Vec<Pattern>,
}

fn entries() -> &'static [Compiled] {
    static ENTRIES: LazyLock<Vec<Compiled>> = LazyLock::new(|| vocabulary().iter().map(Compiled::new).collect());
    &ENTRIES
}

impl Compiled {
    fn new(entry: &'static Entry) -> Self {
        let compile =
            |patterns: &'static [&'static str]| patterns.iter().map(|pattern| Pattern::new(pattern)).collect();
        Self {
            entry,
            patterns: compile(entry.patterns),
            labels: compile(entry.labels),
            topics: entry.topics.iter().map(|topic| tokens(topic)).collect(),
            remarks: compile(entry.remarks),
        }
    }

    /// What a label promises by itself.
    fn label(&self, label: &[Token]) -> Option<Vec<Check>> {
        let Clause { main, remarks } = clause(label)?;
        let found = self.labels.iter().find_map(|pattern| pattern.whole(&main))?;
        self.with_remarks(found, &remarks).ok()
    }

    fn has_topic(&self, label: &[Token]) -> bool {
        self.topics.iter().any(|topic| topic.iter().map(|t| &t.word).eq(label.iter().map(|t| &t.word)))
    }

    /// The checks of what was found, once every parenthesis is one that the entry knows; else which one is not.
    fn with_remarks(&self, mut found: Found, remarks: &[Vec<Token>]) -> Result<Vec<Check>, usize> {
        for (index, remark) in remarks.iter().enumerate() {
            let known = self.remarks.iter().find_map(|pattern| pattern.whole(remark));
            if !known.is_some_and(|said| found.join(said)) {
                return Err(index);
            }
        }
        (self.entry.checks)(&found).ok_or(0)
    }
}

/// The label before a sentence's first colon, and what follows it: at most five words, none of them a parenthesis' part.
fn label_of(words: &[Token]) -> Option<(&[Token], &[Token])> {
    let colon = words.iter().take(12).position(|token| token.is(":")).filter(|at| *at > 0)?;
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
