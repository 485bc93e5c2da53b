//! Planted secrets of many forms, none of which may be shown; and sound files, of which all must stay readable.

use std::path::{Path, PathBuf};

use seaworthy_init::{CacheMounts, dockerfile, dockerignore, specification, survey};
use seaworthy_review::mask::Mask;

/// A text in which something is planted, between `⟦` and `⟧`: with these marks taken away, what was between them is not shown.
fn planted(text: &str) -> (String, Vec<String>) {
    let (mut plain, mut secrets, mut rest) = (String::new(), Vec::new(), text);
    while let Some((before, behind)) = rest.split_once('⟦') {
        let (secret, after) = behind.split_once('⟧').expect("a closing mark");
        plain.push_str(before);
        plain.push_str(secret);
        secrets.push(secret.to_owned());
        rest = after;
    }
    plain.push_str(rest);
    (plain, secrets)
}

fn masked(text: &str) -> String {
    Mask::knowing([text]).file("f", text)
}

/// Of a secret that is split over lines, each part.
fn parts(secret: &str) -> Vec<&str> {
    let parts = secret.split(['\n', '\\', '"', '\'', ' ']).map(str::trim);
    parts.filter(|part| part.len() > 2 && *part != "-----").collect()
}

fn hidden(text: &str) -> Vec<String> {
    let (plain, secrets) = planted(text);
    let shown = masked(&plain);
    let leaks = secrets.iter().flat_map(|secret| parts(secret)).filter(|part| shown.contains(*part));
    let leaks: Vec<String> = leaks.map(|part| format!("`{part}` of {plain:?} is shown: {shown:?}")).collect();
    if plain.matches('\n').count() == shown.matches('\n').count() {
        leaks
    } else {
        leaks.into_iter().chain([format!("lines of {plain:?} moved: {shown:?}")]).collect()
    }
}

#[test]
fn no_planted_secret_is_shown() {
    let texts =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/planted.txt")).expect("the texts");
    let texts: Vec<&str> = texts.split("\n====\n").collect();
    assert!(texts.len() >= 60, "{}", texts.len());
    let leaks: Vec<String> = texts.iter().flat_map(|text| hidden(text)).collect();
    assert!(leaks.is_empty(), "{} of {}:\n{}", leaks.len(), texts.len(), leaks.join("\n"));
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn sound_files_stay_readable() -> anyhow::Result<()> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(workspace().join("crates/init/tests/projects"))? {
        let folder = entry?.path();
        let name = folder.display().to_string();
        if let Ok(own) = std::fs::read_to_string(folder.join("Dockerfile")) {
            texts.push((format!("{name}/Dockerfile"), own));
        }
        let Ok(project) = survey(&folder) else { continue };
        texts.push((name.clone(), specification(&project)));
        texts.push((name.clone(), dockerignore(&project)));
        texts.extend(dockerfile(&project, CacheMounts::BuildKit).map(|text| (name, text)));
    }
    for path in ["task-api/Dockerfile", "crates/spec/tests/data/containerization-spec.example.md"] {
        texts.push((path.to_owned(), std::fs::read_to_string(workspace().join(path))?));
    }
    assert!(texts.len() > 80, "{}", texts.len());
    let mut lost = Vec::new();
    for (name, text) in texts {
        let mut mask = Mask::knowing([text.as_str()]);
        let shown = mask.file(&name, &text);
        let changed = text.lines().zip(shown.lines()).filter(|(before, after)| before != after);
        lost.extend(changed.map(|(before, after)| format!("- {before}\n+ {after}")));
        lost.extend(mask.replaced().iter().map(|one| format!("  {}: {}", one.at, one.kind)));
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
    Ok(())
}

/// What the rules say of the projects beside this file holds no secret.
#[test]
fn findings_stay_readable() -> anyhow::Result<()> {
    let mut lost = Vec::new();
    for name in ["specification__", "dockerfiles__faulty"] {
        for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots"))? {
            let path = entry?.path();
            let is_it = path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name));
            for line in std::fs::read_to_string(&path)?.lines().filter(|_| is_it) {
                // Reports show the rule's id apart.
                let line = line.split_once(": ").map_or(line, |(_, message)| message);
                let shown = Mask::default().text(line);
                if shown != line {
                    lost.push(format!("- {line}\n+ {shown}"));
                }
            }
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
    Ok(())
}

