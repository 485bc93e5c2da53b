//! What of a text is a promise, and what is wrong with texts that are none.

use std::fmt::Write as _;

use seaworthy_spec::{Promise, Spec};

/// The promises of a text, a line each; or its problems as they are shown.
fn read(text: &str) -> String {
    let spec = match Spec::parse(text) {
        Ok(spec) => spec,
        Err(error) => return error.render("spec.md"),
    };
    let mut read = String::new();
    for criterion in &spec.criteria {
        let checks: Vec<&str> = criterion.checks().iter().map(seaworthy_spec::Check::name).collect();
        let understood = match &criterion.promise {
            Promise::Understood(_) => checks.join(" + "),
            Promise::NotUnderstood { rest, .. } => {
                format!("? {}", rest.as_deref().unwrap_or_default()).trim_end().to_owned()
            }
        };
        let _ = writeln!(read, "{} {} = {understood}", criterion.line, criterion.id);
    }
    read
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(read(text).trim_end(), expected, "{text}");
}

/// The first line of the error.
#[track_caller]
fn refused(text: &str, expected: &str) {
    let read = read(text);
    assert_eq!(read.lines().next().unwrap_or_default(), expected, "{text}\n{read}");
}

const NON_ROOT: &str = "success-criteria-container-runs-as-non-root-user = user.non_root";

#[test]
fn sections_are_known_in_any_case_and_with_remarks() {
    for heading in [
        "## Success Criteria",
        "# SUCCESS CRITERIA",
        "### success criteria (all of them)",
        "Success Criteria\n---",
        "## 3. Success Criteria:",
        "## ✅ Success-Criteria",
        "## **Success** Criteria",
    ] {
        let line = heading.lines().count() + 1;
        check(&format!("{heading}\n- [ ] Container runs as non-root user\n"), &format!("{line} {NON_ROOT}"));
    }
}

#[test]
fn only_boxes_under_success_criteria_and_bullets_under_constraints_are_promises() {
    check(
        "# T\n- [ ] prose\n\n## Intent\n- [ ] prose\n## Constraints\nprose\n- Multi-stage build\n* [x] No setuid files\n1. No shell in image\n### Why\n- Note: prose\n- **Rationale**: prose\n- Alternative (later): prose\n## Success Criteria\n- prose\n- [x] Starts within 1s\n- [X] Starts within 2s\n> - [ ] Starts within 3s\n> - quoted\n## Non-Goals (What We're NOT Doing)\n- [ ] Kubernetes\n",
        "8 constraints-multi-stage-build = build.multi_stage\n9 constraints-no-setuid-files = image.setuid\n10 constraints-no-shell-in-image = image.slim\n17 success-criteria-starts-within-1s = start.within\n18 success-criteria-starts-within-2s = start.within\n19 success-criteria-starts-within-3s = start.within",
    );
}

#[test]
fn headings_of_promises_have_many_names() {
    for (heading, text) in [
        ("## Acceptance Criteria", "- [ ] Container runs as non-root user"),
        ("# 4. Definition of Done", "- [ ] Container runs as non-root user"),
        ("#### ✅ Container Checklist", "- [ ] Container runs as non-root user"),
        ("## Success criteria", "1. [ ] Container runs as non-root user"),
    ] {
        check(&format!("{heading}\n{text}\n"), &format!("2 {NON_ROOT}"));
    }
    for heading in ["## Requirements", "## Non-Functional Requirements", "## Must have", "### Docker requirements (v2)"]
    {
        let expected = "2 constraints-container-runs-as-non-root-user = user.non_root";
        check(&format!("{heading}\n- Container runs as non-root user\n"), expected);
    }
    for heading in ["## Non-Requirements", "## Future Requirements", "## Notes on Success Criteria"] {
        refused(
            &format!("{heading}\n- [ ] Container runs as non-root user\n"),
            "spec.md: no promise is made; line 2 looks like one: Container runs as non-root user",
        );
    }
}

