//! A connection of our own to the database that a URL names: what a service wrote is looked up where it must lie.

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio_postgres::SimpleQueryMessage;

use crate::url::{Target, UrlError};

/// How long one table may be searched.
const TABLE: Duration = Duration::from_secs(5);
/// The most tables that are searched.
const TABLES: usize = 500;
/// By which our own sessions are told from a service's.
pub(crate) const APPLICATION: &str = "seaworthy";

/// A session on a PostgreSQL server. Dropping it ends it.
pub struct Client {
    runtime: Runtime,
    client: tokio_postgres::Client,
}

/// Why a database could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The URL is not one that can be followed.
    #[error("cannot use the database URL: {0}")]
    Url(#[from] UrlError),
    /// The server is not reached, or does not let us in.
    #[error("cannot log in to the database: {0}")]
    Connect(String),
    /// No answer in time.
    #[error("the database gave no answer within {} s", .0.as_secs())]
    Late(Duration),
    /// The server refused a statement.
    #[error("the database refused to be read: {0}")]
    Refused(String),
    /// The system refuses what a connection needs.
    #[error("cannot make ready to ask a database: {0}")]
    System(std::io::Error),
}

/// Where a text was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// How many rows hold it.
    pub rows: u64,
    /// The first table with such a row.
    pub table: Option<String>,
    /// How many tables were searched.
    pub searched: usize,
    /// How many could not be searched whole: too large, or not ours to read.
    pub unsearched: usize,
}

impl Client {
    /// Logs in as the URL says, encrypted as its `sslmode` demands.
    ///
    /// # Errors
    ///
    /// Fails if the URL cannot be followed, or the server does not let us in `within` the time.
    pub fn connect(url: &str, within: Duration) -> Result<Self, ClientError> {
        Self::to(&Target::of(url)?, within)
    }

    pub(crate) fn to(target: &Target, within: Duration) -> Result<Self, ClientError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(ClientError::System)?;
        let connector = target.connector()?;
        let mut config = target.config.clone();
        config.application_name(APPLICATION).connect_timeout(within);
        let client = runtime.block_on(async {
            let connecting = tokio::time::timeout(within, config.connect(connector));
            let (client, connection) = connecting
                .await
                .map_err(|_| ClientError::Late(within))?
                .map_err(|error| ClientError::Connect(told(&error)))?;
            tokio::spawn(async move {
                // Its error is also that of the statement that waits for it.
                let _ = connection.await;
            });
            Ok::<_, ClientError>(client)
        })?;
        Ok(Self { runtime, client })
    }

    /// How many rows of all tables that we may read hold `text`; tables whose name resembles `like` are searched first, then small ones.
    ///
    /// # Errors
    ///
    /// Fails if the server does not list its tables. What cannot be searched within the time is counted.
    pub fn rows_with(&self, text: &str, like: &str, within: Duration) -> Result<Found, ClientError> {
        let started = Instant::now();
        let tables = self.ask(
            &format!(
                "SELECT c.oid::regclass::text FROM pg_catalog.pg_class c \
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition \
                 AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' \
                 AND has_table_privilege(c.oid, 'SELECT') \
                 ORDER BY strpos(lower(c.relname), {}) > 0 DESC, c.relpages, c.relname LIMIT {TABLES}",
                quoted(&like.to_lowercase())
            ),
            within,
        )?;
        let pattern = quoted(&format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")));
        let mut found = Found::default();
        for table in &tables {
            let left = within.saturating_sub(started.elapsed());
            if left.is_zero() {
                found.unsearched += 1;
                continue;
            }
            let limit = TABLE.min(left);
            // One transaction, so that the limit holds also behind a pooler. A row is text as a whole: its columns may be of any type.
            let counted = self.ask(
                &format!(
                    "BEGIN READ ONLY; SET LOCAL statement_timeout = {}; \
                     SELECT count(*) FROM {table} AS r WHERE r::text LIKE {pattern}; COMMIT",
                    limit.as_millis().max(1)
                ),
                limit + Duration::from_secs(1),
            );
            let Some(rows) = counted.ok().and_then(|rows| rows.first()?.parse::<u64>().ok()) else {
                found.unsearched += 1;
                // A failed transaction takes nothing more until it is ended.
                let _ = self.ask("ROLLBACK", Duration::from_secs(1));
                continue;
            };
            found.searched += 1;
            found.rows += rows;
            if rows > 0 {
                found.table.get_or_insert_with(|| table.clone());
            }
        }
        Ok(found)
    }

    /// How many sessions of this user, ours aside, began in the last `since` and have sent a statement.
    ///
    /// # Errors
    ///
    /// Fails if the server does not tell.
    pub fn sessions(&self, since: Duration, within: Duration) -> Result<u64, ClientError> {
        let counted = self.ask(
            &format!(
                "SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE usename = current_user \
                 AND pid <> pg_backend_pid() AND application_name <> {} AND query <> '' \
                 AND backend_start >= now() - interval '{} milliseconds'",
                quoted(APPLICATION),
                since.as_millis()
            ),
            within,
        )?;
        Ok(counted.first().and_then(|count| count.parse().ok()).unwrap_or(0))
    }

    /// How many rows were inserted, changed or deleted in this database so far, as its statistics have it: a moment late.
    ///
    /// # Errors
    ///
    /// Fails if the server does not tell.
    pub fn rows_written(&self, within: Duration) -> Result<u64, ClientError> {
        let counted = self.ask(
            "SELECT tup_inserted + tup_updated + tup_deleted FROM pg_catalog.pg_stat_database WHERE datname = current_database()",
            within,
        )?;
        Ok(counted.first().and_then(|count| count.parse().ok()).unwrap_or(0))
    }

    /// The first column of every row that the statements answer. They are not prepared: a pooler may give each to another session.
    pub(crate) fn ask(&self, statements: &str, within: Duration) -> Result<Vec<String>, ClientError> {
        let answered =
            self.runtime.block_on(async { tokio::time::timeout(within, self.client.simple_query(statements)).await });
        let messages =
            answered.map_err(|_| ClientError::Late(within))?.map_err(|error| ClientError::Refused(told(&error)))?;
        let first = |message: SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        };
        Ok(messages.into_iter().filter_map(first).collect())
    }
}

/// An error with its causes: the outer one says only where it happened.
fn told(error: &tokio_postgres::Error) -> String {
    use std::error::Error as _;
    if let Some(refusal) = error.as_db_error() {
        return refusal.message().to_owned();
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

/// A text as a literal, whatever the server takes a backslash for.
fn quoted(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_literal_whatever_is_in_it() {
        assert_eq!(quoted("it's 100\\%"), "E'it''s 100\\\\%'");
    }
}
