//! Whether the words of a sentence are those of an entry: every word must belong to one of its parts, and each part that it needs must be there.
//!
//! The parts may come in any order, so the active and the passive voice, and a measure in front or behind, are one sentence. Each word costs
//! one that no part accounts for: a cover without costs is an understanding, and the cheapest one says which words were too many.

use std::collections::HashMap;
use std::rc::Rc;

use crate::pattern::{Found, Pattern, Words};
use crate::sentence::{Token, is_dash};

/// Words too many, at most, for a sentence that is still worth an answer about its rest.
pub(crate) const MOST_REST: usize = 12;

/// One form of an entry, compiled.
pub(crate) struct Form {
    needed: Vec<Pattern>,
}

/// For each word of a sentence, the ends of a part that begins there.
pub(crate) type Places = Vec<Vec<(usize, Found)>>;

/// How the words of a sentence are covered.
pub(crate) struct Cover {
    pub(crate) found: Found,
    /// The words that no part accounts for, by their numbers.
    pub(crate) rest: Vec<usize>,
}

/// A way through the first words.
#[derive(Clone, Default)]
struct Way {
    /// The needed parts that were seen, one bit each.
    seen: u32,
    found: Found,
    rest: Vec<usize>,
}

impl Form {
    pub(crate) fn new(parts: &[&'static str]) -> Self {
        Self { needed: parts.iter().map(|part| Pattern::new(part)).collect() }
    }

    /// Adds the words of its parts, and the names of their parameters.
    pub(crate) fn collect(&self, words: &mut Words, parameters: &mut Vec<&'static str>) {
        self.needed.iter().for_each(|part| part.collect(words, parameters));
    }

    /// Whether each needed part may be among these words.
    pub(crate) fn may_be_in(&self, words: &Words) -> bool {
        self.needed.iter().all(|part| part.may_begin(words))
    }

    /// What the parts found, where they account for every word.
    pub(crate) fn covers(&self, extras: &[&Pattern], words: &[Token]) -> Option<Found> {
        let all = (1 << self.needed.len()) - 1;
        let mut ways: Vec<Vec<Way>> = vec![Vec::new(); words.len() + 1];
        ways[0].push(Way::default());
        for at in 0..words.len() {
            let here = std::mem::take(&mut ways[at]);
            if here.is_empty() {
                continue;
            }
            // Most sentences are of another entry, and end at their first word: a part is looked for only where a way leads.
            for (index, part) in self.needed.iter().enumerate() {
                goes_over(part, 1 << index, &here, &words[at..], &mut ways[at..]);
            }
            for part in extras {
                goes_over(part, 0, &here, &words[at..], &mut ways[at..]);
            }
            if is_punctuation(&words[at]) {
                for way in here {
                    keep(&mut ways[at + 1], way);
                }
            }
        }
        std::mem::take(&mut ways[words.len()]).into_iter().find(|way| way.seen == all).map(|way| way.found)
    }

    /// The cheapest cover of the words of `known` with at most `most` words left; `None` where a needed part is not there.
    pub(crate) fn cover(&self, extras: &[Rc<Places>], known: &mut KnownPlaces<'_>, most: usize) -> Option<Cover> {
        let words = known.words;
        let is_somewhere = |places: &Rc<Places>| places.iter().any(|ends| !ends.is_empty());
        let needed = self.needed.iter().map(|part| Some(known.of(part)).filter(is_somewhere));
        let needed: Vec<Rc<Places>> = needed.collect::<Option<_>>()?;
        let all = (1 << self.needed.len()) - 1;
        let mut ways: Vec<Vec<Way>> = vec![Vec::new(); words.len() + 1];
        ways[0].push(Way::default());
        for at in 0..words.len() {
            for way in std::mem::take(&mut ways[at]) {
                for (index, places) in needed.iter().enumerate().filter(|(index, _)| way.seen & (1 << index) == 0) {
                    for (end, found) in &places[at] {
                        way.goes_on(&mut ways[*end], way.seen | 1 << index, found);
                    }
                }
                for (end, found) in extras.iter().flat_map(|places| &places[at]) {
                    way.goes_on(&mut ways[*end], way.seen, found);
                }
                let mut skipped = way;
                if !is_punctuation(&words[at]) {
                    skipped.rest.push(at);
                }
                if skipped.rest.len() <= most.min(MOST_REST) {
                    keep(&mut ways[at + 1], skipped);
                }
            }
        }
        let whole = std::mem::take(&mut ways[words.len()]).into_iter().filter(|way| way.seen == all);
        whole.min_by_key(|way| way.rest.len()).map(|way| Cover { found: way.found, rest: way.rest })
    }
}

/// Leads the ways that end before the first of these words over a part that begins with it.
fn goes_over(part: &Pattern, bit: u32, here: &[Way], words: &[Token], ways: &mut [Vec<Way>]) {
    for (end, found) in part.ends(words).into_iter().filter(|(end, _)| *end > 0) {
        for way in here.iter().filter(|way| way.seen & bit == 0) {
            way.goes_on(&mut ways[end], way.seen | bit, &found);
        }
    }
}

impl Way {
    /// Adds the way on from here, unless what was found there is not what was found before.
    fn goes_on(&self, there: &mut Vec<Self>, seen: u32, found: &Found) {
        let mut joined = self.found.clone();
        if joined.join(found.clone()) {
            keep(there, Self { seen, found: joined, rest: self.rest.clone() });
        }
    }
}

/// Keeps the cheapest way to each place and set of parts, and of equal ones the first with each finding.
fn keep(ways: &mut Vec<Way>, way: Way) {
    const MOST: usize = 24;
    if ways.iter().any(|known| known.seen == way.seen && known.found == way.found && known.rest.len() <= way.rest.len())
    {
        return;
    }
    ways.retain(|known| !(known.seen == way.seen && known.found == way.found));
    if ways.len() >= MOST {
        let (dearest, _) = ways.iter().enumerate().max_by_key(|(_, way)| way.rest.len()).unwrap_or((0, &way));
        if ways[dearest].rest.len() <= way.rest.len() {
            return;
        }
        ways.swap_remove(dearest);
    }
    ways.push(way);
}

/// Where the parts of forms are in a sentence: many forms share parts, and each is looked for once.
pub(crate) struct KnownPlaces<'a> {
    words: &'a [Token],
    present: &'a Words,
    found: HashMap<&'static str, Rc<Places>>,
}

impl<'a> KnownPlaces<'a> {
    pub(crate) fn new(words: &'a [Token], present: &'a Words) -> Self {
        Self { words, present, found: HashMap::new() }
    }

    /// For each word, the ends of the part if it begins there; none of them is empty.
    pub(crate) fn of(&mut self, part: &Pattern) -> Rc<Places> {
        let ends = |at: usize| {
            let ends = part.ends(&self.words[at..]).into_iter().filter(|(end, _)| *end > 0);
            ends.map(|(end, found)| (at + end, found)).collect()
        };
        let places = || {
            let looked_at = if part.may_begin(self.present) { self.words.len() } else { 0 };
            let nowhere = vec![Vec::new(); self.words.len() - looked_at];
            Rc::new((0..looked_at).map(ends).chain(nowhere).collect())
        };
        self.found.entry(part.text()).or_insert_with(places).clone()
    }
}

/// Marks that say nothing by themselves. What separates two sentences is not among them.
fn is_punctuation(token: &Token) -> bool {
    [",", ":", ";", "(", ")", "!"].contains(&token.text.as_str()) || is_dash(token)
}
