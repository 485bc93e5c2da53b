//! A project to an image, and the record of how it was made.

pub mod dockerfile;
mod record;

pub use record::{Record, RecordError, Reproduced};
