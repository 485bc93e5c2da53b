//! Where the checklist and the reports go.

use std::process::Output;
use std::time::Instant;

use serde_json::Value;

use crate::support::{Place, told};

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
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!((output.status.code(), told(&output).as_str()), (Some(0), ""));
    assert!(stdout.starts_with("Notes · sha256:") && stdout.contains("\n  ✔ Image size under 10 MB "), "{stdout}");
    assert!(stdout.contains("\n2 promises: 1 kept, 0 broken, 0 unproven, 1 pending · "), "{stdout}");
    assert!(stdout.contains("pending: seaworthy "), "{stdout}");
}

#[test]
fn where_nobody_watches_a_line_tells_of_each_part_of_the_work_and_the_report_how_long_it_took() {
    let began = Instant::now();
    let (_, output) = verify(&["--report", "json=-"]);
    let waited = u64::try_from(began.elapsed().as_millis()).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let phases: Vec<&str> = stderr.lines().filter(|line| line.ends_with(" …")).collect();
    assert_eq!(phases, ["reading the image …", "deciding the promises …"], "{stderr}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let part = |name: &str| report["parts_ms"][name].as_u64().unwrap();
    let (took, parts) = (report["took_ms"].as_u64().unwrap(), part("prepare") + part("image") + part("run"));
    // Each is cut to whole milliseconds.
    assert!((parts..=parts + 3).contains(&took) && took <= waited, "{parts} of {took} of {waited} ms");
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
    assert!(told(&output).starts_with("Notes · sha256:"));
    let markdown = std::fs::read_to_string(place.path().join("report.md")).unwrap();
    assert!(markdown.contains("\n| Image size under 10 MB | ✔ pass | "), "{markdown}");
}
