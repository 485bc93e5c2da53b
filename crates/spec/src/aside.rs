//! Asides: phrases at the edge of a clause that change nothing of what it promises: `by itself`, `out of the box`.

use crate::sentence::{Token, begins, is_dash};

/// What may stand at the end of a clause.
const BEHIND: &[&str] = &[
    "out of the box",
    "as usual",
    "as always",
    "without manual help",
    "without any manual help",
    "without manual intervention",
    "without any manual intervention",
    "without human intervention",
    "without problems",
    "without any problems",
    "without a problem",
    "without any problem",
    "without issues",
    "without any issues",
    "without trouble",
    "without any trouble",
    "without complaints",
    "without complaining",
    "with no problems",
    "with no trouble",
    "at a glance",
    "anymore",
    "any more",
    "any longer",
    "that we ship",
    "we ship",
    "that we deploy",
    "that we publish",
    "that we release",
    "that we deliver",
    "that is shipped",
    "that is deployed",
    "that gets shipped",
    "that gets deployed",
    "for every release",
    "in every release",
    "with every release",
    "for each release",
    "for security",
    "for security reasons",
];

/// What may stand at the beginning of a sentence.
const BEFORE: &[&str] = &[
    "as usual",
    "as always",
    "for security",
    "for security reasons",
    "note that",
    "once the container is running",
    "once the container is up",
    "i made sure that",
    "we made sure that",
    "we make sure that",
    "also",
    "in addition",
    "additionally",
    "furthermore",
    "then",
    "remember that",
    "in short",
    "out of the box",
];

/// What may stand behind an image: it is this one.
const OF_IMAGE: &[&str] = &[
    "we push",
    "that we push",
    "we ship",
    "that we ship",
    "we publish",
    "that we publish",
    "we release",
    "that we release",
    "we deploy",
    "that we deploy",
    "we deliver",
    "that we deliver",
    "we build",
    "that we build",
    "that is shipped",
    "that gets shipped",
    "that is pushed",
    "that is published",
];

/// The sentence without its asides; `None` where it has none.
pub(crate) fn without_asides(words: &[Token]) -> Option<Vec<Token>> {
    let mut kept: Vec<Token> = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        let rest = &words[at..];
        let before = BEFORE.iter().filter_map(|phrase| begins(rest, phrase)).max().filter(|_| at == 0);
        let behind = BEHIND.iter().filter_map(|phrase| begins(rest, phrase));
        let of_image = OF_IMAGE.iter().filter_map(|phrase| begins(rest, phrase)).max();
        let of_image = of_image.filter(|_| at > 0 && words[at - 1].is("image"));
        let behind = behind.filter(|length| at > 0 && ends_clause(&rest[*length..])).max();
        if let Some(length) = before.or(of_image).or(behind).filter(|length| *length < words.len()) {
            at += length;
            if kept.is_empty() && words.get(at).is_some_and(|word| word.is(",")) {
                at += 1;
            }
        } else {
            kept.push(words[at].clone());
            at += 1;
        }
    }
    (kept.len() < words.len()).then_some(kept)
}

/// Whether nothing of the clause follows.
fn ends_clause(rest: &[Token]) -> bool {
    let Some(next) = rest.first() else { return true };
    [",", ".", ";", "(", ")", "and", "because", "since", "so", "thanks"].iter().any(|word| next.word == *word)
        || is_dash(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentence::tokens;

    #[test]
    fn an_aside_goes_and_what_belongs_to_the_clause_stays() {
        for (text, expected) in [
            ("It starts out of the box.", Some("It starts .")),
            ("As usual, it listens", Some("it listens")),
            ("By convention, it listens", None),
            ("It starts by itself", None),
            ("It starts out of the box and listens", Some("It starts and listens")),
            ("It starts on its own port", None),
            ("Out of the box", None),
            ("It starts as well", None),
        ] {
            let words = without_asides(&tokens(text));
            let words = words.map(|words| words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "));
            assert_eq!(words.as_deref(), expected, "{text}");
        }
    }
}
