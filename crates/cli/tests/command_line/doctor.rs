//! `doctor`: what its users and scripts see. What it finds is tested where it is found.

use std::path::PathBuf;

use insta::assert_snapshot;
use seaworthy_testkit::Recipe;
use serde_json::Value;

use crate::support::{Place, show};

/// A place with the image of the sample service in it.
fn with_image() -> (Place, PathBuf) {
    let place = Place::empty();
    Recipe::default().write(&place.path().join("image")).unwrap();
    let image = place.path().join("image");
    (place, image)
}

#[test]
fn the_help_names_what_it_takes_and_the_exit_codes() {
    let shown = Place::empty().call(&["doctor", "--help"]);
    assert!(shown.starts_with("exit 0\n--- stdout\nFind out why a container or an image does not work"), "{shown}");
    for word in
        ["Examples:\n  seaworthy doctor web ", "--with-real-services", "--json", "It exits 0 when no fault is found"]
    {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    assert!(!shown.contains("--- stderr"), "{shown}");
}

#[test]
fn a_container_that_nobody_has_is_one_line_and_what_to_do() {
    assert_snapshot!(Place::empty().call(&["doctor", "seaworthy-test-no-such-container"]), @"
    exit 2
    --- stderr
    error: there is no container `seaworthy-test-no-such-container`
    hint: `docker ps --all` lists the containers; an image is named as `docker-daemon:NAME:TAG` or `oci:PATH`
    ");
}

#[test]
fn without_a_daemon_a_container_cannot_be_looked_for() {
    let place = Place::empty();
    let mut command = place.command(&["doctor", "web"]);
    command.env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    assert_snapshot!(show(&command.output().unwrap()), @"
    exit 2
    --- stderr
    error: cannot look for the container `web`: the docker engine cannot run here: `DOCKER_HOST` is `unix:///nowhere/docker.sock`: Socket not found: /nowhere/docker.sock
    hint: start Docker or Podman; an image is named as `docker-daemon:NAME:TAG` or `oci:PATH`
    ");
}

#[test]
fn an_image_that_is_not_there_is_no_fault_of_the_image() {
    assert_snapshot!(Place::empty().call(&["doctor", "oci:nowhere"]), @"
    exit 2
    --- stderr
    error: there is no `nowhere`
    ");
}

#[test]
fn values_that_mean_nothing_are_refused_before_anything_starts() {
    let (place, _image) = with_image();
    assert_snapshot!(place.call(&["doctor", "oci:image", "--memory", "lots"]), @"
    exit 2
    --- stderr
    error: `--memory lots` is no size of at least 4 MB
    hint: write it as `64MB` or `1 GB`
    ");
    assert_snapshot!(place.call(&["doctor", "oci:image", "--env-file", "absent.env"]), @"
    exit 2
    --- stderr
    error: cannot read `absent.env`: no such file or directory
    ");
}

/// The names of an object's members, in their order.
fn members(value: &Value) -> Vec<&str> {
    value.as_object().map(|object| object.keys().map(String::as_str).collect()).unwrap_or_default()
}

#[test]
fn the_json_keeps_its_members_and_shows_no_value_of_a_variable() {
    let (place, _image) = with_image();
    let broken = ["doctor", "oci:image", "--engine", "embedded", "--json", "--env", "API_TOKEN=kelp-11-hawser"];
    let output = place.command(&broken).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", show(&output));
    let diagnosis: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut found = members(&diagnosis);
    found.sort_unstable();
    assert_eq!(found, ["causes", "engine", "schema", "subject", "took_ms", "tried", "verdict"]);
    assert_eq!(diagnosis["schema"], "seaworthy/doctor/v1");
    assert_eq!(diagnosis["verdict"], "cause-found");
    assert_eq!(diagnosis["subject"], "oci:image");
    let mut of_cause = members(&diagnosis["causes"][0]);
    of_cause.sort_unstable();
    assert_eq!(of_cause, ["confirmed", "evidence", "id", "next", "says"]);
    assert_eq!(diagnosis["causes"][0]["id"], "missing-variable");
    assert!(diagnosis["took_ms"].is_u64() && diagnosis["tried"].is_array(), "{diagnosis}");
    assert!(!show(&output).contains("kelp-11-hawser"), "{}", show(&output));

    let well = ["doctor", "oci:image", "--engine", "embedded", "--json", "--env", "DATABASE_URL=file:///data"];
    let output = place.command(&well).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", show(&output));
    let diagnosis: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&diagnosis["verdict"], &diagnosis["causes"]), (&"no-fault-found".into(), &Value::Array(Vec::new())));
}

#[test]
fn real_services_are_announced_before_a_copy_starts() {
    let (place, _image) = with_image();
    let arguments = ["doctor", "oci:image", "--engine", "embedded", "--with-real-services"];
    let output = place.command(&arguments).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let first = stderr.lines().next().unwrap_or_default();
    assert!(first.contains("copies reach the servers that the variables name"), "{stderr}");
    let without = place.command(&arguments[..4]).output().unwrap();
    assert!(!show(&without).contains("copies reach the servers"), "{}", show(&without));
}
