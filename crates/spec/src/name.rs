//! The service's own name as the subject of its promises: `Matchmaker starts within 3s` in a specification called *Matchmaker*.

use crate::DependencyLine;
use crate::sentence::{Token, tokens};

/// Words of a title that belong to no name.
const AROUND: &[&str] = &[
    "container",
    "containerization",
    "containerisation",
    "specification",
    "spec",
    "image",
    "docker",
    "dockerfile",
    "the",
    "a",
    "an",
    "for",
    "of",
    "requirement",
    "checklist",
    "contract",
    ":",
    "-",
    "--",
    "–",
    "—",
    "(",
    ")",
];

/// The service's name in a specification's title; `None` where there is none that could not be taken for something else.
pub(crate) fn of_title(title: &str) -> Option<Vec<Token>> {
    let title: String = title.chars().take(100).collect();
    let words = tokens(&title);
    let is_around = |word: &Token| AROUND.iter().any(|around| word.is(around));
    let first = words.iter().position(|word| !is_around(word))?;
    let last = words.iter().rposition(|word| !is_around(word))?;
    let name = &words[first..=last];
    // A word of the vocabulary by itself means what it means: `Database`, `Redis`.
    let is_name = name.len() < 5 && name.iter().all(|word| word.word.chars().any(char::is_alphanumeric));
    let is_own = name.len() > 1 || name[0].numbers().next().is_none();
    (is_name && is_own).then(|| name.to_vec())
}

/// What stands in a sentence for a dependency that the vocabulary does not know.
pub(crate) const SERVER: &str = "listed-server";

/// The names that *Dependencies* give to servers, without an article.
pub(crate) fn of_servers(dependencies: &[DependencyLine]) -> Vec<Vec<Token>> {
    let needed = dependencies.iter().filter_map(|line| line.read.as_ref().ok());
    let names = needed.flat_map(|needed| std::iter::once(needed.name.as_str()).chain(needed.label.as_deref()));
    names.map(tokens).filter(|name| !name.is_empty()).collect()
}

/// The sentence with one word in the place of each server's name.
pub(crate) fn with_servers(words: Vec<Token>, names: &[Vec<Token>]) -> Vec<Token> {
    names.iter().fold(words, |words, name| {
        let (mut at, mut kept) = (0, Vec::with_capacity(words.len()));
        while let Some(word) = words.get(at) {
            let here = &words[at..];
            if here.len() >= name.len() && here.iter().zip(name).all(|(word, part)| word.word == part.word) {
                let text = here[..name.len()].iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
                kept.push(Token::meaning(text, SERVER, word.start));
                at += name.len();
            } else {
                kept.push(word.clone());
                at += 1;
            }
        }
        kept
    })
}

/// Parts of an application, of which a title may name one.
const PARTS: &[&str] = &["frontend", "backend", "api", "web", "worker", "app"];

/// The sentence with `service` in the place of the name. In a specification of a frontend, `the frontend image` is the image.
pub(crate) fn replaced(words: &[Token], name: &[Token]) -> Vec<Token> {
    let (mut at, mut kept) = (0, Vec::with_capacity(words.len()));
    while at < words.len() {
        let here = &words[at..];
        let is_name = here.len() >= name.len() && here.iter().zip(name).all(|(word, part)| word.word == part.word);
        let is_part = name.iter().any(|part| part.word == here[0].word)
            && PARTS.contains(&here[0].word.as_str())
            && here
                .get(1)
                .is_some_and(|next| ["image", "container", "service", "app"].iter().any(|noun| next.is(noun)));
        if is_part {
            at += 1;
        } else if is_name {
            let text = here[..name.len()].iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
            kept.push(Token::meaning(text, "service", here[0].start));
            at += name.len();
        } else {
            kept.push(here[0].clone());
            at += 1;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_the_title_names_is_the_whole() {
        #[track_caller]
        fn check(title: &str, sentence: &str, expected: &str) {
            let words = replaced(&tokens(sentence), &of_title(title).unwrap());
            assert_eq!(words.iter().map(|word| word.word.as_str()).collect::<Vec<_>>().join(" "), expected);
        }
        check("Shop Frontend", "The frontend image is small", "the image is small");
        check("Shop Frontend", "The backend image is small", "the backend image is small");
        check("Shop", "The frontend image of Shop", "the frontend image of service");
    }

    #[test]
    fn a_title_names_the_service() {
        #[track_caller]
        fn check(title: &str, expected: Option<&str>) {
            let name =
                of_title(title).map(|name| name.iter().map(|word| word.text.clone()).collect::<Vec<_>>().join(" "));
            assert_eq!(name.as_deref(), expected, "{title}");
        }
        check("Matchmaker", Some("Matchmaker"));
        check("Container Specification: Parcel Locker", Some("Parcel Locker"));
        check("Task API", Some("Task API"));
        check("Containerization Specification", None);
        check("Database", None);
        check("A very long title that says what it is all about", None);
    }
}
