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

/// Whether a name may be that of a key or a password, however it is put together: `PGPASSWORD`, `db-pw`.
pub(crate) fn may_be_secret(name: &str) -> bool {
    const ANYWHERE: &[&str] = &[
        "PASS", "SECRET", "TOKEN", "CRED", "SALT", "PEPPER", "PRIVATE", "AUTH", "JWT", "SIGN", "BEARER", "LICEN",
        "WEBHOOK",
    ];
    let upper = name.to_ascii_uppercase().replace('-', "_");
    let last = upper.rsplit('_').next().unwrap_or_default();
    kind(&upper) == VariableKind::Secret
        || ANYWHERE.iter().any(|part| upper.contains(part))
        || ["KEY", "KEYS", "PW", "PWD", "PIN", "HASH", "SEED"].iter().any(|end| last.ends_with(end))
}

/// Whether a default is of a kind that no key and no password is: a number, a switch, an address, a level.
fn is_harmless(value: &str) -> bool {
    const WORDS: &[&str] = &[
        "true",
        "false",
        "on",
        "off",
        "yes",
        "no",
        "debug",
        "info",
        "warn",
        "warning",
        "error",
        "critical",
        "trace",
        "production",
        "development",
        "prod",
        "dev",
        "test",
        "testing",
        "staging",
        "local",
        "default",
        "localhost",
        "utf-8",
        "utc",
        "json",
        "text",
        "plain",
        "sqlite",
        "postgres",
        "postgresql",
        "mysql",
        "redis",
        "memory",
        "file",
        "stdout",
        "stderr",
        "en",
        "en_us",
        "us-east-1",
        "eu-west-1",
        "http",
        "https",
        "strict",
        "lax",
        "none",
    ];
    let is_number = value.len() <= 6 && value.parse::<f64>().is_ok();
    let host = value.strip_prefix("http://").or_else(|| value.strip_prefix("https://")).unwrap_or(value);
    let (host, port) = host.trim_end_matches('/').rsplit_once(':').unwrap_or((host.trim_end_matches('/'), "0"));
    let is_local =
        matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0" | "::" | "[::]" | "") && port.parse::<u16>().is_ok();
    // A key is no path that a person reads.
    let is_path = value.starts_with(['/', '.'])
        && value.len() <= 40
        && value.chars().all(|c| c.is_ascii_lowercase() || "/._-".contains(c));
    value.is_empty() || is_number || is_local || is_path || WORDS.contains(&value.to_ascii_lowercase().as_str())
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
            // A default may be a password, whatever the name is.
            Need::Default(Some(value)) => {
                let is_shown = kind == VariableKind::Plain && !may_be_secret(&read.name) && is_harmless(&value);
                Need::Default(is_shown.then_some(value))
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

        let hidden = [
            ("PGPASSWORD", "postgres"),
            ("DBPW", "12345"),
            ("STRIPE", "sk_live_51H8"),
            ("SIGNING", "kY8x"),
            ("BOT", "123456:AAF-x"),
            ("HOOK", "https://hooks.example.com/T0/B0/x"),
            ("SESSION", "keyboard cat"),
            ("DB_USER", "hunter"),
            ("ENCRYPTION_KEYS", "1"),
            ("URL", "http://u:p@localhost:80"),
        ];
        for (name, value) in hidden {
            let need = variables(vec![read(name, value)]).remove(0).need;
            assert_eq!(need, Need::Default(None), "{name}={value}");
        }
        for (name, value) in [
            ("LOG_LEVEL", "INFO"),
            ("WORKERS", "4"),
            ("API", "http://localhost:8000/"),
            ("DATA", "/var/lib/data"),
            ("DEBUG", "False"),
        ] {
            let need = variables(vec![read(name, value)]).remove(0).need;
            assert_eq!(need, Need::Default(Some(value.to_owned())), "{name}={value}");
        }
    }
}
