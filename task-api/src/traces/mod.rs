//! Traces for a collector: a span a request, and one for what it asks of the database.
//!
//! OpenTelemetry's own exporter sends them, in builds with the feature `otlp`. Elsewhere a variable for traces ends the
//! start: nobody waits for spans that never come.

#[cfg_attr(feature = "otlp", path = "otlp.rs")]
#[cfg_attr(not(feature = "otlp"), path = "absent.rs")]
mod exporter;

#[cfg(feature = "otlp")]
mod config;

pub use exporter::TracesConfig;
pub(crate) use exporter::{Traces, query};
