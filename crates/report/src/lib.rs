//! What one verification found, and the forms in which it is shown.
//!
//! The types serialise to `seaworthy/report/v1` (`docs/report.md`). Readers ignore members they do not know.

mod report;

pub use report::{Built, Criterion, Database, Image, Machine, Report, SCHEMA, Size, Spec, Summary, Verdict};