#[test]
fn an_identifier_makes_a_bullet_a_promise_and_becomes_its_id() {
    check(
        "## Success Criteria\n- **SC-001**: Container runs as non-root user\n- [ ] [SC-2] Multi-stage build\n- SC-001: No setuid files\n- Prose\n",
        "2 SC-001 = user.non_root\n3 SC-2 = build.multi_stage\n4 success-criteria-sc-001-no-setuid-files = image.setuid",
    );
}

#[test]
fn what_looks_like_a_promise_where_none_is_made_is_named() {
    let text = "# T\n## Intent\n- [ ] intended\n## Goals\n- [ ] Fast\n- No secrets in image\n- prose\n## Success Criteria\n- [ ] Multi-stage build\n- No setuid files\n- Note: No setuid files\n## Out of scope\n- [ ] Kubernetes\n";
    let strays = Spec::parse(text).unwrap().strays;
    let named: Vec<_> = strays.iter().map(|stray| (stray.line, stray.text.as_str(), stray.boxed)).collect();
    assert_eq!(named, [(5, "Fast", true), (6, "No secrets in image", false), (10, "No setuid files", false)]);
}

#[test]
fn headings_and_labels_give_the_subject_to_bullets_under_constraints() {
    check(
        "## Constraints\n### Image Size\n- **Target**: Under 200MB\n- at most 100 MB (transfer)\n### Base Image\n- **Choice**: python:3.12-alpine (small, secure)\n- scratch\n### Memory\n- Under 64MB\n",
        "3 constraints-target-under-200mb = image.size\n4 constraints-at-most-100-mb-transfer = image.size\n6 constraints-choice-python-3-12-alpine-small-secure = image.base\n7 constraints-scratch = image.base\n9 constraints-under-64mb = memory.under",
    );
    check(
        "## Constraints\n### Base Images We Considered\n- scratch\n- Target: Under 200MB\n",
        "3 constraints-scratch = ?\n4 constraints-target-under-200mb = ?",
    );
    check("## Success Criteria\n### Base Image\n- [ ] scratch\n", "3 success-criteria-scratch = image.base");
}

#[test]
fn bullets_inside_bullets_are_promises_and_a_bare_label_is_their_heading() {
    check(
        "## Constraints\n- **Security**:\n  - Non-root user\n  - No setuid files\n- **Base image**:\n  - scratch\n- Multi-stage build\n  - No shell in image\n- **PORT**:\n",
        "3 constraints-non-root-user = user.non_root\n4 constraints-no-setuid-files = image.setuid\n6 constraints-scratch = image.base\n7 constraints-multi-stage-build = build.multi_stage\n8 constraints-no-shell-in-image = image.slim\n9 constraints-port = ?",
    );
}

#[test]
fn what_stands_inside_prose_is_prose() {
    check(
        "## Constraints\n- **Rationale**:\n  - Smaller images push faster\n    - [ ] deeper\n- Why: because\n  - of this\n- Non-root user\n",
        "7 constraints-non-root-user = user.non_root",
    );
    refused(
        "## Constraints\n- Note:\n  - a <!-- check: GET / -> 200 -->\n- Non-root user\n",
        "spec.md:3:7: this check belongs to no promise",
    );
}

#[test]
fn lines_may_end_in_any_way() {
    for end in ["\n", "\r\n", "\r"] {
        let text = [
            "# T",
            "## Success Criteria",
            "- [ ] X",
            "  ```check",
            "  GET / -> 200",
            "",
            "  GTE / -> 200",
            "  ```",
            "",
        ]
        .join(end);
        refused(&text, "spec.md:7:3: unknown step `GTE`");
        let spec = Spec::parse(&text.replace("GTE", "GET")).unwrap();
        assert_eq!(spec.criteria[0].checks()[0].parameters()["steps"].as_array().map(Vec::len), Some(2));
    }
}

