//! The Task API: tasks that are created, read, changed and deleted over HTTP, kept in PostgreSQL or `SQLite`.
//!
//! [`app()`] is the whole service as a value. A request goes through it to a handler in `tasks`, which reads what was
//! sent (`body`, `selection`), asks the [`Store`] for one thing, and answers; what cannot be answered is an [`Error`].

mod app;
mod around;
mod batch;
mod body;
mod changes;
pub mod command;
mod config;
mod connection;
mod cursor;
mod database_file;
mod database_url;
mod docs;
mod error;
mod etag;
mod fault;
mod feed;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod health;
mod idempotency;
mod key;
mod limits;
mod mcp;
mod metrics;
mod object;
mod openapi;
mod owner;
mod selection;
mod server;
mod store;
mod task;
mod tasks;
mod traces;

pub use app::{AppState, app};
pub use config::{Config, ConfigError, Listen};
pub use database_url::{BadUrl, DatabaseUrl, PostgresUrl, Roots, SqlitePlace, Tls};
pub use error::Error;
pub use key::Keys;
pub use limits::{Limits, Rate};
pub use openapi::{Asks, json as openapi_json};
pub use store::{Store, StoreError};
pub use traces::{BadTraces, Sampler, TracesConfig};
