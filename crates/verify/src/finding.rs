//! What one check found.

use seaworthy_report::{Criterion, Found, Verdict};

use crate::redact::Redactor;

/// The longest evidence that a report carries, in characters. A terminal shows less of it.
const LONGEST: usize = 1000;
/// So many characters of a pass stand before what decides against the promise: a terminal has room for both.
const LONGEST_BEFORE: usize = 200;

/// What one check found: a verdict, and in one line what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub verdict: Verdict,
    /// One line, with figures.
    pub evidence: String,
    /// The command that would decide it.
    pub next: Option<String>,
    pub warnings: Vec<String>,
    /// The id of the criterion that tells the cause.
    pub caused_by: Option<String>,
    /// All that was found, where the check finds many things.
    pub found: Box<[Found]>,
}

impl Finding {
    /// Evidence shows it.
    pub fn pass(evidence: impl AsRef<str>) -> Self {
        Self::new(Verdict::Pass, evidence.as_ref())
    }

    /// What was seen contradicts it.
    pub fn fail(evidence: impl AsRef<str>) -> Self {
        Self::new(Verdict::Fail, evidence.as_ref())
    }

    /// Nothing relevant was seen; the evidence says what is missing.
    pub fn unproven(evidence: impl AsRef<str>) -> Self {
        Self::new(Verdict::Unproven, evidence.as_ref())
    }

    /// Nothing contradicts it, and what decides it only the user can give, with the command `next`.
    pub fn pending(evidence: impl AsRef<str>, next: impl Into<String>) -> Self {
        Self { next: Some(next.into()), ..Self::new(Verdict::Pending, evidence.as_ref()) }
    }

    /// Adds something that does not decide the promise and that a reader should know.
    #[must_use]
    pub fn warn(mut self, warning: impl AsRef<str>) -> Self {
        self.warnings.push(one_line(warning.as_ref()));
        self
    }

    /// With more that was seen.
    #[must_use]
    pub(crate) fn with(mut self, more: &str) -> Self {
        self.evidence = joined(&self.evidence, more);
        self
    }

    /// Both must hold: the worse verdict, the evidence of both, the worse one's `next`.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let (worse, better) = if rank(other.verdict) > rank(self.verdict) { (&other, &self) } else { (&self, &other) };
        let next = match worse.verdict {
            Verdict::Pass | Verdict::Fail => None,
            Verdict::Unproven | Verdict::Pending => worse.next.clone().or_else(|| better.next.clone()),
        };
        let caused_by = worse.caused_by.clone();
        let verdict = worse.verdict;
        let is_buried = verdict != self.verdict && self.evidence.chars().count() > LONGEST_BEFORE;
        let (first, second) = if is_buried { (&other, &self) } else { (&self, &other) };
        let evidence = match (first.evidence.as_str(), second.evidence.as_str()) {
            (one, "") | ("", one) => one.to_owned(),
            (one, two) => match without(two, one).as_str() {
                "" => one.to_owned(),
                more => joined(one, more),
            },
        };
        let mut warnings = self.warnings;
        for warning in other.warnings {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        let found = [self.found, other.found].concat().into();
        Self { verdict, evidence, next, warnings, caused_by, found }
    }

    /// Without the secrets of the run.
    pub(crate) fn redacted(mut self, redactor: &Redactor) -> Self {
        self.evidence = redactor.redact(&self.evidence);
        self.warnings = self.warnings.iter().map(|warning| redactor.redact(warning)).collect();
        self.found.iter_mut().for_each(|found| found.place = redactor.redact(&found.place));
        self
    }

    /// Puts it into the report as what decides a criterion.
    pub(crate) fn decides(self, criterion: &mut Criterion) {
        let Self { verdict, evidence, next, warnings, caused_by, found } = self;
        criterion.verdict = verdict;
        criterion.evidence = evidence;
        criterion.next = next;
        criterion.warnings = warnings;
        criterion.caused_by = caused_by;
        criterion.findings = found.into();
    }

    fn new(verdict: Verdict, evidence: &str) -> Self {
        Self {
            verdict,
            evidence: one_line(evidence),
            next: None,
            warnings: Vec::new(),
            caused_by: None,
            found: Box::default(),
        }
    }
}

/// The worse, the higher.
fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Pending => 1,
        Verdict::Unproven => 2,
        Verdict::Fail => 3,
    }
}

/// One line of a sane length without control characters: what comes out of a container may hold anything.
pub fn one_line(text: &str) -> String {
    shortened(text, LONGEST)
}

