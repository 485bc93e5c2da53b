//! Specifications in, findings out: of every rule's examples, of many authors, of what `init` writes, and of projects made to contradict theirs.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use seaworthy_init::{CacheMounts, Mentioned, Project, dockerfile, mentioned, specification, survey};
use seaworthy_review::specification::{Subject, review, rules, words};
use seaworthy_review::{Finding, Severity};
use seaworthy_spec::{Promise, Spec};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn parsed(text: &str) -> Spec {
    Spec::parse(text).unwrap_or_else(|error| panic!("{}\n{text}", error.render("spec.md")))
}

/// What a text alone shows.
fn alone(text: &str) -> Vec<Finding> {
    review(&Subject::alone("spec.md", &parsed(text)))
}

/// What a text shows beside its project's files.
fn beside(text: &str, root: &Path) -> anyhow::Result<Vec<Finding>> {
    let (spec, project) = (parsed(text), survey(root)?);
    let mentioned: Mentioned = mentioned(root, &words(&spec, &project))?;
    let path = seaworthy_init::SPEC;
    Ok(review(&Subject { path, spec: &spec, project: Some(&project), mentioned: Some(&mentioned) }))
}

fn shown(findings: &[Finding]) -> String {
    findings.iter().fold(String::new(), |mut text, finding| {
        let Finding { rule, at, message, advice, .. } = finding;
        let line = at.line.map_or_else(|| "-".to_owned(), |line| line.to_string());
        let _ = writeln!(text, "{line} {} {}: {message}\n    {advice}", rule.severity.name(), rule.id);
        text
    })
}

fn at_least(severity: Severity, findings: Vec<Finding>) -> Vec<Finding> {
    findings.into_iter().filter(|finding| finding.rule.severity >= severity).collect()
}

/// Every specification of another author in the test data of `spec`, with a name.
fn authors() -> anyhow::Result<Vec<(String, String)>> {
    let folder = workspace().join("crates/spec/tests/data/authors");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<_>>()?;
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path)?;
        for (index, text) in text.split("<!-- ==== -->\n").enumerate() {
            all.push((format!("{name}-{}", index + 1), text.lines().map(without_meaning).collect()));
        }
    }
    Ok(all)
}

/// A line without the comment that says what it means.
fn without_meaning(line: &str) -> String {
    let cut = line.split_once("<!-- means: ").and_then(|(before, rest)| {
        let (_, behind) = rest.split_once(" -->")?;
        Some(format!("{}{behind}\n", before.trim_end()))
    });
    cut.unwrap_or_else(|| format!("{line}\n"))
}

/// Every project in the test data of `init`, with a name.
fn projects() -> anyhow::Result<Vec<(String, PathBuf)>> {
    let folder = workspace().join("crates/init/tests/projects");
    let mut names: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.retain(|name| !matches!(name.as_str(), "nothing" | "monorepo"));
    names.extend(["monorepo/services/api", "monorepo/services/jobs"].map(str::to_owned));
    names.sort();
    Ok(names.into_iter().map(|name| (name.clone(), folder.join(name))).collect())
}

