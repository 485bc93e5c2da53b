//! A sentence's clauses: what it denies, and whether it promises at all.

use crate::sentence::{Token, is_dash};

/// Words that deny what follows in their clause, and what stands before them there.
const DENY: &str = "not|cannot|can't|nothing|neither|nor|nobody|none|hardly|needless";

/// Words that deny what follows at once.
const LACK: &str = "no|without|zero|instead|rather|non";

/// How many words those reach.
const LACK_REACHES: usize = 4;

/// Words by which a thing is not there, besides a denial.
const GONE: &str = "gone|absent|remove|removed|drop|dropped|exclude|excluded|missing|free|strip|stripped|behind|disabled|forbidden|out|none\
                    |only needed|only used|only required|only for|only during|only at|only in\
                    |instead|rather|other|non-root|nonroot|unprivileged|rootless|avoid|prohibited|lose|stays|needed";

/// Words behind a denial that make a limit of it: `no more than`, `nothing but`.
const COMPARE: &str = "more|larger|longer|later|bigger|greater|heavier|higher|exceed|over|above|cross|beyond|worse|only|slower|grow|but|else|other";

/// What a sentence tells, wishes or doubts is no promise.
const DOUBTS: &str = "maybe|perhaps|might|probably|todo :|todo after|someday|some day|one day|considering|considered|consider|planned|plan to|ideally\
                      |out of scope|out-of-scope|previous|previously|last quarter|last week|last year|last time|learned|discouraged\
                      |not promise|obligatory|guess|if we ever|follow-up|not yet|hasn't|hasn't been|haven't|not checked|not check|not measured\
                      |recommended|acceptable|didn't|did not|used to need|used to run|used to be|explain how|docs explain|aware\
                      |really need|later get|discussed|decide|ask before|ask me|exceptions shall|you prefer|feel|feels|old|not rejected|no promises\
                      |can live|hope|hopefully|mention|next month|next year|next quarter|next sprint|next release|starting next|generally|usually\
                      |sometimes|mostly|most of|where possible|if possible|when possible|as far as possible|in development|when debugging\
                      |while debugging|for now|temporarily|partly|partially|almost|nearly|supposed|eventually|coming soon|tolerated|waiver|exempt\
                      |with exception|false|disabled|by hand|in demo|demo run|on demand|only when|only if|nice to have|stretch goal|would be nice\
                      |could|needless|not need to|tbd|experimental|not true|unknown|at your own risk|in theory|allegedly|outliers|not sure|unsure";

/// What doubts at the beginning of a sentence.
const DOUBTS_FIRST: &str = "whether|bonus|if cluster|if you|idea|some|most|unless|for small|in tests";

/// Signs of what is struck out.
const CROSSES: &[char] = &['❌', '✗', '✕', '✖', '🚫', '⛔', '~'];

/// Other programs than the service, and the nouns that they stand in front of.
const OTHERS: &str = "database|reverse|sidecar|monitoring|mock|mirror|legacy|ephemeral|init|debug|second|third-party|upstream|datadog|grafana\
                      |prometheus|flyway|host|ci|builder|other|another|test|staging|postgres|redis";
const NOUNS: &str = "container|image|service|server|process|agent|proxy|portal|registry|consumer|pod";

/// A sentence's words, with what is denied of them.
pub(super) struct Written {
    pub(super) words: Vec<Token>,
    /// The number of each word's clause.
    clauses: Vec<usize>,
    denied: Vec<bool>,
}

impl Written {
    pub(super) fn new(words: Vec<Token>) -> Self {
        let clauses = clauses(&words);
        let denied = denied(&words, &clauses);
        Self { words, clauses, denied }
    }

    /// Whether it tells, wishes or doubts, or is about something else: then it promises nothing of this container. What stands in
    /// parentheses is a remark.
    pub(super) fn is_doubted(&self) -> bool {
        let mut is_remark = false;
        let is_outside = |word: &&Token| !is_in_parentheses(word, &mut is_remark);
        let outside: Vec<Token> = self.words.iter().filter(is_outside).cloned().collect();
        is_one(&outside, DOUBTS_FIRST)
            || (0..outside.len()).any(|at| is_one(&outside[at..], DOUBTS))
            || self.words.iter().any(|word| word.text.starts_with(CROSSES))
            || self.is_of_other()
    }

