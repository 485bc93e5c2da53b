//! Sentences as strangers wrote them, each with the sentences of the vocabulary that it means, or `-` where nothing may understand it.

use seaworthy_spec::{Check, Promise, Spec};

const SENTENCES: &str = include_str!("data/sentences.tsv");

/// What has no check yet: these must stay not understood until it has.
const OPEN: &[&str] = &[];

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
    for line in SENTENCES.lines().filter(|line| !line.starts_with('#')) {
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
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), SENTENCES.lines().count() - 1, wrong.join("\n"));
}

#[test]
fn nothing_that_only_looks_like_a_promise_is_understood() {
    let traps = include_str!("data/traps.txt").lines().filter(|line| !line.starts_with('#'));
    let read: Vec<String> = traps.filter_map(|trap| Some(format!("{trap}: {:?}", checks(trap)?))).collect();
    assert!(read.is_empty(), "{} are read:\n{}", read.len(), read.join("\n"));
}
