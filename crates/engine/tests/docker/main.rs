//! Containers of Docker, real ones.

#![expect(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "helpers of tests, and `json!` as it is written"
)]

mod bounds;
mod containers;
mod network;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the embedded engine's tests use the rest")]
mod support;

use std::process::Command;

use seaworthy_engine::{Choice, Container, Docker, Engine as _, Prepared, Run};
use seaworthy_image::Image;
use serde_json::{Value, json};

use support::image;

pub(crate) fn engine() -> Docker {
    let engine = Docker::connect_as(Choice::Docker).unwrap_or_else(|error| {
        panic!("{error}; `apt-get install docker.io` installs one, `dockerd &` starts it where systemd does not")
    });
    engine.with_helper(support::helper())
}

/// An image that no other test has, so that what is done to it is seen alone.
pub(crate) fn only(name: &str, args: &[&str], extra: Value) -> Image {
    let mut labels = json!({"Labels": {"test": name, "process": std::process::id().to_string()}});
    labels.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    image(args, labels)
}

pub(crate) fn prepare(image: &Image) -> Box<dyn Prepared> {
    engine().prepare(image).unwrap()
}

pub(crate) fn start(image: &Image, run: &Run) -> Box<dyn Container> {
    prepare(image).start(run, None).unwrap()
}

pub(crate) fn serve(run: &Run) -> Box<dyn Container> {
    start(&image(&["serve"], json!({})), run)
}

/// What Docker's own client lists.
pub(crate) fn docker(args: &[&str]) -> String {
    let output = Command::new("docker").args(args).output().expect("`apt-get install docker.io` installs docker");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
