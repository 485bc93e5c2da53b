//! What variables hold, by their names.

use crate::code::Reads;
use crate::project::{Need, Variable, VariableKind};

/// Parts of names of secrets.
const SECRET: &[&str] = &[
    "SECRET",
    "TOKEN",
    "PASSWORD",
    "PASSWD",
    "PASS",
    "PWD",
    "CREDENTIAL",
    "CREDENTIALS",
    "APIKEY",
    "SALT",
    "PEPPER",
    "PRIVATE",
];
/// Words before `KEY` that make it none.
const OPEN_KEYS: &[&str] = &["PUBLIC_KEY", "PUBLISHABLE_KEY", "PARTITION_KEY", "SORT_KEY", "CACHE_KEY"];
/// Names of what leads to a database.
const DATABASE: &[&str] =
    &["DATABASE", "DB", "POSTGRES", "POSTGRESQL", "PG", "MYSQL", "MARIADB", "SQLALCHEMY", "MONGO", "MONGODB", "NEON"];
/// Last parts of names of URLs.
const URL: &[&str] = &["URL", "URI", "DSN"];

/// What a variable of this name holds.
pub(crate) fn kind(name: &str) -> VariableKind {
    let upper = name.to_ascii_uppercase();
    let parts: Vec<&str> = upper.split('_').filter(|part| !part.is_empty()).collect();
    let last = parts.last().copied().unwrap_or_default();
    let has = |words: &[&str]| parts.iter().any(|part| words.contains(part));
    let is_url = URL.contains(&last);
    if (is_url && has(DATABASE)) || upper == "CONNECTIONSTRINGS__DEFAULT" || upper.starts_with("CONNECTIONSTRINGS__") {
        return VariableKind::Database;
    }
    // How long one lasts, or what it is called, is no secret.
    let about = matches!(
        last,
        "TTL"
            | "EXPIRES"
            | "EXPIRY"
            | "MINUTES"
            | "SECONDS"
            | "DAYS"
            | "HOURS"
            | "ALGORITHM"
            | "NAME"
            | "ID"
            | "FILE"
            | "URL"
            | "LENGTH"
    );
    if !about && (has(SECRET) || (last == "KEY" && !OPEN_KEYS.iter().any(|open| upper.ends_with(open)))) {
        return VariableKind::Secret;
    }
    let connects =
        ["REDIS", "BROKER", "AMQP", "RABBITMQ", "RABBIT", "KAFKA", "ELASTICSEARCH", "CACHE", "SENTRY", "CELERY"];
    if is_url && has(&connects) {
        return VariableKind::Connection;
    }
    VariableKind::Plain
}

/// One for each name, in the order of names: where it is needed the most.
pub(crate) fn variables(mut reads: Vec<Reads>) -> Vec<Variable> {
    let weight = |need: &Need| match need {
        Need::Required => 0,
        Need::Default(_) => 1,
        Need::Optional => 2,
    };
    reads.sort_by(|one, other| {
        (&one.name, weight(&one.need), &one.at).cmp(&(&other.name, weight(&other.need), &other.at))
    });
    reads.dedup_by(|later, kept| later.name == kept.name);
    let variable = |read: Reads| {
        let kind = kind(&read.name);
        let need = match read.need {
            // A default may hold a password.
            Need::Default(Some(value)) if kind != VariableKind::Plain || value.contains("://") || value.len() > 60 => {
                let shown = kind == VariableKind::Plain && !value.contains('@') && value.len() <= 60;
                Need::Default(shown.then_some(value))
            }
            need => need,
        };
        Variable { name: read.name, kind, need, at: read.at }
    };
    reads.into_iter().map(variable).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_variables_hold() {
        #[track_caller]
        fn check(kind: VariableKind, names: &[&str]) {
            for name in names {
                assert_eq!(super::kind(name), kind, "{name}");
            }
        }
        check(VariableKind::Secret, &["SECRET_KEY", "API_KEY", "JWT_SECRET", "DB_PASSWORD", "GITHUB_TOKEN", "APP_KEY"]);
        check(
            VariableKind::Database,
            &["DATABASE_URL", "DB_URL", "POSTGRES_DSN", "SQLALCHEMY_DATABASE_URI", "MONGODB_URI"],
        );
        check(VariableKind::Connection, &["REDIS_URL", "CELERY_BROKER_URL", "AMQP_URL", "SENTRY_DSN"]);
        check(
            VariableKind::Plain,
            &[
                "PORT",
                "LOG_LEVEL",
                "PUBLIC_KEY",
                "TOKEN_TTL",
                "ACCESS_TOKEN_EXPIRE_MINUTES",
                "BASE_URL",
                "DB_HOST",
                "SECRET_NAME",
            ],
        );
    }

    #[test]
    fn a_default_that_may_hold_a_password_is_not_told() {
        let read = |name: &str, value: &str| Reads {
            name: name.to_owned(),
            need: Need::Default(Some(value.to_owned())),
            at: crate::Place::file("f"),
        };
        let found = variables(vec![
            read("API_KEY", "abc"),
            read("BASE_URL", "http://u:p@h/"),
            read("DATABASE_URL", "postgresql://u:p@h/d"),
            read("HOST", "0.0.0.0"),
        ]);
        let needs: Vec<Need> = found.into_iter().map(|variable| variable.need).collect();
        let host = Need::Default(Some("0.0.0.0".to_owned()));
        assert_eq!(needs, [Need::Default(None), Need::Default(None), Need::Default(None), host]);
    }
}