/// A piece of evidence without what another says already: two checks of one sentence may see the same.
fn without(evidence: &str, said: &str) -> String {
    let is_new = |part: &&str| !said.split("; ").any(|known| known == *part);
    evidence.split("; ").filter(is_new).collect::<Vec<_>>().join("; ")
}

/// Two pieces of evidence in one line. Where there is no room for both, the longer one is cut, so that something of each is read.
fn joined(one: &str, two: &str) -> String {
    let room = LONGEST - "; ".len();
    let [one_length, two_length] = [one, two].map(|text| text.chars().count());
    let one = shortened(one, room.saturating_sub(two_length).max(room / 2));
    let two = shortened(two, room.saturating_sub(one_length).max(room / 2));
    format!("{one}; {two}")
}

/// As [`one_line`], at most `most` characters.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    let mut space = false;
    for character in text.trim().chars() {
        if character.is_control() || character.is_whitespace() || is_invisible(character) {
            space = true;
            continue;
        }
        if length + usize::from(space) + 1 > most {
            line.push('…');
            return line;
        }
        if std::mem::take(&mut space) && !line.is_empty() {
            line.push(' ');
            length += 1;
        }
        line.push(character);
        length += 1;
    }
    line
}

/// Characters that change how others are shown: direction, joining, byte order marks.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_checks_see_alike_is_told_once() {
        let one = Finding::pass("its user is uid 100; uid 100 in every process").warn("a shell is in it");
        let two = Finding::pass("its user is uid 100; its group is 101").warn("a shell is in it").warn("and more");
        let both = one.clone().and(two);
        assert_eq!(both.evidence, "its user is uid 100; uid 100 in every process; its group is 101");
        assert_eq!(both.warnings, ["a shell is in it", "and more"]);
        assert_eq!(one.clone().and(one.clone()), one);
    }

    #[test]
    fn the_worst_verdict_wins_and_the_evidence_is_joined() {
        let pass = || Finding::pass("uid 1000");
        let pending = || Finding::pending("not pushed", "seaworthy ship");
        let unproven = || Finding::unproven("no engine");
        let fail = || Finding::fail("uid 0");
        for (one, two, expected) in [
            (pass(), pass(), Verdict::Pass),
            (pass(), pending(), Verdict::Pending),
            (pending(), unproven(), Verdict::Unproven),
            (fail(), unproven(), Verdict::Fail),
            (pending(), fail(), Verdict::Fail),
        ] {
            assert_eq!(one.clone().and(two.clone()).verdict, expected);
            assert_eq!(two.and(one).verdict, expected);
        }
        let both = pass().and(pending());
        assert_eq!((both.evidence.as_str(), both.next.as_deref()), ("uid 1000; not pushed", Some("seaworthy ship")));
        assert_eq!(pending().and(fail()).next, None);
    }

    #[test]
    fn what_decides_is_read_before_long_evidence_of_the_rest() {
        let long = "image ".repeat(60);
        let both = |one: &str, two: Finding| Finding::pass(one).and(two).evidence;
        assert!(both(&long, Finding::fail("it ignores it")).starts_with("it ignores it; image image"));
        assert!(both(&long, Finding::pass("it follows it")).ends_with("image; it follows it"));
        assert_eq!(both("listens on 8000", Finding::fail("and always")), "listens on 8000; and always");
    }

    #[test]
    fn long_evidence_leaves_room_for_what_is_joined_to_it() {
        let (short, long) = ("seen at run time", "image ".repeat(LONGEST));
        let pass = |text: &str| Finding::pass(text);
        let both = pass(&long).and(pass(short)).evidence;
        assert!(both.starts_with("image image") && both.ends_with("…; seen at run time"), "{both}");
        assert!(pass(short).and(pass(&long)).evidence.starts_with("seen at run time; image"));
        assert!(pass(&long).with(short).evidence.ends_with("…; seen at run time"));
        let halves = pass(&long).and(pass(&long.replace("image", "run"))).evidence;
        assert!(halves.contains("…; run run") && halves.chars().count() <= LONGEST + 2, "{halves}");
        assert_eq!(pass("uid 1000").and(pass(short)).evidence, "uid 1000; seen at run time");
    }

    #[test]
    fn evidence_is_one_short_line_without_control_characters() {
        assert_eq!(Finding::fail("a\r\n\x1b[31mb\tc\u{202e}d  ").evidence, "a [31mb c d");
        assert_eq!(shortened("abcdef", 3), "abc…");
        assert_eq!(shortened("abc", 3), "abc");
        assert_eq!(one_line(&"é".repeat(1_000_000)).chars().count(), LONGEST + 1);
    }
}
