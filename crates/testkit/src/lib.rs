//! What the tests share: a sample service, images made wrong on purpose, stand-ins for the `debian`, `python` and `rust` images, registries, a second host.

mod debian;
mod docker;
mod python;
mod recipe;
pub mod registry;
mod rust_image;
mod sample;
pub mod second_host;
mod servers;

pub use debian::{debian_builder, debian_image};
pub use python::{python_builder, python_image, stand_in};
pub use recipe::{Recipe, for_arm};
pub use rust_image::{hasty_rust_image, rust_image, workspace};
pub use sample::{links_service, sample_service};
pub use servers::{mariadb_image, postgres_image, redis_image};
