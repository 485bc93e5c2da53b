//! Ctrl-C while a container runs: exit 130, no report, nothing left behind.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::Place;

/// Verifies a service that never answers, and interrupts that as soon as a container's process is there.
#[track_caller]
fn check(signal: &str) {
    check_after(signal, "Health check endpoint responds at `/health`", Duration::ZERO);
}

/// As [`check`], with this promise and so long after the container's process is there.
#[track_caller]
fn check_after(signal: &str, promise: &str, after: Duration) {
    let spec = format!("# Deaf\n\n## Success Criteria\n- [ ] {promise}\n");
    let place = Place::empty().with("containerization-spec.md", spec).with("tmp/.keep", "");
    let temporary = place.path().join("tmp");
    seaworthy_testkit::Recipe::fault("--health-500").write(&place.path().join("image")).unwrap();
    let arguments = ["verify", "oci:image", "--engine", "embedded", "--env", "DATABASE_URL=file:///data"];
    let child = place
        .command(&[&arguments[..], &["--timeout", "10min"]].concat())
        .env("TMPDIR", &temporary)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    let container = loop {
        if let Some(process) = container_of(child.id()) {
            break process;
        }
        assert!(Instant::now() < deadline, "no container was started");
        thread::sleep(Duration::from_millis(5));
    };
    thread::sleep(after);
    for _ in 0..2 {
        Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(130), 0), "{stderr}");
    assert!(stderr.contains("interrupted: removing what was made"), "{stderr}");
    assert!(!Path::new(&format!("/proc/{container}")).exists(), "the container still runs");
    let left: Vec<_> = fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [".keep"]);
}

/// A process below `parent` that is the sample service.
fn container_of(parent: u32) -> Option<u32> {
    let children = fs::read_dir(format!("/proc/{parent}/task")).ok()?.flatten().flat_map(|task| {
        let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        children.split_whitespace().filter_map(|child| child.parse().ok()).collect::<Vec<u32>>()
    });
    children.into_iter().find_map(|child| {
        let command = fs::read_to_string(format!("/proc/{child}/cmdline")).unwrap_or_default();
        if command.contains("notes") && command.contains("--health-500") { Some(child) } else { container_of(child) }
    })
}

#[test]
fn sigint_twice() {
    check("INT");
}

/// The container is then one that promises are decided by. It aborted, with what it had made left to the next start.
#[test]
fn sigint_while_a_container_is_watched() {
    // That it runs is told 5 s after its start.
    check_after("INT", "Container starts listening on 8000", Duration::from_millis(1500));
}

#[test]
fn sigterm_twice() {
    check("TERM");
}