    /// Whether it is about another container or program than the service's: `the reverse proxy`, `the database container`.
    fn is_of_other(&self) -> bool {
        let names = |at: usize| is_one(&self.words[at..], OTHERS) && is_one(&self.words[at + 1..], NOUNS);
        (0..self.words.len().min(3)).any(|at| names(at) || is_one(&self.words[at..], "sidecar|ingress"))
    }

    /// Where one of the words of a set begins.
    pub(super) fn places(&self, set: &str) -> Vec<usize> {
        (0..self.words.len()).filter(|at| is_one(&self.words[*at..], set)).collect()
    }

    pub(super) fn is_denied(&self, at: usize) -> bool {
        self.denied[at]
    }

    /// Whether a thing is said to be not there: by a denial, or by another word of its clause.
    pub(super) fn denies(&self, at: usize) -> bool {
        self.denied[at] || self.places(GONE).into_iter().any(|other| self.is_together(other, at))
    }

    /// Whether two words are in the same clause.
    pub(super) fn is_together(&self, one: usize, other: usize) -> bool {
        self.clauses[one] == self.clauses[other]
    }
}

/// Whether words begin with one of a set of phrases, with bars between them. `work*` is any word that begins so, `*_key` any that ends so.
pub(super) fn is_one(words: &[Token], set: &str) -> bool {
    !set.is_empty() && set.split('|').any(|phrase| begins_with(words, phrase))
}

fn begins_with(words: &[Token], phrase: &str) -> bool {
    // Sets are long: most phrases are left out by a look at one letter.
    let first = words.first().and_then(|word| word.word.as_bytes().first());
    if !phrase.starts_with('*') && first != phrase.as_bytes().first() {
        return false;
    }
    let mut words = words.iter();
    phrase.split(' ').all(|part| {
        words.next().is_some_and(|word| match (part.strip_suffix('*'), part.strip_prefix('*')) {
            (Some(beginning), _) => word.word.starts_with(beginning),
            (None, Some(end)) => word.word.ends_with(end),
            (None, None) => word.is(part),
        })
    })
}

/// Whether a word is in parentheses, or one of them.
fn is_in_parentheses(word: &Token, is_inside: &mut bool) -> bool {
    let was_inside = *is_inside;
    match word.text.as_str() {
        "(" => *is_inside = true,
        ")" => *is_inside = false,
        _ => {}
    }
    was_inside || *is_inside
}

fn clauses(words: &[Token]) -> Vec<usize> {
    const JOINTS: &str = ";|.|:|(|)|→|but|so|because|since|while|otherwise|whereas";
    let mut clause = 0;
    let joins = |at: usize| {
        let rest = &words[at..];
        is_one(rest, JOINTS) || is_dash(&rest[0]) || rest[0].is(",") && begins_clause(&rest[1..])
    };
    let number = |at: usize| {
        clause += usize::from(joins(at));
        clause
    };
    (0..words.len()).map(number).collect()
}

/// Whether what follows a comma is more than an item of a list: `no shell, package manager or compiler`.
fn begins_clause(rest: &[Token]) -> bool {
    let item = (0..rest.len()).take_while(|at| !is_one(&rest[*at..], ",|and|or|nor")).count();
    item > 2 || rest.get(item).is_some_and(|next| next.is("and")) && rest.len() - item > 4
}

fn denied(words: &[Token], clauses: &[usize]) -> Vec<bool> {
    let mut denied = vec![false; words.len()];
    for at in 0..words.len() {
        let lacks = is_one(&words[at..], LACK);
        let is_denial = lacks || is_one(&words[at..], DENY) || words[at].word.ends_with("n't");
        if !is_denial || is_one(&words[at + 1..], COMPARE) {
            continue;
        }
        let same = |other: &usize| clauses[*other] == clauses[at];
        let mut left = LACK_REACHES;
        for other in (at + 1..words.len()).take_while(same) {
            // All of a list is denied.
            let goes_on = is_one(&words[other..], ",|or|nor");
            if lacks && left == 0 && !goes_on {
                break;
            }
            left = if goes_on { LACK_REACHES } else { left.saturating_sub(1) };
            denied[other] = true;
        }
        if !lacks {
            let before = (0..at).rev().take_while(same).take_while(|other| !words[*other].is("and"));
            before.for_each(|other| denied[other] = true);
        }
    }
    denied
}
