//! Containerization specifications: Markdown text to promises, and every problem with its place.
//!
//! This crate opens no file and knows nothing of images, engines or verdicts.

mod check;
mod criterion;
mod scenario;

pub use check::{Check, FileExpectation, Measure, Stage, Tool};
pub use criterion::{Criterion, Promise, Section, Spec};
pub use scenario::{Action, Answer, ExitWanted, Request, Save, Scenario, Step};