#[test]
fn text_inside_a_box_belongs_to_its_promise() {
    check(
        "## Success Criteria\n- [ ] Image size under 200MB\n  - Note: on amd64 too\n  - verify with `docker images`\n  - [ ] Starts within 1s\n",
        "2 success-criteria-image-size-under-200mb = image.size\n5 success-criteria-starts-within-1s = start.within",
    );
    check(
        "## Success Criteria\n- [ ] All CRUD endpoints work\n  - with 10,000 clients at once\n",
        "2 success-criteria-all-crud-endpoints-work = ? with 10,000 clients at once",
    );
    check(
        "## Success Criteria\n- [ ] All CRUD endpoints work\n\n  But only on Mondays.\n",
        "2 success-criteria-all-crud-endpoints-work = ? But only on Mondays.",
    );
    check(
        "## Success Criteria\n- [ ] All CRUD endpoints work\n  <!-- fine --> with 10,000 clients\n",
        "2 success-criteria-all-crud-endpoints-work = ? with 10,000 clients",
    );
    check(
        "## Success Criteria\n- [ ] Image can be pushed to registry\n  - Docker Hub\n",
        "2 success-criteria-image-can-be-pushed-to-registry = ? Docker Hub",
    );
    check(
        "## Success Criteria\n- [ ] All CRUD endpoints work\n  with 10,000 clients at once\n",
        "2 success-criteria-all-crud-endpoints-work-with-10-000-clients-at-once = ? with 10,000 clients at once",
    );
}

#[test]
fn a_check_beside_a_sentence_holds_too_and_alone_it_decides() {
    check(
        "## Success Criteria\n- [ ] Answers quickly <!-- check: GET /health -> 200 within 50ms -->\n",
        "2 success-criteria-answers-quickly = scenario",
    );
    check(
        "## Success Criteria\n- [ ] Container runs as non-root user <!-- check: GET /health -> 200 -->\n",
        &format!("2 {NON_ROOT} + scenario"),
    );
    check(
        "## Success Criteria\n- [ ] A task survives a restart\n  ```check\n  POST /tasks {\"title\": \"kept\"} -> 201, save id\n\n  restart\n  GET /tasks/{id} -> 200 {\"title\": \"kept\"}\n  ```\n",
        "2 success-criteria-a-task-survives-a-restart = scenario",
    );
    check(
        "## Success Criteria\n- [ ] Both\n  <!-- check: GET /a -> 200 -->\n\n  ~~~ check\n  GET /b -> 200\n  ~~~\n",
        "2 success-criteria-both = scenario",
    );
    check(
        "## Constraints\n- Several lines <!-- check:\n    POST /tasks {\"title\": \"a\"} -> 201, save id\n    GET /tasks/{id} -> 200 -->\n",
        "2 constraints-several-lines = scenario",
    );
    let spec = Spec::parse(
        "## Success Criteria\n- [ ] Both <!-- check: GET /a -> 200 --> ways <!-- check: GET /b -> 200 -->\n",
    )
    .unwrap();
    assert_eq!(spec.criteria[0].text, "Both ways");
    assert_eq!(serde_json::Value::from(spec.criteria[0].checks()[0].parameters())["steps"][1], "GET /b -> 200");
}

#[test]
fn ids_are_slugs_and_repeats_are_counted() {
    check(
        "## Success Criteria\n- [ ] Non-root user\n- [ ] Non-root user.\n- [ ] Non-root user 2\n- [ ] Non-root user <!-- id: mine -->\n- [ ] Non-root user!\n- [ ] §\n",
        "2 success-criteria-non-root-user = user.non_root\n3 success-criteria-non-root-user-2 = user.non_root\n4 success-criteria-non-root-user-2-2 = ? 2\n5 mine = user.non_root\n6 success-criteria-non-root-user-3 = user.non_root\n7 success-criteria-promise = ?",
    );
    refused(
        "## Success Criteria\n- [ ] a <!-- id: x -->\n- [ ] b <!-- id: x -->\n",
        "spec.md:3:18: the id `x` is taken",
    );
    refused("## Success Criteria\n- [ ] a <!-- id: x y -->\n", "spec.md:2:18: `x y` is not an id");
    refused(
        "## Success Criteria\n- [ ] a <!-- id: x --> <!-- id: y -->\n",
        "spec.md:2:33: a second id for one promise",
    );
}

