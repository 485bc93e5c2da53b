//! Sentences as strangers wrote them, each with the sentences of the vocabulary that it means, or `-` where nothing may understand it.

use seaworthy_spec::{Check, Promise, Spec};

/// By area, so that each file stays short enough to read.
const SENTENCES: &[&str] = &[
    include_str!("data/sentences.tsv"),
    include_str!("data/words-a.tsv"),
    include_str!("data/words-b.tsv"),
    include_str!("data/words-d.tsv"),
    include_str!("data/words-f.tsv"),
];

const TRAPS: &[&str] = &[
    include_str!("data/traps.txt"),
    include_str!("data/traps-a.txt"),
    include_str!("data/traps-b.txt"),
    include_str!("data/traps-d.txt"),
    include_str!("data/traps-e.txt"),
    include_str!("data/traps-f.txt"),
];

/// What has no check yet: these must stay not understood until it has.
const OPEN: &[&str] = &[];

/// The rows of several files.
fn lines<'a>(files: &[&'a str]) -> impl Iterator<Item = &'a str> {
    files.iter().flat_map(|file| file.lines()).filter(|line| !line.starts_with('#'))
}

fn checks(sentence: &str) -> Option<Vec<String>> {
    let spec = Spec::parse(&format!("## Success Criteria\n- [ ] {sentence}\n")).expect("a specification");
    match &spec.criteria[0].promise {
        Promise::Understood(checks) => Some(checks.iter().map(shown).collect()),
        Promise::NotUnderstood { .. } => None,
    }
}

fn shown(check: &Check) -> String {
    format!("{} {}", check.name(), serde_json::Value::from(check.parameters()))
}

/// Braces stand around a parameter; those of JSON stay.
fn meant_by(sentence: &str) -> String {
    if sentence.contains('"') { sentence.to_owned() } else { sentence.replace(['{', '}'], "") }
}

#[test]
fn sentences_of_strangers_mean_what_they_meant() {
    let mut wrong = Vec::new();
    for line in lines(SENTENCES) {
        let (written, meant) = line.split_once('\t').unwrap();
        let read = checks(written);
        if meant == "-" || OPEN.contains(&written) {
            if let Some(read) = read {
                wrong.push(format!("{written}\n  read  {read:?}\n  meant {meant}"));
            }
            continue;
        }
        let expected: Vec<String> = meant.split("; ").flat_map(|one| checks(&meant_by(one)).expect(one)).collect();
        // `Runs as non-root (uid 10001)` says more than its line does.
        let more = |check: &String| check == "user.non_root {}" && !expected.contains(check);
        let read: Vec<String> = read.into_iter().flatten().filter(|check| !more(check)).collect();
        if read != expected {
            wrong.push(format!("{written}\n  read  {read:?}\n  meant {meant} {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), lines(SENTENCES).count(), wrong.join("\n"));
}

#[test]
fn nothing_that_only_looks_like_a_promise_is_understood() {
    let read: Vec<String> = lines(TRAPS).filter_map(|trap| Some(format!("{trap}: {:?}", checks(trap)?))).collect();
    assert!(read.is_empty(), "{} are read:\n{}", read.len(), read.join("\n"));
}