#[test]
fn one_value_has_one_placeholder_wherever_it_stands_and_in_every_form() {
    let text = "ENV DB_PASSWORD=hunter2x\nENV URL=postgres://app:hunter2x@db/x\n# hunter2x, aHVudGVyMng=, 68756e7465723278\nENV API_KEY=other-9x\n";
    let mut mask = Mask::knowing([text]);
    insta::assert_snapshot!(mask.file("Dockerfile", text), @r"
    ENV DB_PASSWORD=<SECRET-1>
    ENV URL=postgres://<SECRET-2>@db/x
    # <SECRET-1>, <SECRET-3>, <SECRET-4>
    ENV API_KEY=<SECRET-5>
    ");
    insta::assert_snapshot!(mask.text("found `hunter2x` in line 1"), @"found `<SECRET-1>` in line 1");
    let replaced: Vec<String> =
        mask.replaced().iter().map(|one| format!("{} {}: {}", one.placeholder, one.at, one.kind)).collect();
    insta::assert_snapshot!(replaced.join("\n"), @r"
    <SECRET-1> Dockerfile:1: the value of a setting whose name speaks of a secret
    <SECRET-2> Dockerfile:2: credentials in a URL
    <SECRET-1> Dockerfile:3: the value of a setting whose name speaks of a secret
    <SECRET-3> Dockerfile:3: a secret in base 64, hexadecimal or percent-encoding
    <SECRET-4> Dockerfile:3: text that looks random
    <SECRET-5> Dockerfile:4: the value of a setting whose name speaks of a secret
    ");
}

/// Cut anywhere, and with a letter of two bytes anywhere.
#[test]
fn broken_texts_are_taken_as_they_are() {
    let texts = include_str!("planted.txt").replace(['⟦', '⟧'], "");
    for text in texts.split("\n====\n") {
        for at in (0..text.len()).step_by(31).filter(|at| text.is_char_boundary(*at)) {
            let (before, behind) = text.split_at(at);
            masked(&format!("{before}é{behind}"));
            masked(behind);
            masked(&format!("{before}\\\n"));
        }
    }
}

#[test]
fn time_grows_with_the_text_and_no_faster() {
    for piece in
        ["x://a:b@", "PASSWORD=", "-----BEGIN A-----", "a@b.", "\\\n", "password is ", "1.1.1.1:", "name: x\n", "\"'"]
    {
        let took = |bytes: usize| {
            let started = std::time::Instant::now();
            masked(&piece.repeat(bytes / piece.len()));
            started.elapsed()
        };
        took(10);
        let (short, long) = (took(5_000), took(40_000));
        let most = short * 24 + std::time::Duration::from_secs(2);
        assert!(long < most, "{piece:?}: {short:?} for 5 kB, {long:?} for 40 kB");
    }
}

/// The image's own check of secrets has a table of tokens: each of its forms is taken out here too.
#[test]
fn every_token_that_images_are_searched_for_is_taken_out() -> anyhow::Result<()> {
    let source = std::fs::read_to_string(workspace().join("crates/verify/src/image/secret/token.rs"))?;
    let table = source.split("pub(super) const TOKENS").nth(1).unwrap_or_default();
    let table = table.split("\n};").next().unwrap_or_default();
    let literals: Vec<&str> = table.split("token(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(literals.len() > 80, "{}", literals.len());
    let tail = "q8zt1vps0lmwx7rbn3ckq8zt1vps0lmwx7rbn3ck";
    for literal in literals {
        let shown = masked(&format!("see {literal}{tail} there"));
        assert!(!shown.contains(&tail[4..]), "{literal}: {shown}");
    }
    Ok(())
}
