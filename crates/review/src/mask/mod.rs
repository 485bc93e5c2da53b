//! Takes credentials, keys, hosts and addresses out of text before it is shown.
//!
//! It takes out too much rather than too little. What the image's own check of secrets looks for must be certain, since it fails a promise;
//! here a wrong guess costs a placeholder. So this has rules of its own, and a test holds that it knows every form that the other knows.

mod assignment;
mod command;
mod encoded;
mod host;
mod joined;
mod name;
mod pattern;
mod phrase;
mod random;
mod token;
mod url;

use std::collections::{BTreeMap, HashSet};

use aho_corasick::AhoCorasick;
use seaworthy_init::Place;

use crate::Finding;

/// A longer part of a line is not looked at as a whole.
const LONGEST: usize = 16 << 10;
/// Longer values are not looked for in other places.
const LONGEST_KNOWN: usize = 2_000;
/// Values of which other places are looked for, at most.
const MOST_KNOWN: usize = 20_000;
/// Shorter values stand in other texts by chance.
const SHORTEST: usize = 5;
/// Words that people use as passwords, and for other things: they are taken out where they are a password, and not elsewhere.
const USUAL: &[&str] = &[
    "postgres",
    "password",
    "secret",
    "admin",
    "administrator",
    "root",
    "example",
    "changeme",
    "default",
    "development",
    "production",
    "required",
    "localhost",
    "redis",
    "mysql",
    "token",
    "docker",
    "python",
    "server",
    "access",
    "github",
    "build",
    "build-arg",
    "runtime",
    "string",
    "value",
    "container",
    "environment",
    "variable",
    "secrets",
    "database",
];

/// What a text was found to hold, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: usize,
    end: usize,
    kind: Kind,
}

/// What is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Setting,
    Url,
    Key,
    Token,
    Random,
    Command,
    Phrase,
    Encoded,
    Email,
    Address,
    Host,
}

impl Kind {
    /// In the list of what was taken out.
    fn in_words(self) -> &'static str {
        match self {
            Self::Setting => "the value of a setting whose name speaks of a secret",
            Self::Url => "credentials in a URL",
            Self::Key => "a private key or certificate",
            Self::Token => "a token of a known form",
            Self::Random => "text that looks random",
            Self::Command => "an argument that a command takes as a password",
            Self::Phrase => "what a sentence calls a password, a token or a key",
            Self::Encoded => "a secret in base 64, hexadecimal or percent-encoding",
            Self::Email => "an e-mail address or login",
            Self::Address => "an IP address",
            Self::Host => "a host name",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Address | Self::Host => "HOST",
            _ => "SECRET",
        }
    }
}

/// Something that was taken out: never its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// `<SECRET-1>`
    pub placeholder: String,
    pub kind: &'static str,
    pub at: Place,
}

/// Puts placeholders in the place of secrets: of one value always the same.
#[derive(Debug, Default)]
pub struct Mask {
    placeholders: BTreeMap<String, String>,
    counts: BTreeMap<&'static str, usize>,
    /// Values that are looked for everywhere.
    known: Vec<(String, Kind)>,
    search: Option<AhoCorasick>,
    replaced: Vec<Replaced>,
    /// Those that are in `replaced`.
    told: HashSet<(String, &'static str, String)>,
}

impl Mask {
    /// One that knows what these texts hold, wherever else it stands.
    pub fn knowing<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut mask = Self::default();
        for text in texts {
            for span in spans(text) {
                mask.learn(&text[span.start..span.end], span.kind);
            }
        }
        mask.known.sort();
        mask.known.dedup_by(|later, kept| later.0 == kept.0);
        let values = mask.known.iter().map(|(value, _)| value);
        mask.search = AhoCorasick::new(values).ok();
        mask
    }

    /// A file without secrets. Lines keep their numbers; what was taken out is remembered with its place.
    pub fn file(&mut self, path: &str, text: &str) -> String {
        self.remembered(text, |line| Place::line(path, line))
    }

    /// As [`Mask::file`], of a text that is no file.
    pub fn said(&mut self, place: &str, text: &str) -> String {
        self.remembered(text, |_| Place::file(place))
    }

    fn remembered(&mut self, text: &str, place: impl Fn(usize) -> Place) -> String {
        let found = self.all(text);
        let (mut line, mut from) = (1, 0);
        for span in &found {
            line += text[from..span.start].matches('\n').count();
            from = span.start;
            let placeholder = self.placeholder(&text[span.start..span.end], span.kind);
            let replaced = Replaced { placeholder, kind: span.kind.in_words(), at: place(line) };
            if self.told.insert((replaced.placeholder.clone(), replaced.kind, replaced.at.to_string())) {
                self.replaced.push(replaced);
            }
        }
        self.without(text, &found)
    }

    /// A text without secrets.
    pub fn text(&mut self, text: &str) -> String {
        let found = self.all(text);
        self.without(text, &found)
    }

