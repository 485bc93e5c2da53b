//! Reviews a project before anything is built: its specification, its Dockerfile, its tags.
//!
//! A review is a list of [`Finding`]s. Nothing is run, nothing is written, and nothing comes from the network.

mod finding;
mod rule;

pub use finding::{Edit, Finding};
pub use rule::{Rule, Severity};
