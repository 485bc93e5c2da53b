//! The Task API: tasks that are created, read, changed and deleted over HTTP, kept in PostgreSQL or `SQLite`.
//!
//! [`app()`] is the whole service as a value. A request goes through it to a handler in `tasks`, which reads what was
//! sent (`body`, `page`), asks the [`Store`] for one thing, and answers; what cannot be answered is an [`Error`].

mod app;
mod around;
mod body;
pub mod command;
mod config;
mod connection;
mod database_url;
mod docs;
mod error;
mod fault;
mod health;
mod key;
mod limits;
mod metrics;
mod openapi;
mod page;
mod server;
mod store;
mod task;
mod tasks;

pub use app::{AppState, app};
pub use config::{Config, ConfigError, Listen};
pub use database_url::{BadUrl, DatabaseUrl, PostgresUrl, Roots, SqlitePlace, Tls};
pub use error::Error;
pub use key::Keys;
pub use limits::{Limits, Rate};
pub use openapi::{Asks, json as openapi_json};
pub use store::{Store, StoreError};
