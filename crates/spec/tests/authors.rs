//! Specifications by many authors, a file for each kind of them and a comment of `====` between two. Each promise has its meaning behind it: `<!-- means: SENTENCE OF THE VOCABULARY; ANOTHER -->`, or `-` where nothing may
//! understand it. What may be understood one day, and is not yet, has `?` before its meaning: it is counted, and must not be read as anything else.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use seaworthy_spec::{Check, Promise, Spec};

/// The text without the comments, and what they say, by lines.
fn parted(text: &str) -> (String, BTreeMap<usize, String>) {
    let (mut plain, mut meanings) = (String::new(), BTreeMap::new());
    for (index, line) in text.lines().enumerate() {
        let meaning = line.split_once("<!-- means: ").and_then(|(before, rest)| {
            let (meaning, behind) = rest.split_once(" -->")?;
            meanings.insert(index + 1, meaning.to_owned());
            Some(format!("{}{behind}", before.trim_end()))
        });
        plain.push_str(meaning.as_deref().unwrap_or(line));
        plain.push('\n');
    }
    (plain, meanings)
}

fn shown(checks: &[Check]) -> Vec<String> {
    let mut shown: Vec<String> = checks
        .iter()
        .map(|check| format!("{} {}", check.name(), serde_json::Value::from(check.parameters())))
        .collect();
    shown.sort();
    shown
}

/// What a sentence of the vocabulary, or a step, means.
fn meant(sentence: &str) -> Option<Vec<Check>> {
    let spec = Spec::parse(&format!("## Success Criteria\n- [ ] It <!-- check: {sentence} -->\n")).ok()?;
    match spec.criteria.into_iter().next()?.promise {
        Promise::Understood(checks) => Some(checks),
        Promise::NotUnderstood { .. } => None,
    }
}

/// Where a specification is not read as it was meant, what is left open that has a meaning, and how many promises have one.
fn read(name: &str, text: &str) -> (Vec<String>, Vec<String>, usize) {
    let (text, meanings) = parted(text);
    let spec = Spec::parse(&text).unwrap_or_else(|error| panic!("{}", error.render(name)));
    let (mut wrong, mut open) = (Vec::new(), Vec::new());
    for (line, meaning) in &meanings {
        let place = format!("{name}:{line}: {}", text.lines().nth(line - 1).unwrap_or_default().trim());
        let Some(criterion) = spec.criteria.iter().find(|criterion| criterion.line == *line) else {
            wrong.push(format!("{place}\n  is no promise"));
            continue;
        };
        let later = meaning.strip_prefix("? ");
        let expected = match later.unwrap_or(meaning) {
            "-" => None,
            meaning => {
                let Some(checks) = meaning.split("; ").map(meant).collect::<Option<Vec<_>>>() else {
                    wrong.push(format!("{place}\n  has a meaning that is no sentence of the vocabulary: {meaning}"));
                    continue;
                };
                Some(shown(&checks.concat()))
            }
        };
        match (&criterion.promise, expected) {
            (Promise::Understood(checks), expected) if expected.as_ref() != Some(&shown(checks)) => {
                wrong.push(format!("{place}\n  read  {}\n  meant {meaning}", shown(checks).join(" + ")));
            }
            (Promise::Understood(_), _) if later.is_some() => wrong.push(format!("{place}\n  is understood: no `?`")),
            (Promise::NotUnderstood { .. }, Some(_)) if later.is_none() => {
                wrong.push(format!("{place}\n  open\n  meant {meaning}"));
            }
            (Promise::NotUnderstood { .. }, Some(_)) => open.push(place),
            _ => {}
        }
    }
    for criterion in &spec.criteria {
        if !meanings.contains_key(&criterion.line) {
            wrong.push(format!("{name}:{}: {}\n  has no meaning", criterion.line, criterion.text));
        }
    }
    (wrong, open, meanings.len())
}

#[test]
fn specifications_of_many_authors_are_read_as_they_meant_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/authors");
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    let (mut wrong, mut open, mut promises, mut specifications) = (Vec::new(), Vec::new(), 0, 0);
    for path in &paths {
        let kind = path.file_stem().unwrap_or_default().to_string_lossy();
        let texts = fs::read_to_string(path).expect("a text");
        for (index, text) in texts.split("<!-- ==== -->\n").enumerate() {
            let (more_wrong, more_open, count) = read(&format!("{kind}-{}", index + 1), text);
            wrong.extend(more_wrong);
            open.extend(more_open);
            promises += count;
            specifications += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {promises}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(specifications >= 120, "{specifications} specifications");
    assert!(open.len() * 3 <= promises, "{} of {promises} are open:\n{}", open.len(), open.join("\n"));
}
