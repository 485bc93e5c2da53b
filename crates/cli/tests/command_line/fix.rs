//! `seaworthy explain --fix`: binding sentences to those that are understood.

use std::fs;
use std::process::Stdio;

use insta::assert_snapshot;

use crate::support::{Place, show};

const STRANGER: &str = "\
# Pages

## Acceptance Criteria
1. [ ] Image size under 50 MB
2. [x] The user inside is some non-root user
3. [ ] Containr runs as nonroot usr
4. [ ] `GET` on `/readyz` says 503 while the database is away
5. [ ] Backups can be restored
";

fn read(place: &Place) -> String {
    fs::read_to_string(place.path().join("spec.md")).unwrap()
}

#[test]
fn without_asking_the_suggestions_are_shown_as_a_diff_and_nothing_is_written() {
    let place = Place::empty().with("spec.md", STRANGER);
    assert_snapshot!(place.call(&["explain", "spec.md", "--fix=suggest"]), @"
    exit 3
    --- stdout
    --- spec.md
    +++ spec.md
    @@ -3,6 +3,6 @@
     ## Acceptance Criteria
     1. [ ] Image size under 50 MB
     2. [x] The user inside is some non-root user
    -3. [ ] Containr runs as nonroot usr
    +3. [ ] Containr runs as nonroot usr <!-- check: Container runs as non-root user -->
     4. [ ] `GET` on `/readyz` says 503 while the database is away
     5. [ ] Backups can be restored
    ");
    assert_eq!(read(&place), STRANGER);
}

#[test]
fn sentences_without_a_reading_get_advice() {
    let place = Place::empty().with("spec.md", STRANGER);
    assert_snapshot!(place.call(&["explain", "spec.md"]), @"
    exit 3
    --- stdout
    Pages

    line  check           stage  parameters                         sentence
    4     image.size      image  limit_bytes=50000000 measure=both  Image size under 50 MB
    5     not understood                                            The user inside is some non-root
                                                                    user
                                                                    not understood: `some`
                                                                    may mean: Container runs as non-root
                                                                    user
    6     not understood                                            Containr runs as nonroot usr
                                                                    not understood: `Containr runs as
                                                                    nonroot usr`
                                                                    did you mean: Container runs as
                                                                    non-root user
    7     not understood                                            GET on /readyz says 503 while the
                                                                    database is away
    8     not understood                                            Backups can be restored

    line 7: a scenario may say it: `<!-- check: GET /readyz -> 503 -->`
    line 8: no check knows this: put a scenario in a `check` block below it, or let a person judge it with `<!-- check: by hand: WHO, WHEN, WHAT WAS SEEN, IMAGE -->`

    5 promises: 1 understood, 4 not understood
    ");
}

#[test]
fn each_answer_is_written_beside_its_sentence_and_nothing_else_changes() {
    let place = Place::empty().with("spec.md", STRANGER);
    let answers = [("which is meant? ", "7"), ("which is meant? ", "1"), ("which is meant? ", "1")];
    let said = place.at_a_terminal(&["explain", "spec.md", "--fix"], &answers);
    assert_snapshot!(said, @"
    exit Some(3)

    1 of 4, line 5: The user inside is some non-root user
      1  Container runs as non-root user
      n  none of these
      q  stop here
    which is meant? 7
      a number from 1 to 1, n or q
    which is meant? 1

    2 of 4, line 6: Containr runs as nonroot usr
      1  Container runs as non-root user
      n  none of these
      q  stop here
    which is meant? 1

    3 of 4, line 7: GET on /readyz says 503 while the database is away
      a scenario may say it: `<!-- check: GET /readyz -> 503 -->`

    4 of 4, line 8: Backups can be restored
      no check knows this: put a scenario in a `check` block below it, or let a person judge it with `<!-- check: by hand: WHO, WHEN, WHAT WAS SEEN, IMAGE -->`

    2 comments written to spec.md
    ");
    assert_snapshot!(read(&place), @"
    # Pages

    ## Acceptance Criteria
    1. [ ] Image size under 50 MB
    2. [x] The user inside is some non-root user <!-- check: Container runs as non-root user -->
    3. [ ] Containr runs as nonroot usr <!-- check: Container runs as non-root user -->
    4. [ ] `GET` on `/readyz` says 503 while the database is away
    5. [ ] Backups can be restored
    ");
}

#[test]
fn a_sentence_that_promises_two_things_gets_a_comment_for_each() {
    let two = "## Acceptance Criteria\n- [ ] The service is up within 25 seconds with 1 GB of memory\n";
    let place = Place::empty().with("spec.md", two);
    let answers = [("which is meant? ", "1 4"), ("which is meant? ", "1 2")];
    let said = place.at_a_terminal(&["explain", "spec.md", "--fix"], &answers);
    assert!(said.contains("a number from 1 to 2, several of them, n or q"), "{said}");
    let comments = "<!-- check: Starts within 25 seconds --> <!-- check: Uses at most 1 GB of memory -->";
    assert_eq!(read(&place), two.replace("memory\n", &format!("memory {comments}\n")));
}

#[test]
fn who_stops_keeps_what_was_answered() {
    let place = Place::empty().with("spec.md", STRANGER);
    place.at_a_terminal(&["explain", "spec.md", "--fix"], &[("which is meant? ", "1"), ("which is meant? ", "q")]);
    assert_eq!(read(&place).matches("<!-- check: ").count(), 1);
}

#[test]
fn where_nobody_can_be_asked_it_says_what_does_not_ask() {
    let place = Place::empty().with("spec.md", STRANGER);
    let output = place.command(&["explain", "spec.md", "--fix"]).stdin(Stdio::null()).output().unwrap();
    assert_snapshot!(show(&output), @"
    exit 2
    --- stderr
    error: `--fix` asks, and nobody answers: stdin is no terminal
    hint: `--fix=suggest` shows what it would write, without asking
    ");
}
