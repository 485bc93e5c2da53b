//! Where the checklist and the reports go.

use std::process::Output;

use serde_json::Value;

use crate::support::Place;

const SPEC: &str =
    "# Notes\n\n## Success Criteria\n- [ ] Image size under 10 MB\n- [ ] Image can be pushed to registry\n";

/// Verifies the sample image; nothing in the specification needs a run.
fn verify(arguments: &[&str]) -> (Place, Output) {
    let place = Place::empty().with("containerization-spec.md", SPEC);
    seaworthy_testkit::Recipe::default().write(&place.path().join("image")).unwrap();
    let all = [&["verify", "oci:image", "--engine", "embedded"], arguments].concat();
    let output = place.command(&all).output().unwrap();
    (place, output)
}

#[test]
fn the_checklist_is_data() {
    let (_, output) = verify(&[]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    assert!(stdout.starts_with("Notes · sha256:") && stdout.contains("\n  ✔ Image size under 10 MB "), "{stdout}");
    assert!(stdout.contains("\n2 promises: 1 kept, 0 broken, 0 unproven, 1 pending · "), "{stdout}");
    assert!(stdout.contains("pending: seaworthy "), "{stdout}");
}

#[test]
fn with_complete_a_pending_promise_is_exit_3() {
    assert_eq!(verify(&["--complete"]).1.status.code(), Some(3));
}

#[test]
fn a_report_on_stdout_sends_the_checklist_to_stderr_and_files_are_written_beside_it() {
    let (place, output) = verify(&["--report", "json=-", "--report", "markdown=report.md"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["image"]["reference"], "oci:image");
    assert_eq!(report["summary"]["pending"], 1);
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("Notes · sha256:"));
    let markdown = std::fs::read_to_string(place.path().join("report.md")).unwrap();
    assert!(markdown.contains("\n| Image size under 10 MB | ✔ pass | "), "{markdown}");
}