#[test]
fn nothing_that_looks_like_a_check_is_passed_over() {
    let good = "## Success Criteria\n- [ ] Starts within 1s\n";
    refused(&format!("{good}\n```check\nGET / -> 200\n```\n"), "spec.md:4:1: this check belongs to no promise");
    refused(&format!("{good}\n<!-- check: GET / -> 200 -->\n"), "spec.md:4:1: this check belongs to no promise");
    refused(&format!("text <!-- check: GET / -> 200 -->\n{good}"), "spec.md:1:6: this check belongs to no promise");
    refused(&format!("# T <!-- check: GET / -> 200 -->\n{good}"), "spec.md:1:5: this check belongs to no promise");
    refused(&format!("{good}- prose <!-- check: GET / -> 200 -->\n"), "spec.md:3:9: this check belongs to no promise");
    refused(
        &format!("{good}- [ ] Note: x <!-- check: GET / -> 200 -->\n"),
        "spec.md:3:7: this check belongs to no promise",
    );
    refused(&format!("{good}> ```check\n> GET / -> 200\n> ```\n"), "spec.md:3:3: this check belongs to no promise");
    refused(&format!("{good}- [ ] a <!-- chekc: GET / -> 200 -->\n"), "spec.md:3:14: unknown comment `chekc:`");
    refused(
        &format!("{good}- [ ] a <!-- check GET / -> 200 -->\n"),
        "spec.md:3:14: a check without a colon is not read",
    );
    refused(&format!("{good}- [ ] a <!-- GET / -> 200 -->\n"), "spec.md:3:14: this comment looks like a check");
    refused(&format!("{good}- [ ] a <!-- check: -->\n"), "spec.md:3:14: this check is empty");
    refused(&format!("{good}- [ ] a <!-- check: image.size -->\n"), "spec.md:3:21: unknown step `image.size`");
    refused(&format!("{good}- [ ] a <!-- check: GET / -> 200\n"), "spec.md:3:9: this comment is not closed");
    refused(&format!("{good}\n<!-- hidden\n- [ ] a\n"), "spec.md:4:1: this comment is not closed");
    refused(&format!("{good}- [ ] <!-- check: GET / -> 200 -->\n"), "spec.md:3:7: a check without a sentence");
    refused(&format!("{good}- [ ] a\n  ```check\n  ```\n"), "spec.md:4:3: this check is empty");
    refused(&format!("{good}- [ ] a\n  ```chek\n  GET / -> 200\n  ```\n"), "spec.md:4:3: unknown block `chek`");
    refused(&format!("{good}- [ ] a\n  ```check\n  GET / -> 200\n"), "spec.md:4:3: this code block is not closed");
    refused(&format!("```sh\n{good}"), "spec.md:1:1: this code block is not closed");
    refused(&format!("{good}- []a box\n"), "spec.md:3:3: this is not a box");
    refused(&format!("{good}- [ ]a box\n"), "spec.md:3:3: this is not a box");
    refused(&format!("{good}- [✓] a box\n"), "spec.md:3:3: this is not a box");
    refused(&format!("{good}\n[ ] a box\n"), "spec.md:4:1: a box outside a list is not read");
    refused(
        &format!("{good}\n<details>\n- [ ] a box\n</details>\n"),
        "spec.md:5:1: a box inside a block of HTML is not read",
    );
    refused(
        &format!("{good}\ntext\n\n    - [ ] a box\n"),
        "spec.md:6:1: a box inside an indented code block is not read",
    );
    refused(&format!("## Constrains\n- x\n{good}"), "spec.md:1:1: unknown section `Constrains`");
    refused("## Sucess Criteria\n- [ ] x\n", "spec.md:1:1: unknown section `Sucess Criteria`");
}

