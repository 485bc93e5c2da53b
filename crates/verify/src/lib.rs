//! A specification, an image and an engine to a report. What decides a promise is here; what shows it is not.

mod subject;

pub use subject::{Event, Options, Subject};
