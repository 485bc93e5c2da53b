//! The Task API: tasks that are created, read, changed and deleted over HTTP, kept in PostgreSQL or `SQLite`.
//!
//! [`app()`] is the whole service as a value. A request goes through it to a handler in `resource`, which reads what was
//! sent (`request`), asks the [`Store`] for one thing, and answers; what cannot be answered is an [`Error`].

#![forbid(unsafe_code)]

mod app;
mod budget;
pub mod command;
mod config;
mod connection;
mod epoch;
mod error;
mod feed;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod mcp;
mod middleware;
mod openapi;
mod request;
mod resource;
mod server;
mod store;
mod task;
mod traces;

pub use app::{AppState, app};
pub use budget::Budget;
pub use config::{
    Config, ConfigError, Listen,
    database_url::{BadUrl, DatabaseUrl, PostgresUrl, Roots, SqlitePlace, Tls},
    key::Keys,
    limits::Limits,
    origins::{BadOrigins, Origins},
};
pub use error::Error;
pub use openapi::{Asks, json as openapi_json};
pub use request::forwarded::{BadPrefix, PathPrefix};
pub use store::{Store, StoreError};
pub use traces::TracesConfig;