    /// A finding without secrets: a message may quote a file.
    pub fn finding(&mut self, finding: &Finding) -> Finding {
        let mut finding = finding.clone();
        let place = format!("the finding at {}", finding.at);
        finding.message = self.said(&place, &finding.message);
        finding.advice = self.said(&place, &finding.advice);
        for edit in &mut finding.edits {
            edit.text = self.said(&place, &edit.text);
        }
        finding
    }

    /// What was taken out of files, in the order in which it was.
    pub fn replaced(&self) -> &[Replaced] {
        &self.replaced
    }

    fn learn(&mut self, value: &str, kind: Kind) {
        let plain = plain(value);
        let is_usual = USUAL.contains(&plain.to_lowercase().as_str());
        let is_number = plain.len() < 8 && plain.bytes().all(|byte| byte.is_ascii_digit());
        if plain.len() < SHORTEST
            || plain.len() > LONGEST_KNOWN
            || is_usual
            || is_number
            || self.known.len() >= MOST_KNOWN
        {
            return;
        }
        self.known.push((plain.clone(), kind));
        if kind.label() == "SECRET" {
            let parts = url::parts(&plain).into_iter().filter(|part| part.len() >= SHORTEST && *part != plain);
            let parts: Vec<String> = parts.filter(|part| !USUAL.contains(&part.to_lowercase().as_str())).collect();
            self.known.extend(parts.into_iter().chain(encoded::forms(&plain)).map(|form| (form, kind)));
        }
    }

    /// What the text itself shows, and what other texts have shown of it.
    fn all(&self, text: &str) -> Vec<Span> {
        let mut found = spans(text);
        let known = self.search.iter().flat_map(|search| search.find_overlapping_iter(text));
        found.extend(known.filter_map(|place| {
            let (value, kind) = self.known.get(place.pattern().as_usize())?;
            is_whole(text, place.start(), value).then(|| Span { start: place.start(), end: place.end(), kind: *kind })
        }));
        merged(found)
    }

    fn placeholder(&mut self, value: &str, kind: Kind) -> String {
        let (value, label) = (plain(value), kind.label());
        if let Some(known) = self.placeholders.get(&value) {
            return known.clone();
        }
        let count = self.counts.entry(label).or_default();
        *count += 1;
        let placeholder = format!("<{label}-{count}>");
        self.placeholders.insert(value, placeholder.clone());
        placeholder
    }

    fn without(&mut self, text: &str, found: &[Span]) -> String {
        let (mut clean, mut from) = (String::with_capacity(text.len()), 0);
        for span in found {
            let value = &text[span.start..span.end];
            clean.push_str(&text[from..span.start]);
            clean.push_str(&self.placeholder(value, span.kind));
            // Lines keep their numbers, and continued lines go on.
            for (at, _) in value.match_indices('\n') {
                clean.push_str(if value[..at].trim_end_matches('\r').ends_with('\\') { "\\\n" } else { "\n" });
            }
            from = span.end;
        }
        clean.push_str(&text[from..]);
        clean
    }
}

/// Whether a value that looks like a word is not a part of a longer one.
fn is_whole(text: &str, at: usize, value: &str) -> bool {
    let is_word = value.len() < 8 && value.bytes().all(|byte| byte.is_ascii_alphabetic());
    let before = text[..at].chars().next_back().is_some_and(char::is_alphanumeric);
    let behind = text[at + value.len()..].chars().next().is_some_and(char::is_alphanumeric);
    !is_word || !before && !behind
}

/// A value without quotes and the ends of continued lines: what is the same secret.
fn plain(value: &str) -> String {
    let joined = value.replace("\\\r\n", "").replace("\\\n", "");
    joined.trim().trim_matches(['"', '\'', '`', ',', ';', ')', ']']).to_owned()
}

/// Every span of a text, in order, none inside another.
fn spans(text: &str) -> Vec<Span> {
    let mut found = plain_spans(text);
    for joined in joined::joined(text) {
        found.extend(plain_spans(&joined.text).into_iter().map(|span| joined.back(span)));
    }
    found.retain(|span| text.is_char_boundary(span.start) && text.is_char_boundary(span.end));
    merged(found)
}

fn plain_spans(text: &str) -> Vec<Span> {
    let mut found = token::keys(text);
    found.extend(url::urls(text));
    found.extend(assignment::assignments(text));
    found.extend(command::commands(text));
    found.extend(phrase::phrases(text));
    found.extend(token::tokens(text));
    found.extend(random::random(text));
    found.extend(encoded::encoded(text));
    found.extend(host::hosts(text));
    found
}

/// Spans that overlap or touch, as one: of the kind of the longest.
fn merged(mut found: Vec<Span>) -> Vec<Span> {
    found.retain(|span| span.start < span.end);
    found.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let mut kept: Vec<Span> = Vec::new();
    for span in found {
        match kept.last_mut() {
            Some(last) if span.start < last.end => {
                if span.end - span.start > last.end - last.start {
                    last.kind = span.kind;
                }
                last.end = last.end.max(span.end);
            }
            _ => kept.push(span),
        }
    }
    kept
}
