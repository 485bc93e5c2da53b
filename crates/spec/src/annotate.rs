//! Comments that a specification gets from the tool. Nothing else in it changes by a byte.

use crate::{Promise, Spec};

/// Lines after the sentence's first that may take the comment: the sentence may go on there.
const LINES: usize = 20;

/// The text with a comment that binds the promise in that line to a sentence of the vocabulary.
///
/// `None` where there is no such promise, or no place for a comment: the promise must be understood with it, and every other one stay
/// what it is.
///
/// ```
/// let text = "## Success Criteria\n- [ ] Nobody is king in there\n";
/// let bound = seaworthy_spec::bind(text, 2, "Container runs as non-root user");
/// let expected = "## Success Criteria\n- [ ] Nobody is king in there <!-- check: Container runs as non-root user -->\n";
/// assert_eq!(bound.as_deref(), Some(expected));
/// ```
pub fn bind(text: &str, line: usize, sentence: &str) -> Option<String> {
    let before = Spec::parse(text).ok()?;
    let at = before.criteria.iter().position(|criterion| criterion.line == line)?;
    ends(text).skip(line.checked_sub(1)?).take(LINES).find_map(|end| {
        let changed = format!("{} <!-- check: {sentence} -->{}", &text[..end], &text[end..]);
        let after = Spec::parse(&changed).ok()?;
        is_bound(&before, &after, at, sentence).then_some(changed)
    })
}

fn is_bound(before: &Spec, after: &Spec, at: usize, sentence: &str) -> bool {
    let is_other = |(index, _): &(usize, _)| *index != at;
    let others = |spec: &Spec| spec.criteria.iter().cloned().enumerate().filter(is_other).collect::<Vec<_>>();
    let (Some(old), Some(new)) = (before.criteria.get(at), after.criteria.get(at)) else { return false };
    others(before) == others(after)
        && (&old.id, &old.text, old.line) == (&new.id, &new.text, new.line)
        && matches!(new.promise, Promise::Understood(_))
        && new.bound.last().is_some_and(|bound| bound == sentence)
}

/// Where the text of each line ends, without blanks and the line's end.
fn ends(text: &str) -> impl Iterator<Item = usize> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let end = start + line.trim_end().len();
        start += line.len();
        end
    })
}
