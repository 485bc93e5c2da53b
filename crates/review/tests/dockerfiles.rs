//! Dockerfiles with known faults, and sound ones: what is found in each is recorded beside this file.
//!
//! `scripts/review-hadolint` compares the same files with what hadolint finds.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use seaworthy_build::dockerfile::Ignore;
use seaworthy_init::survey;
use seaworthy_review::dockerfile::{Context, HADOLINT, Text, rules};
use seaworthy_review::{Finding, Listed, Subject, mended, review, show};
use seaworthy_spec::Spec;

fn folder(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dockerfiles").join(kind)
}

/// `NAME.Dockerfile`, or a folder with a project; in the order of their names.
fn cases(kind: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder(kind))? {
        let path = entry?.path();
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "Dockerfile") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn found(path: &Path) -> anyhow::Result<Vec<Finding>> {
    let dockerfile = if path.is_dir() { path.join("Dockerfile") } else { path.to_owned() };
    reviewed(path, &fs::read_to_string(dockerfile)?)
}

/// What is found in a text that stands in a case's place.
fn reviewed(path: &Path, text: &str) -> anyhow::Result<Vec<Finding>> {
    let beside = |name: &str| fs::read_to_string(path.join(name)).ok();
    let own = fs::read_to_string(format!("{}.dockerignore", path.display())).ok();
    let ignore = own.or_else(|| beside(".dockerignore")).map(|text| Ignore::parse(&text));
    let project = if path.is_dir() { Some(survey(path)?) } else { None };
    let spec = beside("containerization-spec.md").map(|text| Spec::parse(&text)).transpose()?;
    let is_sent = |path: &str| !ignore.as_ref().is_some_and(|ignore| ignore.leaves_out(path));
    let is_there = |name: &str| path.is_dir().then(|| path.join(name).exists());
    let subject = Subject {
        project: project.as_ref(),
        specification: spec.as_ref().map(|spec| (Text { path: "spec.md", text: &spec.source }, spec)),
        dockerfile: Some(Text { path: "Dockerfile", text }),
        context: Context { has_ignore_file: ignore.is_some(), is_sent: &is_sent, is_there: &is_there },
    };
    Ok(review(&subject)?)
}

fn name(path: &Path) -> String {
    path.file_stem().map_or(String::new(), |name| name.to_string_lossy().into_owned())
}

#[test]
fn every_fault_is_found_as_it_was_recorded() -> anyhow::Result<()> {
    let cases = cases("faulty")?;
    assert!(cases.len() >= 50, "{}", cases.len());
    assert!(cases.iter().filter(|path| name(path).starts_with("public-")).count() >= 20);
    let mut all = String::new();
    for path in cases {
        let _ = writeln!(all, "== {}", name(&path));
        for finding in found(&path)? {
            let place = finding.at.line.unwrap_or_default();
            let _ = writeln!(all, "{place:>3}  {}: {}; {}", finding.rule.id, finding.message, finding.advice);
        }
    }
    insta::assert_snapshot!("faulty", all);
    Ok(())
}

#[test]
fn every_rule_has_a_dockerfile_that_breaks_it() -> anyhow::Result<()> {
    let mut broken = Vec::new();
    for path in cases("faulty")? {
        broken.extend(found(&path)?.into_iter().map(|finding| finding.rule.id));
    }
    let never: Vec<&str> = rules().map(|rule| rule.id).filter(|id| !broken.contains(id)).collect();
    assert_eq!(never, Vec::<&str>::new());
    let alone = rules().filter(|rule| !HADOLINT.iter().any(|(_, id)| *id == rule.id)).count();
    assert!(alone >= 12, "rules that one file cannot show, or hadolint does not have: {alone}");
    Ok(())
}

#[test]
fn a_sound_dockerfile_raises_no_alarm() -> anyhow::Result<()> {
    let cases = cases("good")?;
    assert!(cases.len() >= 25, "{}", cases.len());
    for path in cases {
        assert_eq!(found(&path)?, Vec::new(), "{}", name(&path));
    }
    Ok(())
}

#[test]
fn what_is_mended_is_found_no_longer_and_nothing_else_appears() -> anyhow::Result<()> {
    let mut all = String::new();
    for path in cases("faulty")? {
        let dockerfile = if path.is_dir() { path.join("Dockerfile") } else { path.clone() };
        let text = fs::read_to_string(dockerfile)?;
        let better = mended(&text, |text| reviewed(&path, text))?;
        let left = reviewed(&path, &better)?;
        assert!(left.iter().all(|finding| finding.edits.iter().all(|edit| !edit.is_safe)), "{}: {left:?}", name(&path));
        let kinds = |findings: &[Finding]| findings.iter().map(|finding| finding.rule.id).collect::<Vec<_>>();
        let before = kinds(&found(&path)?);
        assert!(kinds(&left).iter().all(|id| before.contains(id)), "{}: {left:?}", name(&path));
        assert_eq!(text.contains("\r\n"), better.contains("\r\n"), "{}", name(&path));
        if better != text {
            let _ = writeln!(all, "== {}\n{}", name(&path), better.replace('\r', "␍"));
        }
    }
    insta::assert_snapshot!("mended", all);
    Ok(())
}

/// No report shows a secret: the values stand in `secrets.Dockerfile` and `public-wordpress.Dockerfile`.
#[test]
fn no_form_shows_a_secret() -> anyhow::Result<()> {
    for path in cases("faulty")? {
        let listed = Listed::of(found(&path)?);
        // A line of the file is shown only where an edit changes it.
        let text = fs::read_to_string(if path.is_dir() { path.join("Dockerfile") } else { path.clone() })?;
        let line = |_: &str, number: usize| text.lines().nth(number - 1).map(str::to_owned);
        let forms = [
            show::terminal(&listed, true, &line),
            show::json(&listed, &[]),
            show::sarif(&listed, "1"),
            show::github(&listed),
        ];
        for form in forms {
            for secret in ["prod-7fK29x", "w7x92kq", "9fk2j3n4", "wp-8h2k1x"] {
                assert!(!form.contains(secret), "{}", name(&path));
            }
        }
    }
    Ok(())
}
