//! Containers of the embedded engine, real ones.

mod support;

use std::time::Duration;

use seaworthy_engine::Run;
use serde_json::json;

use support::{ask, image, start};

#[test]
fn a_container_answers_and_is_gone_when_dropped() {
    let container = start(&image(&["serve"], json!({})), &Run::default());
    assert_eq!(ask(&*container, "hello"), "ready");
    assert_eq!(container.wait(Duration::ZERO).unwrap(), None);
}
