//! Reviews a project before anything is built: its specification, its Dockerfile, its tags.
//!
//! A review is a list of [`Finding`]s. Nothing is run, nothing is written, and nothing comes from the network.

mod allow;
pub mod dockerfile;
mod finding;
pub mod mask;
pub mod prompt;
mod reference;
mod review;
mod rule;
pub mod show;
pub mod specification;
pub mod tags;

pub use finding::{Edit, Finding};
pub use reference::{rules_markdown, specification_rules_markdown};
pub use review::{Count, Listed, Subject, edited, mended, review};
pub use rule::{Rule, Severity};