#[test]
fn ids_are_words_and_each_is_there_once() {
    let mut ids: Vec<&str> = rules().map(|rule| rule.id).collect();
    assert!(ids.len() >= 40, "{}", ids.len());
    assert!(ids.iter().all(|id| id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')), "{ids:?}");
    ids.sort_unstable();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn the_bad_example_of_each_rule_breaks_it_and_the_good_one_does_not() {
    // Of the others, the project's files are half of the example: see below.
    for rule in rules().filter(|rule| !rule.bad.contains("# and ")) {
        let ids = |text: &str| -> Vec<&str> {
            let text = format!("# X\n\n## Success Criteria\n\n{text}\n");
            alone(&text).into_iter().map(|finding| finding.rule.id).collect()
        };
        assert!(ids(rule.bad).contains(&rule.id), "{} finds nothing in\n{}", rule.id, rule.bad);
        assert!(!ids(rule.good).contains(&rule.id), "{} finds something in\n{}", rule.id, rule.good);
    }
}

#[test]
fn what_init_writes_has_no_error_and_no_warning() -> anyhow::Result<()> {
    let mut text = String::new();
    for (name, root) in projects()? {
        let project: Project = survey(&root)?;
        let spec = specification(&project);
        let place = tempfile::tempdir()?;
        copy(&root, place.path())?;
        if let Some(dockerfile) = dockerfile(&project, CacheMounts::No) {
            std::fs::write(place.path().join(seaworthy_init::DOCKERFILE), dockerfile)?;
        }
        // Before and after the Dockerfile is there, too.
        for root in [root.as_path(), place.path()] {
            let found = at_least(Severity::Warning, beside(&spec, root)?);
            if !found.is_empty() {
                let _ = write!(text, "== {name}\n{}", shown(&found));
            }
        }
    }
    assert!(text.is_empty(), "{text}");
    Ok(())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            std::fs::create_dir(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[test]
fn the_task_api_and_the_example_have_no_error_and_no_warning() -> anyhow::Result<()> {
    let root = workspace().join("task-api");
    let text = std::fs::read_to_string(root.join(seaworthy_init::SPEC))?;
    let found = at_least(Severity::Warning, beside(&text, &root)?);
    assert!(found.is_empty(), "{}", shown(&found));
    let example = workspace().join("crates/spec/tests/data/containerization-spec.example.md");
    let found = at_least(Severity::Warning, alone(&std::fs::read_to_string(example)?));
    assert!(found.is_empty(), "{}", shown(&found));
    Ok(())
}

/// What is said of lines that are understood: each line of it was read, and is right. And each sentence that is advised is understood.
#[test]
fn specifications_of_many_authors_contradict_themselves_as_recorded() -> anyhow::Result<()> {
    let (mut text, mut sentences) = (String::new(), BTreeSet::new());
    for (name, spec) in authors()? {
        let found = alone(&spec);
        advised(&found, &mut sentences);
        let mut found = at_least(Severity::Warning, found);
        found.retain(|finding| !finding.rule.id.starts_with("missing-") && finding.rule.id != "not-understood");
        if !found.is_empty() {
            let _ = write!(text, "== {name}\n{}", shown(&found));
        }
    }
    insta::assert_snapshot!("authors", text);
    for (_, root) in projects()? {
        advised(&beside("## Success Criteria\n- [ ] Build is reproducible\n", &root)?, &mut sentences);
    }
    assert!(sentences.len() >= 25, "{sentences:#?}");
    for sentence in sentences {
        assert!(
            matches!(parsed(&format!("## Success Criteria\n{sentence}\n")).criteria[0].promise, Promise::Understood(_)),
            "{sentence}"
        );
    }
    Ok(())
}

fn advised(found: &[Finding], sentences: &mut BTreeSet<String>) {
    let advice = found.iter().map(|finding| &finding.advice);
    sentences.extend(advice.filter(|advice| advice.starts_with("- [ ] ")).cloned());
}

/// Projects beside this file, whose specification, Dockerfile and code say different things.
#[test]
fn projects_are_reviewed_as_recorded() -> anyhow::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/specifications");
    let mut names: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    assert!(names.len() >= 15, "{names:?}");
    for name in names {
        let root = folder.join(&name);
        let text = std::fs::read_to_string(root.join(seaworthy_init::SPEC))?;
        let found = if std::fs::read_dir(&root)?.count() > 1 { beside(&text, &root)? } else { alone(&text) };
        insta::assert_snapshot!(name, shown(&found));
    }
    Ok(())
}

#[test]
fn a_comment_with_a_reason_silences_a_rule_of_its_sentence_or_of_the_page() {
    let text = "# Notes

<!-- seaworthy: allow missing-section, missing-memory: the platform sets
     the limit -->
## Success Criteria
- [ ] The image is small and fast <!-- seaworthy: allow not-understood: a person judges it -->
<!-- seaworthy: allow not-understood: this one, too -->

- [ ] It feels quick
- [ ] It feels round
<!-- seaworthy: allow users-differ: not broken -->
- [ ] Image size under 50MB
- [ ] It feels blue <!-- seaworthy: allow not-understood -->
- [ ] No secrets in image <!-- seaworthy: allow no-such-rule: x -->
```
<!-- seaworthy: allow missing-stop: in a block of code -->
```
";
    let found = shown(&at_least(Severity::Warning, alone(text)));
    insta::assert_snapshot!(found, @r"
    5 warning missing-non-root: no promise says that the container does not run as root
        - [ ] Container runs as non-root user
    10 warning not-understood: no check understands `It feels round`
        no check knows this: put a scenario in a `check` block below it, or let a person judge it with `<!-- check: by hand: WHO, WHEN, WHAT WAS SEEN, IMAGE -->`
    11 warning silence-unused: the specification does not break `users-differ`
        remove the comment
    13 warning silence-without-reason: `allow not-understood` gives no reason
        write why behind a second colon
    14 warning silence-unused: there is no rule `no-such-rule`
        `docs/rules-specification.md` lists every rule
    ");
    let notes = shown(&alone(text));
    assert!(!notes.contains("missing-section") && !notes.contains("missing-memory"), "{notes}");
    assert!(notes.contains("missing-stop"), "{notes}");
}
