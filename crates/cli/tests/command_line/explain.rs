//! `seaworthy explain`.

use std::process::Stdio;

use insta::assert_snapshot;

use crate::support::{Place, SPEC, show};

#[test]
fn each_sentence_is_shown_with_the_check_that_understood_it() {
    assert_snapshot!(Place::empty().with("spec.md", SPEC).call(&["explain", "spec.md"]), @"
    exit 0
    --- stdout
    Notes

    line  check             stage  parameters                         sentence
    4     env.configurable  run    variable=PORT default=8000         PORT: Configurable, defaults to
                                                                      8000
    7     image.size        image  limit_bytes=10000000 measure=both  Image size under 10 MB
    8     health.endpoint   run    path=/health                       Health check endpoint responds at
                                                                      /health
    9     user.non_root     run                                       Container runs as non-root user

    4 promises: 4 understood, 0 not understood
    ");
}

#[test]
fn a_sentence_that_is_not_understood_exits_3_with_a_suggestion() {
    let spec = "## Success Criteria\n- [ ] Image size under 10 MB\n- [ ] Container runs as nonroot usr\n\
                - [ ] All CRUD endpoints work with 10,000 clients at once\n- [ ] Everyone is happy\n";
    assert_snapshot!(Place::empty().with("spec.md", spec).call(&["explain", "spec.md"]), @"
    exit 3
    --- stdout
    Success Criteria

    line  check           stage  parameters                         sentence
    2     image.size      image  limit_bytes=10000000 measure=both  Image size under 10 MB
    3     not understood                                            Container runs as nonroot usr
                                                                    not understood: `usr`
                                                                    did you mean: Container runs as
                                                                    non-root user
    4     not understood                                            All CRUD endpoints work with 10,000
                                                                    clients at once
                                                                    not understood: `with 10,000 clients
                                                                    at once`
    5     not understood                                            Everyone is happy

    lines 4, 5: no check knows this: put a scenario in a `check` block below it, or let a person judge it with `<!-- check: by hand: WHO, WHEN, WHAT WAS SEEN, IMAGE -->`

    4 promises: 1 understood, 3 not understood
    ");
}

#[test]
fn the_json_has_a_member_for_every_promise() {
    let spec = "## Success Criteria\n- [ ] Image size under 10 MB\n- [ ] Container runs as nonroot usr\n";
    assert_snapshot!(Place::empty().with("spec.md", spec).call(&["explain", "spec.md", "--json"]), @r#"
    exit 3
    --- stdout
    [
      {
        "line": 2,
        "section": "success-criteria",
        "text": "Image size under 10 MB",
        "check": "image.size",
        "stage": "image",
        "parameters": {
          "limit_bytes": 10000000,
          "measure": "both"
        },
        "suggestion": null
      },
      {
        "line": 3,
        "section": "success-criteria",
        "text": "Container runs as nonroot usr",
        "check": null,
        "stage": null,
        "parameters": {},
        "suggestion": "Container runs as non-root user",
        "readings": [
          "Container runs as non-root user"
        ]
      }
    ]
    "#);
}

#[test]
fn without_a_specification_the_whole_vocabulary_is_shown() {
    let shown = Place::empty().call(&["explain"]);
    assert!(shown.starts_with("exit 0\n--- stdout\ncheck "), "{shown}");
    let shown: Vec<Vec<&str>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
    for entry in ["health.endpoint run Health check endpoint responds at {path}", "machine.different"] {
        assert!(shown.iter().any(|line| line.join(" ").starts_with(entry)), "{shown:?}");
    }
    let output = Place::empty().command(&["explain", "--json"]).output().unwrap();
    let entries: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        entries.len() > 30 && entries.iter().all(|entry| entry["check"].is_string() && entry["sentence"].is_string())
    );
}

#[test]
fn every_step_of_a_scenario_is_listed_with_an_example() {
    let shown = Place::empty().call(&["explain", "scenario"]);
    for step in seaworthy_spec::step_forms() {
        assert!(shown.contains(&format!("\n{}\n    {}\n    e.g. {}\n", step.form, step.does, step.example)), "{shown}");
    }
    let output = Place::empty().command(&["explain", "scenario", "--json"]).output().unwrap();
    let steps: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(steps.as_array().unwrap().len(), seaworthy_spec::step_forms().len());
}

#[test]
fn a_specification_called_scenario_is_still_one() {
    let shown =
        Place::empty().with("scenario", "## Success Criteria\n- [ ] Starts within 1s\n").call(&["explain", "scenario"]);
    assert!(shown.contains("1 promise: 1 understood"), "{shown}");
}

#[test]
fn a_reader_that_goes_away_changes_nothing() {
    // More than a pipe holds, so that the program is still writing when its reader is gone.
    let spec = format!("## Success Criteria\n{}", "- [ ] Image size under 10 MB\n".repeat(450));
    let place = Place::empty().with("spec.md", spec);
    let mut child =
        place.command(&["explain", "spec.md", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_snapshot!(show(&child.wait_with_output().unwrap()), @"exit 0");
}

#[test]
fn escape_sequences_in_a_specification_do_not_reach_the_terminal() {
    let spec = "# A\x1b]0;owned\x07\n## Success Criteria\n- [ ] Image size \x1b[31m under 10 MB\u{9b}2J\n- [ ] x <!-- check: GTE \x1b[31m -->\n";
    let shown = Place::empty().with("spec.md", spec).call(&["explain", "spec.md"]);
    let json = Place::empty().with("spec.md", spec.replace("check:", "")).call(&["explain", "spec.md", "--json"]);
    for shown in [shown, json] {
        assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown:?}");
    }
}

#[test]
fn lines_under_dependencies_are_told_as_what_they_are() {
    let spec = "## Success Criteria\n- [ ] Image size under 10 MB\n## Dependencies\n- Redis, given as `CACHE_URL`\n- No Kafka needed\n\
                - The payment API (`ghcr.io/acme/pay:2`, port 80), given as `PAY_URL`\n- RabbitMQ\n";
    assert_snapshot!(Place::empty().with("spec.md", spec).call(&["explain", "spec.md"]), @r"
    exit 0
    --- stdout
    Success Criteria

    line  check       stage  parameters                         sentence
    2     image.size  image  limit_bytes=10000000 measure=both  Image size under 10 MB

    line 4: starts Redis (`redis:7-alpine`, port 6379), given as CACHE_URL
    line 5: prose, starts nothing: No Kafka needed (`no` asks for no server)
    line 6: starts payment API (`ghcr.io/acme/pay:2`, port 80), given as PAY_URL
    line 7: starts RabbitMQ (`rabbitmq:4-alpine`, port 5672), given as AMQP_URL; this kind was not tried

    1 promise: 1 understood, 0 not understood
    ");
}
