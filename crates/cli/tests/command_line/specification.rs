//! Files that are no specification: one clear line, and exit 2.

use std::fs::File;

use insta::assert_snapshot;

use crate::support::Place;

#[test]
fn a_folder() {
    assert_snapshot!(Place::empty().call(&["explain", "."]), @"
    exit 2
    --- stderr
    error: cannot read `.`: it is a folder
    ");
}

#[test]
fn nothing_at_all() {
    assert_snapshot!(Place::empty().call(&["explain", "none.md"]), @"
    exit 2
    --- stderr
    error: cannot read `none.md`: no such file or directory
    ");
    assert_snapshot!(Place::empty().call(&["ship"]), @"
    exit 2
    --- stderr
    error: there is no `containerization-spec.md`
    hint: it holds the project's promises; `-C DIR` names another project
    ");
}

#[test]
fn an_empty_file() {
    assert_snapshot!(Place::empty().with("spec.md", "").call(&["explain", "spec.md"]), @"
    exit 2
    --- stderr
    error: `spec.md`: the file is empty
    hint: a specification is a Markdown text with boxes (`- [ ] …`) under a heading `Success Criteria`, `Acceptance Criteria`, `Definition of Done` or `Checklist`, or with bullets under `Constraints` or `Requirements`
    ");
}

#[test]
fn a_text_that_promises_nothing() {
    assert_snapshot!(Place::empty().with("spec.md", "# Notes\n\nHello.\n").call(&["explain", "spec.md"]), @"
    exit 2
    --- stderr
    error: `spec.md`: no promise is made
    hint: a specification is a Markdown text with boxes (`- [ ] …`) under a heading `Success Criteria`, `Acceptance Criteria`, `Definition of Done` or `Checklist`, or with bullets under `Constraints` or `Requirements`
    ");
}

#[test]
fn bytes_that_are_not_utf_8() {
    let place = Place::empty().with("spec.md", b"# Notes\n\n## Success Criteria\n- [ ] caf\xe9\n");
    assert_snapshot!(place.call(&["explain", "spec.md"]), @"
    exit 2
    --- stderr
    error: `spec.md`: not UTF-8: byte 38, in line 4, is no character
    hint: save the file as UTF-8
    ");
}

#[test]
fn a_program() {
    let place = Place::empty().with("spec.md", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    assert_snapshot!(place.call(&["explain", "spec.md"]), @"
    exit 2
    --- stderr
    error: `spec.md`: not a text: byte 7 is NUL
    hint: a specification is a Markdown text with boxes (`- [ ] …`) under a heading `Success Criteria`, `Acceptance Criteria`, `Definition of Done` or `Checklist`, or with bullets under `Constraints` or `Requirements`
    ");
}

#[test]
fn a_file_of_100_mb_is_refused_without_being_read() {
    let place = Place::empty();
    File::create(place.path().join("spec.md")).unwrap().set_len(100_000_000).unwrap();
    assert_snapshot!(place.call(&["explain", "spec.md"]), @"
    exit 2
    --- stderr
    error: cannot read `spec.md`: it has more than 1048576 bytes
    ");
    assert_snapshot!(place.call(&["explain", "/dev/zero"]), @"
    exit 2
    --- stderr
    error: cannot read `/dev/zero`: it has more than 1048576 bytes
    ");
}

#[test]
fn a_step_that_cannot_be_read_is_shown_with_its_place() {
    let spec = "## Success Criteria\n- [ ] Answers <!-- check: GTE /health -> 200 -->\n";
    assert_snapshot!(Place::empty().with("spec.md", spec).call(&["explain", "spec.md"]), @"
    exit 2
    --- stderr
    error: spec.md:2:27: unknown step `GTE`
      |
    2 | - [ ] Answers <!-- check: GTE /health -> 200 -->
      |                           ^
      = hint: did you mean `GET`; `seaworthy explain scenario` lists all steps
    ");
}
