//! Why a statement has no answer: whether anything was done, and whether waiting may help.

use std::{error::Error as StdError, io, sync::Arc};

use tokio_postgres::{
    Error,
    error::{DbError, Severity, SqlState},
};

use super::StoreError;

/// Why a statement has no answer. Clones tell the same: a failure may be that of many requests.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) kind: Kind,
    /// Whether it is known that the statement changed nothing, and never will.
    pub(super) is_undone: bool,
    source: Arc<dyn StdError + Send + Sync>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The server is away, busy, or said that it cannot work now.
    Passing,
    /// What is known about the server is wrong.
    Lasting { hint: Option<&'static str> },
    /// There is no room for the answer.
    NoRoom,
    /// The statement, or its answer, was not what was expected.
    Statement,
}

impl Failure {
    /// There was no connection, so nothing was sent.
    pub(super) fn unconnected(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { kind: Kind::Passing, is_undone: true, source: Arc::from(cause.into()) }
    }

    /// Its answer, or what is made of it, would be more than may be held.
    pub(super) fn no_room() -> Self {
        Self { kind: Kind::NoRoom, ..Self::unconnected("there is no room") }
    }

    /// It was sent, and nothing came back.
    pub(super) fn unanswered(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { is_undone: false, ..Self::unconnected(cause) }
    }

    /// A failure to connect.
    pub(super) fn of_connection(error: Error) -> Self {
        let hint = hint(&error);
        let is_lasting = match causes(&error).find_map(Cause::of) {
            Some(Cause::Server(error)) => is_lasting(error),
            Some(Cause::Certificate) => true,
            Some(Cause::Io(error)) => {
                matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::PermissionDenied)
            }
            None => !error.is_closed() && !error.to_string().contains("timeout"),
        };
        let kind = if is_lasting { Kind::Lasting { hint } } else { Kind::Passing };
        Self { kind, is_undone: true, source: Arc::new(error) }
    }

    /// A failure of a statement that was sent.
    pub(super) fn of_statement(error: Error) -> Self {
        let (kind, is_undone) = match causes(&error).find_map(Cause::of) {
            Some(Cause::Server(error)) => of_server(error.code().code(), error.message()),
            Some(Cause::Io(_) | Cause::Certificate) => (Kind::Passing, false),
            None if error.is_closed() => (Kind::Passing, false),
            None => (Kind::Statement, false),
        };
        Self { kind, is_undone, source: Arc::new(error) }
    }

    /// Whether the server gave this code.
    pub(super) fn is(&self, code: &SqlState) -> bool {
        self.source.downcast_ref::<Error>().and_then(Error::code) == Some(code)
    }

    /// Whether no other statement should be sent after it: the session ends, and might take one before it does, or its server
    /// has become a replica, and stays one.
    pub(super) fn is_last(&self) -> bool {
        let Some(error) = self.source.downcast_ref::<Error>().and_then(Error::as_db_error) else { return false };
        matches!(error.parsed_severity(), Some(Severity::Fatal | Severity::Panic))
            || *error.code() == SqlState::READ_ONLY_SQL_TRANSACTION
    }

    /// Says that something may have been done: for statements that change something.
    pub(super) fn of_write(self) -> StoreError {
        if self.is_undone { self.of_read() } else { StoreError::Unknown { source: Box::new(self.source) } }
    }

    /// Does not say what was done: for statements that change nothing.
    pub(super) fn of_read(self) -> StoreError {
        let source = Box::new(self.source);
        match self.kind {
            Kind::Passing => StoreError::Unreachable { source },
            Kind::NoRoom => StoreError::NoRoom,
            Kind::Lasting { hint } => StoreError::Refused { source, hint },
            Kind::Statement => StoreError::Query { source },
        }
    }
}

