//! The embedded engine, on real containers.

#![expect(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "a test that cannot be set up has failed, and `json!` as it is written"
)]

mod closed;
mod containers;
mod crash;
mod rootless;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the suite of all engines uses the rest")]
mod support;
