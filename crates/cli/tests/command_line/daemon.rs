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

impl Loaded {
    /// What the report says of the image.
    fn image(&self, expected: i32) -> Value {
        let image = format!("docker-daemon:{}", self.name);
        let output = self.place.command(&["verify", &image, "--report", "json=-"]).output().unwrap();
        assert_eq!(output.status.code(), Some(expected), "{}", show(&output));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["image"]["reference"], image);
        report["image"].clone()
    }
}

#[test]
fn an_image_of_the_daemon_is_compressed_only_where_a_promise_needs_it() {
    let loaded = Loaded::new("same");
    let image = loaded.image(0);
    let id = Command::new("docker").args(["image", "inspect", "-f", "{{.Id}}", &loaded.name]).output().unwrap();
    assert_eq!(image["config_digest"], String::from_utf8_lossy(&id.stdout).trim());
    assert!(image.get("digest").is_none() && image["size_bytes"].get("transfer").is_none(), "{image}");

    let needs_it = SPEC.replace("10 MB", "1 KB (transfer)");
    std::fs::write(loaded.place.path().join("containerization-spec.md"), needs_it).unwrap();
    let image = loaded.image(1);
    assert_eq!(image["digest"], loaded.digest, "as a push would send it");
    assert!(image["size_bytes"]["transfer"].as_u64().is_some_and(|bytes| bytes > 1000), "{image}");
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
