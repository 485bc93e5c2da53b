//! Images that a Docker daemon has: `docker-daemon:NAME:TAG`.

use std::process::Command;

use insta::assert_snapshot;
use seaworthy_image::archive;
use seaworthy_testkit::Recipe;
use serde_json::Value;

use crate::support::{Place, show};

const SPEC: &str = "# Notes\n\n## Success Criteria\n- [ ] Image size under 10 MB\n";

/// An image in the daemon's store, under a name of its own that goes when this is dropped.
struct Loaded {
    name: String,
    place: Place,
    /// Of the layout from which it was loaded.
    digest: String,
}

impl Loaded {
    fn new(test: &str) -> Self {
        let name = format!("seaworthy-test/{test}:{}", std::process::id());
        let place = Place::empty().with("containerization-spec.md", SPEC);
        // Labelled, so that no other test has this very image in the store and takes it away.
        let recipe = Recipe::config(|draft| drop(draft.labels.insert("test".to_owned(), name.clone())));
        let image = recipe.write(&place.path().join("image")).unwrap();
        let file = place.path().join("image.tar");
        archive::write_docker(&image, &file, std::slice::from_ref(&name)).unwrap();
        docker(&["load", "--quiet", "--input", file.to_str().unwrap()]);
        Self { digest: image.digest().to_string(), name, place }
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        docker(&["image", "rm", &self.name]);
    }
}

fn docker(arguments: &[&str]) {
    let output = Command::new("docker")
        .args(arguments)
        .output()
        .expect("the daemon is Docker's: apt-get install docker.io, and start dockerd");
    assert!(output.status.success(), "{}", show(&output));
}

#[test]
fn an_image_of_the_daemon_has_the_same_digest_each_time() {
    let loaded = Loaded::new("same");
    for _ in 0..2 {
        let image = format!("docker-daemon:{}", loaded.name);
        let arguments = ["verify", &image, "--engine", "embedded", "--report", "json=-"];
        let output = loaded.place.command(&arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", show(&output));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["image"]["digest"], loaded.digest);
        assert_eq!(report["image"]["reference"], image);
    }
}

#[test]
fn an_image_for_another_platform_is_not_taken_for_the_one_asked_for() {
    let loaded = Loaded::new("platform");
    let image = format!("docker-daemon:{}", loaded.name);
    let mut shown = loaded.place.call(&["verify", &image, "--platform", "linux/arm64"]);
    let digits = shown.find("sha256:").unwrap() + "sha256:".len();
    shown.replace_range(digits..digits + 12, "CONFIG");
    assert_snapshot!(shown.replace(&loaded.name, "NAME"), @r"
    exit 2
    --- stderr
    error: `docker-daemon:NAME` has no image for `linux/arm64`; it has `sha256:CONFIG (linux/amd64)`
    ");
}

#[test]
fn a_name_that_the_daemon_does_not_know_is_told() {
    let place = Place::empty().with("containerization-spec.md", SPEC);
    let shown = place.call(&["verify", "docker-daemon:seaworthy-test/none"]);
    let (version, _) = shown.split_once("has no image").unwrap();
    let (_, version) = version.trim().rsplit_once(' ').unwrap();
    assert_snapshot!(shown.replace(version, "VERSION"), @r"
    exit 2
    --- stderr
    error: cannot open `docker-daemon:seaworthy-test/none:latest`: docker VERSION has no image `seaworthy-test/none:latest`
    hint: `docker images` lists those that are there, `docker pull seaworthy-test/none:latest` fetches one
    ");
}

#[test]
fn without_a_daemon_the_way_to_one_is_told() {
    let place = Place::empty().with("containerization-spec.md", SPEC);
    let mut command = place.command(&["verify", "docker-daemon:app"]);
    let output = command.env("DOCKER_HOST", "unix:///none.sock").output().unwrap();
    assert_snapshot!(show(&output), @r"
    exit 2
    --- stderr
    error: cannot open `docker-daemon:app:latest`: the docker engine cannot run here: `DOCKER_HOST` is `unix:///none.sock`: Socket not found: /none.sock
    hint: install and start one: `apt-get install docker.io && systemctl start docker`, or `dockerd &` without systemd
    ");
}
