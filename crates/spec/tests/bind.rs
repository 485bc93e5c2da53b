//! Comments that bind a sentence to one of the vocabulary, and a person's word.

use seaworthy_spec::{Criterion, Promise, Spec, bind, readings};

fn spec(lines: &str) -> Spec {
    match Spec::parse(&format!("## Success Criteria\n{lines}\n")) {
        Ok(spec) => spec,
        Err(error) => panic!("{}", error.render("spec.md")),
    }
}

fn told(criterion: &Criterion) -> String {
    let checks: Vec<_> = criterion.checks().iter().map(seaworthy_spec::Check::name).collect();
    format!("{} | {} | {}", criterion.text, criterion.bound.join(" + "), checks.join(" + "))
}

#[track_caller]
fn check(line: &str, expected: &str) {
    assert_eq!(told(&spec(line).criteria[0]), expected);
}

#[track_caller]
fn refused(line: &str, expected: &str) {
    let Err(error) = Spec::parse(&format!("## Success Criteria\n{line}\n")) else { panic!("`{line}` is read") };
    let told = error.render("spec.md");
    assert!(told.contains(expected), "{told}");
}

#[test]
fn a_sentence_is_bound_to_one_of_the_vocabulary() {
    check(
        "- [ ] Nobody is king in there <!-- check: Container runs as non-root user -->",
        "Nobody is king in there | Container runs as non-root user | user.non_root",
    );
    check(
        "- [ ] Small and fast <!-- check: Image size under 50 MB --> <!-- check: Starts within 2s -->",
        "Small and fast | Image size under 50 MB + Starts within 2s | image.size + start.within",
    );
    check(
        "- [ ] Nobody is king in there\n  <!-- check: `Container` runs as **non-root** user -->",
        "Nobody is king in there | Container runs as non-root user | user.non_root",
    );
    check(
        "- [ ] It answers <!-- check: GET /health -> 200 -->\n  <!-- check: Starts within 2s -->",
        "It answers | Starts within 2s | start.within + scenario",
    );
}

#[test]
fn a_sentence_that_is_understood_must_hold_too() {
    check(
        "- [ ] Image size under 50 MB <!-- check: Container runs as non-root user -->",
        "Image size under 50 MB | Container runs as non-root user | image.size + user.non_root",
    );
    check(
        "- [ ] Image size under 50 MB <!-- check: Image size under 50 MB -->",
        "Image size under 50 MB | Image size under 50 MB | image.size",
    );
}

#[test]
fn what_a_comment_binds_to_is_understood_whole_or_not_at_all() {
    refused(
        "- [ ] Nobody is king <!-- check: Container runs as non-root user at night -->",
        "unknown step `Container`",
    );
    refused("- [ ] Nobody is king <!-- check: Never runs as non-root user -->", "unknown step `Never`");
    refused("Nobody is king <!-- check: Container runs as non-root user -->", "belongs to no promise");
}

#[test]
fn a_persons_word_names_who_when_what_and_which_image() {
    let spec =
        spec("- [ ] Backups can be restored <!-- check: by hand: Ann, 2026-11-28, restored it, twice, 1.4.2 -->");
    let word = spec.criteria[0].vouched.as_ref().unwrap();
    assert_eq!((word.by.as_str(), word.on.as_str()), ("Ann", "2026-11-28"));
    assert_eq!((word.seen.as_str(), word.image.as_str()), ("restored it, twice", "1.4.2"));
    assert!(matches!(spec.criteria[0].promise, Promise::NotUnderstood { .. }));

    for (word, expected) in [
        ("Ann", "who, when, what was seen, and the image are needed"),
        ("Ann, 2026-11-28, 1.4.2", "who, when, what was seen, and the image are needed"),
        ("Ann, 2026-11-28, , 1.4.2", "who, when, what was seen, and the image are needed"),
        ("Ann, yesterday, restored it, 1.4.2", "`yesterday` is no date"),
        ("Ann, 2026-13-28, restored it, 1.4.2", "`2026-13-28` is no date"),
        ("Ann, 2026-02-29, restored it, 1.4.2", "`2026-02-29` is no date"),
        ("Ann, 2026-11-28, restored it, latest", "`latest` is neither an image's digest"),
        ("Ann, 2026-11-28, restored it, sha256:12", "`sha256:12` is neither an image's digest"),
    ] {
        refused(&format!("- [ ] Backups can be restored <!-- check: by hand: {word} -->"), expected);
    }
}

#[test]
fn a_comment_is_put_behind_the_sentence_and_nothing_else_changes() {
    #[track_caller]
    fn check(text: &str, line: usize, expected: Option<&str>) {
        let bound = bind(text, line, "Container runs as non-root user");
        assert_eq!(bound.as_deref(), expected);
    }
    const COMMENT: &str = "<!-- check: Container runs as non-root user -->";
    check(
        "# S\r\n## Success Criteria\r\n- [x] Nobody is king  \r\n- [ ] No setuid files\r\n",
        3,
        Some(&format!("# S\r\n## Success Criteria\r\n- [x] Nobody is king {COMMENT}  \r\n- [ ] No setuid files\r\n")),
    );
    // A span of code that goes on in the next line would swallow it.
    check(
        "## Success Criteria\n- [ ] Nobody is `king\n  in` there",
        2,
        Some(&format!("## Success Criteria\n- [ ] Nobody is `king\n  in` there {COMMENT}")),
    );
    check("## Success Criteria\n- [ ] Nobody is king\n", 3, None);
    check("nothing is promised\n", 1, None);
}

#[test]
fn readings_are_of_different_kinds_and_the_nearest_comes_first() {
    #[track_caller]
    fn check(sentence: &str, expected: &[&str]) {
        assert_eq!(readings(sentence), expected, "{sentence}");
    }
    check("Xyzzy plugh", &[]);
    let labelled = "Non-Root Container Execution: The Docker container SHALL run as a non-root user by default.";
    assert_eq!(readings(labelled)[0], "Container runs as non-root user");
    let found = readings("The user inside is some non-root user");
    assert_eq!(found[0], "Container runs as non-root user");
    assert!(found.len() <= 3);
    assert!(readings("Responds in under 100 ms").iter().all(|reading| !reading.contains("30 s")));
    // What is denied is not what is promised.
    assert!(!readings("It does run as root").contains(&"Container runs as non-root user".to_owned()));
}
