//! What the tests share: a sample service, images made wrong on purpose, a stand-in for the `rust` image, registries, a second host.

mod recipe;
pub mod registry;
mod rust_image;
mod sample;
pub mod second_host;

pub use recipe::{Recipe, for_arm};
pub use rust_image::{rust_image, workspace};
pub use sample::sample_service;