#[test]
fn ordinary_markdown_around_the_promises_is_no_problem() {
    check(
        "# T\n<!-- a remark -->\n\nText <!-- TODO --> with `<!-- check: -->` and\n\n```sh\ndocker build .\n```\n\n    indented\n\n<details>\n\nmore\n\n</details>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n## Success Criteria\n\n<!-- - [ ] not now -->\n- [ ] Container runs as non-root user <!-- TODO: say which -->\n\n  ```sh\n  docker inspect\n  ```\n- [link](http://x)\n",
        "25 success-criteria-container-runs-as-non-root-user = user.non_root",
    );
}

#[test]
fn a_text_that_is_no_specification_gets_one_clear_line() {
    let from = |bytes: &[u8]| {
        Spec::from_bytes(bytes).unwrap_err().render("spec.md").lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(from(b""), "spec.md: the file is empty");
    assert_eq!(from(b" \r\n\t"), "spec.md: the file is empty");
    assert_eq!(from(b"# T\n- [ ] a\n"), "spec.md: no promise is made; line 2 looks like one: a");
    assert_eq!(from(b"## Success Criteria\n- a\n"), "spec.md: no promise is made");
    assert_eq!(from(b"\x7fELF\0\0"), "spec.md: not a text: byte 4 is NUL");
    assert_eq!(from(b"# T\nab\xff\n"), "spec.md: not UTF-8: byte 6, in line 2, is no character");
    assert_eq!(from(b"\xff\xfe#\0"), "spec.md: this is UTF-16");
    assert_eq!(from(&vec![b'a'; 2 << 20]), "spec.md: 2097152 bytes; a specification has at most 1048576 (1 MiB)");
}

#[test]
fn problems_are_shown_with_their_line_and_a_caret() {
    let text = "# T\r\n## Success Criteria\r\n- [ ] Żółw <!-- check: GTE /health -> 200 -->\r\n- []b\r\n";
    insta::assert_snapshot!(read(text), @r"
    spec.md:3:24: unknown step `GTE`
      |
    3 | - [ ] Żółw <!-- check: GTE /health -> 200 -->
      |                        ^
      = hint: did you mean `GET`; `seaworthy explain scenario` lists all steps

    spec.md:4:3: this is not a box
      |
    4 | - []b
      |   ^
      = hint: write `- [ ] ` before the sentence
    ");
}

#[test]
fn the_title_is_the_first_heading_without_its_prefix() {
    let title = |heading: &str| Spec::parse(&format!("{heading}\n## Constraints\n- Non-root user\n")).unwrap().title;
    assert_eq!(title("# Containerization Specification: Task API"), "Task API");
    assert_eq!(title("# containerization specification:  **Shop**"), "Shop");
    assert_eq!(title("\u{feff}# Żółw"), "Żółw");
    assert_eq!(title("text"), "Constraints");
}

#[test]
fn non_goals_and_dependencies_are_kept_to_be_shown() {
    let spec = Spec::parse(include_str!("data/containerization-spec.example.md")).unwrap();
    assert_eq!(spec.prose[0].0, "Non-Goals (What We're NOT Doing)");
    assert_eq!(spec.prose[0].1[1], "Kubernetes deployment (Chapter 50)");
    assert_eq!(spec.prose[1].1.len(), 4);
}

#[test]
fn an_exception_is_a_bullet_with_a_place_and_a_reason_under_its_promise() {
    use seaworthy_spec::AllowedPlace::{File, Variable};
    for (heading, mark) in [("## Success Criteria", "- [ ]"), ("## Constraints", "-")] {
        let text = format!(
            "{heading}\n{mark} No secrets in image\n  - Allowed: `/app/tests/key.pem` (a test key; opens nothing)\n  - **Allowed**: API_KEY (public (by design))\n{mark} Container runs as non-root user\n"
        );
        let spec = Spec::parse(&text).unwrap();
        assert_eq!(spec.criteria.len(), 2, "{text}");
        let allowed = &spec.criteria[0].allowed;
        assert_eq!(allowed[0].place, File("/app/tests/key.pem".to_owned()));
        assert_eq!((allowed[0].reason.as_str(), allowed[0].line), ("a test key; opens nothing", 3));
        assert_eq!(allowed[1].place, Variable("API_KEY".to_owned()));
        assert_eq!(spec.criteria[0].checks().len(), 1);
        assert!(spec.criteria[1].allowed.is_empty());
    }
    check(
        "## Success Criteria\n- [ ] No secrets in image\n  - Allowed: /a b/key (why)\n  - Note: prose\n",
        "2 success-criteria-no-secrets-in-image = image.secrets",
    );
}

#[test]
fn an_exception_that_cannot_be_one_is_refused() {
    let under = |bullet: &str| format!("## Success Criteria\n- [ ] No secrets in image\n  - {bullet}\n");
    refused(&under("Allowed: /app/key.pem"), "spec.md:3:5: this exception has no reason");
    refused(&under("Allowed: /app/key.pem ()"), "spec.md:3:5: this exception has no reason");
    refused(&under("Allowed: all of them (why)"), "spec.md:3:5: `all of them` is no place of a secret");
    refused(&under("Allowed: /app/* (why)"), "spec.md:3:5: `/app/*` is no place of a secret");
    refused(
        "## Success Criteria\n- [ ] Container runs as non-root user\n  - Allowed: /x (why)\n",
        "spec.md:2:7: this promise has no exceptions",
    );
    refused(
        "## Success Criteria\n- [ ] No secrets in image\n- prose\n  - Allowed: /x (why)\n",
        "spec.md:4:5: this exception belongs to no promise",
    );
    refused(
        "## Success Criteria\n- [ ] No secrets in image\n\ntext\n\n- Allowed: /x (why)\n",
        "spec.md:6:3: this exception belongs to no promise",
    );
}

#[test]
fn rows_of_tables_are_promises_where_a_column_a_box_or_an_identifier_says_so() {
    let under = |heading: &str, table: &str, expected: &str| check(&format!("## {heading}\n\n{table}\n"), expected);
    under(
        "Success Criteria",
        "| # | Criterion | Done |\n|---|---|---|\n| 1 | Container runs as non-root user | [ ] |\n| 2 | Image size under 10 MB <!-- id: size --> | [x] |\n",
        "5 success-criteria-container-runs-as-non-root-user = user.non_root\n6 size = image.size",
    );
    under(
        "Success Criteria",
        "| ID | What | Prio | How verified |\n|:--|---|---|---|\n| **SC-1** | No secrets in image | Must | scan it |\n| SC-2 | No setuid files | Won't | |\n",
        "5 SC-1 = image.secrets\n6 SC-2 = ? in the column Prio: Won't",
    );
    under(
        "Requirements",
        "| Property | Limit | Why |\n|---|---|---|\n| Image size | 10 MB | edge |\n| Memory | under 64 MB | |\n",
        "5 constraints-image-size-at-most-10-mb = image.size\n6 constraints-memory-under-64-mb = memory.under",
    );
    under(
        "Checklist",
        "| | |\n|---|---|\n| ☐ | No setuid files |\n| ✅ | Multi-stage build, except on Windows |\n",
        "5 success-criteria-no-setuid-files = image.setuid\n6 success-criteria-multi-stage-build-except-on-windows = ? except on Windows",
    );
    // A table of variables promises nothing.
    under(
        "Requirements",
        "- No setuid files\n\n| Variable | Default |\n|---|---|\n| PORT | 3000 |\n",
        "3 constraints-no-setuid-files = image.setuid",
    );
}

#[test]
fn boxes_in_quotations_are_promises_with_their_checks() {
    check(
        "## Constraints\n> ## Success Criteria\n> - [ ] It is polite\n>   ```check\n>   GET /health -> 200\n>   ```\n> - no box\n\n- No setuid files\n",
        "3 constraints-it-is-polite = scenario\n9 constraints-no-setuid-files = image.setuid",
    );
}

#[test]
fn a_quotation_inside_a_promise_belongs_to_it() {
    check(
        "## Constraints\n- No setuid files\n  > except for ping\n",
        "2 constraints-no-setuid-files = ? except for ping",
    );
}

#[test]
fn a_section_goes_on_behind_one_inside_it() {
    check(
        "## Requirements\n### Must have\n- No setuid files\n### Agreed with operations\n- Multi-stage build\n#### Dependencies\n- Starts within 1s\n### Non-Goals\n- No shell in image\n### Ports\n- Exposes port 80\n## Notes\n- No secrets in image\n",
        "3 constraints-no-setuid-files = image.setuid\n5 constraints-multi-stage-build = build.multi_stage\n7 constraints-starts-within-1s = start.within\n11 constraints-exposes-port-80 = image.port",
    );
}

#[test]
fn a_cell_that_may_take_a_promise_back_is_read_with_it() {
    let open = |header: &str, cell: &str| {
        let text = format!(
            "## Requirements\n\n| ID | Requirement | {header} |\n|---|---|---|\n| R-1 | No setuid files | {cell} |\n"
        );
        let remark = if cell == "✅" { "ticked" } else { cell };
        check(&text, &format!("5 R-1 = ? in the column {header}: {remark}"));
    };
    for header in ["Deferred", "Out of scope", "Won't", "Why"] {
        open(header, if header == "Why" { "dropped in this release" } else { "✅" });
    }
    for (header, cell) in [
        ("Priority", "P4"),
        ("Priority", "Should"),
        ("Priority", "Could"),
        ("Category", "Nice to have"),
        ("Section", "Out of scope"),
        ("Verification", "none, not required"),
        ("Source", "rejected proposal"),
        ("Status", "-"),
    ] {
        open(header, cell);
    }
}

#[test]
fn what_a_heading_a_label_or_a_line_takes_back_is_not_promised() {
    let kept = "3 constraints-no-setuid-files = image.setuid";
    for taken_back in [
        "### Nice to have\n- No shell in image\n",
        "### Not required\n- No shell in image\n",
        "### Optional\n- [ ] No shell in image\n",
        "### What we will not do\n- No shell in image\n",
        "## Non-Goals\n### Requirements\n- No shell in image\n",
        "## Future work\n### Security requirements\n- No shell in image\n",
        "## Requirements we dropped\n- No shell in image\n",
        "## Constraints that no longer apply\n- No shell in image\n",
        "## Acceptance criteria (not in v1)\n- [ ] No shell in image\n",
        "- Not promised:\n  - No shell in image\n",
        "- Optional:\n  - [ ] No shell in image\n",
        "\nWe do not promise any of these:\n\n- No shell in image\n",
        "## Background\n> ## Requirements\n> - [ ] No shell in image\n",
        "## Non-Goals\n\n| ID | Requirement |\n|---|---|\n| R-1 | No shell in image |\n",
    ] {
        check(&format!("# T\n## Constraints\n- No setuid files\n{taken_back}"), kept);
    }
}

#[test]
fn the_services_own_name_is_its_subject_and_reasons_are_kept_apart() {
    let text = |title: &str| {
        format!(
            "# {title}\n## Success Criteria\n- [ ] Matchmaker starts within 3 s\n\
             - [ ] STOPSIGNAL is SIGINT because the engine ignores TERM\n"
        )
    };
    let spec = Spec::parse(&text("Matchmaker")).unwrap();
    assert_eq!(spec.criteria[0].checks().len(), 1);
    assert_eq!(spec.criteria[1].reasons, ["because the engine ignores TERM"]);
    assert_eq!(Spec::parse(&text("Lobby")).unwrap().criteria[0].checks().len(), 0);
}
