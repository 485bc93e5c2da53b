//! A specification, an image and an engine to a report. What decides a promise is here; what shows it is not.

mod finding;
pub mod image;
mod subject;

pub use finding::{Finding, one_line};
pub use subject::{Event, Options, Subject};