/// What a server's answer to a statement means, and whether the statement did nothing.
///
/// An error that PostgreSQL answers with means that the statement's transaction was rolled back, even
/// `57P01`: a session that is told to end looks at that before it commits or after it has answered, never in between.
/// Not so when another process crashed (`57P02`), when the server says itself that it does not know (`40003`), and with
/// what poolers say of a server that went away (`08…`, and pgcat's one code for all, `58000`).
fn of_server(code: &str, message: &str) -> (Kind, bool) {
    let said = |text: &&str| message.contains(text);
    match code {
        "57P02" | "40003" => (Kind::Passing, false),
        // Without a server from the pool nothing was passed on.
        _ if code.starts_with("08") || code == "58000" => (Kind::Passing, POOL_IS_FULL.iter().any(said)),
        "55P03" => (Kind::Passing, true),
        "XX000" if DOOR_IS_CLOSED.iter().any(said) => (Kind::Passing, true),
        _ if ["25", "40", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => (Kind::Passing, true),
        _ => (Kind::Statement, true),
    }
}

/// What poolers say to a client for which they found no server in time.
const POOL_IS_FULL: [&str; 4] = [
    "query_wait_timeout",
    "no more connections allowed",
    "server_login_retry",
    "could not get connection from the pool",
];

/// What the front doors of hosted databases say under the code of internal errors when there is nobody behind them yet.
const DOOR_IS_CLOSED: [&str; 6] =
    ["compute", "Control plane", "connection attempts", "Max client connections", "max clients reached", "endpoint is"];

/// What they say, under the same code, to a client that is wrong.
const DOOR_IS_WRONG: [&str; 4] =
    ["Endpoint ID is not specified", "Inconsistent project name", "Tenant or user not found", "Unsupported startup"];

/// Wrong passwords, unknown databases and parameters, missing rights and tables that are not ours. `PgBouncer` has one
/// code for all it says, which includes that its server is away.
fn is_lasting(error: &DbError) -> bool {
    let said = |text: &str| error.message().contains(text);
    match error.code() {
        code if *code == SqlState::PROTOCOL_VIOLATION => {
            said("authentication failed") || said("no such") || said("unsupported startup parameter")
        }
        code if *code == SqlState::INTERNAL_ERROR => DOOR_IS_WRONG.iter().any(|text| said(text)),
        code => ["0A", "22", "28", "3D", "3F", "42"].iter().any(|class| code.code().starts_with(class)),
    }
}

enum Cause<'a> {
    Server(&'a DbError),
    Certificate,
    Io(&'a io::Error),
}

impl<'a> Cause<'a> {
    fn of(error: &'a (dyn StdError + 'static)) -> Option<Self> {
        if let Some(error) = error.downcast_ref::<DbError>() {
            return Some(Self::Server(error));
        }
        let error = error.downcast_ref::<io::Error>()?;
        let is_tls = error.get_ref().is_some_and(|inner| inner.downcast_ref::<rustls::Error>().is_some());
        Some(if is_tls { Self::Certificate } else { Self::Io(error) })
    }
}

fn causes(error: &Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(Some(error as &(dyn StdError + 'static)), |error| (*error).source())
}

fn hint(error: &Error) -> Option<&'static str> {
    let text = crate::error::chain(error);
    if text.contains("does not support TLS") {
        Some("add `sslmode=disable` to `DATABASE_URL` if the way to it needs no encryption")
    } else if text.contains("no encryption") {
        Some("add `sslmode=require` to `DATABASE_URL`")
    } else if text.contains("UnknownIssuer") {
        Some("name the file of its authority with `sslrootcert=` in `DATABASE_URL`")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &str, message: &str, expected: (Kind, bool)) {
        assert_eq!(of_server(code, message), expected, "{code} {message}");
    }

    #[test]
    fn what_a_server_says_tells_whether_anything_was_done() {
        let undone = (Kind::Passing, true);
        check("57P01", "terminating connection due to administrator command", undone);
        check("57P03", "the database system is starting up", undone);
        check("40001", "could not serialize access", undone);
        check("53300", "sorry, too many clients already", undone);
        check("25006", "cannot execute INSERT in a read-only transaction", undone);
        check("08P01", "query_wait_timeout", undone);
        check("55P03", "canceling statement due to lock timeout", undone);
        check("57014", "canceling statement due to user request", undone);
        check("58000", "could not get connection from the pool - AllServersDown", undone);
        check("58030", "could not extend file", undone);
        check("XX000", "Couldn't connect to compute node", undone);
        check("XX000", "Control plane request failed", undone);
        let unknown = (Kind::Passing, false);
        check("57P02", "terminating connection because of crash of another server process", unknown);
        check("40003", "result is ambiguous", unknown);
        check("08P01", "server conn crashed?", unknown);
        check("08006", "connection failure", unknown);
        check("58000", "error receiving data from server: SocketError", unknown);
        let ours = (Kind::Statement, true);
        check("23505", "duplicate key value", ours);
        check("42P01", "relation does not exist", ours);
        check("XX000", "cache lookup failed", ours);
    }
}
