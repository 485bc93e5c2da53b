//! What one verification found, and the forms in which it is shown.
//!
//! The types serialise to `seaworthy/report/v1` (`docs/report.md`). Readers ignore members they do not know.
//! What a renderer is given may hold anything that came out of a container: none lets a control character through.

pub mod json;
pub mod markdown;
mod report;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod schema;
pub mod terminal;
mod text;

pub use report::{
    Built, Criterion, Database, Found, Image, Machine, Mounted, Options, Parts, Pushed, Report, SCHEMA, Severity, Size,
    Spec, Summary, Verdict, Vouched,
};
pub use text::{clean, columns, duration, short_digest, size, sum, wrap};
